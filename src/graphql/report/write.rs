//! Writing, submitting and waiving reports.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use duban_entities::ids::TaskId;

use crate::error::Error;
use crate::graphql::connection::list_cost;
use crate::graphql::context::{call, loaders, parse, services};
use crate::graphql::error::{Result, public};
use crate::graphql::scalar::{Date, Decimal};
use crate::graphql::task::{EvidenceInput, Issue, Report};
use crate::service;

/// A quantity achieved of one target.
#[derive(Clone, Debug, InputObject)]
pub struct AchievedInput {
    /// The name of one of the project's targets.
    target_name: String,
    /// The quantity since the start, in the target's unit of measure; 0 or more.
    quantity: Decimal,
}

/// A difficulty to raise with a report.
#[derive(Clone, Debug, InputObject)]
pub struct ReportIssueInput {
    /// Title, 1 to 200 characters.
    title: String,
    /// What the difficulty is, 1 to 2,000 characters.
    description: String,
    /// The unit that must help; the office where none is named.
    help_from_unit_id: Option<ID>,
    /// By when; not before today.
    due_date: Date,
}

macro_rules! report_input {
    ($(#[$doc:meta])* $name:ident { $(#[$version:meta])* expected_version; $($rest:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, InputObject)]
        pub struct $name {
            /// The report.
            task_id: ID,
            /// How far the work is, in percent, 0 to 100, at most two decimals. Required,
            /// unless nothing changed.
            percent_complete: Option<Decimal>,
            /// Investment of the month, in yuan, 0 or more, at most two decimals. Required,
            /// unless nothing changed.
            investment_this_month: Option<Decimal>,
            /// Investment since the start, in yuan, at least that of the month, at most two
            /// decimals. Required, unless nothing changed.
            investment_to_date: Option<Decimal>,
            /// What was done (进展情况), at most 2,000 characters. Required, unless nothing
            /// changed.
            narrative: Option<String>,
            /// What comes next (下步打算), at most 2,000 characters.
            next_steps: Option<String>,
            /// Quantities achieved by target, at most 50.
            #[graphql(default)]
            achieved: Vec<AchievedInput>,
            /// What supports it, at most 20 references.
            #[graphql(default)]
            evidence: Vec<EvidenceInput>,
            /// When the unit expects to complete; not before the month's end unless 100
            /// percent are done.
            forecast_completion: Option<Date>,
            /// Difficulties to raise with the report, at most 10.
            #[graphql(default)]
            issues: Vec<ReportIssueInput>,
            /// True where nothing changed since the last month: figures that are given must be
            /// the last ones, and nothing was invested.
            #[graphql(default)]
            unchanged: bool,
            /// Why a figure to date is less than in the last report, or why an accepted report
            /// is corrected, at most 2,000 characters.
            reason: Option<String>,
            $(#[$version])*
            expected_version: Option<i32>,
            $($rest)*
        }

        impl $name {
            /// What the report says.
            fn content(&self) -> service::ReportContent {
                let decimal = |number: &Option<Decimal>| number.as_ref().map(|d| d.0.clone());
                let achieved = self.achieved.iter().map(|one| service::Achieved {
                    target_name: one.target_name.trim().to_owned(),
                    quantity: one.quantity.0.clone(),
                });
                let issues = self.issues.iter().map(|issue| service::ReportedIssue {
                    title: issue.title.clone(),
                    description: issue.description.clone(),
                    help_from_unit_id: issue.help_from_unit_id.as_ref().map(|id| id.0.clone()),
                    due_date: issue.due_date.0,
                });
                let evidence = self.evidence.iter().cloned();
                service::ReportContent {
                    percent_complete: decimal(&self.percent_complete),
                    investment_this_month: decimal(&self.investment_this_month),
                    investment_to_date: decimal(&self.investment_to_date),
                    narrative: self.narrative.clone(),
                    next_steps: self.next_steps.clone(),
                    forecast_completion: self.forecast_completion.map(|date| date.0),
                    achieved: achieved.collect(),
                    evidence: evidence.map(EvidenceInput::command).collect(),
                    issues: issues.collect(),
                    unchanged: self.unchanged,
                    reason: self.reason.clone(),
                }
            }
        }
    };
}

report_input! {
    /// Saves the draft of a report, in the place of an earlier one. Nothing is required yet.
    ReportSaveInput {
        /// The version of the draft that you saw; 0 where there was none.
        expected_version;
    }
}

report_input! {
    /// Submits a report, or a correction of an accepted one.
    ReportSubmitInput {
        /// The version of the report that you saw.
        expected_version;
        /// Makes a repeated call harmless.
        idempotency_key: Option<String>,
    }
}

/// Submits many reports at once.
#[derive(Clone, Debug, InputObject)]
pub struct ReportsSubmitInput {
    /// The reports, 1 to 100, each as in `reportSubmit`.
    reports: Vec<ReportSubmitInput>,
    /// Makes a repeated call harmless.
    idempotency_key: Option<String>,
}

/// Waives a report.
#[derive(Clone, Debug, InputObject)]
pub struct ReportWaiveInput {
    /// The report.
    task_id: ID,
    /// Why.
    reason: String,
    /// The version of the report that you saw.
    expected_version: Option<i32>,
}

/// What `reportSave` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReportSavePayload {
    /// The report, with its draft.
    report: Report,
}

/// What `reportSubmit` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReportSubmitPayload {
    /// The report.
    report: Report,
    /// The issues that were raised with it.
    #[graphql(complexity = "list_cost(child_complexity)")]
    issues: Vec<Issue>,
}

