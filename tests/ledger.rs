//! The chain: what tampering it shows, and how acts stand in it.

use duban::store::ledger::{self as chain, Broken, Fault, FieldChange, Head};
use duban_entities::ledger;
use duban_entities::vocabulary::Role;
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use serde_json::json;

use crate::support::client::text;
use crate::support::known::{BRIDGE, CANAL_SCHEDULE, DAM, LAND, RESERVOIR_FINISH, TRANSPORT};
use crate::support::{Engine, Persona, World, on_both};

on_both!(
    a_whole_chain_is_whole,
    an_altered_column_is_found,
    every_altered_byte_of_the_changes_is_found,
    a_removed_entry_is_found,
    two_swapped_entries_are_found,
    a_cut_tail_is_found_by_the_head_that_was_kept,
    a_rewritten_chain_is_found_by_the_head_that_was_kept,
    an_act_has_one_entry_a_subject_under_one_request,
    a_creation_lists_every_field_from_null,
    an_entry_says_who_as_what_and_why,
);

/// A few acts, so that there is something to alter.
async fn history(world: &World) {
    let supervisor = world.client_of(Persona::Supervisor).await;
    let assign = "mutation M($i: UnitAssignInput!) { unitAssign(input: $i) { assignedCount } }";
    let input =
        json!({ "projectId": text(BRIDGE), "leadUnitId": text(TRANSPORT), "reason": "分工" });
    supervisor.ask(assign, json!({ "i": input })).await.data();
    let claim = "mutation M($i: TaskClaimInput!) { taskClaim(input: $i) { task { id } } }";
    for (who, task) in [
        (Persona::Signatory, RESERVOIR_FINISH),
        (Persona::CoopReporter, LAND),
    ] {
        let client = world.client_of(who).await;
        let input = json!({ "taskId": text(task), "note": "已完成" });
        client.ask(claim, json!({ "i": input })).await.data();
    }
    let verify = "mutation M($i: TaskVerifyInput!) { taskVerify(input: $i) { task { id } } }";
    let input = json!({ "taskId": text(DAM), "note": "属实" });
    supervisor.ask(verify, json!({ "i": input })).await.data();
}

/// The whole chain, with what the world began with.
async fn db_chain(world: &World) -> Vec<ledger::Model> {
    let entries = ledger::Entity::find().order_by_asc(ledger::Column::Seq);
    entries.all(&world.db).await.unwrap()
}

/// Takes away what keeps the ledger append-only, as somebody who holds the file would.
async fn db_open_ledger(world: &World) {
    let statements: &[&str] = match world.database.engine {
        Engine::Sqlite => &[
            "DROP TRIGGER ledger_no_update",
            "DROP TRIGGER ledger_no_delete",
        ],
        Engine::Postgres => &["DROP TRIGGER ledger_no_change ON ledger"],
    };
    for sql in statements {
        world.db.execute_unprepared(sql).await.unwrap();
    }
}

async fn db_run(world: &World, sql: &str) {
    world.db.execute_unprepared(sql).await.unwrap();
}

async fn broken(world: &World, kept: Option<Head>) -> Option<Broken> {
    chain::verify(&world.db, kept).await.unwrap().err()
}

async fn a_whole_chain_is_whole(world: &World) {
    history(world).await;
    let head = chain::head(&world.db).await.unwrap();
    assert_eq!(head.seq, world.head + 6);
    let report = chain::verify(&world.db, Some(head.clone())).await.unwrap();
    assert_eq!(report.unwrap().head, head);
}

/// Columns, and another value for each that the column could hold.
const ALTERATIONS: [(&str, &str); 15] = [
    ("at", "'2026-11-21T02:00:00.000001Z'"),
    ("request_id", "'x' || request_id"),
    ("actor_kind", "'SYSTEM'"),
    ("actor_id", "'x' || actor_id"),
    ("actor_name", "'x' || actor_name"),
    ("role", "'AUDITOR'"),
    ("role", "NULL"),
    ("action", "'x' || action"),
    ("subject_type", "'x' || subject_type"),
    ("subject_id", "'x' || subject_id"),
    ("project_id", "NULL"),
    ("jurisdiction_id", "NULL"),
    ("reason", "'another'"),
    (
        "prev_hash",
        "CASE WHEN prev_hash LIKE 'a%' THEN 'b' ELSE 'a' END || substr(prev_hash, 2)",
    ),
    (
        "hash",
        "CASE WHEN hash LIKE 'a%' THEN 'b' ELSE 'a' END || substr(hash, 2)",
    ),
];

