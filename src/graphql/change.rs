//! Change requests, and the first schedule, which is one.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject, Union};
use duban_entities::change_request;

use super::connection::{connection, list_cost, page_cost};
use super::context::{call, loaders, parse, parse_option, services};
use super::error::{Result, public};
use super::loader::FactsOf;
use super::person::Person;
use super::project::Project;
use super::project_filter::checked_words;
use super::scalar::{Date, DateTime, Decimal};
use super::unit::Unit;
use super::vocabulary::{ChangeKind, ChangeState, Stage};
use crate::error::Error;
use crate::policy::{Action, Facts, decide};
use crate::service;
use crate::store::changes;
use crate::store::facts::change_facts;
use crate::store::page::PageRequest;
use crate::store::record::decimal_of_hundredths;

/// A proposed change that another person decides (项目调整申请).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct ChangeRequest {
    #[graphql(skip)]
    row: change_request::Model,
    /// Opaque id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// What it changes.
    kind: ChangeKind,
    /// Where it stands.
    state: ChangeState,
    /// Why it was proposed.
    reason: Option<String>,
    /// True when it was made after the date that it changes.
    late: bool,
    /// When it was proposed.
    proposed_at: DateTime,
    /// When it was decided.
    decided_at: Option<DateTime>,
    /// The decider's note.
    note: Option<String>,
    /// True for a demonstration record.
    simulated: bool,
    /// Grows by one at each change.
    version: i32,
}

impl From<change_request::Model> for ChangeRequest {
    fn from(row: change_request::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            kind: row.kind.into(),
            state: row.state.into(),
            reason: row.reason.clone(),
            late: row.late,
            proposed_at: DateTime(row.proposed_at),
            decided_at: row.decided_at.map(DateTime),
            note: row.note.clone(),
            simulated: row.simulated,
            version: row.version,
            row,
        }
    }
}

#[ComplexObject]
impl ChangeRequest {
    /// The project; null while a new work is only proposed.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Project>> {
        let Some(id) = self.row.project_id else {
            return Ok(None);
        };
        Ok(loaders(ctx)?.load_one(id).await?.map(Project::from))
    }

    /// Who proposed it.
    async fn proposed_by(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        Person::load(ctx, Some(self.row.proposed_by)).await
    }

    /// For which unit it was proposed.
    async fn proposed_for(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
        let Some(id) = self.row.proposed_unit_id else {
            return Ok(None);
        };
        Ok(loaders(ctx)?.load_one(id).await?.map(Unit::from))
    }

    /// Who decided it.
    async fn decided_by(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        Person::load(ctx, self.row.decided_by).await
    }

    /// What is proposed.
    async fn content(&self) -> Result<ChangeContent> {
        Ok(service::content(&self.row).map_err(public)?.into())
    }

    /// What you may do with it now.
    async fn permissions(&self, ctx: &Context<'_>) -> Result<ChangePermissions> {
        let id = self.row.project_id.ok_or_else(|| public(Error::NotFound))?;
        let project = loaders(ctx)?.load_one(FactsOf(id)).await?;
        let project = project.ok_or_else(|| public(Error::NotFound))?;
        let facts = change_facts(&self.row, project.as_ref().clone());
        let principal = &call(ctx)?.principal;
        let allowed = decide(principal, Action::ChangeDecide, Facts::Change(&facts)).is_ok();
        let waits = self.row.state == duban_entities::vocabulary::ChangeState::Proposed;
        Ok(ChangePermissions {
            decide: allowed && waits,
        })
    }
}

/// What a person may do with a change request now, from the policy that will decide it.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct ChangePermissions {
    /// Approve or return it.
    decide: bool,
}

/// What a change request proposes.
#[derive(Clone, Debug, Union)]
pub enum ChangeContent {
    /// A first schedule.
    Schedule(ScheduleChange),
    /// A stage move.
    Stage(StageChange),
}

impl From<service::Content> for ChangeContent {
    fn from(content: service::Content) -> Self {
        match content {
            service::Content::Schedule { milestones } => Self::Schedule(ScheduleChange {
                milestones: milestones.into_iter().map(PlannedMilestone::from).collect(),
            }),
            service::Content::Stage(stage) => Self::Stage(stage.into()),
        }
    }
}

