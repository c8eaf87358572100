//! What reports sum up to: a project's investment, a programme's month.

use std::collections::BTreeMap;

use async_graphql::{Context, SimpleObject};
use duban_entities::vocabulary::TaskState;
use duban_entities::{project, report_revision, task};

use crate::domain::reporting::Month;
use crate::graphql::connection::list_cost;
use crate::graphql::context::{children, loaders, today};
use crate::graphql::error::Result;
use crate::graphql::loader::{AcceptedOf, InvestmentsOf, MembersOf, ReportIn};
use crate::graphql::scalar::Decimal;
use crate::graphql::task::checked_month;
use crate::service::due_facts;
use crate::store::record::decimal_of_hundredths;

/// Investment of a project (投资): planned as approved, actual from accepted reports.
#[derive(Clone, Debug, SimpleObject)]
pub struct ProjectInvestment {
    /// Total as approved, in yuan.
    total: Option<Decimal>,
    /// Year by year.
    #[graphql(complexity = "list_cost(child_complexity)")]
    years: Vec<YearInvestment>,
    /// Since the start, as the last accepted report says, in yuan; null before the first.
    actual_to_date: Option<Decimal>,
}

/// Investment of one year.
#[derive(Clone, Debug, SimpleObject)]
pub struct YearInvestment {
    /// The year.
    year: i32,
    /// Planned as approved, in yuan; null where no plan is known.
    planned: Option<Decimal>,
    /// The months' investment by accepted reports, in yuan; null where none is accepted.
    actual: Option<Decimal>,
}

/// The investment of a project.
pub(in crate::graphql) async fn investment(
    ctx: &Context<'_>,
    row: &project::Model,
) -> Result<ProjectInvestment> {
    let planned = children(ctx, InvestmentsOf(row.id)).await?;
    let accepted = children(ctx, AcceptedOf(row.id)).await?;
    let mut years: BTreeMap<i32, (Option<i64>, Option<i64>)> = BTreeMap::new();
    for plan in planned {
        years.entry(plan.year).or_default().0 = Some(plan.amount);
    }
    for revision in &accepted {
        let Ok(month) = revision.period.parse::<Month>() else {
            continue;
        };
        let actual = &mut years.entry(month.year()).or_default().1;
        let sum = actual.unwrap_or(0);
        *actual = Some(sum.saturating_add(revision.investment_this_month));
    }
    let yuan = |fen: i64| Decimal(decimal_of_hundredths(fen));
    let years = years
        .into_iter()
        .map(|(year, (planned, actual))| YearInvestment {
            year,
            planned: planned.map(yuan),
            actual: actual.map(yuan),
        });
    Ok(ProjectInvestment {
        total: row.investment_total.map(yuan),
        years: years.collect(),
        actual_to_date: accepted.last().map(|row| yuan(row.investment_to_date)),
    })
}

/// How the members of a programme report for one month, those that you may see.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReportSummary {
    /// The month, `YYYY-MM`.
    period: String,
    /// Members of the programme.
    members: i32,
    /// Reports that they owe for the month, waived ones apart.
    due: i32,
    /// Of these: submitted or accepted, or returned after a submission.
    #[graphql(name = "in")]
    received: i32,
    /// Of these that came in: first submitted late.
    late: i32,
    /// Of those due: not submitted yet, and past their date.
    missing: i32,
    /// Waived for the month (免报).
    waived: i32,
    /// Mean of the percentages that the members' last accepted reports state; members
    /// without one do not count. Null where none has one.
    percent: Option<Decimal>,
}

/// How the members of a programme report; none for a project without members.
pub(in crate::graphql) async fn summary(
    ctx: &Context<'_>,
    row: &project::Model,
    period: Option<String>,
) -> Result<Option<ReportSummary>> {
    let today = today(ctx).await?.of(row.jurisdiction_id);
    let period =
        checked_month(period, "period")?.unwrap_or_else(|| Month::of(today).previous().to_string());
    let members = children(ctx, MembersOf(row.id)).await?;
    if members.is_empty() {
        return Ok(None);
    }
    let loaders = loaders(ctx)?;
    let keys = members.iter().map(|row| ReportIn(row.id, period.clone()));
    let reports: Vec<task::Model> = loaders.load_many(keys).await?.into_values().collect();
    let keys = members.iter().map(|row| AcceptedOf(row.id));
    let accepted = loaders.load_many(keys).await?.into_values();
    let last = accepted.filter_map(|rows| rows.last().map(percent));
    let last: Vec<i64> = last.collect();
    let owed = |row: &&task::Model| row.state != TaskState::Cancelled;
    let came = |row: &&task::Model| row.first_submitted_on.is_some();
    let late = |row: &&task::Model| row.days_late.is_some_and(|days| days > 0);
    let missing = |row: &&task::Model| !came(row) && due_facts(row).is_overdue(today);
    let waived = |row: &&task::Model| row.waived_at.is_some();
    Ok(Some(ReportSummary {
        period,
        members: count(members.len()),
        due: count(reports.iter().filter(owed).count()),
        received: count(reports.iter().filter(owed).filter(came).count()),
        late: count(reports.iter().filter(owed).filter(late).count()),
        missing: count(reports.iter().filter(missing).count()),
        waived: count(reports.iter().filter(waived).count()),
        percent: mean(&last).map(|mean| Decimal(decimal_of_hundredths(mean))),
    }))
}

fn percent(row: &report_revision::Model) -> i64 {
    row.percent_complete.into()
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// The mean of hundredths, rounded half up.
fn mean(all: &[i64]) -> Option<i64> {
    let count = i64::try_from(all.len()).ok().filter(|count| *count > 0)?;
    Some((2 * all.iter().sum::<i64>() + count) / (2 * count))
}
