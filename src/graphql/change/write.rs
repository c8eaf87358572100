//! Planning a first schedule, and deciding requests.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use super::ChangeRequest;
use crate::error::Error;
use crate::graphql::context::{call, parse, services};
use crate::graphql::error::{Result, public};
use crate::graphql::scalar::{Date, Decimal};
use crate::service;

/// A milestone to propose.
#[derive(Clone, Debug, InputObject)]
pub struct MilestoneInput {
    /// Title, 1 to 200 characters.
    title: String,
    /// When it is due.
    due_date: Date,
    /// Weight, positive, at most two decimals; only its share of the sum matters.
    weight: Decimal,
    /// The unit that shall owe it: the lead (where not said) or a cooperating unit.
    unit_id: Option<ID>,
}

/// Proposes a first schedule: `milestones`, or `templateCode` with `startsOn`.
#[derive(Clone, Debug, InputObject)]
pub struct MilestonesPlanInput {
    /// The project.
    project_id: ID,
    /// The milestones, 2 to 100. The one with the latest date is the completion.
    milestones: Option<Vec<MilestoneInput>>,
    /// A milestone template instead (`milestoneTemplates`).
    template_code: Option<String>,
    /// The template's first day.
    starts_on: Option<Date>,
    /// Why; required where the completion lies after the date that the plan gives.
    reason: Option<String>,
    /// The version of the project that you saw.
    expected_version: Option<i32>,
    /// Makes a repeated call harmless.
    idempotency_key: Option<String>,
}

/// What `milestonesPlan` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct MilestonesPlanPayload {
    /// The request that waits for approval.
    change_request: ChangeRequest,
}

/// The two decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "service::Decision")]
pub enum Decision {
    /// Apply it.
    Approve,
    /// Send it back; nothing is applied.
    Return,
}

/// A document that is cited.
#[derive(Clone, Debug, InputObject)]
pub struct CitedDocumentInput {
    /// Title, 1 to 200 characters.
    title: String,
    /// Its number (文号), at most 100 characters.
    number: Option<String>,
    /// Its date.
    date: Option<Date>,
}

impl From<CitedDocumentInput> for service::Document {
    fn from(input: CitedDocumentInput) -> Self {
        Self {
            title: input.title,
            number: input.number,
            date: input.date.map(|date| date.0),
        }
    }
}

/// A new date for a milestone.
#[derive(Clone, Debug, InputObject)]
pub struct NewDateInput {
    /// The milestone.
    task_id: ID,
    /// When it shall be due.
    due_date: Date,
}

impl From<NewDateInput> for service::NewDate {
    fn from(input: NewDateInput) -> Self {
        Self {
            task: input.task_id.to_string(),
            due_date: input.due_date.0,
        }
    }
}

/// Decides a change request.
#[derive(Clone, Debug, InputObject)]
pub struct ChangeDecideInput {
    /// The request.
    change_request_id: ID,
    /// Which way.
    decision: Decision,
    /// What you say; required for a return.
    note: Option<String>,
    /// The document that the decision rests on.
    document: Option<CitedDocumentInput>,
    /// The version of the request that you saw.
    expected_version: Option<i32>,
}

/// What `changeDecide` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct ChangeDecidePayload {
    /// The request.
    change_request: ChangeRequest,
}

/// Mutations on change requests.
#[derive(Debug, Default)]
pub struct ChangeMutation;

#[Object]
impl ChangeMutation {
    /// The lead unit proposes a first schedule; approved, it becomes the baseline.
    async fn milestones_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: MilestonesPlanInput,
    ) -> Result<MilestonesPlanPayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let id = services
            .plan_milestones(call, input.command()?)
            .await
            .map_err(public)?;
        let change_request = services.change(call, id).await.map_err(public)?.into();
        Ok(MilestonesPlanPayload { change_request })
    }

    /// A supervisor approves a request, which applies all of it, or returns it.
    async fn change_decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ChangeDecideInput,
    ) -> Result<ChangeDecidePayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let ChangeDecideInput {
            change_request_id,
            decision,
            note,
            document,
            expected_version,
        } = input;
        let command = service::ChangeDecide {
            change: parse(&change_request_id)?,
            decision: decision.into(),
            note,
            document: document.map(service::Document::from),
            expected_version,
        };
        let id = services
            .decide_change(call, command)
            .await
            .map_err(public)?;
        let change_request = services.change(call, id).await.map_err(public)?.into();
        Ok(ChangeDecidePayload { change_request })
    }
}

impl MilestonesPlanInput {
    fn command(self) -> Result<service::MilestonesPlan> {
        let Self {
            project_id,
            milestones,
            template_code,
            starts_on,
            reason,
            expected_version,
            idempotency_key,
        } = self;
        let milestones = milestones.map(|all| {
            all.into_iter()
                .enumerate()
                .map(MilestoneInput::command)
                .collect::<Result<_>>()
        });
        Ok(service::MilestonesPlan {
            project: parse(&project_id)?,
            milestones: milestones.transpose()?,
            template: template_code,
            starts_on: starts_on.map(|date| date.0),
            reason,
            expected_version,
            idempotency_key,
        })
    }
}

impl MilestoneInput {
    fn command((n, input): (usize, Self)) -> Result<service::PlannedMilestone> {
        let Self {
            title,
            due_date,
            weight,
            unit_id,
        } = input;
        let weight = weight.hundredths().ok_or_else(|| {
            let field = format!("milestones.{n}.weight");
            public(Error::invalid(field, "a number with at most two decimals"))
        })?;
        Ok(service::PlannedMilestone {
            title,
            due_date: due_date.0,
            weight,
            unit_id: unit_id.map(|id| id.to_string()),
        })
    }
}
