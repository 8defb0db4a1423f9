use crate::{errors::RegistryError, events::SuspensionSet, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct SetSuspended<'info> {
    #[account(seeds = [SEED_NETWORK, network.token_mint.as_ref()], bump = network.bump)]
    pub network: Box<Account<'info, Network>>,
    #[account(mut, has_one = network @ RegistryError::ForeignNetwork)]
    pub hotspot: Box<Account<'info, Hotspot>>,
    /// The denylist authority or the admin.
    pub authority: Signer<'info>,
}

impl SetSuspended<'_> {
    pub fn validate(&self, suspended: bool) -> Result<()> {
        let by = self.authority.key();
        require!(
            by == self.network.denylist_authority || by == self.network.admin,
            RegistryError::NotTheDenylistAuthority
        );
        let is_suspended = self.hotspot.suspended.next;
        require!(!(suspended && is_suspended), RegistryError::Suspended);
        require!(suspended || is_suspended, RegistryError::NotSuspended);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, suspended: bool) -> Result<()> {
        let epoch = ctx.accounts.network.epoch_at(Clock::get()?.unix_timestamp);
        ctx.accounts.hotspot.suspended.set(suspended, epoch);
        emit_cpi!(SuspensionSet {
            hotspot: ctx.accounts.hotspot.key(),
            suspended,
            from_epoch: epoch + 1
        });
        Ok(())
    }
}
