//! The due rule against a table, and against counting the days one by one.

use chrono::{Days, NaiveDate};
use duban_entities::vocabulary::{DueBasis, MilestoneRole, TaskState};
use proptest::prelude::*;

use super::DueFacts;

/// Day `n` of a calendar that begins on 1 January 2026.
fn day(n: u32) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    first + Days::new(n.into())
}

fn due(n: u32) -> DueFacts {
    DueFacts::open(day(n), DueBasis::Scheduled)
}

fn in_state(state: TaskState, days_late: Option<i32>) -> DueFacts {
    DueFacts {
        state,
        days_late,
        ..due(10)
    }
}

#[test]
fn only_an_open_task_is_overdue() {
    for (facts, today, days, overdue) in [
        (in_state(TaskState::Open, None), 9, 0, false),
        (in_state(TaskState::Open, None), 10, 0, false),
        (in_state(TaskState::Open, None), 11, 1, true),
        (in_state(TaskState::Open, None), 40, 30, true),
        // Returned with a new date: what it was late before is kept for later.
        (in_state(TaskState::Open, Some(7)), 10, 0, false),
        (in_state(TaskState::Submitted, Some(7)), 40, 0, false),
        (in_state(TaskState::Done, Some(7)), 40, 7, false),
        (in_state(TaskState::Done, Some(0)), 40, 0, false),
        (in_state(TaskState::Done, None), 40, 0, false),
        (in_state(TaskState::Cancelled, Some(7)), 40, 0, false),
    ] {
        assert_eq!(facts.days_overdue(day(today)), days, "{facts:?}");
        assert_eq!(facts.is_overdue(day(today)), overdue, "{facts:?}");
    }
}

#[test]
fn the_end_of_the_plans_period_is_never_overdue() {
    let mut facts = DueFacts::open(day(10), DueBasis::PlanPeriod);
    assert!(!facts.period_ended(day(10)));
    assert!(facts.period_ended(day(11)));
    assert!(!facts.is_overdue(day(400)) && facts.days_overdue(day(400)) == 0);
    assert!(!facts.is_due_soon(day(10), 7));
    assert_eq!(facts.lateness_at_submission(day(400)), 0);
    facts.state = TaskState::Submitted;
    assert!(!facts.period_ended(day(11)));
    assert!(!due(10).period_ended(day(11)));
}

#[test]
fn a_task_without_a_date_is_neither_late_nor_near() {
    let facts = DueFacts {
        due_date: None,
        due_basis: None,
        counted_due_date: None,
        ..due(0)
    };
    assert!(!facts.is_overdue(NaiveDate::MAX) && !facts.period_ended(NaiveDate::MAX));
    assert!(!facts.is_due_soon(day(0), u16::MAX));
    let mut stopped = facts.clone();
    stopped.stop(day(3), MilestoneRole::Step);
    stopped.resume(day(9));
    assert_eq!(stopped, facts);
}

#[test]
fn due_soon_looks_ahead_from_today() {
    for (today, days, soon) in [
        (2, 7, false),
        (3, 7, true),
        (10, 7, true),
        (10, 0, true),
        (9, 0, false),
        (11, 7, false),
    ] {
        assert_eq!(
            due(10).is_due_soon(day(today), days),
            soon,
            "{today} {days}"
        );
    }
    let mut stopped = due(10);
    stopped.stop(day(5), MilestoneRole::Step);
    assert!(!stopped.is_due_soon(day(8), 7));
    assert!(!in_state(TaskState::Submitted, None).is_due_soon(day(8), 7));
    assert!(!due(10).is_due_soon(NaiveDate::MAX, u16::MAX));
}

#[test]
fn a_suspension_before_the_date_moves_nothing() {
    let mut facts = due(10);
    facts.stop(day(2), MilestoneRole::Step);
    facts.resume(day(8));
    assert_eq!(facts, due(10));
}

#[test]
fn a_suspension_across_the_date_moves_it_to_the_resumption() {
    let mut facts = due(10);
    facts.stop(day(2), MilestoneRole::Step);
    assert_eq!(facts.days_overdue(day(30)), 0);
    facts.resume(day(30));
    assert_eq!(facts.counted_due_date, Some(day(30)));
    assert_eq!(facts.due_date, Some(day(10)));
    assert_eq!(facts.days_overdue(day(31)), 1);
}

