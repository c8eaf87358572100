//! The life of a project, as the people live it through the API.

use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::known::{
    BRIDGE, BUILDING, CANAL_SCHEDULE, COUNTIES, COUNTY, DAM, ENDED, HALTED, LAND, MEMBER, PARK,
    RESERVOIR, RESERVOIR_FINISH, SUPPORTED, TRANSPORT, WATER,
};
use crate::support::{Answer, Persona, World, act, date, on_both};

on_both!(
    a_project_is_assigned_scheduled_built_and_put_into_use,
    a_returned_claim_gets_a_new_date_and_keeps_its_lateness,
    a_suspension_stops_the_clock_and_resuming_starts_it,
    a_cancelled_project_owes_nothing,
    what_blocks_an_assignment,
    what_blocks_a_schedule,
    what_blocks_a_move,
    what_blocks_a_task,
    what_blocks_a_decision,
    many_projects_are_assigned_at_once_or_none,
    days_go_by_and_tasks_fall_due,
);

const CHANGE: &str = "changeRequest { id state version }";
const TASK: &str = "task { id state version dueDate daysOverdue }";
const MOVED: &str = "project { stage stageBasis percentComplete } changeRequest { id state }";

async fn assign(world: &World, project: Value, lead: Value) -> Answer {
    let input = json!({ "projectId": project, "leadUnitId": lead });
    let selection = "assignedCount project { version leadBasis leadUnit { id } }";
    act(world, Persona::Supervisor, "unitAssign", input, selection).await
}

fn milestones(first: &str, last: &str) -> Value {
    json!([
        { "title": "开工", "dueDate": first, "weight": "40" },
        { "title": "建成", "dueDate": last, "weight": "60" },
    ])
}

async fn plan(world: &World, who: Persona, project: Value, last: &str) -> Answer {
    let input = json!({
        "projectId": project, "milestones": milestones("2026-12-01", last), "reason": "排期",
    });
    act(world, who, "milestonesPlan", input, CHANGE).await
}

async fn decide(world: &World, change: Value, decision: &str) -> Answer {
    let input = json!({ "changeRequestId": change, "decision": decision, "note": "经研究" });
    act(world, Persona::Supervisor, "changeDecide", input, CHANGE).await
}

async fn move_to(world: &World, who: Persona, project: Value, to: &str) -> Answer {
    let review = if to == "SUSPENDED" {
        json!("2027-01-01")
    } else {
        Value::Null
    };
    let input = json!({ "projectId": project, "to": to, "reason": "原因", "reviewOn": review });
    act(world, who, "projectMove", input, MOVED).await
}

async fn claim(world: &World, who: Persona, task: &Value) -> Answer {
    let input = json!({ "taskId": task, "note": "已完成" });
    act(world, who, "taskClaim", input, TASK).await
}

async fn verify(world: &World, task: &Value) -> Answer {
    act(
        world,
        Persona::Supervisor,
        "taskVerify",
        json!({ "taskId": task }),
        TASK,
    )
    .await
}

/// Moves where approval is needed, and approves it.
async fn move_with_approval(world: &World, project: Value, to: &str) {
    let moved = move_to(world, Persona::Signatory, project, to).await;
    let change = moved.at("/projectMove/changeRequest/id").clone();
    assert_eq!(
        decide(world, change, "APPROVE")
            .await
            .text_at("/changeDecide/changeRequest/state"),
        "APPROVED"
    );
}

const PROJECT: &str = "query P($id: ID!) { project(by: { id: $id }) {
    stage stageBasis leadBasis dueDate baselineDueDate dueBasis percentComplete version
    scheduleApprovedAt leadUnit { id } transitions { to blockers { code } }
    milestones { nodes { id title state dueDate baselineDueDate daysOverdue unit { id } } }
} }";

async fn project(world: &World, id: impl std::fmt::Display) -> Value {
    let client = world.client_of(Persona::Supervisor).await;
    client
        .ask(PROJECT, json!({ "id": text(id) }))
        .await
        .at("/project")
        .clone()
}

