//! Deciding a request: another person approves, which applies all of it, or returns it.

use duban_entities::ids::{ChangeRequestId, ProjectId};
use duban_entities::vocabulary::ChangeState;
use duban_entities::{change_request, project};

use super::content::{Content, Document, StageContent, content};
use super::{amend, document, entry, reassign, reschedule};
use crate::domain::workflow::Move;
use crate::error::{Error, Result};
use crate::policy::{Action, Facts, Permit};
use crate::service::project::state;
use crate::service::{Call, Rules, Services, fetch, schedule, stage};
use crate::store::today::Today;
use crate::store::{Work, bank, changes, facts, projects, tasks};

/// The two decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Apply it.
    Approve,
    /// Send it back; nothing is applied.
    Return,
}

/// A supervisor decides a request.
#[derive(Clone, Debug)]
pub struct ChangeDecide {
    /// The request.
    pub change: ChangeRequestId,
    /// Which way.
    pub decision: Decision,
    /// What the decider says; required for a return.
    pub note: Option<String>,
    /// The document that the decision rests on.
    pub document: Option<Document>,
    /// The version that the person saw.
    pub expected_version: Option<i32>,
}

impl Services {
    /// Approves a request, which applies all of it, or returns it, which applies nothing.
    ///
    /// # Errors
    /// [`Error::Blocked`] when it is decided already or can no longer be applied;
    /// [`Error::Invalid`] for a return without a note or an unfit document;
    /// [`Error::Forbidden`], [`Error::Conflict`].
    pub async fn decide_change(
        &self,
        call: &Call,
        mut input: ChangeDecide,
    ) -> Result<ChangeRequestId> {
        Self::signed_in(call)?;
        let note = match input.decision {
            Decision::Approve => fetch::note("note", input.note.as_deref())?,
            Decision::Return => Some(fetch::required_note("note", input.note.as_deref())?),
        };
        input.document = document::checked("document", input.document)?;
        let rules = std::sync::Arc::clone(&self.rules);
        self.store
            // A new work is compared with all names of its jurisdiction.
            .write_alone(call.write(note.clone()), move |work| {
                Box::pin(async move { decide(work, input, note, &rules).await })
            })
            .await
    }
}

async fn decide(
    work: &mut Work,
    input: ChangeDecide,
    note: Option<String>,
    rules: &Rules,
) -> Result<ChangeRequestId> {
    let (permit, before, project) = fetch_for_decision(work, input.change).await?;
    fetch::expect_version(input.expected_version, before.version)?;
    if before.state != ChangeState::Proposed {
        return Err(Error::blocked(
            "CHANGE_DECIDED",
            "the request is decided already",
        ));
    }
    let mut after = before.clone();
    after.decided_by = work.principal().user_id();
    after.decided_at = Some(work.at());
    after.note = note;
    if let Some(document) = input.document {
        after.document_title = Some(document.title);
        after.document_number = document.number;
        after.document_date = document.date;
    }
    match input.decision {
        Decision::Approve => {
            after.state = ChangeState::Approved;
            // A new project first: the request refers to it.
            after.project_id = Some(apply(work, &permit, &before, project.as_ref(), rules).await?);
        }
        Decision::Return => {
            after.state = ChangeState::Returned;
            reschedule::release(work, &permit, project.as_ref(), &before).await?;
        }
    }
    let row = work.update(&permit, &before, after).await?;
    Ok(row.id)
}

/// The project is locked first, as everywhere, or the jurisdiction of a work that is only
/// proposed; then the request is read behind the lock.
async fn fetch_for_decision(
    work: &Work,
    id: ChangeRequestId,
) -> Result<(Permit, change_request::Model, Option<project::Model>)> {
    let connection = work.connection();
    let found = changes::by_id(connection, id)
        .await?
        .ok_or(Error::NotFound)?;
    let mut project = match found.project_id {
        Some(id) => projects::lock(connection, id).await?,
        None => {
            bank::lock_jurisdiction(connection, found.jurisdiction_id).await?;
            None
        }
    };
    let row = changes::lock(connection, id)
        .await?
        .ok_or(Error::NotFound)?;
    if let (None, Some(id)) = (&project, row.project_id) {
        // Approved while we waited: it has a project now.
        project = projects::by(connection, &projects::ProjectBy::Id(id)).await?;
    }
    let facts = facts::of_change(connection, &row, project.as_ref()).await?;
    let permit = work.permit(Action::ChangeDecide, Facts::Change(&facts))?;
    Ok((permit, row, project))
}

async fn apply(
    work: &mut Work,
    permit: &Permit,
    row: &change_request::Model,
    project: Option<&project::Model>,
    rules: &Rules,
) -> Result<ProjectId> {
    let content = content(row)?;
    if let Content::Propose(content) = &content {
        return entry::apply(work, permit, row, content).await;
    }
    let project = project.ok_or(Error::NotFound)?;
    if row.proposed_unit_id != project.lead_unit_id {
        return Err(Error::blocked(
            "LEAD_CHANGED",
            "another unit leads the project since this was proposed: return it",
        ));
    }
    if !matches!(content, Content::Schedule { .. } | Content::Stage(_)) {
        super::propose::expect_changeable(project)?;
    }
    match &content {
        Content::Schedule { milestones } => {
            let reason = row.reason.as_deref();
            schedule::apply(work, permit, project, milestones, reason).await?;
        }
        Content::Stage(content) => apply_stage(work, permit, project, content, rules).await?,
        Content::Reschedule { milestones } => {
            reschedule::apply(work, permit, project, milestones).await?;
        }
        Content::Reassign(content) => reassign::apply(work, permit, project, content).await?,
        Content::Amend { before, after } => {
            amend::apply(work, permit, project, (before, after)).await?;
        }
        Content::Propose(_) => {}
    }
    Ok(project.id)
}

async fn apply_stage(
    work: &mut Work,
    permit: &Permit,
    project: &project::Model,
    content: &StageContent,
    rules: &Rules,
) -> Result<()> {
    let (from, to) = content.stages()?;
    if project.stage != from {
        return Err(Error::blocked(
            "STAGE_CHANGED",
            "the project has moved since this was proposed: return it",
        ));
    }
    let today = Today::load(work.connection(), work.at()).await?;
    let milestones = tasks::of_projects(work.connection(), vec![project.id]).await?;
    let wanted = Move {
        to,
        occurred_on: content.occurred_on,
        review_on: content.review_on,
        reason: None,
        today: today.of(project.jurisdiction_id),
    };
    let state = state(project, &milestones);
    let transition = rules.workflow.check_decision(&wanted, &state)?;
    stage::apply(work, permit, project, transition, content).await?;
    Ok(())
}
