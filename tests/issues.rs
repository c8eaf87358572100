//! A difficulty: raised by a unit, answered by whoever must help, closed by who raised it.

use duban_entities::task;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::known::{
    ANSWERED_ISSUE, BUILDING, COUNTIES, COUNTY, ENDED, FOREIGN, FOREIGN_UNIT, ISSUE, LAND, LEVEE,
    OFFICE_ISSUE, RESERVOIR, ROAD, STATION, TRANSPORT, WATER,
};
use crate::support::{Answer, Persona, World, act, on_both};

on_both!(
    a_difficulty_is_raised_answered_sent_back_and_closed,
    the_office_answers_what_it_owes,
    whoever_helps_sees_the_project,
    a_supervisor_redirects_and_the_next_unit_begins_anew,
    what_cannot_be_raised,
    what_cannot_be_redirected,
    on_whose_behalf,
    a_repeated_call_raises_one,
    an_issue_follows_its_project_into_suspension_and_cancellation,
    a_unit_sees_what_it_raised_without_a_part,
    permissions_say_what_will_be_decided,
);

const ISSUE_FIELDS: &str = "issue { id kind title state dueDate dueBasis baselineDueDate version
    description answer unit { id } raisedBy { id } raisedFor { id } project { id } overdue }";
const TASK: &str = "task { id state dueDate dueBasis version returnCount }";

fn new(project: impl std::fmt::Display, help: impl Into<Value>) -> Value {
    let help: Value = help.into();
    json!({
        "projectId": text(project), "title": "移民安置资金缺口", "description": "缺口2000万元",
        "helpFromUnitId": help, "dueDate": "2026-12-10",
    })
}

async fn raise(world: &World, who: Persona, input: Value) -> Answer {
    act(world, who, "issueRaise", input, ISSUE_FIELDS).await
}

async fn redirect(world: &World, input: Value) -> Answer {
    act(
        world,
        Persona::Supervisor,
        "issueRedirect",
        input,
        ISSUE_FIELDS,
    )
    .await
}

async fn db_task(world: &World, id: impl std::fmt::Display) -> task::Model {
    let id: duban_entities::ids::TaskId = id.to_string().parse().unwrap();
    task::Entity::find_by_id(id)
        .one(&world.db)
        .await
        .unwrap()
        .unwrap()
}

async fn a_difficulty_is_raised_answered_sent_back_and_closed(world: &World) {
    let raised = raise(world, Persona::Reporter, new(RESERVOIR, text(COUNTY))).await;
    let issue = raised.at("/issueRaise/issue").clone();
    assert_eq!(issue["state"], "OPEN");
    assert_eq!(issue["dueBasis"], "DEMANDED");
    assert_eq!(issue["baselineDueDate"], "2026-12-10");
    assert_eq!(issue["raisedBy"]["id"], text(Persona::Reporter.user()));
    assert_eq!(issue["raisedFor"]["id"], text(WATER));
    let task = json!({ "taskId": issue["id"], "note": "已拨付" });
    act(world, Persona::CoopReporter, "taskClaim", task, TASK)
        .await
        .data();
    let back = json!({ "taskId": issue["id"], "reason": "未到账" });
    let returned = act(world, Persona::Reporter, "taskReturn", back, TASK).await;
    assert_eq!(returned.at("/taskReturn/task/dueDate"), "2026-12-10");
    assert_eq!(returned.at("/taskReturn/task/state"), "OPEN");
    let again = json!({ "taskId": issue["id"], "note": "已到账" });
    act(world, Persona::CoopReporter, "taskClaim", again, TASK)
        .await
        .data();
    // Later than its date by now: the basis stays what it was.
    world.advance_days(30);
    let back = json!({ "taskId": issue["id"], "reason": "仍有缺口" });
    let returned = act(world, Persona::Signatory, "taskReturn", back, TASK).await;
    assert_eq!(returned.at("/taskReturn/task/dueBasis"), "DEMANDED");
    assert_eq!(returned.at("/taskReturn/task/dueDate"), "2026-12-24");
    let again = json!({ "taskId": issue["id"], "note": "已补足" });
    act(world, Persona::CoopReporter, "taskClaim", again, TASK)
        .await
        .data();
    let close = json!({ "taskId": issue["id"] });
    let closed = act(world, Persona::Signatory, "taskVerify", close, TASK).await;
    assert_eq!(closed.at("/taskVerify/task/state"), "DONE");
    let client = world.client_of(Persona::Viewer).await;
    let seen = client
        .ask(
            "query Q($id: ID!) { project(by: { id: $id }) { percentComplete dueDate
             issues(first: 10) { totalCount nodes { id state answer } } } }",
            json!({ "id": text(RESERVOIR) }),
        )
        .await;
    assert_eq!(
        seen.at("/project/percentComplete"),
        "20",
        "only milestones weigh"
    );
    assert_eq!(seen.at("/project/dueDate"), "2027-12-31");
    assert_eq!(seen.at("/project/issues/totalCount"), 4);
    assert_eq!(seen.at("/project/issues/nodes/3/answer"), "已补足");
}

