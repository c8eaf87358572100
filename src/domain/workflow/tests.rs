//! The table of moves, and each rule of a move with its cases.

mod loading;
mod properties;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use duban_entities::vocabulary::{MilestoneRole, Role, Stage, TaskState};

use super::{Guard, MilestoneFacts, Move, ProjectState, Transition, Workflow, embedded};
use crate::error::Error;

fn workflow() -> Workflow {
    embedded().unwrap().remove(0)
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
}

fn milestone(role: MilestoneRole, state: TaskState) -> MilestoneFacts {
    MilestoneFacts {
        title: format!("{role}"),
        role,
        state,
    }
}

/// A project in a stage, with all that any guard asks for.
fn ready(stage: Stage) -> ProjectState {
    ProjectState {
        stage,
        stage_since: Some(day(5)),
        suspended_from: None,
        has_lead_unit: true,
        has_approved_schedule: true,
        milestones: vec![
            milestone(MilestoneRole::Start, TaskState::Done),
            milestone(MilestoneRole::Finish, TaskState::Done),
        ],
    }
}

/// A well-formed move on the 20th.
fn to(stage: Stage) -> Move<'static> {
    Move {
        to: stage,
        occurred_on: day(20),
        review_on: (stage == Stage::Suspended).then(|| day(30)),
        reason: Some("资金未到位"),
        today: day(20),
    }
}

#[track_caller]
fn invalid_fields(result: Result<&Transition, Error>) -> Vec<String> {
    match result {
        Err(Error::Invalid(problems)) => problems.into_iter().map(|p| p.field).collect(),
        other => panic!("expected INVALID, got {other:?}"),
    }
}

#[track_caller]
fn blocked_codes(result: Result<&Transition, Error>) -> Vec<&'static str> {
    match result {
        Err(Error::Blocked(blockers)) => blockers.into_iter().map(|b| b.code).collect(),
        other => panic!("expected BLOCKED, got {other:?}"),
    }
}

#[test]
fn the_embedded_workflow_knows_every_stage() {
    let all = embedded().unwrap();
    assert_eq!(all.len(), 1);
    let stages: Vec<Stage> = all[0].stages.iter().map(|s| s.stage).collect();
    assert_eq!(stages, Stage::ALL);
    let ends = Stage::ALL.iter().filter(|s| all[0].is_final(**s));
    assert_eq!(
        ends.copied().collect::<Vec<_>>(),
        [Stage::Operation, Stage::Cancelled]
    );
}

#[test]
fn the_moves_are_those_of_the_line() {
    let table: Vec<String> = workflow()
        .transitions
        .iter()
        .map(|t| {
            let approval = if t.requires_approval { " approval" } else { "" };
            let guards: Vec<&str> = t.guards.iter().map(|g| g.code()).collect();
            format!("{} {}{approval} {}", t.from, t.to, guards.join("+"))
        })
        .map(|line| line.trim_end().to_owned())
        .collect();
    let construction = "LEAD_UNIT+APPROVED_SCHEDULE";
    let expected = [
        "PROPOSED IN_RESERVE".to_owned(),
        "PROPOSED PREPARATION".to_owned(),
        "IN_RESERVE PREPARATION".to_owned(),
        format!("PREPARATION CONSTRUCTION {construction}"),
        "CONSTRUCTION COMPLETED OTHER_MILESTONES_DONE".to_owned(),
        "COMPLETED OPERATION FINISH_DONE".to_owned(),
        "IN_RESERVE PROPOSED approval".to_owned(),
        "PREPARATION IN_RESERVE approval".to_owned(),
        "CONSTRUCTION PREPARATION approval".to_owned(),
        format!("COMPLETED CONSTRUCTION approval {construction}"),
        "PROPOSED SUSPENDED approval".to_owned(),
        "IN_RESERVE SUSPENDED approval".to_owned(),
        "PREPARATION SUSPENDED approval".to_owned(),
        "CONSTRUCTION SUSPENDED approval".to_owned(),
        "COMPLETED SUSPENDED approval".to_owned(),
        "SUSPENDED PROPOSED approval".to_owned(),
        "SUSPENDED IN_RESERVE approval".to_owned(),
        "SUSPENDED PREPARATION approval".to_owned(),
        format!("SUSPENDED CONSTRUCTION approval {construction}"),
        "SUSPENDED COMPLETED approval OTHER_MILESTONES_DONE".to_owned(),
        "PROPOSED CANCELLED approval".to_owned(),
        "IN_RESERVE CANCELLED approval".to_owned(),
        "PREPARATION CANCELLED approval".to_owned(),
        "CONSTRUCTION CANCELLED approval".to_owned(),
        "COMPLETED CANCELLED approval".to_owned(),
        "SUSPENDED CANCELLED approval".to_owned(),
    ];
    assert_eq!(table, expected);
}

