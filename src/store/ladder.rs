//! What the ladder of supervision is computed from: the rows in question alone, whatever
//! else there is.

use chrono::{DateTime, NaiveDate, Utc};
use duban_entities::ids::{JurisdictionId, ProjectId, TaskId, UnitId};
use duban_entities::row::FromCells;
use duban_entities::vocabulary::{OrderLevel, Stage, TaskKind, TaskState};
use duban_entities::{
    order, order_dismissal, order_project, order_task, project, rating_adoption, rating_override,
    task,
};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, QueryFilter};

use super::scope;
use super::tasks::is_kind;
use super::today::{self, Today};
use crate::error::Result;
use crate::policy::Principal;
use crate::store::Reads;
use crate::store::reader;

/// The projects whose ladder is wanted, as a select of their ids: none that is suspended or
/// cancelled.
#[derive(Clone, Debug)]
pub struct Reach(SelectStatement);

impl Reach {
    /// Those that the principal sees as an office or a reader does.
    #[must_use]
    pub fn supervised(principal: &Principal, jurisdiction: Option<JurisdictionId>) -> Self {
        let of = jurisdiction.map(|id| project::Column::JurisdictionId.eq(id));
        Self::of(scope::supervised(principal).add_option(of))
    }

    /// One project.
    #[must_use]
    pub fn project(id: ProjectId) -> Self {
        Self::of(Condition::all().add(project::Column::Id.eq(id)))
    }

    fn of(condition: Condition) -> Self {
        let halted = [Stage::Suspended, Stage::Cancelled];
        let select = Query::select()
            .column(project::Column::Id)
            .from(project::Entity)
            .cond_where(Condition::all().add(condition))
            .and_where(project::Column::Stage.is_not_in(halted))
            .to_owned();
        Self(select)
    }
}

/// Everything that proposals are made of.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Milestones overdue by the least number of days or more, their clocks running.
    pub overdue: Vec<Unmet>,
    /// Reports that are overdue and were never submitted, later than the last one that was:
    /// the present row of missed ones, waived months apart.
    pub missed: Vec<Unmet>,
    /// The red ones that a unit leads.
    pub red: Vec<project::Model>,
    /// The orders that name an open milestone, whatever their ground and whoever answers
    /// them: one row a milestone.
    pub on_milestones: Vec<Pressing>,
    /// The orders that follow a proposal: one row a project that they name.
    pub on_projects: Vec<Pressing>,
    /// The proposals that were dismissed.
    pub dismissals: Vec<order_dismissal::Model>,
}

/// Reads them, in at most five statements.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn read(
    connection: &impl Reads,
    reach: &Reach,
    least_days: Option<i32>,
    red: Vec<project::Model>,
    today: &Today,
) -> Result<Rows> {
    let mut rows = Rows {
        missed: missed_reports(connection, reach, today).await?,
        red,
        ..Rows::default()
    };
    if let Some(days) = least_days {
        rows.overdue = overdue_milestones(connection, reach, days, today).await?;
    }
    if !(rows.missed.is_empty() && rows.red.is_empty() && rows.overdue.is_empty()) {
        rows.on_milestones = pressing_on_milestones(connection, reach).await?;
        rows.on_projects = pressing_on_projects(connection, reach).await?;
        rows.dismissals = dismissals(connection, reach).await?;
    }
    Ok(rows)
}

/// Something that a unit owes and has not met. In the order of the columns of `unmet`.
#[derive(Clone, Debug, FromCells)]
pub struct Unmet {
    /// The task.
    pub task_id: TaskId,
    /// Its project.
    pub project_id: ProjectId,
    /// Its jurisdiction.
    pub jurisdiction_id: JurisdictionId,
    /// The unit that owes it.
    pub unit_id: UnitId,
    /// Its date.
    pub due_date: NaiveDate,
    /// The date from which lateness is counted.
    pub counted_due_date: NaiveDate,
    /// Days late on an earlier date, which stay counted.
    pub carried_days_late: Option<i32>,
}

fn unmet(reach: &Reach, kind: TaskKind, today: &Today) -> SelectStatement {
    use task::Column;
    Query::select()
        .expr_as(Expr::col((task::Entity, Column::Id)), "task_id")
        .columns([
            (task::Entity, Column::ProjectId),
            (task::Entity, Column::JurisdictionId),
            (task::Entity, Column::UnitId),
            (task::Entity, Column::DueDate),
            (task::Entity, Column::CountedDueDate),
            (task::Entity, Column::CarriedDaysLate),
        ])
        .from(task::Entity)
        .cond_where(today.overdue())
        .and_where(Column::Kind.eq(kind))
        .and_where(Column::UnitId.is_not_null())
        .and_where(Column::ClockStoppedOn.is_null())
        .and_where(Column::ProjectId.in_subquery(reach.0.clone()))
        .to_owned()
}

async fn overdue_milestones(
    connection: &impl Reads,
    reach: &Reach,
    least_days: i32,
    today: &Today,
) -> Result<Vec<Unmet>> {
    let select = unmet(reach, TaskKind::Milestone, today)
        .and_where(today.days_overdue().gte(least_days))
        .to_owned();
    reader::rows(connection, &select).await
}

