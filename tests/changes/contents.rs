//! Another lead unit, other contents.

use duban::store::ledger::read_changes;
use duban_entities::ids::{ProjectId, TargetId, TaskId};
use duban_entities::vocabulary::TaskKind;
use duban_entities::{target, task};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};

use super::{act, approve, decide, project, propose, reschedule, task as read};
use crate::support::client::text;
use crate::support::dump::texts;
use crate::support::fixture::{db_insert, some_task};
use crate::support::known::{
    BIYANG, BUILDING, BUILDING_FINISH, BUILDING_START, CANAL, COUNTIES, COUNTY, DAM, FOREIGN_UNIT,
    LAND, OFFICE, PINGYU, RESERVOIR, RESERVOIR_FINISH, SUPPORTED, TRANSPORT, WATER, XIPING, ZONE,
    key,
};
use crate::support::{Persona, World, on_both};

on_both!(
    a_project_is_handed_to_another_unit,
    what_refuses_another_unit,
    nobody_lets_their_home_unit_lead,
    contents_change_as_proposed,
    what_refuses_other_contents,
    contents_that_changed_meanwhile_are_left_alone,
    two_works_do_not_come_to_one_title,
    nobody_lets_a_work_out_of_their_areas,
    money_is_exact,
);

const LEAD: Persona = Persona::Signatory;

/// A report and an issue that the lead owes on a project.
async fn db_add_tasks(world: &World) -> (TaskId, TaskId) {
    let (report, issue) = (TaskId(key(0x6001)), TaskId(key(0x6002)));
    let of = |id, kind| task::Model {
        id,
        kind,
        project_id: Some(RESERVOIR),
        unit_id: Some(WATER),
        role: None,
        ..some_task()
    };
    let report_row = task::Model {
        period: Some("2026-10".to_owned()),
        ..of(report, TaskKind::Report)
    };
    let issue_row = task::Model {
        raised_unit_id: Some(COUNTY),
        ..of(issue, TaskKind::Issue)
    };
    db_insert::<task::Entity>(&world.db, vec![report_row, issue_row]).await;
    (report, issue)
}

async fn a_project_is_handed_to_another_unit(world: &World) {
    let (report, issue) = db_add_tasks(world).await;
    let input = json!({
        "projectId": text(RESERVOIR), "leadUnitId": text(TRANSPORT),
        "cooperatingUnitIds": [text(WATER), text(COUNTY)], "expectedVersion": 1,
    });
    let asked = propose(world, LEAD, "reassign", input).await;
    let content = asked.at("/changePropose/changeRequest/content");
    assert_eq!(content["from"]["id"], text(WATER));
    assert_eq!(content["to"]["id"], text(TRANSPORT));
    assert_eq!(
        project(world, RESERVOIR).await["leadUnit"]["id"],
        text(WATER)
    );
    approve(world, &asked, "changePropose").await;
    let now = project(world, RESERVOIR).await;
    assert_eq!(now["leadUnit"]["id"], text(TRANSPORT));
    assert_eq!(now["leadBasis"], "ASSIGNED");
    let units = json!([{ "id": text(WATER) }, { "id": text(COUNTY) }]);
    assert_eq!(now["cooperatingUnits"], units);
    let owed = async |id: TaskId| read(world, id).await["unit"]["id"].clone();
    assert_eq!(owed(RESERVOIR_FINISH).await, text(TRANSPORT));
    assert_eq!(owed(report).await, text(TRANSPORT));
    assert_eq!(owed(issue).await, text(WATER), "an issue stays");
    assert_eq!(
        owed(LAND).await,
        text(COUNTY),
        "so does another's milestone"
    );
    assert_eq!(owed(DAM).await, text(WATER), "and a claim that waits");
    // What the old lead proposes now is not for it to propose.
    let late = json!({ "projectId": text(RESERVOIR), "leadUnitId": text(WATER) });
    propose(world, LEAD, "reassign", late)
        .await
        .refused("FORBIDDEN");
}

