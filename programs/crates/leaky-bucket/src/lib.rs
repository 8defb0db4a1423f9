//! How much may leave in a window of time: a bucket that fills with every amount and leaks at a constant rate.
//!
//! The bucket holds `limit` base units and leaks `limit` of them per window. The level is kept in base units × seconds of the window, so
//! that a second leaks exactly `limit` and nothing is ever rounded: what a bucket lets through does not depend on how often it
//! was asked. One call lets at most `limit` through, any stretch of one window at most 2 · `limit`, and the long run `limit` a window.
//! A clock that goes backwards leaks nothing.
#![forbid(unsafe_code)]

/// What a bucket holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Base units.
    pub limit: u64,
    /// Seconds in which a full bucket empties; at least 1.
    pub window_s: u32,
}

/// How full a bucket is, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Base units × seconds of the window.
    pub level: u128,
    /// Unix seconds of the last change.
    pub at: i64,
}

/// An amount does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Bucket {
    /// The bucket as it is at `now` (Unix seconds), with what has leaked since the last change.
    pub fn settle(self, limit: Limit, now: i64) -> Bucket {
        let elapsed = u128::from(now.saturating_sub(self.at).max(0).unsigned_abs());
        let leaked = u128::from(limit.limit).saturating_mul(elapsed);
        Bucket {
            level: self.level.saturating_sub(leaked),
            at: self.at.max(now),
        }
    }

    /// Lets `amount` through at `now`, or refuses it whole.
    pub fn pour(self, limit: Limit, amount: u64, now: i64) -> Result<Bucket, Full> {
        let settled = self.settle(limit, now);
        let window = u128::from(limit.window_s);
        // Both terms are below 2^96 unless the limit has been lowered, and then the level is what it was.
        let level = settled.level.checked_add(u128::from(amount) * window).ok_or(Full)?;
        if level > u128::from(limit.limit) * window {
            return Err(Full);
        }
        Ok(Bucket { level, ..settled })
    }

    /// The most base units that `pour` lets through at `now`.
    pub fn room(self, limit: Limit, now: i64) -> u64 {
        let window = u128::from(limit.window_s.max(1));
        let free = (u128::from(limit.limit) * window).saturating_sub(self.settle(limit, now).level);
        // At most `limit.limit`, so it fits.
        (free / window) as u64
    }

    /// The same base units in a bucket of another window, rounded up.
    pub fn rescale(self, from: Limit, to: Limit, now: i64) -> Bucket {
        let settled = self.settle(from, now);
        let window = u128::from(from.window_s.max(1));
        // At most 2^64 base units were let through, so neither product exceeds 2^97.
        let units = settled.level.div_ceil(window);
        Bucket {
            level: units * u128::from(to.window_s),
            ..settled
        }
    }
}
