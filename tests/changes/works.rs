//! New works for the bank.

use duban_entities::{change_request, project};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{CHANGE, act, approve, decide, project as read};
use crate::support::client::text;
use crate::support::known::{
    COUNTIES, ELSEWHERE, FOREIGN_CLAUSE, FOREIGN_UNIT, HERE, OFFICE, PINGYU, PROPOSAL, SECTION,
    TRANSPORT, WATER, ZONE,
};
use crate::support::{Answer, Persona, World, on_both};

on_both!(
    a_proposed_work_enters_the_bank_with_its_clause,
    a_document_may_call_for_a_work,
    a_returned_work_leaves_nothing,
    what_refuses_a_work,
    who_sees_and_decides_a_work,
    works_approved_at_once_get_codes_of_their_own,
    the_same_work_twice_enters_once,
);

fn work(title: &str) -> Value {
    json!({
        "jurisdictionId": text(HERE), "unitId": text(TRANSPORT), "title": title, "kind": "BRIDGE",
        "areaIds": [text(PINGYU)], "clauseId": text(SECTION), "reason": "规划已列",
    })
}

async fn ask(world: &World, input: Value) -> Answer {
    let who = Persona::OtherSignatory;
    act(world, who, "projectPropose", input, CHANGE).await
}

#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn a_proposed_work_enters_the_bank_with_its_clause(world: &World) {
    let mut input = work(" 汝河大桥 ");
    input["demand"] = json!("BUILD");
    input["quote"] = json!("新建汝河大桥");
    input["targets"] = json!([
        { "name": "桥长", "quantity": "1200", "unitOfMeasure": "米" },
    ]);
    input["investmentTotal"] = json!("350000000");
    input["dueDate"] = json!("2028-06-30");
    let asked = ask(world, input).await;
    let change = asked.at("/projectPropose/changeRequest");
    assert_eq!(change["kind"], "PROPOSE");
    assert_eq!(change["project"], Value::Null);
    assert_eq!(change["content"]["title"], "汝河大桥");
    assert_eq!(change["content"]["targets"][0]["words"], "桥长1200米");
    assert_eq!(change["permissions"]["decide"], false);
    let decided = approve(world, &asked, "projectPropose").await;
    let entered = decided.at("/changeDecide/changeRequest/project");
    assert_eq!(entered["code"], "ZMD-BRI-0002", "the next free number");
    for words in ["汝河大桥", "新建汝河"] {
        let document = "query($f: ProjectFilter) { projects(filter: $f) { nodes { code } } }";
        let client = world.client_of(Persona::Supervisor).await;
        let found = client
            .ask(document, json!({ "f": { "text": words } }))
            .await;
        assert_eq!(
            found.at("/projects/nodes/0/code"),
            "ZMD-BRI-0002",
            "{words}"
        );
    }
    let now = read(world, entered["id"].as_str().unwrap()).await;
    for (field, value) in [
        ("stage", json!("IN_RESERVE")),
        ("stageBasis", json!("REPORTED")),
        ("stageSince", json!("2026-11-21")),
        ("disclosure", json!("NOT_PUBLIC")),
        ("leadBasis", json!("ASSIGNED")),
        ("leadUnit", json!({ "id": text(TRANSPORT) })),
        ("areas", json!([{ "id": text(PINGYU) }])),
        ("dueDate", json!("2028-06-30")),
        ("dueBasis", json!("STATED")),
        ("investment", json!({ "total": "350000000", "years": [] })),
        ("entryDocument", Value::Null),
    ] {
        assert_eq!(now[field], value, "{field}");
    }
    let citation = json!({
        "clause": { "id": text(SECTION) }, "quote": "新建汝河大桥", "demand": "BUILD",
        "sourceFile": "plan.txt", "sourceLine": 20,
    });
    assert_eq!(now["citations"], json!([citation]));
    let owed = &now["milestones"]["nodes"][0];
    assert_eq!(owed["title"], "建成");
    assert_eq!(owed["dueDate"], "2028-06-30");
    assert_eq!(owed["unit"]["id"], text(TRANSPORT));
    // What was entered can be scheduled like any other work.
    let plan = json!({ "projectId": now["id"], "templateCode": null, "milestones": [
        { "title": "开工", "dueDate": "2027-03-01", "weight": "1" },
        { "title": "建成", "dueDate": "2028-06-30", "weight": "9" },
    ] });
    let planned = act(
        world,
        Persona::OtherSignatory,
        "milestonesPlan",
        plan,
        CHANGE,
    );
    let planned = planned.await;
    approve(world, &planned, "milestonesPlan").await;
}

async fn a_document_may_call_for_a_work(world: &World) {
    let mut input = work("淮河大桥");
    input["clauseId"] = Value::Null;
    input["document"] = json!({ "title": "市政府常务会议纪要", "number": "〔2026〕8号",
        "date": "2026-09-01" });
    let asked = ask(world, input).await;
    let decided = approve(world, &asked, "projectPropose").await;
    let id = decided.text_at("/changeDecide/changeRequest/project/id");
    let now = read(world, &id).await;
    assert_eq!(now["citations"], json!([]));
    let document = json!({ "title": "市政府常务会议纪要", "number": "〔2026〕8号",
        "date": "2026-09-01" });
    assert_eq!(now["entryDocument"], document);
    assert_eq!(now["dueDate"], Value::Null, "no plan, no period");
    let of = format!("SELECT changes AS v FROM ledger WHERE subject_id = '{id}'");
    let entries = crate::support::dump::texts(&world.db, &of).await;
    assert!(entries[0].contains("entryDocument"), "{entries:?}");
}