/// A proposed first schedule.
#[derive(Clone, Debug, SimpleObject)]
pub struct ScheduleChange {
    /// The milestones, in order.
    #[graphql(complexity = "list_cost(child_complexity)")]
    milestones: Vec<PlannedMilestone>,
}

/// A milestone as it stands in a proposal.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct PlannedMilestone {
    #[graphql(skip)]
    unit: Option<String>,
    /// Title.
    title: String,
    /// When it is due.
    due_date: Date,
    /// Weight; only its share of the schedule's sum matters.
    weight: Decimal,
}

impl From<service::PlannedMilestone> for PlannedMilestone {
    fn from(milestone: service::PlannedMilestone) -> Self {
        Self {
            unit: milestone.unit_id,
            title: milestone.title,
            due_date: Date(milestone.due_date),
            weight: Decimal(decimal_of_hundredths(milestone.weight.into())),
        }
    }
}

#[ComplexObject]
impl PlannedMilestone {
    /// The unit that shall owe it; null for the lead unit.
    async fn unit(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
        let Some(id) = &self.unit else {
            return Ok(None);
        };
        let id: duban_entities::ids::UnitId = parse(&ID(id.clone()))?;
        Ok(loaders(ctx)?.load_one(id).await?.map(Unit::from))
    }
}

/// A proposed stage move.
#[derive(Clone, Debug, SimpleObject)]
pub struct StageChange {
    /// The stage from which it was proposed.
    from: Option<Stage>,
    /// The stage to reach.
    to: Option<Stage>,
    /// The day on which it happened.
    occurred_on: Date,
    /// When a suspension is reviewed.
    review_on: Option<Date>,
}

impl From<service::StageContent> for StageChange {
    fn from(content: service::StageContent) -> Self {
        let stage = |text: &str| {
            let stage: Option<duban_entities::vocabulary::Stage> = text.parse().ok();
            stage.map(Stage::from)
        };
        Self {
            from: stage(&content.from),
            to: stage(&content.to),
            occurred_on: Date(content.occurred_on),
            review_on: content.review_on.map(Date),
        }
    }
}

connection!(
    ChangeRequestConnection,
    ChangeRequestEdge,
    ChangeRequest,
    change_request::Model
);

/// Which change requests are wanted. All given parts must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ChangeRequestFilter {
    /// Of this jurisdiction.
    jurisdiction_id: Option<ID>,
    /// Of this project.
    project_id: Option<ID>,
    /// Of one of these kinds.
    kind: Option<Vec<ChangeKind>>,
    /// In one of these states.
    state: Option<Vec<ChangeState>>,
}

/// Root fields on change requests.
#[derive(Debug, Default)]
pub struct ChangeQuery;

#[Object]
impl ChangeQuery {
    /// The change requests that you may see, oldest first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn change_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all where nothing is said.")] filter: Option<
            ChangeRequestFilter,
        >,
        #[graphql(
            desc = "So many from the start, or behind `after`; 50 where nothing is said, 200 at most."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before `before`.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<ChangeRequestConnection> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let ChangeRequestFilter {
            jurisdiction_id,
            project_id,
            kind,
            state,
        } = filter.unwrap_or_default();
        let filter = changes::ChangeRequestFilter {
            jurisdiction: parse_option(jurisdiction_id.as_ref())?,
            project: parse_option(project_id.as_ref())?,
            kinds: checked_words(kind)?,
            states: checked_words(state)?,
        };
        let request = PageRequest {
            first,
            after,
            last,
            before,
        };
        let page = services
            .changes(call, &filter, &request)
            .await
            .map_err(public)?;
        let total = if ctx.look_ahead().field("totalCount").exists() {
            Some(
                services
                    .count_changes(call, &filter)
                    .await
                    .map_err(public)?,
            )
        } else {
            None
        };
        Ok(ChangeRequestConnection::of(page, total))
    }
}

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

/// Decides a change request.
#[derive(Clone, Debug, InputObject)]
pub struct ChangeDecideInput {
    /// The request.
    change_request_id: ID,
    /// Which way.
    decision: Decision,
    /// What you say; required for a return.
    note: Option<String>,
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
            expected_version,
        } = input;
        let command = service::ChangeDecide {
            change: parse(&change_request_id)?,
            decision: decision.into(),
            note,
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
