//! What the office decides about reports: accepting, returning, waiving.

use duban_entities::ids::TaskId;
use duban_entities::vocabulary::{RevisionState, Stage, TaskState};
use duban_entities::{project, report_revision, task};

use super::{ReportWaive, evidence_of, fetched};
use crate::error::{Error, Result};
use crate::policy::{Action, Permit};
use crate::service::task::{TaskReturn, decided, replace_evidence};
use crate::service::{Call, Services, fetch};
use crate::store::{Work, reports};

impl Services {
    /// Waives a report (免报): OPEN becomes CANCELLED.
    ///
    /// # Errors
    /// [`Error::Blocked`] when it is not open; [`Error::Invalid`] without a reason;
    /// [`Error::Forbidden`], [`Error::Conflict`].
    pub async fn waive_report(&self, call: &Call, input: ReportWaive) -> Result<TaskId> {
        Self::signed_in(call)?;
        let reason = fetch::required_note("reason", Some(&input.reason))?;
        self.store
            .write(call.write(Some(reason.clone())), move |work| {
                Box::pin(async move { waive(work, &input, reason).await })
            })
            .await
    }
}

async fn waive(work: &mut Work, input: &ReportWaive, reason: String) -> Result<TaskId> {
    let report = fetched(work, Action::ReportWaive, input.task).await?;
    fetch::expect_version(input.expected_version, report.task.version)?;
    if report.task.state != TaskState::Open {
        return Err(Error::blocked(
            "TASK_NOT_OPEN",
            "only a report that is open can be waived",
        ));
    }
    let after = task::Model {
        state: TaskState::Cancelled,
        waived_at: Some(work.at()),
        ..decided(work, &report.task, Some(reason))
    };
    work.update(&report.permit, &report.task, after).await?;
    Ok(report.task.id)
}

/// The revision that waits for the office.
fn waiting(revisions: &[report_revision::Model]) -> Result<&report_revision::Model> {
    let mut latest = revisions.iter().rev();
    let found = latest.find(|row| row.state == RevisionState::Submitted);
    found.ok_or_else(|| Error::internal("a submitted report without a submitted revision"))
}

/// A revision as the office decided it; the task says by whom, when and with what words.
fn decide(
    row: &report_revision::Model,
    task: &task::Model,
    state: RevisionState,
) -> report_revision::Model {
    report_revision::Model {
        state,
        decided_by: task.decided_by,
        decided_at: task.decided_at,
        decision_note: task.decision_note.clone(),
        ..row.clone()
    }
}

/// Accepts what waits; what was accepted before is superseded by it. `task` is decided.
pub(in crate::service) async fn accept(
    work: &mut Work,
    permit: &Permit,
    task: &task::Model,
) -> Result<()> {
    let revisions = reports::revisions(work.connection(), vec![task.id]).await?;
    let waiting = waiting(&revisions)?;
    let accepted = revisions
        .iter()
        .filter(|row| row.state == RevisionState::Accepted);
    for before in accepted {
        let after = report_revision::Model {
            state: RevisionState::Superseded,
            ..before.clone()
        };
        work.update(permit, before, after).await?;
    }
    let after = decide(waiting, task, RevisionState::Accepted);
    work.update(permit, waiting, after).await?;
    Ok(())
}

/// Whether what waits is a correction of a report that was accepted.
pub(in crate::service) async fn is_correction(work: &Work, task: &task::Model) -> Result<bool> {
    let revisions = reports::revisions(work.connection(), vec![task.id]).await?;
    let mut states = revisions.iter().map(|row| row.state);
    Ok(states.any(|state| state == RevisionState::Accepted))
}

/// Returns a correction: what was accepted stays, and the report is DONE again, with the
/// submission and the evidence of what was accepted.
pub(in crate::service) async fn return_correction(
    work: &mut Work,
    permit: &Permit,
    before: &task::Model,
    input: &TaskReturn,
    reason: String,
) -> Result<TaskId> {
    if input.due_date.is_some() {
        return Err(Error::invalid(
            "dueDate",
            "a returned correction is owed by no date: the accepted report stays",
        ));
    }
    let revisions = reports::revisions(work.connection(), vec![before.id]).await?;
    let accepted = accepted(&revisions)?;
    let after = task::Model {
        state: TaskState::Done,
        return_count: before.return_count + 1,
        submitted_by: Some(accepted.submitted_by),
        submitted_at: Some(accepted.submitted_at),
        completed_on: Some(accepted.submitted_on),
        ..decided(work, before, Some(reason))
    };
    return_waiting(work, permit, &after).await?;
    let evidence = replace_evidence(work, before, evidence_of(accepted)?).await?;
    let row = work.update_with(permit, before, after, evidence).await?;
    Ok(row.id)
}

/// The revision that stands accepted.
fn accepted(revisions: &[report_revision::Model]) -> Result<&report_revision::Model> {
    let mut latest = revisions.iter().rev();
    let found = latest.find(|row| row.state == RevisionState::Accepted);
    found.ok_or_else(|| Error::internal("a correction of a report that was never accepted"))
}

/// Returns what waits: the report, which is OPEN again, gets its new revision from the unit.
/// Of a cancelled project nothing is owed any more.
pub(in crate::service) async fn send_back(
    work: &mut Work,
    permit: &Permit,
    after: &mut task::Model,
    project: Option<&project::Model>,
) -> Result<()> {
    if project.is_some_and(|project| project.stage == Stage::Cancelled) {
        after.state = TaskState::Cancelled;
    }
    return_waiting(work, permit, after).await
}

async fn return_waiting(work: &mut Work, permit: &Permit, task: &task::Model) -> Result<()> {
    let revisions = reports::revisions(work.connection(), vec![task.id]).await?;
    let waiting = waiting(&revisions)?;
    let after = decide(waiting, task, RevisionState::Returned);
    work.update(permit, waiting, after).await?;
    Ok(())
}
