//! The price that a conversion uses: from the source the network chose, fresh, certain, and cautious.
use crate::{read_pyth, DataCreditsError, DcConfig, PriceFeed, PriceSource, PYTH_RECEIVER, SEED_PRICE};
use anchor_lang::prelude::*;

/// A price that passed every check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsablePrice {
    /// 1e-8 USD a token.
    pub price_e8: u64,
    /// 1e-8 USD a token.
    pub confidence_e8: u64,
    /// When it was published, Unix seconds.
    pub published_at: i64,
}

impl UsablePrice {
    /// The price less twice its confidence: what conversions use, so that doubt costs the one who converts.
    pub fn cautious_e8(&self) -> Result<u64> {
        let doubt = self
            .confidence_e8
            .checked_mul(2)
            .ok_or(DataCreditsError::PriceTooUncertain)?;
        let price = self
            .price_e8
            .checked_sub(doubt)
            .ok_or(DataCreditsError::PriceTooUncertain)?;
        require!(price > 0, DataCreditsError::PriceTooUncertain);
        Ok(price)
    }
}

/// Reads the price account of `config` at `now` (Unix seconds).
pub fn read_price(config: &Account<DcConfig>, account: &AccountInfo, now: i64) -> Result<UsablePrice> {
    let price = match config.price_source {
        PriceSource::Feed => read_feed(config.key(), account)?,
        PriceSource::Pyth { feed_id } => {
            require_keys_eq!(*account.owner, PYTH_RECEIVER, DataCreditsError::PriceOwner);
            let found = read_pyth(&account.try_borrow_data()?, &feed_id)?;
            UsablePrice {
                price_e8: found.price_e8,
                confidence_e8: found.confidence_e8,
                published_at: found.published_at,
            }
        }
    };
    check_price(&price, config.max_price_age_s, config.max_confidence_bps, now)?;
    Ok(price)
}

fn read_feed(config: Pubkey, account: &AccountInfo) -> Result<UsablePrice> {
    require_keys_eq!(*account.owner, crate::ID, DataCreditsError::PriceOwner);
    let feed = PriceFeed::try_deserialize(&mut &account.try_borrow_data()?[..])
        .map_err(|_| DataCreditsError::WrongPriceAccount)?;
    let address = Pubkey::create_program_address(&[SEED_PRICE, config.as_ref(), &[feed.bump]], &crate::ID);
    require!(
        address == Ok(*account.key) && feed.dc_config == config,
        DataCreditsError::WrongPriceAccount
    );
    require!(feed.price_e8 > 0, DataCreditsError::NoPrice);
    Ok(UsablePrice {
        price_e8: feed.price_e8,
        confidence_e8: feed.confidence_e8,
        published_at: feed.updated_at,
    })
}

fn check_price(price: &UsablePrice, max_age_s: u32, max_confidence_bps: u16, now: i64) -> Result<()> {
    require!(price.published_at <= now, DataCreditsError::PriceOfTheFuture);
    require!(
        now.saturating_sub(price.published_at) <= i64::from(max_age_s),
        DataCreditsError::PriceTooOld
    );
    require!(
        is_certain(price.price_e8, price.confidence_e8, max_confidence_bps),
        DataCreditsError::PriceTooUncertain
    );
    Ok(())
}

/// Whether a confidence is at most `max_bps` of its price.
pub fn is_certain(price_e8: u64, confidence_e8: u64, max_bps: u16) -> bool {
    u128::from(confidence_e8) * 10_000 <= u128::from(price_e8) * u128::from(max_bps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(confidence_e8: u64, published_at: i64) -> UsablePrice {
        UsablePrice {
            price_e8: 1_000,
            confidence_e8,
            published_at,
        }
    }

    #[test]
    fn rejects_a_price_one_second_too_old_and_of_the_future() {
        assert!(check_price(&price(0, 400), 600, 100, 1_000).is_ok());
        assert_eq!(
            check_price(&price(0, 399), 600, 100, 1_000),
            Err(DataCreditsError::PriceTooOld.into())
        );
        assert!(check_price(&price(0, 1_000), 600, 100, 1_000).is_ok());
        assert_eq!(
            check_price(&price(0, 1_001), 600, 100, 1_000),
            Err(DataCreditsError::PriceOfTheFuture.into())
        );
    }

    #[test]
    fn rejects_a_price_less_certain_than_the_limit() {
        assert!(check_price(&price(10, 0), 600, 100, 0).is_ok());
        assert_eq!(
            check_price(&price(11, 0), 600, 100, 0),
            Err(DataCreditsError::PriceTooUncertain.into())
        );
    }

    #[test]
    fn takes_twice_the_confidence_off() {
        assert_eq!(price(100, 0).cautious_e8(), Ok(800));
        assert_eq!(
            price(500, 0).cautious_e8(),
            Err(DataCreditsError::PriceTooUncertain.into())
        );
        assert_eq!(
            price(u64::MAX, 0).cautious_e8(),
            Err(DataCreditsError::PriceTooUncertain.into())
        );
    }
}
