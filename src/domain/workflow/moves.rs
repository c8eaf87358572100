//! Whether a project may move: which transition, on what day, and what still blocks it.

use chrono::NaiveDate;
use duban_entities::vocabulary::{MilestoneRole, Stage, TaskState};

use super::{Transition, Workflow};
use crate::error::{Blocker, Error, Problems, Result};

/// A move that somebody asks for.
#[derive(Clone, Copy, Debug)]
pub struct Move<'a> {
    /// The stage to enter.
    pub to: Stage,
    /// The day on which the work reached that stage.
    pub occurred_on: NaiveDate,
    /// When a suspension is to be reviewed; given exactly when suspending.
    pub review_on: Option<NaiveDate>,
    /// Why; required where the move needs approval.
    pub reason: Option<&'a str>,
    /// The jurisdiction's local today.
    pub today: NaiveDate,
}

/// What the guards and the rule of dates look at.
#[derive(Clone, Debug)]
pub struct ProjectState {
    /// Where the project stands.
    pub stage: Stage,
    /// The day of the last move, if one has been reported.
    pub stage_since: Option<NaiveDate>,
    /// The stage it was suspended from, while SUSPENDED.
    pub suspended_from: Option<Stage>,
    /// True if a unit leads it.
    pub has_lead_unit: bool,
    /// True once its first schedule has been approved.
    pub has_approved_schedule: bool,
    /// All its milestones.
    pub milestones: Vec<MilestoneFacts>,
}

/// A milestone as the guards see it.
#[derive(Clone, Debug)]
pub struct MilestoneFacts {
    /// Title, for messages.
    pub title: String,
    /// Its part in the schedule.
    pub role: MilestoneRole,
    /// Where it stands.
    pub state: TaskState,
}

impl Workflow {
    /// The moves open to a project: those out of its stage; out of SUSPENDED only back to
    /// the stage it was suspended from, and cancelling. Where that stage is not on record
    /// (the project was imported as suspended) all are open, and the approval decides.
    pub fn transitions_for(&self, state: &ProjectState) -> impl Iterator<Item = &Transition> {
        let origin = state.suspended_from;
        self.transitions_from(state.stage)
            .filter(move |t| !t.resumes() || origin.is_none_or(|stage| stage == t.to))
    }

    /// What still blocks a transition, in the order of its guards; empty when nothing does.
    #[must_use]
    pub fn blockers(&self, transition: &Transition, state: &ProjectState) -> Vec<Blocker> {
        let guards = transition.guards.iter();
        guards.filter_map(|guard| guard.blocker(state)).collect()
    }

    /// The transition of a move that may be made (or, where it needs approval, proposed).
    ///
    /// # Errors
    /// [`Error::Invalid`] on `to` where there is no such transition; on `occurredOn` in the
    /// future or before the last move; on `reviewOn` missing when suspending, not after
    /// today, or given elsewhere; on `reason` missing where approval is required.
    /// [`Error::Blocked`] with a blocker per unmet guard, once the input is valid.
    pub fn check_move(&self, wanted: &Move<'_>, state: &ProjectState) -> Result<&Transition> {
        let transition = self.find(wanted.to, state)?;
        let mut problems = Problems::default();
        check_occurred_on(wanted, state, &mut problems);
        check_review_on(wanted, transition, &mut problems);
        problems.require(
            !transition.requires_approval || wanted.reason.is_some_and(|r| !r.trim().is_empty()),
            "reason",
            "a reason is required where the move needs approval",
        );
        problems.finish()?;
        self.unblocked(transition, state)
    }

    /// The transition of a proposed move that may now be approved. The review date and the
    /// reason were checked when it was proposed, and are not held against the decider: a
    /// review day that has passed since makes a review that is due at once.
    ///
    /// # Errors
    /// As [`Workflow::check_move`], without `reviewOn` and `reason`.
    pub fn check_decision(&self, wanted: &Move<'_>, state: &ProjectState) -> Result<&Transition> {
        let transition = self.find(wanted.to, state)?;
        let mut problems = Problems::default();
        check_occurred_on(wanted, state, &mut problems);
        problems.finish()?;
        self.unblocked(transition, state)
    }

    fn find(&self, to: Stage, state: &ProjectState) -> Result<&Transition> {
        let mut open = self.transitions_for(state);
        open.find(|t| t.to == to).ok_or_else(|| {
            let stages: Vec<&str> = self.transitions_for(state).map(|t| t.to.as_str()).collect();
            Error::invalid("to", no_such_move(state.stage, to, &stages))
        })
    }

    fn unblocked<'w>(
        &self,
        transition: &'w Transition,
        state: &ProjectState,
    ) -> Result<&'w Transition> {
        let blockers = self.blockers(transition, state);
        if blockers.is_empty() {
            Ok(transition)
        } else {
            Err(Error::Blocked(blockers))
        }
    }
}

fn no_such_move(from: Stage, to: Stage, open: &[&str]) -> String {
    if open.is_empty() {
        format!("a project in {from} cannot move: the stage is final")
    } else {
        let open = open.join(", ");
        format!("a project in {from} cannot move to {to}, only to {open}")
    }
}

fn check_occurred_on(wanted: &Move<'_>, state: &ProjectState, problems: &mut Problems) {
    problems.require(
        wanted.occurred_on <= wanted.today,
        "occurredOn",
        "the day lies in the future",
    );
    if let Some(last) = state.stage_since.filter(|last| wanted.occurred_on < *last) {
        problems.add(
            "occurredOn",
            format!("the day lies before the last move, which was on {last}"),
        );
    }
}

fn check_review_on(wanted: &Move<'_>, transition: &Transition, problems: &mut Problems) {
    match (transition.suspends(), wanted.review_on) {
        (true, None) => problems.add("reviewOn", "a review date is required when suspending"),
        (true, Some(day)) => problems.require(
            day > wanted.today,
            "reviewOn",
            "the review date must lie after today",
        ),
        (false, Some(_)) => problems.add("reviewOn", "a review date is given only when suspending"),
        (false, None) => {}
    }
}
