//! The past, from the ledger alone: as of now it is what is there, as of an earlier instant
//! what was there, with that day's date.

use chrono::{DateTime, TimeDelta, Utc};
use duban::clock::Clock as _;
use duban::service::Call;
use duban::store::page::{Direction, PageRequest};
use duban::store::projects::ProjectFilter;
use duban::store::tasks::{DueFilter, TaskFilter, TaskOrder};
use duban_entities::ids::{TaskId, UnitId};
use duban_entities::project;
use duban_entities::vocabulary::{DueBasis, ProjectKind, Stage, TaskKind, TaskState};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::known::{
    BIYANG, BRIDGE, BRIDGE_FINISH, CANAL, CANAL_SCHEDULE, COUNTY, DAM, FOREIGN, HERE, LAND, PARK,
    PINGYU, PLAN, PROGRAMME, RESERVOIR, ROAD, ROAD_FINISH, SECTION, TRANSPORT, WATER,
};
use crate::support::world::request;
use crate::support::{Content, Engine, NOW, Persona, World, act, date, fixture, on_both};
use crate::tallies::{Dice, something};

on_both!(
    as_of_now_is_what_is_there,
    an_earlier_day_has_its_own_date_and_states,
    a_project_stands_as_it_stood,
    the_future_is_refused,
    a_row_keeps_its_last_instant,
    what_is_not_seen_now_is_not_seen_then,
    a_history_is_the_projects_entries_in_order,
    what_did_not_change_is_counted_as_the_fold_counts_it,
    histories_of_many_projects_take_no_statement_each,
);
on_both!(engine: as_of_now_is_what_is_there_of_a_whole_installation);

/// What a mutation gave.
async fn done(world: &World, who: Persona, field: &str, input: Value, selection: &str) -> Value {
    let answer = act(world, who, field, input, selection).await;
    answer.at(&format!("/{field}")).clone()
}

/// Some acts, each on a day of its own.
#[expect(
    clippy::too_many_lines,
    reason = "one story, from its beginning to its end"
)]
async fn live(world: &World) {
    let assign = json!({
        "projectId": text(BRIDGE), "leadUnitId": text(TRANSPORT),
        "cooperatingUnitIds": [text(COUNTY)], "reason": "分工",
    });
    done(
        world,
        Persona::Supervisor,
        "unitAssign",
        assign,
        "assignedCount",
    )
    .await;
    world.advance_days(1);
    let evidence = json!([{ "title": "移交单", "documentNumber": "平征〔2026〕3号" }]);
    let claim = json!({ "taskId": text(LAND), "note": "已完成", "evidence": evidence });
    done(
        world,
        Persona::CoopReporter,
        "taskClaim",
        claim,
        "task { id }",
    )
    .await;
    let back = json!({ "taskId": text(DAM), "reason": "缺材料" });
    done(
        world,
        Persona::Supervisor,
        "taskReturn",
        back,
        "task { id }",
    )
    .await;
    world.advance_days(1);
    let verify = json!({ "taskId": text(LAND), "note": "属实" });
    done(
        world,
        Persona::Supervisor,
        "taskVerify",
        verify,
        "task { id }",
    )
    .await;
    let approve = json!({ "changeRequestId": text(CANAL_SCHEDULE), "decision": "APPROVE" });
    done(
        world,
        Persona::Supervisor,
        "changeDecide",
        approve,
        "changeRequest { id }",
    )
    .await;
    world.advance_days(1);
    let halt = json!({
        "projectId": text(RESERVOIR), "to": "SUSPENDED", "reason": "资金", "reviewOn": date(2027, 1, 1),
    });
    let selection = "changeRequest { id }";
    let halted = done(world, Persona::Signatory, "projectMove", halt, selection).await;
    let id = &halted["changeRequest"]["id"];
    let approve = json!({ "changeRequestId": id, "decision": "APPROVE" });
    done(
        world,
        Persona::Supervisor,
        "changeDecide",
        approve,
        "changeRequest { id }",
    )
    .await;
    world.advance_days(40);
}

