//! Selects of tasks.

use chrono::NaiveDate;
use duban_entities::ids::{ChangeRequestId, JurisdictionId, ProjectId, TaskId, UnitId};
use duban_entities::row::FromCells;
use duban_entities::vocabulary::{DueBasis, MilestoneRole, TaskKind, TaskState};
use duban_entities::{jurisdiction, project, task, task_evidence};
use sea_orm::sea_query::{Expr, ExprTrait, IntoIden, Query, SimpleExpr, UnionType};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, EntityTrait, Iterable, JoinType, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select, Value,
};

use super::page::{Direction, Keyset, Page, PageRequest, SortKey};
use super::projects::{self, NEVER, or_never, parse_date};
use super::today::{Today, in_zone, open};
use super::{Work, scope};
use crate::error::Result;
use crate::policy::Principal;
use crate::store::Reads;
use crate::store::reader;
use crate::store::writes::{Writes, insert_all};

/// How a task stands to its date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueFilter {
    /// OPEN or SUBMITTED.
    Open,
    /// Due within the settable number of days.
    DueSoon,
    /// Overdue.
    Overdue,
    /// The plan period has ended.
    PeriodEnded,
    /// Done.
    Done,
}

/// Which tasks are wanted. All given parts must hold.
#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    /// Of this jurisdiction.
    pub jurisdiction: Option<JurisdictionId>,
    /// Of one of these kinds.
    pub kinds: Option<Vec<TaskKind>>,
    /// In one of these states.
    pub states: Option<Vec<TaskState>>,
    /// Standing so to their date.
    pub due: Option<DueFilter>,
    /// Days that count as soon.
    pub soon_days: i32,
    /// With a date from one of these sources.
    pub due_bases: Option<Vec<DueBasis>>,
    /// Owed by this unit.
    pub unit: Option<UnitId>,
    /// Of this project.
    pub project: Option<ProjectId>,
    /// Owed by the person's own units (true), or not (false).
    pub mine: Option<bool>,
    /// Reports for this month, `YYYY-MM`.
    pub period: Option<String>,
}

/// What a list of tasks is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskOrder {
    /// Current due date; those without one last.
    DueDate,
    /// Days overdue.
    DaysOverdue,
    /// Title, by code point.
    Title,
}

/// One page of the tasks that the principal may see.
///
/// # Errors
/// As [`PageRequest::window`].
pub async fn page(
    connection: &impl Reads,
    principal: &Principal,
    filter: &TaskFilter,
    order: (TaskOrder, Direction),
    request: &PageRequest,
    today: &Today,
) -> Result<Page<task::Model>> {
    let keyset = keyset(order, today);
    let window = request.window(&keyset)?;
    let mut select = reader::find::<task::Entity>()
        .filter(scope::tasks(principal))
        .filter(condition(principal, filter, today))
        .filter(window.condition.clone());
    for (expression, direction) in &window.order {
        select = select.order_by(expression.clone(), direction.clone());
    }
    let days = (order.0 == TaskOrder::DaysOverdue).then(|| days_or_zero(today));
    let rows = reader::all_with(connection, select.limit(window.limit), days).await?;
    let page = window.page(keyset.name, rows, |(row, days)| {
        cursor_values(order.0, row, *days)
    })?;
    Ok(page.map(|(row, _)| row))
}

/// How many tasks the filter selects among those that the principal may see.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn count(
    connection: &impl Reads,
    principal: &Principal,
    filter: &TaskFilter,
    today: &Today,
) -> Result<u64> {
    let select = reader::find::<task::Entity>()
        .filter(scope::tasks(principal))
        .filter(condition(principal, filter, today));
    reader::count(connection, select).await
}

fn keyset((order, direction): (TaskOrder, Direction), today: &Today) -> Keyset {
    let id = SortKey {
        expression: Expr::col((task::Entity, task::Column::Id)),
        direction,
        parse: |text| text.parse::<TaskId>().ok().map(Value::from),
    };
    let (name, expression, parse): (_, _, fn(&str) -> Option<Value>) = match order {
        TaskOrder::DueDate => ("task.due", due_or_never(), parse_date),
        TaskOrder::DaysOverdue => ("task.overdue", days_or_zero(today), |text| {
            text.parse::<i32>().ok().map(Value::from)
        }),
        TaskOrder::Title => (
            "task.title",
            Expr::col((task::Entity, task::Column::Title)),
            |text| Some(text.into()),
        ),
    };
    let first = SortKey {
        expression,
        direction,
        parse,
    };
    Keyset {
        name,
        keys: vec![first, id],
    }
}

