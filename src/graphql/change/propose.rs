//! Proposing changes of a project, and new works.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject};
use duban_entities::vocabulary as words;

use super::ChangeRequest;
use super::write::{CitedDocumentInput, NewDateInput};
use crate::error::Error;
use crate::graphql::context::{call, parse, services};
use crate::graphql::error::{Result, public};
use crate::graphql::scalar::{Date, Decimal};
use crate::graphql::vocabulary::{Demand, ProjectKind, Qualifier};
use crate::service;

/// Proposes a change: exactly one of these. Suspending, resuming and cancelling go by
/// `projectMove`.
#[derive(Clone, Debug, OneofObject)]
pub enum ChangeProposeInput {
    /// Other dates for open milestones of the approved schedule (调整时间).
    Reschedule(RescheduleInput),
    /// Another lead unit (调整牵头单位).
    Reassign(ReassignInput),
    /// Other contents (调整内容).
    Amend(AmendInput),
}

/// Other dates for open milestones of the approved schedule.
#[derive(Clone, Debug, InputObject)]
pub struct RescheduleInput {
    /// The project.
    project_id: ID,
    /// The milestones, 1 to 100, each with a date from today on; none behind the completion.
    milestones: Vec<NewDateInput>,
    /// Why, 1 to 2,000 characters.
    reason: String,
    /// The version of the project that you saw.
    expected_version: Option<i32>,
    /// Makes a repeated call harmless.
    idempotency_key: Option<String>,
}

/// Another lead unit.
#[derive(Clone, Debug, InputObject)]
pub struct ReassignInput {
    /// The project.
    project_id: ID,
    /// Who shall lead: a unit of the jurisdiction, no collective name.
    lead_unit_id: ID,
    /// Who shall cooperate, in order, at most 50; unchanged where not said.
    cooperating_unit_ids: Option<Vec<ID>>,
    /// Why, 1 to 2,000 characters.
    reason: String,
    /// The version of the project that you saw.
    expected_version: Option<i32>,
    /// Makes a repeated call harmless.
    idempotency_key: Option<String>,
}

/// Other contents, at least one part. A list takes the place of the whole present list.
#[derive(Clone, Debug, InputObject)]
pub struct AmendInput {
    /// The project.
    project_id: ID,
    /// Title, 1 to 200 characters; no other project's of the jurisdiction.
    title: Option<String>,
    /// What sort of work; the code stays.
    kind: Option<ProjectKind>,
    /// Where it lies.
    area_ids: Option<Vec<ID>>,
    /// What shall be built, at most 50 quantities.
    targets: Option<Vec<TargetInput>>,
    /// Total investment in yuan, at most two decimals.
    investment_total: Option<Decimal>,
    /// Investment planned for each year; together no more than the total.
    investments: Option<Vec<InvestmentInput>>,
    /// Why, 1 to 2,000 characters.
    reason: String,
    /// The version of the project that you saw.
    expected_version: Option<i32>,
    /// Makes a repeated call harmless.
    idempotency_key: Option<String>,
}

/// A quantity.
#[derive(Clone, Debug, InputObject)]
pub struct TargetInput {
    /// What is counted, 1 to 200 characters.
    name: String,
    /// The words of a source, at most 500 characters; name, number and unit where not said.
    words: Option<String>,
    /// The number, not negative.
    quantity: Decimal,
    /// The upper end, exactly where `qualifier` is RANGE.
    quantity_to: Option<Decimal>,
    /// How the number is meant.
    #[graphql(default_with = "Qualifier::Exact")]
    qualifier: Qualifier,
    /// Unit of measure, 1 to 50 characters.
    unit_of_measure: String,
}

/// The investment planned for a year.
#[derive(Clone, Debug, InputObject)]
pub struct InvestmentInput {
    /// The year.
    year: i32,
    /// In yuan, not negative, at most two decimals.
    amount: Decimal,
}

/// What `changePropose` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct ChangeProposePayload {
    /// The request that waits for a decision.
    change_request: ChangeRequest,
}

/// Proposes a new work for the bank (入库), with the clause or the document that calls for it.
#[derive(Clone, Debug, InputObject)]
pub struct ProjectProposeInput {
    /// Whose bank.
    jurisdiction_id: ID,
    /// The unit that proposes it and would lead it.
    unit_id: ID,
    /// Title, 1 to 200 characters; no other project's of the jurisdiction.
    title: String,
    /// What sort of work.
    kind: ProjectKind,
    /// Where it lies.
    area_ids: Vec<ID>,
    /// The clause that calls for it; it or `document` is required.
    clause_id: Option<ID>,
    /// What the clause demands; UNSPECIFIED where not said.
    demand: Option<Demand>,
    /// The clause's words that name the work; its heading where not said.
    quote: Option<String>,
    /// The document that calls for it; it or `clauseId` is required.
    document: Option<CitedDocumentInput>,
    /// What shall be built, at most 50 quantities.
    targets: Option<Vec<TargetInput>>,
    /// Total investment in yuan, at most two decimals.
    investment_total: Option<Decimal>,
    /// When it shall be completed; the end of the plan's period where not said.
    due_date: Option<Date>,
    /// Why, 1 to 2,000 characters.
    reason: String,
    /// Makes a repeated call harmless.
    idempotency_key: Option<String>,
}

