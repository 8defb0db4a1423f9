use leaky_bucket::{Bucket, Full, Limit};
use proptest::{collection::vec, prelude::*};

const DAY: Limit = Limit {
    limit: 1_000,
    window_s: 86_400,
};

fn filled(limit: Limit, amount: u64) -> Bucket {
    Bucket::default().pour(limit, amount, 0).unwrap()
}

#[test]
fn lets_the_limit_through_and_not_one_more() {
    assert!(Bucket::default().pour(DAY, 1_000, 0).is_ok());
    assert_eq!(Bucket::default().pour(DAY, 1_001, 0), Err(Full));
    assert_eq!(filled(DAY, 1_000).pour(DAY, 1, 0), Err(Full));
    assert_eq!(Bucket::default().pour(DAY, u64::MAX, 0), Err(Full));
}

#[test]
fn has_room_for_what_it_lets_through_and_for_nothing_once_the_limit_is_lowered_below_what_it_holds() {
    assert_eq!(Bucket::default().room(DAY, 0), 1_000);
    assert_eq!(filled(DAY, 400).room(DAY, 0), 600);
    assert_eq!(filled(DAY, 1_000).room(DAY, 43_200), 500);
    assert_eq!(filled(DAY, 1_000).room(Limit { limit: 999, ..DAY }, 0), 0);
}

#[test]
fn leaks_half_after_half_a_window_and_all_after_one() {
    let full = filled(DAY, 1_000);
    assert!(full.pour(DAY, 500, 43_200).is_ok());
    assert_eq!(full.pour(DAY, 501, 43_200), Err(Full));
    assert!(full.pour(DAY, 999, 86_399).is_err() == (1_000u128 * 86_399 < 999 * 86_400));
    assert!(full.pour(DAY, 1_000, 86_400).is_ok());
    assert_eq!(full.pour(DAY, 1_000, 86_399), Err(Full));
}

#[test]
fn leaks_nothing_when_the_clock_goes_backwards() {
    let full = Bucket::default().pour(DAY, 1_000, 100).unwrap();
    assert_eq!(full.pour(DAY, 1, 50), Err(Full));
    assert_eq!(full.settle(DAY, 50), full);
    assert_eq!(full.settle(DAY, i64::MIN), full);
}

#[test]
fn lets_nothing_through_at_a_limit_of_zero() {
    let shut = Limit { limit: 0, window_s: 60 };
    assert_eq!(Bucket::default().pour(shut, 1, 0), Err(Full));
}

#[test]
fn survives_the_ends_of_time() {
    let wide = Limit {
        limit: u64::MAX,
        window_s: u32::MAX,
    };
    let full = Bucket { level: 0, at: i64::MIN }
        .pour(wide, u64::MAX, i64::MIN)
        .unwrap();
    assert!(full.pour(wide, u64::MAX, i64::MAX).is_ok());
}

#[test]
fn keeps_the_base_units_when_the_window_changes() {
    let hour = Limit {
        limit: 400,
        window_s: 3_600,
    };
    let moved = filled(DAY, 1_000).rescale(DAY, hour, 0);
    assert_eq!(moved.level, 1_000 * 3_600);
    assert_eq!(moved.pour(hour, 1, 0), Err(Full));
}

proptest! {
    #[test]
    fn has_room_for_exactly_what_it_pours(
        limit in 0u64.., window_s in 1u32.., level in 0u128..1 << 96, at in -1_000i64..1_000, now in -1_000i64..100_000
    ) {
        let limit = Limit { limit, window_s };
        let bucket = Bucket { level, at };
        let room = bucket.room(limit, now);
        prop_assert!(room == 0 || bucket.pour(limit, room, now).is_ok());
        prop_assert!(room == u64::MAX || bucket.pour(limit, room + 1, now).is_err());
    }

    #[test]
    fn never_lets_more_than_twice_the_limit_through_in_a_window(
        limit in 1u64..10_000, window_s in 1u32..1_000, steps in vec((0i64..300, 0u64..12_000), 1..80)
    ) {
        let limit = Limit { limit, window_s };
        let (mut bucket, mut now, mut passed) = (Bucket::default(), 0i64, Vec::new());
        for (wait, amount) in steps {
            now += wait;
            if let Ok(after) = bucket.pour(limit, amount, now) {
                bucket = after;
                passed.push((now, amount));
            }
            let recent: u64 = passed.iter().filter(|(t, _)| now - t <= i64::from(window_s)).map(|(_, a)| a).sum();
            prop_assert!(recent <= 2 * limit.limit);
        }
        let all: u128 = passed.iter().map(|(_, a)| u128::from(*a)).sum();
        prop_assert!(all * u128::from(window_s) <= u128::from(limit.limit) * (u128::from(window_s) + now as u128));
    }

    #[test]
    fn does_not_depend_on_how_often_it_is_settled(
        amount in 0u64..1_000, stops in vec(0i64..100_000, 0..20), end in 100_000i64..200_000
    ) {
        let start = filled(DAY, amount);
        let mut stops = stops;
        stops.sort_unstable();
        let often = stops.iter().fold(start, |bucket, now| bucket.settle(DAY, *now));
        prop_assert_eq!(often.settle(DAY, end), start.settle(DAY, end));
    }

    #[test]
    fn nobody_gains_by_splitting_an_amount(first in 0u64..2_000, second in 0u64..2_000, now in 0i64..100_000) {
        let start = filled(DAY, 700);
        let split = start.pour(DAY, first, now).and_then(|bucket| bucket.pour(DAY, second, now));
        prop_assert_eq!(split, start.pour(DAY, first + second, now));
    }
}
