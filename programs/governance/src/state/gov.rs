use crate::GovernanceError;
use anchor_lang::prelude::*;

/// Governance by the holders of one token. `["gov", mint]`. Signs what is executed, and calls the guard of the treasury.
#[account]
#[derive(InitSpace)]
pub struct Gov {
    /// Mint of the token that is locked. Never changes.
    pub mint: Pubkey,
    /// Token program of the token.
    pub token_program: Pubkey,
    /// Token account of all locked tokens.
    pub locks: Pubkey,
    /// The guard's vault of the treasury.
    pub treasury: Pubkey,
    /// Seconds of an epoch: a position counts from the next one on. Never changes.
    pub epoch_seconds: u32,
    /// How votes are held.
    pub rules: GovRules,
    /// Proposals ever made; the next one bears this number.
    pub proposals: u64,
    /// Base units in all positions.
    pub locked: u64,
    /// Bump of the lock authority.
    pub lock_authority_bump: u8,
    /// Bump of this account.
    pub bump: u8,
}

/// How votes are held. Changed only by an executed proposal.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub struct GovRules {
    /// Weight that has to take part, abstentions included.
    pub quorum: u64,
    /// Weight it takes to propose.
    pub proposer_min: u64,
    /// Part of the weight for and against that has to be for, 1e-4.
    pub pass_bps: u16,
    /// Seconds a vote lasts.
    pub vote_seconds: u32,
    /// Seconds between queueing and execution.
    pub timelock_seconds: u32,
    /// Seconds in which a queued proposal can be executed.
    pub execute_seconds: u32,
    /// Shortest lock, seconds.
    pub min_lock_seconds: u32,
    /// Longest lock, seconds: it counts in full.
    pub max_lock_seconds: u32,
}

impl GovRules {
    pub fn validate(&self) -> Result<()> {
        require!(
            self.pass_bps <= 10_000
                && self.vote_seconds > 0
                && self.timelock_seconds > 0
                && self.execute_seconds > 0
                && self.min_lock_seconds > 0
                && self.min_lock_seconds <= self.max_lock_seconds,
            GovernanceError::BadRule
        );
        Ok(())
    }
}

impl Gov {
    /// When the epoch after that of `now` begins, Unix seconds.
    pub fn next_epoch_start(&self, now: i64) -> i64 {
        let seconds = i64::from(self.epoch_seconds);
        (now.div_euclid(seconds) + 1).saturating_mul(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_layout_clients_read() {
        assert_eq!(Gov::INIT_SPACE, 4 * 32 + 4 + (8 + 8 + 2 + 5 * 4) + 8 + 8 + 2);
    }
}