async fn the_office_answers_what_it_owes(world: &World) {
    let answer = json!({ "taskId": text(OFFICE_ISSUE), "note": "已请示" });
    for who in [
        Persona::Signatory,
        Persona::CoopReporter,
        Persona::SupervisorOneArea,
    ] {
        let refused = act(world, who, "taskClaim", answer.clone(), TASK).await;
        refused.refused("FORBIDDEN");
    }
    act(world, Persona::Supervisor, "taskClaim", answer, TASK)
        .await
        .data();
    let close = json!({ "taskId": text(OFFICE_ISSUE) });
    let refused = act(
        world,
        Persona::Supervisor,
        "taskVerify",
        close.clone(),
        TASK,
    )
    .await;
    refused.refused("FORBIDDEN");
    let closed = act(world, Persona::Reporter, "taskVerify", close, TASK).await;
    assert_eq!(closed.at("/taskVerify/task/state"), "DONE");
}

async fn whoever_helps_sees_the_project(world: &World) {
    let client = world.client_of(Persona::OtherReporter).await;
    let project = "query Q($id: ID!) { project(by: { id: $id }) { id } }";
    let unseen = client.ask(project, json!({ "id": text(RESERVOIR) })).await;
    unseen.refused("NOT_FOUND");
    let raised = raise(world, Persona::Reporter, new(RESERVOIR, text(TRANSPORT))).await;
    client
        .ask(project, json!({ "id": text(RESERVOIR) }))
        .await
        .data();
    let id = raised.text_at("/issueRaise/issue/id");
    let away = json!({ "taskId": id, "unitId": text(COUNTY), "reason": "不属交通职责" });
    redirect(world, away).await.data();
    let unseen = client.ask(project, json!({ "id": text(RESERVOIR) })).await;
    unseen.refused("NOT_FOUND");
}

async fn a_supervisor_redirects_and_the_next_unit_begins_anew(world: &World) {
    let away = json!({
        "taskId": text(ANSWERED_ISSUE), "unitId": null, "reason": "请示市政府",
        "dueDate": "2026-12-01", "expectedVersion": 1,
    });
    let moved = redirect(world, away).await;
    let issue = moved.at("/issueRedirect/issue");
    assert_eq!(issue["state"], "OPEN");
    assert_eq!(issue["unit"], Value::Null);
    assert_eq!(issue["answer"], Value::Null);
    assert_eq!(issue["dueDate"], "2026-12-01");
    let row = db_task(world, ANSWERED_ISSUE).await;
    assert_eq!((row.first_submitted_on, row.days_late), (None, None));
    assert_eq!(row.decision_note.as_deref(), Some("请示市政府"));
    let back = json!({
        "taskId": text(ANSWERED_ISSUE), "unitId": text(TRANSPORT), "reason": "转交通局",
    });
    let moved = redirect(world, back).await;
    // Three working days from a Saturday; the present date is later.
    assert_eq!(moved.at("/issueRedirect/issue/dueDate"), "2026-12-01");
    assert_eq!(*moved.at("/issueRedirect/issue/unit/id"), text(TRANSPORT));
}

