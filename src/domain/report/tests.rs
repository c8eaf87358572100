//! The rules of a report, case by case and for any figures.

use proptest::prelude::*;

use super::{Achievement, Beside, Earlier, Figures, Written, check, hundredths};
use crate::domain::reporting::Month;
use crate::error::{Error, Problems};

fn october() -> Month {
    "2026-10".parse().unwrap()
}

const LAST: Earlier<'static> = Earlier {
    figures: Figures {
        percent: 1_250,
        this_month: 100_000,
        to_date: 900_000,
    },
    narrative: "完成招标",
};

fn beside(earlier: Option<Earlier<'static>>) -> Beside<'static> {
    Beside {
        month: october(),
        earlier,
        later: None,
        targets: &[],
        correction: false,
    }
}

fn written(
    percent: &'static str,
    this_month: &'static str,
    to_date: &'static str,
) -> Written<'static> {
    Written {
        percent: Some(percent),
        this_month: Some(this_month),
        to_date: Some(to_date),
        narrative: "主坝填筑到位",
        ..Written::default()
    }
}

/// The fields that are refused, in the order in which they are found.
fn fields(written: &Written<'_>, beside: &Beside<'_>) -> Vec<String> {
    let mut problems = Problems::default();
    check(written, beside, &mut problems);
    match problems.finish() {
        Err(Error::Invalid(found)) => found.into_iter().map(|problem| problem.field).collect(),
        _ => Vec::new(),
    }
}

fn figures(written: &Written<'_>, beside: &Beside<'_>) -> Figures {
    check(written, beside, &mut Problems::default())
}

#[test]
fn decimals_have_two_places_at_most() {
    for (text, number) in [
        ("12.5", Some(1_250)),
        ("0", Some(0)),
        ("100.00", Some(10_000)),
        ("0.010", Some(1)),
        ("-3", Some(-300)),
        ("1.005", None),
        ("", None),
        (".5", None),
        ("1e3", None),
        ("+1", None),
        ("99999999999999999999", None),
    ] {
        assert_eq!(hundredths(text), number, "{text}");
    }
}

#[test]
fn a_first_report_states_every_figure() {
    assert!(fields(&written("12.5", "1", "2"), &beside(None)).is_empty());
    let none = Written {
        narrative: "开工",
        ..Written::default()
    };
    let wanted = ["percentComplete", "investmentThisMonth", "investmentToDate"];
    assert_eq!(fields(&none, &beside(None)), wanted);
}

#[test]
fn figures_have_bounds() {
    for (percent, this_month, to_date, wrong) in [
        ("100.01", "1", "2", "percentComplete"),
        ("-1", "1", "2", "percentComplete"),
        ("1.234", "1", "2", "percentComplete"),
        ("1", "-1", "2", "investmentThisMonth"),
        ("1", "1.001", "2", "investmentThisMonth"),
        ("1", "0", "-2", "investmentToDate"),
        ("1", "3", "2", "investmentToDate"),
    ] {
        let found = fields(&written(percent, this_month, to_date), &beside(None));
        assert!(
            found.contains(&wrong.to_owned()),
            "{percent} {this_month} {to_date}"
        );
    }
}

#[test]
fn figures_to_date_fall_only_with_a_reason() {
    let mut less = written("12.49", "0", "8999.99");
    let wanted = ["percentComplete", "investmentToDate"];
    assert_eq!(fields(&less, &beside(Some(LAST))), wanted);
    less.has_reason = true;
    assert!(fields(&less, &beside(Some(LAST))).is_empty());
}

#[test]
fn that_nothing_changed_is_said_explicitly() {
    let mut same = written("12.5", "0", "9000");
    same.narrative = LAST.narrative;
    assert_eq!(fields(&same, &beside(Some(LAST))), ["unchanged"]);
    same.unchanged = true;
    assert!(fields(&same, &beside(Some(LAST))).is_empty());
    // Another narrative, and it tells something.
    assert!(fields(&written("12.5", "0", "9000"), &beside(Some(LAST))).is_empty());
    let silent = Written {
        unchanged: true,
        ..Written::default()
    };
    assert!(fields(&silent, &beside(Some(LAST))).is_empty());
    let taken = figures(&silent, &beside(Some(LAST)));
    let wanted = Figures {
        this_month: 0,
        ..LAST.figures
    };
    assert_eq!(taken, wanted);
}

