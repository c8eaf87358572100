//! A single-use token that continues a session.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{RefreshTokenId, SessionId};
use crate::row::FromCells;

/// A single-use token that continues a session.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefreshTokenId,
    /// The session (the token's family).
    pub session_id: SessionId,
    /// The token it replaced.
    pub parent_id: Option<RefreshTokenId>,
    /// SHA-256 of the token, hexadecimal.
    pub token_hash: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
    /// When the access token made with it was first used.
    pub access_used_at: Option<DateTime<Utc>>,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
