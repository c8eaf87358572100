//! Change requests: proposed by one person, decided by another.

use chrono::NaiveDate;
use duban_entities::ids::ChangeRequestId;
use duban_entities::vocabulary::{ChangeKind, ChangeState, DueBasis, Stage};
use duban_entities::{change_request, project};
use serde::{Deserialize, Serialize};

use super::project::state;
use super::schedule::PlannedMilestone;
use super::{Call, Rules, Services, fetch, schedule, stage};
use crate::domain::workflow::Move;
use crate::error::{Error, Result};
use crate::policy::{Action, Facts, Permit};
use crate::store::changes::{self, ChangeRequestFilter};
use crate::store::page::{Page, PageRequest};
use crate::store::record::Fields;
use crate::store::today::Today;
use crate::store::{Work, facts, projects, tasks};

/// What a change request holds, as it stands in the row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Content {
    /// A first schedule.
    Schedule {
        /// Its milestones, in order.
        milestones: Vec<PlannedMilestone>,
    },
    /// A stage move.
    Stage(StageContent),
}

/// A stage move that waits for approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StageContent {
    /// The stage from which it was proposed.
    pub from: String,
    /// The stage to reach.
    pub to: String,
    /// The day on which it happened.
    pub occurred_on: NaiveDate,
    /// When a suspension is reviewed.
    pub review_on: Option<NaiveDate>,
}

impl StageContent {
    /// The stages as words of the domain.
    fn stages(&self) -> Result<(Stage, Stage)> {
        let stage = |text: &str| text.parse::<Stage>().map_err(Error::internal);
        Ok((stage(&self.from)?, stage(&self.to)?))
    }
}

/// What a request holds.
///
/// # Errors
/// [`Error::Internal`] when the row is not what it must be.
pub fn content(row: &change_request::Model) -> Result<Content> {
    serde_json::from_str(&row.content).map_err(Error::internal)
}

/// A proposal that has passed its rules.
#[derive(Debug)]
pub(super) struct Proposal {
    pub(super) kind: ChangeKind,
    pub(super) content: Content,
    pub(super) reason: Option<String>,
}

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
    /// The version that the person saw.
    pub expected_version: Option<i32>,
}

impl Services {
    /// One change request.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none or the caller may not see it.
    pub async fn change(&self, call: &Call, id: ChangeRequestId) -> Result<change_request::Model> {
        Self::signed_in(call)?;
        let connection = self.store.read();
        let row = changes::by_id(connection, id)
            .await?
            .ok_or(Error::NotFound)?;
        let by = projects::ProjectBy::Id(row.project_id.ok_or(Error::NotFound)?);
        let project = projects::by(connection, &by)
            .await?
            .ok_or(Error::NotFound)?;
        let project = facts::of_project(connection, &project).await?;
        let facts = facts::change_facts(&row, project);
        crate::store::authorise(&call.principal, Action::ChangeRead, Facts::Change(&facts))?;
        Ok(row)
    }

    /// One page of change requests, oldest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the filter names something out of reach; as
    /// [`PageRequest::window`].
    pub async fn changes(
        &self,
        call: &Call,
        filter: &ChangeRequestFilter,
        request: &PageRequest,
    ) -> Result<Page<change_request::Model>> {
        self.check_named_in_changes(call, filter).await?;
        changes::page(self.store.read(), &call.principal, filter, request).await
    }

    /// How many change requests the filter selects among those that the caller may see.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the filter names something out of reach.
    pub async fn count_changes(&self, call: &Call, filter: &ChangeRequestFilter) -> Result<u64> {
        self.check_named_in_changes(call, filter).await?;
        changes::count(self.store.read(), &call.principal, filter).await
    }

    async fn check_named_in_changes(
        &self,
        call: &Call,
        filter: &ChangeRequestFilter,
    ) -> Result<()> {
        Self::signed_in(call)?;
        if let Some(id) = filter.jurisdiction {
            self.named_jurisdiction(call, id).await?;
        }
        if let Some(id) = filter.project {
            self.named_project(call, id).await?;
        }
        Ok(())
    }