/// The office's home is neither the lead nor the proposer: it is who would lead.
async fn nobody_lets_their_home_unit_lead(world: &World) {
    let input = json!({ "projectId": text(RESERVOIR), "leadUnitId": text(OFFICE) });
    let asked = propose(world, LEAD, "reassign", input).await;
    let change = asked.at("/changePropose/changeRequest/id");
    decide(world, change, "APPROVE").await.refused("FORBIDDEN");
    let seen = "query Q($id: ID!) { node(id: $id) {
        ... on ChangeRequest { state permissions { decide } } } }";
    let client = world.client_of(Persona::Supervisor).await;
    let answer = client.ask(seen, json!({ "id": change })).await;
    assert_eq!(answer.at("/node/state"), "PROPOSED");
    assert_eq!(answer.at("/node/permissions/decide"), false);
}

async fn what_refuses_another_unit(world: &World) {
    let ask = |project, unit: Value, cooperating: Value| {
        let input = json!({
            "projectId": project, "leadUnitId": unit, "cooperatingUnitIds": cooperating,
        });
        propose(world, LEAD, "reassign", input)
    };
    let of = || text(BUILDING);
    for (unit, cooperating, field) in [
        (text(COUNTIES), Value::Null, "leadUnitId"),
        (text(WATER), Value::Null, "leadUnitId"),
        (
            text(TRANSPORT),
            json!([text(COUNTIES)]),
            "cooperatingUnitIds.0",
        ),
    ] {
        assert_eq!(ask(of(), unit, cooperating).await.fields(), [field]);
    }
    let foreign = ask(of(), text(FOREIGN_UNIT), Value::Null).await;
    foreign.refused("NOT_FOUND");
    let nothing = ask(of(), json!("nonsense"), Value::Null).await;
    assert_eq!(nothing.text, foreign.text);
    let input = json!({ "projectId": text(SUPPORTED), "leadUnitId": text(WATER) });
    let supports = propose(world, Persona::OtherSignatory, "reassign", input).await;
    assert_eq!(supports.blockers(), ["SUPPORTS_ONLY"]);
    let input = json!({ "projectId": of(), "leadUnitId": text(TRANSPORT), "reason": " " });
    let silent = propose(world, LEAD, "reassign", input).await;
    assert_eq!(silent.fields(), ["reason"]);
    let input = json!({ "projectId": of(), "leadUnitId": text(TRANSPORT), "expectedVersion": 9 });
    let stale = propose(world, LEAD, "reassign", input).await;
    stale.refused("CONFLICT");
}

fn amendment() -> Value {
    json!({
        "projectId": text(RESERVOIR), "title": " 宿鸭湖水库清淤扩容（一期） ", "kind": "IRRIGATION",
        "areaIds": [text(BIYANG), text(PINGYU)],
        "targets": [
            { "name": "库容", "quantity": "1.5", "qualifier": "AT_LEAST",
              "unitOfMeasure": "亿立方米" },
            { "name": "清淤量", "quantity": "1", "quantityTo": "2", "qualifier": "RANGE",
              "unitOfMeasure": "亿立方米", "words": "清淤1亿至2亿立方米" },
        ],
        "investmentTotal": "1200000000.50",
        "investments": [
            { "year": 2027, "amount": "700000000" }, { "year": 2026, "amount": "500000000.5" },
        ],
    })
}

