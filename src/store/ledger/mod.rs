//! The ledger: append-only, hash-chained, one entry a changed subject.
//!
//! `hash = SHA-256(0x00 || prev_hash || JCS(entry))`, where `prev_hash` is 32 zero bytes for
//! the first entry and JCS is RFC 8785. An entry holds only strings, nulls, lists and one
//! integer, so that its canonical JSON needs no number formatting.

mod changes;
pub mod named;
pub mod past;
pub mod read;
pub mod timeline;
mod verify;

use chrono::{DateTime, SecondsFormat, Utc};
use duban_entities::ids::{JurisdictionId, ProjectId};
use duban_entities::ledger;
use duban_entities::vocabulary::{ActorKind, Role};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, SimpleExpr};
use sea_orm::{ColumnTrait, DbBackend, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Transaction, WriteContext};
use crate::error::{Error, Result};
use crate::policy::Actor;
use crate::store::Reads;
use crate::store::reader::{self, Fixed};
use crate::store::writes::{insert_all, run_unprepared};

use changes::Written;
pub use changes::{FieldChange, read as read_changes};
pub use verify::{Broken, Fault, Report, Verifier, verify};

/// The advisory lock on the chain's end on PostgreSQL ("duban led").
const CHAIN_LOCK: i64 = 0x6475_6261_6e6c_6564;

/// `prev_hash` of the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

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
pub async fn last(connection: &impl Reads) -> Result<Option<ledger::Model>> {
    let select = reader::find::<ledger::Entity>()
        .order_by_desc(ledger::Column::Seq)
        .limit(1);
    reader::one(connection, select).await
}

/// The number of the last entry, 0 where there is none: every change of what the ledger
/// holds makes it grow, so that it is a version of everything.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn version(connection: &impl Reads) -> Result<i64> {
    static VERSION: Fixed = Fixed::new(|| Query::select().expr(version_expression()).to_owned());
    let last: Vec<(i64,)> = reader::written(connection, VERSION.with(connection, [])).await?;
    Ok(last.first().map_or(0, |(seq,)| *seq))
}

/// The entries behind the first number, up to the second, that tell of one of these types of
/// subject, each with the type. All of the entries between are looked through.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub(super) async fn told_of(
    connection: &impl Reads,
    (after, until): (i64, i64),
    subjects: &[&str],
) -> Result<Vec<(i64, String)>> {
    let select = reader::find::<ledger::Entity>()
        .select_only()
        .columns([ledger::Column::Seq, ledger::Column::SubjectType])
        .filter(ledger::Column::Seq.gt(after))
        .filter(ledger::Column::Seq.lte(until))
        .filter(ledger::Column::SubjectType.is_in(subjects.iter().copied()));
    reader::tuples(connection, select).await
}

/// [`version`] as a part of another select, so that both are of one moment.
pub(super) fn version_expression() -> SimpleExpr {
    let last = Query::select()
        .expr(Expr::col(ledger::Column::Seq).max())
        .from(ledger::Entity)
        .to_owned();
    let last = SimpleExpr::SubQuery(None, Box::new(last.into()));
    Func::coalesce([last, Expr::cust("0")]).into()
}

/// The chain's end now.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn head(connection: &impl Reads) -> Result<Head> {
    let last = Query::select()
        .expr(Expr::col(ledger::Column::Seq).max())
        .from(ledger::Entity)
        .to_owned();
    let select = reader::find::<ledger::Entity>()
        .select_only()
        .columns([ledger::Column::Seq, ledger::Column::Hash])
        .filter(ledger::Column::Seq.in_subquery(last));
    let last: Vec<(i64, String)> = reader::tuples(connection, select).await?;
    let last = last.into_iter().next();
    let (seq, hash) = last.unwrap_or_else(|| (0, GENESIS.to_owned()));
    Ok(Head { seq, hash })
}

/// Locks the chain's end until the transaction ends: what is read from now on is all that
/// was committed, and nobody commits a change meanwhile. On SQLite the one writer holds it.
pub(super) async fn lock(transaction: &Transaction, backend: DbBackend) -> Result<()> {
    if backend == DbBackend::Postgres {
        let lock = format!("SELECT pg_advisory_xact_lock({CHAIN_LOCK})");
        run_unprepared(transaction, &lock).await?;
    }
    Ok(())
}

/// Locks the chain's end, and answers it; `known` is where it stands, if nobody else can have
/// moved it.
pub(super) async fn lock_end(
    transaction: &Transaction,
    backend: DbBackend,
    known: Option<Head>,
) -> Result<Head> {
    lock(transaction, backend).await?;
    match known {
        Some(head) => Ok(head),
        None => head(transaction).await,
    }
}

/// Appends entries behind the chain's end, whose lock is held until the transaction ends: the
/// order of the chain is the order of the commits. Answers the new end.
pub(super) async fn append(
    transaction: &Transaction,
    end: Head,
    context: &WriteContext,
    at: DateTime<Utc>,
    drafts: Vec<Draft>,
) -> Result<Head> {
    let mut chain = Chain::behind(end);
    let mut entries = Vec::with_capacity(drafts.len());
    for draft in drafts {
        entries.push(chain.append(draft, context, at)?);
    }
    insert_all::<ledger::Entity>(transaction, entries).await?;
    Ok(chain.end)
}

/// The end of a chain, to which entries are added.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    end: Head,
}

impl Chain {
    /// The chain that ends so.
    pub(super) const fn behind(end: Head) -> Self {
        Self { end }
    }

    /// Where it ends.
    pub(super) const fn end(&self) -> &Head {
        &self.end
    }

