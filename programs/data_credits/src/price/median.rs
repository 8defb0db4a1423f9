//! The network's own price: the median of the fresh submissions, when there are enough and it moved no further than it may.
use crate::{DataCreditsError, PriceFeed};
use anchor_lang::prelude::*;

/// Greatest price a submission may hold, 1e-8 USD a token: ten million dollars.
pub const MAX_PRICE_E8: u64 = 1_000_000_000_000_000;

/// A median and how far submissions lie from it, 1e-8 USD a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Median {
    pub price_e8: u64,
    pub confidence_e8: u64,
}

/// Lower median of `prices` (not empty) and the upper median of their distances from it: for both, the cautious one of two middles.
pub fn median(prices: &mut [u64]) -> Median {
    prices.sort_unstable();
    let price_e8 = prices[(prices.len() - 1) / 2];
    for price in prices.iter_mut() {
        *price = price.abs_diff(price_e8);
    }
    prices.sort_unstable();
    Median {
        price_e8,
        confidence_e8: prices[prices.len() / 2],
    }
}

impl PriceFeed {
    /// Writes down what an oracle says and takes a new median if the fresh submissions reach the quorum. Returns whether it did.
    pub fn submit(&mut self, oracle: &Pubkey, price_e8: u64, now: i64) -> Result<bool> {
        require!(
            price_e8 > 0 && price_e8 <= MAX_PRICE_E8,
            DataCreditsError::PriceOutOfRange
        );
        let entry = self.oracles.iter_mut().find(|entry| entry.oracle == *oracle);
        let entry = entry.ok_or(DataCreditsError::NotAPriceOracle)?;
        entry.price_e8 = price_e8;
        entry.at = now;

        let age = i64::from(self.max_submission_age_s);
        let fresh = self
            .oracles
            .iter()
            .filter(|entry| entry.price_e8 > 0 && now.saturating_sub(entry.at) <= age);
        let mut prices: Vec<u64> = fresh.map(|entry| entry.price_e8).collect();
        if prices.len() < usize::from(self.quorum) {
            return Ok(false);
        }
        let found = median(&mut prices);
        require!(
            self.is_step_allowed(found.price_e8, now),
            DataCreditsError::PriceStepTooLarge
        );
        if self.step_price_e8 == 0 || self.steps_begun(now) > 1 {
            self.step_price_e8 = found.price_e8;
            self.step_at = now;
        }
        self.price_e8 = found.price_e8;
        self.confidence_e8 = found.confidence_e8;
        self.updated_at = now;
        Ok(true)
    }

    /// How many steps have begun since the median that the present one began with.
    fn steps_begun(&self, now: i64) -> u128 {
        let elapsed = now.saturating_sub(self.step_at).max(0).unsigned_abs();
        u128::from(elapsed / u64::from(self.step_seconds)) + 1
    }

