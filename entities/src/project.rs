//! One work, tracked (重大项目); a programme is a project with children.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{JurisdictionId, ProjectId, UnitId};
use crate::row::FromCells;
use crate::vocabulary::{
    Disclosure, DueBasis, LeadBasis, Participation, ProjectKind, Stage, StageBasis,
};

/// One work, tracked (重大项目); a programme is a project with children.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, FromCells)]
#[sea_orm(table_name = "projects")]
pub struct Model {
    /// Primary key (UUIDv7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProjectId,
    /// The jurisdiction that answers for it.
    pub jurisdiction_id: JurisdictionId,
    /// The human code (`ZMD-RES-0012`), unique.
    pub code: String,
    /// Title.
    pub title: String,
    /// What sort of work.
    pub kind: ProjectKind,
    /// LEADS, or SUPPORTS where another government builds it.
    pub participation: Participation,
    /// Where it stands on the pipeline.
    pub stage: Stage,
    /// Whether the stage is the plan's wording or was reported.
    pub stage_basis: StageBasis,
    /// The day on which the stage was reached, once reported.
    pub stage_since: Option<NaiveDate>,
    /// The stage to resume to, while SUSPENDED.
    pub suspended_from: Option<Stage>,
    /// The programme it belongs to.
    pub parent_id: Option<ProjectId>,
    /// The lead unit (牵头单位).
    pub lead_unit_id: Option<UnitId>,
    /// Whether the lead was stated by a text or assigned.
    pub lead_basis: Option<LeadBasis>,
    /// The text's own word for the lead's role.
    pub lead_role_words: Option<String>,
    /// Whether the public may see it.
    pub disclosure: Disclosure,
    /// How many members the text declares for a programme.
    pub declared_members: Option<i32>,
    /// The text's own words for the date.
    pub due_words: Option<String>,
    /// Current date of completion: that of the finish milestone.
    pub due_date: Option<NaiveDate>,
    /// Baseline date of completion.
    pub baseline_due_date: Option<NaiveDate>,
    /// Where the date comes from.
    pub due_basis: Option<DueBasis>,
    /// When the first schedule was approved.
    pub schedule_approved_at: Option<DateTime<Utc>>,
    /// Weight of DONE milestones, in hundredths of a percent (0 to 10,000).
    pub percent_complete: i32,
    /// Total investment as approved, in fen (hundredths of a yuan).
    pub investment_total: Option<i64>,
    /// True for a demonstration record, or once demonstration data changed it.
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
