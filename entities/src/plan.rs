//! A published plan or document (规划).

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{JurisdictionId, PlanId};
use crate::row::FromCells;
use crate::vocabulary::PlanStatus;

/// A published plan or document (规划).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "plans")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanId,
    /// The jurisdiction whose plan it is.
    pub jurisdiction_id: JurisdictionId,
    /// ASCII code, unique.
    pub code: String,
    /// Title.
    pub title: String,
    /// Draft, in force or ended.
    pub status: PlanStatus,
    /// Document number (文号).
    pub document_number: Option<String>,
    /// Date of issue.
    pub issued_on: Option<NaiveDate>,
    /// Who issued it.
    pub issued_by: Option<String>,
    /// The document that carried it.
    pub issuing_document: Option<String>,
    /// First day of the stated period.
    pub period_from: Option<NaiveDate>,
    /// Last day of the stated period.
    pub period_to: Option<NaiveDate>,
    /// The text it was read from.
    pub source_file: Option<String>,
    /// 1-based line of its title.
    pub source_line: Option<i32>,
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
