use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn unit() -> UnitId {
    UnitId(Uuid::from_u128(1))
}

fn tally(counts: &[(Measure, u32)]) -> Tally<Measure> {
    let mut tally = Tally::default();
    for (measure, count) in counts {
        for n in 0..*count {
            tally.add(*measure, &format!("{measure:?}{n}"));
        }
    }
    tally
}

fn score_of(counts: &[(Measure, u32)], money: (i64, i64)) -> Option<i32> {
    score(&parts(&embedded().unwrap(), &tally(counts), money))
}

#[test]
fn nothing_to_count_is_no_score() {
    assert_eq!(score_of(&[], (0, 0)), None);
    assert_eq!(score_of(&[(Measure::ReportsWaived, 3)], (0, 0)), None);
    assert_eq!(score_of(&[(Measure::ReportsPending, 3)], (0, 500)), None);
}

#[test]
fn components_share_the_weight_of_what_is_left_out() {
    use Measure::{BaselineMet, BaselineMissed, InTimeReturned, ReportsInTime, ReportsMissing};
    assert_eq!(score_of(&[(ReportsInTime, 3)], (0, 0)), Some(10_000));
    // 30 % of weight at 1/1, 20 % at 1/2: 40 of 50.
    let half = [(ReportsInTime, 2), (BaselineMet, 1), (BaselineMissed, 1)];
    assert_eq!(score_of(&half, (0, 0)), Some(8_000));
    let returned = [(ReportsInTime, 2), (InTimeReturned, 1)];
    assert_eq!(score_of(&returned, (0, 0)), Some(9_000));
    let missing = [(ReportsInTime, 1), (ReportsMissing, 1)];
    assert_eq!(score_of(&missing, (0, 0)), Some(2_500));
    assert_eq!(score_of(&[(ReportsMissing, 2)], (0, 0)), Some(0));
    assert_eq!(score_of(&[], (1_000, 400)), Some(4_000));
    assert_eq!(score_of(&[], (1_000, 4_000)), Some(10_000));
    assert_eq!(score_of(&[], (1_000, -5)), Some(0));
}

#[test]
fn a_unit_with_nothing_but_money_is_assessed() {
    let invested = Invested {
        unit: unit(),
        project: "project".to_owned(),
        planned: 100,
        actual: 50,
    };
    let found = assess(&embedded().unwrap(), &[], &[invested.clone(), invested]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].planned, found[0].actual), (200, 100));
    assert_eq!(found[0].invested, ["project"]);
    assert_eq!(found[0].score, Some(5_000));
}

#[test]
fn the_shipped_weights_are_ours_and_say_so() {
    let rules = embedded().unwrap();
    assert!(rules.source.contains("defaults"));
    let sum: u32 = rules.weights.iter().map(|w| u32::from(w.weight)).sum();
    assert_eq!(sum, 100);
}

#[test]
fn a_wrong_file_is_refused_with_every_problem() {
    let text = include_str!("../../../seeds/assessment.yaml");
    let problems = |text: &str| load(text).unwrap_err().problems;
    let twice = text.replace("component: ORDERS", "component: REPORTS");
    assert_eq!(
        problems(&twice),
        ["REPORTS is given twice", "Orders is left out"]
    );
    let sum = text.replace("weight: 30", "weight: 31");
    assert_eq!(problems(&sum), ["the weights sum to 101, not to 100"]);
    let over = text.replace("missing: 50", "missing: 101");
    assert_eq!(problems(&over), ["missing: 101 is over 100"]);
    let word = text.replace("component: ORDERS", "component: ORDER");
    assert_eq!(problems(&word).len(), 3, "unknown, left out, the sum");
    for text in [
        text.replace("returned:", "given_back:"),
        text.replace("weight: 30", "weight: -1"),
        "assessment: {}".to_owned(),
    ] {
        assert_eq!(problems(&text).len(), 1);
    }
}

const MEASURES: [Measure; 12] = [
    Measure::ReportsInTime,
    Measure::InTimeReturned,
    Measure::ReportsLate,
    Measure::ReportsMissing,
    Measure::ReportsReturned,
    Measure::BaselineMet,
    Measure::BaselineMissed,
    Measure::CurrentMet,
    Measure::CurrentMissed,
    Measure::OrdersInTime,
    Measure::OrdersLate,
    Measure::OrdersUnanswered,
];

fn counts() -> impl Strategy<Value = Vec<(Measure, u32)>> {
    prop::collection::vec(0..6_u32, MEASURES.len()).prop_map(|numbers| {
        let mut counts: Vec<_> = MEASURES.into_iter().zip(numbers).collect();
        // What was returned in time came in time.
        counts[1].1 = counts[1].1.min(counts[0].1);
        counts
    })
}

fn with_more(counts: &[(Measure, u32)], more: Measure) -> Vec<(Measure, u32)> {
    let counts = counts.iter();
    counts
        .map(|(measure, n)| (*measure, n + u32::from(*measure == more)))
        .collect()
}

proptest! {
    #[test]
    fn a_score_lies_between_nothing_and_the_whole(
        counts in counts(), money in (0..1_000_000_i64, -1_000..2_000_000_i64),
    ) {
        if let Some(score) = score_of(&counts, money) {
            prop_assert!((0..=10_000).contains(&score));
        }
    }

    #[test]
    fn one_more_failure_never_raises_a_score(
        counts in counts(), money in (0..1_000_000_i64, 0..2_000_000_i64),
    ) {
        let before = score_of(&counts, money);
        for more in [
            Measure::ReportsLate,
            Measure::ReportsMissing,
            Measure::BaselineMissed,
            Measure::CurrentMissed,
            Measure::OrdersLate,
            Measure::OrdersUnanswered,
        ] {
            let after = score_of(&with_more(&counts, more), money);
            prop_assert!(before.is_none() || after <= before, "{more:?}: {before:?} {after:?}");
        }
    }

    #[test]
    fn a_late_report_counts_at_least_as_much_as_a_missing_one(counts in counts()) {
        let late = score_of(&with_more(&counts, Measure::ReportsLate), (0, 0));
        let missing = score_of(&with_more(&counts, Measure::ReportsMissing), (0, 0));
        prop_assert!(missing <= late);
    }

    #[test]
    fn weights_only_matter_by_their_proportion(counts in counts(), factor in 1..4_u8) {
        let rules = embedded().unwrap();
        let parts_before = parts(&rules, &tally(&counts), (0, 0));
        let scaled: Vec<Part> = parts_before
            .iter()
            .map(|part| Part { weight: part.weight * factor, ..part.clone() })
            .collect();
        prop_assert_eq!(score(&parts_before), score(&scaled));
    }
}