async fn missed_reports(
    connection: &impl Reads,
    reach: &Reach,
    today: &Today,
) -> Result<Vec<Unmet>> {
    let earlier = Alias::new("earlier");
    let of = |column| Expr::col((earlier.clone(), column));
    let last_submitted = Query::select()
        .expr(Func::max(of(task::Column::Period)))
        .from_as(task::Entity, earlier.clone())
        .and_where(of(task::Column::ProjectId).equals((task::Entity, task::Column::ProjectId)))
        .and_where(is_kind(earlier.clone(), TaskKind::Report))
        .and_where(of(task::Column::FirstSubmittedOn).is_not_null())
        .to_owned();
    let last_submitted: SimpleExpr = Func::coalesce([
        SimpleExpr::SubQuery(None, Box::new(last_submitted.into())),
        Expr::value(""),
    ])
    .into();
    let select = unmet(reach, TaskKind::Report, today)
        .and_where(task::Column::FirstSubmittedOn.is_null())
        .and_where(Expr::col((task::Entity, task::Column::Period)).gt(last_submitted))
        .to_owned();
    reader::rows(connection, &select).await
}

/// The projects that can be red: led by a unit, and either with an approved schedule where an
/// office has adopted rules, or overridden at some time.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn rateable(connection: &impl Reads, reach: &Reach) -> Result<Vec<project::Model>> {
    let adopting = Query::select()
        .column(rating_adoption::Column::JurisdictionId)
        .from(rating_adoption::Entity)
        .to_owned();
    let overridden = Query::select()
        .column(rating_override::Column::ProjectId)
        .from(rating_override::Entity)
        .to_owned();
    let rated = Condition::all()
        .add(project::Column::ScheduleApprovedAt.is_not_null())
        .add(project::Column::JurisdictionId.in_subquery(adopting));
    let coloured = Condition::any()
        .add(rated)
        .add(project::Column::Id.in_subquery(overridden));
    let select = reader::find::<project::Entity>()
        .filter(project::Column::LeadUnitId.is_not_null())
        .filter(coloured)
        .filter(project::Column::Id.in_subquery(reach.0.clone()));
    reader::all(connection, select).await
}

/// An order, and what of the reach it names. In the order of the columns of `pressing`, with
/// what is named behind them.
#[derive(Clone, Debug, FromCells)]
pub struct Pressing {
    /// The order.
    pub order_id: TaskId,
    /// Its level.
    pub level: OrderLevel,
    /// The ground of a proposal that it followed.
    pub ground: Option<String>,
    /// The unit that answers it: the order presses this unit alone, whatever it names.
    pub unit_id: UnitId,
    /// Where it stands.
    pub state: TaskState,
    /// By when it is to be answered.
    pub due_date: Option<NaiveDate>,
    /// When it was issued.
    pub created_at: DateTime<Utc>,
    /// The project that it names.
    pub project_id: Option<ProjectId>,
    /// The task that it names.
    pub named_id: Option<TaskId>,
}

async fn pressing_on_milestones(connection: &impl Reads, reach: &Reach) -> Result<Vec<Pressing>> {
    let open = Query::select()
        .column(task::Column::Id)
        .from(task::Entity)
        .and_where(is_kind(task::Entity, TaskKind::Milestone))
        .cond_where(today::open())
        .and_where(task::Column::ProjectId.in_subquery(reach.0.clone()))
        .to_owned();
    let mut select = pressing();
    select
        .expr_as(Expr::value(None::<ProjectId>), "project_id")
        .expr_as(
            Expr::col((order_task::Entity, order_task::Column::TaskId)),
            "named_id",
        )
        .inner_join(
            order_task::Entity,
            Expr::col((order_task::Entity, order_task::Column::OrderId))
                .equals((order::Entity, order::Column::TaskId)),
        )
        .and_where(order_task::Column::TaskId.in_subquery(open));
    reader::rows(connection, &select).await
}

async fn pressing_on_projects(connection: &impl Reads, reach: &Reach) -> Result<Vec<Pressing>> {
    let mut select = pressing();
    select
        .column((order_project::Entity, order_project::Column::ProjectId))
        .expr_as(Expr::value(None::<TaskId>), "named_id")
        .inner_join(
            order_project::Entity,
            Expr::col((order_project::Entity, order_project::Column::TaskId))
                .equals((order::Entity, order::Column::TaskId)),
        )
        .and_where(order::Column::Ground.is_not_null())
        .and_where(order_project::Column::ProjectId.in_subquery(reach.0.clone()));
    reader::rows(connection, &select).await
}

fn pressing() -> SelectStatement {
    Query::select()
        .expr_as(
            Expr::col((order::Entity, order::Column::TaskId)),
            "order_id",
        )
        .columns([
            (order::Entity, order::Column::Level),
            (order::Entity, order::Column::Ground),
        ])
        .columns([
            (task::Entity, task::Column::UnitId),
            (task::Entity, task::Column::State),
            (task::Entity, task::Column::DueDate),
            (task::Entity, task::Column::CreatedAt),
        ])
        .from(order::Entity)
        .inner_join(
            task::Entity,
            Expr::col((task::Entity, task::Column::Id))
                .equals((order::Entity, order::Column::TaskId)),
        )
        .and_where(task::Column::UnitId.is_not_null())
        .to_owned()
}

async fn dismissals(connection: &impl Reads, reach: &Reach) -> Result<Vec<order_dismissal::Model>> {
    let select = reader::find::<order_dismissal::Entity>()
        .filter(order_dismissal::Column::ProjectId.in_subquery(reach.0.clone()));
    reader::all(connection, select).await
}
