//! A token bucket of failed attempts.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::row::FromCells;

/// A token bucket of failed attempts.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "throttles")]
pub struct Model {
    /// What is counted, such as `sign-in/address/…`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Attempts in the bucket, in thousandths.
    pub level: i64,
    /// When `level` was true.
    pub updated_at: DateTime<Utc>,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
