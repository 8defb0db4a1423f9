use crate::RewardsError;
use anchor_lang::prelude::*;

/// Most oracles of a distributor.
#[constant]
pub const MAX_ORACLES: u8 = 15;

/// Who votes on roots. `["oracles", distributor]`.
#[account]
#[derive(InitSpace)]
pub struct OracleSet {
    /// Whose roots they vote on.
    pub distributor: Pubkey,
    /// Grows by one with every rotation; attempts of an older version count no more.
    pub version: u32,
    /// Votes on the identical tuple that approve it.
    pub threshold: u8,
    /// Bump of this account.
    pub bump: u8,
    /// Bit i of a bitmap of votes is oracle i.
    #[max_len(15)]
    pub oracles: Vec<Pubkey>,
}

/// A set of oracles.
#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct OracleArgs {
    /// 1 to 15 different keys.
    pub oracles: Vec<Pubkey>,
    /// More than two thirds of them.
    pub threshold: u8,
}

impl OracleArgs {
    pub fn validate(&self) -> Result<()> {
        let count = self.oracles.len();
        let threshold = usize::from(self.threshold);
        let is_distinct = self
            .oracles
            .iter()
            .enumerate()
            .all(|(i, key)| !self.oracles[..i].contains(key));
        require!(
            count >= 1
                && count <= usize::from(MAX_ORACLES)
                && is_distinct
                && !self.oracles.contains(&Pubkey::default())
                && threshold <= count
                && 3 * threshold > 2 * count,
            RewardsError::BadOracleSet
        );
        Ok(())
    }
}

impl OracleSet {
    /// The place of an oracle in the set.
    pub fn index_of(&self, oracle: &Pubkey) -> Result<usize> {
        let index = self.oracles.iter().position(|key| key == oracle);
        Ok(index.ok_or(RewardsError::NotAnOracle)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(count: u8, threshold: u8) -> OracleArgs {
        OracleArgs {
            oracles: (1..=count).map(|n| Pubkey::new_from_array([n; 32])).collect(),
            threshold,
        }
    }

    #[test]
    fn needs_more_than_two_thirds() {
        for (count, least) in [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (6, 5), (7, 5), (15, 11)] {
            assert!(args(count, least).validate().is_ok());
            assert!(args(count, least - 1).validate().is_err());
            assert!(args(count, count + 1).validate().is_err());
        }
    }

    #[test]
    fn rejects_empty_large_and_repeating_sets() {
        assert!(args(0, 0).validate().is_err());
        assert!(args(16, 16).validate().is_err());
        let mut twice = args(4, 3);
        twice.oracles[3] = twice.oracles[0];
        assert!(twice.validate().is_err());
        twice.oracles[3] = Pubkey::default();
        assert!(twice.validate().is_err());
    }
}
