//! Selects of projects and of what hangs on them.

use std::collections::HashMap;

use chrono::NaiveDate;
use duban_entities::ids::{AreaId, ClauseId, JurisdictionId, PlanId, ProjectId, UnitId};
use duban_entities::vocabulary::{ProjectKind, Stage};
use duban_entities::{
    citation, clause, project, project_alias, project_area, project_external_id, suggested_lead,
    task, unit, unit_alias,
};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Value,
};

use super::page::{Direction, Keyset, Page, PageRequest, SortKey};
use super::scope;
use super::today::Today;
use crate::error::Result;
use crate::policy::Principal;

/// Which projects are wanted. All given parts must hold.
#[derive(Clone, Debug, Default)]
pub struct ProjectFilter {
    /// Of this jurisdiction.
    pub jurisdiction: Option<JurisdictionId>,
    /// In this area.
    pub area: Option<AreaId>,
    /// Of one of these kinds.
    pub kinds: Option<Vec<ProjectKind>>,
    /// At one of these stages.
    pub stages: Option<Vec<Stage>>,
    /// Led by this unit.
    pub lead_unit: Option<UnitId>,
    /// In which this unit has any part: it leads, cooperates or owes a task.
    pub unit: Option<UnitId>,
    /// With (false) or without (true) a lead unit.
    pub unassigned: Option<bool>,
    /// With (false) or without (true) an approved schedule.
    pub unscheduled: Option<bool>,
    /// With or without a suggested lead.
    pub has_suggested_lead: Option<bool>,
    /// Cited by this plan.
    pub plan: Option<PlanId>,
    /// Cited by this clause.
    pub clause: Option<ClauseId>,
    /// Members of this programme.
    pub parent: Option<ProjectId>,
    /// Due on this day or later.
    pub due_from: Option<NaiveDate>,
    /// Due on this day or earlier.
    pub due_to: Option<NaiveDate>,
    /// With or without an overdue task.
    pub overdue: Option<bool>,
    /// Whose plan period has, or has not, ended without completion.
    pub period_ended: Option<bool>,
    /// Demonstration records, or real ones.
    pub simulated: Option<bool>,
    /// Text in title, alias, code, lead unit's name or alias.
    pub text: Option<String>,
    /// All of these hold.
    pub and: Vec<ProjectFilter>,
    /// One of these holds.
    pub or: Option<Vec<ProjectFilter>>,
    /// This does not hold.
    pub not: Option<Box<ProjectFilter>>,
}

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

/// A project, and its days overdue where the order needs them.
#[derive(Debug)]
struct Sorted {
    row: project::Model,
    days: i32,
}

impl FromQueryResult for Sorted {
    fn from_query_result(
        result: &sea_orm::QueryResult,
        prefix: &str,
    ) -> std::result::Result<Self, sea_orm::DbErr> {
        Ok(Self {
            row: project::Model::from_query_result(result, prefix)?,
            days: result.try_get(prefix, "sorted_days")?,
        })
    }
}

/// One page of the projects that the principal may see.
///
/// # Errors
/// As [`PageRequest::window`].
pub async fn page(
    connection: &impl ConnectionTrait,
    principal: &Principal,
    filter: &ProjectFilter,
    order: (ProjectOrder, Direction),
    request: &PageRequest,
    today: &Today,
) -> Result<Page<project::Model>> {
    let keyset = keyset(order, today);
    let window = request.window(&keyset)?;
    let mut select = project::Entity::find()
        .filter(scope::projects(principal))
        .filter(condition(filter, today))
        .filter(window.condition.clone());
    let days = match order.0 {
        ProjectOrder::DaysOverdue => longest_overdue(today),
        _ => Expr::cust("0"),
    };
    select = select.expr_as(days, "sorted_days");
    for (expression, direction) in &window.order {
        select = select.order_by(expression.clone(), direction.clone());
    }
    let rows: Vec<Sorted> = select
        .limit(window.limit)
        .into_model()
        .all(connection)
        .await?;
    let page = window.page(keyset.name, rows, |sorted| cursor_values(order.0, sorted))?;
    Ok(page.map(|sorted| sorted.row))
}

/// How many projects the filter selects among those that the principal may see.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn count(
    connection: &impl ConnectionTrait,
    principal: &Principal,
    filter: &ProjectFilter,
    today: &Today,
) -> Result<u64> {
    Ok(project::Entity::find()
        .filter(scope::projects(principal))
        .filter(condition(filter, today))
        .count(connection)
        .await?)
}

