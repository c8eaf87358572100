//! Moving a project along the pipeline.

use chrono::NaiveDate;
use duban_entities::ids::{ChangeRequestId, ProjectId};
use duban_entities::vocabulary::{
    ChangeKind, DueBasis, MilestoneRole, Stage, StageBasis, TaskKind, TaskState,
};
use duban_entities::{project, task};
use serde::{Deserialize, Serialize};

use super::change::{
    Content, NewDate, Proposal, StageContent, date_of, expect_unchanged, propose, with_finish,
};
use super::idempotency::{self, Key};
use super::project::state;
use super::resumption::{Resumption, expect_ahead, resume_with, resumed_dates};
use super::task::{as_text, due_facts, set_due_facts, weighed};
use super::{Call, Rules, Services, blank, fetch};
use crate::domain::schedule::percent_complete;
use crate::domain::workflow::{Move, Transition};
use crate::error::{Error, Result};
use crate::policy::{Action, Permit};
use crate::store::record::Fields;
use crate::store::{Work, tasks};

/// The lead unit moves its project, or proposes it where the workflow needs approval.
#[derive(Clone, Debug, Serialize)]
pub struct ProjectMove {
    /// The project.
    #[serde(serialize_with = "as_text")]
    pub project: ProjectId,
    /// To which stage.
    #[serde(serialize_with = "as_text")]
    pub to: Stage,
    /// Why; required where approval is.
    pub reason: Option<String>,
    /// The day on which it happened; today where not said.
    pub occurred_on: Option<NaiveDate>,
    /// When a suspension is reviewed.
    pub review_on: Option<NaiveDate>,
    /// New dates where a suspension ends; moved by its days where not said.
    pub dates: Option<Vec<NewDate>>,
    /// The version that the person saw.
    pub expected_version: Option<i32>,
    /// See `idempotency`.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// What a move answers: the project, and the request where approval is needed.
#[derive(Debug, Serialize, Deserialize)]
struct Moved {
    change: Option<String>,
}

impl Services {
    /// Moves a project, or proposes it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a move that the workflow does not have or a wrong date;
    /// [`Error::Blocked`] with every unmet guard; [`Error::Forbidden`], [`Error::Conflict`].
    pub async fn move_project(
        &self,
        call: &Call,
        input: ProjectMove,
    ) -> Result<(ProjectId, Option<ChangeRequestId>)> {
        Self::signed_in(call)?;
        let reason = fetch::note("reason", input.reason.as_deref())?;
        let key = Key::of("projectMove", input.idempotency_key.as_deref(), &input)?;
        let rules = std::sync::Arc::clone(&self.rules);
        let project = input.project;
        let moved = self
            .store
            .write(call.write(reason.clone()), move |work| {
                Box::pin(async move { run(work, input, reason, key, &rules).await })
            })
            .await?;
        let change = moved.change.map(|id| id.parse()).transpose();
        Ok((project, change.map_err(Error::internal)?))
    }
}

async fn run(
    work: &mut Work,
    input: ProjectMove,
    reason: Option<String>,
    key: Option<Key>,
    rules: &Rules,
) -> Result<Moved> {
    let (permit, project) = fetch::project(work, Action::ProjectMove, input.project).await?;
    if let Some(moved) = idempotency::replay(work, key.as_ref()).await? {
        return Ok(moved);
    }
    fetch::expect_version(input.expected_version, project.version)?;
    let today = fetch::today(work, project.jurisdiction_id).await?;
    let milestones = tasks::of_projects(work.connection(), vec![project.id]).await?;
    let wanted = Move {
        to: input.to,
        occurred_on: input.occurred_on.unwrap_or(today),
        review_on: input.review_on,
        reason: reason.as_deref(),
        today,
    };
    let transition = rules
        .workflow
        .check_move(&wanted, &state(&project, &milestones))?;
    check_role(transition, &permit)?;
    let end = Resumption {
        resumes: transition.resumes(),
        on: wanted.occurred_on,
        today,
    };
    let dates = resumed_dates(work, &project, &milestones, &end, input.dates).await?;
    let content = StageContent {
        from: project.stage.to_string(),
        to: input.to.to_string(),
        occurred_on: wanted.occurred_on,
        review_on: input.review_on,
        dates,
    };
    let moved = if transition.requires_approval {
        let proposal = Proposal {
            kind: ChangeKind::Stage,
            content: Content::Stage(content),
            reason,
            late: false,
        };
        let change = propose(work, &permit, &project, proposal).await?;
        Moved {
            change: Some(change.id.to_string()),
        }
    } else {
        apply(work, &permit, &project, transition, &content).await?;
        Moved { change: None }
    };
    idempotency::remember(work, key, &moved).await?;
    Ok(moved)
}

/// The workflow says which roles may take a step; the policy has said who holds them here.
fn check_role(transition: &Transition, permit: &Permit) -> Result<()> {
    match permit.role() {
        Some(role) if !transition.roles.contains(&role) => Err(Error::Forbidden(
            "the workflow does not give your role this step",
        )),
        _ => Ok(()),
    }
}

/// Applies a move: the stage, and what it does to the tasks.
pub(super) async fn apply(
    work: &mut Work,
    permit: &Permit,
    project: &project::Model,
    transition: &Transition,
    content: &StageContent,
) -> Result<project::Model> {
    let milestones = tasks::of_projects(work.connection(), vec![project.id]).await?;
    expect_unchanged(&milestones, &content.dates)?;
    if transition.resumes() {
        let today = fetch::today(work, project.jurisdiction_id).await?;
        expect_ahead(project, &content.dates, content.occurred_on, today)?;
    }
    let mut following = tasks::owed_of_projects(work.connection(), vec![project.id]).await?;
    following.extend(tasks::issues_of(work.connection(), vec![project.id]).await?);
    for before in &following {
        let after = moved_task(project, before, transition, content);
        work.update(permit, before, after).await?;
    }
    if transition.suspends() {
        let review = review(work, project, &milestones, content)?;
        work.create(permit, review, Fields::new()).await?;
    }
    let milestones = tasks::of_projects(work.connection(), vec![project.id]).await?;
    let finish = milestones
        .iter()
        .find(|task| date_of(&content.dates, task).is_some() && is_finish(task));
    let mut after = finish.map_or_else(|| project.clone(), |finish| with_finish(project, finish));
    after.stage = transition.to;
    after.stage_basis = StageBasis::Reported;
    after.stage_since = Some(content.occurred_on);
    after.suspended_from = transition.suspended_from();
    after.percent_complete = percent_complete(&weighed(&milestones));
    after.simulated |= work.simulated();
    work.update(permit, project, after).await
}

fn is_finish(task: &task::Model) -> bool {
    task.role == Some(MilestoneRole::Finish)
}

/// What a move makes of one milestone, report or issue: cancelling ends what is owed (a
/// report that was submitted stays), suspending stops its clock, resuming starts it again and
/// ends the review.
fn moved_task(
    project: &project::Model,
    before: &task::Model,
    transition: &Transition,
    content: &StageContent,
) -> task::Model {
    let mut after = before.clone();
    if !matches!(before.state, TaskState::Open | TaskState::Submitted) {
        return after;
    }
    let role = before.role.unwrap_or(MilestoneRole::Step);
    let reported = before.kind == TaskKind::Report && before.state == TaskState::Submitted;
    let ends = (transition.to == Stage::Cancelled && !reported)
        || (transition.resumes() && role == MilestoneRole::Review);
    if ends {
        after.state = TaskState::Cancelled;
        return after;
    }
    let mut due = due_facts(before);
    if transition.suspends() {
        due.stop(content.occurred_on, role);
    } else if transition.resumes() {
        match date_of(&content.dates, before) {
            Some(date) => resume_with(&mut due, project, date, content.occurred_on),
            None if before.pending_change_id.is_none() => due.resume(content.occurred_on),
            None => {}
        }
        if before.pending_change_id.is_some() {
            // Another date waits for a decision: that keeps the clock stopped.
            due.clock_stopped_on = before.clock_stopped_on;
        }
    }
    set_due_facts(&mut after, &due);
    after
}

/// The review of a suspension: a milestone that the lead unit owes.
fn review(
    work: &Work,
    project: &project::Model,
    milestones: &[task::Model],
    content: &StageContent,
) -> Result<task::Model> {
    let due = content
        .review_on
        .ok_or_else(|| Error::invalid("reviewOn", "required"))?;
    let position = milestones.iter().map(|task| task.position).max();
    Ok(task::Model {
        title: "暂停复核".to_owned(),
        role: Some(MilestoneRole::Review),
        unit_id: project.lead_unit_id,
        position: position.map_or(0, |last| last + 1),
        due_date: Some(due),
        baseline_due_date: Some(due),
        due_basis: Some(DueBasis::Scheduled),
        counted_due_date: Some(due),
        ..blank_milestone(work, project)
    })
}

/// A milestone of a project with nothing said about it yet.
pub(super) fn blank_milestone(work: &Work, project: &project::Model) -> task::Model {
    task::Model {
        project_id: Some(project.id),
        ..blank::task(work, TaskKind::Milestone, project.jurisdiction_id)
    }
}
