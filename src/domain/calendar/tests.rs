//! Working days against a table, and against stepping through the days.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use proptest::prelude::*;

use super::{Calendar, embedded, load};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A made-up year: a holiday on Thursday 1 and Friday 2 October 2026, worked off on
/// Saturday 10.
fn example() -> Calendar {
    load(
        "weekend: [SATURDAY, SUNDAY]
years:
  - {year: 2026, source: made up, holidays: [2026-10-01, 2026-10-02], workdays: [2026-10-10]}",
    )
    .unwrap()
}

#[test]
fn the_embedded_calendar_has_weekends_and_admits_what_it_does_not_know() {
    let calendar = embedded().unwrap();
    assert!(!calendar.is_working_day(date("2026-11-21")));
    assert!(!calendar.is_working_day(date("2026-11-22")));
    assert!(calendar.is_working_day(date("2026-11-23")));
    assert!(!calendar.knows_year(2026));
    assert!(example().knows_year(2026) && !example().knows_year(2027));
}

#[test]
fn holidays_are_skipped_and_make_up_days_count() {
    let calendar = example();
    for (from, days, expected) in [
        ("2026-09-30", 0, "2026-09-30"),
        ("2026-09-30", 1, "2026-10-05"),
        ("2026-10-03", 1, "2026-10-05"),
        ("2026-10-05", 4, "2026-10-09"),
        ("2026-10-05", 5, "2026-10-10"),
        ("2026-10-05", 6, "2026-10-12"),
        ("2026-10-10", 3, "2026-10-14"),
    ] {
        let found = calendar.add_working_days(date(from), days);
        assert_eq!(found, date(expected), "{from} + {days}");
    }
}

#[test]
fn the_end_of_time_is_a_date() {
    assert_eq!(
        example().add_working_days(NaiveDate::MAX, 3),
        NaiveDate::MAX
    );
}

#[test]
fn a_faulty_calendar_is_refused_by_name() {
    let year = |holidays: &str, workdays: &str| {
        format!(
            "weekend: [SATURDAY, SUNDAY]\nyears: [{{year: 2026, source: s, holidays: [{holidays}], workdays: [{workdays}]}}]"
        )
    };
    let all_week =
        "weekend: [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY]\nyears: []";
    let same = "{year: 2026, source: s, holidays: [], workdays: []}";
    for (text, problem) in [
        (year("2027-01-01", ""), "2027-01-01 does not lie in 2026"),
        (year("", "2025-10-11"), "2025-10-11 does not lie in 2026"),
        (
            year("2026-10-10", "2026-10-10"),
            "both a holiday and a make-up day",
        ),
        (
            year("2026-10-01, 2026-10-01", ""),
            "holiday 2026-10-01 is given twice",
        ),
        (
            year("", "2026-10-10, 2026-10-10"),
            "make-up day 2026-10-10 is given twice",
        ),
        (year("", "2026-10-09"), "2026-10-09 is no weekend day"),
        (year("2026-13-01", ""), "input"),
        (all_week.to_owned(), "a week needs a working day"),
        (
            "weekend: [CATURDAY]\nyears: []".to_owned(),
            "CATURDAY is not a day",
        ),
        (
            "weekend: []\nyears: []\nholidays: []".to_owned(),
            "holidays",
        ),
        (
            format!("weekend: []\nyears: [{same}, {same}]"),
            "year 2026 is given twice",
        ),
        (
            year("", "").replace("source: s", "source: ''"),
            "names no source",
        ),
    ] {
        let refused = load(&text).expect_err(problem).to_string();
        assert!(refused.contains(problem), "{problem}: {refused}");
    }
    assert!(load(&year("", "")).is_ok());
}

prop_compose! {
    /// Arbitrary holidays and weekend make-up days of 2026, in disjoint lists.
    fn any_calendar()(
        holidays in prop::collection::btree_set(0_u64..365, 0..60),
        workdays in prop::collection::btree_set(0_u64..365, 0..60),
    ) -> Calendar {
        let day = |n: &u64| date("2026-01-01") + Days::new(*n);
        let weekend = |d: &NaiveDate| matches!(d.weekday(), Weekday::Sat | Weekday::Sun);
        let list = |days: Vec<NaiveDate>| {
            days.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        let off = list(holidays.iter().map(day).collect());
        let on = list(workdays.difference(&holidays).map(day).filter(weekend).collect());
        load(&format!(
            "weekend: [SATURDAY, SUNDAY]\nyears: [{{year: 2026, source: s, holidays: [{off}], workdays: [{on}]}}]"
        )).unwrap()
    }
}

proptest! {
    #[test]
    fn exactly_n_working_days_lie_between(
        calendar in any_calendar(),
        from in 0_u64..500,
        n in 0_u16..60,
    ) {
        let from = date("2025-11-01") + Days::new(from);
        let to = calendar.add_working_days(from, n);
        let passed = from.iter_days().skip(1).take_while(|d| *d <= to);
        prop_assert_eq!(passed.filter(|d| calendar.is_working_day(*d)).count(), usize::from(n));
        prop_assert!(n == 0 || calendar.is_working_day(to));
    }

    #[test]
    fn steps_add_up(calendar in any_calendar(), from in 0_u64..500, a in 0_u16..30, b in 0_u16..30) {
        let from = date("2025-11-01") + Days::new(from);
        let in_two = calendar.add_working_days(calendar.add_working_days(from, a), b);
        prop_assert_eq!(in_two, calendar.add_working_days(from, a + b));
    }
}