async fn what_cannot_be_raised(world: &World) {
    let with = |field: &str, value: Value| {
        let mut input = new(RESERVOIR, text(COUNTY));
        input[field] = value;
        input
    };
    for (field, value) in [
        ("title", json!(" ")),
        ("title", json!("长".repeat(201))),
        ("title", json!("行\n行")),
        ("description", json!("")),
        ("dueDate", json!("2026-11-20")),
        ("helpFromUnitId", text(WATER)),
        ("helpFromUnitId", text(COUNTIES)),
        ("unitId", text(COUNTY)),
        ("unitId", text(STATION)),
    ] {
        let refused = raise(world, Persona::Reporter, with(field, value)).await;
        assert_eq!(refused.fields(), [field]);
    }
    let today = with("dueDate", json!("2026-11-21"));
    raise(world, Persona::Reporter, today).await.data();
    let foreign = with("helpFromUnitId", text(FOREIGN_UNIT));
    raise(world, Persona::Reporter, foreign)
        .await
        .refused("NOT_FOUND");
    let over = raise(world, Persona::Reporter, new(ENDED, Value::Null)).await;
    assert_eq!(over.blockers(), ["STAGE_FINAL"]);
    let none = raise(world, Persona::Reporter, new(ROAD, Value::Null)).await;
    none.refused("NOT_FOUND");
    let office = raise(world, Persona::Supervisor, new(RESERVOIR, Value::Null)).await;
    office.refused("FORBIDDEN");
    let elsewhere = raise(world, Persona::Supervisor, new(FOREIGN, Value::Null)).await;
    elsewhere.refused("NOT_FOUND");
}

async fn what_cannot_be_redirected(world: &World) {
    let to = |task, unit: Value| json!({ "taskId": text(task), "unitId": unit, "reason": "转办" });
    let same = redirect(world, to(ISSUE, text(COUNTY))).await;
    assert_eq!(same.fields(), ["unitId"]);
    let same = redirect(world, to(OFFICE_ISSUE, Value::Null)).await;
    assert_eq!(same.fields(), ["unitId"]);
    let own = redirect(world, to(ISSUE, text(WATER))).await;
    assert_eq!(own.fields(), ["unitId"]);
    let wording = redirect(world, to(ISSUE, text(COUNTIES))).await;
    assert_eq!(wording.fields(), ["unitId"]);
    let milestone = redirect(world, to(LAND, text(TRANSPORT))).await;
    assert_eq!(milestone.fields(), ["taskId"]);
    let mut past = to(ISSUE, text(TRANSPORT));
    past["dueDate"] = json!("2026-11-20");
    assert_eq!(redirect(world, past).await.fields(), ["dueDate"]);
    let mut silent = to(ISSUE, text(TRANSPORT));
    silent["reason"] = json!(" ");
    assert_eq!(redirect(world, silent).await.fields(), ["reason"]);
    let mut stale = to(ISSUE, text(TRANSPORT));
    stale["expectedVersion"] = json!(7);
    redirect(world, stale).await.refused("CONFLICT");
    let close = json!({ "taskId": text(ANSWERED_ISSUE) });
    act(world, Persona::Reporter, "taskVerify", close, TASK)
        .await
        .data();
    let settled = redirect(world, to(ANSWERED_ISSUE, text(TRANSPORT))).await;
    assert_eq!(settled.blockers(), ["ISSUE_SETTLED"]);
}

async fn on_whose_behalf(world: &World) {
    // STATION leads; whoever acts for WATER, above it, acts for STATION here.
    let raised = raise(world, Persona::Signatory, new(LEVEE, Value::Null)).await;
    assert_eq!(*raised.at("/issueRaise/issue/raisedFor/id"), text(STATION));
    let mut named = new(LEVEE, Value::Null);
    named["unitId"] = text(WATER);
    let refused = raise(world, Persona::Signatory, named).await;
    assert_eq!(refused.fields(), ["unitId"]);
    let raised = raise(world, Persona::CoopReporter, new(RESERVOIR, text(WATER))).await;
    assert_eq!(*raised.at("/issueRaise/issue/raisedFor/id"), text(COUNTY));
}