/// The ids of the projects that the filter selects among those that the principal may see.
#[must_use]
pub fn selected(principal: &Principal, filter: &ProjectFilter, today: &Today) -> SelectStatement {
    project::Entity::find()
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

fn cursor_values(order: ProjectOrder, sorted: &Sorted) -> Vec<String> {
    let row = &sorted.row;
    let first = match order {
        ProjectOrder::Code => None,
        ProjectOrder::Title => Some(row.title.clone()),
        ProjectOrder::DueDate => Some(row.due_date.unwrap_or(NEVER).to_string()),
        ProjectOrder::DaysOverdue => Some(sorted.days.to_string()),
        ProjectOrder::Updated => Some(row.updated_at.to_rfc3339()),
    };
    first.into_iter().chain([row.code.clone()]).collect()
}

/// Stands for "no date" in a sort: behind every date.
pub(super) const NEVER: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
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
    let due = Expr::col((project::Entity, project::Column::DueDate));
    Func::coalesce([due, Expr::value(NEVER)]).into()
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

/// The filter as a condition on `projects`.
#[must_use]
pub fn condition(filter: &ProjectFilter, today: &Today) -> Condition {
    let mut all = Condition::all()
        .add(direct(filter))
        .add(by_parts(filter))
        .add(by_tasks(filter, today));
    for part in &filter.and {
        all = all.add(condition(part, today));
    }
    if let Some(parts) = &filter.or {
        // An empty `or` selects nothing, as in logic.
        let none = Condition::any().add(Expr::value(1).eq(0));
        all = all.add(
            parts
                .iter()
                .fold(none, |any, part| any.add(condition(part, today))),
        );
    }
    if let Some(part) = &filter.not {
        all = all.add(fails(condition(part, today)));
    }
    all
}

/// True where the condition is false or, of a column without a value, unknown: `NOT` alone
/// would let neither a thing nor its opposite through.
fn fails(condition: Condition) -> SimpleExpr {
    let failed: SimpleExpr = Expr::case(condition, Expr::cust("0"))
        .finally(Expr::cust("1"))
        .into();
    failed.eq(Expr::cust("1"))
}

/// What stands in the project's own row.
fn direct(filter: &ProjectFilter) -> Condition {
    use project::Column;
    Condition::all()
        .add_option(filter.jurisdiction.map(|id| Column::JurisdictionId.eq(id)))
        .add_option(filter.kinds.clone().map(|kinds| Column::Kind.is_in(kinds)))
        .add_option(
            filter
                .stages
                .clone()
                .map(|stages| Column::Stage.is_in(stages)),
        )
        .add_option(filter.lead_unit.map(|id| Column::LeadUnitId.eq(id)))
        .add_option(filter.parent.map(|id| Column::ParentId.eq(id)))
        .add_option(
            filter
                .unassigned
                .map(|none| absent(Column::LeadUnitId, none)),
        )
        .add_option(
            filter
                .unscheduled
                .map(|none| absent(Column::ScheduleApprovedAt, none)),
        )
        .add_option(filter.due_from.map(|day| Column::DueDate.gte(day)))
        .add_option(filter.due_to.map(|day| Column::DueDate.lte(day)))
        .add_option(filter.simulated.map(|yes| Column::Simulated.eq(yes)))
}

fn absent(column: project::Column, absent: bool) -> SimpleExpr {
    if absent {
        column.is_null()
    } else {
        column.is_not_null()
    }
}

/// What stands in tables around the project.
fn by_parts(filter: &ProjectFilter) -> Condition {
    let id = project::Column::Id;
    let mut all = Condition::all();
    if let Some(area) = filter.area {
        all = all.add(id.in_subquery(scope::projects_in_areas(vec![area])));
    }
    if let Some(unit) = filter.unit {
        let leads = Condition::any().add(project::Column::LeadUnitId.eq(unit));
        let parts = scope::projects_of_units(&[unit]);
        all = all.add(
            parts
                .into_iter()
                .fold(leads, |any, part| any.add(id.in_subquery(part))),
        );
    }
    if let Some(clause) = filter.clause {
        let cited = citation::Column::ClauseId.eq(clause);
        all = all.add(id.in_subquery(cited_where(Condition::all().add(cited))));
    }
    if let Some(plan) = filter.plan {
        let clauses = Query::select()
            .column(clause::Column::Id)
            .from(clause::Entity)
            .and_where(clause::Column::PlanId.eq(plan))
            .to_owned();
        let cited = citation::Column::ClauseId.in_subquery(clauses);
        all = all.add(id.in_subquery(cited_where(Condition::all().add(cited))));
    }
    if let Some(wanted) = filter.has_suggested_lead {
        let suggested = Query::select()
            .column(suggested_lead::Column::ProjectId)
            .from(suggested_lead::Entity)
            .to_owned();
        let is_in = id.in_subquery(suggested);
        all = all.add(if wanted { is_in } else { is_in.not() });
    }
    all.add_option(filter.text.as_deref().map(text_condition))
}

fn cited_where(condition: Condition) -> SelectStatement {
    Query::select()
        .column(citation::Column::ProjectId)
        .from(citation::Entity)
        .cond_where(condition)
        .to_owned()
}

/// What its tasks say.
fn by_tasks(filter: &ProjectFilter, today: &Today) -> Condition {
    let with = |condition: Condition, wanted: bool| {
        let tasks = Query::select()
            .column((task::Entity, task::Column::ProjectId))
            .from(task::Entity)
            .cond_where(condition)
            .and_where(task::Column::ProjectId.is_not_null())
            .to_owned();
        let is_in = project::Column::Id.in_subquery(tasks);
        if wanted { is_in } else { is_in.not() }
    };
    Condition::all()
        .add_option(filter.overdue.map(|wanted| with(today.overdue(), wanted)))
        .add_option(
            filter
                .period_ended
                .map(|wanted| with(today.project_period_ended(), wanted)),
        )
}

/// Text in title, alias, code, or the lead unit's names.
fn text_condition(text: &str) -> Condition {
    let unit_names = Query::select()
        .column(unit::Column::Id)
        .from(unit::Entity)
        .and_where(contains((unit::Entity, unit::Column::Name), text))
        .to_owned();
    let unit_aliases = Query::select()
        .column(unit_alias::Column::UnitId)
        .from(unit_alias::Entity)
        .and_where(contains(
            (unit_alias::Entity, unit_alias::Column::Alias),
            text,
        ))
        .to_owned();
    let aliases = Query::select()
        .column(project_alias::Column::ProjectId)
        .from(project_alias::Entity)
        .and_where(contains(
            (project_alias::Entity, project_alias::Column::Alias),
            text,
        ))
        .to_owned();
    Condition::any()
        .add(contains((project::Entity, project::Column::Title), text))
        .add(contains((project::Entity, project::Column::Code), text))
        .add(project::Column::Id.in_subquery(aliases))
        .add(project::Column::LeadUnitId.in_subquery(unit_names))
        .add(project::Column::LeadUnitId.in_subquery(unit_aliases))
}

/// The text stands in the column, letters in either case; `%` and `_` are plain characters.
pub(super) fn contains<C>(column: C, text: &str) -> SimpleExpr
where
    C: sea_orm::sea_query::IntoColumnRef,
{
    let escaped = text
        .to_ascii_lowercase()
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    let pattern = sea_orm::sea_query::LikeExpr::new(format!("%{escaped}%")).escape('\\');
    SimpleExpr::from(Func::lower(Expr::col(column))).like(pattern)
}

/// The projects of these ids that the principal may see.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn visible_by_ids(
    connection: &impl ConnectionTrait,
    principal: &Principal,
    ids: Vec<ProjectId>,
) -> Result<Vec<project::Model>> {
    Ok(project::Entity::find()
        .filter(project::Column::Id.is_in(ids))
        .filter(scope::projects(principal))
        .all(connection)
        .await?)
}

