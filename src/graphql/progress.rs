//! Planned against actual.

use async_graphql::{Context, SimpleObject};
use duban_entities::project;

use super::connection::list_cost;
use super::context::{count_brought, loaders, services, today};
use super::error::{Result, public};
use super::loader::StandingOf;
use super::scalar::{Date, Decimal};
use crate::domain::progress::{self as rule, Basis, Point};
use crate::domain::reporting::Month;
use crate::error::Error;
use crate::store::record::decimal_of_hundredths;

/// Planned against actual on one day. Percentages are 0 to 100, points are points of
/// percent; the figures of a day are those at its end, today's those of now.
#[derive(Clone, Debug, SimpleObject)]
pub struct Progress {
    /// The day.
    on: Date,
    /// The weight of the milestones that are due by then on their current dates (现定), days
    /// under suspension apart; null without an approved schedule.
    planned_percent: Option<Decimal>,
    /// The same by the baseline dates (原定).
    planned_percent_baseline: Option<Decimal>,
    /// The weight of the milestones that were DONE; null for a day to come.
    percent_complete: Option<Decimal>,
    /// What the accepted report of the latest month says; null where there is none.
    reported_percent: Option<Decimal>,
    /// The month of that report, `YYYY-MM`.
    reported_period: Option<String>,
    /// True where milestones and report differ by more than the set number of points
    /// (`reportingRules.differencePoints`).
    differs: bool,
    /// Points behind the plan by the current dates, 0 when ahead: planned less reported, or
    /// less the milestones where nothing is reported. Null where nothing is planned.
    points_behind: Option<Decimal>,
    /// The same by the baseline dates.
    points_behind_baseline: Option<Decimal>,
    /// Days overdue of the open milestone that is longest overdue, by its current date, days
    /// under suspension apart; 0 where none is.
    days_overdue: Option<i32>,
    /// The same by the baseline dates, which no suspension moves.
    days_overdue_baseline: Option<i32>,
    /// The completion that the unit last stated in a report that was not returned.
    forecast_completion: Option<Date>,
}

impl Progress {
    /// The progress of a project on a day.
    pub(super) async fn load(
        ctx: &Context<'_>,
        row: &project::Model,
        on: Option<Date>,
    ) -> Result<Option<Self>> {
        let local = today(ctx).await?.of(row.jurisdiction_id);
        let day = on.map_or(local, |on| on.0);
        // For a day to come the plan as it is now is all there is.
        let past = Some(day).filter(|day| *day < local);
        let standing = loaders(ctx)?.load_one(StandingOf(row.id, past)).await?;
        let Some(progress) = standing.map(|standing| standing.progress(day)) else {
            return Ok(None);
        };
        let points = difference_points(ctx, row, &progress).await?;
        Ok(Some(Self::of(&progress, points, day <= local)))
    }

    fn of(progress: &rule::Progress, points: u16, actual: bool) -> Self {
        let known = |value: Option<i32>| value.filter(|_| actual).map(percent);
        Self {
            on: Date(progress.on),
            planned_percent: progress.planned.map(percent),
            planned_percent_baseline: progress.planned_baseline.map(percent),
            percent_complete: known(Some(progress.complete)),
            reported_percent: known(progress.reported),
            reported_period: progress.reported_period.clone().filter(|_| actual),
            differs: actual && progress.differs(points),
            points_behind: known(progress.points_behind(Basis::Current)),
            points_behind_baseline: known(progress.points_behind(Basis::Baseline)),
            days_overdue: actual.then_some(progress.days_overdue),
            days_overdue_baseline: actual.then_some(progress.days_overdue_baseline),
            forecast_completion: progress.forecast.map(Date),
        }
    }
}

/// The points that hold for the month of the last accepted report; of no account without
/// one.
async fn difference_points(
    ctx: &Context<'_>,
    row: &project::Model,
    progress: &rule::Progress,
) -> Result<u16> {
    let month = progress.reported_period.as_deref();
    let month: Option<Month> = month.and_then(|period| period.parse().ok());
    let Some(month) = month else { return Ok(0) };
    let here = loaders(ctx)?.load_one(row.jurisdiction_id).await?;
    let here = here.ok_or_else(|| public(Error::NotFound))?;
    let reporting = &services(ctx)?.rules.reporting;
    Ok(reporting.of(&here.code, month).difference_points)
}

fn percent(hundredths: i32) -> Decimal {
    Decimal(decimal_of_hundredths(hundredths.into()))
}

/// A point of a curve.
#[derive(Clone, Debug, SimpleObject)]
pub struct CurvePoint {
    /// From this day on.
    date: Date,
    /// So far, in percent (0 to 100).
    percent: Decimal,
}

/// The curves of planned and actual progress, as they are now. They rise at the days of
/// their points and are level between.
#[derive(Clone, Debug, SimpleObject)]
pub struct ProgressCurve {
    /// By the current dates; a milestone whose clock stands still behind its stop is not on
    /// it. Empty without an approved schedule.
    #[graphql(complexity = "list_cost(child_complexity)")]
    planned: Vec<CurvePoint>,
    /// By the baseline dates.
    #[graphql(complexity = "list_cost(child_complexity)")]
    planned_baseline: Vec<CurvePoint>,
    /// The accepted report of each month, at the month's last day.
    #[graphql(complexity = "list_cost(child_complexity)")]
    actual: Vec<CurvePoint>,
}

impl ProgressCurve {
    /// The curves of a project.
    pub(super) async fn load(ctx: &Context<'_>, row: &project::Model) -> Result<Option<Self>> {
        let standing = loaders(ctx)?.load_one(StandingOf(row.id, None)).await?;
        let Some(standing) = standing else {
            return Ok(None);
        };
        let known = &standing.known;
        let curve = Self {
            planned: points(known.planned_curve(Basis::Current)),
            planned_baseline: points(known.planned_curve(Basis::Baseline)),
            actual: points(known.actual_curve()),
        };
        let brought = curve.planned.len() + curve.planned_baseline.len() + curve.actual.len();
        count_brought(ctx, brought)?;
        Ok(Some(curve))
    }
}

fn points(curve: Vec<Point>) -> Vec<CurvePoint> {
    let curve = curve.into_iter();
    curve
        .map(|point| CurvePoint {
            date: Date(point.date),
            percent: percent(point.percent),
        })
        .collect()
}
