//! The ledger (变更日志): the feed of changes, the ledger itself, its head.

mod filter;
mod subject;

use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use duban_entities::ids::ProjectId;
use duban_entities::ledger;

use super::connection::{connection, list_cost, page_cost};
use super::context::{call, loaders, services};
use super::error::{Result, public};
use super::jurisdiction::Jurisdiction;
use super::loader::{HistoryLength, HistoryPart};
use super::project::Project;
use super::scalar::DateTime;
use super::vocabulary::{ActorKind, Role};
use crate::error::Error;
use crate::store::ledger as chain;
use crate::store::page::{Direction, PageRequest};

pub use filter::{ChangesFilter, LedgerFilter};
pub use subject::Subject;

/// An entry of the ledger: one changed subject of one act. Entries of one act stand side by
/// side and share `requestId`.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct LedgerEntry {
    #[graphql(skip)]
    row: ledger::Model,
    /// Place in the chain, from 1, without gaps.
    seq: i64,
    /// When.
    at: DateTime,
    /// The request that made it.
    request_id: String,
    /// Who acted.
    actor: Actor,
    /// The role used; null for the system and for a person's own affairs.
    role: Option<Role>,
    /// What was done, such as `project.move`.
    action: String,
    /// Why, where the person gave a reason.
    reason: Option<String>,
    /// SHA-256 over the entry and the hash before it, 64 hexadecimal digits.
    hash: String,
    /// The hash of the entry before it.
    prev_hash: String,
}

/// Who or what acted.
#[derive(Clone, Debug, SimpleObject)]
pub struct Actor {
    /// The user's id, or the name of a part of the system, such as `system:import`.
    id: ID,
    /// A person or a part of the system.
    kind: ActorKind,
    /// The name at that time.
    name: String,
}

/// A changed field. A creation lists every field, each from null.
#[derive(Clone, Debug, SimpleObject)]
pub struct FieldChange {
    /// The field.
    field: String,
    /// The value before.
    from: Option<String>,
    /// The value after.
    to: Option<String>,
}

impl From<ledger::Model> for LedgerEntry {
    fn from(row: ledger::Model) -> Self {
        Self {
            seq: row.seq,
            at: DateTime(row.at),
            request_id: row.request_id.clone(),
            actor: Actor {
                id: ID(row.actor_id.clone()),
                kind: row.actor_kind.into(),
                name: row.actor_name.clone(),
            },
            role: row.role.map(Into::into),
            action: row.action.clone(),
            reason: row.reason.clone(),
            hash: row.hash.clone(),
            prev_hash: row.prev_hash.clone(),
            row,
        }
    }
}

#[ComplexObject]
impl LedgerEntry {
    /// What changed, by field.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn changes(&self) -> Result<Vec<FieldChange>> {
        let changes = chain::read_changes(&self.row.changes).map_err(public)?;
        Ok(changes
            .into_iter()
            .map(|chain::FieldChange { field, from, to }| FieldChange {
                field: field.into_owned(),
                from,
                to,
            })
            .collect())
    }

    /// The thing that changed, as it is now; null where it is there no longer.
    async fn subject(&self, ctx: &Context<'_>) -> Result<Option<Subject>> {
        Subject::load(ctx, &self.row).await
    }

    /// The project that it concerns.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Project>> {
        let Some(id) = self.row.project_id else {
            return Ok(None);
        };
        Ok(loaders(ctx)?.load_one(id).await?.map(Project::from))
    }

    /// The jurisdiction that it concerns.
    async fn jurisdiction(&self, ctx: &Context<'_>) -> Result<Option<Jurisdiction>> {
        let Some(id) = self.row.jurisdiction_id else {
            return Ok(None);
        };
        Ok(loaders(ctx)?.load_one(id).await?.map(Jurisdiction::from))
    }
}

connection!(
    LedgerEntryConnection,
    LedgerEntryEdge,
    LedgerEntry,
    ledger::Model
);

/// The end of the chain.
#[derive(Clone, Debug, SimpleObject)]
pub struct LedgerHead {
    /// Number of the last entry; 0 when there is none.
    seq: i64,
    /// Its hash; 64 zeros when there is none.
    hash: String,
    /// When it was made.
    at: Option<DateTime>,
}

