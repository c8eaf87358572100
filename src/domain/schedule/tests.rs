//! Tables of schedules that pass or do not, roles, and percentages.

use chrono::NaiveDate;
use duban_entities::vocabulary::{MilestoneRole, TaskState};
use proptest::prelude::*;

use super::{PlannedEnd, ProposedMilestone, Weighed, check, percent_complete};
use crate::error::Error;

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 1, day).unwrap()
}

fn milestone(due: u32) -> ProposedMilestone {
    ProposedMilestone {
        title: format!("节点{due}"),
        due_date: day(due),
        weight: 1_000,
        unit_id: None,
    }
}

fn days(dues: &[u32]) -> Vec<ProposedMilestone> {
    dues.iter().copied().map(milestone).collect()
}

#[track_caller]
fn problem_fields(
    proposed: &[ProposedMilestone],
    planned: PlannedEnd,
    reason: Option<&str>,
) -> Vec<String> {
    match check(proposed, planned, reason) {
        Ok(_) => Vec::new(),
        Err(Error::Invalid(problems)) => problems.into_iter().map(|p| p.field).collect(),
        Err(other) => panic!("expected INVALID, got {other:?}"),
    }
}

#[test]
fn the_parts_follow_the_dates() {
    use MilestoneRole::{Finish, Start, Step};
    for (dues, roles, finish) in [
        (vec![1, 2], vec![Start, Finish], 2),
        (vec![2, 1], vec![Finish, Start], 2),
        (vec![5, 5], vec![Start, Finish], 5),
        (vec![5, 5, 5], vec![Start, Step, Finish], 5),
        (
            vec![3, 9, 1, 9, 1],
            vec![Step, Step, Start, Finish, Step],
            9,
        ),
    ] {
        let schedule = check(&days(&dues), PlannedEnd::default(), None).unwrap();
        let found: Vec<_> = schedule.milestones.iter().map(|m| m.role).collect();
        assert_eq!(found, roles, "{dues:?}");
        assert_eq!(schedule.finish_on, day(finish));
    }
}

#[test]
fn two_to_a_hundred_milestones_are_possible() {
    for (count, fields) in [(0, 1), (1, 1), (2, 0), (100, 0), (101, 1)] {
        let found = problem_fields(&vec![milestone(1); count], PlannedEnd::default(), None);
        assert_eq!(found, vec!["milestones"; fields], "{count}");
    }
}

#[test]
fn each_problem_is_named_by_its_path() {
    type Fault = fn(&mut ProposedMilestone);
    let cases: [(Fault, &[&str]); 8] = [
        (|m| m.title = " \u{3000}".into(), &["milestones.1.title"]),
        (|m| m.title = "桥".repeat(200), &[]),
        (|m| m.title = "桥".repeat(201), &["milestones.1.title"]),
        (|m| m.title = "主体\0工程".into(), &["milestones.1.title"]),
        (|m| m.weight = 1, &[]),
        (|m| m.weight = 0, &["milestones.1.weight"]),
        (|m| m.weight = -100, &["milestones.1.weight"]),
        (|m| m.due_date = NaiveDate::MAX, &["milestones.1.dueDate"]),
    ];
    for (number, (fault, fields)) in cases.into_iter().enumerate() {
        let mut proposed = days(&[1, 2, 3]);
        fault(&mut proposed[1]);
        let found = problem_fields(&proposed, PlannedEnd::default(), None);
        assert_eq!(found, fields, "case {number}");
    }
}

#[test]
fn all_problems_are_reported_together() {
    let mut proposed = days(&[9]);
    proposed[0].weight = 0;
    proposed[0].title = String::new();
    let planned = PlannedEnd {
        stated: Some(day(1)),
        period_end: None,
    };
    assert_eq!(
        problem_fields(&proposed, planned, None),
        [
            "milestones",
            "milestones.0.title",
            "milestones.0.weight",
            "reason"
        ]
    );
}

#[test]
fn finishing_after_the_plans_date_needs_a_reason() {
    for (stated, period_end, needed) in [
        (None, None, false),
        (Some(10), None, false),
        (Some(9), None, true),
        (None, Some(10), false),
        (None, Some(9), true),
        // The plan itself states a date beyond its period.
        (Some(10), Some(5), false),
        (Some(9), Some(31), true),
    ] {
        let planned = PlannedEnd {
            stated: stated.map(day),
            period_end: period_end.map(day),
        };
        let expected = if needed { vec!["reason"] } else { vec![] };
        for blank in [None, Some("  ")] {
            let found = problem_fields(&days(&[1, 10]), planned, blank);
            assert_eq!(found, expected, "{planned:?}");
        }
        assert!(check(&days(&[1, 10]), planned, Some("征地未完成")).is_ok());
    }
}

