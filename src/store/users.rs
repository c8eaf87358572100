//! Users and their grants.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use duban_entities::ids::{GrantId, UnitId, UserId};
use duban_entities::vocabulary::{Role, ScopeType};
use duban_entities::{grant, user};
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};

use super::page::{Direction, Keyset, Page, PageRequest, SortKey};
use super::{Work, scope};
use crate::error::{Error, Result};
use crate::policy::Principal;
use crate::store::Reads;
use crate::store::reader;
use crate::store::writes::{Run, run_unprepared};

/// The advisory lock under which users and grants are administered on PostgreSQL
/// ("duban usr"). SQLite has one writer anyway.
const PEOPLE_LOCK: i64 = 0x6475_6261_6e75_7372;

/// Lets one administration of users run at a time, so that rules over several rows hold:
/// a user name is unique, the last administrator stays.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn serialise(work: &Work) -> Result<()> {
    if work.backend() == DbBackend::Postgres {
        let lock = format!("SELECT pg_advisory_xact_lock({PEOPLE_LOCK})");
        run_unprepared(work.connection(), &lock).await?;
    }
    Ok(())
}

/// The user.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn find(connection: &impl Reads, id: UserId) -> Result<user::Model> {
    let select = reader::find::<user::Entity>().filter(user::Column::Id.eq(id));
    let found = reader::one(connection, select).await?;
    found.ok_or(Error::NotFound)
}

/// The user, locked until the work ends.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn lock(work: &Work, id: UserId) -> Result<user::Model> {
    let select = reader::find::<user::Entity>()
        .filter(user::Column::Id.eq(id))
        .lock_exclusive();
    let found = reader::one(work.connection(), select).await?;
    found.ok_or(Error::NotFound)
}

/// The user who signs in under this name.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn by_username(connection: &impl Reads, username: &str) -> Result<Option<user::Model>> {
    let select = reader::find::<user::Entity>().filter(user::Column::Username.eq(username));
    reader::one(connection, select).await
}

/// The users of these ids.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn by_ids(connection: &impl Reads, ids: Vec<UserId>) -> Result<Vec<user::Model>> {
    let select = reader::find::<user::Entity>().filter(user::Column::Id.is_in(ids));
    reader::all(connection, select).await
}

/// Replaces the stored hash of an unchanged password by a better one.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn rehash(work: &Work, user: &user::Model, better: &str) -> Result<()> {
    user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::value(better))
        .filter(user::Column::Id.eq(user.id))
        .filter(user::Column::PasswordHash.eq(&user.password_hash))
        .run(work.connection())
        .await?;
    Ok(())
}

/// The grant.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn grant(connection: &impl Reads, id: GrantId) -> Result<grant::Model> {
    let select = reader::find::<grant::Entity>().filter(grant::Column::Id.eq(id));
    let found = reader::one(connection, select).await?;
    found.ok_or(Error::NotFound)
}

/// The grants of these ids.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn grants_by_id(connection: &impl Reads, ids: Vec<GrantId>) -> Result<Vec<grant::Model>> {
    let select = reader::find::<grant::Entity>().filter(grant::Column::Id.is_in(ids));
    reader::all(connection, select).await
}

/// Every grant of these users, past ones too, in the order given.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn grants(connection: &impl Reads, users: Vec<UserId>) -> Result<Vec<grant::Model>> {
    let select = reader::find::<grant::Entity>()
        .filter(grant::Column::UserId.is_in(users))
        .order_by_asc(grant::Column::CreatedAt)
        .order_by_asc(grant::Column::Id);
    reader::all(connection, select).await
}

/// The grants of a user in force at an instant.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn grants_in_force(
    connection: &impl Reads,
    user: UserId,
    at: DateTime<Utc>,
) -> Result<Vec<grant::Model>> {
    let select = reader::find::<grant::Entity>()
        .filter(grant::Column::UserId.eq(user))
        .filter(in_force(at))
        .order_by_asc(grant::Column::CreatedAt)
        .order_by_asc(grant::Column::Id);
    reader::all(connection, select).await
}

