use crate::GuardError;
use anchor_lang::prelude::*;
use leaky_bucket::{Bucket, Limit};

/// Holds the mint authority of a mint, or owns a vault. `["guard", target]`.
#[account]
#[derive(InitSpace)]
pub struct Guard {
    /// The mint, or the vault.
    pub target: Pubkey,
    /// The mint of the target: itself when the target is a mint.
    pub mint: Pubkey,
    /// Token program of the mint.
    pub token_program: Pubkey,
    /// The only account, a PDA of another program, that may have tokens let out. Never changes.
    pub caller: Pubkey,
    /// May change limits and guardian, pause and unpause.
    pub admin: Pubkey,
    /// Becomes admin when it accepts.
    pub pending_admin: Option<Pubkey>,
    /// May pause.
    pub guardian: Pubkey,
    /// Base units per window; 0 lets nothing out.
    pub limit: u64,
    /// Seconds in which a full bucket empties.
    pub window_s: u32,
    /// Base units × seconds of the window: how full the bucket was at `level_at`.
    pub level: u128,
    /// Unix seconds.
    pub level_at: i64,
    /// Base units ever let out (reissues not counted).
    pub lifetime_out: u64,
    /// Base units that may ever be let out. Never changes.
    pub lifetime_cap: u64,
    /// Decimals of the mint.
    pub decimals: u8,
    /// Nothing is let out while set.
    pub paused: bool,
    /// Bump of this account.
    pub bump: u8,
}

/// What a new guard is told.
#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct GuardArgs {
    pub admin: Pubkey,
    pub guardian: Pubkey,
    /// Base units per window.
    pub limit: u64,
    /// Seconds, at least 1.
    pub window_s: u32,
    /// Base units that may ever be let out; u64::MAX for no cap.
    pub lifetime_cap: u64,
}

/// What a guard holds: a mint, or a vault.
pub struct GuardTarget {
    pub address: Pubkey,
    pub mint: Pubkey,
    pub token_program: Pubkey,
    pub decimals: u8,
}

impl Guard {
    /// A guard that has let nothing out yet, at `now` (Unix seconds).
    pub fn new(target: GuardTarget, caller: Pubkey, args: &GuardArgs, now: i64, bump: u8) -> Self {
        Self {
            target: target.address,
            mint: target.mint,
            token_program: target.token_program,
            caller,
            admin: args.admin,
            pending_admin: None,
            guardian: args.guardian,
            limit: args.limit,
            window_s: args.window_s,
            level: 0,
            level_at: now,
            lifetime_out: 0,
            lifetime_cap: args.lifetime_cap,
            decimals: target.decimals,
            paused: false,
            bump,
        }
    }

    pub fn bucket_limit(&self) -> Limit {
        Limit {
            limit: self.limit,
            window_s: self.window_s,
        }
    }

    pub fn bucket(&self) -> Bucket {
        Bucket {
            level: self.level,
            at: self.level_at,
        }
    }

    /// What every letting-out requires before it looks at amounts.
    pub fn require_ready(&self, caller: &Pubkey, amount: u64) -> Result<()> {
        require_keys_eq!(*caller, self.caller, GuardError::NotTheCaller);
        require!(!self.paused, GuardError::Paused);
        require!(amount > 0, GuardError::ZeroAmount);
        Ok(())
    }

    /// Counts `amount` at `now`, or refuses it.
    pub fn let_out(&mut self, amount: u64, now: i64) -> Result<()> {
        let bucket = self
            .bucket()
            .pour(self.bucket_limit(), amount, now)
            .map_err(|_| GuardError::LimitExceeded)?;
        let lifetime_out = self
            .lifetime_out
            .checked_add(amount)
            .ok_or(GuardError::LifetimeCapExceeded)?;
        require!(lifetime_out <= self.lifetime_cap, GuardError::LifetimeCapExceeded);
        self.level = bucket.level;
        self.level_at = bucket.at;
        self.lifetime_out = lifetime_out;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_layout_clients_read() {
        assert_eq!(
            Guard::DISCRIMINATOR.len() + Guard::INIT_SPACE,
            8 + 7 * 32 + 1 + 8 + 4 + 16 + 8 + 8 + 8 + 3
        );
    }
}
