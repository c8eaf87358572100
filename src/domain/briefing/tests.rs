use std::collections::BTreeSet;

use chrono::TimeDelta;
use duban_entities::vocabulary::{DueBasis, TaskState};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::due::DueFacts;

const FIGURES: [Figure; 21] = [
    Figure::ReportsDue,
    Figure::ReportsInTime,
    Figure::ReportsLate,
    Figure::ReportsMissing,
    Figure::ReportsPending,
    Figure::ReportsSuspended,
    Figure::ReportsWaived,
    Figure::BaselineMet,
    Figure::BaselineMissed,
    Figure::CurrentMet,
    Figure::CurrentMissed,
    Figure::MilestonesSuspended,
    Figure::Moved,
    Figure::Started,
    Figure::Completed,
    Figure::Suspended,
    Figure::NewlyRed,
    Figure::Approved,
    Figure::Returned,
    Figure::OrdersOpen,
    Figure::OrdersClosed,
];

fn november() -> Month {
    "2026-11".parse().unwrap()
}

fn day(n: i64) -> NaiveDate {
    november().first_day() + TimeDelta::days(n)
}

fn owed(due: i64, state: TaskState, submitted: Option<i64>) -> Owed {
    let late = |on: i64| i32::try_from((on - due).max(0)).unwrap();
    Owed {
        due: DueFacts {
            state,
            days_late: submitted.map(late),
            ..DueFacts::open(day(due), DueBasis::Scheduled)
        },
        baseline: Some(day(due)),
        first_submitted_on: submitted.map(day),
        waived: false,
    }
}

fn one_milestone(owed: Owed) -> Facts {
    let milestone = OwedMilestone {
        task: "task".to_owned(),
        owed,
        unit: None,
        baseline_unit: None,
        kind: None,
    };
    Facts {
        milestones: vec![milestone],
        ..Facts::default()
    }
}

fn figures_of(facts: &Facts, judged_on: NaiveDate) -> Vec<Figure> {
    let items = draw(november(), judged_on, facts).items;
    items.iter().map(|item| item.figure).collect()
}

#[test]
fn a_milestone_counts_in_the_month_of_each_of_its_dates() {
    use Figure::{BaselineMet, BaselineMissed, CurrentMet, CurrentMissed};
    let met = owed(9, TaskState::Submitted, Some(8));
    assert_eq!(
        figures_of(&one_milestone(met.clone()), day(40)),
        [BaselineMet, CurrentMet]
    );
    let rescheduled = Owed {
        baseline: Some(day(-20)),
        ..met
    };
    assert_eq!(
        figures_of(&one_milestone(rescheduled), day(40)),
        [CurrentMet]
    );
    let pushed = owed(9, TaskState::Open, None);
    let pushed = Owed {
        due: DueFacts::open(day(60), DueBasis::Scheduled),
        ..pushed
    };
    assert_eq!(
        figures_of(&one_milestone(pushed), day(40)),
        [BaselineMissed]
    );
    let last_day = owed(29, TaskState::Open, None);
    assert_eq!(figures_of(&one_milestone(last_day.clone()), day(29)), []);
    assert_eq!(
        figures_of(&one_milestone(last_day), day(30)),
        [BaselineMissed, CurrentMissed]
    );
}

#[test]
fn a_resumed_project_has_moved_and_not_started() {
    let went = |from, to, on| StageMove {
        project: "project".to_owned(),
        from,
        to,
        on: day(on),
        unit: None,
        kind: None,
    };
    let facts = |moves| Facts {
        moves,
        ..Facts::default()
    };
    let started = facts(vec![went(Stage::Preparation, Stage::Construction, 3)]);
    assert_eq!(
        figures_of(&started, day(29)),
        [Figure::Moved, Figure::Started]
    );
    let resumed = facts(vec![went(Stage::Suspended, Stage::Construction, 3)]);
    assert_eq!(figures_of(&resumed, day(29)), [Figure::Moved]);
    let twice = facts(vec![
        went(Stage::Construction, Stage::Suspended, 3),
        went(Stage::Suspended, Stage::Construction, 5),
    ]);
    assert_eq!(
        figures_of(&twice, day(29)),
        [Figure::Moved, Figure::Suspended]
    );
    let other = facts(vec![went(Stage::Preparation, Stage::Construction, 30)]);
    assert_eq!(figures_of(&other, day(40)), []);
}

fn states() -> impl Strategy<Value = TaskState> {
    prop::sample::select(TaskState::ALL)
}

fn units() -> impl Strategy<Value = Option<UnitId>> {
    let unit = |n| UnitId(Uuid::from_u128(n));
    prop::option::of((0..4_u128).prop_map(unit))
}

