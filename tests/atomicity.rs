//! All of it or nothing: when the ledger refuses, when two decide at once, when the
//! connection breaks off, when a request comes twice.

use std::io::ErrorKind;

use duban::policy::{Action, Facts, Principal};
use duban::store::facts;
use duban::store::ledger as chain;
use duban_entities::{change_request, ledger, project, task};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};

use crate::support::client::text;
use crate::support::dump::{assert_same, db_dump};
use crate::support::known::{
    BRIDGE, BRIDGE_FINISH, CANAL_SCHEDULE, DAM, LAND, PROGRAMME, RESERVOIR, RESERVOIR_FINISH,
    TRANSPORT, WATER,
};
use crate::support::{Answer, Persona, World, on_both};

on_both!(
    a_ledger_that_refuses_rolls_the_change_back,
    two_deciders_one_wins,
    an_approval_and_a_return_at_once_do_not_both_apply,
    eight_writers_never_meet_a_locked_database,
    a_broken_connection_leaves_all_or_nothing,
    a_request_that_comes_ten_times_has_one_effect,
    ten_at_once_with_one_key_have_one_effect,
    fifty_claims_at_once_one_wins,
    the_chain_is_whole_behind_parallel_writers,
);

const CLAIM: &str = "mutation M($i: TaskClaimInput!) {
    taskClaim(input: $i) { task { id state version } } }";
const DECIDE: &str = "mutation M($i: ChangeDecideInput!) {
    changeDecide(input: $i) { changeRequest { id state } } }";
const ASSIGN: &str = "mutation M($i: UnitAssignInput!) {
    unitAssign(input: $i) { assignedCount project { version } } }";
const PLAN: &str = "mutation M($i: MilestonesPlanInput!) {
    milestonesPlan(input: $i) { changeRequest { id state } } }";
const MOVE: &str = "mutation M($i: ProjectMoveInput!) {
    projectMove(input: $i) { project { id stage } changeRequest { id } } }";

fn plan_input() -> Value {
    json!({
        "projectId": text(PROGRAMME), "idempotencyKey": "one", "milestones": [
            { "title": "开工", "dueDate": "2026-12-01", "weight": "40" },
            { "title": "建成", "dueDate": "2027-12-01", "weight": "60" },
        ],
    })
}

async fn a_ledger_that_refuses_rolls_the_change_back(world: &World) {
    world.db_break_ledger().await;
    let approve = json!({ "changeRequestId": text(CANAL_SCHEDULE), "decision": "APPROVE" });
    let assign = json!({ "projectId": text(BRIDGE), "leadUnitId": text(TRANSPORT) });
    let claim = json!({ "taskId": text(RESERVOIR_FINISH), "idempotencyKey": "one" });
    let move_to = json!({ "projectId": text(RESERVOIR), "to": "CONSTRUCTION" });
    for (who, document, input) in [
        (Persona::Supervisor, DECIDE, approve),
        (Persona::Supervisor, ASSIGN, assign),
        (Persona::Signatory, CLAIM, claim),
        (Persona::Signatory, PLAN, plan_input()),
        (Persona::Signatory, MOVE, move_to),
    ] {
        let client = world.client_of(who).await;
        let before = db_dump(&world.db).await;
        let answer = client.ask(document, json!({ "i": input })).await;
        let refused = answer.refused("INTERNAL");
        assert!(refused["requestId"].is_string());
        assert!(!answer.text.contains("no more entries"), "{}", answer.text);
        assert_same(&before, &db_dump(&world.db).await, document);
    }
}

/// How many answers have no error, and the codes of the others.
fn tally(answers: &[Answer]) -> (usize, Vec<&str>) {
    let codes: Vec<&str> = answers.iter().filter_map(Answer::code).collect();
    (answers.len() - codes.len(), codes)
}

