//! The filter of projects as a condition.

use chrono::NaiveDate;
use duban_entities::ids::{AreaId, ClauseId, JurisdictionId, PlanId, ProjectId, UnitId};
use duban_entities::vocabulary::{ProjectKind, Stage};
use duban_entities::{citation, clause, project, suggested_lead, task};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition};

use crate::store::today::Today;
use crate::store::{scope, search};

/// Which projects are wanted. All given parts must hold.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// Text in title, code, alias, quote, lead unit's name or alias, as [`search`] folds it.
    pub text: Option<String>,
    /// All of these hold.
    pub and: Vec<ProjectFilter>,
    /// One of these holds.
    pub or: Option<Vec<ProjectFilter>>,
    /// This does not hold.
    pub not: Option<Box<ProjectFilter>>,
}

impl ProjectFilter {
    /// The jurisdiction, where the filter names that or nothing: then it selects all that
    /// belongs there, orders without a project too.
    #[must_use]
    pub fn whole(&self) -> Option<Option<JurisdictionId>> {
        let rest = Self {
            jurisdiction: None,
            ..self.clone()
        };
        (rest == Self::default()).then_some(self.jurisdiction)
    }

    /// True where nothing but the projects' own rows, and the parts that are recorded with
    /// them, decides: no task, no unit's name, no clause.
    #[must_use]
    pub fn is_of_projects_alone(&self) -> bool {
        let Self {
            unit: None,
            plan: None,
            overdue: None,
            period_ended: None,
            text: None,
            and,
            or,
            not,
            jurisdiction: _,
            area: _,
            kinds: _,
            stages: _,
            lead_unit: _,
            unassigned: _,
            unscheduled: _,
            has_suggested_lead: _,
            clause: _,
            parent: _,
            due_from: _,
            due_to: _,
            simulated: _,
        } = self
        else {
            return false;
        };
        let parts = and.iter().chain(or.iter().flatten());
        let mut parts = parts.chain(not.as_deref());
        parts.all(Self::is_of_projects_alone)
    }
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
        all = all.add(id.in_subquery(scope::projects_of_units(&[unit])));
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
    all.add_option(filter.text.as_deref().map(search::condition))
}

pub(super) fn cited_where(condition: Condition) -> SelectStatement {
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

/// The text stands in the column, letters in either case; `%` and `_` are plain characters.
pub(in crate::store) fn contains<C>(column: C, text: &str) -> SimpleExpr
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
