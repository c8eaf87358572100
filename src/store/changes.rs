//! Selects of change requests.

use duban_entities::change_request;
use duban_entities::ids::{ChangeRequestId, JurisdictionId, ProjectId};
use duban_entities::vocabulary::{ChangeKind, ChangeState};
use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend, QueryFilter, QueryOrder, QuerySelect, Value};

use super::page::{Direction, Keyset, Page, PageRequest, SortKey};
use super::projects::parse_instant;
use super::scope;
use crate::error::Result;
use crate::policy::Principal;
use crate::store::Reads;
use crate::store::reader;

/// Which change requests are wanted. All given parts must hold.
#[derive(Clone, Debug, Default)]
pub struct ChangeRequestFilter {
    /// Of this jurisdiction.
    pub jurisdiction: Option<JurisdictionId>,
    /// Of this project.
    pub project: Option<ProjectId>,
    /// Of one of these kinds.
    pub kinds: Option<Vec<ChangeKind>>,
    /// In one of these states.
    pub states: Option<Vec<ChangeState>>,
}

/// One page of the change requests that the principal may see, oldest first.
///
/// # Errors
/// As [`PageRequest::window`].
pub async fn page(
    connection: &impl Reads,
    principal: &Principal,
    filter: &ChangeRequestFilter,
    request: &PageRequest,
) -> Result<Page<change_request::Model>> {
    let keyset = keyset();
    let window = request.window(&keyset)?;
    let mut select = reader::find::<change_request::Entity>()
        .filter(scope::changes(principal))
        .filter(condition(filter))
        .filter(window.condition.clone());
    for (expression, direction) in &window.order {
        select = select.order_by(expression.clone(), direction.clone());
    }
    let rows = reader::all(connection, select.limit(window.limit)).await?;
    window.page(keyset.name, rows, |row| {
        vec![row.proposed_at.to_rfc3339(), row.id.to_string()]
    })
}

/// How many change requests the filter selects among those that the principal may see.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn count(
    connection: &impl Reads,
    principal: &Principal,
    filter: &ChangeRequestFilter,
) -> Result<u64> {
    let select = reader::find::<change_request::Entity>()
        .filter(scope::changes(principal))
        .filter(condition(filter));
    reader::count(connection, select).await
}

fn keyset() -> Keyset {
    let key = |column, parse: fn(&str) -> Option<Value>| SortKey {
        expression: Expr::col((change_request::Entity, column)),
        direction: Direction::Ascending,
        parse,
    };
    Keyset {
        name: "change.proposed",
        keys: vec![
            key(change_request::Column::ProposedAt, parse_instant),
            key(change_request::Column::Id, |text| {
                text.parse::<ChangeRequestId>().ok().map(Value::from)
            }),
        ],
    }
}

fn condition(filter: &ChangeRequestFilter) -> Condition {
    use change_request::Column;
    Condition::all()
        .add_option(filter.jurisdiction.map(|id| Column::JurisdictionId.eq(id)))
        .add_option(filter.project.map(|id| Column::ProjectId.eq(id)))
        .add_option(filter.kinds.clone().map(|kinds| Column::Kind.is_in(kinds)))
        .add_option(filter.states.as_deref().map(in_states))
}

/// The change request of this id, whoever may see it: the caller asks the policy.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn by_id(
    connection: &impl Reads,
    id: ChangeRequestId,
) -> Result<Option<change_request::Model>> {
    let select = reader::find::<change_request::Entity>().filter(change_request::Column::Id.eq(id));
    reader::one(connection, select).await
}

/// Those of these change requests that the principal may see.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn visible_by_ids(
    connection: &impl Reads,
    principal: &Principal,
    ids: Vec<ChangeRequestId>,
) -> Result<Vec<change_request::Model>> {
    let select = reader::find::<change_request::Entity>()
        .filter(scope::changes(principal))
        .filter(change_request::Column::Id.is_in(ids));
    reader::all(connection, select).await
}

/// A change request for a decision: locked on PostgreSQL, so that of two deciders one waits
/// and then finds it decided.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn lock(
    connection: &impl Reads,
    id: ChangeRequestId,
) -> Result<Option<change_request::Model>> {
    let mut select =
        reader::find::<change_request::Entity>().filter(change_request::Column::Id.eq(id));
    if connection.backend() == DbBackend::Postgres {
        select = select.lock_exclusive();
    }
    reader::one(connection, select).await
}

fn in_states(states: &[ChangeState]) -> SimpleExpr {
    match states {
        [ChangeState::Proposed] => waits(),
        _ => change_request::Column::State.is_in(states.iter().copied()),
    }
}

/// Requests that wait for a decision, in the words of the partial index.
pub(super) fn waits() -> SimpleExpr {
    let state = Expr::col((change_request::Entity, change_request::Column::State));
    state.eq(Expr::cust("'PROPOSED'"))
}

/// The request of this kind that waits for a decision on a project.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn pending(
    connection: &impl Reads,
    project: ProjectId,
    kind: ChangeKind,
) -> Result<Option<change_request::Model>> {
    let select = reader::find::<change_request::Entity>()
        .filter(change_request::Column::ProjectId.eq(project))
        .filter(change_request::Column::Kind.eq(kind))
        .filter(waits());
    reader::one(connection, select).await
}

/// The requests by which these projects entered the bank.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn entries_of(
    connection: &impl Reads,
    projects: Vec<ProjectId>,
) -> Result<Vec<change_request::Model>> {
    let select = reader::find::<change_request::Entity>()
        .filter(change_request::Column::ProjectId.is_in(projects))
        .filter(change_request::Column::Kind.eq(ChangeKind::Propose));
    reader::all(connection, select).await
}
