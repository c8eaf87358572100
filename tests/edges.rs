//! What stands at the edge of the rules: hostile sizes, odd characters and dates, the order
//! of an answer, and the rules that two parts of the program must tell alike.

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::known::{BRIDGE, COUNTY, ENDED, PARK, WATER};
use crate::support::{Answer, Content, Engine, Persona, World, on_both};

on_both!(
    no_text_holds_a_nul,
    a_date_has_four_digits_of_a_year_that_can_be_meant,
    an_answer_stands_in_the_order_of_its_document,
    what_is_asked_for_twice_is_merged,
    milestones_are_the_same_however_much_of_them_is_read,
    what_passed_once_does_not_let_anything_else_pass,
    every_list_tells_its_number,
    a_filter_takes_no_more_than_fifty_words,
    the_parts_of_an_assignment_that_say_nothing_are_refused,
    a_unit_that_has_ended_leads_nothing,
    permissions_promise_only_what_can_be_done,
    a_claim_returned_before_a_schedule_moves_no_date_of_the_plan,
    the_period_ended_count_is_that_of_the_filter,
);
on_both!(engine: lists_in_a_circle_are_refused);

async fn ask(world: &World, query: &str, variables: Value) -> Answer {
    let client = world.client_of(Persona::Supervisor).await;
    client.ask(query, variables).await
}

async fn no_text_holds_a_nul(world: &World) {
    let by = "query($code: String!) { project(by: { code: $code }) { id } }";
    ask(world, by, json!({ "code": "a\0b" }))
        .await
        .refused("INVALID");
    let deep = "query($f: ProjectFilter) { projects(filter: $f) { totalCount } }";
    let filter = json!({ "f": { "and": [{ "text": "a\0" }] } });
    ask(world, deep, filter).await.refused("INVALID");
    let literal = r#"{ project(by: { code: "a\u0000" }) { id } }"#;
    ask(world, literal, json!({})).await.refused("INVALID");
    // A cursor of the right list, with a NUL inside.
    let forged: String =
        br#"["project.code",["a\u0000"]]"#.iter().map(|b| format!("{b:02x}")).collect();
    let page = "query($after: String) { projects(after: $after) { nodes { id } } }";
    ask(world, page, json!({ "after": forged }))
        .await
        .refused("INVALID");
}

async fn a_date_has_four_digits_of_a_year_that_can_be_meant(world: &World) {
    let due = "query($day: Date) { projects(filter: { dueFrom: $day }) { totalCount } }";
    for day in [
        "+99999-01-01",
        "-0001-01-01",
        "0001-01-01",
        "2026-1-1",
        "2026-02-30",
        "9999-12-31",
    ] {
        ask(world, due, json!({ "day": day }))
            .await
            .refused("INVALID");
    }
    let answer = ask(world, due, json!({ "day": "2199-12-31" })).await;
    assert_eq!(answer.at("/projects/totalCount"), &json!(0));
}

async fn an_answer_stands_in_the_order_of_its_document(world: &World) {
    let document = "fragment F on Project { version leadUnit { name id } stage }
        { projects(first: 1) { nodes { title ...F areas { name } code jurisdiction { code id } } pageInfo { endCursor hasNextPage } } }";
    let answer = ask(world, document, json!({})).await;
    let places: Vec<usize> = [
        "\"title\"",
        "\"version\"",
        "\"leadUnit\"",
        "\"stage\"",
        "\"areas\"",
        "\"jurisdiction\"",
        "\"pageInfo\"",
        "\"endCursor\"",
        "\"hasNextPage\"",
    ]
    .into_iter()
    .map(|key| {
        answer
            .text
            .find(key)
            .unwrap_or_else(|| panic!("{key}: {}", answer.text))
    })
    .collect();
    assert!(places.is_sorted(), "{}", answer.text);
    // Below what is written at once, something that has to wait for people and plans.
    let document = "{ projects { nodes { reports(first: 2) { nodes { submittedBy { name } period } \
                    totalCount } citations { clause { plan { title } number } quote } } } }";
    let text = ask(world, document, json!({})).await.text;
    for (whole, start) in [
        ("\"reports\":{", "\"reports\":{\"nodes\":["),
        ("\"submittedBy\":", "{\"submittedBy\":"),
        ("\"citations\":[{", "\"citations\":[{\"clause\":{\"plan\":"),
    ] {
        let times = text.matches(whole).count();
        assert!(times > 0, "{whole}");
        assert_eq!(text.matches(start).count(), times, "{start}: {text}");
    }
}

