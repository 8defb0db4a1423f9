use crate::{errors::RewardsError, events::PauseSet, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct Unpause<'info> {
    #[account(
        mut, seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump,
        has_one = admin @ RewardsError::NotTheAdmin
    )]
    pub distributor: Box<Account<'info, Distributor>>,
    pub admin: Signer<'info>,
}

impl Unpause<'_> {
    pub fn validate(&self) -> Result<()> {
        require!(self.distributor.paused, RewardsError::NotPaused);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.distributor.paused = false;
        emit_cpi!(PauseSet {
            distributor: ctx.accounts.distributor.key(),
            by: ctx.accounts.admin.key(),
            paused: false,
        });
        Ok(())
    }
}