async fn an_altered_column_is_found(world: &World) {
    history(world).await;
    db_open_ledger(world).await;
    let third = world.head + 3;
    for (column, other) in ALTERATIONS {
        let entries = db_chain(world).await;
        db_run(
            world,
            &format!("CREATE TABLE kept AS SELECT {column} AS v FROM ledger WHERE seq = {third}"),
        )
        .await;
        db_run(
            world,
            &format!("UPDATE ledger SET {column} = {other} WHERE seq = {third}"),
        )
        .await;
        if db_chain(world).await != entries {
            let found = broken(world, None).await;
            let found = found.unwrap_or_else(|| panic!("{column} = {other} is not found"));
            assert_eq!(found.seq, third, "{column}");
        } else {
            panic!("{column} = {other} alters nothing");
        }
        db_run(
            world,
            &format!("UPDATE ledger SET {column} = (SELECT v FROM kept) WHERE seq = {third}"),
        )
        .await;
        db_run(world, "DROP TABLE kept").await;
        assert_eq!(broken(world, None).await, None, "{column} restored");
    }
}

/// Each byte in turn becomes another: in a name, in a value, in the JSON's own signs.
async fn every_altered_byte_of_the_changes_is_found(world: &World) {
    history(world).await;
    let entries = world.db_new_entries().await;
    // A list of what was before and after, and the new values of a creation.
    for form in ['[', '{'] {
        let mut of_form = entries
            .iter()
            .filter(|entry| entry.changes.starts_with(form));
        let entry = of_form.next().unwrap();
        assert!(entry.changes.len() > 50);
        for (at, old) in entry.changes.char_indices() {
            let new = if old == 'x' { 'y' } else { 'x' };
            let mut altered = entry.clone();
            altered
                .changes
                .replace_range(at..at + old.len_utf8(), &new.to_string());
            let same = chain::hash(&altered).is_ok_and(|hash| hash == entry.hash);
            assert!(!same, "{} reads like {}", altered.changes, entry.changes);
        }
    }
}

async fn a_removed_entry_is_found(world: &World) {
    history(world).await;
    db_open_ledger(world).await;
    let third = world.head + 3;
    db_run(world, &format!("DELETE FROM ledger WHERE seq = {third}")).await;
    let found = broken(world, None).await.unwrap();
    let gap = Fault::OutOfOrder { expected: third };
    assert_eq!((found.seq, found.fault), (third + 1, gap));
    let close = format!("UPDATE ledger SET seq = {third} WHERE seq = {}", third + 1);
    db_run(world, &close).await;
    assert_eq!(
        broken(world, None).await.unwrap().seq,
        third,
        "closing the gap does not help"
    );
}

async fn two_swapped_entries_are_found(world: &World) {
    history(world).await;
    db_open_ledger(world).await;
    let (third, fourth) = (world.head + 3, world.head + 4);
    for (from, to) in [(third, 9_999), (fourth, third), (9_999, fourth)] {
        let sql = format!("UPDATE ledger SET seq = {to} WHERE seq = {from}");
        db_run(world, &sql).await;
    }
    assert_eq!(broken(world, None).await.unwrap().seq, third);
}

async fn a_cut_tail_is_found_by_the_head_that_was_kept(world: &World) {
    history(world).await;
    let kept = chain::head(&world.db).await.unwrap();
    db_open_ledger(world).await;
    let last = world.head + 4;
    db_run(world, &format!("DELETE FROM ledger WHERE seq > {last}")).await;
    assert_eq!(
        broken(world, None).await,
        None,
        "a chain alone does not know its length"
    );
    let found = broken(world, Some(kept)).await.unwrap();
    assert_eq!((found.seq, found.fault), (last + 1, Fault::Truncated));
}

