//! Sessions and the refresh tokens that continue them.

use chrono::{DateTime, Utc};
use duban_entities::ids::{RefreshTokenId, SessionId, UserId};
use duban_entities::row::FromCells;
use duban_entities::{refresh_token, session, user};
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, JoinType, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, RelationDef,
};
use uuid::Uuid;

use super::{Work, ledger};
use crate::error::{Error, Result};
use crate::store::Reads;
use crate::store::reader::{self, Fixed};
use crate::store::writes::Run;

/// What a request with an access token must know of its session. In the order of the columns of
/// [`standing`].
#[derive(Clone, Debug, FromCells)]
pub struct Standing {
    /// The user.
    pub user_id: UserId,
    /// When the session was ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// When the session ends at the latest.
    pub expires_at: DateTime<Utc>,
    /// When the session was last refreshed.
    pub last_used_at: DateTime<Utc>,
    /// Display name.
    pub name: String,
    /// True until a reset password has been changed.
    pub must_change_password: bool,
    /// When the user was disabled.
    pub disabled_at: Option<DateTime<Utc>>,
    /// End of the refresh token made with the access token; past when it was revoked.
    pub refresh_expires_at: DateTime<Utc>,
    /// When that access token was first used.
    pub access_used_at: Option<DateTime<Utc>>,
    /// The ledger's version at that moment.
    pub version: i64,
}

fn session_user() -> RelationDef {
    session::Entity::belongs_to(user::Entity)
        .from(session::Column::UserId)
        .to(user::Column::Id)
        .into()
}

fn session_token() -> RelationDef {
    session::Entity::belongs_to(refresh_token::Entity)
        .from(session::Column::Id)
        .to(refresh_token::Column::SessionId)
        .into()
}

/// How the session stands, with its user and one of its refresh tokens: one statement.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn standing(
    connection: &impl Reads,
    id: SessionId,
    refresh: RefreshTokenId,
) -> Result<Option<Standing>> {
    static STANDING: Fixed = Fixed::new(select_standing);
    let statement = STANDING.with(connection, [id.into(), refresh.into()]);
    let made = reader::written(connection, statement).await?;
    Ok(made.into_iter().next())
}

fn select_standing() -> SelectStatement {
    session::Entity::find_by_id(SessionId(Uuid::nil()))
        .join(JoinType::InnerJoin, session_user())
        .join(JoinType::InnerJoin, session_token())
        .filter(refresh_token::Column::Id.eq(RefreshTokenId(Uuid::nil())))
        .select_only()
        .columns([
            session::Column::UserId,
            session::Column::EndedAt,
            session::Column::ExpiresAt,
            session::Column::LastUsedAt,
        ])
        .columns([
            user::Column::Name,
            user::Column::MustChangePassword,
            user::Column::DisabledAt,
        ])
        .column_as(refresh_token::Column::ExpiresAt, "refresh_expires_at")
        .column(refresh_token::Column::AccessUsedAt)
        .expr_as(ledger::version_expression(), "version")
        .into_query()
}

/// Notes the first use of an access token; later ones change nothing.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn mark_access_used(work: &Work, refresh: RefreshTokenId) -> Result<()> {
    refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::AccessUsedAt, Expr::value(work.at()))
        .filter(refresh_token::Column::Id.eq(refresh))
        .filter(refresh_token::Column::AccessUsedAt.is_null())
        .run(work.connection())
        .await?;
    Ok(())
}

/// Writes a new session.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn insert(work: &Work, row: session::Model) -> Result<()> {
    session::Entity::insert(row.into_active_model())
        .run(work.connection())
        .await?;
    Ok(())
}

/// Writes a new refresh token.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn insert_token(work: &Work, row: refresh_token::Model) -> Result<()> {
    refresh_token::Entity::insert(row.into_active_model())
        .run(work.connection())
        .await?;
    Ok(())
}

/// The session to which the refresh token with this hash belongs.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn of_token(
    connection: &impl Reads,
    token_hash: &str,
) -> Result<Option<refresh_token::Model>> {
    let select = reader::find::<refresh_token::Entity>()
        .filter(refresh_token::Column::TokenHash.eq(token_hash));
    reader::one(connection, select).await
}

/// The session, locked until the work ends: whatever changes its tokens queues here.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn lock(work: &Work, id: SessionId) -> Result<session::Model> {
    let select = reader::find::<session::Entity>()
        .filter(session::Column::Id.eq(id))
        .lock_exclusive();
    let found = reader::one(work.connection(), select).await?;
    found.ok_or(Error::NotFound)
}

