use crate::{errors::RewardsError, events::RootClosed, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct CloseOldRoot<'info> {
    #[account(
        mut, close = rent_payer, has_one = distributor @ RewardsError::ForeignDistributor,
        has_one = rent_payer @ RewardsError::NotTheRentPayer
    )]
    pub root: Box<Account<'info, Root>>,
    #[account(seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump)]
    pub distributor: Box<Account<'info, Distributor>>,
    /// CHECK: who paid for the account
    #[account(mut)]
    pub rent_payer: UncheckedAccount<'info>,
}

impl CloseOldRoot<'_> {
    pub fn validate(&self) -> Result<()> {
        let retention = u64::from(self.distributor.root_retention);
        let kept_until = self
            .root
            .epoch
            .checked_add(retention)
            .ok_or(RewardsError::AmountOverflow)?;
        // The epoch and as many after it are final, so no attempt of it can be opened again.
        require!(kept_until < self.distributor.next_final, RewardsError::RootRetained);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        emit_cpi!(RootClosed {
            distributor: ctx.accounts.distributor.key(),
            epoch: ctx.accounts.root.epoch,
            attempt: ctx.accounts.root.attempt,
        });
        Ok(())
    }
}