/// Writers of one row may commit in another order than their instants have.
async fn a_row_keeps_its_last_instant(world: &World) {
    let assign = |unit: UnitId| json!({ "projectId": text(BRIDGE), "leadUnitId": text(unit), "reason": "分工" });
    let row = async || {
        let row = project::Entity::find_by_id(BRIDGE).one(&world.db).await;
        row.unwrap().unwrap()
    };
    world.clock.advance(TimeDelta::minutes(5));
    let who = Persona::Supervisor;
    done(world, who, "unitAssign", assign(TRANSPORT), "assignedCount").await;
    let first = row().await;
    assert_eq!(first.updated_at, world.clock.now());
    world.clock.advance(TimeDelta::minutes(-1));
    done(world, who, "unitAssign", assign(WATER), "assignedCount").await;
    let second = row().await;
    assert!(second.version > first.version);
    assert_eq!(second.updated_at, first.updated_at);
}

async fn call(world: &World, who: Persona) -> Call {
    Call {
        principal: world.principal(who).await,
        request: request(),
        simulated: false,
        version: None,
    }
}

/// Every part of the filter of tasks.
fn task_filters() -> Vec<TaskFilter> {
    let none = || TaskFilter {
        soon_days: 3,
        ..TaskFilter::default()
    };
    let mut filters = vec![none()];
    let due = [
        DueFilter::Open,
        DueFilter::DueSoon,
        DueFilter::Overdue,
        DueFilter::PeriodEnded,
        DueFilter::Done,
    ];
    for due in due {
        let due = Some(due);
        filters.push(TaskFilter { due, ..none() });
    }
    filters.push(TaskFilter {
        due: Some(DueFilter::DueSoon),
        soon_days: 400,
        ..none()
    });
    for mine in [true, false] {
        let mine = Some(mine);
        filters.push(TaskFilter { mine, ..none() });
    }
    for states in [
        vec![TaskState::Open],
        vec![TaskState::Submitted, TaskState::Cancelled],
        vec![],
    ] {
        let states = Some(states);
        filters.push(TaskFilter { states, ..none() });
    }
    for bases in [
        vec![DueBasis::PlanPeriod],
        vec![DueBasis::Stated, DueBasis::Scheduled],
    ] {
        let due_bases = Some(bases);
        filters.push(TaskFilter {
            due_bases,
            ..none()
        });
    }
    filters.push(TaskFilter {
        kinds: Some(vec![TaskKind::Milestone]),
        ..none()
    });
    filters.push(TaskFilter {
        kinds: Some(vec![TaskKind::Report]),
        ..none()
    });
    filters
}

/// The same filters with what the small world names.
fn task_filters_of_the_world() -> Vec<TaskFilter> {
    let mut filters = task_filters();
    filters.push(TaskFilter {
        jurisdiction: Some(HERE),
        ..TaskFilter::default()
    });
    filters.push(TaskFilter {
        unit: Some(WATER),
        ..TaskFilter::default()
    });
    filters.push(TaskFilter {
        project: Some(RESERVOIR),
        ..TaskFilter::default()
    });
    filters
}

/// Every part of the filter of projects that names nothing.
fn plain_project_filters() -> Vec<ProjectFilter> {
    let none = ProjectFilter::default;
    let mut filters = vec![none()];
    for yes in [true, false] {
        let yes = Some(yes);
        filters.extend([
            ProjectFilter {
                unassigned: yes,
                ..none()
            },
            ProjectFilter {
                unscheduled: yes,
                ..none()
            },
            ProjectFilter {
                has_suggested_lead: yes,
                ..none()
            },
            ProjectFilter {
                overdue: yes,
                ..none()
            },
            ProjectFilter {
                period_ended: yes,
                ..none()
            },
            ProjectFilter {
                simulated: yes,
                ..none()
            },
        ]);
    }
    let day = date(2026, 12, 31);
    filters.extend([
        ProjectFilter {
            due_from: Some(day),
            ..none()
        },
        ProjectFilter {
            due_to: Some(day),
            ..none()
        },
        ProjectFilter {
            kinds: Some(vec![ProjectKind::Reservoir, ProjectKind::Road]),
            ..none()
        },
        ProjectFilter {
            stages: Some(vec![Stage::Suspended, Stage::Proposed]),
            ..none()
        },
        ProjectFilter {
            or: Some(Vec::new()),
            ..none()
        },
    ]);
    for word in ["水", "交通", "zmd-r", "%", "宿鸭湖清淤", "no such text"] {
        let text = Some(word.to_owned());
        filters.push(ProjectFilter { text, ..none() });
    }
    filters
}

