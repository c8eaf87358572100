//! Pages of entries: the feed, the ledger, the history of a project.
//!
//! An entry gets its number under the chain's lock, which is held until the commit: whoever
//! sees an entry sees every one before it. So a reader that goes on behind the last number
//! it saw misses nothing and sees nothing twice.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use duban_entities::ids::{JurisdictionId, ProjectId, UserId};
use duban_entities::{grant, ledger};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query, WindowStatement};
use sea_orm::{ColumnTrait, Condition, Iterable, QueryFilter, QueryOrder, QuerySelect, Value};

use crate::error::Result;
use crate::policy::Principal;
use crate::store::page::{Direction, Keyset, Page, PageRequest, SortKey};
use crate::store::scope;
use crate::store::{Reads, reader};

/// The name of the order of a history.
const HISTORY: &str = "history";

/// Which entries are wanted. All given parts must hold.
#[derive(Clone, Debug, Default)]
pub struct EntryFilter {
    /// By this actor.
    pub actor: Option<String>,
    /// Of one of these actions.
    pub actions: Option<Vec<String>>,
    /// Of this subject.
    pub subject: Option<String>,
    /// Of subjects of one of these types.
    pub subject_types: Option<Vec<&'static str>>,
    /// That concern this project.
    pub project: Option<ProjectId>,
    /// That concern this jurisdiction.
    pub jurisdiction: Option<JurisdictionId>,
    /// Made at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Made before this instant.
    pub to: Option<DateTime<Utc>>,
}

/// Which entries a list is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// The feed of changes, in the order of the chain.
    Feed,
    /// The ledger, this way.
    Ledger(Direction),
}

/// One page of the entries of a list that the principal may see.
///
/// # Errors
/// As [`PageRequest::window`].
pub async fn page(
    connection: &impl Reads,
    principal: &Principal,
    (list, filter): (List, &EntryFilter),
    request: &PageRequest,
) -> Result<Page<ledger::Model>> {
    let keyset = list.keyset();
    let window = request.window(&keyset)?;
    let mut select = reader::find::<ledger::Entity>()
        .filter(list.scope(connection, principal))
        .filter(condition(filter))
        .filter(window.condition.clone());
    for (expression, direction) in &window.order {
        select = select.order_by(expression.clone(), direction.clone());
    }
    let rows = reader::all(connection, select.limit(window.limit)).await?;
    window.page(keyset.name, rows, |row| vec![row.seq.to_string()])
}

/// How many entries of a list the filter selects among those that the principal may see.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn count(
    connection: &impl Reads,
    principal: &Principal,
    (list, filter): (List, &EntryFilter),
) -> Result<u64> {
    let select = reader::find::<ledger::Entity>()
        .filter(list.scope(connection, principal))
        .filter(condition(filter));
    reader::count(connection, select).await
}

/// True if somebody of this id holds or held a grant in one of these jurisdictions.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn belongs(
    connection: &impl Reads,
    id: UserId,
    jurisdictions: Option<Vec<JurisdictionId>>,
) -> Result<bool> {
    let inside = jurisdictions.map(|own| grant::Column::JurisdictionId.is_in(own));
    let select = reader::find::<grant::Entity>()
        .filter(grant::Column::UserId.eq(id))
        .filter(Condition::all().add_option(inside))
        .limit(1);
    let found = reader::one(connection, select).await?;
    Ok(found.is_some())
}

impl List {
    fn scope(self, connection: &impl Reads, principal: &Principal) -> Condition {
        let backend = connection.backend();
        match self {
            Self::Feed => scope::feed(principal, backend),
            Self::Ledger(_) => scope::ledger(principal, backend),
        }
    }

    fn keyset(self) -> Keyset {
        match self {
            Self::Feed => by_number("feed", Direction::Ascending),
            Self::Ledger(Direction::Ascending) => by_number("ledger.oldest", Direction::Ascending),
            Self::Ledger(Direction::Descending) => {
                by_number("ledger.newest", Direction::Descending)
            }
        }
    }
}

fn by_number(name: &'static str, direction: Direction) -> Keyset {
    let number = SortKey {
        expression: Expr::col((ledger::Entity, ledger::Column::Seq)),
        direction,
        parse: |text| text.parse::<i64>().ok().map(Value::from),
    };
    Keyset {
        name,
        keys: vec![number],
    }
}

