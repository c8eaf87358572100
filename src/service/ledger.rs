//! The ledger as people read it: the feed of changes, the ledger itself, the history of
//! projects, and the chain's end.

use std::collections::HashMap;

use duban_entities::ids::{JurisdictionId, ProjectId};
use duban_entities::ledger;

use super::{Call, Services};
use crate::error::{Error, Result};
use crate::policy::{Action, Facts, Scope, decide};
use crate::store::ledger::read::{self, EntryFilter, List};
use crate::store::page::{Direction, Page, PageRequest};
use crate::store::projects::{self, ProjectBy};
use crate::store::{authorise, facts};

const FOR_WHOM: &str = "the ledger is for supervisors, auditors and administrators: read changes, or a project's history";

impl Services {
    /// One page of the feed: the facts that changed, in the order of the chain, as far as
    /// the caller may see them.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the filter names something out of reach; as
    /// [`PageRequest::window`].
    pub async fn feed(
        &self,
        call: &Call,
        filter: &EntryFilter,
        request: &PageRequest,
    ) -> Result<Page<ledger::Model>> {
        self.check_feed(call, filter).await?;
        let list = (List::Feed, filter);
        read::page(self.store.read(), &call.principal, list, request).await
    }

    /// How many entries of the feed the filter selects.
    ///
    /// # Errors
    /// As [`Services::feed`].
    pub async fn count_feed(&self, call: &Call, filter: &EntryFilter) -> Result<u64> {
        self.check_feed(call, filter).await?;
        let list = (List::Feed, filter);
        read::count(self.store.read(), &call.principal, list).await
    }

    async fn check_feed(&self, call: &Call, filter: &EntryFilter) -> Result<()> {
        Self::signed_in(call)?;
        if let Some(id) = filter.jurisdiction {
            self.named_jurisdiction(call, id).await?;
        }
        if let Some(id) = filter.project {
            self.named_project(call, id).await?;
        }
        Ok(())
    }

    /// One page of the ledger: what a supervisor, an auditor or an administrator may read
    /// of it.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for others; [`Error::NotFound`] when the filter names something
    /// of which the caller's part of the ledger knows nothing; as [`PageRequest::window`].
    pub async fn ledger(
        &self,
        call: &Call,
        (filter, direction): (&EntryFilter, Direction),
        request: &PageRequest,
    ) -> Result<Page<ledger::Model>> {
        self.check_ledger(call, filter).await?;
        let list = (List::Ledger(direction), filter);
        read::page(self.store.read(), &call.principal, list, request).await
    }

    /// How many entries of the ledger the filter selects.
    ///
    /// # Errors
    /// As [`Services::ledger`].
    pub async fn count_ledger(&self, call: &Call, filter: &EntryFilter) -> Result<u64> {
        self.check_ledger(call, filter).await?;
        let list = (List::Ledger(Direction::Ascending), filter);
        read::count(self.store.read(), &call.principal, list).await
    }

    async fn check_ledger(&self, call: &Call, filter: &EntryFilter) -> Result<()> {
        Self::signed_in(call)?;
        if reading(call).is_empty() {
            return Err(Error::Forbidden(FOR_WHOM));
        }
        let who = &call.principal;
        if let Some(id) = filter.jurisdiction {
            self.named_jurisdiction(call, id).await?;
            authorise(who, Action::LedgerRead, Facts::Jurisdiction(id))?;
        }
        let connection = self.store.read();
        if let Some(id) = filter.project {
            self.named_project(call, id).await?;
            let row = projects::by(connection, &ProjectBy::Id(id)).await?;
            let facts = facts::of_project(connection, &row.ok_or(Error::NotFound)?).await?;
            authorise(who, Action::LedgerRead, Facts::Project(&facts))?;
        }
        if let Some(id) = &filter.subject {
            let subject = Some(id.clone());
            let named = EntryFilter {
                subject,
                ..EntryFilter::default()
            };
            self.is_in_ledger(call, &named).await?;
        }
        match &filter.actor {
            Some(id) => self.named_actor(call, id).await,
            None => Ok(()),
        }
    }

    /// Refuses what the caller's part of the ledger does not know.
    async fn is_in_ledger(&self, call: &Call, named: &EntryFilter) -> Result<()> {
        let one = PageRequest {
            first: Some(1),
            ..PageRequest::default()
        };
        let list = (List::Ledger(Direction::Ascending), named);
        let page = read::page(self.store.read(), &call.principal, list, &one).await?;
        page.rows.first().map(|_| ()).ok_or(Error::NotFound)
    }

    /// Somebody of the caller's jurisdictions, whether they did anything yet or not, or
    /// whoever did something that the caller may read.
    async fn named_actor(&self, call: &Call, id: &str) -> Result<()> {
        if let Ok(user) = id.parse() {
            let own: Option<Vec<JurisdictionId>> = reading(call).into_iter().collect();
            if read::belongs(self.store.read(), user, own).await? {
                return Ok(());
            }
        }
        let actor = Some(id.to_owned());
        let named = EntryFilter {
            actor,
            ..EntryFilter::default()
        };
        self.is_in_ledger(call, &named).await
    }

    /// The last entry of the chain, for everybody signed in: its number and hash give away
    /// nothing, and whoever notes them can tell later that nothing before was altered.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error::Internal`] when the database cannot be read.
    pub async fn ledger_head(&self, call: &Call) -> Result<Option<ledger::Model>> {
        Self::signed_in(call)?;
        crate::store::ledger::last(self.store.read()).await
    }

    /// The same part of the history of each of these projects.
    ///
    /// # Errors
    /// As [`PageRequest::window`].
    pub async fn histories(
        &self,
        call: &Call,
        projects: Vec<ProjectId>,
        request: &PageRequest,
    ) -> Result<HashMap<ProjectId, Page<ledger::Model>>> {
        Self::signed_in(call)?;
        read::histories(self.store.read(), &call.principal, projects, request).await
    }

    /// How many entries the history of each of these projects has.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database cannot be read.
    pub async fn history_counts(
        &self,
        call: &Call,
        projects: Vec<ProjectId>,
    ) -> Result<HashMap<ProjectId, u64>> {
        Self::signed_in(call)?;
        read::history_counts(self.store.read(), &call.principal, projects).await
    }
}

/// The jurisdictions whose ledger the caller reads, at least in part; none stands for all.
fn reading(call: &Call) -> Vec<Option<JurisdictionId>> {
    let principal = &call.principal;
    let scopes = principal.grants.iter().map(|held| &held.scope);
    let places = scopes.map(|scope| (scope.jurisdiction(), *scope == Scope::Everything));
    places
        .filter(|(jurisdiction, _)| {
            let facts = jurisdiction.map_or(Facts::Everything, Facts::Jurisdiction);
            decide(principal, Action::LedgerRead, facts).is_ok()
        })
        .map(|(jurisdiction, _)| jurisdiction)
        .collect()
}
