use crate::{errors::RegistryError, events::OwnerSynced, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenAccount;

#[event_cpi]
#[derive(Accounts)]
pub struct SyncOwner<'info> {
    #[account(seeds = [SEED_NETWORK, network.token_mint.as_ref()], bump = network.bump)]
    pub network: Box<Account<'info, Network>>,
    #[account(mut, has_one = network @ RegistryError::ForeignNetwork)]
    pub hotspot: Box<Account<'info, Hotspot>>,
    /// Holds the hotspot's token.
    pub nft_account: Box<InterfaceAccount<'info, TokenAccount>>,
}

impl SyncOwner<'_> {
    pub fn validate(&self) -> Result<()> {
        require_keys_eq!(
            self.nft_account.mint,
            self.hotspot.nft_mint,
            RegistryError::WrongTokenAccount
        );
        require!(self.nft_account.amount == 1, RegistryError::NotTheHolder);
        require_keys_neq!(
            self.nft_account.owner,
            self.hotspot.owner.next,
            RegistryError::OwnerUnchanged
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        let epoch = ctx.accounts.network.epoch_at(Clock::get()?.unix_timestamp);
        let owner = ctx.accounts.nft_account.owner;
        let hotspot = &mut ctx.accounts.hotspot;
        hotspot.owner.set(owner, epoch);
        // Whoever the seller had paid is paid no longer.
        hotspot.beneficiary.set(Split::whole(owner), epoch);
        emit_cpi!(OwnerSynced {
            hotspot: ctx.accounts.hotspot.key(),
            owner,
            from_epoch: epoch + 1
        });
        Ok(())
    }
}