fn cursor_values(order: TaskOrder, row: &task::Model, days: i64) -> Vec<String> {
    let first = match order {
        TaskOrder::DueDate => row.due_date.unwrap_or(NEVER).to_string(),
        TaskOrder::DaysOverdue => days.to_string(),
        TaskOrder::Title => row.title.clone(),
    };
    vec![first, row.id.to_string()]
}

fn due_or_never() -> SimpleExpr {
    or_never(Expr::col((task::Entity, task::Column::DueDate)))
}

fn days_or_zero(today: &Today) -> SimpleExpr {
    Expr::case(today.overdue(), today.days_overdue())
        .finally(Expr::value(0))
        .into()
}

fn condition(principal: &Principal, filter: &TaskFilter, today: &Today) -> Condition {
    use task::Column;
    let mine = |own: bool| {
        let is_in = Condition::all().add(Column::UnitId.is_in(principal.units()));
        if own { is_in } else { is_in.not() }
    };
    Condition::all()
        .add_option(filter.jurisdiction.map(|id| Column::JurisdictionId.eq(id)))
        .add_option(filter.kinds.clone().map(|kinds| Column::Kind.is_in(kinds)))
        .add_option(filter.states.as_deref().map(in_states))
        .add_option(
            filter
                .due_bases
                .clone()
                .map(|bases| Column::DueBasis.is_in(bases)),
        )
        .add_option(filter.unit.map(|id| Column::UnitId.eq(id)))
        .add_option(filter.project.map(|id| Column::ProjectId.eq(id)))
        .add_option(
            filter
                .due
                .map(|due| due_condition(due, filter.soon_days, today)),
        )
        .add_option(filter.mine.map(mine))
        .add_option(
            filter
                .period
                .clone()
                .map(|period| Column::Period.eq(period)),
        )
}

/// Tasks of this kind. The word stands in the statement, as in the partial indexes: a bound value
/// would find none of them.
pub(super) fn is_kind(table: impl IntoIden, kind: TaskKind) -> SimpleExpr {
    Expr::col((table, task::Column::Kind)).eq(Expr::cust(format!("'{kind}'")))
}

/// In one of these states; open tasks alone have indexes of their own.
fn in_states(states: &[TaskState]) -> Condition {
    match states {
        [TaskState::Open] => open(),
        _ => Condition::all().add(task::Column::State.is_in(states.iter().copied())),
    }
}

fn due_condition(due: DueFilter, soon_days: i32, today: &Today) -> Condition {
    match due {
        DueFilter::Open => in_states(&[TaskState::Open, TaskState::Submitted]),
        DueFilter::DueSoon => today.due_soon(soon_days),
        DueFilter::Overdue => today.overdue(),
        DueFilter::PeriodEnded => today.period_ended(),
        DueFilter::Done => in_states(&[TaskState::Done]),
    }
}

/// The task of this id, whoever may see it: the caller asks the policy.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn by_id(connection: &impl Reads, id: TaskId) -> Result<Option<task::Model>> {
    let select = reader::find::<task::Entity>().filter(task::Column::Id.eq(id));
    reader::one(connection, select).await
}

/// A task for a change.
#[derive(Debug)]
pub struct Locked {
    /// The task.
    pub task: task::Model,
    /// Its project, if it has one: nobody else changes it until the work is done.
    pub project: Option<project::Model>,
    /// Today in its jurisdiction, where that was read on the way.
    pub today: Option<NaiveDate>,
}

