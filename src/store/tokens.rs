//! API tokens.

use chrono::{DateTime, Utc};
use duban_entities::ids::{ApiTokenId, UserId};
use duban_entities::{api_token, user};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef,
};

use super::Work;
use crate::error::{Error, Result};
use crate::store::Reads;
use crate::store::reader;
use crate::store::writes::Run;

fn token_user() -> RelationDef {
    api_token::Entity::belongs_to(user::Entity)
        .from(api_token::Column::UserId)
        .to(user::Column::Id)
        .into()
}

/// The token with this hash, and its user: one statement.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn by_hash(
    connection: &impl Reads,
    token_hash: &str,
) -> Result<Option<(api_token::Model, user::Model)>> {
    let select = reader::find::<api_token::Entity>()
        .join(JoinType::InnerJoin, token_user())
        .filter(api_token::Column::TokenHash.eq(token_hash));
    let found = reader::paired::<_, user::Entity>(connection, select).await?;
    Ok(found.into_iter().next())
}

/// The token.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn find(connection: &impl Reads, id: ApiTokenId) -> Result<api_token::Model> {
    let select = reader::find::<api_token::Entity>().filter(api_token::Column::Id.eq(id));
    let found = reader::one(connection, select).await?;
    found.ok_or(Error::NotFound)
}

/// The tokens of these ids.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn by_ids(
    connection: &impl Reads,
    ids: Vec<ApiTokenId>,
) -> Result<Vec<api_token::Model>> {
    let select = reader::find::<api_token::Entity>().filter(api_token::Column::Id.is_in(ids));
    reader::all(connection, select).await
}

/// The tokens of these users, the latest first.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn of_users(
    connection: &impl Reads,
    users: Vec<UserId>,
) -> Result<Vec<api_token::Model>> {
    let select = reader::find::<api_token::Entity>()
        .filter(api_token::Column::UserId.is_in(users))
        .order_by_desc(api_token::Column::CreatedAt)
        .order_by_desc(api_token::Column::Id);
    reader::all(connection, select).await
}

/// Notes when and from where a token was last used.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn mark_used(work: &Work, id: ApiTokenId, at: DateTime<Utc>, peer: &str) -> Result<()> {
    api_token::Entity::update_many()
        .col_expr(api_token::Column::LastUsedAt, Expr::value(at))
        .col_expr(api_token::Column::LastUsedPeer, Expr::value(peer))
        .filter(api_token::Column::Id.eq(id))
        .run(work.connection())
        .await?;
    Ok(())
}