/// Every part of the filter, in what the small world names.
fn project_filters_of_the_world() -> Vec<ProjectFilter> {
    let none = ProjectFilter::default;
    let mut filters = plain_project_filters();
    for id in [PINGYU, BIYANG] {
        filters.push(ProjectFilter {
            area: Some(id),
            ..none()
        });
    }
    for id in [WATER, COUNTY, TRANSPORT] {
        filters.push(ProjectFilter {
            unit: Some(id),
            ..none()
        });
        filters.push(ProjectFilter {
            lead_unit: Some(id),
            ..none()
        });
    }
    filters.extend([
        ProjectFilter {
            jurisdiction: Some(HERE),
            ..none()
        },
        ProjectFilter {
            plan: Some(PLAN),
            ..none()
        },
        ProjectFilter {
            clause: Some(SECTION),
            ..none()
        },
        ProjectFilter {
            parent: Some(PROGRAMME),
            ..none()
        },
    ]);
    filters
}

/// Each filter, its opposite, and it together with others.
fn combined(filters: &[ProjectFilter]) -> Vec<ProjectFilter> {
    let none = ProjectFilter::default;
    let at = |n: usize| filters[n % filters.len()].clone();
    let mut all = filters.to_vec();
    for n in 0..filters.len() {
        let pair = ProjectFilter {
            and: vec![at(n), at(n + 3)],
            ..none()
        };
        let either = ProjectFilter {
            or: Some(vec![at(n), at(n + 7)]),
            ..none()
        };
        all.extend([
            ProjectFilter {
                not: Some(Box::new(at(n))),
                ..none()
            },
            ProjectFilter {
                not: Some(Box::new(pair.clone())),
                and: vec![either.clone()],
                ..none()
            },
            ProjectFilter {
                overdue: Some(true),
                or: Some(vec![pair, either]),
                ..none()
            },
        ]);
    }
    all
}

const ORDERS: [TaskOrder; 3] = [TaskOrder::DueDate, TaskOrder::DaysOverdue, TaskOrder::Title];

/// The same page, cursor by cursor.
async fn same_tasks(
    world: &World,
    call: &Call,
    filter: &TaskFilter,
    order: (TaskOrder, Direction),
    request: &PageRequest,
) -> Option<String> {
    let (services, now) = (&world.services, world.services.clock.now());
    let what = || format!("{filter:?} {order:?} {request:?}");
    let live = services.tasks(call, filter, order, request).await.unwrap();
    let (past, total) = services
        .tasks_at(call, now, (filter, order), request)
        .await
        .unwrap();
    let count = services.count_tasks(call, filter).await.unwrap();
    assert_eq!(total, count, "{}", what());
    assert_eq!(past.rows.len(), live.rows.len(), "{}", what());
    for ((cursor, then), (live_cursor, row)) in past.rows.iter().zip(&live.rows) {
        assert_eq!(then.row, *row, "{}", what());
        assert_eq!(cursor, live_cursor, "{}", what());
    }
    assert_eq!(past.has_next, live.has_next, "{}", what());
    assert_eq!(past.has_previous, live.has_previous, "{}", what());
    live.rows.last().map(|(cursor, _)| cursor.clone())
}

async fn same_counts(world: &World, call: &Call, filter: &ProjectFilter) {
    let (services, now) = (&world.services, world.services.clock.now());
    let live = services.portfolio_counted(call, filter).await.unwrap();
    let past = services.portfolio_at(call, now, filter).await.unwrap();
    assert_eq!(past, live, "{filter:?}");
}

async fn as_of_now_is_what_is_there(world: &World) {
    live(world).await;
    for who in [
        Persona::Supervisor,
        Persona::CoopSignatory,
        Persona::Administrator,
    ] {
        let call = call(world, who).await;
        for filter in task_filters_of_the_world() {
            let all = PageRequest::default();
            for order in ORDERS {
                let ascending = (order, Direction::Ascending);
                same_tasks(world, &call, &filter, ascending, &all).await;
            }
        }
    }
    let call = call(world, Persona::Supervisor).await;
    for order in ORDERS {
        for direction in [Direction::Ascending, Direction::Descending] {
            walk(world, &call, (order, direction)).await;
        }
    }
    for filter in combined(&project_filters_of_the_world()) {
        same_counts(world, &call, &filter).await;
    }
    for who in [Persona::OtherReporter, Persona::SupervisorOneArea] {
        let call = self::call(world, who).await;
        for filter in plain_project_filters() {
            same_counts(world, &call, &filter).await;
        }
    }
}

