//! The unit of work: one transaction, its permits, its ledger entries.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use duban_entities::project;
use futures_util::future::BoxFuture;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, DbBackend, EntityTrait, Iterable,
    QueryFilter, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use uuid::Uuid;

use super::ledger::{self, Draft, FieldChange, Head};
use super::reader;
use super::record::{Fields, Row, creation, difference};
use super::search::{self, Stale};
use super::tallies;
use super::{Store, Transaction};
use crate::clock::{Clock, new_id};
use crate::error::{Error, Result};
use crate::policy::{Action, Denial, Facts, Permit, Principal, decide};
use crate::poll_local;
use crate::store::writes::{Run, insert_all};

/// On whose behalf, and under which request, something is written.
#[derive(Clone, Debug)]
pub struct WriteContext {
    /// Who acts.
    pub principal: Principal,
    /// The request, shared by all entries of one act.
    pub request_id: String,
    /// Why, where the person gave a reason.
    pub reason: Option<String>,
    /// True for what a demonstration does.
    pub simulated: bool,
}

/// A transaction under way. It ends in [`Store::write`] and nowhere else.
#[derive(Debug)]
pub struct Work {
    transaction: Transaction,
    /// The ledger's end, where it is known already.
    chain: Option<Head>,
    backend: DbBackend,
    context: WriteContext,
    clock: Arc<dyn Clock>,
    at: DateTime<Utc>,
    drafts: Vec<Draft>,
    /// What the index of the search does not know yet.
    stale: Stale,
    /// Where in `drafts` a subject's entry of an action stands.
    noted: HashMap<(&'static str, String), usize>,
    /// What the tallies count anew.
    counted: tallies::Changes,
}

impl Store {
    /// Runs a unit of work and commits it with its ledger entries; an error rolls all of it
    /// back. Nobody is answered before the commit, which units that come together share on
    /// SQLite.
    ///
    /// # Errors
    /// What the closure returned, or [`Error::Internal`] when the database failed.
    pub async fn write<T, F>(&self, context: WriteContext, run: F) -> Result<T>
    where
        T: Send,
        F: for<'w> FnOnce(&'w mut Work) -> BoxFuture<'w, Result<T>> + Send,
    {
        self.write_unit(context, run, false).await
    }

    /// As [`Store::write`], for a unit that takes long, or that reads what others have
    /// committed by [`Store::read`]: nobody else waits for its commit, and what was done
    /// before it is committed.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_alone<T, F>(&self, context: WriteContext, run: F) -> Result<T>
    where
        T: Send,
        F: for<'w> FnOnce(&'w mut Work) -> BoxFuture<'w, Result<T>> + Send,
    {
        self.write_unit(context, run, true).await
    }

    async fn write_unit<T, F>(&self, context: WriteContext, run: F, alone: bool) -> Result<T>
    where
        T: Send,
        F: for<'w> FnOnce(&'w mut Work) -> BoxFuture<'w, Result<T>> + Send,
    {
        let transaction = match &self.writer {
            Some(writer) => Transaction::Unit(writer.unit(alone).await?),
            None => Transaction::Pool(self.begin().await?),
        };
        let work = Work {
            chain: transaction.chain(),
            transaction,
            backend: self.backend,
            context,
            clock: Arc::clone(&self.clock),
            at: self.clock.now(),
            drafts: Vec::new(),
            stale: Stale::default(),
            noted: HashMap::new(),
            counted: tallies::Changes::default(),
        };
        let outcome = work.run(run).await;
        // What is read behind a write is read at a state behind it.
        poll_local::clear();
        outcome
    }

    /// A transaction of the pool, for what is written beside the service. `BEGIN IMMEDIATE`
    /// on SQLite: a transaction that reads and then writes would otherwise fail at once when
    /// another one wrote in between.
    pub(super) async fn begin(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            isolation_level: None,
            access_mode: None,
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that begins a transaction"
        )]
        let transaction = self.pool.begin_with_options(options).await?;
        Ok(transaction)
    }
}

