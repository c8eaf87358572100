//! Drafts: the unit's own. The ledger says that one was saved, never what it holds.

use duban_entities::ids::TaskId;
use duban_entities::report_draft;
use duban_entities::vocabulary::TaskState;

use super::{Fetched, ReportSave, fetched};
use crate::error::{Error, Problems, Result};
use crate::policy::{Action, Permit};
use crate::service::{Call, Services, fetch};
use crate::store::ledger::FieldChange;
use crate::store::record::Fields;
use crate::store::{Work, reports};

impl Services {
    /// Saves the draft of a report, in the place of an earlier one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is too long; [`Error::Blocked`] while the office decides
    /// or when nothing is owed any more; [`Error::Forbidden`], [`Error::Conflict`].
    pub async fn save_report(&self, call: &Call, input: ReportSave) -> Result<TaskId> {
        Self::signed_in(call)?;
        let mut problems = Problems::default();
        input.content.check_size(&mut problems)?;
        problems.finish()?;
        let content = serde_json::to_string(&input.content).map_err(Error::internal)?;
        self.store
            .write(call.write(None), move |work| {
                Box::pin(async move { save(work, &input, content).await })
            })
            .await
    }
}

async fn save(work: &mut Work, input: &ReportSave, content: String) -> Result<TaskId> {
    let report = fetched(work, Action::ReportSave, input.task).await?;
    if !matches!(report.task.state, TaskState::Open | TaskState::Done) {
        return Err(Error::blocked(
            "REPORT_CLOSED",
            "the report waits for the office, or is no longer owed",
        ));
    }
    let known = reports::drafts(work.connection(), vec![report.task.id]).await?;
    match known.into_iter().next() {
        Some(before) => {
            fetch::expect_version(input.expected_version, before.version)?;
            put(work, &report.permit, &before, content).await?;
        }
        None => {
            fetch::expect_version(input.expected_version, 0)?;
            create(work, &report, content).await?;
        }
    }
    Ok(report.task.id)
}

async fn create(work: &mut Work, report: &Fetched, content: String) -> Result<()> {
    let saved_by = work.principal().user_id();
    let row = report_draft::Model {
        id: work.new_id(),
        task_id: report.task.id,
        jurisdiction_id: report.task.jurisdiction_id,
        project_id: report.project.id,
        content,
        saved_by: saved_by.ok_or(Error::Forbidden("only a person writes a report"))?,
        saved_at: work.at(),
        simulated: work.simulated(),
        version: 1,
        created_at: work.at(),
        updated_at: work.at(),
    };
    work.create(&report.permit, row, Fields::new()).await?;
    Ok(())
}

/// Puts a content in the place of the present one.
async fn put(
    work: &mut Work,
    permit: &Permit,
    before: &report_draft::Model,
    content: String,
) -> Result<()> {
    if before.content == content {
        return Ok(());
    }
    let saved_by = work.principal().user_id();
    let after = report_draft::Model {
        content,
        saved_by: saved_by.unwrap_or(before.saved_by),
        saved_at: work.at(),
        ..before.clone()
    };
    // That the content changed is known, not to what.
    let changed = FieldChange {
        field: "content".into(),
        from: None,
        to: None,
    };
    work.update_with(permit, before, after, vec![changed])
        .await?;
    Ok(())
}

/// Empties the draft of a report that was submitted, or that another unit owes from now on.
pub(in crate::service) async fn empty(
    work: &mut Work,
    permit: &Permit,
    report: TaskId,
) -> Result<()> {
    for before in reports::drafts(work.connection(), vec![report]).await? {
        put(work, permit, &before, String::new()).await?;
    }
    Ok(())
}
