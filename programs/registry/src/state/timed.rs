//! Values that change with the epoch: what is written now holds from the next epoch on, so that the registry of an epoch is the same
//! whenever it is read during that epoch.
use crate::{Antenna, Location, Split};
use anchor_lang::prelude::*;

macro_rules! timed {
    ($(#[$doc:meta])* $name:ident, $value:ident) => {
        $(#[$doc])*
        #[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq, InitSpace)]
        pub struct $name {
            /// Holds before `from_epoch`.
            pub current: $value,
            /// Holds from `from_epoch` on.
            pub next: $value,
            /// Epoch.
            pub from_epoch: u64,
        }

        impl $name {
            /// The same before and after the epoch that follows `epoch`.
            pub fn new(value: $value, epoch: u64) -> Self {
                Self { current: value.clone(), next: value, from_epoch: epoch + 1 }
            }

            /// The value that holds in `epoch`.
            pub fn at(&self, epoch: u64) -> &$value {
                if epoch >= self.from_epoch { &self.next } else { &self.current }
            }

            /// Writes a value in `epoch`; it holds from the next one on.
            pub fn set(&mut self, value: $value, epoch: u64) {
                if epoch >= self.from_epoch {
                    self.current = self.next.clone();
                }
                self.next = value;
                self.from_epoch = epoch + 1;
            }
        }
    };
}

timed!(
    /// The wallet that owns a hotspot.
    TimedOwner, Pubkey
);
timed!(
    /// Where rewards go.
    TimedSplit, Split
);
timed!(
    /// Where a hotspot says it is.
    TimedLocation, Location
);
timed!(
    /// What antenna it has.
    TimedAntenna, Antenna
);
timed!(
    /// Whether it is suspended.
    TimedFlag, bool
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    #[test]
    fn a_change_holds_from_the_next_epoch_on() {
        let mut flag = TimedFlag::new(false, 7);
        flag.set(true, 9);
        assert_eq!([7, 9, 10, 11].map(|epoch| *flag.at(epoch)), [false, false, true, true]);
        // Taken back in the same epoch: it never held.
        flag.set(false, 9);
        assert_eq!([9, 10].map(|epoch| *flag.at(epoch)), [false, false]);
        flag.set(true, 12);
        assert_eq!([12, 13].map(|epoch| *flag.at(epoch)), [false, true]);
    }

    proptest! {
        #[test]
        fn no_change_reaches_the_epoch_it_is_made_in(changes in vec((0u64..3, any::<bool>()), 1..40)) {
            let mut flag = TimedFlag::new(false, 0);
            let mut epoch = 0;
            for (wait, value) in changes {
                epoch += wait;
                let before = *flag.at(epoch);
                flag.set(value, epoch);
                prop_assert_eq!(*flag.at(epoch), before);
                prop_assert_eq!(*flag.at(epoch + 1), value);
            }
        }
    }
}
