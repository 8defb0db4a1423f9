use crate::{errors::DataCreditsError, events::AdminChanged, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct AcceptAdmin<'info> {
    #[account(mut, seeds = [SEED_DC, dc_config.dc_mint.as_ref()], bump = dc_config.bump)]
    pub dc_config: Account<'info, DcConfig>,
    pub new_admin: Signer<'info>,
}

impl AcceptAdmin<'_> {
    pub fn validate(&self) -> Result<()> {
        require!(
            self.dc_config.pending_admin == Some(self.new_admin.key()),
            DataCreditsError::NotTheProposedAdmin
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        let admin = ctx.accounts.new_admin.key();
        let config = &mut ctx.accounts.dc_config;
        config.admin = admin;
        config.pending_admin = None;
        emit_cpi!(AdminChanged {
            dc_config: ctx.accounts.dc_config.key(),
            admin
        });
        Ok(())
    }
}
