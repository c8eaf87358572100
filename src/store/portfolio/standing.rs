//! A portfolio as of an earlier instant: what has not changed since is counted as it stands,
//! with that day's local date, and what has changed is named.
//!
//! A row is its own past as long as its last change is not behind the instant: whatever is
//! written of a project or a task, its parts too, touches its row
//! ([`Work::update_with`](crate::store::Work::update_with)).

use chrono::{DateTime, Utc};
use duban_entities::ids::{ProjectId, TaskId, UnitId};
use duban_entities::row::FromCells;
use duban_entities::vocabulary::{ProjectKind, Stage};
use duban_entities::{project, task};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend};

use super::{Counts, Owed, ProjectGroup, active, longest, one_where};
use crate::error::Result;
use crate::policy::Principal;
use crate::store::projects::{ProjectFilter, condition};
use crate::store::reader;
use crate::store::today::Today;
use crate::store::{Reads, scope};

/// Under what a task is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It has no project.
    Loose,
    /// Its project is of this kind, and selected.
    Of(ProjectKind),
    /// Its project has changed since.
    Under(ProjectId),
}

/// A portfolio as of an earlier instant, as far as it stands.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// What has not changed since.
    pub counts: Counts,
    /// The projects that have, whatever the filter says of them.
    pub projects: Vec<ProjectId>,
    /// What has not changed of the tasks of those projects.
    pub under: Vec<(ProjectId, Owed)>,
    /// The tasks that have changed.
    pub tasks: Vec<(TaskId, Place)>,
}

/// A project.
#[derive(FromCells)]
struct Projects {
    stage: Stage,
    kind: ProjectKind,
    lead_unit_id: Option<UnitId>,
    changed: Option<ProjectId>,
    unscheduled: i64,
}

/// A task, or several that are counted alike.
#[derive(FromCells)]
struct Tasks {
    under: Option<ProjectId>,
    changed: Option<TaskId>,
    /// Of the project of a task that is overdue, or has changed.
    kind: Option<ProjectKind>,
    unit_id: Option<UnitId>,
    open: i64,
    overdue: i64,
    ended: i64,
    longest: i64,
}

/// What stands of a portfolio as of an instant; `today` is the local date then. The filter
/// must say nothing but of projects themselves ([`ProjectFilter::is_of_projects_alone`]). Two
/// statements, of the tasks before that of the projects: a project that changes between them
/// is counted with its tasks as it stood, once.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn standing(
    connection: &impl Reads,
    principal: &Principal,
    filter: &ProjectFilter,
    at: DateTime<Utc>,
    today: &Today,
) -> Result<Standing> {
    let mut standing = Standing::default();
    let backend = connection.backend();
    let select = Asked {
        principal,
        filter,
        at,
        today,
    };
    let tasks = summed(backend, select.tasks());
    reader::for_each(connection, &tasks, |row| {
        standing.take_tasks(&row);
        Ok(())
    })
    .await?;
    reader::for_each(connection, &select.projects(), |row| {
        standing.take_projects(&row);
        Ok(())
    })
    .await?;
    Ok(standing)
}

impl Standing {
    fn take_tasks(&mut self, row: &Tasks) {
        if let Some(task) = row.changed {
            let place = match (row.under, row.kind) {
                (Some(project), _) => Place::Under(project),
                (None, Some(kind)) => Place::Of(kind),
                (None, None) => Place::Loose,
            };
            self.tasks.push((task, place));
            return;
        }
        let owed = Owed {
            kind: row.kind,
            unit_id: row.unit_id,
            open: row.open,
            overdue: row.overdue,
            longest: row.longest,
            ended: row.ended,
        };
        match row.under {
            Some(project) => self.under.push((project, owed)),
            None => self.counts.add_owed(&owed),
        }
    }

    fn take_projects(&mut self, row: &Projects) {
        match row.changed {
            Some(project) => self.projects.push(project),
            None => self.counts.add_projects(&ProjectGroup {
                stage: row.stage,
                kind: row.kind,
                lead_unit_id: row.lead_unit_id,
                unscheduled: row.unscheduled,
                n: 1,
            }),
        }
    }
}

