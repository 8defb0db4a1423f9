//! What a locked position counts in a vote, and when a vote passes.
//!
//! weight = floor(amount · min(remaining, longest) / longest), where what remains is counted at the proposal's snapshot: to the end of a
//! cliff lock, or the whole length of a constant lock, which stands as if it had just been made. Weight never exceeds the amount, so
//! the weights of all positions fit the supply. Times are Unix seconds.
#![forbid(unsafe_code)]

/// One in basis points.
pub const ONE_BPS: u64 = 10_000;

/// How tokens are locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Until a time, Unix seconds: the weight falls as it comes nearer.
    Cliff { end: i64 },
    /// For a length of seconds that does not run until the owner lets it.
    Constant { seconds: u32 },
}

impl Lock {
    /// Seconds that remain at `at`.
    pub fn remaining(self, at: i64) -> u64 {
        match self {
            Lock::Cliff { end } => end.saturating_sub(at).max(0).unsigned_abs(),
            Lock::Constant { seconds } => u64::from(seconds),
        }
    }
}

/// Weight of `amount` base units at `at`; `longest` is the longest lock there is, seconds (0 gives no weight).
pub fn weight(amount: u64, lock: Lock, at: i64, longest: u32) -> u64 {
    if longest == 0 {
        return 0;
    }
    let longest = u128::from(longest);
    let remaining = u128::from(lock.remaining(at)).min(longest);
    // At most `amount`, so it fits.
    (u128::from(amount) * remaining / longest) as u64
}

/// Votes of a proposal, by weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub yes: u64,
    pub no: u64,
    pub abstain: u64,
}

impl Tally {
    /// Whether the vote reached `quorum` (weight, abstentions included) and `pass_bps` of the weight that took a side said yes.
    /// Without a yes nothing passes.
    pub fn passes(&self, quorum: u64, pass_bps: u16) -> bool {
        let sides = u128::from(self.yes) + u128::from(self.no);
        let all = sides + u128::from(self.abstain);
        let one = u128::from(ONE_BPS);
        self.yes > 0 && all >= u128::from(quorum) && u128::from(self.yes) * one >= sides * u128::from(pass_bps)
    }
}