/// What `projectPropose` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct ProjectProposePayload {
    /// The request that waits for a decision; approved, it names the project.
    change_request: ChangeRequest,
}

/// Mutations that propose.
#[derive(Debug, Default)]
pub struct ProposeMutation;

#[Object]
impl ProposeMutation {
    /// The lead unit proposes other dates, another lead unit or other contents; another
    /// person decides. A milestone that is named in time does not become late while the
    /// request waits.
    async fn change_propose(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ChangeProposeInput,
    ) -> Result<ChangeProposePayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let id = services
            .propose_change(call, input.command()?)
            .await
            .map_err(public)?;
        let change_request = services.change(call, id).await.map_err(public)?.into();
        Ok(ChangeProposePayload { change_request })
    }

    /// A unit proposes a new work for the bank; approved, it becomes a project that the unit
    /// leads.
    async fn project_propose(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ProjectProposeInput,
    ) -> Result<ProjectProposePayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let id = services
            .propose_project(call, input.command()?)
            .await
            .map_err(public)?;
        let change_request = services.change(call, id).await.map_err(public)?.into();
        Ok(ProjectProposePayload { change_request })
    }
}

impl ChangeProposeInput {
    fn command(self) -> Result<service::ChangePropose> {
        match self {
            Self::Reschedule(input) => input.command(),
            Self::Reassign(input) => input.command(),
            Self::Amend(input) => input.command(),
        }
    }
}

impl RescheduleInput {
    fn command(self) -> Result<service::ChangePropose> {
        let dates = self.milestones.into_iter().map(service::NewDate::from);
        Ok(service::ChangePropose {
            project: parse(&self.project_id)?,
            wanted: service::Wanted::Reschedule(dates.collect()),
            reason: self.reason,
            expected_version: self.expected_version,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl ReassignInput {
    fn command(self) -> Result<service::ChangePropose> {
        Ok(service::ChangePropose {
            project: parse(&self.project_id)?,
            wanted: service::Wanted::Reassign {
                lead: self.lead_unit_id.to_string(),
                cooperating: self.cooperating_unit_ids.map(texts),
            },
            reason: self.reason,
            expected_version: self.expected_version,
            idempotency_key: self.idempotency_key,
        })
    }
}

fn texts(ids: Vec<ID>) -> Vec<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}

impl AmendInput {
    fn command(self) -> Result<service::ChangePropose> {
        let investments = self.investments.map(|years| {
            let years = years.into_iter().enumerate();
            years.map(InvestmentInput::command).collect::<Result<_>>()
        });
        let parts = service::Parts {
            title: self.title,
            kind: self.kind.map(kind),
            areas: self.area_ids.map(texts),
            targets: self.targets.map(targets),
            investment_total: fen("investmentTotal", self.investment_total.as_ref())?,
            investments: investments.transpose()?,
        };
        Ok(service::ChangePropose {
            project: parse(&self.project_id)?,
            wanted: service::Wanted::Amend(parts),
            reason: self.reason,
            expected_version: self.expected_version,
            idempotency_key: self.idempotency_key,
        })
    }
}

fn kind(kind: ProjectKind) -> String {
    words::ProjectKind::from(kind).to_string()
}

fn targets(all: Vec<TargetInput>) -> Vec<service::PlannedTarget> {
    all.into_iter().map(TargetInput::command).collect()
}

impl TargetInput {
    fn command(self) -> service::PlannedTarget {
        service::PlannedTarget {
            name: self.name,
            words: self.words,
            quantity: Some(self.quantity.0),
            quantity_to: self.quantity_to.map(|number| number.0),
            qualifier: Some(words::Qualifier::from(self.qualifier).to_string()),
            unit_of_measure: Some(self.unit_of_measure),
        }
    }
}

impl InvestmentInput {
    fn command((n, input): (usize, Self)) -> Result<service::YearAmount> {
        let field = format!("investments.{n}.amount");
        let amount = fen(&field, Some(&input.amount))?;
        Ok(service::YearAmount {
            year: input.year,
            amount: amount.unwrap_or_default(),
        })
    }
}

/// Yuan as fen.
fn fen(field: &str, yuan: Option<&Decimal>) -> Result<Option<i64>> {
    let Some(yuan) = yuan else { return Ok(None) };
    yuan.fen().map(Some).ok_or_else(|| {
        let message = "a number with at most two decimals";
        public(Error::invalid(field, message))
    })
}

impl ProjectProposeInput {
    fn command(self) -> Result<service::ProjectPropose> {
        let demand = self.demand.map(words::Demand::from);
        let content = service::ProposalContent {
            title: self.title,
            kind: kind(self.kind),
            areas: texts(self.area_ids),
            clause: self.clause_id.map(|id| id.to_string()),
            demand: demand.map(|word| word.to_string()),
            quote: self.quote,
            document: self.document.map(service::Document::from),
            targets: targets(self.targets.unwrap_or_default()),
            investment_total: fen("investmentTotal", self.investment_total.as_ref())?,
            due_date: self.due_date.map(|date| date.0),
        };
        Ok(service::ProjectPropose {
            jurisdiction: parse(&self.jurisdiction_id)?,
            unit: parse(&self.unit_id)?,
            content,
            reason: self.reason,
            idempotency_key: self.idempotency_key,
        })
    }
}
