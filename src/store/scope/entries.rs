//! Which entries of the ledger a principal may see: as their subjects are seen.
//!
//! The ledger keeps its subjects as wire ids, so that what hangs on no project is found by
//! the ids of the rows that the principal may see.

use duban_entities::ids::{
    ApiTokenId, ChangeRequestId, ClauseId, IndicatorId, JurisdictionId, TaskId, UserId,
};
use duban_entities::ledger::Column;
use duban_entities::vocabulary::Role;
use duban_entities::{api_token, change_request, clause, grant, indicator, plan, task, user};
use sea_orm::sea_query::{Expr, IntoCondition, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend, EntityTrait};

use super::{changes, nothing, reach, tasks, visible_projects};
use crate::policy::{Held, Principal, Scope};
use crate::store::users;

/// What only keeps people's accounts, and drafts: no part of the feed.
const NO_FACTS: [&str; 4] = ["ReportDraft", "User", "Grant", "ApiToken"];
/// What hangs on a project and is not shown to everybody who sees it.
const APART: [&str; 2] = ["ReportDraft", "OrderDismissal"];
/// What everybody in a jurisdiction reads, and names it in its entries.
const CATALOGUE: [&str; 5] = ["Jurisdiction", "Area", "Unit", "Plan", "RatingAdoption"];

/// The entries of the feed: facts that the principal may see.
#[must_use]
pub fn feed(principal: &Principal, backend: DbBackend) -> Condition {
    if principal.must_change_password {
        return nothing();
    }
    facts(principal, &reach(principal).touched, backend)
}

/// The entries of the ledger that the principal may read as a supervisor, an auditor or an
/// administrator.
#[must_use]
pub fn ledger(principal: &Principal, backend: DbBackend) -> Condition {
    if principal.must_change_password {
        return nothing();
    }
    let readers = holding(principal, |held| {
        matches!(
            held.role,
            Role::Supervisor | Role::Auditor | Role::Administrator
        )
    });
    if readers.grants.is_empty() {
        return nothing();
    }
    let whole = holding(&readers, |held| !matches!(held.scope, Scope::Area { .. }));
    let auditor = holding(principal, |held| held.role == Role::Auditor);
    let drafts =
        of_types(["ReportDraft"]).add(Column::ProjectId.in_subquery(visible_projects(&auditor)));
    Condition::any()
        .add(facts(&readers, &reach(&whole).touched, backend))
        .add(drafts)
        .add(grants(principal))
        .add(accounts(principal, &auditor, backend))
}

/// The entries of projects and tasks that the principal may see now, and of units and
/// clauses, which are wording.
#[must_use]
pub fn past(principal: &Principal, backend: DbBackend) -> Condition {
    if reach(principal).everything {
        return Condition::all();
    }
    let seen = ids::<task::Entity>(
        wire(backend, TaskId::PREFIX, task::Column::Id),
        tasks(principal),
    );
    Condition::any()
        .add(Column::ProjectId.in_subquery(visible_projects(principal)))
        .add(of_types(["Unit", "Clause"]))
        .add(of_types(["Task"]).add(Column::SubjectId.in_subquery(seen)))
}

/// The same person with some of the grants only.
fn holding(principal: &Principal, keep: impl Fn(&Held) -> bool) -> Principal {
    let mut other = principal.clone();
    other.grants.retain(keep);
    other
}