/// Page by page, to the end and back.
async fn walk(world: &World, call: &Call, order: (TaskOrder, Direction)) {
    let filter = TaskFilter::default();
    let mut request = PageRequest {
        first: Some(4),
        ..PageRequest::default()
    };
    let mut pages = 0;
    while let Some(end) = same_tasks(world, call, &filter, order, &request).await {
        let back = PageRequest {
            last: Some(3),
            before: Some(end.clone()),
            ..PageRequest::default()
        };
        same_tasks(world, call, &filter, order, &back).await;
        request.after = Some(end);
        pages += 1;
    }
    assert!(pages > 4, "{pages} pages");
}

async fn as_of_now_is_what_is_there_of_a_whole_installation(engine: Engine) {
    let world = World::of(engine.database(Content::Plans).await).await;
    let call = call(&world, Persona::Administrator).await;
    for filter in task_filters() {
        let some = PageRequest {
            first: Some(200),
            ..PageRequest::default()
        };
        let order = (TaskOrder::DueDate, Direction::Descending);
        same_tasks(&world, &call, &filter, order, &some).await;
    }
    let plans = world.services.plans(&call, None).await.unwrap();
    let plan = |n: usize| ProjectFilter {
        plan: Some(plans[n].id),
        ..ProjectFilter::default()
    };
    let mut filters = plain_project_filters();
    filters.extend([plan(0), plan(1)]);
    for filter in filters {
        same_counts(&world, &call, &filter).await;
    }
    world.close().await;
}

const TASKS: &str = "query T($f: TaskFilter, $at: DateTime) {
    tasks(filter: $f, asOf: $at, first: 50) { totalCount nodes {
        id state dueDate overdue daysOverdue returnCount evidence { title documentNumber }
    } } }";

async fn tasks(world: &World, filter: Value, at: Value) -> Vec<Value> {
    let client = world.client_of(Persona::Supervisor).await;
    let answer = client.ask(TASKS, json!({ "f": filter, "at": at })).await;
    let nodes = answer.at("/tasks/nodes").as_array().unwrap().clone();
    assert_eq!(*answer.at("/tasks/totalCount"), json!(nodes.len()));
    nodes
}

fn at(days: i64) -> Value {
    json!((NOW + TimeDelta::days(days)).to_rfc3339())
}

async fn an_earlier_day_has_its_own_date_and_states(world: &World) {
    live(world).await;
    let of = json!({ "projectId": text(RESERVOIR) });
    let land = |rows: Vec<Value>| {
        let mut rows = rows.into_iter();
        rows.find(|row| row["id"] == text(LAND)).unwrap()
    };
    let first = land(tasks(world, of.clone(), at(0)).await);
    assert_eq!(
        (&first["state"], &first["daysOverdue"]),
        (&json!("OPEN"), &json!(20))
    );
    assert_eq!(first["evidence"], json!([]));
    let claimed = land(tasks(world, of.clone(), at(1)).await);
    assert_eq!(
        (&claimed["state"], &claimed["overdue"]),
        (&json!("SUBMITTED"), &json!(false))
    );
    assert_eq!(claimed["evidence"][0]["documentNumber"], "平征〔2026〕3号");
    let done = land(tasks(world, of, at(2)).await);
    assert_eq!(
        (&done["state"], &done["daysOverdue"]),
        (&json!("DONE"), &json!(21))
    );
    // On the twenty-first ROAD was due in two days, and is now long overdue.
    let overdue = json!({ "due": "OVERDUE", "unitId": text(TRANSPORT) });
    assert_eq!(
        tasks(world, overdue.clone(), at(0)).await,
        Vec::<Value>::new()
    );
    let late = tasks(world, overdue, at(43)).await;
    let road: Vec<&Value> = late
        .iter()
        .filter(|row| row["id"] == text(ROAD_FINISH))
        .collect();
    assert_eq!(road[0]["daysOverdue"], 41);
    let counts = "query P($at: DateTime) { portfolio(asOf: $at) {
        projectCount unassignedProjectCount unscheduledProjectCount overdueTaskCount } }";
    let client = world.client_of(Persona::Supervisor).await;
    let then = client.ask(counts, json!({ "at": at(0) })).await;
    let before = client.ask(counts, json!({ "at": at(-1) })).await;
    assert_eq!(*before.at("/portfolio/projectCount"), json!(0));
    assert_eq!(*then.at("/portfolio/projectCount"), json!(12));
    let now = client.ask(counts, json!({ "at": null })).await;
    let unscheduled = |answer: &crate::support::Answer| {
        let count = answer.at("/portfolio/unscheduledProjectCount");
        count.as_i64().unwrap()
    };
    assert_eq!(unscheduled(&then), unscheduled(&now) + 1);
}

