//! Proposed changes against tables.

use chrono::{Days, NaiveDate};
use duban_entities::vocabulary::{MilestoneRole, Qualifier, TaskState};
use proptest::prelude::*;

use super::{
    Dated, NewDate, Quantity, check_dates, check_due, check_money, check_targets, plain_title,
};
use crate::error::{Error, Problems, Result};

fn day(n: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(n)
}

fn dated(role: MilestoneRole, due: u64) -> Dated {
    Dated {
        title: format!("{role}"),
        role: Some(role),
        state: TaskState::Open,
        due: Some(day(due)),
    }
}

/// Due on days 10, 20 and 30, and a review on day 40.
fn schedule() -> Vec<Dated> {
    use MilestoneRole::{Finish, Review, Start, Step};
    vec![
        dated(Start, 10),
        dated(Step, 20),
        dated(Finish, 30),
        dated(Review, 40),
    ]
}

fn moved(dates: &[(usize, u64)]) -> Vec<NewDate> {
    let dates = dates.iter().map(|(place, due)| NewDate {
        place: *place,
        due: day(*due),
    });
    dates.collect()
}

fn fields(result: Result<()>) -> Vec<String> {
    match result {
        Ok(()) => Vec::new(),
        Err(Error::Invalid(problems)) => problems.into_iter().map(|p| p.field).collect(),
        Err(other) => vec![other.code().to_owned()],
    }
}

#[test]
fn new_dates_lie_ahead_and_not_behind_the_completion() {
    for (dates, wrong) in [
        (&[(1, 25)][..], &[][..]),
        (&[(0, 5), (1, 30)], &[]),
        (&[(1, 35), (2, 36)], &[]),
        (&[(3, 90)], &[]),
        (&[], &["milestones"]),
        (&[(1, 4)], &["milestones.0.dueDate"]),
        (&[(1, 20)], &["milestones.0.dueDate"]),
        (&[(1, 31)], &["milestones.0.dueDate"]),
        (&[(2, 19)], &["milestones.0.dueDate"]),
        (&[(1, 25), (1, 26)], &["milestones.1.taskId"]),
        (&[(2, 50), (1, 51)], &["milestones.1.dueDate"]),
    ] {
        let result = check_dates(&schedule(), &moved(dates), day(5));
        assert_eq!(fields(result), wrong, "{dates:?}");
    }
    let many: Vec<(usize, u64)> = (0..101).map(|n| (n, 25)).collect();
    let result = check_dates(&schedule(), &moved(&many), day(5));
    assert!(fields(result).contains(&"milestones".to_owned()));
}

#[test]
fn only_open_milestones_get_a_new_date() {
    for state in [TaskState::Submitted, TaskState::Done, TaskState::Cancelled] {
        let mut schedule = schedule();
        schedule[1].state = state;
        let result = check_dates(&schedule, &moved(&[(1, 25)]), day(5));
        assert_eq!(fields(result), ["BLOCKED"]);
        // What is no longer owed holds no completion back.
        let result = check_dates(&schedule, &moved(&[(2, 15)]), day(5));
        assert_eq!(
            fields(result).is_empty(),
            state != TaskState::Submitted,
            "{state}"
        );
    }
}

fn money(total: Option<i64>, years: &[(i32, i64)]) -> Vec<String> {
    let mut problems = Problems::default();
    check_money(total, Some(years), &mut problems);
    fields(problems.finish())
}

