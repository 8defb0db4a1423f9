use crate::RewardsError;
use anchor_lang::prelude::*;
use schedule::{check, Period};

/// Most periods of a schedule.
#[constant]
pub const MAX_PERIODS: u16 = 48;

/// What is issued when. `["schedule", distributor]`. Periods are only ever appended.
#[account]
#[derive(InitSpace)]
pub struct Schedule {
    /// Whose schedule it is.
    pub distributor: Pubkey,
    /// Bump of this account.
    pub bump: u8,
    /// In order, not overlapping.
    #[max_len(48)]
    pub periods: Vec<EmissionPeriod>,
}

/// Epochs that issue `total` base units together, in equal steps to the unit.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub struct EmissionPeriod {
    /// First epoch of the period.
    pub start_epoch: u64,
    /// How many epochs.
    pub epochs: u32,
    /// Base units over the whole period.
    pub total: u64,
}

impl Schedule {
    pub fn periods(&self) -> impl Iterator<Item = Period> + '_ {
        self.periods.iter().map(|period| Period {
            start_epoch: period.start_epoch,
            epochs: u64::from(period.epochs),
            total: period.total,
        })
    }

    /// Adds periods after the ones there are.
    pub fn append(&mut self, periods: Vec<EmissionPeriod>) -> Result<()> {
        self.periods.extend(periods);
        require!(
            self.periods.len() <= usize::from(MAX_PERIODS),
            RewardsError::TooManyPeriods
        );
        check(self.periods()).map_err(RewardsError::from)?;
        Ok(())
    }
}
