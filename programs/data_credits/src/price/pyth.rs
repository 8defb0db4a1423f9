//! Bytes of a Pyth price update account (`PriceUpdateV2` of the receiver program), read without its crate.
//!
//! ```text
//! 0    discriminator 8
//! 8    write authority 32
//! 40   verification level: 0 partial, then signatures u8; 1 full, then nothing
//! 41   (full) feed id 32, price i64, confidence u64, exponent i32, publish time i64, previous publish time i64,
//!      average price i64, average confidence u64
//! 125  posted slot u64
//! ```
use crate::DataCreditsError;
use anchor_lang::prelude::*;

/// Program that verifies and owns price updates, on every cluster.
#[constant]
pub const PYTH_RECEIVER: Pubkey = pubkey!("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");

/// First 8 bytes of SHA-256("account:PriceUpdateV2").
pub const PRICE_UPDATE_DISCRIMINATOR: [u8; 8] = [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd];
const LEVEL_AT: usize = 40;
const LEVEL_FULL: u8 = 1;
const MESSAGE_AT: usize = 41;
const MESSAGE_BYTES: usize = 84;
/// Prices are scaled to 1e-8 USD.
const TARGET_EXPONENT: i32 = -8;

/// What we use of an update: the averaged price, which one trade cannot move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PythPrice {
    /// 1e-8 USD a token.
    pub price_e8: u64,
    /// 1e-8 USD a token.
    pub confidence_e8: u64,
    /// Unix seconds.
    pub published_at: i64,
}

/// Reads the update of `feed_id`. The caller has checked the owner.
pub fn read_pyth(data: &[u8], feed_id: &[u8; 32]) -> Result<PythPrice> {
    require!(
        data.len() >= MESSAGE_AT + MESSAGE_BYTES,
        DataCreditsError::PriceMalformed
    );
    require!(
        data[..8] == PRICE_UPDATE_DISCRIMINATOR,
        DataCreditsError::PriceMalformed
    );
    require!(data[LEVEL_AT] == LEVEL_FULL, DataCreditsError::PriceNotVerified);
    let message = &data[MESSAGE_AT..MESSAGE_AT + MESSAGE_BYTES];
    require!(message[..32] == feed_id[..], DataCreditsError::PriceFeedId);
    let word = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&message[at..at + 8]);
        bytes
    };
    let exponent = i32::from_le_bytes([message[48], message[49], message[50], message[51]]);
    let average = u64::try_from(i64::from_le_bytes(word(68))).map_err(|_| DataCreditsError::PriceOutOfRange)?;
    let price_e8 = scale(average, exponent, false).ok_or(DataCreditsError::PriceOutOfRange)?;
    require!(price_e8 > 0, DataCreditsError::PriceOutOfRange);
    Ok(PythPrice {
        price_e8,
        confidence_e8: scale(u64::from_le_bytes(word(76)), exponent, true).ok_or(DataCreditsError::PriceOutOfRange)?,
        published_at: i64::from_le_bytes(word(52)),
    })
}

/// `value` · 10^`exponent` in units of 1e-8, rounded down or up.
fn scale(value: u64, exponent: i32, up: bool) -> Option<u64> {
    let shift = exponent.checked_sub(TARGET_EXPONENT)?;
    let factor = 10u128.checked_pow(shift.unsigned_abs())?;
    let value = u128::from(value);
    let scaled = match (shift >= 0, up) {
        (true, _) => value.checked_mul(factor)?,
        (false, false) => value / factor,
        (false, true) => value.div_ceil(factor),
    };
    u64::try_from(scaled).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    const FEED: [u8; 32] = [7; 32];

    fn update(price: i64, confidence: u64, exponent: i32, at: i64) -> Vec<u8> {
        let mut data = PRICE_UPDATE_DISCRIMINATOR.to_vec();
        data.extend([9; 32]);
        data.push(LEVEL_FULL);
        data.extend(FEED);
        // The spot price is another one, so that a test shows which is read.
        data.extend(1i64.to_le_bytes());
        data.extend(1u64.to_le_bytes());
        data.extend(exponent.to_le_bytes());
        data.extend(at.to_le_bytes());
        data.extend((at - 1).to_le_bytes());
        data.extend(price.to_le_bytes());
        data.extend(confidence.to_le_bytes());
        data.extend(5u64.to_le_bytes());
        data.push(0);
        assert_eq!(data.len(), 134);
        data
    }

    #[test]
    fn reads_the_averaged_price_in_any_exponent() {
        let expected = PythPrice {
            price_e8: 123_456_789,
            confidence_e8: 1_001,
            published_at: 77,
        };
        assert_eq!(read_pyth(&update(123_456_789, 1_001, -8, 77), &FEED).unwrap(), expected);
        assert_eq!(
            read_pyth(&update(1_234_567_891, 10_001, -9, 77), &FEED).unwrap(),
            expected
        );
        let dollars = PythPrice {
            price_e8: 300_000_000,
            confidence_e8: 100_000_000,
            published_at: 77,
        };
        assert_eq!(read_pyth(&update(3, 1, 0, 77), &FEED).unwrap(), dollars);
    }

    #[test]
    fn rejects_partial_foreign_and_broken_updates() {
        let good = update(100, 1, -8, 77);
        let changed = |at: usize, to: u8| {
            let mut data = good.clone();
            data[at] = to;
            read_pyth(&data, &FEED).unwrap_err()
        };
        assert_eq!(changed(LEVEL_AT, 0), DataCreditsError::PriceNotVerified.into());
        assert_eq!(changed(0, 0), DataCreditsError::PriceMalformed.into());
        assert_eq!(changed(MESSAGE_AT, 8), DataCreditsError::PriceFeedId.into());
        assert_eq!(
            read_pyth(&good[..124], &FEED).unwrap_err(),
            DataCreditsError::PriceMalformed.into()
        );
        assert_eq!(
            read_pyth(&[], &FEED).unwrap_err(),
            DataCreditsError::PriceMalformed.into()
        );
    }

    #[test]
    fn rejects_prices_that_are_not_positive_or_do_not_fit() {
        for (price, exponent) in [
            (0, -8),
            (-1, -8),
            (1, -9),
            (1, 30),
            (1, i32::MAX),
            (1, i32::MIN),
            (i64::MAX, 0),
        ] {
            let error = read_pyth(&update(price, 0, exponent, 1), &FEED).unwrap_err();
            assert_eq!(error, DataCreditsError::PriceOutOfRange.into(), "{price}e{exponent}");
        }
    }

    proptest! {
        #[test]
        fn never_reads_outside_whatever_bytes_come(data in vec(any::<u8>(), 0..200)) {
            let _ = read_pyth(&data, &FEED);
        }
    }
}
