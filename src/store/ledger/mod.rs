//! The ledger: append-only, hash-chained, one entry a changed subject.
//!
//! `hash = SHA-256(0x00 || prev_hash || JCS(entry))`, where `prev_hash` is 32 zero bytes for
//! the first entry and JCS is RFC 8785. An entry holds only strings, nulls, lists and one
//! integer, so that its canonical JSON needs no number formatting.

pub mod named;
pub mod past;
pub mod read;
pub mod timeline;
mod verify;

use chrono::{DateTime, SecondsFormat, Utc};
use duban_entities::ids::{JurisdictionId, ProjectId};
use duban_entities::ledger;
use duban_entities::vocabulary::{ActorKind, Role};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::WriteContext;
use crate::error::{Error, Result};
use crate::policy::Actor;

pub use verify::{Broken, Fault, Report, Verifier, verify};

/// The advisory lock on the chain's end on PostgreSQL ("duban led").
const CHAIN_LOCK: i64 = 0x6475_6261_6e6c_6564;

/// `prev_hash` of the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One changed field. Read strictly: another name in the place of `from` would stand for a
/// null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldChange {
    /// The field, in the API's name.
    pub field: String,
    /// The value before; none at a creation.
    pub from: Option<String>,
    /// The value after.
    pub to: Option<String>,
}

/// An entry before it has its place in the chain.
#[derive(Clone, Debug)]
pub struct Draft {
    pub(super) action: &'static str,
    pub(super) role: Option<Role>,
    pub(super) subject_type: &'static str,
    pub(super) subject_id: String,
    pub(super) project: Option<ProjectId>,
    pub(super) jurisdiction: Option<JurisdictionId>,
    pub(super) changes: Vec<FieldChange>,
}

impl Draft {
    /// Adds a later change of the same subject: the first `from` and the last `to` stay.
    pub(super) fn join(&mut self, later: Vec<FieldChange>) {
        for change in later {
            match self.changes.iter_mut().find(|c| c.field == change.field) {
                Some(known) => known.to = change.to,
                None => self.changes.push(change),
            }
        }
    }
}

/// The chain's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of the last entry; 0 when there is none.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
}

/// The last entry.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn last(connection: &impl ConnectionTrait) -> Result<Option<ledger::Model>> {
    Ok(ledger::Entity::find()
        .order_by_desc(ledger::Column::Seq)
        .limit(1)
        .one(connection)
        .await?)
}

