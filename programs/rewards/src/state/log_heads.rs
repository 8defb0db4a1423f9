use crate::RewardsError;
use anchor_lang::prelude::*;

/// Heads that are kept; older ones are in the events, and the heads of a log are a hash chain.
pub const KEPT_HEADS: usize = 48;

/// Heads of the report log of one oracle. `["log", distributor, oracle]`.
#[account(zero_copy)]
#[repr(C)]
pub struct LogHeads {
    /// The network's distributor.
    pub distributor: Pubkey,
    /// Who records them.
    pub oracle: Pubkey,
    /// Key the log's receipts are signed with, and its tag.
    pub ingest_key: [u8; 33],
    /// Bump of this account.
    pub bump: u8,
    /// Zero.
    pub reserved: [u8; 6],
    /// Heads ever recorded; the last one is at (recorded − 1) mod 48.
    pub recorded: u64,
    /// A ring: the n-th head (from 0) is at n mod 48.
    pub heads: [LogHead; KEPT_HEADS],
}

/// A log was so long and had this head.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct LogHead {
    /// Unix time / interval.
    pub interval: u64,
    /// Uploads in the log.
    pub length: u64,
    /// Head of its hash chain.
    pub head: [u8; 32],
}

impl LogHeads {
    /// The last head, if there is one.
    pub fn last(&self) -> Option<&LogHead> {
        let last = self.recorded.checked_sub(1)?;
        Some(&self.heads[last as usize % KEPT_HEADS])
    }

    /// Writes a head down. A log that was longer, or had another head at the same length, shows two histories.
    pub fn record(&mut self, next: LogHead) -> Result<()> {
        if let Some(last) = self.last() {
            require!(next.interval > last.interval, RewardsError::HeadAlreadyRecorded);
            let has_grown = next.length > last.length;
            let is_same = next.length == last.length && next.head == last.head;
            require!(has_grown || is_same, RewardsError::LogForked);
        }
        self.heads[self.recorded as usize % KEPT_HEADS] = next;
        self.recorded += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> LogHeads {
        let head = LogHead {
            interval: 0,
            length: 0,
            head: [0; 32],
        };
        LogHeads {
            distributor: Pubkey::default(),
            oracle: Pubkey::default(),
            ingest_key: [0; 33],
            bump: 0,
            reserved: [0; 6],
            recorded: 0,
            heads: [head; KEPT_HEADS],
        }
    }

    fn head(interval: u64, length: u64, byte: u8) -> LogHead {
        LogHead {
            interval,
            length,
            head: [byte; 32],
        }
    }

    #[test]
    fn keeps_the_last_two_days_of_hours() {
        let mut log = empty();
        for n in 1..=100 {
            log.record(head(n, n * 10, n as u8)).unwrap();
        }
        assert_eq!(log.last(), Some(&head(100, 1_000, 100)));
        assert_eq!(log.heads.iter().map(|head| head.interval).min(), Some(53));
    }

    #[test]
    fn rejects_a_second_head_of_an_interval_and_a_second_history() {
        let mut log = empty();
        log.record(head(5, 10, 1)).unwrap();
        assert_eq!(
            log.record(head(5, 11, 2)),
            Err(RewardsError::HeadAlreadyRecorded.into())
        );
        assert_eq!(
            log.record(head(4, 11, 2)),
            Err(RewardsError::HeadAlreadyRecorded.into())
        );
        assert_eq!(log.record(head(6, 9, 2)), Err(RewardsError::LogForked.into()));
        assert_eq!(log.record(head(6, 10, 2)), Err(RewardsError::LogForked.into()));
        log.record(head(6, 10, 1)).unwrap();
        log.record(head(7, 11, 2)).unwrap();
    }

    #[test]
    fn has_the_layout_clients_read() {
        assert_eq!(std::mem::size_of::<LogHeads>(), 32 + 32 + 33 + 1 + 6 + 8 + 48 * 48);
    }
}
