//! Proposing a change: one pending request of a kind a project.

use duban_entities::ids::{ChangeRequestId, JurisdictionId, ProjectId, UnitId};
use duban_entities::vocabulary::{ChangeKind, ChangeState, Stage};
use duban_entities::{change_request, project};
use serde::Serialize;

use super::content::{Content, NewDate, Parts};
use super::{amend, reassign, reschedule};
use crate::error::{Error, Result};
use crate::policy::{Action, Permit};
use crate::service::idempotency::{self, Key};
use crate::service::task::as_text;
use crate::service::{Call, Services, fetch};
use crate::store::record::Fields;
use crate::store::{Work, changes};

/// The lead unit proposes other dates, another lead unit or other contents.
#[derive(Clone, Debug, Serialize)]
pub struct ChangePropose {
    /// The project.
    #[serde(serialize_with = "as_text")]
    pub project: ProjectId,
    /// What shall change.
    pub wanted: Wanted,
    /// Why; required.
    pub reason: String,
    /// The version of the project that the person saw.
    pub expected_version: Option<i32>,
    /// See `idempotency`.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// What shall change; ids in their wire form.
#[derive(Clone, Debug, Serialize)]
pub enum Wanted {
    /// Other dates for open milestones of the approved schedule.
    Reschedule(Vec<NewDate>),
    /// Another lead unit.
    Reassign {
        /// Who shall lead.
        lead: String,
        /// Who shall cooperate, in order; unchanged where not said.
        cooperating: Option<Vec<String>>,
    },
    /// Other contents.
    Amend(Parts),
}

/// A proposal that has passed its rules.
#[derive(Debug)]
pub(in crate::service) struct Proposal {
    pub(in crate::service) kind: ChangeKind,
    pub(in crate::service) content: Content,
    pub(in crate::service) reason: Option<String>,
    /// Made after the date that it changes.
    pub(in crate::service) late: bool,
}

impl Services {
    /// Proposes a change of a project; another person decides it.
    ///
    /// # Errors
    /// [`Error::Invalid`] without a reason or with every problem of the change;
    /// [`Error::Blocked`] when another of the kind waits or the project cannot be changed so;
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Conflict`].
    pub async fn propose_change(
        &self,
        call: &Call,
        input: ChangePropose,
    ) -> Result<ChangeRequestId> {
        Self::signed_in(call)?;
        let reason = fetch::required_note("reason", Some(&input.reason))?;
        let key = Key::of("changePropose", input.idempotency_key.as_deref(), &input)?;
        let id = self
            .store
            .write(call.write(Some(reason.clone())), move |work| {
                Box::pin(async move { run(work, input, reason, key).await })
            })
            .await?;
        id.parse().map_err(Error::internal)
    }
}

async fn run(
    work: &mut Work,
    input: ChangePropose,
    reason: String,
    key: Option<Key>,
) -> Result<String> {
    let (permit, project) = fetch::project(work, Action::ChangePropose, input.project).await?;
    if let Some(id) = idempotency::replay(work, key.as_ref()).await? {
        return Ok(id);
    }
    fetch::expect_version(input.expected_version, project.version)?;
    expect_changeable(&project)?;
    let (kind, content) = match input.wanted {
        Wanted::Reschedule(dates) => {
            let milestones = reschedule::proposal(work, &project, &dates).await?;
            (ChangeKind::Reschedule, Content::Reschedule { milestones })
        }
        Wanted::Reassign { lead, cooperating } => {
            let content = reassign::proposal(work, &project, &lead, cooperating).await?;
            (ChangeKind::Reassign, Content::Reassign(content))
        }
        Wanted::Amend(parts) => {
            let (before, after) = amend::proposal(work, &project, parts).await?;
            (ChangeKind::Amend, Content::Amend { before, after })
        }
    };
    let late =
        matches!(&content, Content::Reschedule { milestones } if milestones.iter().any(|m| m.late));
    let proposal = Proposal {
        kind,
        content,
        reason: Some(reason),
        late,
    };
    let row = propose(work, &permit, &project, proposal).await?;
    reschedule::wait(work, &permit, &row).await?;
    let id = row.id.to_string();
    idempotency::remember(work, key, &id).await?;
    Ok(id)
}

/// Refuses a change of a project that has ended.
pub(in crate::service) fn expect_changeable(project: &project::Model) -> Result<()> {
    if matches!(project.stage, Stage::Cancelled | Stage::Operation) {
        return Err(Error::blocked("STAGE_FINAL", "the project has ended"));
    }
    Ok(())
}

/// Records a proposal, if no other of its kind waits on the project.
pub(in crate::service) async fn propose(
    work: &mut Work,
    permit: &Permit,
    project: &project::Model,
    proposal: Proposal,
) -> Result<change_request::Model> {
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
    let (unit, of) = (project.lead_unit_id, project.jurisdiction_id);
    record(work, permit, (of, Some(project.id), unit), proposal).await
}

/// Records a proposal for a unit, on a project or on none yet.
pub(super) async fn record(
    work: &mut Work,
    permit: &Permit,
    (jurisdiction_id, project_id, proposed_unit_id): (
        JurisdictionId,
        Option<ProjectId>,
        Option<UnitId>,
    ),
    proposal: Proposal,
) -> Result<change_request::Model> {
    let proposed_by = work.principal().user_id();
    let row = change_request::Model {
        id: work.new_id(),
        jurisdiction_id,
        project_id,
        kind: proposal.kind,
        state: ChangeState::Proposed,
        content: serde_json::to_string(&proposal.content).map_err(Error::internal)?,
        reason: proposal.reason,
        late: proposal.late,
        proposed_by: proposed_by.ok_or(Error::Forbidden("only a person proposes"))?,
        proposed_unit_id,
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
    work.create(permit, row, Fields::new()).await
}