    /// Measured from the median that the step began with, not from the last one: however often oracles submit, they do not move it
    /// further. It may move further the longer ago that was, so that a true jump only takes time. The first is free.
    fn is_step_allowed(&self, price_e8: u64, now: i64) -> bool {
        if self.step_price_e8 == 0 {
            return true;
        }
        let allowed_bps = u128::from(self.max_step_bps) * self.steps_begun(now);
        u128::from(price_e8.abs_diff(self.step_price_e8)) * 10_000 <= u128::from(self.step_price_e8) * allowed_bps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FeedArgs;
    use proptest::{collection::vec, prelude::*};

    fn feed(count: u8, quorum: u8) -> PriceFeed {
        let mut feed = PriceFeed {
            dc_config: Pubkey::default(),
            oracles: vec![],
            quorum: 0,
            max_submission_age_s: 0,
            max_step_bps: 0,
            step_seconds: 0,
            step_price_e8: 0,
            step_at: 0,
            price_e8: 0,
            confidence_e8: 0,
            updated_at: 0,
            bump: 0,
        };
        feed.set(FeedArgs {
            oracles: (1..=count).map(oracle).collect(),
            quorum,
            max_submission_age_s: 600,
            max_step_bps: 1_000,
            step_seconds: 3_600,
        });
        feed
    }

    fn oracle(n: u8) -> Pubkey {
        Pubkey::new_from_array([n; 32])
    }

    #[test]
    fn takes_the_median_once_the_quorum_is_there() {
        let mut feed = feed(5, 3);
        assert!(!feed.submit(&oracle(1), 100, 1_000).unwrap());
        assert!(!feed.submit(&oracle(2), 110, 1_000).unwrap());
        assert!(feed.submit(&oracle(3), 1_000_000, 1_000).unwrap());
        assert_eq!((feed.price_e8, feed.confidence_e8, feed.updated_at), (110, 10, 1_000));
    }

    #[test]
    fn forgets_a_submission_one_second_beyond_its_age() {
        let mut feed = feed(3, 2);
        feed.submit(&oracle(1), 100, 1_000).unwrap();
        let mut later = feed.clone();
        assert!(feed.submit(&oracle(2), 100, 1_600).unwrap());
        assert!(!later.submit(&oracle(2), 100, 1_601).unwrap());
    }

    #[test]
    fn rejects_a_step_beyond_the_limit_until_time_allows_it() {
        let mut feed = feed(1, 1);
        feed.submit(&oracle(1), 10_000, 1_000).unwrap();
        assert!(feed.clone().submit(&oracle(1), 11_000, 1_000).is_ok());
        assert!(feed.clone().submit(&oracle(1), 9_000, 1_000).is_ok());
        assert!(feed.clone().submit(&oracle(1), 11_001, 1_000).is_err());
        assert!(feed.clone().submit(&oracle(1), 8_999, 1_000).is_err());
        assert!(feed.clone().submit(&oracle(1), 12_000, 4_599).is_err());
        assert!(feed.clone().submit(&oracle(1), 12_000, 4_600).is_ok());
    }

    #[test]
    fn moves_no_further_than_a_step_however_often_it_is_asked() {
        let mut feed = feed(1, 1);
        feed.submit(&oracle(1), 10_000, 1_000).unwrap();
        feed.submit(&oracle(1), 11_000, 1_000).unwrap();
        assert!(feed.clone().submit(&oracle(1), 11_001, 1_000).is_err());
        assert!(feed.clone().submit(&oracle(1), 12_100, 4_599).is_err());
        // Back and forth within the step is no way out of it.
        feed.submit(&oracle(1), 9_000, 2_000).unwrap();
        assert!(feed.clone().submit(&oracle(1), 8_999, 2_000).is_err());
        // The next step begins with what it finds.
        feed.submit(&oracle(1), 12_000, 4_600).unwrap();
        assert!(feed.clone().submit(&oracle(1), 13_201, 4_600).is_err());
        assert!(feed.clone().submit(&oracle(1), 13_200, 4_600).is_ok());
    }

    #[test]
    fn rejects_strangers_removed_oracles_and_prices_out_of_range() {
        let mut feed = feed(3, 2);
        assert!(feed.submit(&oracle(9), 100, 1).is_err());
        assert!(feed.submit(&oracle(1), 0, 1).is_err());
        assert!(feed.submit(&oracle(1), MAX_PRICE_E8 + 1, 1).is_err());
        feed.submit(&oracle(3), 100, 1).unwrap();
        let args = |oracles| FeedArgs {
            oracles,
            quorum: 2,
            max_submission_age_s: 600,
            max_step_bps: 1,
            step_seconds: 1,
        };
        feed.set(args(vec![oracle(1), oracle(2)]));
        assert!(feed.submit(&oracle(3), 100, 1).is_err());
        assert!(!feed.submit(&oracle(1), 100, 1).unwrap());
    }

    #[test]
    fn rejects_oracle_sets_that_one_half_could_decide() {
        let args = |count: u8, quorum| FeedArgs {
            oracles: (1..=count).map(oracle).collect(),
            quorum,
            max_submission_age_s: 1,
            max_step_bps: 1,
            step_seconds: 1,
        };
        assert!(args(1, 1).validate().is_ok());
        assert!(args(15, 8).validate().is_ok());
        assert!(args(4, 2).validate().is_err());
        assert!(args(3, 4).validate().is_err());
        assert!(args(0, 0).validate().is_err());
        assert!(args(16, 9).validate().is_err());
        let twice = FeedArgs {
            oracles: vec![oracle(1), oracle(2), oracle(1)],
            ..args(3, 2)
        };
        assert!(twice.validate().is_err());
    }

    proptest! {
        #[test]
        fn less_than_half_cannot_move_the_median_outside_what_the_others_say(
            honest in vec(900u64..1_100, 3..9), liars in vec(1u64..1_000_000, 0..3)
        ) {
            let mut prices: Vec<u64> = honest.iter().chain(&liars[..liars.len().min(honest.len() - 1)]).copied().collect();
            let found = median(&mut prices);
            prop_assert!(found.price_e8 >= *honest.iter().min().unwrap() && found.price_e8 <= *honest.iter().max().unwrap());
        }
    }
}
