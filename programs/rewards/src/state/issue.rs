//! How what an epoch issues is found and divided.
use crate::{RewardsError, Schedule};
use anchor_lang::prelude::*;
use schedule::{burn_average, emission, reissue};

const ONE_BPS: u64 = 10_000;

/// How an epoch's tokens are found and divided.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub struct IssueSettings {
    /// Most base units an epoch issues again.
    pub reissue_cap: u64,
    /// Epochs the average of burns runs over; at least 1.
    pub average_epochs: u16,
    /// The treasury's part of what is issued, 1e-4; the pool gets the rest.
    pub treasury_bps: u16,
}

impl IssueSettings {
    pub fn validate(&self) -> Result<()> {
        require!(
            self.average_epochs > 0 && u64::from(self.treasury_bps) <= ONE_BPS,
            RewardsError::BadSetting
        );
        Ok(())
    }
}

/// Settings by epoch, so that an epoch is issued alike however late that happens.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq, InitSpace)]
pub struct TimedIssueSettings {
    /// Hold before `from_epoch`.
    pub current: IssueSettings,
    /// Hold from `from_epoch` on.
    pub next: IssueSettings,
    /// Epoch.
    pub from_epoch: u64,
}

impl TimedIssueSettings {
    /// The same from the beginning of time.
    pub fn constant(settings: IssueSettings) -> Self {
        Self {
            current: settings,
            next: settings,
            from_epoch: 0,
        }
    }

    /// The settings of an epoch.
    pub fn at(&self, epoch: u64) -> &IssueSettings {
        if epoch >= self.from_epoch {
            &self.next
        } else {
            &self.current
        }
    }

    /// Schedules settings from `from_epoch` on. `present` is the epoch now, `next_epoch` the next to be issued.
    pub fn schedule(&mut self, settings: IssueSettings, from_epoch: u64, present: u64, next_epoch: u64) -> Result<()> {
        require!(from_epoch > present, RewardsError::EpochNotInTheFuture);
        if next_epoch >= self.from_epoch {
            self.current = self.next;
        } else {
            // The last change is in force, but an epoch before it has not been issued and still needs what was before.
            require!(self.from_epoch > present, RewardsError::ChangePending);
        }
        self.next = settings;
        self.from_epoch = from_epoch;
        Ok(())
    }
}

/// What is known of burns before an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BurnsBefore {
    /// Average over past epochs, base units.
    pub average: u64,
    /// Base units burnt in issued epochs and not issued again.
    pub left: u64,
}

/// What an epoch issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Base units by schedule.
    pub scheduled: u64,
    /// Base units issued again.
    pub reissued: u64,
    /// Base units to the pool.
    pub pool: u64,
    /// Base units to the treasury.
    pub treasury: u64,
    /// The average of burns with this epoch's.
    pub burn_average: u64,
}