const PROJECT: &str = "query P($id: ID!, $at: DateTime!) { project(by: { id: $id }) { code
    asOf(at: $at) { date code stage stageBasis dueDate baselineDueDate percentComplete
        leadUnit { id name } leadBasis scheduleApprovedAt overdueTaskCount version
        milestones { id title dueDate baselineDueDate state daysOverdue overdue role weight } } } }";

async fn project(world: &World, id: impl ToString, at: Value) -> Value {
    let client = world.client_of(Persona::Supervisor).await;
    let variables = json!({ "id": id.to_string(), "at": at });
    client
        .ask(PROJECT, variables)
        .await
        .at("/project/asOf")
        .clone()
}

async fn a_project_stands_as_it_stood(world: &World) {
    live(world).await;
    assert_eq!(project(world, RESERVOIR, at(-1)).await, Value::Null);
    let first = project(world, RESERVOIR, at(0)).await;
    assert_eq!(first["stage"], "PREPARATION");
    assert_eq!(first["date"], "2026-11-21");
    assert_eq!(first["percentComplete"], "20");
    assert_eq!(first["overdueTaskCount"], 1);
    assert_eq!(
        first["leadUnit"],
        json!({ "id": text(WATER), "name": "市水利局" })
    );
    let milestones = first["milestones"].as_array().unwrap();
    let order: Vec<&Value> = milestones.iter().map(|row| &row["daysOverdue"]).collect();
    assert_eq!(order, [0, 20, 0, 0], "in the order of the schedule");
    let verified = project(world, RESERVOIR, at(2)).await;
    assert_eq!(verified["percentComplete"], "30");
    assert_eq!(project(world, RESERVOIR, at(3)).await["stage"], "SUSPENDED");
    let before = project(world, CANAL, at(1)).await;
    assert_eq!(before["scheduleApprovedAt"], Value::Null);
    assert_eq!(before["dueDate"], "2026-10-31");
    let after = project(world, CANAL, at(2)).await;
    assert_eq!(after["baselineDueDate"], "2027-06-30");
    assert_eq!(after["milestones"].as_array().unwrap().len(), 2);
    // Assigned at the first instant.
    assert_eq!(project(world, BRIDGE, at(0)).await["leadBasis"], "ASSIGNED");
}

async fn the_future_is_refused(world: &World) {
    let client = world.client_of(Persona::Supervisor).await;
    let soon = json!((NOW + TimeDelta::seconds(1)).to_rfc3339());
    let answer = client.ask(TASKS, json!({ "at": soon })).await;
    assert_eq!(answer.fields(), ["asOf"]);
    let counts = "query P($at: DateTime) { portfolio(asOf: $at) { projectCount } }";
    let answer = client.ask(counts, json!({ "at": soon })).await;
    assert_eq!(answer.fields(), ["asOf"]);
    let variables = json!({ "id": text(RESERVOIR), "at": soon });
    assert_eq!(client.ask(PROJECT, variables).await.fields(), ["at"]);
}

