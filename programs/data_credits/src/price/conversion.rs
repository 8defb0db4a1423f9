//! Tokens to data credits and back. A data credit is worth $0.00001 by definition; whoever converts never gains by rounding.

/// 1e-8 USD a data credit.
pub const DATA_CREDIT_USD_E8: u128 = 1_000;

/// Data credits for `tokens` base units at `price_e8` (1e-8 USD a token), rounded down; `None` when they do not fit u64.
pub fn data_credits_for(tokens: u64, price_e8: u64, decimals: u8) -> Option<u64> {
    let unit = 10u128
        .checked_pow(u32::from(decimals))?
        .checked_mul(DATA_CREDIT_USD_E8)?;
    u64::try_from(u128::from(tokens) * u128::from(price_e8) / unit).ok()
}

/// Base units that `data_credits` cost at `price_e8`, rounded up; `None` when they do not fit u64 or the price is 0.
pub fn tokens_for(data_credits: u64, price_e8: u64, decimals: u8) -> Option<u64> {
    if price_e8 == 0 {
        return None;
    }
    let unit = 10u128
        .checked_pow(u32::from(decimals))?
        .checked_mul(DATA_CREDIT_USD_E8)?;
    let value = u128::from(data_credits).checked_mul(unit)?;
    u64::try_from(value.div_ceil(u128::from(price_e8))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn gives_a_hundred_thousand_for_a_dollar() {
        assert_eq!(data_credits_for(100_000_000, 100_000_000, 8), Some(100_000));
        assert_eq!(data_credits_for(100_000_000, 27_000_000, 8), Some(27_000));
        assert_eq!(tokens_for(27_000, 27_000_000, 8), Some(100_000_000));
    }

    #[test]
    fn rounds_against_whoever_converts() {
        assert_eq!(data_credits_for(999, 100_000_000, 8), Some(0));
        assert_eq!(data_credits_for(1_999, 100_000_000, 8), Some(1));
        assert_eq!(tokens_for(1, 300_000_000, 8), Some(334));
    }

    #[test]
    fn refuses_what_does_not_fit() {
        assert_eq!(data_credits_for(u64::MAX, u64::MAX, 0), None);
        assert_eq!(tokens_for(u64::MAX, 1, 18), None);
        assert_eq!(tokens_for(1, 0, 8), None);
        assert_eq!(data_credits_for(1, 1, 39), None);
    }

    proptest! {
        #[test]
        fn a_round_trip_never_gains(tokens in 0u64..1 << 50, price in 1u64..1 << 40, decimals in 0u8..10) {
            if let Some(credits) = data_credits_for(tokens, price, decimals) {
                prop_assert!(tokens_for(credits, price, decimals).unwrap() <= tokens);
            }
        }

        #[test]
        fn splitting_never_gains(a in 0u64..1 << 40, b in 0u64..1 << 40, price in 1u64..1 << 40) {
            let credits = |tokens| data_credits_for(tokens, price, 8).unwrap();
            prop_assert!(credits(a) + credits(b) <= credits(a + b));
        }
    }
}
