//! The projects of one kind at one stage, in a jurisdiction or in all of them, counted.

use sea_orm::entity::prelude::*;

use crate::ids::JurisdictionId;
use crate::row::FromCells;

/// The projects of one kind at one stage, in a jurisdiction or in all of them, counted.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "tallies")]
pub struct Model {
    /// The jurisdiction; the nil UUID for all of them together.
    #[sea_orm(primary_key, auto_increment = false)]
    pub jurisdiction_id: JurisdictionId,
    /// The projects' kind; empty for tasks without a project.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The projects' stage; empty for tasks without a project.
    #[sea_orm(primary_key, auto_increment = false)]
    pub stage: String,
    /// Projects.
    pub projects: i64,
    /// Projects without a lead unit.
    pub unassigned: i64,
    /// Projects without an approved schedule.
    pub unscheduled: i64,
    /// Their overdue tasks, on the day of the jurisdiction's mark.
    pub overdue: i64,
    /// Their completions whose plan period has ended, on that day.
    pub period_ended: i64,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
