use crate::{errors::GuardError, events::GuardPaused, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct Pause<'info> {
    #[account(mut, seeds = [SEED_GUARD, guard.target.as_ref()], bump = guard.bump)]
    pub guard: Account<'info, Guard>,
    /// The guardian or the admin.
    pub guardian: Signer<'info>,
}

impl Pause<'_> {
    pub fn validate(&self) -> Result<()> {
        let by = self.guardian.key();
        require!(
            by == self.guard.guardian || by == self.guard.admin,
            GuardError::NotTheGuardian
        );
        require!(!self.guard.paused, GuardError::Paused);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.guard.paused = true;
        emit_cpi!(GuardPaused {
            guard: ctx.accounts.guard.key(),
            by: ctx.accounts.guardian.key(),
            paused: true,
        });
        Ok(())
    }
}
