//! Selects of reports: the tasks, their revisions and drafts, investment.

use duban_entities::ids::{JurisdictionId, ProjectId, ReportRevisionId, TaskId, UnitId};
use duban_entities::vocabulary::{RevisionState, TaskKind, TaskState};
use duban_entities::{report_draft, report_revision, task};
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect, Value};

use super::page::{Direction, Keyset, Page, PageRequest, SortKey};
use super::projects::parse_instant;
use super::scope;
use super::tasks::is_kind;
use super::today::Today;
use crate::error::Result;
use crate::policy::Principal;
use crate::store::Reads;
use crate::store::reader;

/// The reports of these projects, newest month first.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn of_projects(
    connection: &impl Reads,
    projects: Vec<ProjectId>,
) -> Result<Vec<task::Model>> {
    let select = reader::find::<task::Entity>()
        .filter(task::Column::ProjectId.is_in(projects))
        .filter(is_kind(task::Entity, TaskKind::Report))
        .order_by_desc(task::Column::Period)
        .order_by_asc(task::Column::Id);
    reader::all(connection, select).await
}

/// The reports of these projects that are OPEN or SUBMITTED, oldest month first.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn active_of_projects(
    connection: &impl Reads,
    projects: Vec<ProjectId>,
) -> Result<Vec<task::Model>> {
    let select = reader::find::<task::Entity>()
        .filter(task::Column::ProjectId.is_in(projects))
        .filter(is_kind(task::Entity, TaskKind::Report))
        .filter(task::Column::State.is_in([TaskState::Open, TaskState::Submitted]))
        .order_by_asc(task::Column::Period)
        .order_by_asc(task::Column::Id);
    reader::all(connection, select).await
}

/// The reports of these projects for one month.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn of_month(
    connection: &impl Reads,
    projects: Vec<ProjectId>,
    period: &str,
) -> Result<Vec<task::Model>> {
    let select = reader::find::<task::Entity>()
        .filter(task::Column::ProjectId.is_in(projects))
        .filter(is_kind(task::Entity, TaskKind::Report))
        .filter(task::Column::Period.eq(period));
    reader::all(connection, select).await
}

/// The revisions of these reports, in the order of their submission.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn revisions(
    connection: &impl Reads,
    tasks: Vec<TaskId>,
) -> Result<Vec<report_revision::Model>> {
    let select = reader::find::<report_revision::Entity>()
        .filter(report_revision::Column::TaskId.is_in(tasks))
        .order_by_asc(report_revision::Column::TaskId)
        .order_by_asc(report_revision::Column::Number);
    reader::all(connection, select).await
}

/// The accepted revisions of these projects, one a month, in the order of the months.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn accepted(
    connection: &impl Reads,
    projects: Vec<ProjectId>,
) -> Result<Vec<report_revision::Model>> {
    let select = reader::find::<report_revision::Entity>()
        .filter(report_revision::Column::ProjectId.is_in(projects))
        .filter(report_revision::Column::State.eq(RevisionState::Accepted))
        .order_by_asc(report_revision::Column::ProjectId)
        .order_by_asc(report_revision::Column::Period);
    reader::all(connection, select).await
}

/// The last revision of a project before a month that is accepted, or submitted since.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn before(
    connection: &impl Reads,
    project: ProjectId,
    period: &str,
) -> Result<Option<report_revision::Model>> {
    let counts = [RevisionState::Accepted, RevisionState::Submitted];
    let select = reader::find::<report_revision::Entity>()
        .filter(report_revision::Column::ProjectId.eq(project))
        .filter(report_revision::Column::Period.lt(period))
        .filter(report_revision::Column::State.is_in(counts))
        .order_by_desc(report_revision::Column::Period)
        .order_by_desc(report_revision::Column::Number)
        .limit(1);
    reader::one(connection, select).await
}

/// The first revision of a project behind a month that is accepted, or submitted since.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn after(
    connection: &impl Reads,
    project: ProjectId,
    period: &str,
) -> Result<Option<report_revision::Model>> {
    let counts = [RevisionState::Accepted, RevisionState::Submitted];
    let select = reader::find::<report_revision::Entity>()
        .filter(report_revision::Column::ProjectId.eq(project))
        .filter(report_revision::Column::Period.gt(period))
        .filter(report_revision::Column::State.is_in(counts))
        .order_by_asc(report_revision::Column::Period)
        .order_by_desc(report_revision::Column::Number)
        .limit(1);
    reader::one(connection, select).await
}