/// The chain's end now.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn head(connection: &impl ConnectionTrait) -> Result<Head> {
    Ok(last(connection).await?.map_or_else(
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

/// Locks the chain's end until the transaction ends: what is read from now on is all that
/// was committed, and nobody commits a change meanwhile. On SQLite the one writer holds it.
pub(super) async fn lock(transaction: &DatabaseTransaction, backend: DbBackend) -> Result<()> {
    if backend == DbBackend::Postgres {
        let lock = format!("SELECT pg_advisory_xact_lock({CHAIN_LOCK})");
        transaction.execute_unprepared(&lock).await?;
    }
    Ok(())
}

/// Appends entries under the chain's lock, which is held until the transaction ends: the
/// order of the chain is the order of the commits.
pub(super) async fn append(
    transaction: &DatabaseTransaction,
    backend: DbBackend,
    context: &WriteContext,
    at: DateTime<Utc>,
    drafts: Vec<Draft>,
) -> Result<()> {
    lock(transaction, backend).await?;
    let mut end = head(transaction).await?;
    let mut entries = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let mut entry = place(draft, context, at, &end)?;
        entry.hash = hash(&entry)?;
        end = Head {
            seq: entry.seq,
            hash: entry.hash.clone(),
        };
        entries.push(entry.into_active_model());
    }
    // 16 columns an entry, under SQLite's limit of 32,766 bound values.
    for chunk in entries.chunks(1_000) {
        ledger::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

fn place(
    draft: Draft,
    context: &WriteContext,
    at: DateTime<Utc>,
    end: &Head,
) -> Result<ledger::Model> {
    let (actor_kind, actor_id, actor_name) = match &context.principal.actor {
        Actor::User { id, name } => (ActorKind::User, id.to_string(), name.clone()),
        Actor::System(name) => (
            ActorKind::System,
            format!("system:{name}"),
            (*name).to_owned(),
        ),
        Actor::Anonymous => return Err(Error::internal("nobody cannot write")),
    };
    let mut changes = draft.changes;
    changes.sort_by(|a, b| a.field.cmp(&b.field));
    Ok(ledger::Model {
        seq: end.seq + 1,
        at,
        request_id: context.request_id.clone(),
        actor_kind,
        actor_id,
        actor_name,
        role: draft.role,
        action: draft.action.to_owned(),
        subject_type: draft.subject_type.to_owned(),
        subject_id: draft.subject_id,
        project_id: draft.project,
        jurisdiction_id: draft.jurisdiction,
        changes: serde_json::to_string(&changes).map_err(Error::internal)?,
        reason: context.reason.clone(),
        prev_hash: end.hash.clone(),
        hash: String::new(),
    })
}

/// The entry as it is hashed and exported: every column but the two hashes.
///
/// # Errors
/// [`Error::Internal`] when `changes` is not the JSON it must be.
pub fn content(entry: &ledger::Model) -> Result<Value> {
    let ledger::Model {
        seq,
        at,
        request_id,
        actor_kind,
        actor_id,
        actor_name,
        role,
        action,
        subject_type,
        subject_id,
        project_id,
        jurisdiction_id,
        changes,
        reason,
        prev_hash: _,
        hash: _,
    } = entry;
    let changes: Vec<FieldChange> = serde_json::from_str(changes).map_err(Error::internal)?;
    Ok(json!({
        "seq": seq,
        "at": at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "requestId": request_id,
        "actor": { "id": actor_id, "kind": actor_kind.as_str(), "name": actor_name },
        "role": role.map(Role::as_str),
        "action": action,
        "subject": { "id": subject_id, "type": subject_type },
        "projectId": project_id.map(|id| id.to_string()),
        "jurisdictionId": jurisdiction_id.map(|id| id.to_string()),
        "changes": changes,
        "reason": reason,
    }))
}

/// The hash of an entry, from its content and `prev_hash`.
///
/// # Errors
/// [`Error::Internal`] when a column is not what it must be.
pub fn hash(entry: &ledger::Model) -> Result<String> {
    chain_hash(&entry.prev_hash, &content(entry)?)
}

/// The hash of an exported entry's content behind this `prev_hash`.
///
/// # Errors
/// [`Error::Internal`] when `prev_hash` is not 64 hexadecimal digits.
pub fn chain_hash(prev_hash: &str, content: &Value) -> Result<String> {
    let mut canonical = Vec::with_capacity(1_024);
    canonicalise(content, &mut canonical)?;
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(unhex(prev_hash)?);
    hasher.update(&canonical);
    Ok(hex(&hasher.finalize()))
}

/// RFC 8785 for what an entry can hold: keys are ASCII, numbers are integers.
fn canonicalise(value: &Value, out: &mut Vec<u8>) -> Result<()> {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
            // They come sorted, unless somebody builds serde_json to keep another order.
            if !sorted.is_sorted_by_key(|(key, _)| *key) {
                sorted.sort_unstable_by_key(|(key, _)| *key);
            }
            out.push(b'{');
            for (n, (key, member)) in sorted.into_iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                serde_json::to_writer(&mut *out, key).map_err(Error::internal)?;
                out.push(b':');
                canonicalise(member, out)?;
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                canonicalise(item, out)?;
            }
            out.push(b']');
        }
        scalar => serde_json::to_writer(out, scalar).map_err(Error::internal)?,
    }
    Ok(())
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let broken = || Error::internal("a hash is 64 hexadecimal digits");
    if text.len() != 64 || !text.is_ascii() {
        return Err(broken());
    }
    (0..64)
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| broken()))
        .collect()
}

/// Entries after `seq`, in order, at most `limit`.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn after(
    connection: &impl ConnectionTrait,
    seq: i64,
    limit: u64,
) -> Result<Vec<ledger::Model>> {
    Ok(ledger::Entity::find()
        .filter(ledger::Column::Seq.gt(seq))
        .order_by_asc(ledger::Column::Seq)
        .limit(limit)
        .all(connection)
        .await?)
}
