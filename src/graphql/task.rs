//! Tasks: everything that is owed. Milestones, reports, issues and orders share their fields
//! ([`common`]) and their lists; what is special to one stands in its own file.

mod common;
mod issue;
mod milestone;
mod order;
mod report;
mod row;
mod then;
mod write;

use async_graphql::{Context, Enum, ID, InputObject, Interface, Object, SimpleObject};
use duban_entities::{task, vocabulary as words};

use super::ahead;
use super::change::ChangeRequest;
use super::connection::{connection, page_cost};
use super::context::{call, loaders, parse, parse_option, services};
use super::error::{Result, public};
use super::loader::FactsOf;
use super::past::past_cost;
use super::person::Person;
use super::project::Project;
use super::project_filter::checked_words;
use super::ready::Ready;
use super::scalar::{Date, DateTime};
use super::unit::Unit;
use super::vocabulary::{DueBasis, OrderDirection, TaskKind, TaskState};
use crate::policy::{ProjectFacts, TaskFacts};
use crate::store::facts;
use crate::store::page::{Direction, PageRequest};
use crate::store::tasks;

pub use issue::{Issue, IssueConnection, IssueMutation};
pub use milestone::Milestone;
pub use order::{Order, OrderMutation, OrderQuery};
pub use report::Report;
pub use row::{Row, line_suffices};
pub use then::Then;
pub use write::{EvidenceInput, TaskMutation};

/// Something that one unit owes by a date. It is OPEN, SUBMITTED once claimed, DONE once
/// verified; CANCELLED when no longer owed.
#[derive(Clone, Debug, Interface)]
#[expect(
    clippy::duplicated_attributes,
    reason = "several fields of an interface have the same type"
)]
#[graphql(
    field(name = "id", ty = "ID", desc = "Opaque id."),
    field(name = "kind", ty = "TaskKind", desc = "What sort of task."),
    field(name = "title", ty = "String", desc = "Title."),
    field(name = "state", ty = "TaskState", desc = "Where it stands."),
    field(name = "due_date", ty = "Option<Date>", desc = "Current due date."),
    field(
        name = "baseline_due_date",
        ty = "Result<Option<Date>>",
        desc = "First approved date."
    ),
    field(
        name = "due_basis",
        ty = "Result<Option<DueBasis>>",
        desc = "Where the date comes from; PLAN_PERIOD is never overdue."
    ),
    field(
        name = "days_overdue",
        ty = "Result<i32>",
        desc = "Days overdue: 0 when not overdue; a DONE task keeps its days late."
    ),
    field(
        name = "overdue",
        ty = "Result<bool>",
        desc = "True when OPEN and past its date, days under suspension apart."
    ),
    field(
        name = "completed_on",
        ty = "Result<Option<Date>>",
        desc = "The day on which the unit says it was done."
    ),
    field(
        name = "unit",
        ty = "Result<Option<Ready<Unit>>>",
        desc = "The unit that owes it; null where none leads yet, and where the office owes an issue."
    ),
    field(
        name = "project",
        ty = "Result<Option<Ready<Project>>>",
        desc = "The project it belongs to."
    ),
    field(
        name = "submitted_by",
        ty = "Result<Option<Person>>",
        desc = "Who submitted it last."
    ),
    field(
        name = "submitted_at",
        ty = "Result<Option<DateTime>>",
        desc = "When it was submitted last."
    ),
    field(
        name = "decided_by",
        ty = "Result<Option<Person>>",
        desc = "Who verified or returned it last."
    ),
    field(
        name = "decided_at",
        ty = "Result<Option<DateTime>>",
        desc = "When it was verified or returned last."
    ),
    field(
        name = "decision_note",
        ty = "Result<Option<String>>",
        desc = "The verifier's note, or the reason of the return or the redirection."
    ),
    field(
        name = "pending_change",
        ty = "Result<Option<ChangeRequest>>",
        desc = "The request for another date, made in time, that waits for a decision: while it does, the office's age counts and the task is not overdue."
    ),
    field(
        name = "carried_days_late",
        ty = "Result<i32>",
        desc = "Days late on a date that a late request replaced: they stay counted."
    ),
    field(
        name = "waived_at",
        ty = "Result<Option<DateTime>>",
        desc = "When a supervisor waived it (免报); then it is CANCELLED."
    ),
    field(
        name = "return_count",
        ty = "Result<i32>",
        desc = "How often it was returned."
    ),
    field(
        name = "evidence",
        ty = "Result<Vec<Evidence>>",
        desc = "References that support the last claim."
    ),
    field(
        name = "simulated",
        ty = "Result<bool>",
        desc = "True for a demonstration record."
    ),
    field(
        name = "version",
        ty = "Result<i32>",
        desc = "Grows by one at each change."
    )
)]
pub enum Task {
    /// A milestone.
    Milestone(Milestone),
    /// A report.
    Report(Report),
    /// An issue.
    Issue(Issue),
    /// An order.
    Order(Order),
}

