//! One commit for several units of work.
//!
//! SQLite has one writer, and a durable commit waits for the disk. Units that come while
//! another one runs join its transaction, each behind a savepoint of its own: one that fails
//! takes back what it did and nothing else. The last of them commits, and nobody is answered
//! before that. A unit that nobody waits behind commits at once.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sea_orm::{DatabaseTransaction, DbErr, TransactionTrait};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;

use super::Store;
use super::ledger::Head;
use crate::error::{Error, Result};

/// Most units behind one commit.
const LARGEST: usize = 64;
/// Whoever ends so long after the first has begun commits, though others wait.
const LONGEST: Duration = Duration::from_millis(10);

/// The queue of the writers.
#[derive(Debug)]
pub(super) struct Group {
    open: Arc<Mutex<Option<Open>>>,
    waiting: AtomicUsize,
    /// How long one waits for its turn.
    patience: Duration,
}

/// A transaction that units have joined.
#[derive(Debug)]
struct Open {
    transaction: DatabaseTransaction,
    since: Instant,
    units: usize,
    /// The ledger's end, once a unit has read or moved it: nobody else writes meanwhile.
    chain: Option<Head>,
    ended: watch::Sender<Option<Ended>>,
}

/// How a group ended, for all who wait for it.
#[derive(Clone, Copy, Debug)]
enum Ended {
    Committed,
    /// Nothing was written; another try may succeed.
    Busy,
    /// Nothing was written.
    Failed,
}

/// The place of the one that writes now.
#[derive(Debug)]
pub(super) struct Turn {
    group: Arc<Group>,
    open: Option<OwnedMutexGuard<Option<Open>>>,
    alone: bool,
}

/// A place in the queue; whoever gives it up looks after those who rely on it.
struct Place<'g>(Option<&'g Arc<Group>>);

impl Group {
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            open: Arc::default(),
            waiting: AtomicUsize::default(),
            patience,
        }
    }

    /// How many wait for their turn.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Waits for the turn. With `alone`, what others have done is committed first, and
    /// nobody joins: for a unit that takes long.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it does not come in time.
    pub(super) async fn turn(self: &Arc<Self>, alone: bool) -> Result<Turn> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut place = Place(Some(self));
        let open = timeout(self.patience, Arc::clone(&self.open).lock_owned()).await;
        let open = open.map_err(|_| Error::Unavailable {
            retry_after: Duration::from_secs(1),
        })?;
        place.0 = None;
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        let mut turn = Turn {
            group: Arc::clone(self),
            open: Some(open),
            alone,
        };
        if alone {
            turn = to_its_end(async move {
                turn.settle().await;
                Ok(turn)
            })
            .await?;
        }
        Ok(turn)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let Some(group) = self.0.take() else {
            return;
        };
        group.waiting.fetch_sub(1, Ordering::SeqCst);
        // The group may have been left open for this one to commit.
        if let Ok(runtime) = Handle::try_current() {
            let (group, open) = (Arc::clone(group), Arc::clone(&group.open));
            runtime.spawn(async move {
                let open = Some(open.lock_owned().await);
                let alone = false;
                Turn { group, open, alone }.settle_unless_awaited().await;
            });
        }
    }
}

/// Runs to its end, whether or not anybody still waits for it: a savepoint or a commit that
/// is left half-way would end otherwise than those who rely on the group are told.
async fn to_its_end<T: Send + 'static>(
    run: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let run = tokio::spawn(run.in_current_span()).await;
    run.map_err(|_| Error::internal("a group's task came to a sudden end"))?
}