async fn what_is_not_seen_now_is_not_seen_then(world: &World) {
    live(world).await;
    let client = world.client_of(Persona::OtherReporter).await;
    let variables = json!({ "f": { "projectId": text(RESERVOIR) }, "at": at(0) });
    client.ask(TASKS, variables).await.refused("NOT_FOUND");
    let variables = json!({ "id": text(RESERVOIR), "at": at(0) });
    client.ask(PROJECT, variables).await.refused("NOT_FOUND");
    let named = "query P($f: ProjectFilter, $at: DateTime) {
        portfolio(filter: $f, asOf: $at) { projectCount byUnit { unit { id } } } }";
    let clause =
        json!({ "f": { "leadUnitId": text(crate::support::known::FOREIGN_UNIT) }, "at": at(0) });
    client.ask(named, clause).await.refused("NOT_FOUND");
    let all = client.ask(TASKS, json!({ "at": at(0) })).await;
    // BRIDGE is TRANSPORT's since the first instant; nothing of WATER's is there.
    let nodes = all.at("/tasks/nodes").as_array().unwrap();
    let seen = |id: TaskId| nodes.iter().any(|node| node["id"] == text(id));
    assert!(seen(ROAD_FINISH) && seen(BRIDGE_FINISH), "{}", all.text);
    assert!(!seen(LAND) && !seen(DAM), "{}", all.text);
    let nobody = world.client(None);
    let answer = nobody.ask(TASKS, json!({ "at": at(0) })).await;
    assert!(answer.code().is_some(), "{}", answer.text);
}

const HISTORY: &str =
    "query H($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    project(by: { id: $id }) { history(first: $first, after: $after, last: $last, before: $before) {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        nodes { seq at action actor { id kind name } role reason requestId hash prevHash
            subject { __typename id } project { code } jurisdiction { code }
            changes { field from to } } } } }";

async fn history(world: &World, who: Persona, mut part: Value) -> Value {
    if part["id"].is_null() {
        part["id"] = text(RESERVOIR);
    }
    let client = world.client_of(who).await;
    let answer = client.ask(HISTORY, part).await;
    answer.at("/project/history").clone()
}

fn numbers(page: &Value) -> Vec<i64> {
    let nodes = page["nodes"].as_array().unwrap().iter();
    nodes.map(|node| node["seq"].as_i64().unwrap()).collect()
}

async fn a_history_is_the_projects_entries_in_order(world: &World) {
    live(world).await;
    let all = history(world, Persona::CoopReporter, json!({})).await;
    let seqs = numbers(&all);
    assert!(seqs.is_sorted() && seqs.len() > 8, "{seqs:?}");
    assert_eq!(all["totalCount"], json!(seqs.len()));
    let nodes = all["nodes"].as_array().unwrap();
    assert_eq!(nodes[0]["action"], "catalogue.import");
    assert_eq!(
        nodes[0]["subject"],
        json!({ "__typename": "Project", "id": text(RESERVOIR) })
    );
    assert_eq!(
        nodes[0]["actor"],
        json!({ "id": "system:fixture", "kind": "SYSTEM", "name": "fixture" })
    );
    let claim = nodes
        .iter()
        .find(|node| node["action"] == "task.claim")
        .unwrap();
    assert_eq!(
        claim["subject"],
        json!({ "__typename": "Milestone", "id": text(LAND) })
    );
    assert_eq!(claim["role"], "REPORTER");
    assert_eq!(claim["project"]["code"], "ZMD-RES-0001");
    let state = json!({ "field": "state", "from": "OPEN", "to": "SUBMITTED" });
    assert!(claim["changes"].as_array().unwrap().contains(&state));
    // In parts, both ways.
    let mut seen = Vec::new();
    let mut part = json!({ "first": 3 });
    loop {
        let page = history(world, Persona::Supervisor, part.clone()).await;
        seen.extend(numbers(&page));
        part["after"] = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert_eq!(seen, seqs);
    let last = history(world, Persona::Supervisor, json!({ "last": 2 })).await;
    assert_eq!(numbers(&last), seqs[seqs.len() - 2..]);
    assert_eq!(last["pageInfo"]["hasPreviousPage"], json!(true));
    let before = json!({ "last": 2, "before": last["pageInfo"]["startCursor"] });
    let before = history(world, Persona::Supervisor, before).await;
    assert_eq!(numbers(&before), seqs[seqs.len() - 4..seqs.len() - 2]);
    let client = world.client_of(Persona::Supervisor).await;
    let other = json!({ "id": text(RESERVOIR), "after": "ff" });
    assert_eq!(client.ask(HISTORY, other).await.fields(), ["after"]);
    let many = json!({ "id": text(RESERVOIR), "first": 201 });
    client.ask(HISTORY, many).await.refused("LIMIT_EXCEEDED");
    let elsewhere = json!({ "id": text(FOREIGN) });
    client.ask(HISTORY, elsewhere).await.refused("NOT_FOUND");
    assert_eq!(
        numbers(&history(world, Persona::Viewer, json!({ "id": text(PARK) })).await).len(),
        2
    );
}

async fn histories_of_many_projects_take_no_statement_each(world: &World) {
    live(world).await;
    let client = world.client_of(Persona::Supervisor).await;
    let document = "query L($first: Int, $at: DateTime!) { projects(first: $first) { nodes { code
        asOf(at: $at) { stage leadUnit { name } milestones { title } }
        history(first: 2) { totalCount nodes { seq subject { id } } } } } }";
    let mut counts = Vec::new();
    for first in [2, 12] {
        let before = world.services.store.statements();
        let answer = client
            .ask(document, json!({ "first": first, "at": at(1) }))
            .await;
        let nodes = answer.at("/projects/nodes").as_array().unwrap();
        assert!(
            nodes
                .iter()
                .all(|node| node["history"]["nodes"][1]["seq"].is_i64()
                    || node["code"] == "ZMD-RIV-0001"
                    || node["code"] == "ZMD-RIV-0002")
        );
        counts.push(world.services.store.statements() - before);
    }
    assert!(counts[1] <= counts[0] + 4, "{counts:?} statements");
    let road = project(world, ROAD, at(1)).await;
    assert_eq!(road["code"], "ZMD-ROA-0001");
}

