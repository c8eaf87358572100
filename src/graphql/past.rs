//! A project as it stood at an earlier instant.

use async_graphql::{ComplexObject, Context, SimpleObject};

use super::connection::list_cost;
use super::context::loaders;
use super::error::Result;
use super::scalar::{Date, DateTime, Decimal};
use super::task::{Milestone, Then};
use super::unit::Unit;
use super::vocabulary::{
    DueBasis, LeadBasis, Participation, ProjectKind, Stage, StageBasis, TaskKind,
};
use crate::service::{PastProject, due_facts};
use crate::store::record::decimal_of_hundredths;

/// What a question about an earlier instant costs beside its fields: it reads the entries
/// up to then.
#[must_use]
pub const fn past_cost(asked: bool) -> usize {
    if asked { 5_000 } else { 0 }
}

/// A project as it stood at an instant, from the ledger alone. Overdue is reckoned with the
/// local date then.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct ProjectThen {
    #[graphql(skip)]
    past: PastProject,
    /// The jurisdiction's local date then.
    date: Date,
    /// The human code.
    code: String,
    /// Title.
    title: String,
    /// What sort of work.
    kind: ProjectKind,
    /// LEADS, or SUPPORTS where another government builds it.
    participation: Participation,
    /// Where it stood on the pipeline.
    stage: Stage,
    /// PLAN_WORDING until somebody had reported or confirmed the stage.
    stage_basis: StageBasis,
    /// The day on which the stage was reached, once reported.
    stage_since: Option<Date>,
    /// Date of completion as it was then (现定完成时间).
    due_date: Option<Date>,
    /// Baseline date of completion (原定完成时间).
    baseline_due_date: Option<Date>,
    /// Where the date came from.
    due_basis: Option<DueBasis>,
    /// Weight of the milestones that were DONE in percent, 0 to 100.
    percent_complete: Decimal,
    /// Where the lead unit came from; null where none led.
    lead_basis: Option<LeadBasis>,
    /// When the first schedule had been approved; null while unscheduled.
    schedule_approved_at: Option<DateTime>,
    /// Tasks of any kind that were overdue.
    overdue_task_count: i32,
    /// True for what a demonstration had made or changed.
    simulated: bool,
    /// How often it had changed, its creation included.
    version: i32,
}

impl From<PastProject> for ProjectThen {
    fn from(past: PastProject) -> Self {
        let row = &past.row;
        let overdue =
            |task: &&crate::service::PastTask| due_facts(&task.row).is_overdue(task.today);
        let overdue = past.tasks.iter().filter(overdue).count();
        Self {
            date: Date(past.today),
            code: row.code.clone(),
            title: row.title.clone(),
            kind: row.kind.into(),
            participation: row.participation.into(),
            stage: row.stage.into(),
            stage_basis: row.stage_basis.into(),
            stage_since: row.stage_since.map(Date),
            due_date: row.due_date.map(Date),
            baseline_due_date: row.baseline_due_date.map(Date),
            due_basis: row.due_basis.map(Into::into),
            percent_complete: Decimal(decimal_of_hundredths(row.percent_complete.into())),
            lead_basis: row.lead_basis.map(Into::into),
            schedule_approved_at: row.schedule_approved_at.map(DateTime),
            overdue_task_count: i32::try_from(overdue).unwrap_or(i32::MAX),
            simulated: row.simulated,
            version: row.version,
            past,
        }
    }
}

#[ComplexObject]
impl ProjectThen {
    /// The lead unit then (牵头单位), under its name then.
    async fn lead_unit(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
        if let Some(unit) = &self.past.lead {
            return Ok(Some(unit.clone().into()));
        }
        let Some(id) = self.past.row.lead_unit_id else {
            return Ok(None);
        };
        Ok(loaders(ctx)?.load_one(id).await?.map(Unit::from))
    }

    /// Its milestones then (节点), in the order of the schedule.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn milestones(&self) -> Vec<Milestone> {
        let tasks = self.past.tasks.iter();
        let milestones = tasks.filter(|task| TaskKind::from(task.row.kind) == TaskKind::Milestone);
        milestones
            .map(|task| Milestone::then(task.row.clone(), Then::of(task)))
            .collect()
    }
}