async fn a_returned_work_leaves_nothing(world: &World) {
    let before = project::Entity::find().count(&world.db).await.unwrap();
    let asked = ask(world, work("汝河大桥")).await;
    let change = asked.at("/projectPropose/changeRequest/id");
    let returned = decide(world, change, "RETURN").await;
    let returned = returned.at("/changeDecide/changeRequest");
    assert_eq!(returned["state"], "RETURNED");
    assert_eq!(returned["project"], Value::Null);
    let after = project::Entity::find().count(&world.db).await.unwrap();
    assert_eq!(before, after);
    let again = decide(world, change, "APPROVE").await;
    assert_eq!(again.blockers(), ["CHANGE_DECIDED"]);
}

async fn what_refuses_a_work(world: &World) {
    let with = |name: &str, value: Value| {
        let mut input = work("汝河大桥");
        input[name] = value;
        ask(world, input)
    };
    for (name, value, field) in [
        ("title", json!(" "), "title"),
        ("title", json!("西平 大桥"), "title"),
        ("title", json!("宿鸭湖清淤"), "title"),
        ("clauseId", Value::Null, "clauseId"),
        ("dueDate", json!("2026-11-20"), "dueDate"),
        ("reason", json!(""), "reason"),
        ("investmentTotal", json!("-0.01"), "investmentTotal"),
        ("document", json!({ "title": "" }), "document.title"),
    ] {
        let refused = with(name, value.clone()).await;
        assert_eq!(refused.fields(), [field], "{name} {value}");
    }
    let known = with("title", json!("西平大桥")).await;
    assert!(known.text.contains("ZMD-BRI-0001"), "{}", known.text);
    for (name, value) in [
        ("areaIds", json!([text(ZONE)])),
        ("clauseId", text(FOREIGN_CLAUSE)),
        ("unitId", text(FOREIGN_UNIT)),
        ("jurisdictionId", text(ELSEWHERE)),
    ] {
        with(name, value).await.refused("NOT_FOUND");
    }
    with("unitId", text(WATER)).await.refused("FORBIDDEN");
    with("unitId", text(COUNTIES)).await.refused("FORBIDDEN");
    with("unitId", text(OFFICE)).await.refused("FORBIDDEN");
    // The same key answers the same request.
    let mut input = work("汝河大桥");
    input["idempotencyKey"] = json!("one");
    let first = ask(world, input.clone()).await;
    let again = ask(world, input).await;
    assert_eq!(first.text, again.text);
}

async fn who_sees_and_decides_a_work(world: &World) {
    let document = "query Q($id: ID!) { node(id: $id) {
        ... on ChangeRequest { permissions { decide } } } }";
    let asks = async |who: Persona| {
        let client = world.client_of(who).await;
        client.ask(document, json!({ "id": text(PROPOSAL) })).await
    };
    for (who, decides) in [
        (Persona::Supervisor, true),
        (Persona::Viewer, false),
        (Persona::Auditor, false),
        (Persona::Reporter, false),
        (Persona::Signatory, false),
        (Persona::SupervisorAtHome, false),
        (Persona::BothHats, false),
    ] {
        let seen = asks(who).await;
        assert_eq!(seen.at("/node/permissions/decide"), decides, "{who:?}");
    }
    for who in [
        Persona::SupervisorAreas,
        Persona::SupervisorOneArea,
        Persona::OtherSignatory,
        Persona::SupervisorElsewhere,
    ] {
        asks(who).await.refused("NOT_FOUND");
    }
}

async fn at_once(world: &World, changes: Vec<Value>) -> Vec<Answer> {
    let client = world.client_of(Persona::Supervisor).await;
    let document = "mutation M($i: ChangeDecideInput!) { changeDecide(input: $i) {
        changeRequest { project { code } } } }";
    let running: Vec<_> = changes
        .into_iter()
        .map(|id| {
            let client = client.clone();
            let input = json!({ "i": { "changeRequestId": id, "decision": "APPROVE" } });
            tokio::spawn(async move { client.ask(document, input).await })
        })
        .collect();
    let mut answers = Vec::new();
    for run in running {
        answers.push(run.await.unwrap());
    }
    answers
}

async fn works_approved_at_once_get_codes_of_their_own(world: &World) {
    let mut changes = Vec::new();
    for n in 0..8 {
        let asked = ask(world, work(&format!("大桥{n}"))).await;
        changes.push(asked.at("/projectPropose/changeRequest/id").clone());
    }
    let answers = at_once(world, changes).await;
    let codes = answers.iter();
    let mut codes: Vec<String> = codes
        .map(|answer| answer.text_at("/changeDecide/changeRequest/project/code"))
        .collect();
    codes.sort();
    let wanted: Vec<String> = (2..10).map(|n| format!("ZMD-BRI-{n:04}")).collect();
    assert_eq!(codes, wanted);
}

async fn the_same_work_twice_enters_once(world: &World) {
    let mut changes = Vec::new();
    for title in ["汝河大桥", "汝河　大桥"] {
        let asked = ask(world, work(title)).await;
        changes.push(asked.at("/projectPropose/changeRequest/id").clone());
    }
    // Each twice: two deciders of the same request, and two requests of the same work.
    let answers = at_once(world, [changes.clone(), changes].concat()).await;
    let won = answers.iter().filter(|answer| answer.code().is_none());
    assert_eq!(won.count(), 1);
    let lost = answers.iter().filter(|answer| answer.code().is_some());
    for answer in lost {
        let code = answer.blockers().remove(0);
        assert!(["DUPLICATE", "CHANGE_DECIDED"].contains(&code.as_str()));
    }
    let requests = change_request::Entity::find().all(&world.db).await.unwrap();
    let linked = requests
        .iter()
        .filter(|row| row.project_id.is_some() && row.content.contains("汝河"));
    assert_eq!(linked.count(), 1);
}