async fn a_project_is_assigned_scheduled_built_and_put_into_use(world: &World) {
    let id = text(BRIDGE);
    let assigned = assign(world, id.clone(), text(TRANSPORT)).await;
    assert_eq!(assigned.at("/unitAssign/project/leadBasis"), "ASSIGNED");
    let lead = Persona::OtherSignatory;
    let proposed = plan(world, lead, id.clone(), "2027-06-30").await;
    let unscheduled = project(world, BRIDGE).await;
    assert_eq!(unscheduled["dueBasis"], "PLAN_PERIOD");
    let change = proposed.at("/milestonesPlan/changeRequest/id").clone();
    decide(world, change, "APPROVE").await.data();
    let scheduled = project(world, BRIDGE).await;
    assert_eq!(scheduled["dueBasis"], "SCHEDULED");
    assert_eq!(scheduled["dueDate"], "2027-06-30");
    assert_eq!(scheduled["baselineDueDate"], "2027-06-30");
    let owed = scheduled["milestones"]["nodes"].as_array().unwrap().clone();
    assert_eq!(
        owed.len(),
        2,
        "the finish takes the place of the imported completion"
    );
    assert!(
        owed.iter()
            .all(|task| task["unit"]["id"] == text(TRANSPORT))
    );

    move_to(world, lead, id.clone(), "PREPARATION").await.data();
    let built = move_to(world, lead, id.clone(), "CONSTRUCTION").await;
    assert_eq!(built.at("/projectMove/project/stage"), "CONSTRUCTION");
    assert_eq!(built.at("/projectMove/project/stageBasis"), "REPORTED");
    let blocked = move_to(world, lead, id.clone(), "COMPLETED").await;
    assert_eq!(blocked.blockers(), ["OTHER_MILESTONES_DONE"]);
    claim(world, lead, &owed[0]["id"]).await.data();
    verify(world, &owed[0]["id"]).await.data();
    assert_eq!(project(world, BRIDGE).await["percentComplete"], "40");
    move_to(world, lead, id.clone(), "COMPLETED").await.data();
    let blocked = move_to(world, lead, id.clone(), "OPERATION").await;
    assert_eq!(blocked.blockers(), ["FINISH_DONE"]);
    claim(world, lead, &owed[1]["id"]).await.data();
    verify(world, &owed[1]["id"]).await.data();
    let used = move_to(world, lead, id, "OPERATION").await;
    assert_eq!(used.at("/projectMove/project/stage"), "OPERATION");
    assert_eq!(used.at("/projectMove/project/percentComplete"), "100");
}

async fn a_returned_claim_gets_a_new_date_and_keeps_its_lateness(world: &World) {
    let task = text(LAND);
    claim(world, Persona::CoopReporter, &task).await.data();
    let input = json!({ "taskId": task, "reason": "缺少材料" });
    let returned = act(world, Persona::Supervisor, "taskReturn", input, TASK).await;
    assert_eq!(returned.at("/taskReturn/task/state"), "OPEN");
    // Saturday; three working days on is Wednesday.
    assert_eq!(returned.at("/taskReturn/task/dueDate"), "2026-11-25");
    assert_eq!(returned.at("/taskReturn/task/daysOverdue"), 0);
    claim(world, Persona::CoopReporter, &task).await.data();
    let done = verify(world, &task).await;
    assert_eq!(done.at("/taskVerify/task/state"), "DONE");
    assert_eq!(
        done.at("/taskVerify/task/daysOverdue"),
        20,
        "late by its first submission"
    );
    assert_eq!(project(world, RESERVOIR).await["percentComplete"], "30");
}

async fn a_suspension_stops_the_clock_and_resuming_starts_it(world: &World) {
    let days = |project: &Value| project["milestones"]["nodes"][1]["daysOverdue"].clone();
    assert_eq!(days(&project(world, RESERVOIR).await), 20);
    move_with_approval(world, text(RESERVOIR), "SUSPENDED").await;
    world.advance_days(10);
    let halted = project(world, RESERVOIR).await;
    assert_eq!(halted["stage"], "SUSPENDED");
    assert_eq!(days(&halted), 20);
    let nodes = halted["milestones"]["nodes"].as_array().unwrap();
    let review = nodes.last().unwrap();
    assert_eq!(review["dueDate"], "2027-01-01");
    assert_eq!(review["unit"]["id"], text(WATER));
    let back = halted["transitions"].as_array().unwrap();
    let back: Vec<&Value> = back.iter().map(|transition| &transition["to"]).collect();
    assert_eq!(back, ["PREPARATION", "CANCELLED"]);
    move_with_approval(world, text(RESERVOIR), "PREPARATION").await;
    world.advance_days(5);
    let resumed = project(world, RESERVOIR).await;
    assert_eq!(days(&resumed), 25);
    assert_eq!(
        resumed["milestones"]["nodes"][1]["baselineDueDate"],
        "2026-11-01"
    );
    let review = &resumed["milestones"]["nodes"][4];
    assert_eq!(review["state"], "CANCELLED");
}

