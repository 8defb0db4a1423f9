use crate::{errors::DataCreditsError, events::PauseSet, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct Pause<'info> {
    #[account(mut, seeds = [SEED_DC, dc_config.dc_mint.as_ref()], bump = dc_config.bump)]
    pub dc_config: Account<'info, DcConfig>,
    /// The guardian or the admin.
    pub guardian: Signer<'info>,
}

impl Pause<'_> {
    pub fn validate(&self) -> Result<()> {
        let by = self.guardian.key();
        require!(
            by == self.dc_config.guardian || by == self.dc_config.admin,
            DataCreditsError::NotTheGuardian
        );
        require!(!self.dc_config.paused, DataCreditsError::Paused);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.dc_config.paused = true;
        emit_cpi!(PauseSet {
            dc_config: ctx.accounts.dc_config.key(),
            by: ctx.accounts.guardian.key(),
            paused: true,
        });
        Ok(())
    }
}
