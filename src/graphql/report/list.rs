//! What is missing, and who submitted what when; the rules of the duty to report.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use duban_entities::{report_revision, task};

use crate::domain::reporting;
use crate::error::Error;
use crate::graphql::connection::{connection, list_cost, page_cost, page_of_places};
use crate::graphql::context::{call, loaders, parse_option, services};
use crate::graphql::error::{Result, public};
use crate::graphql::person::Person;
use crate::graphql::project::Project;
use crate::graphql::scalar::{Date, DateTime};
use crate::graphql::task::Report;
use crate::graphql::unit::Unit;
use crate::graphql::vocabulary::{RevisionState, Stage};
use crate::service;
use crate::store::page::PageRequest;
use crate::store::reports::ReportFilter as StoreFilter;

/// Which missing reports are wanted. All given parts must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct MissingReportsFilter {
    /// Of this jurisdiction.
    jurisdiction_id: Option<ID>,
    /// Owed by this unit.
    unit_id: Option<ID>,
    /// For this month or a later one, `YYYY-MM`.
    period_from: Option<String>,
    /// For this month or an earlier one, `YYYY-MM`.
    period_to: Option<String>,
}

impl MissingReportsFilter {
    fn into_store(self) -> Result<StoreFilter> {
        Ok(StoreFilter {
            jurisdiction: parse_option(self.jurisdiction_id.as_ref())?,
            unit: parse_option(self.unit_id.as_ref())?,
            project: None,
            period_from: self.period_from,
            period_to: self.period_to,
        })
    }
}

/// Which submissions of reports are wanted. All given parts must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct SubmissionFilter {
    /// Of this jurisdiction.
    jurisdiction_id: Option<ID>,
    /// Of reports that this unit owes.
    unit_id: Option<ID>,
    /// On this project.
    project_id: Option<ID>,
    /// Of reports for this month, `YYYY-MM`.
    period: Option<String>,
}

impl SubmissionFilter {
    fn into_store(self) -> Result<StoreFilter> {
        let period = crate::graphql::task::checked_month(self.period, "period")?;
        Ok(StoreFilter {
            jurisdiction: parse_option(self.jurisdiction_id.as_ref())?,
            unit: parse_option(self.unit_id.as_ref())?,
            project: parse_option(self.project_id.as_ref())?,
            period_from: period.clone(),
            period_to: period,
        })
    }
}

/// The reports that a unit has never handed in for one month, past their date.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct MissingReports {
    #[graphql(skip)]
    row: service::Missing,
    /// The month, `YYYY-MM`.
    period: String,
    /// How many.
    count: i64,
}

impl From<service::Missing> for MissingReports {
    fn from(row: service::Missing) -> Self {
        Self {
            period: row.period.clone(),
            count: i64::try_from(row.reports.len()).unwrap_or(i64::MAX),
            row,
        }
    }
}

#[ComplexObject]
impl MissingReports {
    /// The unit that owes them.
    async fn unit(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
        let Some(id) = self.row.unit else {
            return Ok(None);
        };
        Ok(loaders(ctx)?.load_one(id).await?.map(Unit::from))
    }

    /// The reports.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn reports(&self) -> Vec<Report> {
        let rows = self.row.reports.iter().cloned();
        rows.map(Report::from).collect()
    }
}

connection!(
    MissingReportsConnection,
    MissingReportsEdge,
    MissingReports,
    service::Missing
);

/// One line of the submission log: who submitted what on which day.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct ReportSubmission {
    #[graphql(skip)]
    row: report_revision::Model,
    /// The month reported on, `YYYY-MM`.
    period: String,
    /// Which submission of the report it is, from 1.
    number: i32,
    /// Where it stands.
    state: RevisionState,
    /// When it was submitted.
    submitted_at: DateTime,
    /// On which local day.
    submitted_on: Date,
}

impl From<report_revision::Model> for ReportSubmission {
    fn from(row: report_revision::Model) -> Self {
        Self {
            period: row.period.clone(),
            number: row.number,
            state: row.state.into(),
            submitted_at: DateTime(row.submitted_at),
            submitted_on: Date(row.submitted_on),
            row,
        }
    }
}

#[ComplexObject]
impl ReportSubmission {
    /// The report.
    async fn report(&self, ctx: &Context<'_>) -> Result<Report> {
        Ok(self.task(ctx).await?.into())
    }

    /// The project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Project>> {
        let row = loaders(ctx)?.load_one(self.row.project_id).await?;
        Ok(row.map(Project::from))
    }

    /// The unit that owes the report.
    async fn unit(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
        let Some(id) = self.task(ctx).await?.unit_id else {
            return Ok(None);
        };
        Ok(loaders(ctx)?.load_one(id).await?.map(Unit::from))
    }

    /// Who submitted it.
    async fn submitted_by(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        Person::load(ctx, Some(self.row.submitted_by)).await
    }

    /// Whether the report is late: judged on its first submission, and kept.
    async fn late(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.days_late(ctx).await? > 0)
    }

    /// Days late at the report's first submission.
    async fn days_late(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(self.task(ctx).await?.days_late.unwrap_or(0))
    }

    /// How often the report was returned.
    async fn return_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(self.task(ctx).await?.return_count)
    }
}

