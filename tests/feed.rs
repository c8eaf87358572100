//! The feed of changes and the ledger over the API: in order, whole, to be resumed, and each
//! to whom it concerns.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use duban::policy::{Action, Facts};
use duban::store::{Work, tasks};
use duban_entities::ids::TaskId;
use duban_entities::ledger;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::support::client::text;
use crate::support::known::{
    BRIDGE, CANAL_SCHEDULE, ELSEWHERE, FOREIGN, HERE, LAND, RESERVOIR, RESERVOIR_FINISH,
    RESERVOIR_REPORT, ROAD, TRANSPORT, UNGRANTED, VIEWERS_GRANT,
};
use crate::support::{Answer, Client, NOW, Persona, World, on_both};

on_both!(
    a_reader_misses_nothing_while_sixteen_write,
    the_feed_goes_on_where_it_ended,
    the_feed_is_of_what_is_seen,
    a_filtered_feed_keeps_its_order,
    the_ledger_is_for_whom_it_concerns,
    the_ledger_runs_both_ways,
    the_ledger_is_filtered,
    what_a_filter_names_out_of_reach_is_not_there,
    the_head_is_the_last_entry,
    subjects_have_their_own_types,
);

const FEED: &str = "query F($first: Int, $after: String, $filter: ChangesFilter) {
    changes(first: $first, after: $after, filter: $filter) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { seq action subject { __typename id } project { id } changes { field from to } } } }";

const LEDGER: &str = "query L($first: Int, $after: String, $last: Int, $before: String,
        $filter: LedgerFilter, $order: LedgerOrder = NEWEST_FIRST) {
    ledger(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $order) {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        nodes { seq action actor { id name } role reason subject { __typename id } hash prevHash } } }";

fn numbers(nodes: &Value) -> Vec<i64> {
    let nodes = nodes.as_array().unwrap().iter();
    nodes.map(|node| node["seq"].as_i64().unwrap()).collect()
}

async fn db_entries(world: &World) -> Vec<ledger::Model> {
    let all = ledger::Entity::find().order_by_asc(ledger::Column::Seq);
    all.all(&world.db).await.unwrap()
}

/// Everything of a feed or ledger, page by page.
async fn whole(client: &Client, document: &str, field: &str, mut variables: Value) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let answer = client.ask(document, variables.clone()).await;
        let page = answer.at(&format!("/{field}")).clone();
        all.extend(page["nodes"].as_array().unwrap().iter().cloned());
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            return all;
        }
        variables["after"] = page["pageInfo"]["endCursor"].clone();
    }
}

const WRITERS: usize = 16;
const TURNS: usize = 12;

/// A task of its own for each writer, so that none waits for another but at the chain's end.
async fn db_tasks(world: &World) -> Vec<TaskId> {
    let rows = duban_entities::task::Entity::find().all(&world.db).await;
    let rows = rows.unwrap().into_iter().map(|row| row.id);
    rows.take(WRITERS).collect()
}

async fn count_up(work: &mut Work, id: TaskId) -> duban::error::Result<()> {
    let row = tasks::by_id(work.connection(), id).await?.unwrap();
    let permit = work.permit(Action::CatalogueImport, Facts::Everything)?;
    let mut after = row.clone();
    after.position += 1;
    work.update(&permit, &row, after).await?;
    Ok(())
}

async fn a_reader_misses_nothing_while_sixteen_write(world: &World) {
    let client = world.client_of(Persona::Administrator).await;
    let mut cursor = end_of(&client).await;
    let left = Arc::new(AtomicUsize::new(WRITERS));
    let permits = Arc::new(Semaphore::new(0));
    let mut running = Vec::new();
    for id in db_tasks(world).await {
        let store = Arc::clone(&world.services.store);
        let (left, permits) = (Arc::clone(&left), Arc::clone(&permits));
        let call = duban::service::Call::system("test", id.to_string());
        running.push(tokio::spawn(async move {
            for _ in 0..TURNS {
                permits.acquire().await.unwrap().forget();
                let write = store.write(call.write(None), move |work| {
                    Box::pin(async move { count_up(work, id).await })
                });
                write.await.unwrap();
            }
            left.fetch_sub(1, Ordering::SeqCst);
        }));
    }
    assert_eq!(running.len(), WRITERS);
    let (mut read, mut among_writers) = (Vec::new(), 0);
    permits.add_permits(WRITERS);
    loop {
        let over = left.load(Ordering::SeqCst) == 0;
        let answer = client
            .ask(FEED, json!({ "first": 5, "after": cursor }))
            .await;
        let writing = left.load(Ordering::SeqCst) > 0;
        let page = answer.at("/changes");
        let seqs = numbers(&page["nodes"]);
        cursor = page["pageInfo"]["endCursor"].clone();
        read.extend(seqs.iter().copied());
        if !seqs.is_empty() {
            among_writers += usize::from(writing);
            // The writers get their turns from what was read, so that none has ended before
            // the reader has come round as often as that.
            permits.add_permits(WRITERS);
        } else if over {
            break;
        }
    }
    for run in running {
        run.await.unwrap();
    }
    let written = world.db_new_entries().await;
    let written: Vec<i64> = written.iter().map(|entry| entry.seq).collect();
    assert_eq!(read, written, "nothing skipped, nothing twice, in order");
    assert_eq!(written.len(), WRITERS * TURNS);
    assert!(
        among_writers >= TURNS - 1,
        "{among_writers} polls met writers"
    );
}

