//! The documents that integrators rely on: they validate, run, stay far below every limit,
//! and cost the same few statements however long their lists are.

use std::sync::{Arc, Mutex};

use async_graphql::Executor as _;
use async_graphql::Variables;
use duban::graphql::{Api, Limits};
use duban::http::guard::{self, LIMITS, Sizes};
use duban_entities::unit;
use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::known::{
    BRIDGE, CANAL_SCHEDULE, COUNTY, DAM, HERE, PROGRAMME, RESERVOIR, RESERVOIR_FINISH,
    RESERVOIR_REPORT, TRANSPORT, WATER,
};
use crate::support::persona::PASSWORD;
use crate::support::{Content, Engine, NOW, Persona, World, change, date, on_both};

on_both!(
    every_document_is_under_half_of_each_limit,
    every_document_runs,
    statements_do_not_grow_with_the_lists,
    of_a_project_only_what_is_asked_is_read,
    a_claim_reads_nothing_twice,
    a_claim_sets_what_it_changes,
);
on_both!(engine: lists_of_a_whole_installation_take_as_few_statements);

/// A document of the contract, as one persona sends it.
pub(crate) struct Sent {
    pub(crate) name: &'static str,
    pub(crate) document: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) persona: Persona,
    pub(crate) variables: Value,
    /// Statements that it may take: some more than it takes, because answers that come one
    /// after the other over several connections may come to a loader in two lots.
    statements: u64,
}

macro_rules! document {
    ($name:literal) => {
        include_str!(concat!("contract/", $name, ".graphql"))
    };
}

fn sent(
    (name, operation): (&'static str, &'static str),
    document: &'static str,
    persona: Persona,
    variables: Value,
    statements: u64,
) -> Sent {
    Sent {
        name,
        document,
        operation,
        persona,
        variables,
        statements,
    }
}