/// The session.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn find(connection: &impl Reads, id: SessionId) -> Result<session::Model> {
    let select = reader::find::<session::Entity>().filter(session::Column::Id.eq(id));
    let found = reader::one(connection, select).await?;
    found.ok_or(Error::NotFound)
}

/// The refresh token.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn token(work: &Work, id: RefreshTokenId) -> Result<refresh_token::Model> {
    let select = reader::find::<refresh_token::Entity>().filter(refresh_token::Column::Id.eq(id));
    let found = reader::one(work.connection(), select).await?;
    found.ok_or(Error::NotFound)
}

/// The token made in exchange for this one, unless it was used or revoked.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn unused_successor(
    work: &Work,
    id: RefreshTokenId,
) -> Result<Option<refresh_token::Model>> {
    let select = reader::find::<refresh_token::Entity>()
        .filter(refresh_token::Column::ParentId.eq(id))
        .filter(refresh_token::Column::UsedAt.is_null())
        .limit(1);
    reader::one(work.connection(), select).await
}

/// Notes that a token was exchanged.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn mark_used(work: &Work, id: RefreshTokenId) -> Result<()> {
    refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::UsedAt, Expr::value(work.at()))
        .filter(refresh_token::Column::Id.eq(id))
        .run(work.connection())
        .await?;
    Ok(())
}

/// Revokes a token that nobody used: it ends now, and so does the access token made with
/// it. Used again it counts as a reuse.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn revoke(work: &Work, id: RefreshTokenId) -> Result<()> {
    refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::UsedAt, Expr::value(work.at()))
        .col_expr(refresh_token::Column::ExpiresAt, Expr::value(work.at()))
        .filter(refresh_token::Column::Id.eq(id))
        .run(work.connection())
        .await?;
    Ok(())
}

/// Notes that the session was refreshed.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn touch(work: &Work, id: SessionId) -> Result<()> {
    session::Entity::update_many()
        .col_expr(session::Column::LastUsedAt, Expr::value(work.at()))
        .filter(session::Column::Id.eq(id))
        .run(work.connection())
        .await?;
    Ok(())
}

/// Ends a session, if it has not ended.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn end(work: &Work, id: SessionId) -> Result<()> {
    end_where(work, session::Column::Id.eq(id).into()).await
}

/// Ends every session of a user, but for one.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn end_all(work: &Work, user: UserId, except: Option<SessionId>) -> Result<()> {
    let mut condition = Condition::all().add(session::Column::UserId.eq(user));
    if let Some(kept) = except {
        condition = condition.add(session::Column::Id.ne(kept));
    }
    end_where(work, condition).await
}

async fn end_where(work: &Work, condition: Condition) -> Result<()> {
    session::Entity::update_many()
        .col_expr(session::Column::EndedAt, Expr::value(work.at()))
        .filter(condition)
        .filter(session::Column::EndedAt.is_null())
        .run(work.connection())
        .await?;
    Ok(())
}

/// The sessions of a user that are not over, the latest first. `idle_since`: sessions not
/// refreshed since then are over.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn live(
    connection: &impl Reads,
    user: UserId,
    now: DateTime<Utc>,
    idle_since: DateTime<Utc>,
) -> Result<Vec<session::Model>> {
    let select = reader::find::<session::Entity>()
        .filter(session::Column::UserId.eq(user))
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now))
        .filter(session::Column::LastUsedAt.gt(idle_since))
        .order_by_desc(session::Column::CreatedAt)
        .order_by_desc(session::Column::Id);
    reader::all(connection, select).await
}

/// True if the user with this name has signed in from this address since then.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn knows_address(
    work: &Work,
    username: &str,
    peer: &str,
    since: DateTime<Utc>,
) -> Result<bool> {
    let select = reader::find::<session::Entity>()
        .join(JoinType::InnerJoin, session_user())
        .filter(user::Column::Username.eq(username))
        .filter(session::Column::Peer.eq(peer))
        .filter(session::Column::CreatedAt.gt(since))
        .limit(1);
    let found = reader::one(work.connection(), select).await?;
    Ok(found.is_some())
}

/// Deletes sessions that were over before then, with their tokens.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn forget_older(work: &Work, before: DateTime<Utc>) -> Result<()> {
    let old = Query::select()
        .column(session::Column::Id)
        .from(session::Entity)
        .and_where(session::Column::ExpiresAt.lt(before))
        .to_owned();
    refresh_token::Entity::delete_many()
        .filter(refresh_token::Column::SessionId.in_subquery(old))
        .run(work.connection())
        .await?;
    session::Entity::delete_many()
        .filter(session::Column::ExpiresAt.lt(before))
        .run(work.connection())
        .await?;
    Ok(())
}
