//! Selects of projects and of what hangs on them.

mod filter;

use std::collections::HashMap;

use chrono::NaiveDate;
use duban_entities::ids::{ClauseId, ProjectId, TaskId};
use duban_entities::{citation, project, project_area, project_external_id, task};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Value,
};

use super::page::{Direction, Keyset, Page, PageRequest, SortKey};
use super::today::Today;
use super::{scope, search};
use crate::error::Result;
use crate::policy::Principal;
use crate::store::Reads;
use crate::store::reader;

use filter::cited_where;
pub(super) use filter::contains;
pub use filter::{ProjectFilter, condition};

/// What a list of projects is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProjectOrder {
    /// Code.
    Code,
    /// Title, by code point.
    Title,
    /// Current date of completion; those without one last.
    DueDate,
    /// Days overdue of the task that is longest overdue.
    DaysOverdue,
    /// When it last changed.
    Updated,
}

/// One page of the projects that the principal may see. Where no order is given: of a text
/// the best matches first, else by code.
///
/// # Errors
/// As [`PageRequest::window`].
pub async fn page(
    connection: &impl Reads,
    principal: &Principal,
    filter: &ProjectFilter,
    order: Option<(ProjectOrder, Direction)>,
    request: &PageRequest,
    today: &Today,
) -> Result<Page<project::Model>> {
    if order.is_none() && filter.text.is_some() {
        return search::page(connection, principal, filter, request, today).await;
    }
    let order = order.unwrap_or((ProjectOrder::Code, Direction::Ascending));
    let keyset = keyset(order, today);
    let window = request.window(&keyset)?;
    let mut select = reader::find::<project::Entity>()
        .filter(scope::projects(principal))
        .filter(condition(filter, today))
        .filter(window.condition.clone());
    for (expression, direction) in &window.order {
        select = select.order_by(expression.clone(), direction.clone());
    }
    let days = (order.0 == ProjectOrder::DaysOverdue).then(|| longest_overdue(today));
    let rows = reader::all_with(connection, select.limit(window.limit), days).await?;
    let page = window.page(keyset.name, rows, |(row, days)| {
        cursor_values(order.0, row, *days)
    })?;
    Ok(page.map(|(row, _)| row))
}

/// How many projects the filter selects among those that the principal may see.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn count(
    connection: &impl Reads,
    principal: &Principal,
    filter: &ProjectFilter,
    today: &Today,
) -> Result<u64> {
    let select = reader::find::<project::Entity>()
        .filter(scope::projects(principal))
        .filter(condition(filter, today));
    reader::count(connection, select).await
}

/// The ids of the projects that the filter selects among those that the principal may see.
#[must_use]
pub fn selected(principal: &Principal, filter: &ProjectFilter, today: &Today) -> SelectStatement {
    reader::find::<project::Entity>()
        .select_only()
        .column(project::Column::Id)
        .filter(scope::projects(principal))
        .filter(condition(filter, today))
        .into_query()
}

fn keyset((order, direction): (ProjectOrder, Direction), today: &Today) -> Keyset {
    let code = SortKey {
        expression: Expr::col((project::Entity, project::Column::Code)),
        direction,
        parse: |text| Some(text.into()),
    };
    type Parse = fn(&str) -> Option<Value>;
    let (name, first): (_, Option<(SimpleExpr, Parse)>) = match order {
        ProjectOrder::Code => ("project.code", None),
        ProjectOrder::Title => (
            "project.title",
            Some((
                Expr::col((project::Entity, project::Column::Title)),
                |text| Some(text.into()),
            )),
        ),
        ProjectOrder::DueDate => ("project.due", Some((due_or_never(), parse_date))),
        ProjectOrder::DaysOverdue => (
            "project.overdue",
            Some((longest_overdue(today), |text| {
                text.parse::<i32>().ok().map(Value::from)
            })),
        ),
        ProjectOrder::Updated => (
            "project.updated",
            Some((
                Expr::col((project::Entity, project::Column::UpdatedAt)),
                parse_instant,
            )),
        ),
    };
    let first = first.map(|(expression, parse)| SortKey {
        expression,
        direction,
        parse,
    });
    Keyset {
        name,
        keys: first.into_iter().chain([code]).collect(),
    }
}

fn cursor_values(order: ProjectOrder, row: &project::Model, days: i64) -> Vec<String> {
    let first = match order {
        ProjectOrder::Code => None,
        ProjectOrder::Title => Some(row.title.clone()),
        ProjectOrder::DueDate => Some(row.due_date.unwrap_or(NEVER).to_string()),
        ProjectOrder::DaysOverdue => Some(days.to_string()),
        ProjectOrder::Updated => Some(row.updated_at.to_rfc3339()),
    };
    first.into_iter().chain([row.code.clone()]).collect()
}

/// Stands for "no date" in a sort: behind every date.
pub const NEVER: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(date) => date,
    None => NaiveDate::MAX,
};

pub(super) fn parse_date(text: &str) -> Option<Value> {
    text.parse::<NaiveDate>().ok().map(Value::from)
}

pub(super) fn parse_instant(text: &str) -> Option<Value> {
    let at = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(Value::from(at.with_timezone(&chrono::Utc)))
}

fn due_or_never() -> SimpleExpr {
    or_never(Expr::col((project::Entity, project::Column::DueDate)))
}

/// A date, or [`NEVER`]: written out, as in the indexes.
pub(super) fn or_never(date: SimpleExpr) -> SimpleExpr {
    Func::coalesce([date, Expr::cust("'9999-12-31'")]).into()
}