async fn a_cancelled_project_owes_nothing(world: &World) {
    move_with_approval(world, text(RESERVOIR), "CANCELLED").await;
    let ended = project(world, RESERVOIR).await;
    assert_eq!(ended["stage"], "CANCELLED");
    assert_eq!(ended["transitions"], json!([]));
    let states = ended["milestones"]["nodes"].as_array().unwrap().iter();
    let states: Vec<&Value> = states.map(|task| &task["state"]).collect();
    assert_eq!(states, ["DONE", "CANCELLED", "CANCELLED", "CANCELLED"]);
    let refused = move_to(world, Persona::Signatory, text(RESERVOIR), "PREPARATION").await;
    assert_eq!(refused.fields(), ["to"]);
}

async fn what_blocks_an_assignment(world: &World) {
    let scheduled = assign(world, text(RESERVOIR), text(TRANSPORT)).await;
    assert_eq!(scheduled.blockers(), ["SCHEDULE_APPROVED"]);
    let collective = assign(world, text(BRIDGE), text(COUNTIES)).await;
    assert_eq!(collective.fields(), ["leadUnitId"]);
    let input = json!({ "projectId": text(BRIDGE), "acceptSuggestions": true });
    let nothing = act(
        world,
        Persona::Supervisor,
        "unitAssign",
        input,
        "assignedCount",
    )
    .await;
    assert_eq!(nothing.blockers(), ["NO_SUGGESTION"]);
    let input = json!({ "projectId": text(PARK), "acceptSuggestions": true });
    let selection = "project { leadUnit { id } }";
    let taken = act(world, Persona::Supervisor, "unitAssign", input, selection).await;
    assert_eq!(
        *taken.at("/unitAssign/project/leadUnit/id"),
        text(TRANSPORT)
    );
    let input = json!({ "projectId": text(PARK), "leadUnitId": text(WATER), "expectedVersion": 1 });
    let stale = act(
        world,
        Persona::Supervisor,
        "unitAssign",
        input,
        "assignedCount",
    )
    .await;
    assert_eq!(stale.refused("CONFLICT")["currentVersion"], 2);
    let input = json!({ "projectId": text(BRIDGE), "cooperatingUnitIds": [text(COUNTIES)] });
    let collective = act(
        world,
        Persona::Supervisor,
        "unitAssign",
        input,
        "assignedCount",
    )
    .await;
    assert_eq!(collective.fields(), ["cooperatingUnitIds.0"]);
}

async fn what_blocks_a_schedule(world: &World) {
    let plan_as = async |who, id: Value| plan(world, who, id, "2027-06-30").await;
    let signatory = Persona::Signatory;
    let approved = plan_as(signatory, text(RESERVOIR)).await;
    assert_eq!(approved.blockers(), ["SCHEDULE_APPROVED"]);
    let pending = plan_as(signatory, text(crate::support::known::CANAL)).await;
    assert_eq!(pending.blockers(), ["CHANGE_PENDING"]);
    let supports = plan_as(Persona::OtherSignatory, text(SUPPORTED)).await;
    assert_eq!(supports.blockers(), ["SUPPORTS_ONLY"]);
    let nobody = plan_as(signatory, text(MEMBER)).await;
    nobody.refused("NOT_FOUND");
    assign(world, text(PARK), text(WATER)).await.data();
    let input = json!({
        "projectId": text(PARK),
        "milestones": [
            { "title": "", "dueDate": "2027-01-01", "weight": "0", "unitId": text(COUNTY) },
        ],
    });
    let wrong = act(world, signatory, "milestonesPlan", input, CHANGE).await;
    let fields = wrong.fields();
    for field in [
        "milestones",
        "milestones.0.title",
        "milestones.0.weight",
        "reason",
    ] {
        assert!(fields.contains(&field.to_owned()), "{fields:?}");
    }
    let input = json!({
        "projectId": text(PARK), "milestones": [
            { "title": "开工", "dueDate": "2027-01-01", "weight": "1", "unitId": text(COUNTY) },
            { "title": "建成", "dueDate": "2027-02-01", "weight": "1" },
        ], "reason": "排期",
    });
    let stranger = act(world, signatory, "milestonesPlan", input, CHANGE).await;
    assert_eq!(stranger.fields(), ["milestones.0.unitId"]);
}

