//! How far the duty to report has been turned into tasks.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::JurisdictionId;
use crate::row::FromCells;

/// How far the duty to report has been turned into tasks.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "duty_marks")]
pub struct Model {
    /// The jurisdiction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub jurisdiction_id: JurisdictionId,
    /// The last month that is done, `YYYY-MM`.
    pub period: String,
    /// When.
    pub swept_at: DateTime<Utc>,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
