use crate::{errors::DataCreditsError, events::AdminProposed, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct ProposeAdmin<'info> {
    #[account(
        mut, seeds = [SEED_DC, dc_config.dc_mint.as_ref()], bump = dc_config.bump,
        has_one = admin @ DataCreditsError::NotTheAdmin
    )]
    pub dc_config: Account<'info, DcConfig>,
    pub admin: Signer<'info>,
}

impl ProposeAdmin<'_> {
    pub fn handle(ctx: Context<Self>, admin: Option<Pubkey>) -> Result<()> {
        ctx.accounts.dc_config.pending_admin = admin;
        emit_cpi!(AdminProposed {
            dc_config: ctx.accounts.dc_config.key(),
            admin
        });
        Ok(())
    }
}