/// The task of this id, whoever may see it, behind the lock of its project: the caller asks
/// the policy. On SQLite nobody else writes meanwhile, and all is read at once.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn lock(work: &Work, id: TaskId) -> Result<Option<Locked>> {
    let connection = work.connection();
    let whole = match work.backend() {
        DbBackend::Sqlite => with_project(connection, id).await?,
        _ => None,
    };
    if let Some((task, project, jurisdiction)) = whole {
        let today = in_zone(&jurisdiction.time_zone, work.at())?;
        return Ok(Some(Locked {
            task,
            project: Some(project),
            today: Some(today),
        }));
    }
    // The task after the lock: somebody may change it while we wait.
    let project = projects::lock_of_task(connection, id).await?;
    let task = by_id(connection, id).await?;
    Ok(task.map(|task| Locked {
        task,
        project,
        today: None,
    }))
}

/// The task of this id with its project and jurisdiction; nothing where it has no project.
async fn with_project(
    connection: &impl Reads,
    id: TaskId,
) -> Result<Option<(task::Model, project::Model, jurisdiction::Model)>> {
    let project_of = task::Entity::belongs_to(project::Entity)
        .from(task::Column::ProjectId)
        .to(project::Column::Id);
    let jurisdiction_of = task::Entity::belongs_to(jurisdiction::Entity)
        .from(task::Column::JurisdictionId)
        .to(jurisdiction::Column::Id);
    let select = reader::find::<task::Entity>()
        .join(JoinType::InnerJoin, project_of.into())
        .join(JoinType::InnerJoin, jurisdiction_of.into())
        .filter(task::Column::Id.eq(id));
    let rows = reader::joined::<_, project::Entity, jurisdiction::Entity>(connection, select);
    Ok(rows.await?.pop())
}

/// Those of these tasks that the principal may see.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn visible_by_ids(
    connection: &impl Reads,
    principal: &Principal,
    ids: Vec<TaskId>,
) -> Result<Vec<task::Model>> {
    let select = reader::find::<task::Entity>()
        .filter(scope::tasks(principal))
        .filter(task::Column::Id.is_in(ids));
    reader::all(connection, select).await
}

/// The tasks of these ids, whoever may see them: the caller asks the policy.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn by_ids(connection: &impl Reads, ids: Vec<TaskId>) -> Result<Vec<task::Model>> {
    let select = reader::find::<task::Entity>().filter(task::Column::Id.is_in(ids));
    reader::all(connection, select).await
}

/// The tasks of these projects, in the order of their schedules.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn of_projects(
    connection: &impl Reads,
    projects: Vec<ProjectId>,
) -> Result<Vec<task::Model>> {
    let select = milestones(projects);
    let mut rows = reader::all(connection, select).await?;
    // Cheaper here than in the database, which would carry whole rows through its sorter.
    rows.sort_unstable_by_key(|row| (row.project_id, row.position, row.id));
    Ok(rows)
}

/// What lists show of a milestone.
#[derive(Clone, Debug, FromCells)]
pub struct MilestoneLine {
    /// Primary key.
    pub id: TaskId,
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// Title.
    pub title: String,
    /// Its part in the schedule.
    pub role: Option<MilestoneRole>,
    /// Weight in hundredths.
    pub weight: i32,
    /// Order within the project.
    pub position: i32,
    /// Current due date.
    pub due_date: Option<NaiveDate>,
    /// Where it stands.
    pub state: TaskState,
}

impl MilestoneLine {
    /// The line of a project's milestone that was read whole.
    #[must_use]
    pub fn of(row: &task::Model) -> Option<Self> {
        Some(Self {
            id: row.id,
            project_id: row.project_id?,
            title: row.title.clone(),
            role: row.role,
            weight: row.weight,
            position: row.position,
            due_date: row.due_date,
            state: row.state,
        })
    }
}

/// The milestones of these projects, in the order of their schedules, as [`of_projects`] has
/// them, a line each.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn lines_of_projects(
    connection: &impl Reads,
    projects: Vec<ProjectId>,
) -> Result<Vec<MilestoneLine>> {
    use task::Column::{DueDate, Id, Position, ProjectId, Role, State, Title, Weight};
    let columns = [Id, ProjectId, Title, Role, Weight, Position, DueDate, State];
    let select = milestones(projects).select_only().columns(columns);
    let mut rows: Vec<MilestoneLine> = reader::rows(connection, &select.into_query()).await?;
    rows.sort_unstable_by_key(|row| (row.project_id, row.position, row.id));
    Ok(rows)
}