impl Work {
    /// Runs to the end of the transaction, or of the savepoint.
    async fn run<T, F>(mut self, run: F) -> Result<T>
    where
        T: Send,
        F: for<'w> FnOnce(&'w mut Self) -> BoxFuture<'w, Result<T>> + Send,
    {
        // What is taken back leaves the ledger as it was.
        let before = self.chain.clone();
        let outcome = match run(&mut self).await {
            Ok(value) => self.seal().await.map(|()| value),
            Err(error) => Err(error),
        };
        match &outcome {
            Ok(_) => self.transaction.commit(self.chain).await?,
            Err(_) => self.transaction.rollback(before).await?,
        }
        outcome
    }

    /// The transaction, for reads and for rows that have no ledger entry of their own.
    #[must_use]
    pub const fn connection(&self) -> &Transaction {
        &self.transaction
    }

    /// Which database it is.
    #[must_use]
    pub const fn backend(&self) -> DbBackend {
        self.backend
    }

    /// When the work began: the instant of everything it writes.
    #[must_use]
    pub const fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// Who acts.
    #[must_use]
    pub const fn principal(&self) -> &Principal {
        &self.context.principal
    }

    /// True for what a demonstration does: rows that it makes say so.
    #[must_use]
    pub const fn simulated(&self) -> bool {
        self.context.simulated
    }

    /// A new key.
    pub fn new_id<T: From<Uuid>>(&self) -> T {
        new_id(self.clock.as_ref())
    }

    /// Waits until nobody else is about to commit a change, and lets nobody until this work
    /// is done.
    ///
    /// # Errors
    /// [`Error::Internal`] when the wait is too long.
    pub(super) async fn lock_chain(&self) -> Result<()> {
        ledger::lock(&self.transaction, self.backend).await
    }

    /// Notes how a project stands that nobody else changes until this work is done: what
    /// follows a change need not read it again.
    pub fn locked(&mut self, row: &project::Model) {
        self.counted.locked(row);
    }

    /// Asks the policy.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], [`Error::NotFound`] or [`Error::Forbidden`].
    pub fn permit(&self, action: Action, facts: Facts<'_>) -> Result<Permit> {
        authorise(&self.context.principal, action, facts)
    }

    /// Writes a new row and its creation to the ledger. `parts` are fields that live in
    /// tables of their own, such as a project's citations.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database refuses.
    pub async fn create<R: Row>(&mut self, permit: &Permit, row: R, parts: Fields) -> Result<R> {
        let mut fields = row.fields();
        fields.extend(parts);
        self.note(permit, &row, creation(fields));
        self.stale.made(&row);
        self.counted.note(None, &row);
        R::Table::insert(row.clone().into_active_model())
            .run(&self.transaction)
            .await?;
        Ok(row)
    }

    /// As [`Work::create`], for many rows in a few statements. A row that refers to another
    /// of them stands behind it.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database refuses.
    pub async fn create_many<R: Row>(
        &mut self,
        permit: &Permit,
        rows: Vec<(R, Fields)>,
    ) -> Result<()> {
        let mut models = Vec::with_capacity(rows.len());
        for (row, parts) in rows {
            let mut fields = row.fields();
            fields.extend(parts);
            self.note(permit, &row, creation(fields));
            self.stale.made(&row);
            self.counted.note(None, &row);
            models.push(row);
        }
        insert_all::<R::Table>(&self.transaction, models).await
    }

    /// Writes a changed row, if it still has the version of `before`, and the difference to
    /// the ledger. Nothing happens where nothing differs.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody else changed it first.
    pub async fn update<R: Row>(&mut self, permit: &Permit, before: &R, after: R) -> Result<R> {
        self.update_with(permit, before, after, Vec::new()).await
    }

    /// As [`Work::update`], with changes of fields that live in tables of their own.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody else changed it first.
    pub async fn update_with<R: Row>(
        &mut self,
        permit: &Permit,
        before: &R,
        mut after: R,
        parts: Vec<FieldChange>,
    ) -> Result<R> {
        let mut changes = difference(&before.fields(), &after.fields());
        changes.extend(parts);
        if changes.is_empty() {
            return Ok(after);
        }
        after.touch(before.version() + 1, self.at);
        self.update_row(before, &after).await?;
        self.counted.note(Some(before), &after);
        self.note(permit, &after, changes);
        self.stale.changed(before, &after);
        Ok(after)
    }

    /// Sets the columns that differ, and no others: SQLite rewrites an index of each column that
    /// is set, and looks up the row that it points to, though nothing changes.
    async fn update_row<R: Row>(&self, before: &R, after: &R) -> Result<()> {
        let mut model = after.clone().into_active_model().reset_all();
        for column in <R::Table as EntityTrait>::Column::iter() {
            if before.get(column) == after.get(column) {
                model.not_set(column);
            }
        }
        let updated = R::Table::update_many()
            .set(model)
            .filter(R::key_column().eq(before.key()))
            .filter(R::version_column().eq(before.version()))
            .run(&self.transaction)
            .await?;
        if updated == 1 {
            return Ok(());
        }
        let select = reader::find::<R::Table>().filter(R::key_column().eq(before.key()));
        let current = reader::one(&self.transaction, select).await?;
        let current = current.ok_or(Error::NotFound)?;
        Err(Error::Conflict {
            current: current.version(),
        })
    }

    /// One entry a subject: a second change of the same subject joins the first.
    fn note<R: Row>(&mut self, permit: &Permit, row: &R, changes: Vec<FieldChange>) {
        let subject_id = row.subject_id();
        let action = permit.action().as_str();
        let place = *self
            .noted
            .entry((action, subject_id.clone()))
            .or_insert(self.drafts.len());
        if let Some(draft) = self.drafts.get_mut(place) {
            draft.join(changes);
            return;
        }
        self.drafts.push(Draft {
            action,
            role: permit.role(),
            subject_type: R::SUBJECT,
            subject_id,
            project: row.project(),
            jurisdiction: row.jurisdiction(),
            changes,
        });
    }

    /// What the search must index anew, for rows that have no ledger entry of their own.
    pub(super) const fn stale(&mut self) -> &mut Stale {
        &mut self.stale
    }

    /// Brings the index of the search up to date, appends the drafts to the chain, and behind
    /// its lock brings the tallies up to what was changed. Writers queue for the chain's end
    /// only here, at the very end of their work.
    async fn seal(&mut self) -> Result<()> {
        let stale = std::mem::take(&mut self.stale);
        search::refresh(&self.transaction, stale).await?;
        let drafts = std::mem::take(&mut self.drafts);
        self.noted.clear();
        if drafts.is_empty() {
            return Ok(());
        }
        let end = ledger::lock_end(&self.transaction, self.backend, self.chain.take()).await?;
        let entries = ledger::append(&self.transaction, end, &self.context, self.at, drafts);
        self.chain = Some(entries.await?);
        let counted = std::mem::take(&mut self.counted);
        counted.apply(&self.transaction, self.at).await
    }
}

/// Asks the policy, and says its refusal in the words of [`Error`].
///
/// # Errors
/// [`Error::Unauthenticated`], [`Error::NotFound`] or [`Error::Forbidden`].
pub fn authorise(principal: &Principal, action: Action, facts: Facts<'_>) -> Result<Permit> {
    decide(principal, action, facts).map_err(|denial| match denial {
        Denial::Unauthenticated => Error::Unauthenticated("sign in first"),
        Denial::Unseen => Error::NotFound,
        Denial::Refused(reason) => {
            tracing::info!(
                target: "security",
                event = "refused",
                action = action.as_str(),
                actor = ?principal.actor,
                reason,
            );
            Error::Forbidden(reason)
        }
    })
}

/// The fields of a change as from/to pairs, for parts in tables of their own.
#[must_use]
pub fn part(field: &'static str, from: Option<String>, to: Option<String>) -> Vec<FieldChange> {
    let single = |value| BTreeMap::from([(field, value)]);
    difference(&single(from), &single(to))
}
