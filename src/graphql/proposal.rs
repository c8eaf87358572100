//! Orders that the ladder of supervision proposes.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use duban_entities::order_dismissal;
use duban_entities::vocabulary as words;

use super::connection::{connection, page_cost};
use super::context::{call, loaders, parse_option, services};
use super::error::{Result, public};
use super::loader::FactsOf;
use super::person::Person;
use super::project::Project;
use super::scalar::{Date, DateTime};
use super::task::{Order, Task};
use super::unit::Unit;
use super::vocabulary::{OrderGround, OrderLevel};
use crate::error::Error;
use crate::policy::{Action, Facts, decide};
use crate::service;
use crate::store::page::PageRequest;

/// An order that a rule proposes, with its grounds. Nothing is issued by itself: a person
/// issues it (`orderIssue` with `proposalId`) or dismisses it with a reason (`orderDismiss`).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct OrderProposal {
    #[graphql(skip)]
    row: service::OrderProposal,
    /// The same for the same ground, subject and level at any time.
    id: ID,
    /// The ground.
    ground: OrderGround,
    /// The level: the lowest that was neither issued nor dismissed.
    level: OrderLevel,
    /// Days overdue of the milestone; null on another ground.
    days_overdue: Option<i32>,
    /// Reports missed in a row; null on another ground.
    reports_missed: Option<i32>,
    /// The date that was missed first; null for a rating.
    since: Option<Date>,
}

impl From<service::OrderProposal> for OrderProposal {
    fn from(row: service::OrderProposal) -> Self {
        let on = |ground| (row.id.ground == ground).then_some(row.measure);
        Self {
            id: ID(row.id.to_string()),
            ground: row.id.ground.into(),
            level: row.id.level.into(),
            days_overdue: on(words::OrderGround::MilestoneOverdue),
            reports_missed: on(words::OrderGround::ReportsMissed),
            since: row.since.map(Date),
            row,
        }
    }
}

#[ComplexObject]
impl OrderProposal {
    /// The project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Project> {
        let row = loaders(ctx)?.load_one(self.row.project).await?;
        row.map(Project::from)
            .ok_or_else(|| public(Error::NotFound))
    }

    /// The milestone, where the ground is one.
    async fn task(&self, ctx: &Context<'_>) -> Result<Option<Task>> {
        let Some(id) = self.row.task else {
            return Ok(None);
        };
        Ok(loaders(ctx)?.load_one(id).await?.map(Task::from))
    }

    /// The unit that would answer.
    async fn unit(&self, ctx: &Context<'_>) -> Result<Unit> {
        let row = loaders(ctx)?.load_one(self.row.unit).await?;
        row.map(Unit::from).ok_or_else(|| public(Error::NotFound))
    }

    /// The last order on the same ground, which this one would follow.
    async fn follows(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        let Some(id) = self.row.follows else {
            return Ok(None);
        };
        Ok(loaders(ctx)?.load_one(id).await?.map(Order::from))
    }

    /// What you may do with it now.
    async fn permissions(&self, ctx: &Context<'_>) -> Result<ProposalPermissions> {
        let facts = loaders(ctx)?.load_one(FactsOf(self.row.project)).await?;
        let facts = facts.ok_or_else(|| public(Error::NotFound))?;
        let order = service::order_facts(self.row.unit, &facts);
        let principal = &call(ctx)?.principal;
        let may = |action, facts| decide(principal, action, facts).is_ok();
        Ok(ProposalPermissions {
            issue: may(Action::OrderIssue, Facts::Order(&order)),
            dismiss: may(Action::OrderDismiss, Facts::Project(&facts)),
        })
    }
}

connection!(
    OrderProposalConnection,
    OrderProposalEdge,
    OrderProposal,
    service::OrderProposal
);

/// What a person may do with a proposal now, from the policy that will decide it.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct ProposalPermissions {
    /// Issue the order.
    issue: bool,
    /// Dismiss the proposal.
    dismiss: bool,
}

/// Which proposals are wanted. All given parts must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct OrderProposalFilter {
    /// On projects of this jurisdiction.
    jurisdiction_id: Option<ID>,
    /// That this unit would answer.
    unit_id: Option<ID>,
    /// At this level.
    level: Option<OrderLevel>,
}