/// Sends the same document from each of these at once.
async fn at_once(world: &World, sent: Vec<(Persona, &'static str, Value)>) -> Vec<Answer> {
    let mut running = Vec::new();
    for (who, document, input) in sent {
        let client = world.client_of(who).await;
        let run = async move { client.ask(document, json!({ "i": input })).await };
        running.push(tokio::spawn(run));
    }
    let mut answers = Vec::new();
    for run in running {
        answers.push(run.await.unwrap());
    }
    answers
}

async fn two_deciders_one_wins(world: &World) {
    let input = json!({
        "changeRequestId": text(CANAL_SCHEDULE), "decision": "APPROVE", "expectedVersion": 1,
    });
    let sent = [Persona::Supervisor, Persona::SupervisorAreas];
    let sent = sent.map(|who| (who, DECIDE, input.clone()));
    let answers = at_once(world, sent.to_vec()).await;
    let (won, lost) = tally(&answers);
    assert_eq!((won, lost), (1, vec!["CONFLICT"]));
    let entries = world.db_new_entries().await.into_iter();
    let of_it = entries.filter(|entry| entry.subject_id == CANAL_SCHEDULE.to_string());
    assert_eq!(of_it.count(), 1);
}

async fn an_approval_and_a_return_at_once_do_not_both_apply(world: &World) {
    let decide = |decision: &str| json!({ "changeRequestId": text(CANAL_SCHEDULE), "decision": decision, "note": "经研究" });
    let sent = vec![
        (Persona::Supervisor, DECIDE, decide("APPROVE")),
        (Persona::SupervisorAreas, DECIDE, decide("RETURN")),
    ];
    let answers = at_once(world, sent).await;
    let (won, lost) = tally(&answers);
    assert_eq!((won, lost), (1, vec!["BLOCKED"]));
    let row = change_request::Entity::find_by_id(CANAL_SCHEDULE);
    let row = row.one(&world.db).await.unwrap().unwrap();
    let canal = project::Entity::find_by_id(row.project_id.unwrap());
    let canal = canal.one(&world.db).await.unwrap().unwrap();
    let approved = row.state == duban_entities::vocabulary::ChangeState::Approved;
    assert_eq!(canal.schedule_approved_at.is_some(), approved);
}

async fn eight_writers_never_meet_a_locked_database(world: &World) {
    const WRITERS: usize = 8;
    const TURNS: i32 = 100;
    let mut running = Vec::new();
    for _ in 0..WRITERS {
        let store = std::sync::Arc::clone(&world.services.store);
        let call = duban::service::Call::system("test", "test".to_owned());
        running.push(tokio::spawn(async move {
            for _ in 0..TURNS {
                let write = store.write(call.write(None), |work| {
                    Box::pin(async move { count_up(work).await })
                });
                write.await.unwrap();
            }
        }));
    }
    for run in running {
        run.await.unwrap();
    }
    let bridge = project::Entity::find_by_id(BRIDGE)
        .one(&world.db)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(bridge.percent_complete, 800);
    assert_eq!(bridge.version, 801);
    chain::verify(&world.db, None).await.unwrap().unwrap();
    let head = chain::head(&world.db).await.unwrap();
    assert_eq!(head.seq, world.head + 800);
}

/// Reads a row and writes it with one more.
async fn count_up(work: &mut duban::store::Work) -> duban::error::Result<()> {
    let row = duban::store::projects::lock(work.connection(), BRIDGE).await?;
    let row = row.unwrap();
    let facts = facts::of_project(work.connection(), &row).await?;
    assert_eq!(work.principal(), &Principal::system("test"));
    let permit = work.permit(Action::CatalogueImport, Facts::Project(&facts))?;
    let mut after = row.clone();
    after.percent_complete += 1;
    work.update(&permit, &row, after).await?;
    Ok(())
}

/// A POST of a mutation, as it goes over the wire.
fn wire(token: &str, document: &str, input: &Value) -> String {
    let body = json!({ "query": document, "variables": { "i": input } }).to_string();
    format!(
        "POST /graphql HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn connect(world: &World) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    // The connection is reset, not closed, when the stream is dropped.
    socket.set_zero_linger().unwrap();
    socket.connect(world.address()).await.unwrap()
}

/// Waits until the server has run this many statements, or has answered. No clock tells the
/// moment: how fast a machine is changes nothing.
async fn until(world: &World, statements: u64, stream: &TcpStream) {
    let mut byte = [0];
    while world.services.store.statements() < statements {
        match stream.try_read(&mut byte) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            answered => return drop(answered),
        }
        tokio::task::yield_now().await;
    }
}

#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn a_broken_connection_leaves_all_or_nothing(world: &World) {
    const ROUNDS: u64 = 300;
    let store = &world.services.store;
    let client = world.client_of(Persona::Supervisor).await;
    let token = client.token().unwrap();
    let before = store.statements();
    let input = json!({ "projectId": text(BRIDGE), "leadUnitId": text(WATER) });
    client.ask(ASSIGN, json!({ "i": input })).await.data();
    let whole = store.statements() - before;
    // Odd, so that the same moment comes with the other unit in the next turn.
    let moments = (whole + 3) | 1;
    for round in 0..ROUNDS {
        let lead = if round % 2 == 0 { TRANSPORT } else { WATER };
        let input = json!({ "projectId": text(BRIDGE), "leadUnitId": text(lead) });
        let request = wire(token, ASSIGN, &input);
        let mut stream = connect(world).await;
        // The reset comes at another moment each round: within the request's text, before
        // the work, behind each of its statements, behind its answer.
        match round % moments {
            0 => {
                let part = &request.as_bytes()[..request.len() - 40];
                stream.write_all(part).await.unwrap();
            }
            moment => {
                stream.write_all(request.as_bytes()).await.unwrap();
                let answered = moment >= whole + 2;
                let goal = if answered {
                    u64::MAX
                } else {
                    store.statements() + moment - 1
                };
                until(world, goal, &stream).await;
            }
        }
        drop(stream);
    }
    // Behind everything that is still running: the writer takes one after the other.
    let input = json!({ "projectId": text(BRIDGE), "leadUnitId": text(TRANSPORT) });
    client.ask(ASSIGN, json!({ "i": input })).await.data();
    settle(world).await;
    let (bridge, finish, entries) = db_bridge_at_rest(world).await;
    let of = |subject: String| {
        let count = entries
            .iter()
            .filter(|entry| entry.subject_id == subject)
            .count();
        i32::try_from(count).unwrap()
    };
    assert_eq!(
        bridge.version,
        1 + of(bridge.id.to_string()),
        "an entry for each change"
    );
    assert_eq!(
        finish.version,
        1 + of(finish.id.to_string()),
        "an entry for each change"
    );
    assert_eq!(
        bridge.version, finish.version,
        "the project and its task, or neither"
    );
    assert_eq!(bridge.lead_unit_id, finish.unit_id);
    let answered = ROUNDS / moments;
    assert!(
        i64::from(bridge.version) > i64::try_from(answered).unwrap(),
        "what was answered is there: {answered} of {}",
        bridge.version
    );
    chain::verify(&world.db, None).await.unwrap().unwrap();
}