/// In which order the ledger is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum LedgerOrder {
    /// The latest entry first.
    NewestFirst,
    /// In the order of the chain.
    OldestFirst,
}

impl From<LedgerOrder> for Direction {
    fn from(order: LedgerOrder) -> Self {
        match order {
            LedgerOrder::NewestFirst => Self::Descending,
            LedgerOrder::OldestFirst => Self::Ascending,
        }
    }
}

/// The part of a project's history that is asked for.
///
/// # Errors
/// INVALID and LIMIT_EXCEEDED as every list.
pub async fn history(
    ctx: &Context<'_>,
    project: ProjectId,
    request: PageRequest,
) -> Result<LedgerEntryConnection> {
    chain::read::check_history(&request).map_err(public)?;
    let loaders = loaders(ctx)?;
    let part = HistoryPart::of(project, &request);
    let page = loaders.load_one(part).await?;
    let page = page.ok_or_else(|| public(Error::NotFound))?;
    let total = if ctx.look_ahead().field("totalCount").exists() {
        let count = loaders.load_one(HistoryLength(project)).await?;
        Some(count.unwrap_or(0))
    } else {
        None
    };
    Ok(LedgerEntryConnection::of(page, total))
}

/// Root fields on the ledger.
#[derive(Debug, Default)]
pub struct LedgerQuery;

#[Object]
impl LedgerQuery {
    /// The feed: every change of a fact that you may see, in the order in which it was
    /// committed. Keep `endCursor` and come back with it as `after`: nothing is skipped and
    /// nothing comes twice. Drafts, users, grants and tokens are not in it.
    #[graphql(complexity = "page_cost(first, None, child_complexity)")]
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all where nothing is said.")] filter: Option<ChangesFilter>,
        #[graphql(desc = "So many; 50 where nothing is said, 200 at most.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
    ) -> Result<LedgerEntryConnection> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let filter = filter.unwrap_or_default().into_store()?;
        let request = PageRequest {
            first,
            after,
            ..PageRequest::default()
        };
        let page = services.feed(call, &filter, &request).await;
        let page = page.map_err(public)?;
        let total = if ctx.look_ahead().field("totalCount").exists() {
            Some(services.count_feed(call, &filter).await.map_err(public)?)
        } else {
            None
        };
        Ok(LedgerEntryConnection::of(page, total))
    }

    /// The ledger: for a supervisor the facts in scope; for an auditor everything of the
    /// jurisdiction, with drafts, grants, users and API tokens; for an administrator what
    /// the office keeps and the facts. Others read `changes` and a project's `history`.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn ledger(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries; all where nothing is said.")] filter: Option<LedgerFilter>,
        #[graphql(default_with = "LedgerOrder::NewestFirst", desc = "In which order.")]
        order_by: LedgerOrder,
        #[graphql(
            desc = "So many from the start, or behind `after`; 50 where nothing is said, 200 at most."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before `before`.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<LedgerEntryConnection> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let filter = filter.unwrap_or_default().into_store()?;
        let request = PageRequest {
            first,
            after,
            last,
            before,
        };
        let wanted = (&filter, order_by.into());
        let page = services.ledger(call, wanted, &request).await;
        let page = page.map_err(public)?;
        let total = if ctx.look_ahead().field("totalCount").exists() {
            Some(services.count_ledger(call, &filter).await.map_err(public)?)
        } else {
            None
        };
        Ok(LedgerEntryConnection::of(page, total))
    }

    /// The end of the ledger's chain. Kept elsewhere, it shows later whether anything before
    /// it was altered or cut off.
    async fn ledger_head(&self, ctx: &Context<'_>) -> Result<LedgerHead> {
        let last = services(ctx)?.ledger_head(call(ctx)?).await;
        Ok(match last.map_err(public)? {
            Some(entry) => LedgerHead {
                seq: entry.seq,
                hash: entry.hash,
                at: Some(DateTime(entry.at)),
            },
            None => LedgerHead {
                seq: 0,
                hash: chain::GENESIS.to_owned(),
                at: None,
            },
        })
    }
}
