use crate::{BurnsBefore, RewardsError, TimedIssueSettings};
use anchor_lang::prelude::*;

/// The pool of one network, and what it owes by its latest final root. `["dist", network]`. Calls the guards of the token's mint
/// and of the vault.
#[account]
#[derive(InitSpace)]
pub struct Distributor {
    /// The network it pays. Never changes.
    pub network: Pubkey,
    /// Mint of the token it pays. Never changes.
    pub token_mint: Pubkey,
    /// Token program of the token.
    pub token_program: Pubkey,
    /// The guard's vault that rewards are paid from.
    pub vault: Pubkey,
    /// Token account that receives the treasury's part of what is issued.
    pub treasury: Pubkey,
    /// Changes settings, oracles and guardian; vetoes, pauses and unpauses: governance.
    pub admin: Pubkey,
    /// Becomes admin when it accepts.
    pub pending_admin: Option<Pubkey>,
    /// May veto and pause.
    pub guardian: Pubkey,
    /// Seconds of an epoch; epoch = Unix time / this. Never changes.
    pub epoch_seconds: u32,
    /// Seconds between approval of a root and its finality.
    pub veto_seconds: u32,
    /// Seconds of an interval in which an oracle records one log head. Never changes.
    pub log_seconds: u32,
    /// Later final epochs before the votes on a root may be closed.
    pub root_retention: u32,
    /// First epoch that is issued.
    pub first_epoch: u64,
    /// Next epoch to issue.
    pub next_epoch: u64,
    /// Next epoch to become final.
    pub next_final: u64,
    /// Base units issued to the pool.
    pub issued: u64,
    /// Base units issued to the treasury.
    pub issued_treasury: u64,
    /// Base units paid by claims.
    pub claimed: u64,
    /// Hash of the latest final root; zero before the first.
    pub final_hash: [u8; 32],
    /// Total of the latest final root, base units.
    pub final_total: u64,
    /// Average of burns over past epochs, base units.
    pub burn_average: u64,
    /// Base units burnt in issued epochs.
    pub burned: u64,
    /// Base units issued again.
    pub reissued: u64,
    /// Last price known, 1e-8 USD a token; 0 before the first.
    pub price_e8: u64,
    /// How tokens are found and divided, by epoch.
    pub settings: TimedIssueSettings,
    /// Nothing is issued, voted, made final or paid while set.
    pub paused: bool,
    /// Bump of this account.
    pub bump: u8,
}

/// What the admin can change at once.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy)]
pub struct DistributorConfig {
    pub guardian: Pubkey,
    /// Seconds, at least 1.
    pub veto_seconds: u32,
    /// Seconds, at least 1; as it was when the distributor was made.
    pub log_seconds: u32,
    /// Epochs, at least 1.
    pub root_retention: u32,
}

impl DistributorConfig {
    pub fn validate(&self) -> Result<()> {
        require!(
            self.veto_seconds > 0 && self.log_seconds > 0 && self.root_retention > 0,
            RewardsError::BadSetting
        );
        Ok(())
    }
}

impl Distributor {
    /// The epoch of a time in Unix seconds.
    pub fn epoch_at(&self, now: i64) -> u64 {
        now.max(0).unsigned_abs() / u64::from(self.epoch_seconds)
    }

    pub fn require_running(&self) -> Result<()> {
        require!(!self.paused, RewardsError::Paused);
        Ok(())
    }

    /// What the next epoch has to know of burns.
    pub fn burns_before(&self) -> Result<BurnsBefore> {
        let left = self.burned.checked_sub(self.reissued);
        Ok(BurnsBefore {
            average: self.burn_average,
            left: left.ok_or(RewardsError::ReissueExceedsBurns)?,
        })
    }

    /// What always holds of the books: paid ≤ owed ≤ issued, and no more issued again than burnt.
    pub fn check_books(&self) -> Result<()> {
        require!(self.claimed <= self.final_total, RewardsError::ClaimsExceedTotal);
        require!(self.final_total <= self.issued, RewardsError::TotalAboveIssued);
        require!(self.reissued <= self.burned, RewardsError::ReissueExceedsBurns);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_layout_clients_read() {
        assert_eq!(
            Distributor::INIT_SPACE,
            7 * 32 + 33 + 4 * 4 + 6 * 8 + 32 + 5 * 8 + (2 * 12 + 8) + 2
        );
    }
}
