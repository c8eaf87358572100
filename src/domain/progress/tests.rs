//! Tables of planned percentages, curves, suspensions and reports; properties of the curve.

use chrono::{Days, NaiveDate};
use duban_entities::vocabulary::{DueBasis, MilestoneRole, RevisionState, TaskState};
use proptest::prelude::*;

use super::{Basis, Known, Point, Reported, Step};
use crate::domain::due::DueFacts;

fn day(n: u64) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    first.checked_add_days(Days::new(n)).unwrap()
}

fn step(role: MilestoneRole, weight: i32, due: u64) -> Step {
    Step {
        role,
        weight,
        due: DueFacts::open(day(due), DueBasis::Scheduled),
        baseline: Some(day(due)),
        completed_on: None,
    }
}

fn done(step: &Step, on: u64) -> Step {
    let due = DueFacts {
        state: TaskState::Done,
        days_late: Some(7),
        ..step.due.clone()
    };
    Step {
        due,
        completed_on: Some(day(on)),
        ..step.clone()
    }
}

fn known(steps: Vec<Step>) -> Known {
    Known {
        scheduled: true,
        steps,
        reported: Vec::new(),
    }
}

/// Start on day 10, step on day 20, finish on day 30; 20, 30 and 50 of 100.
fn three() -> Vec<Step> {
    vec![
        step(MilestoneRole::Start, 2_000, 10),
        step(MilestoneRole::Step, 3_000, 20),
        step(MilestoneRole::Finish, 5_000, 30),
    ]
}

fn report(period: &str, number: i32, state: RevisionState, percent: i32) -> Reported {
    Reported {
        period: period.to_owned(),
        number,
        state,
        percent,
        forecast: None,
    }
}

#[test]
fn a_milestone_is_planned_from_its_date_on() {
    let known = known(three());
    for (on, percent) in [
        (0, 0),
        (9, 0),
        (10, 2_000),
        (19, 2_000),
        (20, 5_000),
        (29, 5_000),
        (30, 10_000),
        (9_999, 10_000),
    ] {
        for basis in [Basis::Current, Basis::Baseline] {
            assert_eq!(known.planned(basis, day(on)), Some(percent), "day {on}");
        }
    }
}

#[test]
fn without_a_schedule_nothing_is_planned() {
    let known = Known {
        scheduled: false,
        ..known(three())
    };
    assert_eq!(known.planned(Basis::Current, day(99)), None);
    assert_eq!(known.planned_curve(Basis::Current), []);
    let progress = known.on(day(99));
    assert_eq!(progress.points_behind(Basis::Current), None);
    assert_eq!(progress.days_overdue, 89, "what is owed is owed");
}

#[test]
fn another_date_moves_the_current_plan_and_not_the_baseline() {
    let mut steps = three();
    steps[1].due.set_due(day(40), DueBasis::Scheduled);
    let known = known(steps);
    assert_eq!(known.planned(Basis::Current, day(25)), Some(2_000));
    assert_eq!(known.planned(Basis::Baseline, day(25)), Some(5_000));
    let dates = |basis| {
        let curve = known.planned_curve(basis).into_iter();
        curve.map(|point| point.date).collect::<Vec<_>>()
    };
    assert_eq!(dates(Basis::Current), [day(10), day(30), day(40)]);
    assert_eq!(dates(Basis::Baseline), [day(10), day(20), day(30)]);
}

#[test]
fn a_suspension_freezes_the_current_plan_and_resuming_moves_it() {
    let mut steps = three();
    for step in &mut steps {
        step.due.stop(day(15), step.role);
    }
    let halted = known(steps.clone());
    for on in [15, 20, 30, 300] {
        assert_eq!(halted.planned(Basis::Current, day(on)), Some(2_000));
    }
    assert_eq!(halted.planned(Basis::Baseline, day(30)), Some(10_000));
    assert_eq!(halted.planned_curve(Basis::Current).len(), 1);
    let progress = halted.on(day(300));
    assert_eq!(progress.days_overdue, 5, "stood still on day 15");
    assert_eq!(progress.days_overdue_baseline, 290);
    for step in &mut steps {
        step.due.resume(day(25));
    }
    // As lateness does: a date that passed meanwhile moves, one still ahead stays until
    // somebody agrees on another.
    let resumed = known(steps);
    for (on, percent) in [(24, 2_000), (25, 5_000), (29, 5_000), (30, 10_000)] {
        assert_eq!(resumed.planned(Basis::Current, day(on)), Some(percent));
    }
}

#[test]
fn a_milestone_done_under_suspension_stays_planned() {
    let mut late = step(MilestoneRole::Step, 1_000, 20);
    late.due.stop(day(15), MilestoneRole::Step);
    let known = known(vec![done(&late, 18)]);
    assert_eq!(known.planned(Basis::Current, day(20)), Some(10_000));
}

#[test]
fn the_weights_count_as_for_the_percentage() {
    use MilestoneRole::{Finish, Review, Start, Support};
    let mut steps = vec![
        step(Start, 0, 10),
        step(Finish, 0, 20),
        step(Review, 9_000, 5),
        step(Support, 9_000, 5),
    ];
    let planned = |steps: &[Step], on| known(steps.to_vec()).planned(Basis::Current, day(on));
    assert_eq!(
        planned(&steps, 9),
        Some(0),
        "review and support never count"
    );
    assert_eq!(
        planned(&steps, 10),
        Some(5_000),
        "no weights: all weigh the same"
    );
    steps[1].due.state = TaskState::Cancelled;
    assert_eq!(
        planned(&steps, 10),
        Some(10_000),
        "what is cancelled is not owed"
    );
    let support = [step(Support, 1, 5)];
    assert_eq!(planned(&support, 5), Some(10_000), "support counts alone");
    let dateless = Step {
        due: DueFacts {
            counted_due_date: None,
            ..step(Start, 1, 1).due
        },
        ..step(Start, 1_000, 1)
    };
    let steps = [dateless, step(Finish, 2_000, 10)];
    assert_eq!(planned(&steps, 99), Some(6_666), "rounded down");
}