#[test]
fn a_signatory_makes_every_move_and_every_entry_has_the_guards_of_its_stage() {
    let workflow = workflow();
    for transition in &workflow.transitions {
        assert_eq!(transition.roles, [Role::Signatory]);
        let same = workflow
            .transitions
            .iter()
            .filter(|t| t.to == transition.to);
        let guards: BTreeSet<Vec<&str>> = same
            .map(|t| t.guards.iter().map(|g| g.code()).collect())
            .collect();
        assert_eq!(guards.len(), 1, "into {}", transition.to);
    }
}

#[test]
fn guards_are_read_back_by_their_codes() {
    for guard in Guard::ALL {
        assert_eq!(guard.code().parse::<Guard>().unwrap(), *guard);
        assert!(guard.description().ends_with('.'));
    }
    assert!("LEAD".parse::<Guard>().is_err());
}

#[test]
fn a_move_that_does_not_exist_is_invalid() {
    let workflow = workflow();
    for (from, into) in [
        (Stage::Proposed, Stage::Construction),
        (Stage::Proposed, Stage::Proposed),
        (Stage::Construction, Stage::Proposed),
        (Stage::Operation, Stage::Completed),
        (Stage::Cancelled, Stage::Proposed),
        (Stage::Suspended, Stage::Operation),
    ] {
        let result = workflow.check_move(&to(into), &ready(from));
        assert_eq!(invalid_fields(result), ["to"], "{from} to {into}");
    }
}

#[test]
fn a_suspended_project_resumes_only_where_it_was() {
    let workflow = workflow();
    let mut state = ready(Stage::Suspended);
    state.suspended_from = Some(Stage::Preparation);
    let open: Vec<Stage> = workflow.transitions_for(&state).map(|t| t.to).collect();
    assert_eq!(open, [Stage::Preparation, Stage::Cancelled]);
    let elsewhere = workflow.check_move(&to(Stage::Construction), &state);
    assert_eq!(invalid_fields(elsewhere), ["to"]);
    let back = workflow
        .check_move(&to(Stage::Preparation), &state)
        .unwrap();
    assert!(back.resumes() && back.suspended_from().is_none());
    state.suspended_from = None;
    assert_eq!(workflow.transitions_for(&state).count(), 6);
}

#[test]
fn the_day_of_a_move_lies_between_the_last_move_and_today() {
    let workflow = workflow();
    for (occurred, allowed) in [(4, false), (5, true), (20, true), (21, false)] {
        let wanted = Move {
            occurred_on: day(occurred),
            ..to(Stage::Preparation)
        };
        let state = ready(Stage::Proposed);
        let result = workflow.check_move(&wanted, &state);
        assert_eq!(result.is_ok(), allowed, "on the {occurred}th");
        if !allowed {
            assert_eq!(invalid_fields(result), ["occurredOn"]);
        }
        assert_eq!(workflow.check_decision(&wanted, &state).is_ok(), allowed);
    }
    let mut first = ready(Stage::Proposed);
    first.stage_since = None;
    let early = Move {
        occurred_on: day(1),
        ..to(Stage::Preparation)
    };
    assert!(workflow.check_move(&early, &first).is_ok());
}

#[test]
fn a_review_date_belongs_to_a_suspension_and_lies_ahead() {
    let workflow = workflow();
    let suspend = |review_on| Move {
        review_on,
        ..to(Stage::Suspended)
    };
    let state = ready(Stage::Construction);
    for bad in [None, Some(day(20)), Some(day(19))] {
        let result = workflow.check_move(&suspend(bad), &state);
        assert_eq!(invalid_fields(result), ["reviewOn"], "{bad:?}");
        assert!(workflow.check_decision(&suspend(bad), &state).is_ok());
    }
    let suspended = workflow
        .check_move(&suspend(Some(day(21))), &state)
        .unwrap();
    assert_eq!(suspended.suspended_from(), Some(Stage::Construction));
    let elsewhere = Move {
        review_on: Some(day(30)),
        ..to(Stage::Preparation)
    };
    let result = workflow.check_move(&elsewhere, &ready(Stage::Proposed));
    assert_eq!(invalid_fields(result), ["reviewOn"]);
}

