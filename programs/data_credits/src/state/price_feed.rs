use crate::DataCreditsError;
use anchor_lang::prelude::*;

/// Most oracles of a price feed.
#[constant]
pub const MAX_PRICE_ORACLES: u8 = 15;

/// The network's own price of its token: the median of what its oracles say. `["price", dc_config]`.
#[account]
#[derive(InitSpace)]
pub struct PriceFeed {
    /// Whose token it prices.
    pub dc_config: Pubkey,
    /// Oracles and what each said last.
    #[max_len(15)]
    pub oracles: Vec<Submission>,
    /// Fresh submissions that make a median.
    pub quorum: u8,
    /// Seconds a submission stays fresh.
    pub max_submission_age_s: u32,
    /// How far the median may move per `step_seconds` begun, 1e-4 of the median that the step began with.
    pub max_step_bps: u16,
    /// Seconds.
    pub step_seconds: u32,
    /// The median that the present step began with, 1e-8 USD a token; 0 before the first.
    pub step_price_e8: u64,
    /// When that median was taken, Unix seconds.
    pub step_at: i64,
    /// The median, 1e-8 USD a token; 0 before the first.
    pub price_e8: u64,
    /// Median distance of the submissions from the median, 1e-8 USD a token.
    pub confidence_e8: u64,
    /// When the median was taken, Unix seconds.
    pub updated_at: i64,
    /// Bump of this account.
    pub bump: u8,
}

#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub struct Submission {
    /// Who said it.
    pub oracle: Pubkey,
    /// 1e-8 USD a token; 0 before the first.
    pub price_e8: u64,
    /// Unix seconds.
    pub at: i64,
}

/// What the admin sets of a price feed.
#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct FeedArgs {
    /// 1 to 15 different keys.
    pub oracles: Vec<Pubkey>,
    /// More than half of the oracles.
    pub quorum: u8,
    /// Seconds, at least 1.
    pub max_submission_age_s: u32,
    /// 1e-4 of the median that a step began with, at least 1.
    pub max_step_bps: u16,
    /// Seconds, at least 1.
    pub step_seconds: u32,
}

impl FeedArgs {
    pub fn validate(&self) -> Result<()> {
        let count = self.oracles.len();
        let quorum = usize::from(self.quorum);
        let is_distinct = self
            .oracles
            .iter()
            .enumerate()
            .all(|(i, key)| !self.oracles[..i].contains(key));
        require!(
            count >= 1
                && count <= usize::from(MAX_PRICE_ORACLES)
                && is_distinct
                && !self.oracles.contains(&Pubkey::default())
                && quorum <= count
                && 2 * quorum > count,
            DataCreditsError::BadOracleSet
        );
        require!(
            self.max_submission_age_s > 0 && self.max_step_bps > 0 && self.step_seconds > 0,
            DataCreditsError::BadParameter
        );
        Ok(())
    }
}

impl PriceFeed {
    /// Replaces the oracles. Those that stay keep what they said; what others said is gone with them.
    pub fn set(&mut self, args: FeedArgs) {
        let old = std::mem::take(&mut self.oracles);
        let kept = |oracle: &Pubkey| old.iter().find(|entry| entry.oracle == *oracle).copied();
        self.oracles = args
            .oracles
            .into_iter()
            .map(|oracle| {
                kept(&oracle).unwrap_or(Submission {
                    oracle,
                    price_e8: 0,
                    at: 0,
                })
            })
            .collect();
        self.quorum = args.quorum;
        self.max_submission_age_s = args.max_submission_age_s;
        self.max_step_bps = args.max_step_bps;
        self.step_seconds = args.step_seconds;
    }
}