/// The executor is asked whatever way is open to a document: with members in two places, in a
/// fragment, or in one place.
async fn what_is_asked_for_twice_is_merged(world: &World) {
    let once = "{ projects(first: 3) { nodes { code leadUnit { name kind } \
                milestones(first: 2) { nodes { title state } } } } }";
    let expected = ask(world, once, json!({})).await;
    assert!(expected.at("/projects/nodes/2/code").is_string());
    let twice = [
        "{ projects(first: 3) { nodes { code leadUnit { name } leadUnit { kind } \
         milestones(first: 2) { nodes { title } } milestones(first: 2) { nodes { state } } } } }",
        "{ projects(first: 3) { nodes { code leadUnit { name kind } } nodes { \
         milestones(first: 2) { nodes { title state } } } } }",
        "fragment F on Project { leadUnit { name kind } } \
         { projects(first: 3) { nodes { code ...F \
         ... on Project { milestones(first: 2) { nodes { title state } } } } } }",
        "{ projects(first: 3) { nodes { code leadUnit { name kind @include(if: true) } \
         milestones(first: 2) { nodes { title @skip(if: false) state } } } } }",
    ];
    for document in twice {
        let answer = ask(world, document, json!({})).await;
        assert_eq!(answer.text, expected.text, "{document}");
    }
}

/// A list that shows little of its milestones reads little of them.
async fn milestones_are_the_same_however_much_of_them_is_read(world: &World) {
    let little = "__typename id kind title state dueDate role weight";
    let page = |of: &str, fields: &str| {
        let items = match of {
            "nodes" => format!("nodes {{ {fields} }}"),
            _ => format!("edges {{ cursor node {{ {fields} }} }} pageInfo {{ endCursor }}"),
        };
        let milestones = format!("milestones(first: 3) {{ totalCount {items} }}");
        match of {
            "nodes" => format!("{{ projects {{ nodes {{ {milestones} }} }} }}"),
            _ => format!("{{ projects {{ edges {{ node {{ {milestones} }} }} }} }}"),
        }
    };
    for of in ["nodes", "edges"] {
        let line = ask(world, &page(of, little), json!({})).await;
        let whole = ask(world, &page(of, &format!("{little} version")), json!({})).await;
        assert!(
            whole.text.matches("\"version\":").count() > 10,
            "{}",
            whole.text
        );
        let mut body = whole.body.clone();
        without(&mut body, "version");
        assert_eq!(line.body, body);
    }
    let both = "{ projects { nodes { a: milestones { nodes { id title } } \
                b: milestones { nodes { id title version } } } } }";
    let answer = ask(world, both, json!({})).await;
    for project in answer.at("/projects/nodes").as_array().unwrap() {
        let mut whole = project["b"].clone();
        without(&mut whole, "version");
        assert_eq!(project["a"], whole);
    }
}

/// Takes every member of this name away.
fn without(value: &mut Value, name: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| without(item, name)),
        Value::Object(members) => {
            members.remove(name);
            members
                .values_mut()
                .for_each(|member| without(member, name));
        }
        _ => {}
    }
}