/// The bridge, its task and the new entries, of one moment: the ledger stood still meanwhile.
async fn db_bridge_at_rest(world: &World) -> (project::Model, task::Model, Vec<ledger::Model>) {
    loop {
        let head = chain::head(&world.db).await.unwrap().seq;
        let bridge = project::Entity::find_by_id(BRIDGE);
        let bridge = bridge.one(&world.db).await.unwrap().unwrap();
        let finish = task::Entity::find_by_id(BRIDGE_FINISH);
        let finish = finish.one(&world.db).await.unwrap().unwrap();
        let entries = world.db_new_entries().await;
        if chain::head(&world.db).await.unwrap().seq == head {
            return (bridge, finish, entries);
        }
    }
}

/// Waits until a writer gets through as often as the pool has connections: nothing that was
/// begun is still open.
async fn settle(world: &World) {
    for _ in 0..20 {
        let call = duban::service::Call::system("test", "test".to_owned());
        let write = world.services.store.write(call.write(None), |work| {
            Box::pin(async move {
                duban::store::projects::lock(work.connection(), BRIDGE).await?;
                Ok(())
            })
        });
        write.await.unwrap();
    }
}

async fn a_request_that_comes_ten_times_has_one_effect(world: &World) {
    let client = world.client_of(Persona::Signatory).await;
    let first = client.ask(PLAN, json!({ "i": plan_input() })).await;
    let id = first.text_at("/milestonesPlan/changeRequest/id");
    let after = db_dump(&world.db).await;
    for _ in 0..9 {
        let again = client.ask(PLAN, json!({ "i": plan_input() })).await;
        assert_eq!(again.text_at("/milestonesPlan/changeRequest/id"), id);
    }
    assert_same(
        &after,
        &db_dump(&world.db).await,
        "a request that came again",
    );
    let mut other = plan_input();
    other["milestones"][0]["title"] = json!("另一个");
    let refused = client.ask(PLAN, json!({ "i": other })).await;
    assert_eq!(refused.fields(), ["idempotencyKey"]);
    // The fields are those of now: somebody has decided since.
    let supervisor = world.client_of(Persona::Supervisor).await;
    let decide = json!({ "changeRequestId": id, "decision": "APPROVE" });
    supervisor.ask(DECIDE, json!({ "i": decide })).await.data();
    let now = client.ask(PLAN, json!({ "i": plan_input() })).await;
    assert_eq!(now.at("/milestonesPlan/changeRequest/state"), "APPROVED");
    // Another person's key is another key.
    let stranger = world.client_of(Persona::BothHats).await;
    stranger
        .ask(PLAN, json!({ "i": plan_input() }))
        .await
        .refused("BLOCKED");
}