/// The cursor behind the last entry that there is.
async fn end_of(client: &Client) -> Value {
    let mut end = Value::Null;
    loop {
        let page = client
            .ask(FEED, json!({ "first": 200, "after": end }))
            .await;
        end = page.at("/changes/pageInfo/endCursor").clone();
        if *page.at("/changes/pageInfo/hasNextPage") == json!(false) {
            return end;
        }
    }
}

async fn claim(world: &World, who: Persona, task: TaskId) {
    let document = "mutation M($i: TaskClaimInput!) { taskClaim(input: $i) { task { id } } }";
    let input = json!({ "taskId": text(task), "note": "已完成" });
    let client = world.client_of(who).await;
    client.ask(document, json!({ "i": input })).await.data();
}

async fn assign(world: &World) {
    let document = "mutation M($i: UnitAssignInput!) { unitAssign(input: $i) { assignedCount } }";
    let input =
        json!({ "projectId": text(BRIDGE), "leadUnitId": text(TRANSPORT), "reason": "分工" });
    let client = world.client_of(Persona::Supervisor).await;
    client.ask(document, json!({ "i": input })).await.data();
}

async fn the_feed_goes_on_where_it_ended(world: &World) {
    let client = world.client_of(Persona::Integrator).await;
    let first = client.ask(FEED, json!({ "first": 200 })).await;
    let end = first.at("/changes/pageInfo/endCursor").clone();
    assert_eq!(*first.at("/changes/pageInfo/hasNextPage"), json!(false));
    let empty = client.ask(FEED, json!({ "after": end })).await;
    assert_eq!(*empty.at("/changes/nodes"), json!([]));
    assert_eq!(*empty.at("/changes/pageInfo/endCursor"), end);
    claim(world, Persona::CoopReporter, LAND).await;
    let more = client.ask(FEED, json!({ "after": end })).await;
    let nodes = more.at("/changes/nodes").as_array().unwrap();
    assert_eq!(nodes.len(), 1);
    assert_eq!(nodes[0]["action"], "task.claim");
    assert_eq!(
        nodes[0]["subject"],
        json!({ "__typename": "Milestone", "id": text(LAND) })
    );
    assert_eq!(nodes[0]["project"]["id"], text(RESERVOIR));
    let other = client.ask(FEED, json!({ "after": "ff" })).await;
    assert_eq!(other.fields(), ["after"]);
    let many = client.ask(FEED, json!({ "first": 201 })).await;
    many.refused("LIMIT_EXCEEDED");
    // By its own list alone.
    let supervisor = world.client_of(Persona::Supervisor).await;
    let ledger = supervisor.ask(LEDGER, json!({ "after": end })).await;
    assert_eq!(ledger.fields(), ["after"]);
}

async fn save_draft(world: &World) {
    let document = "mutation M($i: ReportSaveInput!) { reportSave(input: $i) { report { id } } }";
    let input = json!({ "taskId": text(RESERVOIR_REPORT), "narrative": "主坝填筑" });
    let client = world.client_of(Persona::Reporter).await;
    client.ask(document, json!({ "i": input })).await.data();
}

