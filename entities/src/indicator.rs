//! A plan's target figure (指标), values as worded.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{IndicatorId, PlanId};
use crate::row::FromCells;
use crate::vocabulary::IndicatorNature;

/// A plan's target figure (指标), values as worded.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "indicators")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IndicatorId,
    /// The plan.
    pub plan_id: PlanId,
    /// ASCII code, unique.
    pub code: String,
    /// The table group it stands in.
    pub group_name: Option<String>,
    /// Name.
    pub name: String,
    /// Unit of measure.
    pub unit_of_measure: Option<String>,
    /// Value in the base year.
    pub base_value: Option<String>,
    /// Base year.
    pub base_year: Option<String>,
    /// Target value.
    pub target_value: Option<String>,
    /// Target year.
    pub target_year: Option<String>,
    /// Yearly growth.
    pub annual_growth: Option<String>,
    /// Binding, anticipated, or not stated.
    pub nature: IndicatorNature,
    /// What a reader should know.
    pub note: Option<String>,
    /// The text.
    pub source_file: String,
    /// 1-based line.
    pub source_line: i32,
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
