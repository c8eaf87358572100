//! The shipped rules at their boundaries, what a file is refused for, reports and months in
//! a row, and that falling behind never helps.

use chrono::NaiveDate;
use duban_entities::vocabulary::{DueBasis, Participation, Rating, Stage, TaskState};
use proptest::prelude::*;

use super::{
    Measure, Measured, ReportOwed, RuleSet, Unrated, embedded, is_month_end, load, missed_in_a_row,
    month_ends, yellow_in_a_row,
};
use crate::domain::due::DueFacts;

fn standard() -> RuleSet {
    embedded().unwrap().drafts.remove(0)
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn the_shipped_rules_at_their_boundaries() {
    use Rating::{Green, Red, Yellow};
    let rules = standard();
    let behind = |points_behind| Measured {
        points_behind,
        ..Measured::default()
    };
    for (hundredths, rating) in [
        (0, Green),
        (999, Green),
        (1_000, Yellow),
        (3_000, Yellow),
        (3_001, Red),
        (10_000, Red),
    ] {
        assert_eq!(rules.rate(&behind(hundredths)).0, rating, "{hundredths}");
    }
    let overdue = |days_overdue| Measured {
        days_overdue,
        ..Measured::default()
    };
    for (days, rating) in [(0, Green), (90, Green), (91, Red)] {
        assert_eq!(rules.rate(&overdue(days)).0, rating, "{days} days");
    }
    for (months, rating) in [(0, Green), (1, Green), (2, Red), (3, Red)] {
        let missed = Measured {
            reports_missed: months,
            ..Measured::default()
        };
        let yellow = Measured {
            yellow_months: months,
            ..Measured::default()
        };
        assert_eq!(rules.rate(&missed).0, rating, "{months} reports");
        assert_eq!(rules.rate(&yellow).0, rating, "{months} months");
        assert_eq!(rules.base(&yellow), Green, "the base does not look back");
    }
    let baseline = Measured {
        points_behind_baseline: 10_000,
        days_overdue_baseline: 999,
        ..Measured::default()
    };
    assert_eq!(
        rules.rate(&baseline).0,
        Green,
        "judged by the current dates"
    );
}

#[test]
fn the_reasons_are_those_that_hold_the_worst_first() {
    let measured = Measured {
        points_behind: 4_550,
        days_overdue: 91,
        reports_missed: 1,
        ..Measured::default()
    };
    let (rating, reasons) = standard().rate(&measured);
    assert_eq!(rating, Rating::Red);
    let found: Vec<_> = reasons.iter().map(|r| (r.measure, r.hundredths)).collect();
    let wanted = [
        (Measure::PointsBehind, 4_550),
        (Measure::DaysOverdue, 9_100),
    ];
    assert_eq!(found, wanted, "one reason a measure");
    assert!(reasons.iter().all(|reason| reason.rating == Rating::Red));
    assert_eq!(
        standard().rate(&Measured::default()),
        (Rating::Green, vec![])
    );
}

#[test]
fn an_adopted_wording_reads_as_it_was_written() {
    let rules = standard();
    let json = rules.to_json().unwrap();
    assert_eq!(RuleSet::of_json(&json).unwrap(), rules);
    assert_eq!(rules.months_back(), 2);
    assert!(RuleSet::of_json("{}").is_err());
    let wrong = json.replacen("\"from\":10", "\"from\":31", 1);
    assert!(RuleSet::of_json(&wrong).is_err(), "checked again");
}

/// A file with one condition, and this in the place of that.
fn file(change: (&str, &str)) -> String {
    let text = "\
rules:
  - code: A
    version: 1
    title: t
    source: s
    conditions:
      - {measure: POINTS_BEHIND, rating: YELLOW, from: 10, source: s}
";
    assert!(text.contains(change.0), "{change:?}");
    text.replacen(change.0, change.1, 1)
}

#[test]
fn a_wrong_file_is_refused_with_what_is_wrong() {
    let again = "source: s}\n      - {measure: POINTS_BEHIND, rating:";
    let red = format!("{again} RED, from: 10, source: s}}");
    let twice = format!("{again} YELLOW, over: 20, source: s}}");
    for (that, this, said) in [
        ("code: A", "code: a", "is not a code"),
        ("version: 1", "version: 0", "no version"),
        ("title: t", "title: ' '", "no title"),
        ("    source: s\n", "    source: ''\n", "A has no source"),
        (
            "source: s}",
            "source: ''}",
            "POINTS_BEHIND of A has no source",
        ),
        ("POINTS_BEHIND", "POINTS_AHEAD", "is no measure"),
        ("YELLOW", "GREEN", "YELLOW or RED"),
        ("YELLOW", "PINK", "is unknown"),
        ("from: 10", "from: 10, over: 30", "either from or over"),
        ("from: 10, ", "", "either from or over"),
        ("from: 10", "from: 0", "would hold at 0"),
        ("from: 10", "from: 101", "at most 100"),
        ("from: 10", "over: 100", "at most 100"),
        (
            "POINTS_BEHIND, rating: YELLOW, from: 10",
            "YELLOW_MONTHS, rating: RED, from: 13",
            "at most 12",
        ),
        ("from: 10", "from: -1", ""),
        ("from: 10", "from: 10.5", ""),
        ("source: s}", &red, "red no later than yellow"),
        ("source: s}", &twice, "two YELLOW conditions"),
        ("title: t", "title: t\n    colour: red", ""),
    ] {
        let error = load(&file((that, this))).unwrap_err().to_string();
        assert!(error.contains(said), "{this}: {error}");
    }
    assert!(load(&file(("from: 10", "over: 99"))).is_ok());
    let none = file(("rules:", "rules: []\nwithout:"));
    assert!(load(&none).is_err(), "an unknown key");
    let no_condition = "rules: [{code: A, version: 1, title: t, source: s, conditions: []}]";
    let error = load(no_condition).unwrap_err().to_string();
    assert!(error.contains("no condition"), "{error}");
    let one = "{code: A, version: 1, title: t, source: s, conditions: [{measure: DAYS_OVERDUE, rating: RED, over: 0, source: s}]}";
    let error = load(&format!("rules: [{one}, {one}]"));
    let error = error.unwrap_err().to_string();
    assert!(error.contains("given twice"), "{error}");
}

#[test]
fn what_is_not_rated_and_why() {
    use Participation::{Leads, Supports};
    for (part, stage, scheduled, wanted) in [
        (Leads, Stage::Construction, true, None),
        (Leads, Stage::Completed, true, None),
        (Leads, Stage::Proposed, true, None),
        (Leads, Stage::Construction, false, Some(Unrated::NoSchedule)),
        (Leads, Stage::Suspended, true, Some(Unrated::Suspended)),
        (Leads, Stage::Cancelled, true, Some(Unrated::Ended)),
        (Leads, Stage::Operation, true, Some(Unrated::Ended)),
        (
            Supports,
            Stage::Construction,
            true,
            Some(Unrated::SupportsOnly),
        ),
    ] {
        assert_eq!(Unrated::of(part, stage, scheduled), wanted, "{stage}");
    }
}

/// A report due on the 5th of the month behind it.
fn owed(period: &str, due: &str) -> ReportOwed {
    ReportOwed {
        period: period.to_owned(),
        due: DueFacts::open(date(due), DueBasis::ReportingDay),
        submitted: false,
    }
}

#[test]
fn missed_reports_are_counted_back_from_the_last_month_owed() {
    let today = date("2026-11-10");
    let three = || {
        vec![
            owed("2026-08", "2026-09-07"),
            owed("2026-09", "2026-10-09"),
            owed("2026-10", "2026-11-05"),
        ]
    };
    let missed = |reports: &[ReportOwed]| missed_in_a_row(reports, today);
    assert_eq!(missed(&[]), 0);
    assert_eq!(missed(&three()), 3);
    assert_eq!(
        missed_in_a_row(&three(), date("2026-11-05")),
        2,
        "due today"
    );
    let mut reports = three();
    reports[2].due.state = TaskState::Submitted;
    assert_eq!(missed(&reports), 0, "the last one is in");
    let mut reports = three();
    reports[1].due.state = TaskState::Done;
    assert_eq!(missed(&reports), 1);
    let mut reports = three();
    reports[1].due.state = TaskState::Cancelled;
    assert_eq!(missed(&reports), 2, "a waived month is passed over");
    let mut reports = three();
    reports[1].due.clock_stopped_on = Some(date("2026-10-01"));
    assert_eq!(missed(&reports), 2, "so is one under suspension");
    let mut reports = three();
    reports[2].submitted = true;
    assert_eq!(missed(&reports), 0, "returned, and past its new date");
    reports[2]
        .due
        .set_due(date("2026-11-12"), DueBasis::ReportingDay);
    assert_eq!(missed(&reports), 0, "returned, with time");
    let mut reports = three();
    reports[1].submitted = true;
    assert_eq!(missed(&reports), 1, "one before it was in");
}

#[test]
fn months_in_a_row() {
    use Rating::{Green, None, Red, Yellow};
    for (colours, row) in [
        (vec![], 0),
        (vec![Yellow], 1),
        (vec![Yellow, Yellow], 2),
        (vec![Yellow, Red, Yellow], 3),
        (vec![Green, Yellow, Yellow], 0),
        (vec![Yellow, None, Yellow], 1),
    ] {
        assert_eq!(yellow_in_a_row(&colours), row, "{colours:?}");
    }
}

#[test]
fn month_ends_go_back_from_a_day() {
    let back = |day: &str| {
        let ends = month_ends(date(day)).take(3);
        ends.map(|end| end.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        back("2026-03-15"),
        ["2026-02-28", "2026-01-31", "2025-12-31"]
    );
    assert_eq!(
        back("2028-03-30"),
        ["2028-02-29", "2028-01-31", "2027-12-31"]
    );
    assert_eq!(
        back("2026-03-31"),
        ["2026-03-31", "2026-02-28", "2026-01-31"]
    );
    assert!(is_month_end(date("2028-02-29")));
    assert!(!is_month_end(date("2028-02-28")));
}

fn any_measured() -> impl Strategy<Value = Measured> {
    let number = || 0..12_000_i32;
    (
        number(),
        number(),
        0..400_i32,
        0..400_i32,
        0..5_u16,
        0..5_u16,
    )
        .prop_map(
            |(points, baseline, days, days_baseline, reports, months)| Measured {
                points_behind: points,
                points_behind_baseline: baseline,
                days_overdue: days,
                days_overdue_baseline: days_baseline,
                reports_missed: reports,
                yellow_months: months,
            },
        )
}

proptest! {
    #[test]
    fn falling_further_behind_never_helps(
        measured in any_measured(),
        points in 0..5_000_i32,
        days in 0..200_i32,
        reports in 0..3_u16,
        months in 0..3_u16,
    ) {
        let rules = standard();
        let worse = Measured {
            points_behind: measured.points_behind + points,
            points_behind_baseline: measured.points_behind_baseline + points,
            days_overdue: measured.days_overdue + days,
            days_overdue_baseline: measured.days_overdue_baseline + days,
            reports_missed: measured.reports_missed + reports,
            yellow_months: measured.yellow_months + months,
        };
        prop_assert!(rules.rate(&worse).0 >= rules.rate(&measured).0);
        prop_assert!(rules.base(&worse) >= rules.base(&measured));
        prop_assert!(rules.rate(&measured).0 >= rules.base(&measured));
    }

    #[test]
    fn a_worse_month_never_shortens_the_row(
        colours in prop::collection::vec(prop::sample::select(Rating::ALL), 0..6),
        place in 0..6_usize,
    ) {
        let mut worse = colours.clone();
        if let Some(colour) = worse.get_mut(place) {
            *colour = Rating::Red;
        }
        prop_assert!(yellow_in_a_row(&worse) >= yellow_in_a_row(&colours));
    }
}
