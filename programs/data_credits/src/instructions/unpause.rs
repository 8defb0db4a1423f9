use crate::{errors::DataCreditsError, events::PauseSet, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct Unpause<'info> {
    #[account(
        mut, seeds = [SEED_DC, dc_config.dc_mint.as_ref()], bump = dc_config.bump,
        has_one = admin @ DataCreditsError::NotTheAdmin
    )]
    pub dc_config: Account<'info, DcConfig>,
    pub admin: Signer<'info>,
}

impl Unpause<'_> {
    pub fn validate(&self) -> Result<()> {
        require!(self.dc_config.paused, DataCreditsError::NotPaused);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.dc_config.paused = false;
        emit_cpi!(PauseSet {
            dc_config: ctx.accounts.dc_config.key(),
            by: ctx.accounts.admin.key(),
            paused: false,
        });
        Ok(())
    }
}