async fn what_passed_once_does_not_let_anything_else_pass(world: &World) {
    let known = "query($first: Int, $f: TaskFilter) { tasks(first: $first, filter: $f) { \
                 nodes { id project { id milestones(first: 100) { nodes { id title state } } } } } }";
    // Told apart by its text from what is known.
    let new = known.replace("query(", "query (");
    let good = json!({ "first": 2, "f": { "due": "OPEN" } });
    let first = ask(world, known, good.clone()).await;
    assert!(first.at("/tasks/nodes/1/id").is_string());
    let bad = [
        json!({ "first": "2", "f": { "due": "OPEN" } }),
        json!({ "first": 2, "f": { "due": "NEVER" } }),
        json!({ "first": 2, "f": { "due": "open" } }),
        json!({ "first": 2, "f": { "dew": "OPEN" } }),
        json!({ "first": 2, "f": { "due": ["OPEN", "OPEN"] } }),
        json!({ "first": 2, "f": "OPEN" }),
        json!({ "first": 2, "f": { "due": 1 } }),
        // Too dear.
        json!({ "first": 150, "f": { "due": "OPEN" } }),
    ];
    for variables in bad {
        let told = ask(world, known, variables.clone()).await;
        let as_new = ask(world, &new, variables.clone()).await;
        assert!(told.code().is_some(), "{variables}: {}", told.text);
        let message = |answer: &Answer| answer.body["errors"][0]["message"].clone();
        assert_eq!(message(&told), message(&as_new), "{variables}");
        assert_eq!(told.status, as_new.status, "{variables}");
    }
    assert_eq!(ask(world, known, good).await.text, first.text);
}

async fn every_list_tells_its_number(world: &World) {
    let lists = "{ projects { totalCount } tasks { totalCount } changeRequests { totalCount } units { totalCount } }";
    let answer = ask(world, lists, json!({})).await;
    for (list, count) in answer.data().as_object().unwrap() {
        assert!(
            count["totalCount"].as_i64() > Some(0),
            "{list}: {}",
            answer.text
        );
    }
}

async fn a_filter_takes_no_more_than_fifty_words(world: &World) {
    let lists = [
        (
            "query($f: TaskFilter) { tasks(filter: $f) { totalCount } }",
            "state",
            "OPEN",
        ),
        (
            "query($f: ChangeRequestFilter) { changeRequests(filter: $f) { totalCount } }",
            "kind",
            "STAGE",
        ),
        (
            "query($f: UnitFilter) { units(filter: $f) { totalCount } }",
            "kind",
            "OTHER",
        ),
        (
            "query($f: ProjectFilter) { projects(filter: $f) { totalCount } }",
            "kind",
            "ROAD",
        ),
    ];
    for (document, field, word) in lists {
        let words = |count| json!({ "f": { field: vec![word; count] } });
        ask(world, document, words(51))
            .await
            .refused("LIMIT_EXCEEDED");
        ask(world, document, words(50)).await.data();
    }
    let units = "query($t: String) { units(filter: { text: $t }) { totalCount } }";
    ask(world, units, json!({ "t": "x".repeat(60_000) }))
        .await
        .refused("INVALID");
}

async fn assign(world: &World, input: Value) -> Answer {
    let document =
        "mutation($input: UnitAssignInput!) { unitAssign(input: $input) { assignedCount } }";
    ask(world, document, json!({ "input": input })).await
}

async fn the_parts_of_an_assignment_that_say_nothing_are_refused(world: &World) {
    let one = json!({ "projectId": text(BRIDGE), "leadUnitId": text(COUNTY), "expectedCount": 1 });
    assert_eq!(assign(world, one).await.fields(), ["expectedCount"]);
    let many = json!({
        "filter": { "unassigned": true }, "leadUnitId": text(COUNTY),
        "expectedCount": 1, "expectedVersion": 1,
    });
    assert_eq!(assign(world, many).await.fields(), ["expectedVersion"]);
}

async fn a_unit_that_has_ended_leads_nothing(world: &World) {
    let ended = "UPDATE units SET valid_to = '2026-11-20' WHERE name = '平舆县人民政府'";
    world.db.execute_unprepared(ended).await.unwrap();
    let refused = assign(
        world,
        json!({ "projectId": text(BRIDGE), "leadUnitId": text(COUNTY) }),
    )
    .await;
    assert_eq!(refused.fields(), ["leadUnitId"]);
    let done = assign(
        world,
        json!({ "projectId": text(BRIDGE), "leadUnitId": text(WATER) }),
    )
    .await;
    assert_eq!(done.at("/unitAssign/assignedCount"), &json!(1));
}

