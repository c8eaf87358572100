//! Somebody who signs in.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::UserId;
use crate::row::FromCells;

/// Somebody who signs in.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// Login name: lower-case ASCII, unique.
    pub username: String,
    /// Display name.
    pub name: String,
    /// Argon2id in PHC form.
    pub password_hash: String,
    /// True after a reset, until the password is changed.
    pub must_change_password: bool,
    /// When the user was disabled.
    pub disabled_at: Option<DateTime<Utc>>,
    /// True for a demonstration user.
    pub simulated: bool,
    /// Grows by one at each change.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