#[test]
fn what_was_proposed_is_kept_in_its_order_with_titles_trimmed() {
    let mut proposed = days(&[7, 3, 5]);
    proposed[0].title = "  竣工验收 ".into();
    let schedule = check(&proposed, PlannedEnd::default(), None).unwrap();
    let found: Vec<_> = schedule
        .milestones
        .iter()
        .map(|m| (m.title.as_str(), m.due_date, m.weight))
        .collect();
    assert_eq!(
        found,
        [
            ("竣工验收", day(7), 1_000),
            ("节点3", day(3), 1_000),
            ("节点5", day(5), 1_000)
        ]
    );
}

fn weighed(role: MilestoneRole, state: TaskState, weight: i32) -> Weighed {
    Weighed {
        role,
        state,
        weight,
    }
}

#[test]
fn percent_complete_is_the_weight_of_what_is_done() {
    use MilestoneRole::{Finish, Review, Start, Step, Support};
    use TaskState::{Cancelled, Done, Open, Submitted};
    for (milestones, percent) in [
        (vec![], 0),
        (vec![(Start, Done, 100), (Finish, Open, 300)], 2_500),
        (vec![(Start, Done, 100), (Finish, Submitted, 300)], 2_500),
        (vec![(Start, Done, 100), (Finish, Done, 300)], 10_000),
        (
            vec![(Start, Done, 1), (Step, Open, 1), (Finish, Open, 1)],
            3_333,
        ),
        (
            vec![(Start, Done, 1), (Step, Done, 1), (Finish, Open, 1)],
            6_666,
        ),
        (
            vec![
                (Start, Done, 100),
                (Step, Cancelled, 500),
                (Finish, Open, 100),
            ],
            5_000,
        ),
        (
            vec![(Start, Done, 100), (Finish, Open, 100), (Review, Done, 900)],
            5_000,
        ),
        (
            vec![
                (Start, Done, 100),
                (Finish, Open, 100),
                (Support, Done, 900),
            ],
            5_000,
        ),
        (
            vec![
                (Support, Done, 100),
                (Support, Open, 100),
                (Review, Open, 1),
            ],
            5_000,
        ),
        (vec![(Support, Done, 100), (Finish, Cancelled, 100)], 10_000),
        (vec![(Support, Done, 0), (Support, Open, 0)], 5_000),
        (vec![(Finish, Open, 0)], 0),
        (vec![(Finish, Done, 0)], 10_000),
        (vec![(Finish, Cancelled, 100)], 0),
        (
            vec![(Start, Done, i32::MAX), (Finish, Open, i32::MAX)],
            5_000,
        ),
    ] {
        let all = milestones.iter();
        let all: Vec<_> = all.map(|(r, s, w)| weighed(*r, *s, *w)).collect();
        assert_eq!(percent_complete(&all), percent, "{milestones:?}");
    }
}

proptest! {
    #[test]
    fn a_percentage_stays_within_bounds_and_never_falls_when_something_is_done(
        milestones in prop::collection::vec(
            (
                prop::sample::select(MilestoneRole::ALL),
                prop::sample::select(TaskState::ALL),
                0..=i32::MAX,
            ),
            1..100,
        ),
        which: prop::sample::Index,
    ) {
        let all = milestones.into_iter();
        let mut all: Vec<_> = all.map(|(r, s, w)| weighed(r, s, w)).collect();
        let before = percent_complete(&all);
        prop_assert!((0..=10_000).contains(&before));
        let chosen = which.index(all.len());
        if all[chosen].state != TaskState::Cancelled {
            all[chosen].state = TaskState::Done;
            prop_assert!(percent_complete(&all) >= before);
        }
    }

    #[test]
    fn a_checked_schedule_has_one_start_and_one_finish(
        dues in prop::collection::vec(1_u32..=31, 2..=100),
    ) {
        let schedule = check(&days(&dues), PlannedEnd::default(), None).unwrap();
        let with = |role| schedule.milestones.iter().filter(move |m| m.role == role);
        let starts: Vec<_> = with(MilestoneRole::Start).map(|m| m.due_date).collect();
        let finishes: Vec<_> = with(MilestoneRole::Finish).map(|m| m.due_date).collect();
        prop_assert_eq!(starts, [day(*dues.iter().min().unwrap())]);
        prop_assert_eq!(finishes, [day(*dues.iter().max().unwrap())]);
    }
}