impl OrderProposalFilter {
    fn into_service(self) -> Result<service::ProposalFilter> {
        let Self {
            jurisdiction_id,
            unit_id,
            level,
        } = self;
        Ok(service::ProposalFilter {
            jurisdiction: parse_option(jurisdiction_id.as_ref())?,
            unit: parse_option(unit_id.as_ref())?,
            level: level.map(Into::into),
        })
    }
}

/// Root fields on proposals.
#[derive(Debug, Default)]
pub struct ProposalQuery;

#[Object]
impl ProposalQuery {
    /// The orders that the ladder of supervision proposes on the projects that you supervise,
    /// or read as an auditor, viewer, integrator or administrator does: the hardest first,
    /// then the longest due. The thresholds stand in `seeds/ladder.yaml`.
    #[graphql(complexity = "page_cost(first, None, child_complexity)")]
    async fn order_proposals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all where nothing is said.")] filter: Option<
            OrderProposalFilter,
        >,
        #[graphql(
            desc = "So many from the start, or behind `after`; 50 where nothing is said, 200 at most."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
    ) -> Result<OrderProposalConnection> {
        let filter = filter.unwrap_or_default().into_service()?;
        let request = PageRequest {
            first,
            after,
            ..PageRequest::default()
        };
        let services = services(ctx)?;
        let (page, count) = services
            .order_proposal_page(call(ctx)?, &filter, &request)
            .await
            .map_err(public)?;
        Ok(OrderProposalConnection::of(page, Some(count)))
    }
}

/// A proposed order that a person decided not to issue.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct OrderDismissal {
    #[graphql(skip)]
    row: order_dismissal::Model,
    /// Opaque id, as in the ledger.
    #[graphql(owned)]
    pub(super) id: ID,
    /// The level that was proposed.
    level: OrderLevel,
    /// Why not.
    reason: String,
    /// When.
    dismissed_at: DateTime,
    /// True for a demonstration record.
    simulated: bool,
}

impl From<order_dismissal::Model> for OrderDismissal {
    fn from(row: order_dismissal::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            level: row.level.into(),
            reason: row.reason.clone(),
            dismissed_at: DateTime(row.dismissed_at),
            simulated: row.simulated,
            row,
        }
    }
}

#[ComplexObject]
impl OrderDismissal {
    /// The ground.
    async fn ground(&self) -> Option<OrderGround> {
        let ground = self.row.ground.parse::<words::OrderGround>();
        ground.ok().map(Into::into)
    }

    /// The project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Project>> {
        let row = loaders(ctx)?.load_one(self.row.project_id).await?;
        Ok(row.map(Project::from))
    }

    /// The milestone, where the ground is one.
    async fn task(&self, ctx: &Context<'_>) -> Result<Option<Task>> {
        let Some(id) = self.row.task_id else {
            return Ok(None);
        };
        Ok(loaders(ctx)?.load_one(id).await?.map(Task::from))
    }

    /// Who.
    async fn dismissed_by(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        Person::load(ctx, Some(self.row.dismissed_by)).await
    }
}

/// Dismisses a proposed order.
#[derive(Clone, Debug, InputObject)]
pub struct OrderDismissInput {
    /// The proposal.
    proposal_id: ID,
    /// Why.
    reason: String,
}

/// What `orderDismiss` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct OrderDismissPayload {
    /// The dismissal.
    dismissal: OrderDismissal,
}

/// Mutations on proposals.
#[derive(Debug, Default)]
pub struct ProposalMutation;

#[Object]
impl ProposalMutation {
    /// A supervisor decides not to issue a proposed order: while the same case lasts it is not
    /// proposed again at this level.
    async fn order_dismiss(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: OrderDismissInput,
    ) -> Result<OrderDismissPayload> {
        let OrderDismissInput {
            proposal_id,
            reason,
        } = input;
        let services = services(ctx)?;
        let row = services
            .dismiss_order(call(ctx)?, &proposal_id, &reason)
            .await
            .map_err(public)?;
        Ok(OrderDismissPayload {
            dismissal: row.into(),
        })
    }
}