impl Turn {
    /// A savepoint in the group's transaction, which begins where there is none. Whoever
    /// breaks off gives the savepoint up before the turn.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) async fn begin(mut self, store: &Store) -> Result<(DatabaseTransaction, Self)> {
        let store = store.clone();
        to_its_end(async move {
            let unit = self.savepoint(&store).await?;
            Ok((unit, self))
        })
        .await
    }

    async fn savepoint(&mut self, store: &Store) -> Result<DatabaseTransaction> {
        let slot = self.slot()?;
        let open = match slot {
            Some(open) => open,
            None => slot.insert(Open {
                transaction: store.begin().await?,
                since: Instant::now(),
                units: 0,
                chain: None,
                ended: watch::Sender::new(None),
            }),
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "a savepoint in a transaction that began as it should"
        )]
        let unit = open.transaction.begin().await;
        if let Err(error) = &unit {
            // The failed savepoint, dropped, has rolled back what it was to stand in.
            self.abandon(error).await;
        }
        Ok(unit?)
    }

    /// The ledger's end, where those before have left it.
    pub(super) fn chain(&self) -> Option<Head> {
        let open = self.open.as_deref()?.as_ref()?;
        open.chain.clone()
    }

    /// Ends the turn, given how the savepoint ended and where the ledger ends now, if that is
    /// known, and waits for the commit.
    ///
    /// # Errors
    /// When the group could not be committed: nothing of it was written.
    pub(super) async fn end(self, left: Result<(), DbErr>, chain: Option<Head>) -> Result<()> {
        let mut ended = to_its_end(self.leave(left, chain)).await?;
        let ended = ended.wait_for(Option::is_some).await;
        match ended.ok().and_then(|ended| *ended) {
            Some(Ended::Committed) => Ok(()),
            Some(Ended::Busy) => Err(Error::Unavailable {
                retry_after: Duration::from_secs(1),
            }),
            Some(Ended::Failed) | None => Err(Error::internal("the commit failed")),
        }
    }

    /// Gives the turn to the next; answers where the group's end will be told.
    async fn leave(
        mut self,
        left: Result<(), DbErr>,
        chain: Option<Head>,
    ) -> Result<watch::Receiver<Option<Ended>>> {
        let alone = self.alone;
        let Some(open) = self.slot()?.as_mut() else {
            return Err(Error::internal("a unit of work without a transaction"));
        };
        open.units += 1;
        open.chain = chain;
        let ended = open.ended.subscribe();
        let full = alone || open.units >= LARGEST || open.since.elapsed() >= LONGEST;
        match left {
            Err(error) => self.abandon(&error).await,
            Ok(()) if full => self.settle().await,
            Ok(()) => self.settle_unless_awaited().await,
        }
        Ok(ended)
    }

    fn slot(&mut self) -> Result<&mut Option<Open>> {
        let slot = self.open.as_deref_mut();
        slot.ok_or_else(|| Error::internal("the turn is over"))
    }

    /// Commits, unless somebody waits who will.
    async fn settle_unless_awaited(&mut self) {
        if self.group.waiting.load(Ordering::SeqCst) == 0 {
            self.settle().await;
        }
    }

    /// Commits what there is, and tells all who wait for it.
    async fn settle(&mut self) {
        let Some(open) = self.open.as_deref_mut().and_then(Option::take) else {
            return;
        };
        let ended = match open.transaction.commit().await {
            Ok(()) => Ended::Committed,
            Err(error) => {
                tracing::error!(%error, units = open.units, "a commit failed");
                match Error::from(error) {
                    Error::Unavailable { .. } => Ended::Busy,
                    _ => Ended::Failed,
                }
            }
        };
        open.ended.send_replace(Some(ended));
    }

    /// A savepoint that cannot begin or end: SQLite has taken back the whole transaction, as
    /// it does when the disk is full.
    async fn abandon(&mut self, error: &DbErr) {
        let Some(open) = self.open.as_deref_mut().and_then(Option::take) else {
            return;
        };
        tracing::error!(%error, units = open.units, "a unit of work took its group with it");
        if let Err(error) = open.transaction.rollback().await {
            tracing::error!(%error, "a rollback failed");
        }
        open.ended.send_replace(Some(Ended::Failed));
    }
}

/// A unit that broke off, its future dropped or panicked: its savepoint is taken back by
/// now, and those who have ended before it shall not wait in vain.
impl Drop for Turn {
    fn drop(&mut self) {
        let Some(mut open) = self.open.take() else {
            return;
        };
        if let Some(open) = open.as_mut() {
            // What broke off may have kept its entries: where the ledger ends is to be read.
            open.chain = None;
        }
        let relied_on = open.as_ref().is_some_and(|open| open.units > 0);
        if !relied_on {
            // A transaction that is dropped is rolled back.
            drop(open.take());
            return;
        }
        if self.group.waiting.load(Ordering::SeqCst) > 0 {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            let (group, alone) = (Arc::clone(&self.group), self.alone);
            runtime.spawn(async move {
                let open = Some(open);
                Turn { group, open, alone }.settle().await;
            });
        }
    }
}