async fn contents_change_as_proposed(world: &World) {
    let asked = propose(world, LEAD, "amend", amendment()).await;
    let content = asked.at("/changePropose/changeRequest/content").clone();
    assert_eq!(content["before"]["title"], "宿鸭湖水库清淤扩容");
    assert_eq!(content["after"]["title"], "宿鸭湖水库清淤扩容（一期）");
    assert_eq!(content["before"]["kind"], "RESERVOIR");
    let areas = json!([{ "id": text(PINGYU) }, { "id": text(XIPING) }]);
    assert_eq!(content["before"]["areas"], areas);
    assert_eq!(content["before"]["targets"][0]["quantity"], "1.2");
    assert_eq!(content["before"]["investments"], json!([]));
    assert_eq!(content["after"]["investments"][0]["year"], 2026);
    approve(world, &asked, "changePropose").await;
    let now = project(world, RESERVOIR).await;
    assert_eq!(now["title"], "宿鸭湖水库清淤扩容（一期）");
    let words = "query { projects(filter: { text: \"（一期）\" }) { nodes { title } } }";
    let client = world.client_of(Persona::Supervisor).await;
    let found = client.query(words).await;
    assert_eq!(found.at("/projects/nodes/0/title"), &now["title"]);
    assert_eq!(now["kind"], "IRRIGATION");
    assert_eq!(now["code"], "ZMD-RES-0001", "the code stays");
    let areas = json!([{ "id": text(BIYANG) }, { "id": text(PINGYU) }]);
    assert_eq!(now["areas"], areas);
    assert_eq!(now["investment"]["total"], "1200000000.5");
    let years = json!([
        { "year": 2026, "planned": "500000000.5" }, { "year": 2027, "planned": "700000000" },
    ]);
    assert_eq!(now["investment"]["years"], years);
    assert_eq!(now["targets"][0]["quantity"], "1.5");
    assert_eq!(now["targets"][0]["words"], "库容1.5亿立方米");
    let kept = target::Entity::find_by_id(TargetId(key(0x304)));
    let kept = kept.one(&world.db).await.unwrap().unwrap();
    assert_eq!(
        kept.name, "库容",
        "a quantity of the same name stays the same"
    );
    assert_eq!(now["targets"][1]["words"], "清淤1亿至2亿立方米");
    let changes = texts(
        &world.db,
        "SELECT changes AS v FROM ledger WHERE subject_type = 'Project' AND action = 'change.decide'",
    );
    let changes = read_changes(&changes.await[0]).unwrap();
    let fields: Vec<&str> = changes.iter().map(|change| &*change.field).collect();
    for field in [
        "title",
        "kind",
        "areas",
        "targets",
        "investmentTotal",
        "investments",
    ] {
        assert!(fields.contains(&field), "{fields:?}");
    }
}

async fn what_refuses_other_contents(world: &World) {
    let ask = |mut input: Value| {
        input["projectId"] = text(RESERVOIR);
        propose(world, LEAD, "amend", input)
    };
    let target = |name: &str, quantity: &str, qualifier: &str| {
        json!({ "targets": [{ "name": name, "quantity": quantity, "qualifier": qualifier,
            "unitOfMeasure": "公里" }] })
    };
    for (input, field) in [
        (json!({}), "title"),
        (json!({ "title": "宿鸭湖水库清淤扩容" }), "title"),
        (json!({ "title": "灌区　渠道改造" }), "title"),
        (json!({ "title": "甲".repeat(201) }), "title"),
        (json!({ "investmentTotal": "-1" }), "investmentTotal"),
        (json!({ "investmentTotal": "1.005" }), "investmentTotal"),
        (
            json!({ "investments": [{ "year": 2026, "amount": "0.001" }] }),
            "investments.0.amount",
        ),
        (
            json!({ "investmentTotal": "1", "investments": [{ "year": 2026, "amount": "1.01" }] }),
            "investments",
        ),
        (target("", "1", "EXACT"), "targets.0.name"),
        (target("长度", "-1", "EXACT"), "targets.0.quantity"),
        (target("长度", "1", "RANGE"), "targets.0.quantityTo"),
    ] {
        assert_eq!(ask(input.clone()).await.fields(), [field], "{input}");
    }
    let foreign = ask(json!({ "areaIds": [text(ZONE)] })).await;
    foreign.refused("NOT_FOUND");
    let nothing = ask(json!({ "areaIds": ["nonsense"] })).await;
    assert_eq!(nothing.text, foreign.text);
    ask(json!({ "title": "新名称" })).await.data();
    let second = ask(json!({ "title": "又一个" })).await;
    assert_eq!(second.blockers(), ["CHANGE_PENDING"]);
}