impl From<task::Model> for Task {
    fn from(row: task::Model) -> Self {
        match row.kind {
            words::TaskKind::Milestone => Self::Milestone(row.into()),
            words::TaskKind::Report => Self::Report(row.into()),
            words::TaskKind::Issue => Self::Issue(row.into()),
            words::TaskKind::Order => Self::Order(row.into()),
        }
    }
}

/// A month, `YYYY-MM`.
pub(super) fn checked_month(text: Option<String>, field: &str) -> Result<Option<String>> {
    match text {
        Some(text) if text.parse::<crate::domain::reporting::Month>().is_err() => Err(public(
            crate::error::Error::invalid(field, "expected a month, YYYY-MM"),
        )),
        text => Ok(text),
    }
}

async fn today_of(ctx: &Context<'_>, row: &task::Model) -> Result<chrono::NaiveDate> {
    let today = super::context::today(ctx).await?;
    Ok(today.of(row.jurisdiction_id))
}

/// What the policy needs to know of a task that the caller may see.
async fn task_facts(ctx: &Context<'_>, row: &task::Model) -> Result<TaskFacts> {
    let project = match row.project_id {
        Some(id) => loaders(ctx)?.load_one(FactsOf(id)).await?,
        None => None,
    };
    let project = project.map(|facts| ProjectFacts::clone(&facts));
    Ok(facts::task_facts(row, project))
}

/// A reference to a document that supports a claim. Files are not kept here.
#[derive(Clone, Debug, SimpleObject)]
pub struct Evidence {
    /// Title of the document.
    title: String,
    /// Its number.
    document_number: Option<String>,
    /// Its date.
    date: Option<Date>,
    /// Where it can be read.
    url: Option<String>,
    /// SHA-256 of its content, 64 hexadecimal digits.
    sha256: Option<String>,
}

impl From<duban_entities::task_evidence::Model> for Evidence {
    fn from(row: duban_entities::task_evidence::Model) -> Self {
        Self {
            title: row.title,
            document_number: row.document_number,
            date: row.document_date.map(Date),
            url: row.url,
            sha256: row.sha256,
        }
    }
}

impl From<crate::service::Evidence> for Evidence {
    fn from(evidence: crate::service::Evidence) -> Self {
        Self {
            title: evidence.title,
            document_number: evidence.document_number,
            date: evidence.date.map(Date),
            url: evidence.url,
            sha256: evidence.sha256,
        }
    }
}

connection!(TaskConnection, TaskEdge, Task, task::Model);
connection!(MilestoneConnection, MilestoneEdge, Milestone, Row);
connection!(ReportConnection, ReportEdge, Report, task::Model);

/// How a task stands to its date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "tasks::DueFilter")]
pub enum TaskDue {
    /// OPEN or SUBMITTED.
    Open,
    /// OPEN and due within the next days (three, unless the installation says otherwise).
    DueSoon,
    /// OPEN and past its date.
    Overdue,
    /// OPEN, and the plan's period has ended: listed and counted apart from overdue.
    PeriodEnded,
    /// DONE.
    Done,
}