/// The tasks, added up where they are to be sent over a network. SQLite hands them over one by
/// one for less than it takes to sort them. (Projects are hardly ever alike.)
fn summed(backend: DbBackend, rows: SelectStatement) -> SelectStatement {
    if backend == DbBackend::Sqlite {
        return rows;
    }
    let column = |name: &str| Expr::col(Alias::new(name));
    let bigint = |value: SimpleExpr| value.cast_as(Alias::new("bigint"));
    let mut select = Query::select();
    select.from_subquery(rows, Alias::new("each"));
    for name in ["under", "changed", "kind", "unit_id"] {
        select
            .column(Alias::new(name))
            .group_by_col(Alias::new(name));
    }
    for name in ["open", "overdue", "ended"] {
        select.expr_as(bigint(Func::sum(column(name)).into()), name);
    }
    select.expr_as(bigint(Func::max(column("longest")).into()), "longest");
    select
}

/// Of which projects and tasks, and when.
struct Asked<'a> {
    principal: &'a Principal,
    filter: &'a ProjectFilter,
    at: DateTime<Utc>,
    today: &'a Today,
}

impl Asked<'_> {
    /// Every project that was there then and can be selected.
    fn projects(&self) -> SelectStatement {
        use project::Column::{CreatedAt, Id, Kind, LeadUnitId, ScheduleApprovedAt, Stage};
        let column = |column| Expr::col((project::Entity, column));
        let unscheduled = Condition::all().add(ScheduleApprovedAt.is_null());
        Query::select()
            .columns([Stage, Kind, LeadUnitId].map(|column| (project::Entity, column)))
            .expr_as(where_it(self.has_changed(), column(Id)), "changed")
            .expr_as(
                one_where(unscheduled).cast_as(Alias::new("bigint")),
                "unscheduled",
            )
            .from(project::Entity)
            .and_where(CreatedAt.lte(self.at))
            .cond_where(self.can_be_selected())
            .to_owned()
    }

    /// Every task that was there then and may count: the active ones of projects that can be
    /// selected, and those of no project where the filter means all; and what has changed.
    fn tasks(&self) -> SelectStatement {
        use task::Column::{CreatedAt, Id, JurisdictionId, ProjectId, UnitId, UpdatedAt};
        let (project, task) = (
            |column| Expr::col((project::Entity, column)),
            |column| Expr::col((task::Entity, column)),
        );
        let changed = Condition::all().add(UpdatedAt.gt(self.at));
        // Of all others the kind plays no part: there are fewer groups without it.
        let counts = Condition::any()
            .add(changed.clone())
            .add(self.today.overdue());
        let of = Condition::any()
            .add(
                self.can_be_selected()
                    .add(project(project::Column::CreatedAt).lte(self.at)),
            )
            .add_option(self.loose());
        Query::select()
            .expr_as(
                where_it(self.has_changed(), project(project::Column::Id)),
                "under",
            )
            .expr_as(where_it(changed.clone(), task(Id)), "changed")
            .expr_as(
                where_it(self.stands().add(counts), project(project::Column::Kind)),
                "kind",
            )
            .column((task::Entity, UnitId))
            .expr_as(one_where(active()), "open")
            .expr_as(one_where(self.today.overdue()), "overdue")
            .expr_as(one_where(self.today.project_period_ended()), "ended")
            .expr_as(longest(self.today), "longest")
            .from(task::Entity)
            .left_join(
                project::Entity,
                project(project::Column::Id).equals((task::Entity, ProjectId)),
            )
            .cond_where(Condition::any().add(active()).add(changed))
            .and_where(CreatedAt.lte(self.at))
            .and_where_option(self.filter.jurisdiction.map(|id| JurisdictionId.eq(id)))
            .and_where_option(scope::confined(self.principal).map(|all| JurisdictionId.is_in(all)))
            .cond_where(of)
            .to_owned()
    }

    fn has_changed(&self) -> Condition {
        Condition::all().add(project::Column::UpdatedAt.gt(self.at))
    }

    fn stands(&self) -> Condition {
        Condition::all().add(project::Column::UpdatedAt.lte(self.at))
    }

    /// Projects that stand as the filter wants them, and those of which it is not known yet.
    fn can_be_selected(&self) -> Condition {
        let selected = self.stands().add(condition(self.filter, self.today));
        Condition::all()
            .add(scope::projects(self.principal))
            .add(Condition::any().add(selected).add(self.has_changed()))
    }

    fn loose(&self) -> Option<Condition> {
        self.filter.whole()?;
        let none = Condition::all().add(task::Column::ProjectId.is_null());
        Some(none.add(scope::tasks(self.principal)))
    }
}

/// A value where a condition holds, else null.
fn where_it(condition: Condition, value: SimpleExpr) -> SimpleExpr {
    Expr::case(condition, value).into()
}