#[test]
fn what_was_late_before_the_suspension_stays() {
    let mut facts = due(10);
    facts.stop(day(14), MilestoneRole::Step);
    assert_eq!(facts.days_overdue(day(13)), 3);
    assert_eq!(facts.days_overdue(day(50)), 4);
    assert!(facts.is_overdue(day(50)));
    assert_eq!(facts.lateness_at_submission(day(50)), 4);
    facts.resume(day(50));
    assert_eq!(facts.days_overdue(day(50)), 4);
    assert_eq!(facts.days_overdue(day(51)), 5);
}

#[test]
fn stopping_leaves_reviews_and_finished_tasks_alone() {
    let mut review = due(10);
    review.stop(day(5), MilestoneRole::Review);
    assert_eq!(review.clock_stopped_on, None);
    for state in [TaskState::Done, TaskState::Cancelled] {
        let mut facts = in_state(state, None);
        facts.stop(day(5), MilestoneRole::Step);
        assert_eq!(facts.clock_stopped_on, None);
    }
    let mut twice = in_state(TaskState::Submitted, None);
    twice.stop(day(5), MilestoneRole::Finish);
    twice.stop(day(6), MilestoneRole::Finish);
    assert_eq!(twice.clock_stopped_on, Some(day(5)));
    let mut running = due(10);
    running.resume(day(40));
    assert_eq!(running, due(10));
}

#[test]
fn a_new_date_is_counted_from_and_leaves_the_clock_as_it_is() {
    let mut facts = due(10);
    facts.stop(day(14), MilestoneRole::Step);
    facts.set_due(day(20), DueBasis::Scheduled);
    assert_eq!(facts.clock_stopped_on, Some(day(14)));
    facts.resume(day(25));
    assert_eq!(facts.counted_due_date, Some(day(25)));
    facts.set_due(day(60), DueBasis::Scheduled);
    assert_eq!(facts, due(60));
}

#[test]
fn carried_days_come_back_once_it_is_overdue_again() {
    let mut facts = due(10);
    facts.replace_due(day(30), DueBasis::Scheduled, day(14));
    assert_eq!(facts.carried_days_late, 4);
    assert_eq!(facts.due_date, Some(day(30)));
    for (today, overdue, late) in [(14, 0, 4), (30, 0, 4), (31, 5, 5), (33, 7, 7)] {
        assert_eq!(facts.days_overdue(day(today)), overdue, "{today}");
        assert_eq!(facts.is_overdue(day(today)), overdue > 0, "{today}");
        assert_eq!(facts.lateness_at_submission(day(today)), late, "{today}");
    }
    facts.replace_due(day(60), DueBasis::Scheduled, day(33));
    assert_eq!(facts.carried_days_late, 7, "they add up");
}

#[test]
fn a_request_in_time_stops_the_clock_until_the_decision() {
    let mut facts = due(10);
    facts.wait(day(5));
    assert_eq!(facts.days_overdue(day(40)), 0);
    let mut approved = facts.clone();
    approved.replace_due(day(50), DueBasis::Scheduled, day(40));
    approved.start();
    assert_eq!(approved, due(50));
    facts.resume(day(40));
    assert_eq!(facts.counted_due_date, Some(day(40)), "the office's days");
    assert_eq!(facts.days_overdue(day(42)), 2);
    let mut review = due(10);
    review.wait(day(5));
    assert_eq!(review.clock_stopped_on, Some(day(5)));
    review.wait(day(7));
    assert_eq!(review.clock_stopped_on, Some(day(5)));
}

#[test]
fn resuming_with_shifted_dates_keeps_what_was_late() {
    for (due_on, shifted, late) in [(10, 46, 4), (20, 56, 0), (90, 126, 0)] {
        let mut facts = due(due_on);
        facts.stop(day(14), MilestoneRole::Step);
        facts.resume_shifted(day(50), 36);
        assert_eq!(facts.due_date, Some(day(shifted)));
        assert_eq!(facts.counted_due_date, Some(day(shifted)));
        assert_eq!(facts.days_overdue(day(50)), late);
        assert_eq!(facts.clock_stopped_on, None);
    }
}

prop_compose! {
    /// Suspensions one after another, as (from, to], some of no length or touching.
    fn suspensions()(gaps in prop::collection::vec((0_u32..40, 0_u32..40), 0..6))
        -> Vec<(u32, u32)>
    {
        let mut at = 0;
        gaps.into_iter().map(|(run, rest)| {
            let from = at + run;
            at = from + rest;
            (from, at)
        }).collect()
    }
}

/// The definition itself: days after the due date, to today, outside every suspension.
fn counted_one_by_one(due: u32, today: u32, suspensions: &[(u32, u32)]) -> usize {
    let suspended = |day: u32| {
        suspensions
            .iter()
            .any(|(from, to)| (from + 1..=*to).contains(&day))
    };
    (due + 1..=today).filter(|day| !suspended(*day)).count()
}