#[test]
fn a_reason_is_required_where_approval_is() {
    let workflow = workflow();
    for reason in [None, Some(""), Some(" \u{3000}")] {
        let cancel = Move {
            reason,
            ..to(Stage::Cancelled)
        };
        let result = workflow.check_move(&cancel, &ready(Stage::Proposed));
        assert_eq!(invalid_fields(result), ["reason"]);
        let forward = Move {
            reason,
            ..to(Stage::Preparation)
        };
        assert!(
            workflow
                .check_move(&forward, &ready(Stage::Proposed))
                .is_ok()
        );
    }
}

#[test]
fn all_problems_are_reported_together_and_before_blockers() {
    let mut state = ready(Stage::Completed);
    state.has_lead_unit = false;
    let wanted = Move {
        occurred_on: day(28),
        review_on: Some(day(1)),
        reason: None,
        ..to(Stage::Construction)
    };
    let fields = invalid_fields(workflow().check_move(&wanted, &state));
    assert_eq!(fields, ["occurredOn", "reviewOn", "reason"]);
}

#[test]
fn construction_needs_a_lead_and_a_schedule() {
    let workflow = workflow();
    for (lead, schedule, missing) in [
        (false, false, vec!["LEAD_UNIT", "APPROVED_SCHEDULE"]),
        (true, false, vec!["APPROVED_SCHEDULE"]),
        (false, true, vec!["LEAD_UNIT"]),
    ] {
        let mut state = ready(Stage::Preparation);
        state.has_lead_unit = lead;
        state.has_approved_schedule = schedule;
        let result = workflow.check_move(&to(Stage::Construction), &state);
        assert_eq!(blocked_codes(result), missing);
    }
}

#[test]
fn completion_needs_the_other_milestones() {
    use MilestoneRole::{Finish, Review, Start, Step, Support};
    let workflow = workflow();
    for (role, state, blocks) in [
        (Start, TaskState::Open, true),
        (Step, TaskState::Submitted, true),
        (Support, TaskState::Open, true),
        (Step, TaskState::Done, false),
        (Step, TaskState::Cancelled, false),
        (Review, TaskState::Open, false),
        (Finish, TaskState::Open, false),
    ] {
        let mut project = ready(Stage::Construction);
        project.milestones.push(milestone(role, state));
        let result = workflow.check_move(&to(Stage::Completed), &project);
        assert_eq!(result.is_err(), blocks, "{role} {state}");
        if blocks {
            assert_eq!(blocked_codes(result), ["OTHER_MILESTONES_DONE"]);
        }
    }
}

#[test]
fn a_message_names_three_milestones_and_counts_the_rest() {
    let mut state = ready(Stage::Construction);
    state.milestones = vec![milestone(MilestoneRole::Step, TaskState::Open); 5];
    let blocker = Guard::OtherMilestonesDone.blocker(&state).unwrap();
    assert!(blocker.message.ends_with("STEP, STEP, STEP and 2 more"));
}

#[test]
fn operation_needs_the_finish() {
    use TaskState::{Cancelled, Done, Open, Submitted};
    let workflow = workflow();
    for (finishes, blocks) in [
        (vec![Done], false),
        (vec![Open], true),
        (vec![Submitted], true),
        (vec![Cancelled], true),
        (vec![], true),
        (vec![Cancelled, Done], false),
        (vec![Done, Open], true),
    ] {
        let mut state = ready(Stage::Completed);
        let each = finishes.iter();
        state.milestones = each.map(|s| milestone(MilestoneRole::Finish, *s)).collect();
        let result = workflow.check_move(&to(Stage::Operation), &state);
        assert_eq!(result.is_err(), blocks, "{finishes:?}");
        if blocks {
            assert_eq!(blocked_codes(result), ["FINISH_DONE"]);
        }
    }
}
