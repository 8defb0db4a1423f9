use crate::{GovRules, GovernanceError};
use anchor_lang::prelude::*;
use vote_weight::{weight, Lock};

/// Past states of a position that are kept for votes under way.
#[constant]
pub const MAX_CHECKPOINTS: u8 = 8;

/// Locked tokens of one owner. `["pos", gov, owner, id]`. Cannot be transferred.
#[account]
#[derive(InitSpace)]
pub struct Position {
    /// The governance it votes in.
    pub gov: Pubkey,
    /// Who locked the tokens and gets them back. Never changes.
    pub owner: Pubkey,
    /// Number the owner gave it.
    pub id: u64,
    /// Base units.
    pub amount: u64,
    /// How they are locked.
    pub lock: LockKind,
    /// Votes that are not released.
    pub votes_active: u16,
    /// Bump of this account.
    pub bump: u8,
    /// What it counts from when on, oldest first: changes count from the next epoch.
    #[max_len(8)]
    pub checkpoints: Vec<Checkpoint>,
}

/// How tokens are locked.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub enum LockKind {
    /// Until a time, Unix seconds.
    Cliff { end: i64 },
    /// For as many seconds after the owner lets it run.
    Constant { seconds: u32 },
}

/// A position counts so from a time on.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub struct Checkpoint {
    /// Unix seconds.
    pub from: i64,
    /// Base units.
    pub amount: u64,
    /// How they are locked.
    pub lock: LockKind,
}

impl LockKind {
    fn as_lock(self) -> Lock {
        match self {
            Self::Cliff { end } => Lock::Cliff { end },
            Self::Constant { seconds } => Lock::Constant { seconds },
        }
    }

    /// Seconds that remain at `now`.
    pub fn remaining(self, now: i64) -> u64 {
        self.as_lock().remaining(now)
    }

    /// Refuses locks shorter than the shortest or longer than the longest.
    pub fn check(self, rules: &GovRules, now: i64) -> Result<()> {
        let seconds = u64::from(rules.min_lock_seconds)..=u64::from(rules.max_lock_seconds);
        require!(seconds.contains(&self.remaining(now)), GovernanceError::LockOutOfRange);
        Ok(())
    }

    /// Whether `self` is at least as long and as strict as `other`, at `now`.
    pub fn is_extension_of(self, other: LockKind, now: i64) -> bool {
        let keeps_kind = !matches!((other, self), (Self::Constant { .. }, Self::Cliff { .. }));
        keeps_kind && self.remaining(now) >= other.remaining(now)
    }
}

impl Position {
    /// Writes down that it counts as it is now from `from` on. A change in the same epoch takes the place of the one before.
    pub fn checkpoint(&mut self, from: i64) {
        let next = Checkpoint {
            from,
            amount: self.amount,
            lock: self.lock,
        };
        match self.checkpoints.last_mut() {
            Some(last) if last.from == from => *last = next,
            _ => {
                if self.checkpoints.len() == usize::from(MAX_CHECKPOINTS) {
                    self.checkpoints.remove(0);
                }
                self.checkpoints.push(next);
            }
        }
    }

    /// Weight at `at` (Unix seconds); 0 before the first checkpoint, or when what it counted then is no longer kept.
    pub fn weight_at(&self, at: i64, max_lock_seconds: u32) -> u64 {
        let found = self.checkpoints.iter().rev().find(|checkpoint| checkpoint.from <= at);
        found.map_or(0, |checkpoint| {
            weight(checkpoint.amount, checkpoint.lock.as_lock(), at, max_lock_seconds)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    const DAY: i64 = 86_400;

    fn position() -> Position {
        Position {
            gov: Pubkey::default(),
            owner: Pubkey::default(),
            id: 0,
            amount: 0,
            lock: LockKind::Constant { seconds: 100 },
            votes_active: 0,
            bump: 0,
            checkpoints: vec![],
        }
    }

    #[test]
    fn counts_from_the_next_epoch_on_and_not_before() {
        let mut position = position();
        position.amount = 10;
        position.checkpoint(DAY);
        assert_eq!(
            [0, DAY - 1, DAY, 9 * DAY].map(|at| position.weight_at(at, 100)),
            [0, 0, 10, 10]
        );
        position.amount = 30;
        position.checkpoint(3 * DAY);
        assert_eq!(
            [DAY, 3 * DAY - 1, 3 * DAY].map(|at| position.weight_at(at, 100)),
            [10, 10, 30]
        );
    }

    #[test]
    fn keeps_eight_states_and_counts_nothing_before_them() {
        let mut position = position();
        for n in 1..=9 {
            position.amount = n;
            position.checkpoint(n as i64 * DAY);
        }
        assert_eq!(position.checkpoints.len(), 8);
        assert_eq!([1, 2, 9].map(|n| position.weight_at(n * DAY, 100)), [0, 2, 9]);
    }

    #[test]
    fn only_lengthens_a_lock() {
        let (cliff, constant) = (|end| LockKind::Cliff { end }, |seconds| LockKind::Constant { seconds });
        assert!(cliff(100).is_extension_of(cliff(100), 0));
        assert!(!cliff(99).is_extension_of(cliff(100), 0));
        assert!(constant(100).is_extension_of(cliff(100), 0));
        assert!(!constant(99).is_extension_of(cliff(100), 0));
        assert!(!cliff(1_000).is_extension_of(constant(100), 0));
        assert!(constant(101).is_extension_of(constant(100), 0));
    }

    proptest! {
        #[test]
        fn a_change_never_reaches_back(changes in vec((0i64..5, 1u64..1_000), 1..12), at in 0i64..30) {
            let mut position = position();
            let mut day = 0;
            for (wait, amount) in changes {
                day += wait;
                let before = position.weight_at(day * DAY + at, 100);
                let snapshot = day * DAY + at;
                position.amount = amount;
                position.checkpoint((day + 1) * DAY);
                let kept = position.checkpoints.first().is_some_and(|first| first.from <= snapshot);
                prop_assert_eq!(position.weight_at(snapshot, 100), if kept { before } else { 0 });
            }
        }
    }
}
