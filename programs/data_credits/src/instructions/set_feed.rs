use crate::{errors::DataCreditsError, events::FeedSet, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct SetFeed<'info> {
    #[account(mut, seeds = [SEED_PRICE, dc_config.key().as_ref()], bump = price_feed.bump)]
    pub price_feed: Box<Account<'info, PriceFeed>>,
    #[account(
        seeds = [SEED_DC, dc_config.dc_mint.as_ref()], bump = dc_config.bump,
        has_one = admin @ DataCreditsError::NotTheAdmin
    )]
    pub dc_config: Box<Account<'info, DcConfig>>,
    pub admin: Signer<'info>,
}

impl SetFeed<'_> {
    pub fn handle(ctx: Context<Self>, args: FeedArgs) -> Result<()> {
        ctx.accounts.price_feed.set(args.clone());
        emit_cpi!(FeedSet {
            dc_config: ctx.accounts.dc_config.key(),
            oracles: args.oracles,
            quorum: args.quorum,
        });
        Ok(())
    }
}
