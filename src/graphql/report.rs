//! What belongs to monthly reports: revisions, drafts, what is missing, the submission log,
//! and what reports sum up to.

mod list;
mod summary;
mod write;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use duban_entities::vocabulary::RevisionState as Word;
use duban_entities::{report_draft, report_revision};

use super::connection::list_cost;
use super::context::loaders;
use super::error::{Result, public};
use super::person::Person;
use super::scalar::{Date, DateTime, Decimal};
use super::task::Evidence;
use super::unit::Unit;
use super::vocabulary::RevisionState;
use crate::service::{self, ReportContent, ReportView};
use crate::store::record::decimal_of_hundredths;

pub use list::ReportQuery;
pub use summary::{ProjectInvestment, ReportSummary};
pub(super) use summary::{investment, summary};
pub use write::ReportMutation;

/// The revision whose figures a report shows: the last one that was not returned, else the
/// last one.
pub(super) fn latest(rows: &[report_revision::Model]) -> Option<report_revision::Model> {
    let counts =
        |row: &&report_revision::Model| matches!(row.state, Word::Submitted | Word::Accepted);
    let chosen = rows.iter().rev().find(counts).or_else(|| rows.last());
    chosen.cloned()
}

/// A quantity achieved of one target (完成工程量).
#[derive(Clone, Debug, SimpleObject)]
pub struct AchievedQuantity {
    /// The target's name.
    target_name: String,
    /// The quantity, in the target's unit of measure.
    quantity: Decimal,
}

impl From<service::Achieved> for AchievedQuantity {
    fn from(achieved: service::Achieved) -> Self {
        Self {
            target_name: achieved.target_name,
            quantity: Decimal(achieved.quantity),
        }
    }
}

impl AchievedQuantity {
    /// The quantities of a revision.
    pub(super) fn of(row: &report_revision::Model) -> Result<Vec<Self>> {
        let achieved = service::achieved_of(row).map_err(public)?;
        Ok(achieved.into_iter().map(Self::from).collect())
    }
}

/// One submission of a report. A correction of an accepted report is another.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct ReportRevision {
    #[graphql(skip)]
    row: report_revision::Model,
    /// Opaque id, as in the ledger.
    #[graphql(owned)]
    pub(super) id: ID,
    /// From 1, in the order of submission.
    number: i32,
    /// Where it stands.
    state: RevisionState,
    /// How far the unit says the work is, in percent, 0 to 100.
    reported_percent: Decimal,
    /// Investment of the month, in yuan.
    investment_this_month: Decimal,
    /// Investment since the start, in yuan.
    investment_to_date: Decimal,
    /// What was done (进展情况); empty where nothing changed.
    narrative: String,
    /// What comes next (下步打算).
    next_steps: String,
    /// When the unit expects to complete (预计完成时间).
    forecast_completion: Option<Date>,
    /// True where the unit said that nothing changed since the last month.
    unchanged: bool,
    /// Why a figure fell, or why an accepted report was corrected.
    reason: Option<String>,
    /// When it was submitted.
    submitted_at: DateTime,
    /// On which local day.
    submitted_on: Date,
    /// When it was accepted or returned.
    decided_at: Option<DateTime>,
    /// What the office said; the reason of a return.
    decision_note: Option<String>,
    /// True for a demonstration record.
    simulated: bool,
}

impl From<report_revision::Model> for ReportRevision {
    fn from(row: report_revision::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            number: row.number,
            state: row.state.into(),
            reported_percent: Decimal(decimal_of_hundredths(row.percent_complete.into())),
            investment_this_month: Decimal(decimal_of_hundredths(row.investment_this_month)),
            investment_to_date: Decimal(decimal_of_hundredths(row.investment_to_date)),
            narrative: row.narrative.clone(),
            next_steps: row.next_steps.clone(),
            forecast_completion: row.forecast_completion.map(Date),
            unchanged: row.unchanged,
            reason: row.reason.clone(),
            submitted_at: DateTime(row.submitted_at),
            submitted_on: Date(row.submitted_on),
            decided_at: row.decided_at.map(DateTime),
            decision_note: row.decision_note.clone(),
            simulated: row.simulated,
            row,
        }
    }
}