async fn what_blocks_a_move(world: &World) {
    let signatory = Persona::Signatory;
    let unscheduled = text(crate::support::known::PROGRAMME);
    move_to(world, signatory, unscheduled.clone(), "PREPARATION")
        .await
        .data();
    let early = move_to(world, signatory, unscheduled, "CONSTRUCTION").await;
    assert_eq!(early.blockers(), ["APPROVED_SCHEDULE"]);
    let nowhere = move_to(world, signatory, text(RESERVOIR), "OPERATION").await;
    assert_eq!(nowhere.fields(), ["to"]);
    let elsewhere = move_to(world, signatory, text(HALTED), "CONSTRUCTION").await;
    assert_eq!(
        elsewhere.fields(),
        ["to"],
        "only back to where it was suspended from"
    );
    move_to(world, signatory, text(ENDED), "PREPARATION")
        .await
        .refused("INVALID");
    for (on, review, reason, field) in [
        ("2026-11-22", "2027-01-01", "原因", "occurredOn"),
        ("2026-02-28", "2027-01-01", "原因", "occurredOn"),
        ("2026-11-21", "2026-11-21", "原因", "reviewOn"),
        ("2026-11-21", "2027-01-01", " ", "reason"),
    ] {
        let input = json!({
            "projectId": text(RESERVOIR), "to": "SUSPENDED",
            "occurredOn": on, "reviewOn": review, "reason": reason,
        });
        let refused = act(world, signatory, "projectMove", input, MOVED).await;
        assert_eq!(refused.fields(), [field]);
    }
    move_to(world, signatory, text(RESERVOIR), "SUSPENDED")
        .await
        .data();
    let second = move_to(world, signatory, text(RESERVOIR), "CANCELLED").await;
    assert_eq!(second.blockers(), ["CHANGE_PENDING"]);
}

async fn what_blocks_a_task(world: &World) {
    let signatory = Persona::Signatory;
    let twice = claim(world, signatory, &text(DAM)).await;
    assert_eq!(twice.blockers(), ["TASK_NOT_OPEN"]);
    assert_eq!(
        verify(world, &text(RESERVOIR_FINISH)).await.blockers(),
        ["TASK_NOT_SUBMITTED"]
    );
    let back = |task, reason: &str, due: Value| {
        let input = json!({ "taskId": text(task), "reason": reason, "dueDate": due });
        act(world, Persona::Supervisor, "taskReturn", input, TASK)
    };
    let open = back(RESERVOIR_FINISH, "原因", Value::Null).await;
    assert_eq!(open.blockers(), ["TASK_NOT_SUBMITTED"]);
    assert_eq!(back(DAM, " ", Value::Null).await.fields(), ["reason"]);
    assert_eq!(
        back(DAM, "原因", json!("2026-11-20")).await.fields(),
        ["dueDate"]
    );
    let input = json!({ "taskId": text(RESERVOIR_FINISH), "completedOn": date(2026, 11, 22) });
    let future = act(world, signatory, "taskClaim", input, TASK).await;
    assert_eq!(future.fields(), ["completedOn"]);
    let evidence = json!([{ "title": " ", "url": "ftp://x", "sha256": "12" }]);
    let input = json!({ "taskId": text(RESERVOIR_FINISH), "evidence": evidence });
    let wrong = act(world, signatory, "taskClaim", input, TASK).await;
    assert_eq!(
        wrong.fields(),
        ["evidence.0.title", "evidence.0.url", "evidence.0.sha256"]
    );
    let input = json!({ "taskId": text(DAM), "expectedVersion": 7 });
    let stale = act(world, Persona::Supervisor, "taskVerify", input, TASK).await;
    assert_eq!(stale.refused("CONFLICT")["currentVersion"], 1);
}