#[test]
fn the_actual_is_the_last_accepted_report_or_the_milestones() {
    use RevisionState::{Accepted, Returned, Submitted, Superseded};
    let mut all = known(three());
    all.steps[0] = done(&all.steps[0], 12);
    let at = |all: &Known| all.on(day(30));
    assert_eq!(all.on(day(11)).complete, 0, "not done yet");
    assert_eq!(at(&all).actual(), 2_000);
    assert_eq!(at(&all).points_behind(Basis::Current), Some(8_000));
    assert!(!at(&all).differs(10), "nothing is reported");
    all.reported = vec![
        report("2026-02", 1, Superseded, 9_000),
        report("2026-02", 2, Accepted, 3_000),
        report("2026-01", 1, Accepted, 1_000),
        report("2026-03", 1, Submitted, 8_000),
        report("2026-04", 1, Returned, 9_900),
    ];
    let progress = at(&all);
    assert_eq!(progress.reported, Some(3_000));
    assert_eq!(progress.reported_period.as_deref(), Some("2026-02"));
    assert_eq!(progress.points_behind(Basis::Baseline), Some(7_000));
    assert!(!progress.differs(10), "10 points are not more than 10");
    all.reported[1].percent = 3_001;
    assert!(at(&all).differs(10));
    all.reported[1].percent = 10_000;
    assert_eq!(at(&all).points_behind(Basis::Current), Some(0));
    let end = |month, on| NaiveDate::from_ymd_opt(2026, month, on).unwrap();
    let curve = [(end(1, 31), 1_000), (end(2, 28), 10_000)];
    let curve = curve.map(|(date, percent)| Point { date, percent });
    assert_eq!(all.actual_curve(), curve);
}

#[test]
fn the_forecast_is_the_last_that_was_not_returned() {
    use RevisionState::{Accepted, Returned, Submitted};
    let mut all = known(three());
    let mut stated = |period: &str, state, on: Option<u64>| {
        let forecast = on.map(day);
        all.reported.push(Reported {
            forecast,
            ..report(period, 1, state, 0)
        });
        all.on(day(0)).forecast
    };
    assert_eq!(stated("2026-01", Accepted, Some(50)), Some(day(50)));
    assert_eq!(stated("2026-02", Submitted, Some(60)), Some(day(60)));
    assert_eq!(stated("2026-03", Accepted, None), Some(day(60)));
    assert_eq!(stated("2026-04", Returned, Some(70)), Some(day(60)));
}

#[test]
fn overdue_is_the_longest_open_milestone() {
    let mut steps = three();
    let on = |steps: &[Step]| {
        let progress = known(steps.to_vec()).on(day(25));
        (progress.days_overdue, progress.days_overdue_baseline)
    };
    assert_eq!(on(&steps), (15, 15));
    steps[0] = done(&steps[0], 24);
    assert_eq!(on(&steps), (5, 5), "a done one counts no more");
    steps[1].due.set_due(day(24), DueBasis::Scheduled);
    assert_eq!(on(&steps), (1, 5));
    steps[1].due.state = TaskState::Submitted;
    assert_eq!(on(&steps), (0, 0), "it waits for the office");
    let mut period = step(MilestoneRole::Finish, 0, 1);
    period.due.due_basis = Some(DueBasis::PlanPeriod);
    assert_eq!(on(&[period]), (0, 0), "a plan's period is no deadline");
}

fn any_step() -> impl Strategy<Value = Step> {
    let role = prop::sample::select(MilestoneRole::ALL);
    let state = prop::sample::select(TaskState::ALL);
    let stop = prop::option::of(0..400_u64);
    (role, state, 0..5_000_i32, 0..400_u64, 0..400_u64, stop).prop_map(
        |(role, state, weight, due, baseline, stop)| {
            let mut step = step(role, weight, due);
            step.baseline = Some(day(baseline));
            step.due.state = state;
            if let Some(on) = stop {
                step.due.stop(day(on), role);
            }
            step
        },
    )
}

proptest! {
    #[test]
    fn the_curve_rises_and_says_what_the_days_say(
        steps in prop::collection::vec(any_step(), 0..8),
        on in 0..420_u64,
    ) {
        let known = known(steps);
        for basis in [Basis::Current, Basis::Baseline] {
            let curve = known.planned_curve(basis);
            prop_assert!(curve.is_sorted_by(|a, b| a.date < b.date && a.percent < b.percent));
            let before = curve.iter().take_while(|point| point.date <= day(on));
            let read = before.last().map_or(0, |point| point.percent);
            prop_assert_eq!(known.planned(basis, day(on)), Some(read));
            prop_assert!((0..=10_000).contains(&read));
        }
    }

    #[test]
    fn behind_is_never_negative_and_falls_with_the_report(
        steps in prop::collection::vec(any_step(), 0..8),
        on in 0..420_u64,
        percent in 0..10_000_i32,
    ) {
        let mut known = known(steps);
        let mut behind = |percent| {
            known.reported = vec![report("2026-01", 1, RevisionState::Accepted, percent)];
            known.on(day(on)).points_behind(Basis::Current).unwrap()
        };
        let (less, more) = (behind(percent), behind(percent + 1));
        prop_assert!(0 <= more && more <= less && less <= 10_000);
    }
}
