//! One sign-in and the refresh tokens that follow from it.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{SessionId, UserId};
use crate::row::FromCells;

/// One sign-in and the refresh tokens that follow from it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// The user.
    pub user_id: UserId,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last refreshed.
    pub last_used_at: DateTime<Utc>,
    /// Absolute end.
    pub expires_at: DateTime<Utc>,
    /// When it was ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Network address of the sign-in.
    pub peer: Option<String>,
    /// User agent of the sign-in, cut to 256 characters.
    pub user_agent: Option<String>,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