async fn contents_that_changed_meanwhile_are_left_alone(world: &World) {
    let asked = propose(world, LEAD, "amend", amendment()).await;
    let change = asked.at("/changePropose/changeRequest/id");
    // As an import would.
    let sql = format!(
        "UPDATE targets SET quantity = '1.3' WHERE position = 0 AND name = '{}'",
        "库容"
    );
    world.db.execute_unprepared(&sql).await.unwrap();
    let outdated = decide(world, change, "APPROVE").await;
    assert_eq!(outdated.blockers(), ["PROJECT_CHANGED"]);
    let now = project(world, RESERVOIR).await;
    assert_eq!(now["title"], "宿鸭湖水库清淤扩容", "nothing of it");
    assert_eq!(now["investment"]["total"], Value::Null);
    decide(world, change, "RETURN").await.data();
}

/// Free when both proposed it: the second decision finds it taken.
async fn two_works_do_not_come_to_one_title(world: &World) {
    let ask = |id: ProjectId, title: &'static str| async move {
        let input = json!({ "projectId": text(id), "title": title });
        propose(world, LEAD, "amend", input).await
    };
    let first = ask(RESERVOIR, "汝河综合治理").await;
    let second = ask(BUILDING, " 汝河 综合治理").await;
    approve(world, &first, "changePropose").await;
    let change = second.at("/changePropose/changeRequest/id");
    let taken = decide(world, change, "APPROVE").await;
    assert_eq!(taken.blockers(), ["DUPLICATE"]);
    assert_eq!(project(world, BUILDING).await["title"], "污水处理厂");
    decide(world, change, "RETURN").await.data();
    // Its own title is nobody else's.
    let again = ask(RESERVOIR, "汝河综合治理（一期）").await;
    approve(world, &again, "changePropose").await;
}

/// Decided by somebody who would not see it any more.
async fn nobody_lets_a_work_out_of_their_areas(world: &World) {
    let both = Persona::SupervisorAreas;
    let seen = "query Q($id: ID!) { node(id: $id) {
        ... on ChangeRequest { state permissions { decide } } } }";
    for areas in [json!([text(BIYANG), text(PINGYU)]), json!([])] {
        let input = json!({ "projectId": text(RESERVOIR), "areaIds": areas });
        let asked = propose(world, LEAD, "amend", input).await;
        let change = asked.at("/changePropose/changeRequest/id");
        let input = json!({ "changeRequestId": change, "decision": "APPROVE" });
        let refused = act(world, both, "changeDecide", input, super::CHANGE).await;
        refused.refused("FORBIDDEN");
        let client = world.client_of(both).await;
        let answer = client.ask(seen, json!({ "id": change })).await;
        assert_eq!(answer.at("/node/state"), "PROPOSED");
        assert_eq!(answer.at("/node/permissions/decide"), false);
        decide(world, change, "RETURN").await.data();
    }
    let input = json!({ "projectId": text(RESERVOIR), "areaIds": [text(PINGYU)] });
    let asked = propose(world, LEAD, "amend", input).await;
    let change = asked.at("/changePropose/changeRequest/id");
    let input = json!({ "changeRequestId": change, "decision": "APPROVE" });
    let decided = act(world, both, "changeDecide", input, super::CHANGE).await;
    assert_eq!(decided.at("/changeDecide/changeRequest/state"), "APPROVED");
}

async fn money_is_exact(world: &World) {
    for (project_id, total) in [(BUILDING, "999999999999999.99"), (CANAL, "0.01")] {
        let input = json!({ "projectId": text(project_id), "investmentTotal": total });
        let asked = propose(world, LEAD, "amend", input).await;
        approve(world, &asked, "changePropose").await;
        assert_eq!(
            project(world, project_id).await["investment"]["total"],
            total
        );
    }
    // The years answer to a total that was agreed before.
    let input = json!({
        "projectId": text(CANAL), "investments": [{ "year": 2026, "amount": "0.02" }],
    });
    let over = propose(world, LEAD, "amend", input).await;
    assert_eq!(over.fields(), ["investments"]);
    // A request of one kind does not keep one of another kind waiting.
    let dates = [(text(BUILDING_FINISH), "2028-01-31")];
    reschedule(world, BUILDING, &dates).await.data();
    let closed = [(text(BUILDING_START), "2027-01-31")];
    let again = reschedule(world, BUILDING, &closed).await;
    assert_eq!(again.blockers(), ["TASK_NOT_OPEN"]);
}
