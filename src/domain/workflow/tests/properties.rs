//! What no sequence of moves can escape.

use chrono::{Days, NaiveDate};
use duban_entities::vocabulary::{MilestoneRole, Stage, TaskState};
use proptest::prelude::*;

use super::{day, milestone, to, workflow};
use crate::domain::workflow::{MilestoneFacts, Move, ProjectState, Transition, Workflow};
use crate::error::Error;

prop_compose! {
    fn any_milestones()(
        all in prop::collection::vec(
            (prop::sample::select(MilestoneRole::ALL), prop::sample::select(TaskState::ALL)),
            0..4,
        ),
    ) -> Vec<MilestoneFacts> {
        all.into_iter().map(|(role, state)| milestone(role, state)).collect()
    }
}

/// A step of a life: mostly one of the open moves as it should be asked for, sometimes
/// anything.
#[derive(Clone, Debug)]
struct Step {
    choice: prop::sample::Index,
    wild: Option<Stage>,
    slip: Slip,
    facts: ProjectState,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Slip {
    None,
    Future,
    TooEarly,
    ReviewTurned,
    NoReason,
}

impl Step {
    fn wanted(&self, workflow: &Workflow, state: &ProjectState, today: NaiveDate) -> Move<'static> {
        let open: Vec<&Transition> = workflow.transitions_for(state).collect();
        let chosen = (!open.is_empty()).then(|| open[self.choice.index(open.len())].to);
        let to = self.wild.or(chosen).unwrap_or(Stage::Proposed);
        let suspends = (to == Stage::Suspended) != (self.slip == Slip::ReviewTurned);
        let occurred_on = match self.slip {
            Slip::Future => today.succ_opt().unwrap(),
            Slip::TooEarly => day(1),
            _ => today,
        };
        Move {
            to,
            occurred_on,
            review_on: suspends.then(|| today + Days::new(1)),
            reason: (self.slip != Slip::NoReason).then_some("原因"),
            today,
        }
    }
}

prop_compose! {
    fn any_facts()(
        lead in prop::bool::weighted(0.8),
        schedule in prop::bool::weighted(0.8),
        milestones in any_milestones(),
    ) -> ProjectState {
        ProjectState {
            stage: Stage::Proposed,
            stage_since: None,
            suspended_from: None,
            has_lead_unit: lead,
            has_approved_schedule: schedule,
            milestones,
        }
    }
}

prop_compose! {
    fn any_step()(
        choice: prop::sample::Index,
        wild in prop::option::weighted(0.1, prop::sample::select(Stage::ALL)),
        slip in prop_oneof![
            8 => Just(Slip::None),
            1 => Just(Slip::Future),
            1 => Just(Slip::TooEarly),
            1 => Just(Slip::ReviewTurned),
            1 => Just(Slip::NoReason),
        ],
        facts in any_facts(),
    ) -> Step {
        Step { choice, wild, slip, facts }
    }
}

/// Says again, without the workflow, what a move must have respected.
fn assert_lawful(made: &Transition, wanted: &Move<'_>, state: &ProjectState) {
    assert_eq!((made.from, made.to), (state.stage, wanted.to));
    assert!(wanted.occurred_on <= wanted.today);
    assert!(
        state
            .stage_since
            .is_none_or(|since| wanted.occurred_on >= since)
    );
    assert!(!matches!(made.from, Stage::Operation | Stage::Cancelled));
    assert_eq!(wanted.review_on.is_some(), made.to == Stage::Suspended);
    let done = |m: &MilestoneFacts| m.state == TaskState::Done;
    let finish = |m: &MilestoneFacts| m.role == MilestoneRole::Finish;
    let review = |m: &MilestoneFacts| m.role == MilestoneRole::Review;
    let over = |m: &MilestoneFacts| done(m) || m.state == TaskState::Cancelled;
    let mut all = state.milestones.iter();
    assert!(match made.to {
        Stage::Construction => state.has_lead_unit && state.has_approved_schedule,
        Stage::Completed => all.all(|m| over(m) || finish(m) || review(m)),
        Stage::Operation => all.any(|m| finish(m) && done(m)),
        _ => true,
    });
    if made.from == Stage::Suspended && made.to != Stage::Cancelled {
        assert_eq!(state.suspended_from, Some(made.to));
    }
    let line = |stage| Stage::ALL.iter().position(|s| *s == stage).unwrap();
    let on_line =
        line(made.from) <= line(Stage::Operation) && line(made.to) <= line(Stage::Operation);
    assert_eq!(
        made.requires_approval,
        !on_line || line(made.to) < line(made.from)
    );
    assert!(
        !on_line || line(made.to) + 1 >= line(made.from),
        "back by more than one step"
    );
    assert!(!made.requires_approval || wanted.reason.is_some());
}

proptest! {
    #[test]
    fn no_sequence_of_allowed_moves_escapes_the_table(
        steps in prop::collection::vec(any_step(), 1..60),
    ) {
        let workflow = workflow();
        let mut at = (Stage::Proposed, None, None);
        for (number, step) in (2..).zip(steps) {
            let (stage, stage_since, suspended_from) = at;
            let facts = step.facts.clone();
            let state = ProjectState { stage, stage_since, suspended_from, ..facts };
            let wanted = step.wanted(&workflow, &state, day(1) + Days::new(number));
            if let Ok(made) = workflow.check_move(&wanted, &state) {
                assert_lawful(made, &wanted, &state);
                prop_assert!(workflow.check_decision(&wanted, &state).is_ok());
                at = (made.to, Some(wanted.occurred_on), made.suspended_from());
            }
        }
    }

    #[test]
    fn a_well_formed_move_passes_exactly_where_nothing_blocks_it(
        (stage, from) in (prop::sample::select(Stage::ALL), prop::sample::select(Stage::ALL)),
        facts in any_facts(),
    ) {
        let workflow = workflow();
        let suspended_from = (stage == Stage::Suspended).then_some(from);
        let state = ProjectState { stage, suspended_from, ..facts };
        for transition in workflow.transitions_for(&state) {
            let blockers = workflow.blockers(transition, &state);
            match workflow.check_move(&to(transition.to), &state) {
                Ok(found) => prop_assert!(blockers.is_empty() && found == transition),
                Err(Error::Blocked(by)) => prop_assert!(!by.is_empty() && by == blockers),
                Err(other) => prop_assert!(false, "{other:?}"),
            }
        }
    }
}