async fn a_rewritten_chain_is_found_by_the_head_that_was_kept(world: &World) {
    history(world).await;
    let kept = chain::head(&world.db).await.unwrap();
    db_open_ledger(world).await;
    let mut before = chain::GENESIS.to_owned();
    for mut entry in db_chain(world).await {
        entry.actor_name = "somebody else".to_owned();
        entry.prev_hash = before;
        entry.hash = chain::hash(&entry).unwrap();
        before = entry.hash.clone();
        let sql = format!(
            "UPDATE ledger SET actor_name = '{}', prev_hash = '{}', hash = '{}' WHERE seq = {}",
            entry.actor_name, entry.prev_hash, entry.hash, entry.seq
        );
        db_run(world, &sql).await;
    }
    assert_eq!(
        broken(world, None).await,
        None,
        "whoever rewrites all of it goes unseen"
    );
    let found = broken(world, Some(kept)).await.unwrap();
    assert_eq!(found.fault, Fault::Rewritten);
}

async fn an_act_has_one_entry_a_subject_under_one_request(world: &World) {
    let client = world.client_of(Persona::Supervisor).await;
    let decide = "mutation M($i: ChangeDecideInput!) {
        changeDecide(input: $i) { changeRequest { id } } }";
    let input = json!({ "changeRequestId": text(CANAL_SCHEDULE), "decision": "APPROVE" });
    client.ask(decide, json!({ "i": input })).await.data();
    let entries = world.db_new_entries().await;
    let mut subjects: Vec<&str> = entries.iter().map(|e| e.subject_id.as_str()).collect();
    subjects.sort_unstable();
    subjects.dedup();
    assert_eq!(subjects.len(), entries.len(), "a subject has two entries");
    assert!(
        entries
            .iter()
            .all(|entry| entry.request_id == entries[0].request_id)
    );
    assert!(entries.iter().all(|entry| entry.at == entries[0].at));
    let numbers: Vec<i64> = entries.iter().map(|entry| entry.seq).collect();
    let first = world.head + 1;
    assert_eq!(numbers, [first, first + 1, first + 2, first + 3]);
}

fn changes(entry: &ledger::Model) -> Vec<FieldChange> {
    chain::read_changes(&entry.changes).unwrap()
}

async fn a_creation_lists_every_field_from_null(world: &World) {
    let client = world.client_of(Persona::Signatory).await;
    let plan = "mutation M($i: MilestonesPlanInput!) {
        milestonesPlan(input: $i) { changeRequest { id } } }";
    let input = json!({
        "projectId": text(crate::support::known::PROGRAMME), "milestones": [
            { "title": "开工", "dueDate": "2026-12-01", "weight": "40" },
            { "title": "建成", "dueDate": "2027-12-01", "weight": "60" },
        ],
    });
    client.ask(plan, json!({ "i": input })).await.data();
    let entry = world.db_new_entries().await.remove(0);
    let fields = changes(&entry);
    assert!(fields.iter().all(|change| change.from.is_none()));
    let names: Vec<&str> = fields.iter().map(|change| &*change.field).collect();
    assert_eq!(
        names,
        [
            "content",
            "decidedAt",
            "decidedBy",
            "documentDate",
            "documentNumber",
            "documentTitle",
            "jurisdiction",
            "kind",
            "late",
            "note",
            "project",
            "proposedAt",
            "proposedBy",
            "proposedUnit",
            "reason",
            "simulated",
            "state",
        ]
    );
}

async fn an_entry_says_who_as_what_and_why(world: &World) {
    history(world).await;
    let entries = world.db_new_entries().await;
    let entry = &entries[0];
    assert_eq!(entry.actor_id, Persona::Supervisor.user().to_string());
    assert_eq!(entry.actor_name, "Name of supervisor");
    assert_eq!(entry.role.map(Role::as_str), Some("SUPERVISOR"));
    assert_eq!(entry.reason.as_deref(), Some("分工"));
    assert_eq!(entry.project_id, Some(BRIDGE));
    let lead = changes(entry)
        .into_iter()
        .find(|change| change.field == "leadUnit")
        .unwrap();
    assert_eq!((lead.from, lead.to), (None, Some(TRANSPORT.to_string())));
}
