//! What waits for a person.

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};

use super::change::ChangeRequest;
use super::connection::{PageInfo, list_cost, page_cost};
use super::context::{call, loaders, services};
use super::error::{Result, public};
use super::project::Project;
use super::proposal::OrderProposal;
use super::scalar::{Date, DateTime};
use super::task::Task;
use super::unit::Unit;
use crate::domain::inbox::Waiting;
use crate::service::{self, Thing};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Waiting")]
pub enum InboxKind {
    /// Submit a report, or draft it (月报).
    Report,
    /// Answer an issue or an order (答复).
    Answer,
    /// Claim a milestone done that is overdue, due soon, or was returned (申报办结).
    Claim,
    /// Verify or return what a unit submitted (核验).
    Verify,
    /// Close or return the answer to an issue that your unit raised (销号).
    Close,
    /// Decide a change request (审批).
    Decide,
    /// Issue or dismiss an order that a rule proposes (督办).
    Issue,
}

/// Something that waits for you, and that you may settle now.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct InboxItem {
    #[graphql(skip)]
    item: service::InboxItem,
    /// What is to be done.
    kind: InboxKind,
    /// The mutation that settles it, such as `taskVerify`.
    mutation: String,
    /// How urgent it is, in days: days overdue, or how long it has waited for the office;
    /// below 0 the days that are left. Null without a deadline.
    urgency: Option<i32>,
    /// When it is due.
    due_date: Option<Date>,
    /// Since when it waits; null for a proposed order.
    since: Option<DateTime>,
    /// The task's title, or the project's where a change is decided or an order proposed.
    title: String,
    /// True for what was sent back before.
    returned: bool,
}

impl From<service::InboxItem> for InboxItem {
    fn from(item: service::InboxItem) -> Self {
        Self {
            kind: item.waiting.into(),
            mutation: item.mutation.to_owned(),
            urgency: item.urgency,
            due_date: item.due_date.map(Date),
            since: item.since.map(DateTime),
            title: item.title.clone(),
            returned: item.returned,
            item,
        }
    }
}

#[ComplexObject]
impl InboxItem {
    /// The unit that owes it, or for which a change was proposed.
    async fn unit(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
        let Some(id) = self.item.unit else {
            return Ok(None);
        };
        Ok(loaders(ctx)?.load_one(id).await?.map(Unit::from))
    }

    /// The project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Project>> {
        let Some(id) = self.item.project else {
            return Ok(None);
        };
        Ok(loaders(ctx)?.load_one(id).await?.map(Project::from))
    }

    /// The task to be settled.
    async fn task(&self) -> Option<Task> {
        match &self.item.thing {
            Thing::Task(row) => Some(row.clone().into()),
            Thing::Change(_) | Thing::Proposal(_) => None,
        }
    }

    /// The change request to be decided.
    async fn change_request(&self) -> Option<ChangeRequest> {
        match &self.item.thing {
            Thing::Change(row) => Some(row.clone().into()),
            Thing::Task(_) | Thing::Proposal(_) => None,
        }
    }

    /// The order that the ladder proposes: issue it, or dismiss it with `orderDismiss`.
    async fn proposal(&self) -> Option<OrderProposal> {
        match &self.item.thing {
            Thing::Proposal(proposal) => Some(proposal.clone().into()),
            Thing::Task(_) | Thing::Change(_) => None,
        }
    }
}

/// How many items of a kind wait.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct InboxCount {
    /// The kind.
    kind: InboxKind,
    /// How many.
    count: i32,
}

/// A page of your inbox.
#[derive(Debug, SimpleObject)]
pub struct InboxConnection {
    /// The items of the page, most urgent first.
    nodes: Vec<InboxItem>,
    /// The items with their cursors.
    edges: Vec<InboxEdge>,
    /// Where the page stands in the list.
    page_info: PageInfo,
    /// How many items wait in all.
    total_count: i32,
    /// How many wait of each kind that occurs.
    #[graphql(complexity = "list_cost(child_complexity)")]
    counts: Vec<InboxCount>,
}

/// An item of your inbox with its cursor.
#[derive(Debug, SimpleObject)]
pub struct InboxEdge {
    /// Where the item stands in the list.
    cursor: String,
    /// The item.
    node: InboxItem,
}

/// Root field of the inbox.
#[derive(Debug, Default)]
pub struct InboxQuery;

#[Object]
impl InboxQuery {
    /// What waits for you now (待办), most urgent first: what you owe, and what you have to
    /// verify, close, decide or issue. Nothing is in it that you may not settle; who only
    /// reads has an empty one.
    #[graphql(complexity = "page_cost(first, None, child_complexity)")]
    async fn inbox(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many; 50 where nothing is said, 200 at most.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
    ) -> Result<InboxConnection> {
        let inbox = services(ctx)?.inbox(call(ctx)?).await.map_err(public)?;
        let page = inbox.page(first, after).map_err(public)?;
        let counted = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let edges = page.rows.iter().map(|(cursor, item)| InboxEdge {
            cursor: cursor.clone(),
            node: item.clone().into(),
        });
        let counts = inbox.counts().into_iter().map(|(kind, count)| InboxCount {
            kind: kind.into(),
            count: counted(count),
        });
        Ok(InboxConnection {
            page_info: PageInfo::of(&page),
            edges: edges.collect(),
            total_count: counted(inbox.items.len()),
            counts: counts.collect(),
            nodes: page.rows.into_iter().map(|(_, item)| item.into()).collect(),
        })
    }
}