async fn what_blocks_a_decision(world: &World) {
    let change = text(CANAL_SCHEDULE);
    let input = json!({ "changeRequestId": change, "decision": "RETURN" });
    let silent = act(world, Persona::Supervisor, "changeDecide", input, CHANGE).await;
    assert_eq!(silent.fields(), ["note"]);
    // The lead is replaced while the proposal waits.
    assign(world, text(crate::support::known::CANAL), text(TRANSPORT))
        .await
        .data();
    let outdated = decide(world, change.clone(), "APPROVE").await;
    assert_eq!(outdated.blockers(), ["LEAD_CHANGED"]);
    decide(world, change.clone(), "RETURN").await.data();
    let again = decide(world, change, "APPROVE").await;
    assert_eq!(again.blockers(), ["CHANGE_DECIDED"]);
    // The last milestone is returned to open while the move waits.
    let moved = move_to(world, Persona::Signatory, text(BUILDING), "SUSPENDED").await;
    let waiting = moved.at("/projectMove/changeRequest/id").clone();
    move_to(world, Persona::Signatory, text(BUILDING), "COMPLETED")
        .await
        .data();
    let outdated = decide(world, waiting, "APPROVE").await;
    assert_eq!(outdated.blockers(), ["STAGE_CHANGED"]);
    // Nobody decides what they proposed themselves.
    let moved = move_to(world, Persona::BothHats, text(RESERVOIR), "SUSPENDED").await;
    let own = moved.at("/projectMove/changeRequest/id");
    let input = json!({ "changeRequestId": own, "decision": "APPROVE" });
    let refused = act(world, Persona::BothHats, "changeDecide", input, CHANGE).await;
    refused.refused("FORBIDDEN");
}

async fn many_projects_are_assigned_at_once_or_none(world: &World) {
    let many = |filter: Value, count: i64| {
        let input = json!({
            "filter": filter, "leadUnitId": text(TRANSPORT), "expectedCount": count,
        });
        act(
            world,
            Persona::Supervisor,
            "unitAssign",
            input,
            "assignedCount project { id }",
        )
    };
    let miscounted = many(json!({ "unassigned": true }), 2).await;
    assert_eq!(miscounted.blockers(), ["COUNT_CHANGED"]);
    let mixed = many(json!({ "stage": ["PREPARATION", "PROPOSED"] }), 9).await;
    assert_eq!(mixed.blockers(), ["SCHEDULE_APPROVED"]);
    assert_eq!(
        project(world, BRIDGE).await["leadUnit"],
        Value::Null,
        "all or none"
    );
    let done = many(json!({ "unassigned": true }), 3).await;
    assert_eq!(done.at("/unitAssign/assignedCount"), 3);
    assert_eq!(*done.at("/unitAssign/project"), Value::Null);
    assert_eq!(
        project(world, BRIDGE).await["leadUnit"]["id"],
        text(TRANSPORT)
    );
}

async fn days_go_by_and_tasks_fall_due(world: &World) {
    let document = "query T($f: TaskFilter) { tasks(filter: $f) { nodes { id } } }";
    let count = async |due: &str| {
        let client = world.client_of(Persona::Viewer).await;
        let answer = client
            .ask(
                document,
                json!({ "f": { "due": due, "kind": ["MILESTONE"] } }),
            )
            .await;
        answer.at("/tasks/nodes").as_array().unwrap().len()
    };
    assert_eq!((count("DUE_SOON").await, count("OVERDUE").await), (1, 3));
    world.advance_days(2);
    assert_eq!(
        (count("DUE_SOON").await, count("OVERDUE").await),
        (1, 3),
        "due today"
    );
    world.advance_days(1);
    assert_eq!((count("DUE_SOON").await, count("OVERDUE").await), (0, 4));
    assert_eq!(count("PERIOD_ENDED").await, 1);
}