    /// Approves a request, which applies all of it, or returns it, which applies nothing.
    ///
    /// # Errors
    /// [`Error::Blocked`] when it is decided already or can no longer be applied;
    /// [`Error::Invalid`] for a return without a note; [`Error::Forbidden`],
    /// [`Error::Conflict`].
    pub async fn decide_change(&self, call: &Call, input: ChangeDecide) -> Result<ChangeRequestId> {
        Self::signed_in(call)?;
        let note = match input.decision {
            Decision::Approve => fetch::note("note", input.note.as_deref())?,
            Decision::Return => Some(fetch::required_note("note", input.note.as_deref())?),
        };
        let rules = std::sync::Arc::clone(&self.rules);
        self.store
            .write(call.write(note.clone()), move |work| {
                Box::pin(async move { decide(work, &input, note, &rules).await })
            })
            .await
    }
}

/// Records a proposal, if no other of its kind waits on the project.
pub(super) async fn propose(
    work: &mut Work,
    permit: &Permit,
    project: &project::Model,
    proposal: Proposal,
) -> Result<ChangeRequestId> {
    let pending = changes::pending(work.connection(), project.id, proposal.kind).await?;
    if let Some(pending) = pending {
        return Err(Error::blocked(
            "CHANGE_PENDING",
            format!(
                "a request of this kind waits for a decision: {}",
                pending.id
            ),
        ));
    }
    let proposed_by = work.principal().user_id();
    let today = Today::load(work.connection(), work.at()).await?;
    let row = change_request::Model {
        id: work.new_id(),
        jurisdiction_id: project.jurisdiction_id,
        project_id: Some(project.id),
        kind: proposal.kind,
        state: ChangeState::Proposed,
        content: serde_json::to_string(&proposal.content).map_err(Error::internal)?,
        reason: proposal.reason,
        late: is_late(project, proposal.kind, &today),
        proposed_by: proposed_by.ok_or(Error::Forbidden("only a person proposes"))?,
        proposed_unit_id: project.lead_unit_id,
        proposed_at: work.at(),
        decided_by: None,
        decided_at: None,
        note: None,
        document_title: None,
        document_number: None,
        document_date: None,
        simulated: work.simulated(),
        version: 1,
        created_at: work.at(),
        updated_at: work.at(),
    };
    let row = work.create(permit, row, Fields::new()).await?;
    Ok(row.id)
}

/// A first schedule is late once the date that the plan states has passed.
fn is_late(project: &project::Model, kind: ChangeKind, today: &Today) -> bool {
    let stated = project.due_basis == Some(DueBasis::Stated);
    let passed = project
        .due_date
        .is_some_and(|due| due < today.of(project.jurisdiction_id));
    kind == ChangeKind::Schedule && stated && passed
}

async fn decide(
    work: &mut Work,
    input: &ChangeDecide,
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
    after.state = match input.decision {
        Decision::Approve => ChangeState::Approved,
        Decision::Return => ChangeState::Returned,
    };
    let row = work.update(&permit, &before, after).await?;
    if input.decision == Decision::Approve {
        apply(work, &permit, &row, &project, rules).await?;
    }
    Ok(row.id)
}

/// The project is locked first, as everywhere, then the request is read behind the lock.
async fn fetch_for_decision(
    work: &Work,
    id: ChangeRequestId,
) -> Result<(Permit, change_request::Model, project::Model)> {
    let connection = work.connection();
    let found = changes::by_id(connection, id)
        .await?
        .ok_or(Error::NotFound)?;
    let project = found.project_id.ok_or(Error::NotFound)?;
    let project = projects::lock(connection, project).await?;
    let project = project.ok_or(Error::NotFound)?;
    let row = changes::lock(connection, id)
        .await?
        .ok_or(Error::NotFound)?;
    let project_facts = facts::of_project(connection, &project).await?;
    let facts = facts::change_facts(&row, project_facts);
    let permit = work.permit(Action::ChangeDecide, Facts::Change(&facts))?;
    Ok((permit, row, project))
}

async fn apply(
    work: &mut Work,
    permit: &Permit,
    row: &change_request::Model,
    project: &project::Model,
    rules: &Rules,
) -> Result<()> {
    if row.proposed_unit_id != project.lead_unit_id {
        return Err(Error::blocked(
            "LEAD_CHANGED",
            "another unit leads the project since this was proposed: return it",
        ));
    }
    match content(row)? {
        Content::Schedule { milestones } => {
            schedule::apply(work, permit, project, &milestones, row.reason.as_deref()).await?;
        }
        Content::Stage(content) => apply_stage(work, permit, project, &content, rules).await?,
    }
    Ok(())
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