/// The members of these programmes that the principal may see, by code.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn members_of(
    connection: &impl ConnectionTrait,
    principal: &Principal,
    parents: Vec<ProjectId>,
) -> Result<Vec<project::Model>> {
    Ok(project::Entity::find()
        .filter(project::Column::ParentId.is_in(parents))
        .filter(scope::projects(principal))
        .order_by_asc(project::Column::Code)
        .all(connection)
        .await?)
}

/// The projects that cite these clauses and that the principal may see, each with the
/// clause, by code: two statements.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn of_clauses(
    connection: &impl ConnectionTrait,
    principal: &Principal,
    clauses: Vec<ClauseId>,
) -> Result<Vec<(ClauseId, project::Model)>> {
    let cited: Vec<(ClauseId, ProjectId)> = citation::Entity::find()
        .select_only()
        .columns([citation::Column::ClauseId, citation::Column::ProjectId])
        .filter(citation::Column::ClauseId.is_in(clauses.clone()))
        .distinct()
        .into_tuple()
        .all(connection)
        .await?;
    let citing = cited_where(Condition::all().add(citation::Column::ClauseId.is_in(clauses)));
    let rows = project::Entity::find()
        .filter(project::Column::Id.in_subquery(citing))
        .filter(scope::projects(principal))
        .order_by_asc(project::Column::Code)
        .all(connection)
        .await?;
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
pub async fn by(
    connection: &impl ConnectionTrait,
    by: &ProjectBy,
) -> Result<Option<project::Model>> {
    let select = project::Entity::find();
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
    Ok(select.one(connection).await?)
}

/// A project's row for a change: locked on PostgreSQL until the transaction ends, so that
/// two changes of one project queue instead of deadlocking.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn lock(
    connection: &impl ConnectionTrait,
    id: ProjectId,
) -> Result<Option<project::Model>> {
    let mut select = project::Entity::find().filter(project::Column::Id.eq(id));
    if connection.get_database_backend() == DbBackend::Postgres {
        select = select.lock_exclusive();
    }
    Ok(select.one(connection).await?)
}

/// The areas of these projects.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn areas(
    connection: &impl ConnectionTrait,
    projects: Vec<ProjectId>,
) -> Result<Vec<project_area::Model>> {
    Ok(project_area::Entity::find()
        .filter(project_area::Column::ProjectId.is_in(projects))
        .all(connection)
        .await?)
}
