use crate::{errors::GuardError, events::AdminProposed, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct ProposeAdmin<'info> {
    #[account(
        mut, seeds = [SEED_GUARD, guard.target.as_ref()], bump = guard.bump,
        has_one = admin @ GuardError::NotTheAdmin
    )]
    pub guard: Account<'info, Guard>,
    pub admin: Signer<'info>,
}

impl ProposeAdmin<'_> {
    pub fn handle(ctx: Context<Self>, admin: Option<Pubkey>) -> Result<()> {
        ctx.accounts.guard.pending_admin = admin;
        emit_cpi!(AdminProposed {
            guard: ctx.accounts.guard.key(),
            admin
        });
        Ok(())
    }
}