#[ComplexObject]
impl ReportRevision {
    /// Quantities achieved by target.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn achieved(&self) -> Result<Vec<AchievedQuantity>> {
        AchievedQuantity::of(&self.row)
    }

    /// References that support it.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn evidence(&self) -> Result<Vec<Evidence>> {
        let evidence = service::evidence_of(&self.row).map_err(public)?;
        Ok(evidence.into_iter().map(Evidence::from).collect())
    }

    /// Who submitted it.
    async fn submitted_by(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        Person::load(ctx, Some(self.row.submitted_by)).await
    }

    /// Who accepted or returned it.
    async fn decided_by(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        Person::load(ctx, self.row.decided_by).await
    }
}

/// A report that a unit is writing: nobody else sees it.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct ReportDraft {
    #[graphql(skip)]
    row: report_draft::Model,
    #[graphql(skip)]
    content: ReportContent,
    /// How far the work is, in percent, 0 to 100.
    percent_complete: Option<Decimal>,
    /// Investment of the month, in yuan.
    investment_this_month: Option<Decimal>,
    /// Investment since the start, in yuan.
    investment_to_date: Option<Decimal>,
    /// What was done (进展情况).
    narrative: Option<String>,
    /// What comes next (下步打算).
    next_steps: Option<String>,
    /// When the unit expects to complete (预计完成时间).
    forecast_completion: Option<Date>,
    /// True where nothing changed since the last month.
    unchanged: bool,
    /// Why a figure fell, or why an accepted report is corrected.
    reason: Option<String>,
    /// When it was saved last.
    saved_at: DateTime,
    /// Grows by one at each change; `expectedVersion` of `reportSave` names it.
    version: i32,
}

impl ReportDraft {
    /// The draft of a row; none once it was submitted.
    pub(super) fn of(row: report_draft::Model) -> Result<Option<Self>> {
        let Some(content) = service::draft_content(&row).map_err(public)? else {
            return Ok(None);
        };
        let decimal = |text: &Option<String>| text.clone().map(Decimal);
        Ok(Some(Self {
            percent_complete: decimal(&content.percent_complete),
            investment_this_month: decimal(&content.investment_this_month),
            investment_to_date: decimal(&content.investment_to_date),
            narrative: content.narrative.clone(),
            next_steps: content.next_steps.clone(),
            forecast_completion: content.forecast_completion.map(Date),
            unchanged: content.unchanged,
            reason: content.reason.clone(),
            saved_at: DateTime(row.saved_at),
            version: row.version,
            content,
            row,
        }))
    }
}

#[ComplexObject]
impl ReportDraft {
    /// Quantities achieved by target.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn achieved(&self) -> Vec<AchievedQuantity> {
        let achieved = self.content.achieved.iter().cloned();
        achieved.map(AchievedQuantity::from).collect()
    }

    /// References that support it.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn evidence(&self) -> Vec<Evidence> {
        let evidence = self.content.evidence.iter().cloned();
        evidence.map(Evidence::from).collect()
    }

    /// Difficulties to raise with it.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn issues(&self) -> Vec<DraftIssue> {
        let issues = self.content.issues.iter().cloned();
        issues.map(|issue| DraftIssue { issue }).collect()
    }

    /// Who saved it last.
    async fn saved_by(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        Person::load(ctx, Some(self.row.saved_by)).await
    }
}

/// A difficulty that a draft would raise.
#[derive(Clone, Debug)]
pub struct DraftIssue {
    issue: service::ReportedIssue,
}

/// A difficulty that a draft would raise.
#[async_graphql::Object]
impl DraftIssue {
    /// Title.
    async fn title(&self) -> String {
        self.issue.title.clone()
    }

    /// What the difficulty is.
    async fn description(&self) -> String {
        self.issue.description.clone()
    }

    /// The unit that must help; null for the office.
    async fn help_from(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
        let id = self.issue.help_from_unit_id.clone().map(ID);
        let Some(id) = super::context::parse_option::<duban_entities::ids::UnitId>(id.as_ref())?
        else {
            return Ok(None);
        };
        Ok(loaders(ctx)?.load_one(id).await?.map(Unit::from))
    }

    /// By when.
    async fn due_date(&self) -> Date {
        Date(self.issue.due_date)
    }
}

/// What a person may do with a report now, from the policy that will decide it.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct ReportPermissions {
    /// Save its draft.
    save: bool,
    /// Submit it, or a correction of what was accepted.
    submit: bool,
    /// Waive it (免报).
    waive: bool,
}

impl From<ReportView> for ReportPermissions {
    fn from(view: ReportView) -> Self {
        Self {
            save: view.save,
            submit: view.submit,
            waive: view.waive,
        }
    }
}