/// The milestones of these projects, in no order.
fn milestones(projects: Vec<ProjectId>) -> Select<task::Entity> {
    reader::find::<task::Entity>()
        .filter(task::Column::ProjectId.is_in(projects))
        .filter(is_kind(task::Entity, TaskKind::Milestone))
}

/// The milestones of these projects in the order of their schedules, then the reports that
/// are OPEN or SUBMITTED, oldest month first.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn current_of_projects(
    connection: &impl Reads,
    projects: Vec<ProjectId>,
) -> Result<Vec<task::Model>> {
    let reports = reader::find::<task::Entity>()
        .filter(task::Column::ProjectId.is_in(projects.clone()))
        .filter(is_kind(task::Entity, TaskKind::Report))
        .filter(task::Column::State.is_in([TaskState::Open, TaskState::Submitted]));
    let mut select = milestones(projects);
    QueryTrait::query(&mut select).union(UnionType::All, reports.into_query());
    let mut rows = reader::all(connection, select).await?;
    rows.sort_unstable_by(|a, b| {
        let by = |row: &task::Model| (row.kind != TaskKind::Milestone, row.project_id);
        let then = |row: &task::Model| (row.position, row.id);
        let of_months = a.period.cmp(&b.period);
        by(a)
            .cmp(&by(b))
            .then(of_months)
            .then_with(|| then(a).cmp(&then(b)))
    });
    Ok(rows)
}

/// What the lead owes of these projects month by month: milestones in the order of the
/// schedule, then reports.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn owed_of_projects(
    connection: &impl Reads,
    projects: Vec<ProjectId>,
) -> Result<Vec<task::Model>> {
    let select = reader::find::<task::Entity>()
        .filter(task::Column::ProjectId.is_in(projects))
        .filter(task::Column::Kind.is_in([TaskKind::Milestone, TaskKind::Report]))
        .order_by_asc(task::Column::ProjectId)
        .order_by_asc(task::Column::Kind)
        .order_by_asc(task::Column::Position)
        .order_by_asc(task::Column::Id);
    reader::all(connection, select).await
}

/// The tasks whose clock this request stopped.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn waiting_for(
    connection: &impl Reads,
    change: ChangeRequestId,
) -> Result<Vec<task::Model>> {
    let select = reader::find::<task::Entity>()
        .filter(task::Column::PendingChangeId.eq(change))
        .order_by_asc(task::Column::Position)
        .order_by_asc(task::Column::Id);
    reader::all(connection, select).await
}

/// The issues of these projects, oldest first.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn issues_of(
    connection: &impl Reads,
    projects: Vec<ProjectId>,
) -> Result<Vec<task::Model>> {
    let select = reader::find::<task::Entity>()
        .filter(task::Column::ProjectId.is_in(projects))
        .filter(task::Column::Kind.eq(TaskKind::Issue))
        .order_by_asc(task::Column::CreatedAt)
        .order_by_asc(task::Column::Id);
    reader::all(connection, select).await
}

/// The evidence of these tasks, in order.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn evidence(
    connection: &impl Reads,
    tasks: Vec<TaskId>,
) -> Result<Vec<task_evidence::Model>> {
    let select = reader::find::<task_evidence::Entity>()
        .filter(task_evidence::Column::TaskId.is_in(tasks))
        .order_by_asc(task_evidence::Column::TaskId)
        .order_by_asc(task_evidence::Column::Position);
    reader::all(connection, select).await
}

/// Takes away what supported a task's claim, and answers it, in order.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database refuses.
pub async fn take_evidence(
    connection: &impl Writes,
    task: TaskId,
) -> Result<Vec<task_evidence::Model>> {
    let taken = task_evidence::Entity::delete_many()
        .filter(task_evidence::Column::TaskId.eq(task))
        .into_query()
        .returning(Query::returning().columns(task_evidence::Column::iter()))
        .to_owned();
    let taken = connection.backend().build(&taken);
    let mut rows: Vec<task_evidence::Model> = reader::written(connection, taken).await?;
    rows.sort_unstable_by_key(|row| row.position);
    Ok(rows)
}

/// Writes what supports a claim.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database refuses.
pub async fn add_evidence(connection: &impl Writes, rows: Vec<task_evidence::Model>) -> Result<()> {
    insert_all::<task_evidence::Entity>(connection, rows).await
}
