use crate::{errors::RewardsError, events::PauseSet, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct Pause<'info> {
    #[account(mut, seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump)]
    pub distributor: Box<Account<'info, Distributor>>,
    /// The guardian or the admin.
    pub guardian: Signer<'info>,
}

impl Pause<'_> {
    pub fn validate(&self) -> Result<()> {
        let by = self.guardian.key();
        require!(
            by == self.distributor.guardian || by == self.distributor.admin,
            RewardsError::NotTheGuardian
        );
        require!(!self.distributor.paused, RewardsError::Paused);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.distributor.paused = true;
        emit_cpi!(PauseSet {
            distributor: ctx.accounts.distributor.key(),
            by: ctx.accounts.guardian.key(),
            paused: true,
        });
        Ok(())
    }
}