/// The clock stopped and started as far as it had come by `today`.
fn lived(due_on: u32, today: u32, suspensions: &[(u32, u32)]) -> DueFacts {
    let mut facts = due(due_on);
    for (from, to) in suspensions {
        if *from <= today {
            facts.stop(day(*from), MilestoneRole::Step);
        }
        if *to <= today {
            facts.resume(day(*to));
        }
    }
    facts
}

proptest! {
    #[test]
    fn days_under_suspension_never_count(
        due_on in 0_u32..250,
        today in 0_u32..500,
        suspensions in suspensions(),
    ) {
        let facts = lived(due_on, today, &suspensions);
        let expected = counted_one_by_one(due_on, today, &suspensions);
        prop_assert_eq!(usize::try_from(facts.days_overdue(day(today))).unwrap(), expected);
        prop_assert_eq!(facts.is_overdue(day(today)), expected > 0);
        prop_assert_eq!(facts.due_date, Some(day(due_on)));
    }

    #[test]
    fn a_submission_is_as_late_as_the_task_was_that_day(
        due_on in 0_u32..250,
        today in 0_u32..500,
        suspensions in suspensions(),
    ) {
        let facts = lived(due_on, today, &suspensions);
        let late = facts.lateness_at_submission(day(today));
        prop_assert_eq!(late, facts.days_overdue(day(today)));
        let done = DueFacts { state: TaskState::Done, days_late: Some(late), ..facts };
        prop_assert_eq!(done.days_overdue(NaiveDate::MAX), late);
    }

    /// With or without shifted dates, no day of the suspension counts, and none before it
    /// is forgiven.
    #[test]
    fn a_shift_wins_and_loses_no_day(
        due_on in 0_u32..250,
        suspensions in suspensions(),
        stop in 0_u32..100,
        rest in 0_u32..100,
    ) {
        let before = suspensions.last().map_or(0, |last| last.1);
        let (from, to) = (before + stop, before + stop + rest);
        let mut facts = lived(due_on, from, &suspensions);
        let late = facts.days_overdue(day(from));
        facts.stop(day(from), MilestoneRole::Step);
        let mut plain = facts.clone();
        plain.resume(day(to));
        facts.resume_shifted(day(to), i32::try_from(rest).unwrap());
        prop_assert_eq!(facts.days_overdue(day(to)), late);
        prop_assert_eq!(plain.days_overdue(day(to)), late);
        prop_assert!(facts.days_overdue(day(to + 50)) <= plain.days_overdue(day(to + 50)));
        prop_assert_eq!(facts.due_date, Some(day(due_on + rest)));
    }

    /// Late requests one after another: what is late at the submission is every day past the
    /// date that was then agreed.
    #[test]
    fn days_late_add_up_over_new_dates(
        first in 0_u32..50,
        changes in prop::collection::vec((0_u32..60, 0_u32..60), 0..5),
        last in 0_u32..60,
    ) {
        let (mut facts, mut today, mut agreed, mut expected) = (due(first), 0, first, 0);
        for (wait, ahead) in changes {
            today += wait;
            expected += today.saturating_sub(agreed);
            agreed = today + ahead;
            facts.replace_due(day(agreed), DueBasis::Scheduled, day(today));
        }
        today += last;
        let past = today.saturating_sub(agreed);
        let late = facts.lateness_at_submission(day(today));
        prop_assert_eq!(u32::try_from(late).unwrap(), expected + past);
        let overdue = u32::try_from(facts.days_overdue(day(today))).unwrap();
        prop_assert_eq!(overdue, if past > 0 { expected + past } else { 0 });
    }

    #[test]
    fn the_lists_do_not_overlap(
        due_on in 0_u32..100,
        today in 0_u32..100,
        within: u16,
        stopped in prop::option::of(0_u32..100),
        basis in prop::sample::select(DueBasis::ALL),
        state in prop::sample::select(TaskState::ALL),
    ) {
        let facts = DueFacts {
            state,
            clock_stopped_on: stopped.map(day),
            ..DueFacts::open(day(due_on), basis)
        };
        let now = day(today);
        let lists = [facts.is_overdue(now), facts.period_ended(now), facts.is_due_soon(now, within)];
        let on = lists.iter().filter(|listed| **listed).count();
        prop_assert!(on <= usize::from(state == TaskState::Open));
        prop_assert!(facts.days_overdue(now) >= 0);
    }
}