#[expect(clippy::too_many_lines, reason = "a table: a row a document")]
pub(crate) fn reads() -> Vec<Sent> {
    use Persona::{Auditor, Integrator, Signatory, Supervisor};
    let as_of = json!({ "by": { "id": text(RESERVOIR) }, "at": NOW.to_rfc3339() });
    let by = json!({ "by": { "id": text(RESERVOIR) } });
    let overdue = json!({ "filter": { "due": "OVERDUE" } });
    let ended = json!({ "filter": { "due": "PERIOD_ENDED" }, "first": 100 });
    let mine = json!({ "filter": { "mine": true, "due": "OPEN" }, "first": 100 });
    let first = || json!({ "first": 100 });
    let projects = document!("projects");
    let tasks = document!("overdue");
    vec![
        sent(
            ("projects", "Projects"),
            projects,
            Supervisor,
            json!({}),
            14,
        ),
        sent(("projects", "Projects"), projects, Supervisor, first(), 14),
        sent(
            ("project", "Project"),
            document!("project"),
            Supervisor,
            by,
            16,
        ),
        sent(("overdue", "Overdue"), tasks, Supervisor, overdue, 14),
        sent(("overdue", "Overdue"), tasks, Supervisor, ended, 14),
        sent(("overdue", "Overdue"), tasks, Signatory, mine, 14),
        sent(
            ("portfolio", "Portfolio"),
            document!("portfolio"),
            Supervisor,
            json!({}),
            14,
        ),
        sent(
            ("workflow", "Workflows"),
            document!("workflow"),
            Supervisor,
            json!({}),
            5,
        ),
        sent(("as-of", "AsOf"), document!("as-of"), Supervisor, as_of, 24),
        sent(
            ("changes", "Changes"),
            document!("changes"),
            Integrator,
            first(),
            34,
        ),
        sent(
            ("ledger", "Ledger"),
            document!("ledger"),
            Auditor,
            json!({ "filter": { "jurisdictionId": text(HERE) } }),
            36,
        ),
        sent(
            ("change-decide", "ChangesToDecide"),
            document!("change-decide"),
            Supervisor,
            first(),
            20,
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table: a row a document")]
pub(crate) fn writes() -> Vec<Sent> {
    use Persona::{Anonymous, Signatory, Supervisor};
    let write = |operation: &'static str, document, persona, input: Value, statements| {
        let variables = json!({ "input": input });
        sent(
            (operation, operation),
            document,
            persona,
            variables,
            statements,
        )
    };
    let tasks = document!("task-decide");
    let sign_in = json!({ "username": "supervisor", "password": PASSWORD });
    let verify = json!({ "taskId": text(DAM), "note": "属实", "expectedVersion": 1 });
    let back = json!({
        "taskId": text(DAM), "reason": "缺材料", "dueDate": date(2026, 12, 1),
        "expectedVersion": 1,
    });
    let decide = json!({
        "changeRequestId": text(CANAL_SCHEDULE), "decision": "APPROVE", "note": "同意",
        "expectedVersion": 1,
    });
    let assign = json!({
        "projectId": text(BRIDGE), "leadUnitId": text(TRANSPORT),
        "cooperatingUnitIds": [], "reason": "分工", "expectedVersion": 1,
    });
    vec![
        write("IssueRaise", document!("issue"), Signatory, issue(), 34),
        write("OrderIssue", document!("order"), Supervisor, order(), 46),
        write("SignIn", document!("sign-in"), Anonymous, sign_in, 28),
        write("TaskClaim", document!("task-claim"), Signatory, claim(), 30),
        write("ReportSubmit", document!("report"), Signatory, report(), 50),
        write("TaskVerify", tasks, Supervisor, verify, 30),
        write("TaskReturn", tasks, Supervisor, back, 30),
        write(
            "ProjectMove",
            document!("project-move"),
            Signatory,
            move_to(),
            36,
        ),
        write(
            "UnitAssign",
            document!("unit-assign"),
            Supervisor,
            assign,
            32,
        ),
        write(
            "MilestonesPlan",
            document!("milestones-plan"),
            Signatory,
            plan(),
            30,
        ),
        write(
            "ChangePropose",
            document!("change-request"),
            Signatory,
            reschedule(),
            32,
        ),
        write(
            "ChangeDecide",
            document!("change-decide"),
            Supervisor,
            decide,
            42,
        ),
    ]
}

fn order() -> Value {
    json!({
        "unitId": text(WATER), "projectIds": [text(RESERVOIR)], "taskIds": [text(DAM)],
        "level": "ORDER", "source": "MEETING", "instruction": "月底前完成征地",
        "dueDate": date(2026, 12, 31), "idempotencyKey": "order-1",
    })
}

fn issue() -> Value {
    json!({
        "projectId": text(RESERVOIR), "title": "移民安置", "description": "资金缺口",
        "helpFromUnitId": text(COUNTY), "dueDate": date(2026, 12, 10),
        "idempotencyKey": "issue-1",
    })
}

fn claim() -> Value {
    let evidence = json!([{
        "title": "竣工验收鉴定书", "documentNumber": "驻水〔2026〕9号", "date": date(2026, 11, 19),
        "url": "https://example.cn/9", "sha256": "ab".repeat(32),
    }]);
    json!({
        "taskId": text(RESERVOIR_FINISH), "note": "已完成", "completedOn": date(2026, 11, 20),
        "evidence": evidence, "expectedVersion": 1, "idempotencyKey": "claim-1",
    })
}

fn report() -> Value {
    let evidence = json!([{
        "title": "工程进度报表", "documentNumber": "驻水报〔2026〕9号", "date": date(2026, 11, 19),
        "url": "https://example.cn/9", "sha256": "ab".repeat(32),
    }]);
    let issues = json!([{
        "title": "征地受阻", "description": "西平段尚有两户未签约",
        "helpFromUnitId": text(TRANSPORT), "dueDate": date(2026, 12, 15),
    }]);
    json!({
        "taskId": text(RESERVOIR_REPORT), "percentComplete": "14.5",
        "investmentThisMonth": "1200000", "investmentToDate": "98500000.5",
        "narrative": "主坝填筑至高程52米", "nextSteps": "安装闸门",
        "achieved": [{ "targetName": "库容", "quantity": "0.3" }], "evidence": evidence,
        "forecastCompletion": date(2027, 12, 31), "issues": issues, "unchanged": false,
        "reason": null, "expectedVersion": 1, "idempotencyKey": "report-1",
    })
}

fn move_to() -> Value {
    json!({
        "projectId": text(RESERVOIR), "to": "CONSTRUCTION", "reason": "开工",
        "occurredOn": date(2026, 11, 20), "reviewOn": null, "expectedVersion": 1,
        "idempotencyKey": "move-1",
    })
}

fn reschedule() -> Value {
    let milestones = json!([{ "taskId": text(RESERVOIR_FINISH), "dueDate": date(2028, 3, 31) }]);
    json!({ "reschedule": {
        "projectId": text(RESERVOIR), "milestones": milestones, "reason": "征地滞后",
        "expectedVersion": 1, "idempotencyKey": "change-1",
    } })
}

fn plan() -> Value {
    let milestones = json!([
        { "title": "开工", "dueDate": date(2026, 12, 1), "weight": "40", "unitId": null },
        { "title": "建成", "dueDate": date(2027, 12, 1), "weight": "60", "unitId": null },
    ]);
    json!({
        "projectId": text(PROGRAMME), "milestones": milestones, "reason": "首次排期",
        "expectedVersion": 1, "idempotencyKey": "plan-1",
    })
}

async fn every_document_runs(world: &World) {
    for sent in reads() {
        let client = world.client_of(sent.persona).await;
        let before = world.services.store.statements();
        let answer = client
            .ask_named(sent.document, sent.operation, sent.variables)
            .await;
        answer.data();
        let taken = world.services.store.statements() - before;
        assert!(
            taken <= sent.statements,
            "{}: {taken} statements",
            sent.name
        );
    }
    for sent in writes() {
        let fresh = World::open(world.database.engine).await;
        let client = fresh.client_of(sent.persona).await;
        let before = fresh.services.store.statements();
        let answer = client
            .ask_named(sent.document, sent.operation, sent.variables)
            .await;
        answer.data();
        let taken = fresh.services.store.statements() - before;
        assert!(
            taken <= sent.statements,
            "{}: {taken} statements",
            sent.operation
        );
        fresh.close().await;
    }
}

/// The same document with its lists at their longest.
fn longest(variables: &Value) -> Value {
    let mut longest = variables.clone();
    longest["first"] = json!(100);
    longest
}

async fn every_document_is_under_half_of_each_limit(world: &World) {
    let api = Api::new(world.services.clone());
    let half = Limits {
        complexity: Limits::SIGNED_IN.complexity / 2,
        nodes: Limits::SIGNED_IN.nodes / 2,
        depth: Limits::SIGNED_IN.depth / 2,
    };
    let half_of_anonymous = Limits {
        complexity: Limits::ANONYMOUS.complexity / 2,
        ..half
    };
    for sent in reads().into_iter().chain(writes()) {
        for variables in [sent.variables.clone(), longest(&sent.variables)] {
            let variables = Variables::from_json(variables);
            let checked = guard::check(sent.document, Some(sent.operation), &variables).unwrap();
            for (what, size, limit) in halves(checked.sizes) {
                assert!(
                    size <= limit,
                    "{}: {size} {what}, half is {limit}",
                    sent.name
                );
            }
            let anonymous = sent.persona == Persona::Anonymous;
            let limits = if anonymous { half_of_anonymous } else { half };
            let request = async_graphql::Request::new(sent.document)
                .operation_name(sent.operation)
                .variables(variables)
                .data(limits);
            // By nobody: what is not allowed is refused behind the calculation of its cost.
            let errors = api.execute(request).await.errors;
            let costs = errors.iter().find(|error| error.message.contains("points"));
            assert!(costs.is_none(), "{}: {costs:?}", sent.name);
        }
    }
}

fn halves(sizes: Sizes) -> [(&'static str, u64, u64); 9] {
    let of = |what, size, limit: u64| (what, size, limit / 2);
    [
        of("characters", sizes.characters, LIMITS.characters),
        of("brackets", sizes.brackets, LIMITS.brackets),
        of("tokens", sizes.tokens, LIMITS.tokens),
        of("aliases", sizes.aliases, LIMITS.aliases),
        of("directives", sizes.directives, LIMITS.directives),
        of("selections", sizes.selections, LIMITS.selections),
        of("repeated", sizes.repeated, LIMITS.repeated),
        of("depth", sizes.depth, LIMITS.depth),
        of("nodes", sizes.nodes, LIMITS.nodes),
    ]
}

/// How many lots of one kind may be parted: on PostgreSQL levels of a document that are read at
/// once end when its answers come.
fn parted(engine: Engine) -> u64 {
    match engine {
        Engine::Sqlite => 0,
        Engine::Postgres => 6,
    }
}

/// Two rows or all of them: as many statements.
async fn statements_do_not_grow_with_the_lists(world: &World) {
    let client = world.client_of(Persona::Supervisor).await;
    for sent in reads()
        .iter()
        .filter(|sent| sent.document.contains("$first"))
    {
        let mut counts = Vec::new();
        for first in [2, 100] {
            // What is remembered is read again, so that it is counted.
            change::<unit::Model>(&world.services.store, WATER, |row| {
                row.name = format!("{}等", row.name);
            })
            .await;
            let mut variables = sent.variables.clone();
            variables["first"] = json!(first);
            let before = world.services.store.statements();
            let answer = client
                .ask_named(sent.document, sent.operation, variables)
                .await;
            answer.data();
            counts.push(world.services.store.statements() - before);
        }
        // A page of entries is of many types of things: a statement a type, not a row.
        let types = match sent.name {
            "changes" | "ledger" => 20,
            _ => 0,
        };
        assert!(
            counts[1] <= counts[0] + types + parted(world.database.engine),
            "{}: {counts:?} statements",
            sent.name
        );
    }
}

/// Beside the session, the project, what the policy is told of it, and the ledger's version.
const ALWAYS: u64 = 4;

/// What a document asks of a project, and how many statements that takes more, where the rows
/// that seldom change are known.
const PARTS: [(&str, u64); 12] = [
    ("id title", 0),
    ("areas { name } jurisdiction { name }", 0),
    ("leadUnit { name aliases } cooperatingUnits { name }", 0),
    ("cooperation { roleWords unit { name } }", 0),
    ("suggestedLeads { position }", 1),
    (
        "suggestedLeads { unit { name } citation { quote } } leadUnit { name }",
        2,
    ),
    ("citations { quote }", 1),
    ("citations { clause { number } }", 1),
    ("citations { clause { plan { title } } }", 1),
    ("milestones { nodes { id } } transitions { to }", 1),
    (
        "milestones { nodes { id } } transitions { to } permissions { claimTasks }",
        1,
    ),
    ("targets { name } externalIds { scheme }", 2),
];

async fn of_a_project_only_what_is_asked_is_read(world: &World) {
    let client = world.client_of(Persona::Supervisor).await;
    let variables = json!({ "by": { "id": text(RESERVOIR) } });
    let statements = async |document: &str| {
        let before = world.services.store.statements();
        let answer = client.ask(document, variables.clone()).await;
        answer.data();
        world.services.store.statements() - before
    };
    // The first one notes that the token was used, and reads the grants and all that is
    // remembered from then on.
    let first = statements(document!("project")).await;
    assert!(first <= 21, "{first} statements");
    for (part, more) in PARTS {
        let document = format!("query P($by: ProjectBy!) {{ project(by: $by) {{ {part} }} }}");
        assert_eq!(statements(&document).await, ALWAYS + more, "{part}");
    }
    assert_eq!(statements(document!("project")).await, 9);
}

async fn a_claim_reads_nothing_twice(world: &World) {
    let client = world.client_of(Persona::Signatory).await;
    client.query("{ viewer { username } }").await.data();
    let before = world.services.store.statements();
    let variables = json!({ "input": claim() });
    let answer = client.ask(document!("task-claim"), variables.clone());
    answer.await.data();
    let taken = world.services.store.statements() - before;
    // On PostgreSQL the project is locked before the task is read, and keys queue.
    let most = match world.database.engine {
        Engine::Sqlite => 10,
        Engine::Postgres => 13,
    };
    assert!(taken <= most, "{taken} statements");
    let again = client.ask(document!("task-claim"), variables).await;
    assert_eq!(again.at("/taskClaim/task/version"), &json!(2));
}

/// A column that is set is indexed anew, and looked up where it points to, though it is as it was.
async fn a_claim_sets_what_it_changes(world: &World) {
    let client = world.client_of(Persona::Signatory).await;
    let updates = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&updates);
    world.services.store.watch(move |statement| {
        if statement.sql.starts_with("UPDATE \"tasks\"") {
            kept.lock().unwrap().push(statement.sql.clone());
        }
    });
    let variables = json!({ "input": claim() });
    let answer = client.ask(document!("task-claim"), variables).await;
    answer.data();
    let updates = updates.lock().unwrap();
    let [update] = &updates[..] else {
        panic!("{updates:?}");
    };
    let (set, _) = update.split_once(" WHERE ").unwrap();
    let columns: Vec<&str> = set.split('"').skip(3).step_by(2).collect();
    let changed = [
        "state",
        "completed_on",
        "claim_note",
        "submitted_by",
        "submitted_at",
        "first_submitted_on",
        "days_late",
        // The clock stands: "updated_at" is as it was.
        "version",
    ];
    assert_eq!(columns, changed);
}

/// With every project that the plans name: no statement a row.
async fn lists_of_a_whole_installation_take_as_few_statements(engine: Engine) {
    let world = World::of(engine.database(Content::Plans).await).await;
    let client = world.client_of(Persona::Administrator).await;
    // What names a thing of the small world is not there.
    let named = ["project", "as-of", "ledger"];
    for sent in reads().iter().filter(|sent| !named.contains(&sent.name)) {
        let variables = longest(&sent.variables);
        let before = world.services.store.statements();
        let answer = client
            .ask_named(sent.document, sent.operation, variables)
            .await;
        answer.data();
        let taken = world.services.store.statements() - before;
        assert!(
            taken <= sent.statements + parted(engine),
            "{}: {taken} statements",
            sent.name
        );
    }
    let count = client.query("{ projects(first: 1) { totalCount } }").await;
    let count = count.at("/projects/totalCount").as_u64().unwrap();
    assert!(count > 1_000, "{count} projects");
    world.close().await;
}
