use crate::{errors::GuardError, events::GuardPaused, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct Unpause<'info> {
    #[account(
        mut, seeds = [SEED_GUARD, guard.target.as_ref()], bump = guard.bump,
        has_one = admin @ GuardError::NotTheAdmin
    )]
    pub guard: Account<'info, Guard>,
    pub admin: Signer<'info>,
}

impl Unpause<'_> {
    pub fn validate(&self) -> Result<()> {
        require!(self.guard.paused, GuardError::NotPaused);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.guard.paused = false;
        emit_cpi!(GuardPaused {
            guard: ctx.accounts.guard.key(),
            by: ctx.accounts.admin.key(),
            paused: false,
        });
        Ok(())
    }
}