#[test]
fn the_years_do_not_exceed_the_total() {
    for (total, years, wrong) in [
        (None, &[(2026, 500)][..], &[][..]),
        (Some(500), &[(2026, 200), (2027, 300)], &[]),
        (Some(500), &[(2026, 200), (2027, 301)], &["investments"]),
        (Some(-1), &[], &["investmentTotal"]),
        (None, &[(2026, -1)], &["investments.0.amount"]),
        (None, &[(26, 1)], &["investments.0.year"]),
        (None, &[(2026, 1), (2026, 1)], &["investments.1.year"]),
        (
            Some(i64::MAX),
            &[(2026, i64::MAX), (2027, i64::MAX)],
            &["investments"],
        ),
    ] {
        assert_eq!(money(total, years), wrong, "{total:?} {years:?}");
    }
    let many: Vec<(i32, i64)> = (1990..2041).map(|year| (year, 1)).collect();
    assert_eq!(money(None, &many), ["investments"]);
    let mut problems = Problems::default();
    check_money(Some(0), None, &mut problems);
    assert_eq!(fields(problems.finish()), Vec::<String>::new());
}

fn target() -> Quantity<'static> {
    Quantity {
        name: "长度",
        words: None,
        quantity: Some("12.5"),
        quantity_to: None,
        qualifier: Some(Qualifier::Exact),
        unit_of_measure: Some("公里"),
    }
}

#[test]
fn a_quantity_is_whole() {
    let range = Quantity {
        quantity_to: Some("13"),
        qualifier: Some(Qualifier::Range),
        ..target()
    };
    let negative = Quantity {
        quantity: Some("-1"),
        ..target()
    };
    let endless = Quantity {
        quantity_to: None,
        ..range.clone()
    };
    let ended = Quantity {
        quantity_to: Some("13"),
        ..target()
    };
    let nameless = Quantity {
        name: " ",
        words: Some("\n"),
        unit_of_measure: None,
        ..target()
    };
    for (target, wrong) in [
        (target(), &[][..]),
        (range, &[]),
        (negative, &["targets.0.quantity"]),
        (endless, &["targets.0.quantityTo"]),
        (ended, &["targets.0.quantityTo"]),
        (
            nameless,
            &[
                "targets.0.name",
                "targets.0.words",
                "targets.0.unitOfMeasure",
            ],
        ),
    ] {
        let mut problems = Problems::default();
        check_targets(&[target], &mut problems);
        assert_eq!(fields(problems.finish()), wrong);
    }
    let mut problems = Problems::default();
    check_targets(&vec![target(); 51], &mut problems);
    assert_eq!(fields(problems.finish()), ["targets"]);
}

#[test]
fn a_works_date_lies_ahead() {
    for (due, wrong) in [
        (None, &[][..]),
        (Some(day(5)), &[]),
        (Some(day(4)), &["dueDate"]),
        (NaiveDate::from_ymd_opt(2200, 1, 1), &["dueDate"]),
    ] {
        let mut problems = Problems::default();
        check_due(due, day(5), &mut problems);
        assert_eq!(fields(problems.finish()), wrong);
    }
}

#[test]
fn titles_are_compared_without_width_case_and_signs() {
    for (one, other, same) in [
        ("S221线改建工程", "Ｓ２２１线 改建工程", true),
        ("汝河（一期）", "汝河(一期)", true),
        ("“宿鸭湖”水库", "宿鸭湖水库", true),
        ("汝河一期", "汝河二期", false),
        ("3.5公里", "35公里", true),
    ] {
        assert_eq!(
            plain_title(one) == plain_title(other),
            same,
            "{one} {other}"
        );
    }
}

proptest! {
    #[test]
    fn a_plain_title_stays_what_it_is(title in ".{0,40}") {
        let plain = plain_title(&title);
        prop_assert_eq!(plain_title(&plain), plain);
    }

    /// Whatever is accepted leaves the completion last.
    #[test]
    fn the_completion_stays_last(
        dates in prop::collection::vec((0_usize..3, 5_u64..60), 1..4),
    ) {
        let schedule = schedule();
        let wanted = moved(&dates);
        if check_dates(&schedule, &wanted, day(5)).is_ok() {
            let now = |place: usize| {
                let new = wanted.iter().find(|new| new.place == place);
                new.map_or(schedule[place].due.unwrap(), |new| new.due)
            };
            prop_assert!(now(0) <= now(2) && now(1) <= now(2));
        }
    }
}
