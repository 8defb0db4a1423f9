use crate::{errors::GuardError, events::AdminChanged, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct AcceptAdmin<'info> {
    #[account(mut, seeds = [SEED_GUARD, guard.target.as_ref()], bump = guard.bump)]
    pub guard: Account<'info, Guard>,
    pub new_admin: Signer<'info>,
}

impl AcceptAdmin<'_> {
    pub fn validate(&self) -> Result<()> {
        require!(
            self.guard.pending_admin == Some(self.new_admin.key()),
            GuardError::NotTheProposedAdmin
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        let admin = ctx.accounts.new_admin.key();
        let guard = &mut ctx.accounts.guard;
        guard.admin = admin;
        guard.pending_admin = None;
        emit_cpi!(AdminChanged {
            guard: ctx.accounts.guard.key(),
            admin
        });
        Ok(())
    }
}
