use crate::{errors::RegistryError, events::AntennaSet, nft::require_holder, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenAccount;

#[event_cpi]
#[derive(Accounts)]
pub struct SetAntenna<'info> {
    #[account(seeds = [SEED_NETWORK, network.token_mint.as_ref()], bump = network.bump)]
    pub network: Box<Account<'info, Network>>,
    #[account(mut, has_one = network @ RegistryError::ForeignNetwork)]
    pub hotspot: Box<Account<'info, Hotspot>>,
    pub owner: Signer<'info>,
    /// Holds the hotspot's token for the owner.
    pub nft_account: Box<InterfaceAccount<'info, TokenAccount>>,
}

impl SetAntenna<'_> {
    pub fn validate(&self, antenna: &Antenna) -> Result<()> {
        self.hotspot.require_owner(self.owner.key)?;
        require_holder(&self.nft_account, &self.hotspot.nft_mint, self.owner.key)?;
        self.network.rules.check_antenna(antenna)
    }

    pub fn handle(ctx: Context<Self>, antenna: Antenna) -> Result<()> {
        let epoch = ctx.accounts.network.epoch_at(Clock::get()?.unix_timestamp);
        ctx.accounts.hotspot.antenna.set(antenna, epoch);
        emit_cpi!(AntennaSet {
            hotspot: ctx.accounts.hotspot.key(),
            antenna,
            from_epoch: epoch + 1
        });
        Ok(())
    }
}
