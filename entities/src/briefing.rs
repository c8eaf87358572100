//! A month as an office published it: frozen at a head of the ledger.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{BriefingId, JurisdictionId, UserId};
use crate::row::FromCells;

/// A month as an office published it: frozen at a head of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "briefings")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BriefingId,
    /// The jurisdiction.
    pub jurisdiction_id: JurisdictionId,
    /// The month, `YYYY-MM`.
    pub period: String,
    /// The year of its number.
    pub year: i32,
    /// Its number within jurisdiction and year, from 1.
    pub sequence: i32,
    /// The last entry of the ledger that it counts.
    pub ledger_seq: i64,
    /// That entry's hash.
    pub ledger_hash: String,
    /// The figures and their lists, as JSON.
    pub content: String,
    /// Who.
    pub published_by: UserId,
    /// When.
    pub published_at: DateTime<Utc>,
    /// True for a demonstration record.
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
