//! The duty to report: the seed's checks, due dates, months owed, time zones.

use chrono::{Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use duban_entities::vocabulary::{Participation, Stage};
use proptest::prelude::*;

use super::{Month, ReportingRules, Standing, embedded, load, owed_months};
use crate::clock::local_date;
use crate::domain::calendar::{self, Calendar};

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// One entry a line: jurisdiction, from, day.
fn rules(entries: &[(&str, &str, u32)]) -> ReportingRules {
    let lines = entries.iter().map(|(code, from, day)| {
        format!(
            "  - {{jurisdiction: \"{code}\", from: {from}, stages: [CONSTRUCTION], day: {day}, \
             differencePoints: 10}}\n"
        )
    });
    load(&format!("reporting:\n{}", lines.collect::<String>())).unwrap()
}

fn due(rules: &ReportingRules, of: &str, calendar: &Calendar) -> String {
    let of = month(of);
    rules.of("ZMD", of).due_date(of, calendar).to_string()
}

fn weekends() -> Calendar {
    calendar::load("weekend: [SATURDAY, SUNDAY]\nyears: []").unwrap()
}

#[test]
fn the_compiled_rules_are_the_defaults() {
    let rules = embedded().unwrap();
    let rule = rules.of("ZMD", month("2026-10"));
    assert_eq!(rule.stages, [Stage::Preparation, Stage::Construction]);
    assert_eq!((rule.day, rule.difference_points), (5, 10));
    assert_eq!(rules.all().len(), 1);
}

#[test]
fn a_wrong_file_is_refused_with_every_problem() {
    let entry = |code: &str, from: &str, stages: &str, day: &str, points: &str| {
        format!(
            "  - {{jurisdiction: \"{code}\", from: {from}, stages: [{stages}], day: {day}, \
             differencePoints: {points}}}\n"
        )
    };
    let good = entry("*", "2020-01", "CONSTRUCTION", "5", "10");
    for (entries, problem) in [
        (String::new(), "there is no entry"),
        (good.clone() + &good, "two entries"),
        (
            entry("*", "2020-13", "CONSTRUCTION", "5", "10"),
            "expected a month",
        ),
        (
            entry("*", "2020-1", "CONSTRUCTION", "5", "10"),
            "expected a month",
        ),
        (entry("*", "2020-01", "", "5", "10"), "no stage"),
        (entry("*", "2020-01", "BUILDING", "5", "10"), "unknown"),
        (
            entry("*", "2020-01", "SUSPENDED", "5", "10"),
            "nothing is reported",
        ),
        (
            entry("*", "2020-01", "CONSTRUCTION, CONSTRUCTION", "5", "10"),
            "given twice",
        ),
        (
            entry("*", "2020-01", "CONSTRUCTION", "0", "10"),
            "not 1 to 28",
        ),
        (
            entry("*", "2020-01", "CONSTRUCTION", "29", "10"),
            "not 1 to 28",
        ),
        (
            entry("*", "2020-01", "CONSTRUCTION", "5", "101"),
            "more than 100",
        ),
        (
            good.clone() + &entry("zmd", "2020-01", "CONSTRUCTION", "5", "10"),
            "no code",
        ),
    ] {
        let text = if entries.is_empty() {
            "reporting: []".to_owned()
        } else {
            format!("reporting:\n{entries}")
        };
        let error = load(&text).unwrap_err().to_string();
        assert!(error.contains(problem), "{text}: {error}");
    }
    let unknown = good.replace("day: 5", "day: 5, hour: 9");
    assert!(load(&format!("reporting:\n{unknown}")).is_err());
}

#[test]
fn a_due_date_is_the_reporting_day_or_the_next_working_day() {
    let rules = rules(&[("*", "2020-01", 5)]);
    for (of, wanted) in [
        ("2026-10", "2026-11-05"),
        // A Saturday.
        ("2026-11", "2026-12-07"),
        ("2026-12", "2027-01-05"),
        // February of a leap year, and of another.
        ("2028-01", "2028-02-07"),
        ("2028-02", "2028-03-06"),
        ("2027-02", "2027-03-05"),
    ] {
        assert_eq!(due(&rules, of, &weekends()), wanted, "{of}");
    }
}

#[test]
fn holidays_move_a_due_date_and_make_up_days_do_not() {
    let calendar = calendar::load(
        "weekend: [SATURDAY, SUNDAY]\nyears:\n  - {year: 2026, source: 通知, \
         holidays: [2026-10-05, 2026-10-06, 2026-10-07], workdays: [2026-10-10, 2026-12-05]}",
    )
    .unwrap();
    let fifth = rules(&[("*", "2020-01", 5)]);
    assert_eq!(due(&fifth, "2026-09", &calendar), "2026-10-08");
    assert_eq!(due(&fifth, "2026-11", &calendar), "2026-12-05");
    let tenth = rules(&[("*", "2020-01", 10)]);
    assert_eq!(due(&tenth, "2026-09", &calendar), "2026-10-10");
    // The year behind has no list: its weekends alone are known.
    assert!(!calendar.knows_year(2027));
    assert_eq!(due(&fifth, "2026-12", &calendar), "2027-01-05");
}

#[test]
fn a_changed_day_holds_from_its_month_on() {
    let rules = rules(&[
        ("*", "2020-01", 5),
        ("*", "2026-11", 10),
        ("ZMD", "2027-01", 20),
    ]);
    for (of, wanted) in [
        ("2019-06", "2019-07-05"),
        ("2026-10", "2026-11-05"),
        ("2026-11", "2026-12-10"),
        ("2026-12", "2027-01-11"),
        ("2027-01", "2027-02-22"),
    ] {
        assert_eq!(due(&rules, of, &weekends()), wanted, "{of}");
    }
    // Another jurisdiction has no entry of its own.
    assert_eq!(rules.of("LHJ", month("2027-01")).day, 10);
}

#[test]
fn who_owes_a_report() {
    let rules = rules(&[("*", "2020-01", 5)]);
    let rule = rules.of("ZMD", month("2026-10"));
    let building = Standing {
        stage: Stage::Construction,
        participation: Participation::Leads,
        has_lead: true,
        has_members: false,
    };
    assert!(rule.owes(&building));
    for other in [
        Standing {
            stage: Stage::Suspended,
            ..building
        },
        Standing {
            stage: Stage::Preparation,
            ..building
        },
        Standing {
            participation: Participation::Supports,
            ..building
        },
        Standing {
            has_lead: false,
            ..building
        },
        Standing {
            has_members: true,
            ..building
        },
    ] {
        assert!(!rule.owes(&other), "{other:?}");
    }
}

#[test]
fn months_are_read_as_they_are_written() {
    for text in [
        "2026-1",
        "2026-13",
        "26-01",
        "2026-00",
        "1899-12",
        "2200-01",
        "2026-01-01",
        "",
    ] {
        assert!(text.parse::<Month>().is_err(), "{text}");
    }
    assert_eq!(month("2028-02").last_day(), date("2028-02-29"));
    assert_eq!(month("2026-12").next(), month("2027-01"));
    assert_eq!(month("2027-01").previous(), month("2026-12"));
}

#[test]
fn a_month_ends_at_local_midnight() {
    let shanghai: Tz = "Asia/Shanghai".parse().unwrap();
    let ends = month("2026-10").end(shanghai);
    assert_eq!(ends.to_rfc3339(), "2026-10-31T16:00:00+00:00");
    // Clocks skip the midnight that begins this month.
    let brazil: Tz = "America/Sao_Paulo".parse().unwrap();
    let skipped = month("1949-11").end(brazil);
    assert_eq!(local_date(skipped, brazil), date("1949-12-01"));
    let before = skipped - TimeDelta::microseconds(1);
    assert_eq!(local_date(before, brazil), date("1949-11-30"));
}

fn any_month() -> impl Strategy<Value = Month> {
    (0_u64..60_000).prop_map(|days| Month::of(date("1970-01-01") + Days::new(days)))
}

const ZONES: [Tz; 4] = [
    Tz::Asia__Shanghai,
    Tz::Pacific__Auckland,
    Tz::America__New_York,
    Tz::Pacific__Pago_Pago,
];

proptest! {
    #[test]
    fn months_follow_each_other(of in any_month()) {
        prop_assert_eq!(of.next().previous(), of);
        prop_assert_eq!(of.last_day() + Days::new(1), of.next().first_day());
        prop_assert_eq!(Month::of(of.last_day()), of);
        prop_assert_eq!(month(&of.to_string()), of);
    }

    /// A due date is a working day, on or behind the reporting day, with none between.
    #[test]
    fn nothing_is_due_on_a_day_off(
        of in any_month(),
        day in 1_u32..=28,
        holidays in prop::collection::btree_set(0_u64..90, 0..20),
    ) {
        let year = of.next().year();
        let days = holidays.iter().map(|n| of.next().first_day() + Days::new(*n));
        let days = days.filter(|day| day.year() == year).map(|day| day.to_string());
        let days: Vec<String> = days.collect();
        let calendar = calendar::load(&format!(
            "weekend: [SATURDAY, SUNDAY]\nyears: [{{year: {year}, source: 通知, holidays: [{}], workdays: []}}]",
            days.join(", "),
        )).unwrap();
        let rules = rules(&[("*", "1990-01", day)]);
        let due = rules.of("ZMD", of).due_date(of, &calendar);
        let wanted = of.next().day(day);
        prop_assert!(due >= wanted && calendar.is_working_day(due));
        let between = wanted.iter_days().take_while(|one| *one < due);
        prop_assert!(between.into_iter().all(|one| !calendar.is_working_day(one)));
        prop_assert!(!matches!(due.weekday(), Weekday::Sat | Weekday::Sun));
    }

    /// Sweeping day by day makes the same months as sweeping once after a long downtime.
    #[test]
    fn catching_up_makes_what_was_missed(mark in any_month(), days in 0_u64..800) {
        let start = mark.next().first_day();
        let mut daily = Vec::new();
        let mut reached = mark;
        for n in 0..=days {
            for made in owed_months(reached, start + Days::new(n)).collect::<Vec<_>>() {
                daily.push(made);
                reached = made;
            }
        }
        let at_once: Vec<Month> = owed_months(mark, start + Days::new(days)).collect();
        prop_assert_eq!(&daily, &at_once);
        let today = Month::of(start + Days::new(days));
        prop_assert!(at_once.iter().all(|one| *one > mark && *one < today));
        prop_assert_eq!(at_once.last().copied().unwrap_or(mark), today.previous());
    }

    /// Whatever the zone: just before a month's end it is that month there, at its end the
    /// next.
    #[test]
    fn a_month_is_over_when_it_is_over_there(of in any_month(), zone in 0..ZONES.len()) {
        let zone = ZONES[zone];
        let end = of.end(zone);
        prop_assert_eq!(local_date(end, zone), of.next().first_day());
        prop_assert_eq!(local_date(of.last_instant(zone), zone), of.last_day());
        let owed: Vec<Month> = owed_months(of.previous(), local_date(end, zone)).collect();
        prop_assert_eq!(owed, vec![of]);
        let before = local_date(end - TimeDelta::microseconds(1), zone);
        prop_assert_eq!(owed_months(of.previous(), before).count(), 0);
        let _: chrono::DateTime<Utc> = end;
    }
}