async fn the_feed_is_of_what_is_seen(world: &World) {
    save_draft(world).await;
    claim(world, Persona::CoopReporter, LAND).await;
    assign(world).await;
    let saved = world.db_new_entries().await;
    assert!(
        saved
            .iter()
            .any(|entry| entry.subject_type == "ReportDraft")
    );
    let new = |nodes: Vec<Value>| {
        let new = nodes
            .into_iter()
            .filter(|node| node["seq"].as_i64() > Some(world.head));
        let actions = new.map(|node| node["action"].as_str().unwrap().to_owned());
        actions.collect::<Vec<_>>()
    };
    for (who, wanted) in [
        (
            Persona::Viewer,
            vec!["task.claim", "unit.assign", "unit.assign"],
        ),
        (Persona::CoopReporter, vec!["task.claim"]),
        (Persona::Reporter, vec!["task.claim"]),
        (Persona::OtherReporter, vec!["unit.assign", "unit.assign"]),
        (Persona::SupervisorOtherArea, vec![]),
        (Persona::SupervisorElsewhere, vec![]),
        (
            Persona::ScopedAdministrator,
            vec!["task.claim", "unit.assign", "unit.assign"],
        ),
    ] {
        let client = world.client_of(who).await;
        let nodes = whole(&client, FEED, "changes", json!({ "first": 50 })).await;
        let kinds = nodes
            .iter()
            .map(|node| node["subject"]["__typename"].as_str().unwrap());
        let apart = ["Person", "Grant", "ApiToken", "SavedDraft"];
        assert!(
            kinds.into_iter().all(|kind| !apart.contains(&kind)),
            "{who:?}"
        );
        assert_eq!(new(nodes), wanted, "{who:?}");
    }
    let nobody = world.client(None);
    let answer = nobody
        .query("{ changes(first: 1) { nodes { seq } } }")
        .await;
    answer.refused("UNAUTHENTICATED");
}

async fn a_filtered_feed_keeps_its_order(world: &World) {
    claim(world, Persona::CoopReporter, LAND).await;
    let client = world.client_of(Persona::Viewer).await;
    let of = |filter: Value| json!({ "first": 3, "filter": filter });
    let project = json!({ "projectId": text(RESERVOIR), "subjectType": ["TASK"] });
    let nodes = whole(&client, FEED, "changes", of(project)).await;
    let entries = db_entries(world).await;
    let count = |wanted: &dyn Fn(&ledger::Model) -> bool| {
        let wanted = entries.iter().filter(|entry| wanted(entry));
        wanted.count()
    };
    let of_it =
        |entry: &ledger::Model| entry.project_id == Some(RESERVOIR) && entry.subject_type == "Task";
    assert_eq!(nodes.len(), count(&of_it));
    assert!(numbers(&json!(nodes)).is_sorted());
    let here = json!({ "jurisdictionId": text(HERE), "subjectType": ["PROJECT", "UNIT"] });
    let nodes = whole(&client, FEED, "changes", of(here)).await;
    let inside = |entry: &ledger::Model| {
        let kinds = ["Project", "Unit"];
        entry.jurisdiction_id == Some(HERE) && kinds.contains(&entry.subject_type.as_str())
    };
    assert_eq!(nodes.len(), count(&inside));
    for filter in [
        json!({ "projectId": text(FOREIGN) }),
        json!({ "jurisdictionId": text(ELSEWHERE) }),
    ] {
        client.ask(FEED, of(filter)).await.refused("NOT_FOUND");
    }
}

async fn ledger(world: &World, who: Persona, variables: Value) -> Answer {
    world.client_of(who).await.ask(LEDGER, variables).await
}

