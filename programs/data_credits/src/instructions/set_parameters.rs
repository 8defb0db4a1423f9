use crate::{errors::DataCreditsError, events::ParametersSet, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct SetParameters<'info> {
    #[account(
        mut, seeds = [SEED_DC, dc_config.dc_mint.as_ref()], bump = dc_config.bump,
        has_one = admin @ DataCreditsError::NotTheAdmin
    )]
    pub dc_config: Account<'info, DcConfig>,
    pub admin: Signer<'info>,
}

impl SetParameters<'_> {
    pub fn handle(ctx: Context<Self>, args: DcParameters) -> Result<()> {
        let config = &mut ctx.accounts.dc_config;
        config.guardian = args.guardian;
        config.burn_authority = args.burn_authority;
        config.price_source = args.price_source;
        config.max_price_age_s = args.max_price_age_s;
        config.max_confidence_bps = args.max_confidence_bps;
        emit_cpi!(ParametersSet {
            dc_config: ctx.accounts.dc_config.key(),
            burn_authority: args.burn_authority,
            guardian: args.guardian,
            price_source: args.price_source,
            max_price_age_s: args.max_price_age_s,
            max_confidence_bps: args.max_confidence_bps,
        });
        Ok(())
    }
}