fn of_types<const N: usize>(types: [&'static str; N]) -> Condition {
    Condition::all().add(Column::SubjectType.is_in(types))
}

/// Facts; those of the catalogue of these jurisdictions.
fn facts(principal: &Principal, catalogue: &[JurisdictionId], backend: DbBackend) -> Condition {
    if reach(principal).everything {
        return Column::SubjectType.is_not_in(NO_FACTS).into_condition();
    }
    let hanging = Condition::all()
        .add(Column::ProjectId.in_subquery(visible_projects(principal)))
        .add(Column::SubjectType.is_not_in(APART));
    let office = holding(principal, |held| !matches!(held.scope, Scope::Unit { .. }));
    let dismissed =
        of_types(["OrderDismissal"]).add(Column::ProjectId.in_subquery(visible_projects(&office)));
    let briefings =
        of_types(["Briefing"]).add(Column::JurisdictionId.is_in(reach(principal).jurisdictions));
    Condition::any()
        .add(hanging)
        .add(dismissed)
        .add(briefings)
        .add(without_project(principal, backend))
        .add(catalogue_of(catalogue, backend))
}

/// Tasks that belong to no project, and change requests that propose one.
fn without_project(principal: &Principal, backend: DbBackend) -> Condition {
    let seen_tasks = ids::<task::Entity>(
        wire(backend, TaskId::PREFIX, task::Column::Id),
        Condition::all()
            .add(tasks(principal))
            .add(task::Column::ProjectId.is_null()),
    );
    let seen_changes = ids::<change_request::Entity>(
        wire(backend, ChangeRequestId::PREFIX, change_request::Column::Id),
        changes(principal),
    );
    let task = of_types(["Task"]).add(Column::SubjectId.in_subquery(seen_tasks));
    let change = of_types(["ChangeRequest"]).add(Column::SubjectId.in_subquery(seen_changes));
    Condition::all()
        .add(Column::ProjectId.is_null())
        .add(Condition::any().add(task).add(change))
}

fn catalogue_of(jurisdictions: &[JurisdictionId], backend: DbBackend) -> Condition {
    let inside = || jurisdictions.iter().copied();
    let plans = || {
        Query::select()
            .column(plan::Column::Id)
            .from(plan::Entity)
            .and_where(plan::Column::JurisdictionId.is_in(inside()))
            .to_owned()
    };
    let clauses = ids::<clause::Entity>(
        wire(backend, ClauseId::PREFIX, clause::Column::Id),
        clause::Column::PlanId.in_subquery(plans()).into_condition(),
    );
    let indicators = ids::<indicator::Entity>(
        wire(backend, IndicatorId::PREFIX, indicator::Column::Id),
        indicator::Column::PlanId
            .in_subquery(plans())
            .into_condition(),
    );
    let own = of_types(CATALOGUE).add(Column::JurisdictionId.is_in(inside()));
    Condition::any()
        .add(own)
        .add(of_types(["Clause"]).add(Column::SubjectId.in_subquery(clauses)))
        .add(of_types(["Indicator"]).add(Column::SubjectId.in_subquery(indicators)))
}

/// Grants, which name their jurisdiction.
fn grants(principal: &Principal) -> Condition {
    let keepers = holding(principal, |held| {
        matches!(held.role, Role::Auditor | Role::Administrator)
    });
    let reach = reach(&keepers);
    let grants = of_types(["Grant"]);
    if reach.everything {
        return grants;
    }
    grants.add(Column::JurisdictionId.is_in(reach.jurisdictions))
}

/// Users and their API tokens: of people who hold or held a grant in the auditor's
/// jurisdiction, and of those whom an administrator reaches.
fn accounts(principal: &Principal, auditor: &Principal, backend: DbBackend) -> Condition {
    let audited = reach(auditor);
    let holders = Query::select()
        .column(grant::Column::UserId)
        .from(grant::Entity)
        .and_where(grant::Column::JurisdictionId.is_in(audited.jurisdictions))
        .to_owned();
    let known = Condition::any()
        .add(user::Column::Id.in_subquery(holders))
        .add(users::administered(principal));
    let known = || match audited.everything {
        true => Condition::all(),
        false => known.clone(),
    };
    let persons = ids::<user::Entity>(wire(backend, UserId::PREFIX, user::Column::Id), known());
    let owners = Query::select()
        .column(user::Column::Id)
        .from(user::Entity)
        .cond_where(known())
        .to_owned();
    let tokens = ids::<api_token::Entity>(
        wire(backend, ApiTokenId::PREFIX, api_token::Column::Id),
        api_token::Column::UserId
            .in_subquery(owners)
            .into_condition(),
    );
    Condition::any()
        .add(of_types(["User"]).add(Column::SubjectId.in_subquery(persons)))
        .add(of_types(["ApiToken"]).add(Column::SubjectId.in_subquery(tokens)))
}

/// The wire ids of the rows that meet a condition.
fn ids<E: EntityTrait + Default>(wire: SimpleExpr, condition: Condition) -> SelectStatement {
    Query::select()
        .expr(wire)
        .from(E::default())
        .cond_where(condition)
        .to_owned()
}

/// The key in this column as it reads on the wire: `task_` and 32 hexadecimal digits.
#[must_use]
pub fn wire(backend: DbBackend, prefix: &str, key: impl ColumnTrait) -> SimpleExpr {
    let start = Expr::value(format!("{prefix}_"));
    let key = key.into_expr();
    match backend {
        DbBackend::Sqlite => Expr::cust_with_exprs("(? || lower(hex(?)))", [start, key]),
        _ => Expr::cust_with_exprs("(($1)::text || replace(($2)::text, '-', ''))", [start, key]),
    }
}
