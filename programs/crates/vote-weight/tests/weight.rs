use proptest::prelude::*;
use vote_weight::{weight, Lock, Tally};

const YEAR: u32 = 365 * 86_400;

#[test]
fn a_cliff_counts_what_remains_of_it() {
    let lock = Lock::Cliff { end: i64::from(YEAR) };
    assert_eq!(weight(1_000, lock, 0, YEAR), 1_000);
    assert_eq!(weight(1_000, lock, i64::from(YEAR / 2), YEAR), 500);
    assert_eq!(weight(1_000, lock, i64::from(YEAR) - 1, YEAR), 0);
    assert_eq!(
        weight(u64::MAX, lock, i64::from(YEAR) - 1, YEAR),
        u64::MAX / u64::from(YEAR)
    );
    assert_eq!(weight(1_000, lock, i64::from(YEAR), YEAR), 0);
    assert_eq!(weight(1_000, lock, i64::MAX, YEAR), 0);
    assert_eq!(weight(1_000, lock, i64::MIN, YEAR), 1_000);
}

#[test]
fn a_constant_lock_stands_as_if_just_made() {
    let lock = Lock::Constant { seconds: YEAR / 4 };
    assert_eq!(weight(1_000, lock, 0, YEAR), 250);
    assert_eq!(weight(1_000, lock, i64::MAX, YEAR), 250);
    assert_eq!(weight(1_000, lock, 0, 0), 0);
}

#[test]
fn a_vote_passes_at_the_quorum_and_at_the_majority_exactly() {
    let tally = Tally {
        yes: 67,
        no: 33,
        abstain: 20,
    };
    assert!(tally.passes(120, 6_700));
    assert!(!tally.passes(121, 6_700));
    assert!(!tally.passes(120, 6_701));
    assert!(!Tally {
        yes: 0,
        no: 0,
        abstain: 500
    }
    .passes(0, 0));
    assert!(Tally {
        yes: u64::MAX,
        no: u64::MAX,
        abstain: u64::MAX
    }
    .passes(u64::MAX, 5_000));
}

proptest! {
    #[test]
    fn weight_never_exceeds_the_amount_and_never_grows_with_time(
        amount: u64, end in 0i64..400_000_000, earlier in 0i64..400_000_000, wait in 0i64..400_000_000, longest in 1u32..
    ) {
        let lock = Lock::Cliff { end };
        let before = weight(amount, lock, earlier, longest);
        prop_assert!(before <= amount);
        prop_assert!(weight(amount, lock, earlier + wait, longest) <= before);
    }

    #[test]
    fn nobody_gains_by_splitting_a_position(a in 0u64..u64::MAX / 2, b in 0u64..u64::MAX / 2, end in 0i64..400_000_000) {
        let lock = Lock::Cliff { end };
        let split = weight(a, lock, 7, YEAR) + weight(b, lock, 7, YEAR);
        let whole = weight(a + b, lock, 7, YEAR);
        prop_assert!(split <= whole && whole - split <= 1);
    }

    #[test]
    fn more_yes_never_loses_a_vote(yes in 0u64..1_000, no in 0u64..1_000, abstain in 0u64..1_000, quorum in 0u64..3_000, bps in 0u16..=10_000) {
        let tally = Tally { yes, no, abstain };
        if tally.passes(quorum, bps) {
            let more = Tally { yes: yes + 1, ..tally };
            prop_assert!(more.passes(quorum, bps));
        }
    }
}
