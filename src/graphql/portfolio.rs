//! The counts of a portfolio.

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};

use super::connection::list_cost;
use super::context::{call, loaders, services};
use super::error::{Result, public};
use super::past::past_cost;
use super::project::ProjectFilter;
use super::scalar::DateTime;
use super::unit::Unit;
use super::vocabulary::{ProjectKind, Stage};
use crate::error::Error;
use crate::service;
use crate::store::page::page_size;
use crate::store::tallies::UnitOrder;

/// Counts over the projects that you may see and the filter selects.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Portfolio {
    #[graphql(skip)]
    found: service::Portfolio,
    /// Projects in all.
    project_count: i64,
    /// Projects with no lead unit stated or assigned.
    unassigned_project_count: i64,
    /// Projects with no approved schedule.
    unscheduled_project_count: i64,
    /// Overdue tasks.
    overdue_task_count: i64,
    /// Projects whose plan period has ended without completion.
    period_ended_project_count: i64,
    /// Projects at each stage that occurs.
    #[graphql(complexity = "list_cost(child_complexity)")]
    by_stage: Vec<StageCount>,
    /// Projects and overdue tasks of each kind that occurs.
    #[graphql(complexity = "list_cost(child_complexity)")]
    by_kind: Vec<KindCount>,
}

impl From<service::Portfolio> for Portfolio {
    fn from(found: service::Portfolio) -> Self {
        let counts = &found.counts;
        let stages = counts.stages.iter();
        let kinds = counts.kinds.iter();
        Self {
            project_count: counts.projects,
            unassigned_project_count: counts.unassigned,
            unscheduled_project_count: counts.unscheduled,
            overdue_task_count: counts.overdue,
            period_ended_project_count: counts.period_ended,
            by_stage: stages
                .map(|(stage, project_count)| StageCount {
                    stage: (*stage).into(),
                    project_count: *project_count,
                })
                .collect(),
            by_kind: kinds
                .map(|(kind, (project_count, overdue_task_count))| KindCount {
                    kind: (*kind).into(),
                    project_count: *project_count,
                    overdue_task_count: *overdue_task_count,
                })
                .collect(),
            found,
        }
    }
}

/// Projects at a stage.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct StageCount {
    /// The stage.
    stage: Stage,
    /// Projects.
    project_count: i64,
}

/// Projects of a kind.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct KindCount {
    /// The kind.
    kind: ProjectKind,
    /// Projects.
    project_count: i64,
    /// Overdue tasks.
    overdue_task_count: i64,
}

/// What a unit has in hand.
#[derive(Clone, Debug, SimpleObject)]
pub struct UnitCount {
    /// The unit.
    unit: Unit,
    /// Projects it leads.
    project_count: i64,
    /// Its tasks OPEN or SUBMITTED.
    open_task_count: i64,
    /// Its overdue tasks.
    overdue_task_count: i64,
    /// Days overdue of the longest one.
    longest_overdue_days: i64,
}

/// What the units of a portfolio are sorted by; largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UnitCountOrder {
    /// Overdue tasks, then the longest overdue.
    OverdueTasks,
    /// Days overdue of the longest overdue task.
    LongestOverdue,
    /// Open tasks.
    OpenTasks,
    /// Projects led.
    Projects,
}

#[ComplexObject]
impl Portfolio {
    /// What each unit has in hand, largest first; at most 200.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn by_unit(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50, desc = "So many, 200 at most.")] first: i32,
        #[graphql(default_with = "UnitCountOrder::OverdueTasks", desc = "By what.")]
        order_by: UnitCountOrder,
    ) -> Result<Vec<UnitCount>> {
        let size = page_size(first, "first").map_err(public)?;
        let found = services(ctx)?.portfolio_units(&self.found, order_by.into(), size);
        let counts = found.await.map_err(public)?;
        let units = loaders(ctx)?
            .load_many(counts.iter().map(|(unit, _)| *unit))
            .await?;
        counts
            .into_iter()
            .map(|(id, counts)| {
                let unit = units
                    .get(&id)
                    .cloned()
                    .ok_or_else(|| public(Error::NotFound))?;
                Ok(UnitCount {
                    unit: unit.into(),
                    project_count: counts.projects,
                    open_task_count: counts.open,
                    overdue_task_count: counts.overdue,
                    longest_overdue_days: counts.longest,
                })
            })
            .collect()
    }
}

impl From<UnitCountOrder> for UnitOrder {
    fn from(order: UnitCountOrder) -> Self {
        match order {
            UnitCountOrder::OverdueTasks => Self::Overdue,
            UnitCountOrder::LongestOverdue => Self::Longest,
            UnitCountOrder::OpenTasks => Self::Active,
            UnitCountOrder::Projects => Self::Projects,
        }
    }
}

/// Root field of the portfolio.
#[derive(Debug, Default)]
pub struct PortfolioQuery;

#[Object]
impl PortfolioQuery {
    /// Counts over the projects that you may see, now or as they stood at an earlier
    /// instant.
    #[graphql(complexity = "child_complexity + 1 + past_cost(as_of.is_some())")]
    async fn portfolio(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which projects; all where nothing is said.")] filter: Option<
            ProjectFilter,
        >,
        #[graphql(
            desc = "As they stood at this instant, from the ledger, with that day's local date; not in the future."
        )]
        as_of: Option<DateTime>,
    ) -> Result<Portfolio> {
        let filter = filter.unwrap_or_default().checked()?;
        let (services, call) = (services(ctx)?, call(ctx)?);
        let found = match as_of {
            Some(at) => {
                let counts = services.portfolio_at(call, at.0, &filter).await;
                counts.map(service::Portfolio::from)
            }
            None => services.portfolio(call, &filter).await,
        };
        Ok(found.map_err(public)?.into())
    }
}
