//! What makes a task an order (督办单): its number, level and source.

use sea_orm::entity::prelude::*;

use crate::ids::{BriefingId, JurisdictionId, TaskId};
use crate::row::FromCells;
use crate::vocabulary::{OrderLevel, OrderSource};

/// What makes a task an order (督办单): its number, level and source.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    /// The task that is owed.
    #[sea_orm(primary_key, auto_increment = false)]
    pub task_id: TaskId,
    /// The jurisdiction.
    pub jurisdiction_id: JurisdictionId,
    /// The year of its number.
    pub year: i32,
    /// Its number within jurisdiction and year, from 1, without gaps.
    pub sequence: i32,
    /// How hard it presses.
    pub level: OrderLevel,
    /// What it comes from.
    pub source: OrderSource,
    /// The meeting, instruction, inspection or rule, in words.
    pub source_note: Option<String>,
    /// The rule's ground, where a proposal was followed.
    pub ground: Option<String>,
    /// The order that it follows up.
    pub follows_id: Option<TaskId>,
    /// The published briefing that a circular cites.
    pub briefing_id: Option<BriefingId>,
}

/// No relations: joins are written out where they are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
