//! Moving an installation from one database to another, whichever of the two kinds they are.
//!
//! The source is read at one moment. The target gets its tables batch by batch, each commit
//! with the note of how far it goes: cut off anywhere, a copy goes on where it stood. Then
//! both are compared, table by table, and the ledger is recomputed; only then may the target
//! be served.

mod compare;
mod tables;

use std::ops::ControlFlow;

use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::copy::{Snapshot, Target, is_unfinished};
use crate::store::demonstration::is_half_generated;
use crate::store::ledger::{self, Head};
use crate::store::migrate::{SchemaState, too_new};

pub use compare::Compared;

/// Rows that are read and written at a time where nobody says otherwise.
pub const BATCH: u64 = 2_000;

/// What has just been done.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// With which table.
    pub table: &'static str,
    /// What.
    pub step: Step,
    /// Rows so far.
    pub rows: u64,
    /// Rows in all.
    pub total: u64,
    /// Rows since the copy was run, which may have gone on with one that was cut off.
    pub fresh: u64,
}

/// What is done with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Its rows were committed in the target.
    Copying,
    /// All of it is there.
    Copied,
    /// Its rows were read from both.
    Comparing,
}

/// Hears of each step, and may stop the copy, which goes on when it is run again.
pub type Listener<'l> = &'l mut (dyn FnMut(Progress) -> ControlFlow<()> + Send);

/// How a copy ended.
#[derive(Debug)]
pub enum Outcome {
    /// All is there and equal; the target may be served.
    Complete(Report),
    /// The listener stopped it.
    Stopped,
}

/// What was copied.
#[derive(Debug)]
pub struct Report {
    /// Every table.
    pub tables: Vec<Compared>,
    /// The end of the ledger, on both sides.
    pub head: Head,
}

/// Copies everything that stands in the source into the target.
///
/// # Errors
/// [`Error::Internal`] where the source's schema is not this program's, where the target
/// holds anything but the beginning of this very copy, where a database fails, where the two
/// differ at the end, or where the source has gone on since. The target cannot be served
/// then.
pub async fn copy(
    source: &Store,
    target: &Store,
    batch: u64,
    listen: Listener<'_>,
) -> Result<Outcome> {
    check_source(source).await?;
    prepare(target).await?;
    let snapshot = Snapshot::open(source).await?;
    let head = snapshot.head().await?;
    let to = Target::new(target);
    let places = to.begin(&head).await?;
    if tables::copy(&snapshot, to, places, batch, listen)
        .await?
        .is_break()
    {
        return Ok(Outcome::Stopped);
    }
    let copied = Snapshot::open(target).await?;
    let ControlFlow::Continue(tables) = compare::tables(&snapshot, &copied, batch, listen).await?
    else {
        return Ok(Outcome::Stopped);
    };
    verify(&copied, &head).await?;
    drop((snapshot, copied));
    refuse_stale(source, &head).await?;
    target.check_ledger_triggers().await?;
    target.index_search().await?;
    to.finish().await?;
    Ok(Outcome::Complete(Report { tables, head }))
}

async fn check_source(source: &Store) -> Result<()> {
    match source.schema_state().await? {
        SchemaState::Newer => Err(too_new()),
        SchemaState::Older(missing) => Err(Error::internal(format!(
            "the source's schema is {missing} changes behind: run `duban migrate` on it"
        ))),
        SchemaState::Current if is_unfinished(source).await? => Err(Error::internal(
            "the source is itself a copy that was not completed",
        )),
        SchemaState::Current if is_half_generated(source).await? => Err(Error::internal(
            "generating data into the source was not completed",
        )),
        SchemaState::Current => Ok(()),
    }
}

/// The target has this program's schema, or none yet.
async fn prepare(target: &Store) -> Result<()> {
    match target.schema_state().await? {
        SchemaState::Newer => return Err(too_new()),
        SchemaState::Older(_) if target.has_tables().await? => {
            return Err(Error::internal(
                "the target holds tables, and not those of this release: a copy wants an empty \
                 database",
            ));
        }
        SchemaState::Older(_) => target.migrate().await?,
        SchemaState::Current => (),
    }
    target.check_ledger_triggers().await
}

async fn verify(copied: &Snapshot, head: &Head) -> Result<()> {
    let found = match copied.verify(head.clone()).await? {
        Ok(report) => report.head,
        Err(broken) => {
            return Err(Error::internal(format!(
                "the ledger is broken at entry {}: {}",
                broken.seq, broken.fault
            )));
        }
    };
    if found == *head {
        return Ok(());
    }
    Err(Error::internal(format!(
        "the copied ledger ends at {}:{}, the source's at {}:{}",
        found.seq, found.hash, head.seq, head.hash
    )))
}

/// What was written to the source since the copy began is not in the target.
async fn refuse_stale(source: &Store, head: &Head) -> Result<()> {
    let now = ledger::head(source.read()).await?;
    if now == *head {
        return Ok(());
    }
    Err(Error::internal(format!(
        "the source went on while it was copied, from entry {} to entry {}: stop whatever \
         serves it, empty the target and copy again",
        head.seq, now.seq
    )))
}