#[test]
fn what_says_that_nothing_changed_changes_nothing() {
    let mut other = written("13", "1", "9001");
    other.unchanged = true;
    let wanted = ["percentComplete", "investmentToDate", "investmentThisMonth"];
    assert_eq!(fields(&other, &beside(Some(LAST))), wanted);
    let first = Written {
        unchanged: true,
        ..written("0", "0", "0")
    };
    assert_eq!(fields(&first, &beside(None)), ["unchanged"]);
}

#[test]
fn a_correction_needs_a_reason_and_a_report_a_narrative() {
    let correcting = Beside {
        correction: true,
        ..beside(None)
    };
    assert_eq!(fields(&written("1", "1", "2"), &correcting), ["reason"]);
    let mut silent = written("1", "1", "2");
    silent.narrative = "";
    assert_eq!(fields(&silent, &beside(None)), ["narrative"]);
}

#[test]
fn a_forecast_lies_behind_the_month_unless_all_is_done() {
    let last = october().last_day();
    for (percent, day, wrong) in [
        ("99", last, false),
        ("99", last.pred_opt().unwrap(), true),
        ("100", last.pred_opt().unwrap(), false),
    ] {
        let report = Written {
            forecast: Some(day),
            ..written(percent, "0", "0")
        };
        let found = !fields(&report, &beside(None)).is_empty();
        assert_eq!(found, wrong, "{percent} {day}");
    }
}

#[test]
fn quantities_are_of_targets_of_the_project() {
    let targets = ["库容".to_owned(), "坝长".to_owned()];
    let one = |target, quantity| Achievement { target, quantity };
    let report = Written {
        achieved: vec![
            one("库容", "0.4"),
            one("库容", "0.5"),
            one("坝高", "3"),
            one("坝长", "-1"),
        ],
        ..written("1", "0", "0")
    };
    let beside = Beside {
        targets: &targets,
        ..beside(None)
    };
    let wanted = [
        "achieved.1.targetName",
        "achieved.2.targetName",
        "achieved.3.quantity",
    ];
    assert_eq!(fields(&report, &beside), wanted);
}

proptest! {
    #[test]
    fn hundredths_read_what_two_places_write(number in -9_000_000_000_i64..9_000_000_000) {
        let text = crate::store::record::decimal_of_hundredths(number);
        prop_assert_eq!(hundredths(&text), Some(number));
    }

    /// Without a reason nothing that is accepted ever falls; with one everything may.
    #[test]
    fn accepted_figures_never_fall_in_silence(
        before in (0..=10_000_i32, 0..1_000_000_i64),
        now in (0..=10_000_i32, 0..1_000_000_i64),
        has_reason: bool,
    ) {
        let decimal = |number: i64| crate::store::record::decimal_of_hundredths(number);
        let (percent, to_date) = (decimal(now.0.into()), decimal(now.1));
        let report = Written {
            percent: Some(&percent),
            this_month: Some("0"),
            to_date: Some(&to_date),
            narrative: "进展",
            has_reason,
            ..Written::default()
        };
        let figures = Figures { percent: before.0, this_month: 0, to_date: before.1 };
        let earlier = Earlier { figures, narrative: "上月进展" };
        let found = fields(&report, &beside(Some(earlier)));
        let falls = now.0 < before.0 || now.1 < before.1;
        prop_assert_eq!(found.is_empty(), has_reason || !falls);
    }

    /// Saying that nothing changed gives the figures of the last report, whatever they were.
    #[test]
    fn unchanged_keeps_the_figures(percent in 0..=10_000_i32, to_date in 0..1_000_000_i64) {
        let figures = Figures { percent, this_month: 7, to_date };
        let earlier = Earlier { figures, narrative: "进展" };
        let report = Written { unchanged: true, ..Written::default() };
        let mut problems = Problems::default();
        let now = check(&report, &beside(Some(earlier)), &mut problems);
        prop_assert!(problems.finish().is_ok());
        prop_assert_eq!(now, Figures { this_month: 0, ..figures });
    }
}

#[test]
fn a_late_month_exceeds_a_later_one_only_with_a_reason() {
    let beside = Beside {
        later: Some(LAST.figures),
        ..beside(None)
    };
    let over = written("12.51", "1", "9000.01");
    assert_eq!(
        fields(&over, &beside),
        ["percentComplete", "investmentToDate"]
    );
    let explained = Written {
        has_reason: true,
        ..over
    };
    assert!(fields(&explained, &beside).is_empty());
    assert!(fields(&written("12.5", "1", "9000"), &beside).is_empty());
}
