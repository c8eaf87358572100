//! What a principal may see, as conditions of a select. Every list, count and loader
//! starts from one of these; a test holds them against the policy.

mod entries;

use duban_entities::ids::{AreaId, JurisdictionId, UnitId};
use duban_entities::vocabulary::{Role, TaskKind};
use duban_entities::{
    change_request, cooperating_unit, order_project, project, project_area, task,
};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, Condition};

use crate::policy::{Principal, Scope};

pub use entries::{feed, ledger, past, wire};

/// The reach of all grants together.
#[derive(Debug, Default)]
struct Reach {
    everything: bool,
    jurisdictions: Vec<JurisdictionId>,
    areas: Vec<AreaId>,
    units: Vec<UnitId>,
    touched: Vec<JurisdictionId>,
}

impl Reach {
    const fn is_empty(&self) -> bool {
        !self.everything
            && self.jurisdictions.is_empty()
            && self.areas.is_empty()
            && self.units.is_empty()
    }
}

fn reach(principal: &Principal) -> Reach {
    reach_of(principal, |_| true)
}

/// The reach of the grants in some roles.
fn reach_of(principal: &Principal, counts: impl Fn(Role) -> bool) -> Reach {
    let mut reach = Reach::default();
    if principal.must_change_password {
        return reach;
    }
    for held in principal.grants.iter().filter(|held| counts(held.role)) {
        reach.touched.extend(held.scope.jurisdiction());
        match &held.scope {
            Scope::Everything => reach.everything = true,
            Scope::Jurisdiction(jurisdiction) => reach.jurisdictions.push(*jurisdiction),
            Scope::Area { area, .. } => reach.areas.push(*area),
            Scope::Unit { within, .. } => reach.units.extend(within),
        }
    }
    reach
}

/// What a principal sees of everything that belongs to a jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whole {
    /// All jurisdictions.
    Everything,
    /// These, and nothing else.
    Jurisdictions(Vec<JurisdictionId>),
}

/// The jurisdictions that the principal sees whole, where that is all that it sees.
#[must_use]
pub fn whole(principal: &Principal) -> Option<Whole> {
    let reach = reach(principal);
    if reach.everything {
        return Some(Whole::Everything);
    }
    let only = reach.areas.is_empty() && reach.units.is_empty();
    (only && !reach.jurisdictions.is_empty()).then_some(Whole::Jurisdictions(reach.jurisdictions))
}

/// Nothing at all.
fn nothing() -> Condition {
    Condition::any().not().add(Condition::all())
}

/// The projects that the principal may see.
#[must_use]
pub fn projects(principal: &Principal) -> Condition {
    projects_in(reach(principal))
}

/// The projects that the principal sees as an office or a reader does, not only as one of
/// the units that have a part in them.
#[must_use]
pub fn supervised(principal: &Principal) -> Condition {
    let unit = |role| matches!(role, Role::Reporter | Role::Signatory);
    projects_in(reach_of(principal, |role| !unit(role)))
}

fn projects_in(reach: Reach) -> Condition {
    if reach.everything {
        return Condition::all();
    }
    let mut seen = Condition::any();
    let mut any = false;
    if !reach.jurisdictions.is_empty() {
        any = true;
        seen = seen.add(project::Column::JurisdictionId.is_in(reach.jurisdictions));
    }
    if !reach.areas.is_empty() {
        any = true;
        seen = seen.add(project::Column::Id.in_subquery(projects_in_areas(reach.areas)));
    }
    if !reach.units.is_empty() {
        any = true;
        seen = seen.add(project::Column::Id.in_subquery(projects_of_units(&reach.units)));
    }
    if any { seen } else { nothing() }
}

/// The ids of the projects that the principal may see, each set read from its index, some
/// twice; none where it may see everything.
#[must_use]
pub fn reached(principal: &Principal) -> Option<SelectStatement> {
    let reach = reach(principal);
    if reach.everything {
        return None;
    }
    let inside = Query::select()
        .column(project::Column::Id)
        .from(project::Entity)
        .and_where(project::Column::JurisdictionId.is_in(reach.jurisdictions))
        .to_owned();
    let mut all = inside;
    if !reach.areas.is_empty() {
        all.union(UnionType::All, projects_in_areas(reach.areas));
    }
    if !reach.units.is_empty() {
        all.union(UnionType::All, projects_of_units(&reach.units));
    }
    Some(all)
}

/// The jurisdictions outside of which the principal sees no project, where its grants are
/// for whole ones.
#[must_use]
pub fn confined(principal: &Principal) -> Option<Vec<JurisdictionId>> {
    let reach = reach(principal);
    let whole = !reach.everything && reach.areas.is_empty() && reach.units.is_empty();
    whole.then_some(reach.jurisdictions)
}

