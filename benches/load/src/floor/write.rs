//! A claim with nothing but its rows: no check, no policy, no hash. It is on the disk before
//! it is answered.

use std::path::Path;

use chrono::SecondsFormat;
use rusqlite::{Connection, TransactionBehavior};

use super::Query;

pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "journal_size_limit", "67108864")?;
    Ok(connection)
}

pub(super) fn claim(connection: &mut Connection, query: &Query) -> rusqlite::Result<String> {
    let (id, day) = (query.get("id"), query.get("day"));
    let key = query.key("id").unwrap_or_default();
    let now = super::now().to_rfc3339_opts(SecondsFormat::Micros, false);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction
        .prepare_cached(
            "UPDATE tasks SET state = 'SUBMITTED', completed_on = ?2, submitted_at = ?3, \
             first_submitted_on = ?2, days_late = 0, version = version + 1, updated_at = ?3 \
             WHERE id = ?1 AND state = 'OPEN' RETURNING version",
        )?
        .query_row((&key, day, &now), |row| row.get(0))?;
    let changes = format!(
        "[{{\"field\":\"completedOn\",\"from\":null,\"to\":\"{day}\"}},\
         {{\"field\":\"daysLate\",\"from\":null,\"to\":\"0\"}},\
         {{\"field\":\"firstSubmittedOn\",\"from\":null,\"to\":\"{day}\"}},\
         {{\"field\":\"state\",\"from\":\"OPEN\",\"to\":\"SUBMITTED\"}},\
         {{\"field\":\"submittedAt\",\"from\":null,\"to\":\"{now}\"}},\
         {{\"field\":\"submittedBy\",\"from\":null,\"to\":null}}]"
    );
    // Not a hash, but as long and as scattered as one.
    let no_hash = format!("{}{id}", id.chars().rev().collect::<String>());
    transaction
        .prepare_cached(
            "INSERT INTO ledger (seq, at, request_id, actor_kind, actor_id, actor_name, role, \
             action, subject_type, subject_id, project_id, jurisdiction_id, changes, reason, \
             prev_hash, hash) SELECT (SELECT max(seq) FROM ledger) + 1, ?2, ?3, 'USER', 'floor', \
             'floor', 'SIGNATORY', 'task.claim', 'Task', 'task_' || ?3, project_id, \
             jurisdiction_id, ?4, NULL, ?5, ?5 FROM tasks WHERE id = ?1",
        )?
        .execute((&key, &now, id, &changes, &no_hash))?;
    transaction.commit()?;
    Ok(format!(
        "{{\"data\":{{\"taskClaim\":{{\"task\":{{\"__typename\":\"Milestone\",\"id\":\"task_{id}\",\
         \"state\":\"SUBMITTED\",\"version\":{version},\"completedOn\":\"{day}\"}}}}}}}}"
    ))
}