async fn a_repeated_call_raises_one(world: &World) {
    let mut input = new(BUILDING, Value::Null);
    input["idempotencyKey"] = json!("once");
    let first = raise(world, Persona::Reporter, input.clone()).await;
    let second = raise(world, Persona::Reporter, input.clone()).await;
    assert_eq!(first.data(), second.data());
    input["title"] = json!("另一件");
    let other = raise(world, Persona::Reporter, input).await;
    assert_eq!(other.fields(), ["idempotencyKey"]);
}

async fn an_issue_follows_its_project_into_suspension_and_cancellation(world: &World) {
    let move_to = async |to: &str, review: Value| {
        let input = json!({
            "projectId": text(RESERVOIR), "to": to, "reason": "资金", "reviewOn": review,
        });
        let selection = "changeRequest { id }";
        let moved = act(world, Persona::Signatory, "projectMove", input, selection).await;
        let change = moved.at("/projectMove/changeRequest/id").clone();
        let input = json!({ "changeRequestId": change, "decision": "APPROVE" });
        let selection = "changeRequest { id }";
        let decided = act(world, Persona::Supervisor, "changeDecide", input, selection).await;
        decided.data();
    };
    move_to("SUSPENDED", json!("2027-03-01")).await;
    assert!(db_task(world, ISSUE).await.clock_stopped_on.is_some());
    world.advance_days(60);
    let client = world.client_of(Persona::Viewer).await;
    let late = "query Q($id: ID!) { task(id: $id) { overdue } }";
    let answer = client.ask(late, json!({ "id": text(ISSUE) })).await;
    assert_eq!(answer.at("/task/overdue"), false);
    move_to("PREPARATION", Value::Null).await;
    assert!(db_task(world, ISSUE).await.clock_stopped_on.is_none());
    move_to("CANCELLED", Value::Null).await;
    for id in [ISSUE, ANSWERED_ISSUE, OFFICE_ISSUE] {
        assert_eq!(db_task(world, id).await.state.to_string(), "CANCELLED");
    }
    let order = crate::support::known::ORDER;
    assert_eq!(db_task(world, order).await.state.to_string(), "OPEN");
}

async fn a_unit_sees_what_it_raised_without_a_part(world: &World) {
    use sea_orm::ConnectionTrait as _;
    let raised = raise(world, Persona::CoopReporter, new(RESERVOIR, Value::Null)).await;
    let id = raised.text_at("/issueRaise/issue/id");
    for sql in [
        "DELETE FROM cooperating_units",
        "UPDATE tasks SET unit_id = NULL WHERE project_id IS NOT NULL",
    ] {
        world.db.execute_unprepared(sql).await.unwrap();
    }
    let client = world.client_of(Persona::CoopReporter).await;
    let document = "query Q($id: ID!) { task(id: $id) { id } }";
    client.ask(document, json!({ "id": id })).await.data();
    let list = "{ tasks(filter: { kind: [ISSUE] }) { nodes { id project { id } } } }";
    let listed = client.query(list).await;
    assert_eq!(
        listed.at("/tasks/nodes"),
        &json!([{ "id": id, "project": null }])
    );
}

async fn permissions_say_what_will_be_decided(world: &World) {
    let document = "query Q($id: ID!) { task(id: $id) { ... on Issue {
        permissions { answer close sendBack redirect } } } }";
    for (who, task, answer, close, redirect) in [
        (Persona::CoopReporter, ISSUE, true, false, false),
        (Persona::Reporter, ISSUE, false, false, false),
        (Persona::Supervisor, ISSUE, false, false, true),
        (Persona::Supervisor, OFFICE_ISSUE, true, false, true),
        (
            Persona::SupervisorOneArea,
            OFFICE_ISSUE,
            false,
            false,
            false,
        ),
        (Persona::Reporter, ANSWERED_ISSUE, false, true, false),
        (Persona::CoopSignatory, ANSWERED_ISSUE, false, false, false),
        (Persona::Viewer, ANSWERED_ISSUE, false, false, false),
    ] {
        let client = world.client_of(who).await;
        let seen = client.ask(document, json!({ "id": text(task) })).await;
        let expected = json!({
            "answer": answer, "close": close, "sendBack": close, "redirect": redirect,
        });
        assert_eq!(*seen.at("/task/permissions"), expected, "{who:?} {task}");
    }
}