fn condition(filter: &EntryFilter) -> Condition {
    use ledger::Column;
    let EntryFilter {
        actor,
        actions,
        subject,
        subject_types,
        project,
        jurisdiction,
        from,
        to,
    } = filter;
    Condition::all()
        .add_option(actor.as_ref().map(|id| Column::ActorId.eq(id)))
        .add_option(actions.as_ref().map(|words| Column::Action.is_in(words)))
        .add_option(subject.as_ref().map(|id| Column::SubjectId.eq(id)))
        .add_option(
            subject_types
                .as_ref()
                .map(|types| Column::SubjectType.is_in(types.iter().copied())),
        )
        .add_option(project.map(|id| Column::ProjectId.eq(id)))
        .add_option(jurisdiction.map(|id| Column::JurisdictionId.eq(id)))
        .add_option(from.map(|at| Column::At.gte(at)))
        .add_option(to.map(|at| Column::At.lt(at)))
}

/// Refuses a page request that no history has.
///
/// # Errors
/// As [`PageRequest::window`].
pub fn check_history(request: &PageRequest) -> Result<()> {
    request.window(&by_number(HISTORY, Direction::Ascending))?;
    Ok(())
}

/// The same part of the history of each of these projects: one statement for all of them.
/// A project of which nothing is seen has no page.
///
/// # Errors
/// As [`PageRequest::window`].
pub async fn histories(
    connection: &impl Reads,
    principal: &Principal,
    projects: Vec<ProjectId>,
    request: &PageRequest,
) -> Result<HashMap<ProjectId, Page<ledger::Model>>> {
    let keyset = by_number(HISTORY, Direction::Ascending);
    let window = request.window(&keyset)?;
    let backend = connection.backend();
    let mut place = WindowStatement::partition_by(ledger::Column::ProjectId);
    for (expression, direction) in &window.order {
        place.order_by_expr(expression.clone(), direction.clone());
    }
    let (numbered, row_number) = (Alias::new("numbered"), Alias::new("place"));
    let inner = Query::select()
        .columns(ledger::Column::iter())
        .expr_window_as(Func::cust("row_number"), place, row_number.clone())
        .from(ledger::Entity)
        .and_where(ledger::Column::ProjectId.is_in(projects.iter().copied()))
        .cond_where(scope::feed(principal, backend))
        .cond_where(window.condition.clone())
        .to_owned();
    let limit = i64::try_from(window.limit).unwrap_or(i64::MAX);
    let outer = Query::select()
        .columns(ledger::Column::iter())
        .from_subquery(inner, numbered)
        .and_where(Expr::col(row_number.clone()).lte(limit))
        .order_by(row_number, sea_orm::sea_query::Order::Asc)
        .to_owned();
    let rows: Vec<ledger::Model> = reader::rows(connection, &outer).await?;
    let mut of: HashMap<ProjectId, Vec<ledger::Model>> =
        projects.into_iter().map(|id| (id, Vec::new())).collect();
    for row in rows {
        if let Some(rows) = row.project_id.and_then(|id| of.get_mut(&id)) {
            rows.push(row);
        }
    }
    let pages = of.into_iter().map(|(project, rows)| {
        let page = window
            .clone()
            .page(keyset.name, rows, |row| vec![row.seq.to_string()]);
        Ok((project, page?))
    });
    pages.collect()
}

/// How many entries the history of each of these projects has.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn history_counts(
    connection: &impl Reads,
    principal: &Principal,
    projects: Vec<ProjectId>,
) -> Result<HashMap<ProjectId, u64>> {
    let select = reader::find::<ledger::Entity>()
        .select_only()
        .column(ledger::Column::ProjectId)
        .column_as(ledger::Column::Seq.count(), "n")
        .filter(ledger::Column::ProjectId.is_in(projects))
        .filter(scope::feed(principal, connection.backend()))
        .group_by(ledger::Column::ProjectId);
    let counted: Vec<(ProjectId, i64)> = reader::tuples(connection, select).await?;
    Ok(counted
        .into_iter()
        .map(|(project, n)| (project, u64::try_from(n).unwrap_or(0)))
        .collect())
}
