use crate::{errors::RegistryError, events::BeneficiarySet, nft::require_holder, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenAccount;

#[event_cpi]
#[derive(Accounts)]
pub struct SetBeneficiary<'info> {
    #[account(seeds = [SEED_NETWORK, network.token_mint.as_ref()], bump = network.bump)]
    pub network: Box<Account<'info, Network>>,
    #[account(mut, has_one = network @ RegistryError::ForeignNetwork)]
    pub hotspot: Box<Account<'info, Hotspot>>,
    pub owner: Signer<'info>,
    /// Holds the hotspot's token for the owner.
    pub nft_account: Box<InterfaceAccount<'info, TokenAccount>>,
}

impl SetBeneficiary<'_> {
    pub fn validate(&self, split: &Split) -> Result<()> {
        self.hotspot.require_owner(self.owner.key)?;
        require_holder(&self.nft_account, &self.hotspot.nft_mint, self.owner.key)?;
        split.validate()
    }

    pub fn handle(ctx: Context<Self>, split: Split) -> Result<()> {
        let epoch = ctx.accounts.network.epoch_at(Clock::get()?.unix_timestamp);
        ctx.accounts.hotspot.beneficiary.set(split.clone(), epoch);
        emit_cpi!(BeneficiarySet {
            hotspot: ctx.accounts.hotspot.key(),
            shares: split.shares,
            from_epoch: epoch + 1,
        });
        Ok(())
    }
}