impl ReportSubmission {
    async fn task(&self, ctx: &Context<'_>) -> Result<task::Model> {
        let row = loaders(ctx)?.load_one(self.row.task_id).await?;
        row.ok_or_else(|| public(Error::NotFound))
    }
}

connection!(
    SubmissionConnection,
    SubmissionEdge,
    ReportSubmission,
    report_revision::Model
);

/// The duty to report, as data: who owes a report, due when.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReportingRules {
    /// What holds from which month on: an entry of the jurisdiction's own code goes before
    /// one of all.
    #[graphql(complexity = "list_cost(child_complexity)")]
    rules: Vec<ReportingRule>,
    /// Years whose holidays and make-up days are on record.
    holiday_years: Vec<i32>,
    /// Years in which reports of the last, this and the next month fall due and whose
    /// holidays are not on record: of these the weekends alone are days off.
    unknown_holiday_years: Vec<i32>,
}

/// What holds for the reports of some months.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReportingRule {
    /// Code of the jurisdiction; null for all that have no entry of their own.
    jurisdiction_code: Option<String>,
    /// The first month, `YYYY-MM`, whose reports it holds for.
    from: String,
    /// A project at one of these stages at the end of a month owes that month's report.
    stages: Vec<Stage>,
    /// Reporting day: day of the next month, 1 to 28, on which a report is due, or the next
    /// working day.
    day: i32,
    /// By more points than this the reported percentage may not differ unflagged from that
    /// of the milestones.
    difference_points: i32,
}

impl From<&reporting::ReportingRule> for ReportingRule {
    fn from(rule: &reporting::ReportingRule) -> Self {
        Self {
            jurisdiction_code: rule.jurisdiction.clone(),
            from: rule.from.to_string(),
            stages: rule.stages.iter().copied().map(Stage::from).collect(),
            day: i32::try_from(rule.day).unwrap_or(i32::MAX),
            difference_points: rule.difference_points.into(),
        }
    }
}

/// Root fields on reports.
#[derive(Debug, Default)]
pub struct ReportQuery;

#[Object]
impl ReportQuery {
    /// The reports that are missing, among those that you may see, by unit and month, the
    /// newest month first: past their date and never submitted. Days under suspension
    /// do not count.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn missing_reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all where nothing is said.")] filter: Option<
            MissingReportsFilter,
        >,
        #[graphql(
            desc = "So many from the start, or behind `after`; 50 where nothing is said, 200 at most."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before `before`.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<MissingReportsConnection> {
        let filter = filter.unwrap_or_default().into_store()?;
        let groups = services(ctx)?
            .missing_reports(call(ctx)?, &filter)
            .await
            .map_err(public)?;
        let request = PageRequest {
            first,
            after,
            last,
            before,
        };
        let cursors = (service::Missing::cursor, service::Missing::place_of);
        let page = page_of_places(&groups, service::Missing::place, cursors, &request)?;
        let total = u64::try_from(groups.len()).ok();
        Ok(MissingReportsConnection::of(page, total))
    }

    /// The submissions of reports that you may see, newest first: who submitted what on
    /// which day, late or not, returned how often.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn submission_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all where nothing is said.")] filter: Option<
            SubmissionFilter,
        >,
        #[graphql(
            desc = "So many from the start, or behind `after`; 50 where nothing is said, 200 at most."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before `before`.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<SubmissionConnection> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let filter = filter.unwrap_or_default().into_store()?;
        let request = PageRequest {
            first,
            after,
            last,
            before,
        };
        let page = services
            .submissions(call, &filter, &request)
            .await
            .map_err(public)?;
        let total = if ctx.look_ahead().field("totalCount").exists() {
            let count = services.count_submissions(call, &filter).await;
            Some(count.map_err(public)?)
        } else {
            None
        };
        Ok(SubmissionConnection::of(page, total))
    }

    /// The rules of the duty to report, and the years whose holidays are known.
    async fn reporting_rules(&self, ctx: &Context<'_>) -> Result<ReportingRules> {
        let services = services(ctx)?;
        let rules = services.rules_for(call(ctx)?).map_err(public)?;
        Ok(ReportingRules {
            rules: rules.reporting.all().iter().map(Into::into).collect(),
            holiday_years: rules.calendar.known_years().collect(),
            unknown_holiday_years: services.calendar_gaps().await.map_err(public)?,
        })
    }
}
