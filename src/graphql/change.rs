//! Change requests, and the first schedule, which is one.

mod content;
mod propose;
mod write;

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use duban_entities::change_request;

use super::connection::{connection, page_cost};
use super::context::{call, loaders, parse_option, services, today};
use super::error::{Result, public};
use super::loader::FactsOf;
use super::person::Person;
use super::project::Project;
use super::project_filter::checked_words;
use super::scalar::DateTime;
use super::unit::Unit;
use super::vocabulary::{ChangeKind, ChangeState};
use crate::error::Error;
use crate::policy::{Action, Facts, decide};
use crate::service;
use crate::store::changes;
use crate::store::facts::{change_facts, proposed_facts};
use crate::store::page::PageRequest;

pub use content::{ChangeContent, CitedDocument};
pub use propose::ProposeMutation;
pub use write::{ChangeMutation, NewDateInput};

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
    /// True when it was made after a date that it changes. Approved, a late request acts from
    /// the decision on: the days late until then stay counted.
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

    /// The document that the decision rests on.
    async fn document(&self) -> Option<CitedDocument> {
        let title = self.row.document_title.clone()?;
        Some(CitedDocument::new(
            title,
            self.row.document_number.clone(),
            self.row.document_date,
        ))
    }

    /// How many days it has waited for the office, by local days; null once it is decided.
    async fn waiting_days(&self, ctx: &Context<'_>) -> Result<Option<i64>> {
        if self.row.state != duban_entities::vocabulary::ChangeState::Proposed {
            return Ok(None);
        }
        let today = today(ctx).await?;
        let days = today.days_since(self.row.jurisdiction_id, self.row.proposed_at);
        Ok(Some(days))
    }

    /// What is proposed.
    async fn content(&self) -> Result<ChangeContent> {
        Ok(service::content(&self.row).map_err(public)?.into())
    }

    /// What you may do with it now.
    async fn permissions(&self, ctx: &Context<'_>) -> Result<ChangePermissions> {
        let project = match self.row.project_id {
            Some(id) => {
                let project = loaders(ctx)?.load_one(FactsOf(id)).await?;
                let project = project.ok_or_else(|| public(Error::NotFound))?;
                project.as_ref().clone()
            }
            None => proposed_facts(&self.row),
        };
        let facts = change_facts(&self.row, project);
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