async fn permissions_promise_only_what_can_be_done(world: &World) {
    let document = "query($id: ID!) { project(by: { id: $id }) { stage transitions { to } permissions { moveProject proposeChange } } }";
    let client = world.client_of(Persona::Signatory).await;
    let answer = client.ask(document, json!({ "id": text(ENDED) })).await;
    assert_eq!(answer.at("/project/stage"), &json!("CANCELLED"));
    assert_eq!(answer.at("/project/transitions"), &json!([]));
    assert_eq!(
        answer.at("/project/permissions"),
        &json!({ "moveProject": false, "proposeChange": false })
    );
    let assigned = assign(
        world,
        json!({ "projectId": text(ENDED), "cooperatingUnitIds": [] }),
    )
    .await;
    assert_eq!(assigned.blockers(), ["STAGE_FINAL"]);
}

async fn a_claim_returned_before_a_schedule_moves_no_date_of_the_plan(world: &World) {
    assign(
        world,
        json!({ "projectId": text(PARK), "leadUnitId": text(WATER) }),
    )
    .await
    .data();
    let project = "query($id: ID!) { project(by: { id: $id }) { dueDate dueBasis milestones { nodes { id } } } }";
    let id = json!({ "id": text(PARK) });
    let before = ask(world, project, id.clone()).await;
    let task = before.at("/project/milestones/nodes/0/id").clone();
    let claim = "mutation($input: TaskClaimInput!) { taskClaim(input: $input) { task { state } } }";
    let signatory = world.client_of(Persona::Signatory).await;
    signatory
        .ask(claim, json!({ "input": { "taskId": task } }))
        .await
        .data();
    let back = "mutation($input: TaskReturnInput!) { taskReturn(input: $input) { task { dueDate state } } }";
    let returned = ask(
        world,
        back,
        json!({ "input": { "taskId": task, "reason": "缺材料" } }),
    )
    .await;
    assert_eq!(returned.at("/taskReturn/task/state"), &json!("OPEN"));
    let after = ask(world, project, id).await;
    assert_eq!(after.text, before.text, "the plan's date still stands");
    let plan = "mutation($input: MilestonesPlanInput!) { milestonesPlan(input: $input) { changeRequest { id } } }";
    let late = json!({ "input": { "projectId": text(PARK), "milestones": [
        { "title": "开工", "dueDate": "2027-01-01", "weight": 1 },
        { "title": "建成", "dueDate": "2099-01-01", "weight": 1 },
    ] } });
    assert_eq!(signatory.ask(plan, late).await.fields(), ["reason"]);
}

async fn the_period_ended_count_is_that_of_the_filter(world: &World) {
    let both = "{ portfolio { periodEndedProjectCount } projects(filter: { periodEnded: true }) { totalCount } }";
    let answer = ask(world, both, json!({})).await;
    let count = answer.at("/portfolio/periodEndedProjectCount");
    assert!(count.as_i64() > Some(0));
    assert_eq!(count, answer.at("/projects/totalCount"));
}

/// Over all the plans: each level multiplies by a plan's clauses.
async fn lists_in_a_circle_are_refused(engine: Engine) {
    let world = World::of(engine.database(Content::Plans).await).await;
    let client = world.client_of(Persona::Administrator).await;
    for circle in [
        "{ plans { clauses { plan { clauses { plan { clauses { id } } } } } } }",
        "{ plans { clauses(withoutProjects: true) { plan { clauses(withoutProjects: true) { id } } } } }",
        "{ plans { clauses { plan { clauses { id } } } } }",
        "{ jurisdictions { areas { jurisdiction { areas { jurisdiction { areas { jurisdiction { areas { id } } } } } } } } }",
    ] {
        let before = world.services.store.statements();
        client.query(circle).await.refused("LIMIT_EXCEEDED");
        let statements = world.services.store.statements() - before;
        // One statement a row would be thousands.
        assert!(statements < 40, "{statements} statements: {circle}");
    }
    let outline = "{ plan(by: { code: \"ZMD-OUTLINE\" }) { clauses { number heading projects(first: 20) { nodes { code title } } } } }";
    let before = world.services.store.statements();
    let answer = client.query(outline).await;
    assert!(answer.at("/plan/clauses").as_array().unwrap().len() > 100);
    let statements = world.services.store.statements() - before;
    assert!(
        statements < 40,
        "{statements} statements for a whole outline"
    );
    world.close().await;
}
