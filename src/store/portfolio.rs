//! Counts over the projects and tasks that a principal may see, row by row. Where very many
//! are seen, [`super::tallies`] has the same figures; a test holds the two equal.
//!
//! - `standing`: the same as of an earlier instant, as far as nothing has changed since.

mod standing;

use std::collections::BTreeMap;

use duban_entities::ids::UnitId;
use duban_entities::row::FromCells;
use duban_entities::vocabulary::{ProjectKind, Stage, TaskState};
use duban_entities::{project, task};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QuerySelect, QueryTrait};

use super::projects::{ProjectFilter, selected};
use super::scope;
use super::tallies::UnitOrder;
use super::today::Today;
use crate::error::Result;
use crate::policy::Principal;
use crate::store::Reads;
use crate::store::reader;

pub use standing::{Place, Standing, standing};

/// What a unit has in hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitCounts {
    /// Projects it leads.
    pub projects: i64,
    /// Tasks OPEN or SUBMITTED.
    pub open: i64,
    /// Tasks overdue.
    pub overdue: i64,
    /// Days overdue of the longest one.
    pub longest: i64,
}

/// The figures of a portfolio.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Projects in all.
    pub projects: i64,
    /// Without a lead unit.
    pub unassigned: i64,
    /// Without an approved schedule.
    pub unscheduled: i64,
    /// Overdue tasks.
    pub overdue: i64,
    /// Projects whose completion is past the plan period.
    pub period_ended: i64,
    /// Projects at each stage that occurs.
    pub stages: BTreeMap<Stage, i64>,
    /// Projects and overdue tasks of each kind that occurs.
    pub kinds: BTreeMap<ProjectKind, (i64, i64)>,
    /// What each unit has in hand.
    pub units: BTreeMap<UnitId, UnitCounts>,
}

#[derive(FromCells)]
struct ProjectGroup {
    stage: Stage,
    kind: ProjectKind,
    lead_unit_id: Option<UnitId>,
    unscheduled: i64,
    n: i64,
}

/// What is counted of the active tasks of one unit, or of none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromCells)]
pub struct Owed {
    /// The kind of their projects; none where they have none.
    pub kind: Option<ProjectKind>,
    /// The unit.
    pub unit_id: Option<UnitId>,
    /// OPEN or SUBMITTED.
    pub open: i64,
    /// Overdue.
    pub overdue: i64,
    /// Days overdue of the longest one.
    pub longest: i64,
    /// Whose plan period has ended, and their project's with it.
    pub ended: i64,
}

impl Counts {
    /// Adds tasks.
    pub fn add_owed(&mut self, owed: &Owed) {
        self.overdue += owed.overdue;
        self.period_ended += owed.ended;
        if let Some(kind) = owed.kind {
            self.kinds.entry(kind).or_default().1 += owed.overdue;
        }
        if let Some(unit) = owed.unit_id {
            let unit = self.units.entry(unit).or_default();
            unit.open += owed.open;
            unit.overdue += owed.overdue;
            unit.longest = Ord::max(unit.longest, owed.longest);
        }
    }

    fn add_projects(&mut self, group: &ProjectGroup) {
        self.projects += group.n;
        *self.stages.entry(group.stage).or_default() += group.n;
        self.kinds.entry(group.kind).or_default().0 += group.n;
        self.unscheduled += group.unscheduled;
        match group.lead_unit_id {
            Some(unit) => self.units.entry(unit).or_default().projects += group.n,
            None => self.unassigned += group.n,
        }
    }
}

/// Counts the projects that the filter selects, and their tasks: two statements. Where it
/// selects a whole jurisdiction, or everything, tasks without a project count too.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn counts(
    connection: &impl Reads,
    principal: &Principal,
    filter: &ProjectFilter,
    today: &Today,
) -> Result<Counts> {
    let selected = selected(principal, filter, today);
    let mut counts = Counts::default();
    let groups = project_groups(selected.clone());
    reader::for_each(connection, &groups, |group| {
        counts.add_projects(&group);
        Ok(())
    })
    .await?;
    let of = tasks_of(principal, filter, selected);
    let groups = task_groups(of, today);
    reader::for_each(connection, &groups, |group| {
        counts.add_owed(&group);
        Ok(())
    })
    .await?;
    Ok(counts)
}