fn kinds() -> impl Strategy<Value = Option<ProjectKind>> {
    prop::option::of(prop::sample::select(&ProjectKind::ALL[..4]))
}

fn owed_things() -> impl Strategy<Value = Owed> {
    let days = (-30..60_i64, prop::option::of(-30..90_i64), any::<bool>());
    let stopped = prop::option::of(-30..60_i64);
    (days, states(), stopped).prop_map(|((due, submitted, waived), state, stopped)| {
        let mut owed = owed(due, state, submitted);
        owed.due.clock_stopped_on = stopped.map(day);
        owed.waived = waived && state == TaskState::Cancelled;
        owed
    })
}

prop_compose! {
    fn reports()(things in prop::collection::vec((owed_things(), units(), kinds()), 0..20)) -> Vec<OwedTask> {
        let things = things.into_iter().enumerate();
        things
            .map(|(n, (owed, unit, kind))| OwedTask { task: format!("r{n}"), owed, unit, kind })
            .collect()
    }
}

prop_compose! {
    fn milestones()(
        things in prop::collection::vec((owed_things(), units(), units(), kinds()), 0..20),
    ) -> Vec<OwedMilestone> {
        let things = things.into_iter().enumerate();
        things
            .map(|(n, (owed, unit, baseline_unit, kind))| OwedMilestone {
                task: format!("m{n}"), owed, unit, baseline_unit, kind,
            })
            .collect()
    }
}

prop_compose! {
    fn moves()(
        things in prop::collection::vec(
            (0..6_u32, prop::sample::select(Stage::ALL), prop::sample::select(Stage::ALL), -10..40_i64),
            0..20,
        ),
    ) -> Vec<StageMove> {
        let things = things.into_iter();
        things
            .map(|(n, from, to, on)| StageMove {
                project: format!("p{n}"),
                from,
                to,
                on: day(on),
                unit: Some(UnitId(Uuid::from_u128(n.into()))),
                kind: Some(ProjectKind::Road),
            })
            .collect()
    }
}

prop_compose! {
    fn orders()(
        things in prop::collection::vec((prop::option::of(-10..40_i64), any::<bool>(), units(), kinds()), 0..20),
    ) -> Vec<StandingOrder> {
        let things = things.into_iter().enumerate();
        things
            .map(|(n, (closed, open, unit, kind))| StandingOrder {
                task: format!("o{n}"), closed_on: closed.map(day), open, unit, kind,
            })
            .collect()
    }
}

prop_compose! {
    fn facts()(reports in reports(), milestones in milestones(), moves in moves(), orders in orders()) -> Facts {
        Facts { reports, milestones, moves, orders, ..Facts::default() }
    }
}

proptest! {
    #[test]
    fn every_count_is_the_length_of_its_list_and_the_units_sum_to_it(
        facts in facts(), judged in 0..60_i64,
    ) {
        let briefing = draw(november(), day(judged), &facts);
        let (total, units, kinds) = (briefing.total(), briefing.by_unit(), briefing.by_kind());
        for figure in FIGURES {
            let list: BTreeSet<&String> = total.list(figure).iter().collect();
            prop_assert_eq!(list.len(), usize::try_from(total.count(figure)).unwrap());
            let of_units: u32 = units.iter().map(|(_, tally)| tally.count(figure)).sum();
            let of_kinds: u32 = kinds.iter().map(|(_, tally)| tally.count(figure)).sum();
            prop_assert_eq!(of_units, total.count(figure));
            prop_assert_eq!(of_kinds, total.count(figure));
        }
    }

    #[test]
    fn a_report_that_is_due_stands_in_exactly_one_more_list(facts in facts(), judged in 0..60_i64) {
        let total = draw(november(), day(judged), &facts).total();
        let parts = [
            Figure::ReportsInTime,
            Figure::ReportsLate,
            Figure::ReportsMissing,
            Figure::ReportsPending,
            Figure::ReportsSuspended,
        ];
        let sum: u32 = parts.iter().map(|figure| total.count(*figure)).sum();
        prop_assert_eq!(sum, total.count(Figure::ReportsDue));
    }

    #[test]
    fn the_order_of_the_facts_does_not_matter(facts in facts(), judged in 0..60_i64) {
        let mut other = facts.clone();
        other.reports.reverse();
        other.milestones.reverse();
        other.moves.reverse();
        other.orders.reverse();
        prop_assert_eq!(
            draw(november(), day(judged), &facts),
            draw(november(), day(judged), &other)
        );
    }
}