#[expect(
    clippy::too_many_lines,
    reason = "one story, from its beginning to its end"
)]
async fn the_ledger_is_for_whom_it_concerns(world: &World) {
    claim(world, Persona::CoopReporter, LAND).await;
    for who in [
        Persona::Reporter,
        Persona::Signatory,
        Persona::Viewer,
        Persona::Integrator,
        Persona::MustChange,
    ] {
        ledger(world, who, json!({})).await.refused("FORBIDDEN");
    }
    let nobody = world.client(None);
    let answer = nobody.query("{ ledger(first: 1) { nodes { seq } } }").await;
    answer.refused("UNAUTHENTICATED");
    let kinds = async |who| {
        let client = world.client_of(who).await;
        let nodes = whole(&client, LEDGER, "ledger", json!({ "first": 100 })).await;
        let mut kinds: Vec<String> = nodes
            .iter()
            .map(|node| node["subject"]["__typename"].as_str().unwrap().to_owned())
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    };
    let accounts = ["ApiToken", "Grant", "Person"];
    let facts = kinds(Persona::Supervisor).await;
    for kind in [
        "Area",
        "ChangeRequest",
        "Clause",
        "Indicator",
        "Milestone",
        "Plan",
        "Project",
    ] {
        assert!(facts.contains(&kind.to_owned()), "{kind}");
    }
    assert!(!facts.iter().any(|kind| accounts.contains(&kind.as_str())));
    let mut all = facts.clone();
    all.extend(accounts.map(str::to_owned));
    all.sort_unstable();
    assert_eq!(kinds(Persona::Auditor).await, all);
    assert_eq!(kinds(Persona::ScopedAdministrator).await, all);
    // In sight are projects and what hangs on them alone.
    let in_sight = kinds(Persona::SupervisorOneArea).await;
    for kind in [
        "Area",
        "Clause",
        "Indicator",
        "Jurisdiction",
        "Plan",
        "Unit",
    ] {
        assert!(!in_sight.contains(&kind.to_owned()), "{kind}");
    }
    assert!(in_sight.contains(&"Project".to_owned()));
    let of = json!({ "filter": { "projectId": text(BRIDGE) } });
    ledger(world, Persona::SupervisorOneArea, of)
        .await
        .refused("NOT_FOUND");
    // The unscoped administrator reads every account's.
    let ungranted = json!({ "filter": { "subjectId": text(UNGRANTED) } });
    ledger(world, Persona::Administrator, ungranted.clone())
        .await
        .data();
    for who in [
        Persona::Auditor,
        Persona::ScopedAdministrator,
        Persona::Supervisor,
    ] {
        ledger(world, who, ungranted.clone())
            .await
            .refused("NOT_FOUND");
    }
}

async fn the_ledger_runs_both_ways(world: &World) {
    claim(world, Persona::CoopReporter, LAND).await;
    let client = world.client_of(Persona::Administrator).await;
    let newest = whole(&client, LEDGER, "ledger", json!({ "first": 30 })).await;
    let oldest = json!({ "first": 30, "order": "OLDEST_FIRST" });
    let mut oldest = whole(&client, LEDGER, "ledger", oldest).await;
    oldest.reverse();
    assert_eq!(newest, oldest);
    let entries = db_entries(world).await;
    let numbered: Vec<i64> = entries.iter().rev().map(|entry| entry.seq).collect();
    assert_eq!(numbers(&json!(newest)), numbered, "all of it");
    let pairs = newest
        .windows(2)
        .all(|pair| pair[0]["prevHash"] == pair[1]["hash"]);
    assert!(pairs, "each names the hash before it");
    let last = client.ask(LEDGER, json!({ "last": 2 })).await;
    assert_eq!(numbers(last.at("/ledger/nodes")), [2, 1]);
    assert_eq!(*last.at("/ledger/totalCount"), json!(entries.len()));
}

async fn the_ledger_is_filtered(world: &World) {
    claim(world, Persona::CoopReporter, LAND).await;
    world.advance_days(1);
    claim(world, Persona::Signatory, RESERVOIR_FINISH).await;
    assign(world).await;
    let head = world.head;
    let later = json!((NOW + chrono::TimeDelta::days(1)).to_rfc3339());
    for (filter, wanted) in [
        (
            json!({ "actorId": text(Persona::Signatory.user()) }),
            vec![head + 2],
        ),
        (json!({ "actorId": text(Persona::Viewer.user()) }), vec![]),
        (
            json!({ "action": ["task.claim", "task.verify"] }),
            vec![head + 1, head + 2],
        ),
        (json!({ "subjectId": text(LAND), "from": later }), vec![]),
        (
            json!({ "subjectType": ["TASK"], "from": later }),
            vec![head + 2, head + 4],
        ),
        (
            json!({ "action": ["task.claim"], "to": later }),
            vec![head + 1],
        ),
        (
            json!({ "projectId": text(BRIDGE), "from": later }),
            vec![head + 3, head + 4],
        ),
        (
            json!({ "jurisdictionId": text(HERE), "actorId": text(Persona::Supervisor.user()) }),
            vec![head + 3, head + 4],
        ),
    ] {
        let variables = json!({ "filter": filter, "order": "OLDEST_FIRST" });
        let answer = ledger(world, Persona::Supervisor, variables).await;
        assert_eq!(numbers(answer.at("/ledger/nodes")), wanted, "{filter}");
        assert_eq!(
            *answer.at("/ledger/totalCount"),
            json!(wanted.len()),
            "{filter}"
        );
    }
    let imported = json!({ "filter": { "actorId": "system:fixture", "subjectType": ["PROJECT"] } });
    let answer = ledger(world, Persona::Supervisor, imported).await;
    assert_eq!(numbers(answer.at("/ledger/nodes")).len(), 12);
    let unknown = json!({ "filter": { "action": ["project.explode"] } });
    assert_eq!(
        ledger(world, Persona::Supervisor, unknown).await.fields(),
        ["filter.action"]
    );
    let words: Vec<&str> = vec!["task.claim"; 51];
    let many = json!({ "filter": { "action": words } });
    ledger(world, Persona::Supervisor, many)
        .await
        .refused("LIMIT_EXCEEDED");
}