async fn ten_at_once_with_one_key_have_one_effect(world: &World) {
    let input = json!({ "taskId": text(RESERVOIR_FINISH), "idempotencyKey": "one" });
    let sent = vec![(Persona::Signatory, CLAIM, input); 10];
    let answers = at_once(world, sent).await;
    assert_eq!(tally(&answers), (10, vec![]));
    assert_eq!(world.db_new_entries().await.len(), 1);
}

async fn fifty_claims_at_once_one_wins(world: &World) {
    let input = json!({ "taskId": text(RESERVOIR_FINISH), "expectedVersion": 1 });
    let who = [Persona::Signatory, Persona::Reporter];
    let sent = (0..50).map(|n| (who[n % 2], CLAIM, input.clone()));
    let answers = at_once(world, sent.collect()).await;
    let (won, lost) = tally(&answers);
    assert_eq!((won, lost), (1, vec!["CONFLICT"; 49]));
    assert_eq!(world.db_new_entries().await.len(), 1);
}

async fn the_chain_is_whole_behind_parallel_writers(world: &World) {
    let verify = "mutation M($i: TaskVerifyInput!) { taskVerify(input: $i) { task { id } } }";
    let assign = json!({ "projectId": text(BRIDGE), "leadUnitId": text(TRANSPORT) });
    let sent = vec![
        (
            Persona::Signatory,
            CLAIM,
            json!({ "taskId": text(RESERVOIR_FINISH) }),
        ),
        (
            Persona::CoopReporter,
            CLAIM,
            json!({ "taskId": text(LAND) }),
        ),
        (Persona::Supervisor, verify, json!({ "taskId": text(DAM) })),
        (Persona::Supervisor, ASSIGN, assign),
        (Persona::Signatory, PLAN, plan_input()),
    ];
    let answers = at_once(world, sent).await;
    assert_eq!(tally(&answers), (5, vec![]));
    let report = chain::verify(&world.db, None).await.unwrap();
    assert_eq!(report.unwrap().head.seq, world.head + 7);
    // Entries of one act stand side by side.
    let entries = world.db_new_entries().await;
    let mut requests: Vec<&str> = entries
        .iter()
        .map(|entry| entry.request_id.as_str())
        .collect();
    requests.dedup();
    assert_eq!(requests.len(), 5);
}