    /// Gives a draft the next place.
    pub(super) fn append(
        &mut self,
        draft: Draft,
        context: &WriteContext,
        at: DateTime<Utc>,
    ) -> Result<ledger::Model> {
        let (mut entry, list) = place(draft, context, at, &self.end)?;
        entry.hash = hash_of(&entry.prev_hash, &canonical(&entry, &list)?)?;
        self.end = Head {
            seq: entry.seq,
            hash: entry.hash.clone(),
        };
        Ok(entry)
    }
}

/// The entry without its hash, and the canonical list of its changes.
fn place(
    draft: Draft,
    context: &WriteContext,
    at: DateTime<Utc>,
    end: &Head,
) -> Result<(ledger::Model, String)> {
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
    let Written { list, column } = changes::write(&changes)?;
    let entry = ledger::Model {
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
        changes: column,
        reason: context.reason.clone(),
        prev_hash: end.hash.clone(),
        hash: String::new(),
    };
    Ok((entry, list))
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
    let changes = changes::read(changes)?;
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
    hash_of(prev_hash, &canonical)
}

fn hash_of(prev_hash: &str, canonical: &[u8]) -> Result<String> {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(unhex(prev_hash)?);
    hasher.update(canonical);
    Ok(hex(&hasher.finalize()))
}

/// The canonical JSON of an entry that was just placed, at once: what [`canonicalise`] makes
/// of its [`content`], without reading `changes` again; `list` is what [`place`] made of them.
fn canonical(entry: &ledger::Model, list: &str) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(list.len() + 600);
    let project = entry.project_id.map(|id| id.to_string());
    let jurisdiction = entry.jurisdiction_id.map(|id| id.to_string());
    let at = entry.at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let text = |out: &mut Vec<u8>, before: &str, value: Option<&str>| {
        out.extend_from_slice(before.as_bytes());
        serde_json::to_writer(out, &value).map_err(Error::internal)
    };
    text(&mut out, "{\"action\":", Some(&entry.action))?;
    text(&mut out, ",\"actor\":{\"id\":", Some(&entry.actor_id))?;
    text(&mut out, ",\"kind\":", Some(entry.actor_kind.as_str()))?;
    text(&mut out, ",\"name\":", Some(&entry.actor_name))?;
    text(&mut out, "},\"at\":", Some(&at))?;
    out.extend_from_slice(b",\"changes\":");
    out.extend_from_slice(list.as_bytes());
    text(&mut out, ",\"jurisdictionId\":", jurisdiction.as_deref())?;
    text(&mut out, ",\"projectId\":", project.as_deref())?;
    text(&mut out, ",\"reason\":", entry.reason.as_deref())?;
    text(&mut out, ",\"requestId\":", Some(&entry.request_id))?;
    text(&mut out, ",\"role\":", entry.role.map(Role::as_str))?;
    out.extend_from_slice(b",\"seq\":");
    serde_json::to_writer(&mut out, &entry.seq).map_err(Error::internal)?;
    text(&mut out, ",\"subject\":{\"id\":", Some(&entry.subject_id))?;
    text(&mut out, ",\"type\":", Some(&entry.subject_type))?;
    out.extend_from_slice(b"}}");
    Ok(out)
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
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    text
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let broken = || Error::internal("a hash is 64 hexadecimal digits");
    if text.len() != 64 || !text.is_ascii() {
        return Err(broken());
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        b'A'..=b'F' => Ok(byte - b'A' + 10),
        _ => Err(broken()),
    };
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| Ok(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect()
}

/// Entries after `seq`, in order, at most `limit`.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn after(connection: &impl Reads, seq: i64, limit: u64) -> Result<Vec<ledger::Model>> {
    let select = reader::find::<ledger::Entity>()
        .filter(ledger::Column::Seq.gt(seq))
        .order_by_asc(ledger::Column::Seq)
        .limit(limit);
    reader::all(connection, select).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Principal;

    #[test]
    fn an_entry_written_at_once_is_the_canonical_one() {
        let odd = "\u{0}\t\n\"\\/督办\u{7f}\u{2028}😀";
        let change = |field: &str, from: Option<&str>, to: Option<&str>| FieldChange {
            field: field.to_owned().into(),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
        };
        let context = WriteContext {
            principal: Principal::system("test"),
            request_id: odd.to_owned(),
            reason: Some(odd.to_owned()),
            simulated: false,
        };
        let mut chain = Chain::behind(Head {
            seq: 41,
            hash: GENESIS.to_owned(),
        });
        for role in [None, Some(Role::Supervisor)] {
            let draft = Draft {
                action: "test.act",
                role,
                subject_type: "Task",
                subject_id: odd.to_owned(),
                project: role.map(|_| ProjectId(uuid::Uuid::from_u128(1))),
                jurisdiction: role.map(|_| JurisdictionId(uuid::Uuid::from_u128(2))),
                changes: vec![change("b", None, Some(odd)), change("a", Some(odd), None)],
            };
            let at = DateTime::UNIX_EPOCH;
            let entry = chain.append(draft, &context, at).unwrap();
            let mut expected = Vec::new();
            canonicalise(&content(&entry).unwrap(), &mut expected).unwrap();
            let list = changes::write(&read_changes(&entry.changes).unwrap())
                .unwrap()
                .list;
            let made = canonical(&entry, &list).unwrap();
            assert_eq!(String::from_utf8(made), String::from_utf8(expected));
            assert_eq!(hash(&entry).unwrap(), entry.hash);
        }
        assert_eq!(chain.end().seq, 43);
    }
}
