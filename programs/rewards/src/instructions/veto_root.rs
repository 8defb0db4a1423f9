use crate::{errors::RewardsError, events::RootVetoed, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct VetoRoot<'info> {
    #[account(mut, has_one = distributor @ RewardsError::ForeignDistributor)]
    pub root: Box<Account<'info, Root>>,
    #[account(seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump)]
    pub distributor: Box<Account<'info, Distributor>>,
    /// The guardian or the admin.
    pub guardian: Signer<'info>,
}

impl VetoRoot<'_> {
    pub fn validate(&self) -> Result<()> {
        let by = self.guardian.key();
        require!(
            by == self.distributor.guardian || by == self.distributor.admin,
            RewardsError::NotTheGuardian
        );
        require!(self.root.state == RootState::Approved, RewardsError::NotApproved);
        require!(
            Clock::get()?.unix_timestamp < self.root.final_from,
            RewardsError::VetoWindowOver
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.root.state = RootState::Vetoed;
        emit_cpi!(RootVetoed {
            distributor: ctx.accounts.distributor.key(),
            epoch: ctx.accounts.root.epoch,
            attempt: ctx.accounts.root.attempt,
            by: ctx.accounts.guardian.key(),
        });
        Ok(())
    }
}