/// The same figures, whatever has changed since: some of the projects and tasks are folded,
/// all others counted as they stand.
async fn same_as_folded(world: &World, who: Persona, at: DateTime<Utc>, filters: &[ProjectFilter]) {
    let call = call(world, who).await;
    for filter in filters {
        let folded = world.services.portfolio_folded(&call, at, filter).await;
        let counted = world.services.portfolio_at(&call, at, filter).await;
        match (counted, folded) {
            (Ok(counted), Ok(folded)) => {
                assert_eq!(counted, folded, "{} at {at} {filter:?}", who.name());
            }
            (counted, folded) => {
                assert_eq!(format!("{counted:?}"), format!("{folded:?}"));
            }
        }
    }
}

async fn what_did_not_change_is_counted_as_the_fold_counts_it(world: &World) {
    let mut dice = Dice(11);
    let mut days = vec![NOW - TimeDelta::days(1), NOW];
    let mut acts = 0;
    for n in 0..80 {
        acts += usize::from(something(world, &mut dice).await.1);
        // The next act may come in the same instant, within the day, or weeks later.
        match n % 8 {
            3 => world
                .clock
                .set(world.services.clock.now() + TimeDelta::minutes(7)),
            6 => {
                days.push(world.services.clock.now());
                world.advance_days(i64::try_from(dice.below(40)).unwrap());
            }
            _ => (),
        }
    }
    assert!(acts > 15, "{acts} acts");
    // A road was recorded as another kind.
    let road = project::Entity::find_by_id(ROAD).one(&world.db).await;
    let road = road.unwrap().unwrap();
    let other = project::Model {
        kind: ProjectKind::Other,
        ..road.clone()
    };
    fixture::change(&world.services.store, road, other).await;
    world.advance_days(1);
    days.push(world.services.clock.now());
    let mut filters = combined(&project_filters_of_the_world());
    filters.retain(ProjectFilter::is_of_projects_alone);
    assert!(filters.len() > 40, "{} filters", filters.len());
    let whole: Vec<_> = filters
        .iter()
        .filter(|f| f.whole().is_some())
        .cloned()
        .collect();
    for at in &days {
        for who in [
            Persona::ScopedAdministrator,
            Persona::Viewer,
            Persona::OtherReporter,
        ] {
            same_as_folded(world, who, *at, &whole).await;
        }
        same_as_folded(world, Persona::Administrator, *at, &whole).await;
    }
    for at in [days[3], days[7]] {
        same_as_folded(world, Persona::Administrator, at, &filters).await;
    }
    same_as_folded(world, Persona::Supervisor, days[5], &filters).await;
}