/// The tasks that the principal may see: those of visible projects, those that an own unit
/// owes, issues that an own unit raised, and those of a whole jurisdiction in reach.
#[must_use]
pub fn tasks(principal: &Principal) -> Condition {
    let reach = reach(principal);
    if reach.everything {
        return Condition::all();
    }
    let mut seen = Condition::any();
    if let Some(visible) = narrowly_visible(principal) {
        seen = seen.add(task::Column::ProjectId.in_subquery(visible));
    }
    if !reach.jurisdictions.is_empty() {
        seen = seen.add(task::Column::JurisdictionId.is_in(reach.jurisdictions.clone()));
    }
    if reach.is_empty() {
        return nothing();
    }
    if !reach.units.is_empty() {
        let raised = Condition::all()
            .add(task::Column::Kind.eq(TaskKind::Issue))
            .add(task::Column::RaisedUnitId.is_in(reach.units.clone()));
        seen = seen
            .add(task::Column::UnitId.is_in(reach.units))
            .add(raised);
    }
    seen
}

/// The change requests that the principal may see: those of visible projects, and the works
/// that are only proposed, in a whole jurisdiction in reach or for an own unit.
#[must_use]
pub fn changes(principal: &Principal) -> Condition {
    use change_request::Column;
    let reach = reach(principal);
    if reach.everything {
        return Condition::all();
    }
    if reach.is_empty() {
        return nothing();
    }
    let mut seen = Condition::any();
    if let Some(visible) = narrowly_visible(principal) {
        seen = seen.add(Column::ProjectId.in_subquery(visible));
    }
    if !reach.jurisdictions.is_empty() {
        seen = seen.add(Column::JurisdictionId.is_in(reach.jurisdictions));
    }
    if !reach.units.is_empty() {
        let proposed = Condition::all()
            .add(Column::ProjectId.is_null())
            .add(Column::ProposedUnitId.is_in(reach.units));
        seen = seen.add(proposed);
    }
    seen
}

/// The ids of the projects that the principal sees by area or unit. What hangs on a project
/// has its jurisdiction, so that those of a whole jurisdiction need not be looked up.
fn narrowly_visible(principal: &Principal) -> Option<SelectStatement> {
    let narrow = Reach {
        jurisdictions: Vec::new(),
        ..reach(principal)
    };
    if narrow.areas.is_empty() && narrow.units.is_empty() {
        return None;
    }
    let ids = Query::select()
        .column(project::Column::Id)
        .from(project::Entity)
        .cond_where(projects_in(narrow))
        .to_owned();
    Some(ids)
}

/// The jurisdictions whose catalogue the principal may read: none means all.
#[must_use]
pub fn jurisdictions(principal: &Principal) -> Option<Vec<JurisdictionId>> {
    let reach = reach(principal);
    (!reach.everything).then_some(reach.touched)
}

/// The jurisdictions whose users the principal administers: none means all.
#[must_use]
pub fn administered(principal: &Principal) -> Option<Vec<JurisdictionId>> {
    let own = principal
        .grants
        .iter()
        .filter(|held| held.role == Role::Administrator && !principal.must_change_password);
    own.map(|held| held.scope.jurisdiction()).collect()
}

/// The ids of the visible projects, as a subquery.
#[must_use]
pub fn visible_projects(principal: &Principal) -> SelectStatement {
    Query::select()
        .column(project::Column::Id)
        .from(project::Entity)
        .cond_where(projects(principal))
        .to_owned()
}

/// The ids of the projects that lie in one of these areas.
#[must_use]
pub fn projects_in_areas(areas: Vec<AreaId>) -> SelectStatement {
    Query::select()
        .column(project_area::Column::ProjectId)
        .from(project_area::Entity)
        .cond_where(project_area::Column::AreaId.is_in(areas))
        .to_owned()
}

/// The ids of the projects in which one of these units has a part: it leads, cooperates, owes
/// a task or is named in an order. One list and not a condition of four, which PostgreSQL
/// would hold every project against.
#[must_use]
pub fn projects_of_units(units: &[UnitId]) -> SelectStatement {
    let cooperating = Query::select()
        .column(cooperating_unit::Column::ProjectId)
        .from(cooperating_unit::Entity)
        .cond_where(cooperating_unit::Column::UnitId.is_in(units.to_vec()))
        .to_owned();
    let owing = Query::select()
        .column(task::Column::ProjectId)
        .from(task::Entity)
        .cond_where(task::Column::UnitId.is_in(units.to_vec()))
        .and_where(task::Column::ProjectId.is_not_null())
        .to_owned();
    Query::select()
        .column(project::Column::Id)
        .from(project::Entity)
        .cond_where(project::Column::LeadUnitId.is_in(units.to_vec()))
        .union(UnionType::All, cooperating)
        .union(UnionType::All, owing)
        .union(UnionType::All, named_in_orders(units))
        .to_owned()
}

/// The ids of the projects that an order to one of these units names: an order about several
/// belongs to none of them.
fn named_in_orders(units: &[UnitId]) -> SelectStatement {
    Query::select()
        .column((order_project::Entity, order_project::Column::ProjectId))
        .from(order_project::Entity)
        .inner_join(
            task::Entity,
            Expr::col((task::Entity, task::Column::Id))
                .equals((order_project::Entity, order_project::Column::TaskId)),
        )
        .cond_where(task::Column::UnitId.is_in(units.to_vec()))
        .to_owned()
}