fn in_force(at: DateTime<Utc>) -> Condition {
    let begun = Condition::any()
        .add(grant::Column::ValidFrom.is_null())
        .add(grant::Column::ValidFrom.lte(at));
    let not_over = Condition::any()
        .add(grant::Column::ValidTo.is_null())
        .add(grant::Column::ValidTo.gt(at));
    Condition::all().add(begun).add(not_over)
}

/// How many other users who are not disabled administer everything, without an end.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn other_administrators(work: &Work, than: UserId) -> Result<usize> {
    let disabled = Query::select()
        .column(user::Column::Id)
        .from(user::Entity)
        .and_where(user::Column::DisabledAt.is_not_null())
        .to_owned();
    let select = reader::find::<grant::Entity>()
        .filter(grant::Column::Role.eq(Role::Administrator))
        .filter(grant::Column::ScopeType.eq(ScopeType::Everything))
        .filter(grant::Column::ValidTo.is_null())
        .filter(in_force(work.at()))
        .filter(grant::Column::UserId.ne(than))
        .filter(grant::Column::UserId.not_in_subquery(disabled));
    let grants = reader::all(work.connection(), select).await?;
    Ok(grants.len())
}

/// Each of these units with all below it: one statement for all of them, none for none.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn units_below(
    connection: &impl Reads,
    roots: &BTreeSet<UnitId>,
) -> Result<HashMap<UnitId, BTreeSet<UnitId>>> {
    if roots.is_empty() {
        return Ok(HashMap::new());
    }
    let marks: Vec<String> = (1..=roots.len()).map(|n| format!("${n}")).collect();
    let sql = format!(
        "WITH RECURSIVE below (root, id) AS (\
         SELECT id, id FROM units WHERE id IN ({}) \
         UNION SELECT below.root, units.id FROM units JOIN below ON units.parent_id = below.id\
         ) SELECT root, id FROM below",
        marks.join(", ")
    );
    let values = roots.iter().map(|root| (*root).into());
    let statement = Statement::from_sql_and_values(connection.backend(), sql, values);
    let mut below: HashMap<UnitId, BTreeSet<UnitId>> = HashMap::new();
    for (root, id) in reader::written(connection, statement).await? {
        below.entry(root).or_default().insert(id);
    }
    Ok(below)
}

/// The users whom the principal administers. As the policy has it, every grant of theirs
/// lies in one of its jurisdictions.
pub(super) fn administered(principal: &Principal) -> Condition {
    let Some(jurisdictions) = scope::administered(principal) else {
        return Condition::all();
    };
    let mut reached = Condition::any().add(Expr::cust("1 = 0"));
    for own in jurisdictions {
        let inside = holders(grant::Column::JurisdictionId.eq(own).into());
        let outside = Condition::any()
            .add(grant::Column::JurisdictionId.is_null())
            .add(grant::Column::JurisdictionId.ne(own));
        let all_inside = Condition::all()
            .add(user::Column::Id.in_subquery(inside))
            .add(user::Column::Id.not_in_subquery(holders(outside)));
        reached = reached.add(all_inside);
    }
    reached
}

fn holders(condition: Condition) -> SelectStatement {
    Query::select()
        .column(grant::Column::UserId)
        .from(grant::Entity)
        .cond_where(condition)
        .to_owned()
}

/// One page of users, in the order of their user names.
///
/// # Errors
/// As [`PageRequest::window`].
pub async fn page(
    connection: &impl Reads,
    principal: &Principal,
    request: &PageRequest,
) -> Result<Page<user::Model>> {
    const NAME: &str = "users";
    let keyset = Keyset {
        name: NAME,
        keys: vec![SortKey {
            expression: Expr::col((user::Entity, user::Column::Username)),
            direction: Direction::Ascending,
            parse: |text| Some(text.into()),
        }],
    };
    let window = request.window(&keyset)?;
    let mut select = reader::find::<user::Entity>()
        .filter(administered(principal))
        .filter(window.condition.clone())
        .limit(window.limit);
    for (expression, order) in window.order.clone() {
        select = select.order_by(expression, order);
    }
    let rows = reader::all(connection, select).await?;
    window.page(NAME, rows, |row| vec![row.username.clone()])
}

/// How many users there are.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn count(connection: &impl Reads, principal: &Principal) -> Result<u64> {
    let select = reader::find::<user::Entity>().filter(administered(principal));
    reader::count(connection, select).await
}
