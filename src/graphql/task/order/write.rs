//! Issuing orders.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::Order;
use crate::graphql::context::{call, parse, parse_option, services};
use crate::graphql::error::{Result, public};
use crate::graphql::scalar::Date;
use crate::graphql::vocabulary::{OrderLevel, OrderSource};
use crate::service;

/// Issues an order.
#[derive(Clone, Debug, InputObject)]
pub struct OrderIssueInput {
    /// The unit that shall answer.
    unit_id: ID,
    /// The projects that it is about, of the unit's jurisdiction; at most 20. An area
    /// supervisor names exactly one.
    #[graphql(default)]
    project_ids: Vec<ID>,
    /// The tasks that it presses, of these projects or of none; at most 100.
    #[graphql(default)]
    task_ids: Vec<ID>,
    /// How hard it presses; not below the level of the order that it follows.
    level: OrderLevel,
    /// What it comes from.
    source: OrderSource,
    /// The meeting, instruction, inspection or rule, in words.
    source_note: Option<String>,
    /// What is demanded, 1 to 2,000 characters.
    instruction: String,
    /// By when, not before today.
    due_date: Date,
    /// What it is called, at most 200 characters; its level and number where not said.
    title: Option<String>,
    /// The order that it follows up.
    follows_id: Option<ID>,
    /// The proposal that it follows: its project, its milestone and the order before are
    /// added where they are not named.
    proposal_id: Option<ID>,
    /// The published briefing that a CIRCULAR cites.
    briefing_id: Option<ID>,
    /// Makes a repeated call harmless.
    idempotency_key: Option<String>,
}

/// What `orderIssue` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct OrderIssuePayload {
    /// The order, with its number.
    order: Order,
}

/// Mutations on orders.
#[derive(Debug, Default)]
pub struct OrderMutation;

#[Object]
impl OrderMutation {
    /// A supervisor issues an order (督办单) to one unit. The unit replies by `taskClaim`, with
    /// evidence; only the issuing office closes it (销号, `taskVerify`) or sends the reply back
    /// (`taskReturn`).
    async fn order_issue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: OrderIssueInput,
    ) -> Result<OrderIssuePayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let id = services
            .issue_order(call, input.command()?)
            .await
            .map_err(public)?;
        let order = services.task(call, id).await.map_err(public)?.into();
        Ok(OrderIssuePayload { order })
    }
}

impl OrderIssueInput {
    fn command(self) -> Result<service::OrderIssue> {
        let Self {
            unit_id,
            project_ids,
            task_ids,
            level,
            source,
            source_note,
            instruction,
            due_date,
            title,
            follows_id,
            proposal_id,
            briefing_id,
            idempotency_key,
        } = self;
        Ok(service::OrderIssue {
            unit: parse(&unit_id)?,
            projects: project_ids.iter().map(parse).collect::<Result<_>>()?,
            tasks: task_ids.iter().map(parse).collect::<Result<_>>()?,
            level: level.into(),
            source: source.into(),
            source_note,
            instruction,
            due_date: due_date.0,
            title,
            follows: parse_option(follows_id.as_ref())?,
            proposal: parse_option(proposal_id.as_ref())?,
            briefing: parse_option(briefing_id.as_ref())?,
            idempotency_key,
        })
    }
}
