//! Recomputing the chain: every entry's number, link and hash.

use duban_entities::ledger;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;

use super::{GENESIS, Head, after, chain_hash, content};
use crate::error::Result;
use crate::store::{Reads, reader};

/// Entries read at a time.
const BATCH: u64 = 5_000;

/// What is wrong with the chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The number does not follow the one before: an entry was removed, or two swapped.
    #[error("its number does not follow: expected {expected}")]
    OutOfOrder {
        /// The number that should stand here.
        expected: i64,
    },
    /// It does not point to the entry before.
    #[error("it does not carry the hash of the entry before it")]
    Unlinked,
    /// Its content does not give its hash.
    #[error("its content was altered: the hash does not match")]
    Altered,
    /// It cannot be read as an entry.
    #[error("it cannot be read as an entry: {0}")]
    Unreadable(String),
    /// The chain is shorter than the head that was kept.
    #[error("the chain ends before the head that was kept")]
    Truncated,
    /// The entry at the kept head's number has another hash.
    #[error("it is not the entry that the kept head names: the chain was rewritten")]
    Rewritten,
}

/// The first broken entry, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Number of the entry; for [`Fault::Truncated`] the number that is missing.
    pub seq: i64,
    /// How.
    pub fault: Fault,
}

/// A whole chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Where it ends.
    pub head: Head,
}

/// Checks entries one by one, from the first.
#[derive(Debug)]
pub struct Verifier {
    end: Head,
    kept: Option<Head>,
}

impl Verifier {
    /// A check from the start, against a head that was kept elsewhere if there is one.
    #[must_use]
    pub fn new(kept: Option<Head>) -> Self {
        let end = Head {
            seq: 0,
            hash: GENESIS.to_owned(),
        };
        Self { end, kept }
    }

    /// Number of the last entry that was found whole.
    #[must_use]
    pub const fn seq(&self) -> i64 {
        self.end.seq
    }

    /// Checks the next entry.
    ///
    /// # Errors
    /// How it is broken.
    pub fn next(
        &mut self,
        seq: i64,
        content: &Value,
        prev_hash: &str,
        hash: &str,
    ) -> std::result::Result<(), Broken> {
        let broken = |fault| Err(Broken { seq, fault });
        let expected = self.end.seq + 1;
        if seq != expected {
            return broken(Fault::OutOfOrder { expected });
        }
        if prev_hash != self.end.hash {
            return broken(Fault::Unlinked);
        }
        if chain_hash(prev_hash, content).ok().as_deref() != Some(hash) {
            return broken(Fault::Altered);
        }
        if self
            .kept
            .as_ref()
            .is_some_and(|kept| kept.seq == seq && kept.hash != hash)
        {
            return broken(Fault::Rewritten);
        }
        self.end = Head {
            seq,
            hash: hash.to_owned(),
        };
        Ok(())
    }

    /// Checks the end.
    ///
    /// # Errors
    /// [`Fault::Truncated`] when the kept head lies behind it.
    pub fn finish(self) -> std::result::Result<Report, Broken> {
        if self.kept.is_some_and(|kept| kept.seq > self.end.seq) {
            return Err(Broken {
                seq: self.end.seq + 1,
                fault: Fault::Truncated,
            });
        }
        Ok(Report { head: self.end })
    }
}

/// Verifies the chain in a database.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read at all; the inner
/// result says whether the chain is whole.
pub async fn verify(
    connection: &impl Reads,
    kept: Option<Head>,
) -> Result<std::result::Result<Report, Broken>> {
    let mut verifier = Verifier::new(kept);
    loop {
        let Ok(entries) = after(connection, verifier.seq(), BATCH).await else {
            return first_unreadable(connection, verifier.seq()).await;
        };
        if entries.is_empty() {
            return Ok(verifier.finish());
        }
        for entry in &entries {
            if let Err(broken) = check(&mut verifier, entry) {
                return Ok(Err(broken));
            }
        }
    }
}

fn check(verifier: &mut Verifier, entry: &ledger::Model) -> std::result::Result<(), Broken> {
    match content(entry) {
        Ok(value) => verifier.next(entry.seq, &value, &entry.prev_hash, &entry.hash),
        Err(error) => Err(Broken {
            seq: entry.seq,
            fault: Fault::Unreadable(error.to_string()),
        }),
    }
}

/// A batch could not be read: finds the row that cannot be, or fails if none can.
async fn first_unreadable(
    connection: &impl Reads,
    seq: i64,
) -> Result<std::result::Result<Report, Broken>> {
    let select = reader::find::<ledger::Entity>()
        .select_only()
        .column(ledger::Column::Seq)
        .filter(ledger::Column::Seq.gt(seq))
        .order_by_asc(ledger::Column::Seq)
        .limit(BATCH);
    let numbers: Vec<(i64,)> = reader::tuples(connection, select).await?;
    let mut verifier = Verifier::new(None);
    verifier.end = at(connection, seq).await?;
    for (seq,) in numbers {
        let broken = match entry(connection, seq).await {
            Ok(Some(entry)) => check(&mut verifier, &entry).err(),
            Ok(None) => None,
            Err(error) => Some(Broken {
                seq,
                fault: Fault::Unreadable(error.to_string()),
            }),
        };
        if let Some(broken) = broken {
            return Ok(Err(broken));
        }
    }
    Err(crate::error::Error::internal("the ledger cannot be read"))
}

async fn entry(connection: &impl Reads, seq: i64) -> Result<Option<ledger::Model>> {
    let select = reader::find::<ledger::Entity>().filter(ledger::Column::Seq.eq(seq));
    reader::one(connection, select).await
}

async fn at(connection: &impl Reads, seq: i64) -> Result<Head> {
    let entry = entry(connection, seq).await?;
    Ok(entry.map_or_else(
        || Head {
            seq: 0,
            hash: GENESIS.to_owned(),
        },
        |entry| Head {
            seq: entry.seq,
            hash: entry.hash,
        },
    ))
}
