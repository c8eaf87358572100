//! A task as it stood at an earlier instant: what is shown of it beside its row.

use std::sync::Arc;

use chrono::NaiveDate;

use super::{Evidence, Issue, Milestone, Order, Report, Task, TaskConnection};
use crate::graphql::connection::PageInfo;
use crate::service::PastTask;
use crate::store::page::Page;

/// The local date and the references of an earlier instant.
#[derive(Clone, Debug)]
pub struct Then {
    pub(super) today: NaiveDate,
    pub(super) evidence: Arc<[Evidence]>,
    /// What had been submitted of a report, in order.
    pub(super) revisions: Arc<[duban_entities::report_revision::Model]>,
}

impl Then {
    /// What is shown with a task as it stood.
    pub fn of(task: &PastTask) -> Self {
        let evidence = task.evidence.iter().cloned().map(Evidence::from);
        Self {
            today: task.today,
            evidence: evidence.collect(),
            revisions: task.revisions.clone().into(),
        }
    }
}

impl From<&PastTask> for Task {
    fn from(task: &PastTask) -> Self {
        use duban_entities::vocabulary::TaskKind;
        let (row, then) = (task.row.clone(), Then::of(task));
        match row.kind {
            TaskKind::Milestone => Self::Milestone(Milestone::then(row, then)),
            TaskKind::Report => Self::Report(Report::then(row, then)),
            TaskKind::Issue => Self::Issue(Issue::then(row, then)),
            TaskKind::Order => Self::Order(Order::then(row, then)),
        }
    }
}

impl TaskConnection {
    /// The connection of a page of tasks as they stood.
    pub(super) fn then(page: &Page<PastTask>, total: Option<u64>) -> Self {
        let items = page.rows.iter();
        Self {
            items: items
                .map(|(cursor, task)| (cursor.clone(), task.into()))
                .collect(),
            page_info: PageInfo::of(page),
            total_count: total.and_then(|count| i64::try_from(count).ok()),
        }
    }
}
