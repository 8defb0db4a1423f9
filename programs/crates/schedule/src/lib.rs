//! What a network issues in each epoch: a schedule of periods, and burnt tokens that come back.
//!
//! A period of n epochs that issues T base units issues floor(T(k+1)/n) − floor(Tk/n) in its k-th epoch, so that it issues T to the
//! unit (`poc/src/reward/emission-schedule.ts` computes the same). Epochs outside every period issue nothing.
//!
//! Reissue: an average of the burns of past epochs, floor(((n − 1)·previous + burnt) / n), bounded by a cap and by what is left of all
//! burns. For one n the averages sum to no more than the burns by themselves: the weights of one burn over all later epochs sum
//! to at most 1. When n grows they would not, and then the last bound holds.
#![forbid(unsafe_code)]

/// Last epoch number that fits the tables of the oracle.
pub const LAST_EPOCH: u64 = u32::MAX as u64;

/// Epochs that issue `total` base units together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub start_epoch: u64,
    /// How many epochs, at least 1.
    pub epochs: u64,
    /// Base units over the whole period.
    pub total: u64,
}

/// Why a list of periods is no schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A period of no epochs.
    Empty,
    /// A period that starts before the one before it has ended.
    Overlap,
    /// A period that ends after [`LAST_EPOCH`].
    BeyondLastEpoch,
    /// The totals together do not fit u64.
    TotalOverflow,
}

/// Checks that periods are in order, apart, and sum to at most u64.
pub fn check(periods: impl IntoIterator<Item = Period>) -> Result<(), Refusal> {
    let mut free = 0u64;
    let mut sum = 0u64;
    for period in periods {
        if period.epochs == 0 {
            return Err(Refusal::Empty);
        }
        if period.start_epoch < free {
            return Err(Refusal::Overlap);
        }
        free = period
            .start_epoch
            .checked_add(period.epochs)
            .ok_or(Refusal::BeyondLastEpoch)?;
        if free - 1 > LAST_EPOCH {
            return Err(Refusal::BeyondLastEpoch);
        }
        sum = sum.checked_add(period.total).ok_or(Refusal::TotalOverflow)?;
    }
    Ok(())
}

/// Base units issued in `epoch` by a checked list of periods; 0 outside every period.
pub fn emission(periods: impl IntoIterator<Item = Period>, epoch: u64) -> u64 {
    for Period {
        start_epoch,
        epochs,
        total,
    } in periods
    {
        if epoch < start_epoch || epoch - start_epoch >= epochs {
            continue;
        }
        let k = u128::from(epoch - start_epoch);
        let (total, epochs) = (u128::from(total), u128::from(epochs));
        // At most `total`, so it fits.
        return (total * (k + 1) / epochs - total * k / epochs) as u64;
    }
    0
}

/// The running average after an epoch that burnt `burnt` base units, over `epochs` epochs (at least 1).
pub fn burn_average(previous: u64, burnt: u64, epochs: u16) -> u64 {
    let n = u128::from(epochs.max(1));
    // Between `previous` and `burnt`, so it fits.
    ((u128::from(previous) * (n - 1) + u128::from(burnt)) / n) as u64
}

/// Base units an epoch issues again: the average of the burns, at most `cap`, and at most `left`, which is what was ever burnt
/// less what was issued again before.
pub fn reissue(average: u64, cap: u64, left: u64) -> u64 {
    average.min(cap).min(left)
}
