use crate::{errors::DataCreditsError, events::PriceSet, is_certain, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct SubmitPrice<'info> {
    #[account(mut, seeds = [SEED_PRICE, dc_config.key().as_ref()], bump = price_feed.bump)]
    pub price_feed: Box<Account<'info, PriceFeed>>,
    #[account(mut, has_one = dc_config @ DataCreditsError::ForeignDataCredits)]
    pub epoch_record: Account<'info, EpochRecord>,
    #[account(seeds = [SEED_DC, dc_config.dc_mint.as_ref()], bump = dc_config.bump)]
    pub dc_config: Box<Account<'info, DcConfig>>,
    pub oracle: Signer<'info>,
}

impl SubmitPrice<'_> {
    pub fn validate(&self) -> Result<()> {
        require!(
            self.dc_config.price_source == PriceSource::Feed,
            DataCreditsError::WrongPriceSource
        );
        let present = self.dc_config.epoch_at(Clock::get()?.unix_timestamp);
        require_eq!(self.epoch_record.epoch, present, DataCreditsError::WrongEpoch);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, price_e8: u64) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        let accounts = &mut *ctx.accounts;
        if !accounts.price_feed.submit(accounts.oracle.key, price_e8, now)? {
            return Ok(());
        }
        let feed = &accounts.price_feed;
        if is_certain(feed.price_e8, feed.confidence_e8, accounts.dc_config.max_confidence_bps) {
            accounts.epoch_record.record_price(feed.price_e8, now);
        }
        emit_cpi!(PriceSet {
            dc_config: ctx.accounts.dc_config.key(),
            epoch: ctx.accounts.epoch_record.epoch,
            price_e8: ctx.accounts.price_feed.price_e8,
            confidence_e8: ctx.accounts.price_feed.confidence_e8,
            at: now,
        });
        Ok(())
    }
}