/// What `reportsSubmit` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReportsSubmitPayload {
    /// The reports, in the order of the input.
    #[graphql(complexity = "list_cost(child_complexity)")]
    reports: Vec<Report>,
    /// The issues that were raised with them.
    #[graphql(complexity = "list_cost(child_complexity)")]
    issues: Vec<Issue>,
}

/// What `reportWaive` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReportWaivePayload {
    /// The report.
    report: Report,
}

/// Mutations on reports.
#[derive(Debug, Default)]
pub struct ReportMutation;

#[Object]
impl ReportMutation {
    /// The unit saves what it has written of a report; nobody else sees it.
    async fn report_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ReportSaveInput,
    ) -> Result<ReportSavePayload> {
        let command = service::ReportSave {
            task: parse(&input.task_id)?,
            content: input.content(),
            expected_version: input.expected_version,
        };
        let saved = services(ctx)?.save_report(call(ctx)?, command).await;
        let report = one(ctx, saved.map_err(public)?).await?;
        Ok(ReportSavePayload { report })
    }

    /// The unit submits a report (上报): OPEN becomes SUBMITTED. Of an accepted report it
    /// submits a correction, with a reason.
    async fn report_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ReportSubmitInput,
    ) -> Result<ReportSubmitPayload> {
        let submitted = services(ctx)?
            .submit_report(call(ctx)?, input.command()?)
            .await
            .map_err(public)?;
        Ok(ReportSubmitPayload {
            report: one(ctx, submitted.task).await?,
            issues: many(ctx, submitted.issues).await?,
        })
    }

    /// The unit submits many reports at once: all of them, or none, with the problems of
    /// every row under `reports.<n>.<field>`.
    async fn reports_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ReportsSubmitInput,
    ) -> Result<ReportsSubmitPayload> {
        let rows = input.reports.into_iter();
        let rows: Result<Vec<_>> = rows.map(ReportSubmitInput::command).collect();
        let submitted = services(ctx)?
            .submit_reports(call(ctx)?, rows?, input.idempotency_key)
            .await
            .map_err(public)?;
        let issues = submitted.iter().flat_map(|one| one.issues.clone());
        let issues = many(ctx, issues.collect()).await?;
        let tasks = submitted.iter().map(|one| one.task).collect();
        let reports = many(ctx, tasks).await?;
        Ok(ReportsSubmitPayload { reports, issues })
    }

    /// The office waives a report (免报): OPEN becomes CANCELLED.
    async fn report_waive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ReportWaiveInput,
    ) -> Result<ReportWaivePayload> {
        let command = service::ReportWaive {
            task: parse(&input.task_id)?,
            reason: input.reason,
            expected_version: input.expected_version,
        };
        let waived = services(ctx)?.waive_report(call(ctx)?, command).await;
        let report = one(ctx, waived.map_err(public)?).await?;
        Ok(ReportWaivePayload { report })
    }
}

impl ReportSubmitInput {
    fn command(self) -> Result<service::ReportSubmit> {
        Ok(service::ReportSubmit {
            task: parse(&self.task_id)?,
            content: self.content(),
            expected_version: self.expected_version,
            idempotency_key: self.idempotency_key,
        })
    }
}

/// A task as the caller may see it.
async fn one<T: From<duban_entities::task::Model>>(ctx: &Context<'_>, id: TaskId) -> Result<T> {
    let row = loaders(ctx)?.load_one(id).await?;
    row.map(T::from).ok_or_else(|| public(Error::NotFound))
}

/// Tasks as the caller may see them, in this order.
async fn many<T: From<duban_entities::task::Model>>(
    ctx: &Context<'_>,
    ids: Vec<TaskId>,
) -> Result<Vec<T>> {
    let mut rows = loaders(ctx)?.load_many(ids.iter().copied()).await?;
    let rows = ids.iter().filter_map(|id| rows.remove(id));
    Ok(rows.map(T::from).collect())
}