impl Issue {
    /// Finds what `epoch` issues from the schedule, what came before it and what it burnt. Nothing else matters: not the
    /// clock, not the supply, not who asks.
    pub fn of(
        schedule: &Schedule,
        settings: &IssueSettings,
        epoch: u64,
        before: BurnsBefore,
        burned: u64,
    ) -> Result<Issue> {
        let scheduled = emission(schedule.periods(), epoch);
        let burn_average = burn_average(before.average, burned, settings.average_epochs);
        let left = before.left.checked_add(burned).ok_or(RewardsError::AmountOverflow)?;
        let reissued = reissue(burn_average, settings.reissue_cap, left);
        let all = scheduled.checked_add(reissued).ok_or(RewardsError::AmountOverflow)?;
        // At most `all`, so it fits.
        let treasury = (u128::from(all) * u128::from(settings.treasury_bps) / u128::from(ONE_BPS)) as u64;
        Ok(Issue {
            scheduled,
            reissued,
            pool: all - treasury,
            treasury,
            burn_average,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EmissionPeriod;
    use proptest::prelude::*;

    fn schedule(total: u64) -> Schedule {
        Schedule {
            distributor: Pubkey::default(),
            bump: 0,
            periods: vec![EmissionPeriod {
                start_epoch: 10,
                epochs: 3,
                total,
            }],
        }
    }

    fn settings(treasury_bps: u16) -> IssueSettings {
        IssueSettings {
            reissue_cap: 50,
            average_epochs: 2,
            treasury_bps,
        }
    }

    #[test]
    fn adds_what_was_burnt_up_to_the_cap() {
        let issue = Issue::of(&schedule(301), &settings(0), 10, before(0, 0), 60).unwrap();
        assert_eq!(
            (issue.scheduled, issue.burn_average, issue.reissued, issue.pool),
            (100, 30, 30, 130)
        );
        let issue = Issue::of(&schedule(301), &settings(0), 12, before(30, 0), 600).unwrap();
        assert_eq!(
            (issue.scheduled, issue.burn_average, issue.reissued, issue.pool),
            (101, 315, 50, 151)
        );
        let issue = Issue::of(&schedule(301), &settings(0), 13, before(0, 0), 0).unwrap();
        assert_eq!(issue.pool, 0);
    }

    fn before(average: u64, left: u64) -> BurnsBefore {
        BurnsBefore { average, left }
    }

    #[test]
    fn issues_no_more_again_than_is_left_of_the_burns() {
        let reissued = |before| Issue::of(&schedule(0), &settings(0), 11, before, 0).unwrap().reissued;
        assert_eq!(
            [before(80, 100), before(80, 40), before(80, 39), before(80, 0)].map(reissued),
            [40, 40, 39, 0]
        );
    }

    #[test]
    fn keeps_settings_of_epochs_that_are_not_issued() {
        let mut timed = TimedIssueSettings::constant(settings(1));
        timed.schedule(settings(2), 11, 10, 8).unwrap();
        assert_eq!([8, 10, 11].map(|epoch| timed.at(epoch).treasury_bps), [1, 1, 2]);
        // Not in force yet: replaced.
        timed.schedule(settings(3), 12, 10, 8).unwrap();
        assert_eq!([8, 11, 12].map(|epoch| timed.at(epoch).treasury_bps), [1, 1, 3]);
        // In force, while epoch 9 still needs the first.
        assert_eq!(
            timed.schedule(settings(4), 14, 13, 9),
            Err(RewardsError::ChangePending.into())
        );
        timed.schedule(settings(4), 14, 13, 12).unwrap();
        assert_eq!([12, 13, 14].map(|epoch| timed.at(epoch).treasury_bps), [3, 3, 4]);
        assert_eq!(
            timed.schedule(settings(5), 13, 13, 13),
            Err(RewardsError::EpochNotInTheFuture.into())
        );
    }

    proptest! {
        #[test]
        fn never_issues_more_again_than_was_burnt_however_the_settings_change(
            epochs in proptest::collection::vec((0u64..1_000, 1u16..20, 0u64..500), 1..60)
        ) {
            let (mut average, mut burnt, mut reissued) = (0, 0, 0);
            for (burned, average_epochs, reissue_cap) in epochs {
                let settings = IssueSettings { reissue_cap, average_epochs, treasury_bps: 0 };
                let issue = Issue::of(&schedule(0), &settings, 11, before(average, burnt - reissued), burned).unwrap();
                average = issue.burn_average;
                burnt += burned;
                reissued += issue.reissued;
                prop_assert!(reissued <= burnt);
            }
        }

        #[test]
        fn divides_what_is_issued_to_the_unit(total in 0u64..u64::MAX / 2, bps in 0u16..=10_000, burned in 0u64..1 << 60) {
            let issue = Issue::of(&schedule(total), &settings(bps), 11, before(0, 0), burned).unwrap();
            prop_assert_eq!(issue.pool + issue.treasury, issue.scheduled + issue.reissued);
        }
    }
}
