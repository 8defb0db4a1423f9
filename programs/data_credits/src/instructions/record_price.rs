use crate::{errors::DataCreditsError, events::PriceSet, read_price, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct RecordPrice<'info> {
    #[account(mut, has_one = dc_config @ DataCreditsError::ForeignDataCredits)]
    pub epoch_record: Account<'info, EpochRecord>,
    #[account(seeds = [SEED_DC, dc_config.dc_mint.as_ref()], bump = dc_config.bump)]
    pub dc_config: Box<Account<'info, DcConfig>>,
    /// CHECK: owner and bytes are checked when it is read
    pub price: UncheckedAccount<'info>,
}

impl RecordPrice<'_> {
    pub fn validate(&self) -> Result<()> {
        // The own feed records its median itself.
        require!(
            self.dc_config.price_source != PriceSource::Feed,
            DataCreditsError::WrongPriceSource
        );
        let present = self.dc_config.epoch_at(Clock::get()?.unix_timestamp);
        require_eq!(self.epoch_record.epoch, present, DataCreditsError::WrongEpoch);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let price = read_price(&accounts.dc_config, &accounts.price, Clock::get()?.unix_timestamp)?;
        // A price of the epoch before, still fresh, is not one of this epoch.
        let published = accounts.dc_config.epoch_at(price.published_at);
        require_eq!(published, accounts.epoch_record.epoch, DataCreditsError::WrongEpoch);
        require!(
            price.published_at > accounts.epoch_record.price_at,
            DataCreditsError::PriceNotNewer
        );
        accounts.epoch_record.record_price(price.price_e8, price.published_at);
        emit_cpi!(PriceSet {
            dc_config: ctx.accounts.dc_config.key(),
            epoch: ctx.accounts.epoch_record.epoch,
            price_e8: price.price_e8,
            confidence_e8: price.confidence_e8,
            at: price.published_at,
        });
        Ok(())
    }
}
