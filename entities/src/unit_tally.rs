//! What a unit has in hand, in all, of one kind or at one stage, counted.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::ids::{JurisdictionId, UnitId};
use crate::row::FromCells;

/// What a unit has in hand, in all, of one kind or at one stage, counted.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "unit_tallies")]
pub struct Model {
    /// The jurisdiction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub jurisdiction_id: JurisdictionId,
    /// The kind of the projects that are counted; empty for any.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The stage of the projects that are counted; empty for any.
    #[sea_orm(primary_key, auto_increment = false)]
    pub stage: String,
    /// The unit.
    #[sea_orm(primary_key, auto_increment = false)]
    pub unit_id: UnitId,
    /// Projects that it leads.
    pub projects: i64,
    /// Its tasks OPEN or SUBMITTED.
    pub active: i64,
    /// Its overdue tasks, on the day of the jurisdiction's mark.
    pub overdue: i64,
    /// The earliest counted date, less the days carried, of those whose clock runs.
    pub oldest: Option<NaiveDate>,
    /// The most days overdue of those whose clock is stopped.
    pub stalled: Option<i32>,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
