use proptest::{collection::vec, prelude::*};
use schedule::{burn_average, check, emission, reissue, Period, Refusal, LAST_EPOCH};
use serde_json::Value;

const PUBLISHED: &str = include_str!("../../../../fixtures/reward/emission.json");

/// Days since 1970-01-01 of a date in 2019 to 2053.
fn day(year: u64, month: u64, day_of_month: u64) -> u64 {
    const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap_days = (year - 1969) / 4 + u64::from(year.is_multiple_of(4) && month > 2);
    (year - 1970) * 365 + leap_days + BEFORE[month as usize - 1] + day_of_month - 1
}

/// The halving schedule of preset `earshot`: 60 million tokens in the year from 1 August 2019, half as much every second year.
fn halving() -> Vec<Period> {
    (0..34)
        .map(|i| {
            let start_epoch = day(2019 + i, 8, 1);
            Period {
                start_epoch,
                epochs: day(2020 + i, 8, 1) - start_epoch,
                total: 6_000_000_000_000_000 >> (i / 2),
            }
        })
        .collect()
}

#[test]
fn issues_what_was_published_to_the_unit() {
    let published: Value = serde_json::from_str(PUBLISHED).unwrap();
    let days = published["days"].as_array().unwrap();
    assert!(days.len() > 5);
    for row in days {
        let date: Vec<u64> = row["date"]
            .as_str()
            .unwrap()
            .split('-')
            .map(|part| part.parse().unwrap())
            .collect();
        let atoms: u64 = row["tokens"].as_str().unwrap().replace('.', "").parse().unwrap();
        let issued = emission(halving(), day(date[0], date[1], date[2]));
        // Published amounts are rounded to nearest; ours are the steps between two floors.
        assert!(
            issued.abs_diff(atoms) <= 1,
            "{}: {issued}, published {atoms}",
            row["date"]
        );
    }
}

#[test]
fn issues_nothing_outside_every_period() {
    let periods = [
        Period {
            start_epoch: 5,
            epochs: 2,
            total: 9,
        },
        Period {
            start_epoch: 9,
            epochs: 1,
            total: 1,
        },
    ];
    let issued: Vec<u64> = (3..12).map(|epoch| emission(periods, epoch)).collect();
    assert_eq!(issued, [0, 0, 4, 5, 0, 0, 1, 0, 0]);
}

#[test]
fn issues_u64_max_in_one_epoch() {
    assert_eq!(
        emission(
            [Period {
                start_epoch: 0,
                epochs: 1,
                total: u64::MAX
            }],
            0
        ),
        u64::MAX
    );
}

#[test]
fn rejects_lists_that_are_no_schedule() {
    let period = |start_epoch, epochs, total| Period {
        start_epoch,
        epochs,
        total,
    };
    assert_eq!(check(halving()), Ok(()));
    assert_eq!(check([period(1, 0, 5)]), Err(Refusal::Empty));
    assert_eq!(check([period(1, 3, 5), period(3, 1, 5)]), Err(Refusal::Overlap));
    assert_eq!(check([period(1, 3, 5), period(4, 1, 5)]), Ok(()));
    assert_eq!(check([period(LAST_EPOCH, 1, 5)]), Ok(()));
    assert_eq!(check([period(LAST_EPOCH, 2, 5)]), Err(Refusal::BeyondLastEpoch));
    assert_eq!(check([period(u64::MAX, 1, 5)]), Err(Refusal::BeyondLastEpoch));
    assert_eq!(
        check([period(1, 1, u64::MAX), period(2, 1, 1)]),
        Err(Refusal::TotalOverflow)
    );
}

proptest! {
    #[test]
    fn a_period_issues_its_total_to_the_unit(start_epoch in 0u64..1_000_000, epochs in 1u64..2_000, total: u64) {
        let period = [Period { start_epoch, epochs, total }];
        let issued: Vec<u64> = (start_epoch..start_epoch + epochs).map(|epoch| emission(period, epoch)).collect();
        prop_assert_eq!(issued.iter().map(|x| u128::from(*x)).sum::<u128>(), u128::from(total));
        let (least, most) = (*issued.iter().min().unwrap(), *issued.iter().max().unwrap());
        prop_assert!(most - least <= 1);
    }

    #[test]
    fn never_reissues_more_than_was_burnt(burns in vec(0u64..u64::MAX / 256, 1..200), epochs in 1u16..60, cap: u64) {
        let (mut average, mut burnt, mut reissued) = (0u64, 0u128, 0u128);
        for burn in burns {
            average = burn_average(average, burn, epochs);
            let amount = reissue(average, cap, u64::MAX);
            prop_assert!(amount <= cap);
            burnt += u128::from(burn);
            reissued += u128::from(amount);
            prop_assert!(reissued <= burnt);
        }
    }

    #[test]
    fn an_average_stays_between_what_it_averages(previous: u64, burnt: u64, epochs in 0u16..) {
        let average = burn_average(previous, burnt, epochs);
        prop_assert!(average >= previous.min(burnt) && average <= previous.max(burnt));
    }
}
