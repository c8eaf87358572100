//! Monthly reports (月报): the duty that makes them, drafts, submissions, decisions, lists.

mod content;
mod decide;
mod duty;
mod read;
mod save;
mod submit;

use duban_entities::ids::TaskId;
use duban_entities::vocabulary::TaskKind;
use duban_entities::{project, task};
use serde::Serialize;

use super::fetch;
use super::task::as_text;
use crate::domain::reporting::Month;
use crate::error::{Error, Result};
use crate::policy::{Action, Permit};
use crate::store::Work;

pub(super) use decide::{accept, is_correction, return_correction, send_back};
pub(super) use save::empty as empty_draft;

pub use content::{
    Achieved, ReportContent, ReportedIssue, achieved_of, draft_content, evidence_of,
};
pub use read::{Missing, ReportView};
pub use submit::Submitted;

/// Saves the draft of a report.
#[derive(Clone, Debug)]
pub struct ReportSave {
    /// The report.
    pub task: TaskId,
    /// What has been written so far.
    pub content: ReportContent,
    /// The version of the draft that the person saw.
    pub expected_version: Option<i32>,
}

/// Submits a report, or corrects an accepted one.
#[derive(Clone, Debug, Serialize)]
pub struct ReportSubmit {
    /// The report.
    #[serde(serialize_with = "as_text")]
    pub task: TaskId,
    /// What it says.
    pub content: ReportContent,
    /// The version of the report that the person saw.
    pub expected_version: Option<i32>,
    /// See `idempotency`.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// The office waives a report (免报).
#[derive(Clone, Debug)]
pub struct ReportWaive {
    /// The report.
    pub task: TaskId,
    /// Why; required.
    pub reason: String,
    /// The version that the person saw.
    pub expected_version: Option<i32>,
}

/// A report fetched for an action.
#[derive(Debug)]
struct Fetched {
    permit: Permit,
    task: task::Model,
    project: project::Model,
    month: Month,
}

/// A report fetched for an action; its project is locked.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::Blocked`] for another kind of task.
async fn fetched(work: &mut Work, action: Action, id: TaskId) -> Result<Fetched> {
    let fetch::Fetched {
        permit,
        task,
        project,
        ..
    } = fetch::task(work, action, id).await?;
    let month = task.period.as_deref().and_then(|text| text.parse().ok());
    match (task.kind, project, month) {
        (TaskKind::Report, Some(project), Some(month)) => Ok(Fetched {
            permit,
            task,
            project,
            month,
        }),
        (TaskKind::Report, ..) => Err(Error::internal("a report without project or month")),
        _ => Err(Error::blocked("NOT_A_REPORT", "the task is no report")),
    }
}