/// The first of the units that were counted, in an order.
#[must_use]
pub fn first_units(counts: &Counts, order: UnitOrder, first: u64) -> Vec<(UnitId, UnitCounts)> {
    let units = counts.units.iter();
    let mut units: Vec<_> = units.map(|(id, counts)| (*id, counts.clone())).collect();
    units.sort_by_key(|(unit, counts)| (std::cmp::Reverse(sort_key(order, counts)), *unit));
    units.truncate(usize::try_from(first).unwrap_or(usize::MAX));
    units
}

const fn sort_key(order: UnitOrder, counts: &UnitCounts) -> (i64, i64) {
    match order {
        UnitOrder::Overdue => (counts.overdue, counts.longest),
        UnitOrder::Longest => (counts.longest, counts.overdue),
        UnitOrder::Active => (counts.open, counts.overdue),
        UnitOrder::Projects => (counts.projects, counts.overdue),
    }
}

fn project_groups(selected: SelectStatement) -> SelectStatement {
    let unscheduled = Condition::all().add(project::Column::ScheduleApprovedAt.is_null());
    reader::find::<project::Entity>()
        .select_only()
        .column(project::Column::Stage)
        .column(project::Column::Kind)
        .column(project::Column::LeadUnitId)
        .column_as(number_of(unscheduled), "unscheduled")
        .column_as(project::Column::Id.count(), "n")
        .filter(project::Column::Id.in_subquery(selected))
        .group_by(project::Column::Stage)
        .group_by(project::Column::Kind)
        .group_by(project::Column::LeadUnitId)
        .into_query()
}

/// The tasks of the selected projects, and those of none where they are meant too.
fn tasks_of(principal: &Principal, filter: &ProjectFilter, selected: SelectStatement) -> Condition {
    let of = Condition::any().add(task::Column::ProjectId.in_subquery(selected));
    let Some(jurisdiction) = filter.whole() else {
        return of;
    };
    let here = jurisdiction.map(|id| task::Column::JurisdictionId.eq(id));
    let loose = Condition::all()
        .add(task::Column::ProjectId.is_null())
        .add(scope::tasks(principal))
        .add_option(here);
    of.add(loose)
}

fn task_groups(of: Condition, today: &Today) -> SelectStatement {
    Query::select()
        .column((project::Entity, project::Column::Kind))
        .column((task::Entity, task::Column::UnitId))
        .expr_as(number_of(active()), "open")
        .expr_as(number_of(today.overdue()), "overdue")
        .expr_as(
            Func::max(longest(today)).cast_as(Alias::new("bigint")),
            "longest",
        )
        .expr_as(number_of(today.project_period_ended()), "ended")
        .from(task::Entity)
        .left_join(
            project::Entity,
            Expr::col((project::Entity, project::Column::Id))
                .equals((task::Entity, task::Column::ProjectId)),
        )
        .cond_where(active())
        .cond_where(of)
        .group_by_col((project::Entity, project::Column::Kind))
        .group_by_col((task::Entity, task::Column::UnitId))
        .to_owned()
}

/// Days overdue of a task, 0 where it is not.
fn longest(today: &Today) -> SimpleExpr {
    Expr::case(today.overdue(), today.days_overdue())
        .finally(0)
        .into()
}

/// How many rows of a group meet a condition.
fn number_of(condition: Condition) -> SimpleExpr {
    Func::sum(one_where(condition)).cast_as(Alias::new("bigint"))
}

fn one_where(condition: Condition) -> SimpleExpr {
    Expr::case(condition, 1).finally(0).into()
}

fn active() -> Condition {
    Condition::all().add(task::Column::State.is_in([TaskState::Open, TaskState::Submitted]))
}