/// Which tasks are wanted. All given parts must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct TaskFilter {
    /// Of this jurisdiction.
    jurisdiction_id: Option<ID>,
    /// Of one of these kinds.
    kind: Option<Vec<TaskKind>>,
    /// In one of these states.
    state: Option<Vec<TaskState>>,
    /// Standing so to their date.
    due: Option<TaskDue>,
    /// With a date from one of these sources.
    due_basis: Option<Vec<DueBasis>>,
    /// Owed by this unit.
    unit_id: Option<ID>,
    /// Of this project.
    project_id: Option<ID>,
    /// True: owed by your own units and those below them. False: by others.
    mine: Option<bool>,
    /// Reports for this month, `YYYY-MM`; no other task has one.
    period: Option<String>,
}

impl TaskFilter {
    fn into_store(self, soon_days: u16) -> Result<tasks::TaskFilter> {
        let Self {
            jurisdiction_id,
            kind,
            state,
            due,
            due_basis,
            unit_id,
            project_id,
            mine,
            period,
        } = self;
        Ok(tasks::TaskFilter {
            jurisdiction: parse_option(jurisdiction_id.as_ref())?,
            kinds: checked_words(kind)?,
            states: checked_words(state)?,
            due: due.map(Into::into),
            soon_days: i32::from(soon_days),
            due_bases: checked_words(due_basis)?,
            unit: parse_option(unit_id.as_ref())?,
            project: parse_option(project_id.as_ref())?,
            mine,
            period: checked_month(period, "period")?,
        })
    }
}

/// What a list of tasks is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "tasks::TaskOrder")]
pub enum TaskOrderField {
    /// Current due date; those without one last.
    DueDate,
    /// Days overdue.
    DaysOverdue,
    /// Title, by code point.
    Title,
}

/// The order of a list of tasks.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct TaskOrder {
    /// By what.
    field: TaskOrderField,
    /// Which way.
    #[graphql(default_with = "OrderDirection::Ascending")]
    direction: OrderDirection,
}

/// Root fields on tasks.
#[derive(Debug, Default)]
pub struct TaskQuery;

#[Object]
#[expect(
    clippy::too_many_arguments,
    reason = "the arguments of a page, and an instant"
)]
impl TaskQuery {
    /// The tasks that you may see, now or as they stood at an earlier instant. What a task
    /// says of itself is then of that instant; what it leads to (its unit, its project, the
    /// people) is shown as it is now.
    #[graphql(complexity = "page_cost(first, last, child_complexity) + past_cost(as_of.is_some())")]
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all where nothing is said.")] filter: Option<TaskFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<TaskOrder>,
        #[graphql(
            desc = "As they stood at this instant, from the ledger, with that day's local date; not in the future."
        )]
        as_of: Option<DateTime>,
        #[graphql(
            desc = "So many from the start, or behind `after`; 50 where nothing is said, 200 at most."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before `before`.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<TaskConnection> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let filter = filter
            .unwrap_or_default()
            .into_store(services.rules.due_soon_days)?;
        let order = order_by.map_or((tasks::TaskOrder::DueDate, Direction::Ascending), |order| {
            (order.field.into(), order.direction.into())
        });
        let request = PageRequest {
            first,
            after,
            last,
            before,
        };
        let counted = ctx.look_ahead().field("totalCount").exists();
        if let Some(at) = as_of {
            let wanted = (&filter, order);
            let past = services.tasks_at(call, at.0, wanted, &request).await;
            let (page, total) = past.map_err(public)?;
            return Ok(TaskConnection::then(&page, counted.then_some(total)));
        }
        let page = services
            .tasks(call, &filter, order, &request)
            .await
            .map_err(public)?;
        ahead::of_tasks(ctx, page.rows.iter().map(|(_, row)| row)).await?;
        let total = if counted {
            Some(services.count_tasks(call, &filter).await.map_err(public)?)
        } else {
            None
        };
        Ok(TaskConnection::of(page, total))
    }

    /// One task.
    async fn task(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Task> {
        let row = services(ctx)?
            .task(call(ctx)?, parse(&id)?)
            .await
            .map_err(public)?;
        Ok(row.into())
    }
}