async fn what_a_filter_names_out_of_reach_is_not_there(world: &World) {
    let foreign_signs = json!({ "actorId": text(Persona::SupervisorElsewhere.user()) });
    for filter in [
        json!({ "projectId": text(FOREIGN) }),
        json!({ "jurisdictionId": text(ELSEWHERE) }),
        json!({ "subjectId": text(FOREIGN) }),
        json!({ "subjectId": text(VIEWERS_GRANT) }),
        json!({ "subjectId": "no id" }),
        json!({ "actorId": "system:nobody" }),
        foreign_signs,
    ] {
        let answer = ledger(world, Persona::Supervisor, json!({ "filter": filter })).await;
        assert_eq!(
            answer.code(),
            Some("NOT_FOUND"),
            "{filter}: {}",
            answer.text
        );
    }
    // What is seen in one role is not read in another.
    let both = world.principal(Persona::BothHats).await;
    assert_eq!(both.grants.len(), 2);
    let road = json!({ "filter": { "projectId": text(ROAD) } });
    ledger(world, Persona::BothHats, road).await.data();
}

async fn subjects_have_their_own_types(world: &World) {
    let client = world.client_of(Persona::Auditor).await;
    let before = world.services.store.statements();
    let variables = json!({ "first": 200, "order": "OLDEST_FIRST" });
    let answer = client.ask(LEDGER, variables).await;
    let taken = world.services.store.statements() - before;
    assert!(taken < 40, "{taken} statements");
    let prefixes = [
        ("project_", "Project"),
        ("change_", "ChangeRequest"),
        ("user_", "Person"),
        ("grant_", "Grant"),
        ("apitoken_", "ApiToken"),
        ("indicator_", "Indicator"),
        ("clause_", "Clause"),
        ("unit_", "Unit"),
    ];
    let nodes = answer.at("/ledger/nodes").as_array().unwrap();
    for node in nodes {
        let id = node["subject"]["id"].as_str().unwrap();
        let found = prefixes.iter().find(|(prefix, _)| id.starts_with(prefix));
        if id.starts_with("task_") {
            let kinds = ["Milestone", "Report", "Issue", "Order"];
            let kind = node["subject"]["__typename"].as_str().unwrap();
            assert!(kinds.contains(&kind), "{id}: {kind}");
        }
        if let Some((_, kind)) = found {
            assert_eq!(node["subject"]["__typename"], *kind, "{id}");
        }
    }
    let canal = json!({ "filter": { "subjectId": text(CANAL_SCHEDULE) } });
    let answer = ledger(world, Persona::Supervisor, canal).await;
    let subject = answer.at("/ledger/nodes/0/subject");
    assert_eq!(
        *subject,
        json!({ "__typename": "ChangeRequest", "id": text(CANAL_SCHEDULE) })
    );
}

async fn the_head_is_the_last_entry(world: &World) {
    let document = "{ ledgerHead { seq hash at } }";
    let client = world.client_of(Persona::Reporter).await;
    let before = client.query(document).await;
    assert_eq!(*before.at("/ledgerHead/seq"), json!(world.head));
    claim(world, Persona::CoopReporter, LAND).await;
    let after = client.query(document).await;
    let last = world.db_new_entries().await.pop().unwrap();
    assert_eq!(*after.at("/ledgerHead/hash"), json!(last.hash));
    assert_eq!(
        *after.at("/ledgerHead/at"),
        json!("2026-11-21T02:00:00.000000Z")
    );
    world
        .client(None)
        .query(document)
        .await
        .refused("UNAUTHENTICATED");
}