/// The drafts of these reports.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn drafts(
    connection: &impl Reads,
    tasks: Vec<TaskId>,
) -> Result<Vec<report_draft::Model>> {
    let select =
        reader::find::<report_draft::Entity>().filter(report_draft::Column::TaskId.is_in(tasks));
    reader::all(connection, select).await
}

/// Which reports or submissions are wanted. All given parts must hold.
#[derive(Clone, Debug, Default)]
pub struct ReportFilter {
    /// Of this jurisdiction.
    pub jurisdiction: Option<JurisdictionId>,
    /// Owed by this unit.
    pub unit: Option<UnitId>,
    /// Of this project.
    pub project: Option<ProjectId>,
    /// For this month or a later one, `YYYY-MM`.
    pub period_from: Option<String>,
    /// For this month or an earlier one, `YYYY-MM`.
    pub period_to: Option<String>,
}

impl ReportFilter {
    fn condition(&self) -> Condition {
        use task::Column;
        let from = self.period_from.clone();
        let to = self.period_to.clone();
        Condition::all()
            .add(Column::Kind.eq(TaskKind::Report))
            .add_option(self.jurisdiction.map(|id| Column::JurisdictionId.eq(id)))
            .add_option(self.unit.map(|id| Column::UnitId.eq(id)))
            .add_option(self.project.map(|id| Column::ProjectId.eq(id)))
            .add_option(from.map(|period| Column::Period.gte(period)))
            .add_option(to.map(|period| Column::Period.lte(period)))
    }
}

/// The reports that are missing, among those that the principal may see: overdue and never
/// submitted. The newest month first; at most `limit`.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn missing(
    connection: &impl Reads,
    principal: &Principal,
    filter: &ReportFilter,
    today: &Today,
    limit: u64,
) -> Result<Vec<task::Model>> {
    let select = reader::find::<task::Entity>()
        .filter(scope::tasks(principal))
        .filter(filter.condition())
        .filter(today.overdue())
        .filter(task::Column::FirstSubmittedOn.is_null())
        .order_by_desc(task::Column::Period)
        .order_by_asc(task::Column::UnitId)
        .order_by_asc(task::Column::Id)
        .limit(limit);
    reader::all(connection, select).await
}

/// One page of the submissions of reports that the principal may see, newest first.
///
/// # Errors
/// As [`PageRequest::window`].
pub async fn submissions(
    connection: &impl Reads,
    principal: &Principal,
    filter: &ReportFilter,
    request: &PageRequest,
) -> Result<Page<report_revision::Model>> {
    let keyset = keyset();
    let window = request.window(&keyset)?;
    let mut select = reader::find::<report_revision::Entity>()
        .filter(report_revision::Column::TaskId.in_subquery(selected(principal, filter)))
        .filter(window.condition.clone());
    for (expression, direction) in &window.order {
        select = select.order_by(expression.clone(), direction.clone());
    }
    let rows = reader::all(connection, select.limit(window.limit)).await?;
    window.page(keyset.name, rows, |row| {
        vec![row.submitted_at.to_rfc3339(), row.id.to_string()]
    })
}

/// How many submissions the filter selects among those that the principal may see.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn count_submissions(
    connection: &impl Reads,
    principal: &Principal,
    filter: &ReportFilter,
) -> Result<u64> {
    let select = reader::find::<report_revision::Entity>()
        .filter(report_revision::Column::TaskId.in_subquery(selected(principal, filter)));
    reader::count(connection, select).await
}

/// The ids of the visible reports that a filter selects.
fn selected(principal: &Principal, filter: &ReportFilter) -> SelectStatement {
    Query::select()
        .column(task::Column::Id)
        .from(task::Entity)
        .cond_where(scope::tasks(principal))
        .cond_where(filter.condition())
        .to_owned()
}

fn keyset() -> Keyset {
    let key = |column, parse: fn(&str) -> Option<Value>| SortKey {
        expression: Expr::col((report_revision::Entity, column)),
        direction: Direction::Descending,
        parse,
    };
    Keyset {
        name: "report.submitted",
        keys: vec![
            key(report_revision::Column::SubmittedAt, parse_instant),
            key(report_revision::Column::Id, |text| {
                text.parse::<ReportRevisionId>().ok().map(Value::from)
            }),
        ],
    }
}
