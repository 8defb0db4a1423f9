use crate::{errors::DataCreditsError, events::FeedSet, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct InitFeed<'info> {
    #[account(init, payer = payer, space = 8 + PriceFeed::INIT_SPACE, seeds = [SEED_PRICE, dc_config.key().as_ref()], bump)]
    pub price_feed: Box<Account<'info, PriceFeed>>,
    #[account(
        seeds = [SEED_DC, dc_config.dc_mint.as_ref()], bump = dc_config.bump,
        has_one = admin @ DataCreditsError::NotTheAdmin
    )]
    pub dc_config: Box<Account<'info, DcConfig>>,
    pub admin: Signer<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub system_program: Program<'info, System>,
}

impl InitFeed<'_> {
    pub fn handle(ctx: Context<Self>, args: FeedArgs) -> Result<()> {
        let dc_config = ctx.accounts.dc_config.key();
        let feed = &mut ctx.accounts.price_feed;
        feed.dc_config = dc_config;
        feed.bump = ctx.bumps.price_feed;
        feed.set(args.clone());
        emit_cpi!(FeedSet {
            dc_config,
            oracles: args.oracles,
            quorum: args.quorum
        });
        Ok(())
    }
}