/// Days overdue of the project's longest overdue task, 0 where none is.
fn longest_overdue(today: &Today) -> SimpleExpr {
    let longest = Query::select()
        .expr(Func::max(today.days_overdue()))
        .from(task::Entity)
        .and_where(
            Expr::col((task::Entity, task::Column::ProjectId))
                .equals((project::Entity, project::Column::Id)),
        )
        .cond_where(today.overdue())
        .to_owned();
    Func::coalesce([
        SimpleExpr::SubQuery(None, Box::new(longest.into())),
        Expr::value(0),
    ])
    .into()
}

/// The projects of these ids that the principal may see.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn visible_by_ids(
    connection: &impl Reads,
    principal: &Principal,
    ids: Vec<ProjectId>,
) -> Result<Vec<project::Model>> {
    let select = reader::find::<project::Entity>()
        .filter(project::Column::Id.is_in(ids))
        .filter(scope::projects(principal));
    reader::all(connection, select).await
}

/// The members of these programmes that the principal may see, by code.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn members_of(
    connection: &impl Reads,
    principal: &Principal,
    parents: Vec<ProjectId>,
) -> Result<Vec<project::Model>> {
    let select = reader::find::<project::Entity>()
        .filter(project::Column::ParentId.is_in(parents))
        .filter(scope::projects(principal))
        .order_by_asc(project::Column::Code);
    reader::all(connection, select).await
}

/// The projects that cite these clauses and that the principal may see, each with the
/// clause, by code: two statements.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn of_clauses(
    connection: &impl Reads,
    principal: &Principal,
    clauses: Vec<ClauseId>,
) -> Result<Vec<(ClauseId, project::Model)>> {
    let select = reader::find::<citation::Entity>()
        .select_only()
        .columns([citation::Column::ClauseId, citation::Column::ProjectId])
        .filter(citation::Column::ClauseId.is_in(clauses.clone()))
        .distinct();
    let cited: Vec<(ClauseId, ProjectId)> = reader::tuples(connection, select).await?;
    let citing = cited_where(Condition::all().add(citation::Column::ClauseId.is_in(clauses)));
    let select = reader::find::<project::Entity>()
        .filter(project::Column::Id.in_subquery(citing))
        .filter(scope::projects(principal))
        .order_by_asc(project::Column::Code);
    let rows = reader::all(connection, select).await?;
    let mut citing: HashMap<ProjectId, Vec<ClauseId>> = HashMap::new();
    for (clause, project) in cited {
        citing.entry(project).or_default().push(clause);
    }
    let pairs = rows.into_iter().flat_map(|row| {
        let clauses = citing.remove(&row.id).unwrap_or_default();
        clauses.into_iter().map(move |clause| (clause, row.clone()))
    });
    Ok(pairs.collect())
}

/// How a person names a project.
#[derive(Clone, Debug)]
pub enum ProjectBy {
    /// By id.
    Id(ProjectId),
    /// By code.
    Code(String),
    /// By an identifier in another scheme.
    ExternalId {
        /// The scheme.
        scheme: String,
        /// The identifier.
        value: String,
    },
}

/// The project of this name, whoever may see it: the caller asks the policy.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn by(connection: &impl Reads, by: &ProjectBy) -> Result<Option<project::Model>> {
    let select = reader::find::<project::Entity>();
    let select = match by {
        ProjectBy::Id(id) => select.filter(project::Column::Id.eq(*id)),
        ProjectBy::Code(code) => select.filter(project::Column::Code.eq(code)),
        ProjectBy::ExternalId { scheme, value } => {
            let named = Query::select()
                .column(project_external_id::Column::ProjectId)
                .from(project_external_id::Entity)
                .and_where(project_external_id::Column::Scheme.eq(scheme))
                .and_where(project_external_id::Column::Value.eq(value))
                .to_owned();
            select.filter(project::Column::Id.in_subquery(named))
        }
    };
    reader::one(connection, select).await
}

/// A project's row for a change: locked on PostgreSQL until the transaction ends, so that
/// two changes of one project queue instead of deadlocking.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn lock(connection: &impl Reads, id: ProjectId) -> Result<Option<project::Model>> {
    locked(connection, project::Column::Id.eq(id)).await
}

/// As [`lock`], of the project of a task: it never gets another one.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn lock_of_task(connection: &impl Reads, id: TaskId) -> Result<Option<project::Model>> {
    let of_task = Query::select()
        .column(task::Column::ProjectId)
        .from(task::Entity)
        .and_where(task::Column::Id.eq(id))
        .to_owned();
    locked(connection, project::Column::Id.in_subquery(of_task)).await
}

async fn locked(connection: &impl Reads, which: SimpleExpr) -> Result<Option<project::Model>> {
    let mut select = reader::find::<project::Entity>().filter(which);
    if connection.backend() == DbBackend::Postgres {
        select = select.lock_exclusive();
    }
    reader::one(connection, select).await
}

/// As [`lock`], for many, in the order of the codes: the order in which all who lock several
/// take them.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn lock_many(
    connection: &impl Reads,
    ids: Vec<ProjectId>,
) -> Result<Vec<project::Model>> {
    let mut select = reader::find::<project::Entity>()
        .filter(project::Column::Id.is_in(ids))
        .order_by_asc(project::Column::Code);
    if connection.backend() == DbBackend::Postgres {
        select = select.lock_exclusive();
    }
    reader::all(connection, select).await
}

/// The areas of these projects.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn areas(
    connection: &impl Reads,
    projects: Vec<ProjectId>,
) -> Result<Vec<project_area::Model>> {
    let select = reader::find::<project_area::Entity>()
        .filter(project_area::Column::ProjectId.is_in(projects));
    reader::all(connection, select).await
}
