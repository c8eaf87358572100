//! Orders: numbered, answered, closed by their office alone; and the ladder that proposes them.

use duban::store::ledger::{FieldChange, read_changes};
use duban_entities::{grant, project, task};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::fixture::db_insert;
use crate::support::known::{
    ANSWERED_ORDER, BRIDGE, BUILDING, CANAL, CANAL_FINISH, COUNTIES, COUNTY, DAM, ELSEWHERE,
    FOREIGN, FOREIGN_UNIT, HERE, LAND, OFFICE, ORDER, OTHER_OFFICES_ORDER, RESERVOIR, ROAD,
    ROAD_FINISH, STATION, TRANSPORT, WATER, key,
};
use crate::support::{Answer, Persona, World, act, date, on_both};

on_both!(
    an_order_is_issued_answered_sent_back_and_closed,
    only_the_issuing_office_decides,
    sixteen_writers_take_numbers_without_gaps_or_doubles,
    a_number_that_is_rolled_back_is_given_again,
    a_year_begins_with_one,
    what_cannot_be_issued,
    an_order_follows_another_and_never_below,
    a_circular_cites_a_published_briefing,
    an_area_supervisor_issues_about_one_project,
    whoever_answers_sees_what_the_order_is_about,
    an_order_without_a_project_counts_for_its_unit,
    a_repeated_call_issues_one,
    the_ladder_proposes_and_a_person_issues,
    a_dismissed_level_stays_away_until_another_date_is_missed,
    missed_reports_are_counted_in_a_row,
    proposals_are_for_those_who_supervise,
    proposals_come_in_pages,
    a_proposal_is_settled_once,
    a_red_project_is_pressed_once_in_a_while,
    an_order_to_another_unit_presses_nobody,
    what_a_new_lead_was_never_asked_is_asked_anew,
    nobody_spares_their_own_unit,
    a_project_that_is_red_no_more_is_not_pressed_for_it,
    days_late_on_an_earlier_date_count,
    an_order_is_the_office_of_a_grant_that_allows_it,
);

const FIELDS: &str = "order { id number level state dueDate dueBasis title source sourceNote
    instruction ground version unit { id } office { id } issuedBy { id }
    briefingId projects { id } tasks { id } follows { number } followedBy { number } project { id } }";
const TASK: &str = "task { id state dueDate dueBasis }";

fn new(unit: impl std::fmt::Display, projects: &[Value]) -> Value {
    json!({
        "unitId": text(unit), "projectIds": projects, "taskIds": [], "level": "ORDER",
        "source": "MEETING", "sourceNote": "市政府第12次常务会议", "instruction": "月底前完成征地",
        "dueDate": "2026-12-05",
    })
}

fn with(mut input: Value, more: Value) -> Value {
    let Value::Object(more) = more else {
        panic!("an object")
    };
    input.as_object_mut().unwrap().extend(more);
    input
}

async fn issue_as(world: &World, who: Persona, input: Value) -> Answer {
    act(world, who, "orderIssue", input, FIELDS).await
}

async fn issue(world: &World, input: Value) -> Answer {
    issue_as(world, Persona::Supervisor, input).await
}

async fn an_order_is_issued_answered_sent_back_and_closed(world: &World) {
    let input = with(
        new(WATER, &[text(RESERVOIR)]),
        json!({ "taskIds": [text(DAM)] }),
    );
    let issued = issue(world, input).await;
    let order = issued.at("/orderIssue/order").clone();
    assert_eq!(order["number"], "督〔2026〕4号");
    assert_eq!(order["title"], "督办单 督〔2026〕4号");
    assert_eq!(order["dueBasis"], "DEMANDED");
    assert_eq!(order["office"]["id"], text(OFFICE));
    assert_eq!(order["issuedBy"]["id"], text(Persona::Supervisor.user()));
    assert_eq!(order["project"]["id"], text(RESERVOIR));
    assert_eq!(order["tasks"], json!([{ "id": text(DAM) }]));
    let evidence = json!([{ "title": "整改报告", "documentNumber": "驻水〔2026〕31号" }]);
    let reply = json!({ "taskId": order["id"], "note": "已完成", "evidence": evidence });
    act(world, Persona::Reporter, "taskClaim", reply.clone(), TASK)
        .await
        .data();
    let back = json!({ "taskId": order["id"], "reason": "缺少附件" });
    let returned = act(world, Persona::Supervisor, "taskReturn", back, TASK).await;
    assert_eq!(returned.at("/taskReturn/task/dueBasis"), "DEMANDED");
    act(world, Persona::Reporter, "taskClaim", reply, TASK)
        .await
        .data();
    let close = json!({ "taskId": order["id"], "note": "销号" });
    let closed = act(world, Persona::Supervisor, "taskVerify", close, TASK).await;
    assert_eq!(closed.at("/taskVerify/task/state"), "DONE");
    let client = world.client_of(Persona::Viewer).await;
    let named = json!({ "by": { "number": {
        "jurisdictionId": text(HERE), "number": "督〔2026〕4号",
    } } });
    let document = "query Q($by: OrderBy!) { order(by: $by) { id evidence { title }
        project { percentComplete } permissions { reply close sendBack } } }";
    let seen = client.ask(document, named).await;
    assert_eq!(*seen.at("/order/id"), order["id"]);
    assert_eq!(seen.at("/order/evidence/0/title"), "整改报告");
    assert_eq!(seen.at("/order/project/percentComplete"), "20");
    let milestone = client
        .ask(document, json!({ "by": { "id": text(DAM) } }))
        .await;
    milestone.refused("NOT_FOUND");
    db_the_parts_are_in_the_ledger(world, &order["id"]).await;
}

async fn db_the_parts_are_in_the_ledger(world: &World, id: &Value) {
    use duban_entities::ledger;
    use sea_orm::QueryOrder;
    let entry = ledger::Entity::find()
        .filter(ledger::Column::SubjectId.eq(id.as_str().unwrap()))
        .order_by_asc(ledger::Column::Seq)
        .one(&world.db)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(entry.action, "order.issue");
    let changes = read_changes(&entry.changes).unwrap();
    let to = |field: &str| {
        let mut of_field = changes.iter().filter(|change| change.field == field);
        of_field
            .next()
            .and_then(|change| change.to.clone())
            .unwrap()
    };
    assert_eq!(to("number"), "督〔2026〕4号");
    assert_eq!(to("level"), "ORDER");
    assert_eq!(to("source"), "MEETING");
    assert_eq!(to("projects"), format!("[\"{RESERVOIR}\"]"));
    assert_eq!(to("tasks"), format!("[\"{DAM}\"]"));
    assert_eq!(to("description"), "月底前完成征地");
}

async fn only_the_issuing_office_decides(world: &World) {
    let close = |task| json!({ "taskId": text(task) });
    let try_close = async |who, task, code: Option<&str>| {
        let answer = act(world, who, "taskVerify", close(task), TASK).await;
        assert_eq!(answer.code(), code, "{who:?}: {}", answer.text);
    };
    use Persona::{Signatory, Supervisor, SupervisorAreas, SupervisorAtHome, SupervisorElsewhere};
    try_close(SupervisorAtHome, ANSWERED_ORDER, Some("FORBIDDEN")).await;
    try_close(Signatory, ANSWERED_ORDER, Some("NOT_FOUND")).await;
    try_close(Persona::OtherSignatory, ANSWERED_ORDER, Some("FORBIDDEN")).await;
    try_close(SupervisorElsewhere, ANSWERED_ORDER, Some("NOT_FOUND")).await;
    try_close(SupervisorAreas, ANSWERED_ORDER, Some("NOT_FOUND")).await;
    try_close(Supervisor, OTHER_OFFICES_ORDER, Some("FORBIDDEN")).await;
    try_close(SupervisorAtHome, OTHER_OFFICES_ORDER, None).await;
    // A colleague of the same office, with both hats on.
    try_close(Persona::BothHats, ANSWERED_ORDER, None).await;
}

async fn sixteen_writers_take_numbers_without_gaps_or_doubles(world: &World) {
    let mut running = Vec::new();
    for n in 0..16 {
        let client = world.client_of(Persona::Supervisor).await;
        // Some about the same project, some about two in another order, some about none.
        let projects = match n % 4 {
            0 => vec![text(RESERVOIR)],
            1 => vec![text(RESERVOIR), text(BUILDING)],
            2 => vec![text(BUILDING), text(RESERVOIR)],
            _ => vec![],
        };
        let input = new(TRANSPORT, &projects);
        let document = "mutation M($i: OrderIssueInput!) { orderIssue(input: $i) {
            order { number } } }";
        running.push(tokio::spawn(async move {
            let mut numbers = Vec::new();
            for _ in 0..3 {
                let answer = client.ask(document, json!({ "i": input })).await;
                numbers.push(answer.text_at("/orderIssue/order/number"));
            }
            numbers
        }));
    }
    let mut numbers = Vec::new();
    for run in running {
        numbers.extend(run.await.unwrap());
    }
    numbers.sort();
    let mut expected: Vec<String> = (4..52).map(|n| format!("督〔2026〕{n}号")).collect();
    expected.sort();
    assert_eq!(numbers, expected);
    let verified = duban::store::ledger::verify(&world.db, None).await;
    verified.unwrap().unwrap();
}

async fn a_number_that_is_rolled_back_is_given_again(world: &World) {
    world.db_break_ledger().await;
    issue(world, new(TRANSPORT, &[])).await.refused("INTERNAL");
    world.db_mend_ledger().await;
    let issued = issue(world, new(TRANSPORT, &[])).await;
    assert_eq!(issued.at("/orderIssue/order/number"), "督〔2026〕4号");
    let refused = issue(
        world,
        with(new(WATER, &[]), json!({ "dueDate": "2026-11-20" })),
    )
    .await;
    assert_eq!(refused.fields(), ["dueDate"]);
    let issued = issue(world, new(TRANSPORT, &[])).await;
    assert_eq!(issued.at("/orderIssue/order/number"), "督〔2026〕5号");
}

async fn a_year_begins_with_one(world: &World) {
    // Half past midnight of New Year's Day in China, still the old year in UTC.
    world.advance_days(40);
    world
        .clock
        .advance(chrono::TimeDelta::minutes(14 * 60 + 30));
    let input = with(new(TRANSPORT, &[]), json!({ "dueDate": "2027-02-01" }));
    let issued = issue(world, input).await;
    assert_eq!(issued.at("/orderIssue/order/number"), "督〔2027〕1号");
    let elsewhere = with(new(FOREIGN_UNIT, &[]), json!({ "dueDate": "2027-02-01" }));
    let other = issue_as(world, Persona::SupervisorElsewhere, elsewhere).await;
    assert_eq!(other.at("/orderIssue/order/number"), "督〔2027〕1号");
    assert_eq!(*other.at("/orderIssue/order/office"), Value::Null);
}

async fn what_cannot_be_issued(world: &World) {
    let base = || new(WATER, &[text(RESERVOIR)]);
    let briefing = "briefing_01930000000070008000000000000001";
    for (more, field) in [
        (json!({ "unitId": text(COUNTIES) }), "unitId"),
        (json!({ "instruction": " " }), "instruction"),
        (json!({ "dueDate": "2026-11-20" }), "dueDate"),
        (json!({ "title": "长".repeat(201) }), "title"),
        (json!({ "taskIds": [text(CANAL_FINISH)] }), "taskIds"),
        (json!({ "briefingId": briefing }), "briefingId"),
        (json!({ "sourceNote": "a\u{7}" }), "sourceNote"),
    ] {
        let refused = issue(world, with(base(), more)).await;
        assert_eq!(refused.fields(), [field]);
    }
    for more in [
        json!({ "projectIds": [text(FOREIGN)] }),
        json!({ "unitId": text(FOREIGN_UNIT) }),
        json!({ "followsId": text(DAM) }),
        json!({ "level": "CIRCULAR", "briefingId": briefing }),
        json!({ "projectIds": ["project_no"] }),
        json!({ "proposalId": "proposal_no" }),
    ] {
        issue(world, with(base(), more)).await.refused("NOT_FOUND");
    }
    // Nobody could ever close it.
    issue(world, new(OFFICE, &[])).await.refused("FORBIDDEN");
    let at_home = issue_as(world, Persona::SupervisorAtHome, new(STATION, &[])).await;
    at_home.refused("FORBIDDEN");
    let unit = issue_as(world, Persona::Signatory, base()).await;
    unit.refused("FORBIDDEN");
}

async fn an_order_follows_another_and_never_below(world: &World) {
    let follows = json!({ "followsId": text(ORDER), "level": "REMINDER" });
    let below = issue(world, with(new(WATER, &[]), follows)).await;
    assert_eq!(below.fields(), ["level"]);
    let follows = json!({ "followsId": text(ORDER), "level": "SUMMONS" });
    let above = issue(world, with(new(WATER, &[]), follows)).await;
    assert_eq!(
        above.at("/orderIssue/order/follows/number"),
        "督〔2026〕1号"
    );
    assert_eq!(
        above.at("/orderIssue/order/title"),
        "约谈通知 督〔2026〕4号"
    );
    let client = world.client_of(Persona::Viewer).await;
    let document = "query Q($by: OrderBy!) { order(by: $by) { followedBy { number } } }";
    let first = client
        .ask(document, json!({ "by": { "id": text(ORDER) } }))
        .await;
    assert_eq!(first.at("/order/followedBy/0/number"), "督〔2026〕4号");
}

/// The briefing of October, published.
async fn published(world: &World, who: Persona, jurisdiction: Value) -> Value {
    let input = json!({ "jurisdictionId": jurisdiction, "month": "2026-10" });
    let answer = act(world, who, "briefingPublish", input, "briefing { id }").await;
    answer.at("/briefingPublish/briefing/id").clone()
}

async fn a_circular_cites_a_published_briefing(world: &World) {
    let briefing = published(world, Persona::Supervisor, text(HERE)).await;
    let elsewhere = published(world, Persona::SupervisorElsewhere, text(ELSEWHERE)).await;
    let citing = |id: &Value| json!({ "level": "CIRCULAR", "briefingId": id });
    let unseen = issue(world, with(new(WATER, &[]), citing(&elsewhere))).await;
    unseen.refused("NOT_FOUND");
    let issued = issue(world, with(new(WATER, &[]), citing(&briefing))).await;
    let order = issued.at("/orderIssue/order").clone();
    assert_eq!(order["briefingId"], briefing);
    let client = world.client_of(Persona::Viewer).await;
    let document = "query Q($by: OrderBy!) { order(by: $by) { level briefingId } }";
    let read = client
        .ask(document, json!({ "by": { "id": order["id"] } }))
        .await;
    let wanted = json!({ "level": "CIRCULAR", "briefingId": briefing });
    assert_eq!(*read.at("/order"), wanted);
    let entry = world.db_new_entries().await.pop().unwrap();
    assert_eq!(entry.action, "order.issue");
    let cited = FieldChange {
        field: "briefing".into(),
        from: None,
        to: briefing.as_str().map(str::to_owned),
    };
    let changes = read_changes(&entry.changes).unwrap();
    assert!(changes.contains(&cited), "{}", entry.changes);
}

async fn an_area_supervisor_issues_about_one_project(world: &World) {
    let both = Persona::SupervisorAreas;
    let one = issue_as(world, both, new(WATER, &[text(RESERVOIR)])).await;
    assert_eq!(*one.at("/orderIssue/order/office/id"), text(OFFICE));
    let two = issue_as(world, both, new(WATER, &[text(RESERVOIR), text(CANAL)])).await;
    two.refused("FORBIDDEN");
    issue_as(world, both, new(WATER, &[]))
        .await
        .refused("FORBIDDEN");
    let partly = new(WATER, &[text(RESERVOIR)]);
    issue_as(world, Persona::SupervisorOneArea, partly)
        .await
        .refused("FORBIDDEN");
    let outside = new(WATER, &[text(RESERVOIR)]);
    issue_as(world, Persona::SupervisorOtherArea, outside)
        .await
        .refused("NOT_FOUND");
}

async fn whoever_answers_sees_what_the_order_is_about(world: &World) {
    let client = world.client_of(Persona::OtherReporter).await;
    let document = "query Q($id: ID!) { project(by: { id: $id }) { id } }";
    for id in [RESERVOIR, BRIDGE] {
        client
            .ask(document, json!({ "id": text(id) }))
            .await
            .refused("NOT_FOUND");
    }
    let issued = issue(world, new(TRANSPORT, &[text(RESERVOIR), text(BRIDGE)])).await;
    assert_eq!(*issued.at("/orderIssue/order/project"), Value::Null);
    for id in [RESERVOIR, BRIDGE] {
        client.ask(document, json!({ "id": text(id) })).await.data();
    }
    let list = client.query("{ projects { nodes { id } } }").await;
    assert_eq!(list.at("/projects/nodes").as_array().unwrap().len(), 4);
}

async fn an_order_without_a_project_counts_for_its_unit(world: &World) {
    let open = async |who, filter: Value| {
        let client = world.client_of(who).await;
        let document = "query P($f: ProjectFilter) { portfolio(filter: $f) {
            overdueTaskCount byUnit { unit { id } openTaskCount overdueTaskCount } } }";
        let answer = client.ask(document, json!({ "f": filter })).await;
        let units = answer.at("/portfolio/byUnit").as_array().unwrap().clone();
        let of = units
            .into_iter()
            .find(|unit| unit["unit"]["id"] == text(TRANSPORT));
        of.map_or(json!(0), |unit| unit["openTaskCount"].clone())
    };
    let before = open(Persona::Supervisor, json!({})).await.as_i64().unwrap();
    issue(world, new(TRANSPORT, &[])).await.data();
    let here = json!({ "jurisdictionId": text(HERE) });
    assert_eq!(open(Persona::Supervisor, json!({})).await, before + 1);
    assert_eq!(open(Persona::Supervisor, here).await, before + 1);
    assert_eq!(open(Persona::OtherReporter, json!({})).await, before + 1);
    let roads = json!({ "kind": ["ROAD"] });
    assert_eq!(
        open(Persona::Supervisor, roads).await,
        1,
        "its project's tasks alone"
    );
    let client = world.client_of(Persona::Viewer).await;
    let document = "{ tasks(filter: { kind: [ORDER] }) { totalCount } }";
    assert_eq!(client.query(document).await.at("/tasks/totalCount"), 4);
}

async fn a_repeated_call_issues_one(world: &World) {
    let input = with(new(TRANSPORT, &[]), json!({ "idempotencyKey": "once" }));
    let first = issue(world, input.clone()).await;
    let second = issue(world, input.clone()).await;
    assert_eq!(first.data(), second.data());
    let other = issue(world, with(input, json!({ "level": "SUMMONS" }))).await;
    assert_eq!(other.fields(), ["idempotencyKey"]);
}

const PROPOSALS: &str = "query P($filter: OrderProposalFilter, $first: Int, $after: String) {
    orderProposals(filter: $filter, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { id ground level daysOverdue reportsMissed since
            project { id } task { id } unit { id } follows { number }
            permissions { issue dismiss } } } }";

async fn proposals_of(world: &World, who: Persona, filter: Value) -> Vec<Value> {
    let client = world.client_of(who).await;
    let answer = client.ask(PROPOSALS, json!({ "filter": filter })).await;
    answer
        .at("/orderProposals/nodes")
        .as_array()
        .unwrap()
        .clone()
}

async fn proposals(world: &World) -> Vec<Value> {
    proposals_of(world, Persona::Supervisor, json!({})).await
}

/// The proposal on a task, if there is one.
async fn on(world: &World, task: impl std::fmt::Display) -> Option<Value> {
    let all = proposals(world).await;
    all.into_iter()
        .find(|known| known["task"]["id"] == text(&task))
}

async fn dismiss(world: &World, who: Persona, id: &Value) -> Answer {
    let input = json!({ "proposalId": id, "reason": "已当面沟通" });
    let selection = "dismissal { id ground level reason dismissedBy { id } task { id }
        project { id } simulated dismissedAt }";
    act(world, who, "orderDismiss", input, selection).await
}

async fn the_ladder_proposes_and_a_person_issues(world: &World) {
    let all = proposals(world).await;
    let shown: Vec<_> = all
        .iter()
        .map(|p| (&p["task"]["id"], &p["level"]))
        .collect();
    let reminder = json!("REMINDER");
    assert_eq!(
        shown,
        [(&text(CANAL_FINISH), &reminder), (&text(LAND), &reminder)]
    );
    let first = &all[0];
    assert_eq!(first["ground"], "MILESTONE_OVERDUE");
    assert_eq!(first["daysOverdue"], 21);
    assert_eq!(first["since"], "2026-10-31");
    assert_eq!(first["unit"]["id"], text(WATER));
    assert_eq!(
        first["permissions"],
        json!({ "issue": true, "dismiss": true })
    );
    let input = with(
        new(WATER, &[]),
        json!({ "proposalId": first["id"], "level": "REMINDER", "source": "RULE" }),
    );
    let issued = issue(world, input.clone()).await;
    let order = issued.at("/orderIssue/order");
    assert_eq!(order["ground"], "MILESTONE_OVERDUE");
    assert_eq!(order["projects"], json!([{ "id": text(CANAL) }]));
    assert_eq!(order["tasks"], json!([{ "id": text(CANAL_FINISH) }]));
    assert_eq!(issue(world, input).await.blockers(), ["PROPOSAL_GONE"]);
    assert!(
        on(world, CANAL_FINISH).await.is_none(),
        "the order has a date of its own"
    );
    world.advance_days(15);
    let next = on(world, CANAL_FINISH).await.unwrap();
    assert_eq!(next["level"], "ORDER");
    assert_eq!(next["follows"]["number"], "督〔2026〕4号");
    let input = with(
        new(WATER, &[]),
        json!({ "proposalId": next["id"], "source": "RULE", "dueDate": "2026-12-10" }),
    );
    let second = issue(world, input).await;
    assert_eq!(
        second.at("/orderIssue/order/follows/number"),
        "督〔2026〕4号"
    );
    // The unit claims the milestone: nothing is overdue any more.
    world.advance_days(10);
    assert!(on(world, CANAL_FINISH).await.is_some());
    let claim = json!({ "taskId": text(CANAL_FINISH) });
    act(world, Persona::Signatory, "taskClaim", claim, TASK)
        .await
        .data();
    assert!(on(world, CANAL_FINISH).await.is_none());
}

async fn a_dismissed_level_stays_away_until_another_date_is_missed(world: &World) {
    let known = on(world, LAND).await.unwrap();
    let dismissed = dismiss(world, Persona::Supervisor, &known["id"]).await;
    let row = dismissed.at("/orderDismiss/dismissal");
    assert_eq!(row["level"], "REMINDER");
    assert_eq!(row["ground"], "MILESTONE_OVERDUE");
    assert_eq!(row["task"]["id"], text(LAND));
    let again = dismiss(world, Persona::Supervisor, &known["id"]).await;
    assert_eq!(again.blockers(), ["PROPOSAL_GONE"]);
    let above = on(world, LAND).await.unwrap();
    assert_eq!(above["level"], "ORDER");
    assert_eq!(above["follows"], Value::Null);
    dismiss(world, Persona::Supervisor, &above["id"])
        .await
        .data();
    assert!(
        on(world, LAND).await.is_none(),
        "a circular from the 30th day on"
    );
    world.advance_days(10);
    assert_eq!(on(world, LAND).await.unwrap()["level"], "CIRCULAR");
    let claim = json!({ "taskId": text(LAND) });
    act(world, Persona::CoopReporter, "taskClaim", claim, TASK)
        .await
        .data();
    let back = json!({ "taskId": text(LAND), "reason": "不实", "dueDate": "2026-12-05" });
    act(world, Persona::Supervisor, "taskReturn", back, TASK)
        .await
        .data();
    world.advance_days(4);
    assert!(on(world, LAND).await.is_none(), "due today");
    world.advance_days(1);
    let anew = on(world, LAND).await.unwrap();
    assert_eq!(
        (&anew["level"], &anew["id"]),
        (&json!("REMINDER"), &known["id"])
    );
}

/// A report of ROAD's, with what was said of it.
async fn db_report(world: &World, month: u32, change: impl FnOnce(&mut task::Model)) {
    let like = task::Entity::find_by_id(ROAD_FINISH).one(&world.db).await;
    let due = date(2026, month + 1, 5);
    let mut row = task::Model {
        id: duban_entities::ids::TaskId(key(0x900 + u128::from(month))),
        kind: duban_entities::vocabulary::TaskKind::Report,
        role: None,
        period: Some(format!("2026-{month:02}")),
        due_date: Some(due),
        baseline_due_date: Some(due),
        counted_due_date: Some(due),
        due_basis: Some(duban_entities::vocabulary::DueBasis::ReportingDay),
        ..like.unwrap().unwrap()
    };
    change(&mut row);
    db_insert::<task::Entity>(&world.db, vec![row]).await;
}

async fn missed_reports_are_counted_in_a_row(world: &World) {
    use duban_entities::vocabulary::TaskState::{Cancelled, Done};
    let filter = json!({ "unitId": text(TRANSPORT) });
    db_report(world, 5, |_| ()).await;
    db_report(world, 6, |row| {
        row.state = Done;
        row.first_submitted_on = Some(date(2026, 7, 4));
    })
    .await;
    let supervisor = Persona::Supervisor;
    let none = proposals_of(world, supervisor, filter.clone()).await;
    assert_eq!(none, Vec::<Value>::new(), "a later one came in");
    db_report(world, 8, |_| ()).await;
    db_report(world, 9, |row| row.state = Cancelled).await;
    db_report(world, 10, |_| ()).await;
    db_report(world, 11, |_| ()).await;
    let known = proposals_of(world, supervisor, filter.clone()).await;
    assert_eq!(known.len(), 1);
    assert_eq!(known[0]["ground"], "REPORTS_MISSED");
    assert_eq!(known[0]["reportsMissed"], 2, "one waived, one not due");
    assert_eq!(known[0]["daysOverdue"], Value::Null);
    assert_eq!(known[0]["since"], "2026-09-05");
    assert_eq!(known[0]["level"], "REMINDER");
    assert_eq!(known[0]["project"]["id"], text(ROAD));
    let input = with(
        new(TRANSPORT, &[]),
        json!({ "proposalId": known[0]["id"], "level": "REMINDER", "dueDate": "2026-11-21" }),
    );
    issue(world, input).await.data();
    assert_eq!(
        proposals_of(world, supervisor, filter.clone()).await,
        Vec::<Value>::new()
    );
    world.advance_days(1);
    let next = proposals_of(world, supervisor, filter.clone()).await;
    assert_eq!(next[0]["level"], "ORDER");
    assert_eq!(next[0]["follows"]["number"], "督〔2026〕4号");
    let sql = "UPDATE projects SET stage = 'SUSPENDED' WHERE code = 'ZMD-ROA-0001'";
    world.db.execute_unprepared(sql).await.unwrap();
    assert_eq!(
        proposals_of(world, supervisor, filter).await,
        Vec::<Value>::new()
    );
}

async fn proposals_are_for_those_who_supervise(world: &World) {
    let ask = async |who, filter: Value| {
        let client = world.client_of(who).await;
        client.ask(PROPOSALS, json!({ "filter": filter })).await
    };
    for who in [
        Persona::Reporter,
        Persona::Signatory,
        Persona::OtherSignatory,
    ] {
        ask(who, json!({})).await.refused("FORBIDDEN");
        ask(who, json!({ "jurisdictionId": text(HERE) }))
            .await
            .refused("FORBIDDEN");
    }
    let there = json!({ "jurisdictionId": text(ELSEWHERE) });
    ask(Persona::Supervisor, there.clone())
        .await
        .refused("NOT_FOUND");
    let foreign = json!({ "unitId": text(FOREIGN_UNIT) });
    ask(Persona::Supervisor, foreign).await.refused("NOT_FOUND");
    let elsewhere = ask(Persona::SupervisorElsewhere, there).await;
    assert_eq!(elsewhere.at("/orderProposals/totalCount"), 1);
    let everywhere = ask(Persona::Administrator, json!({})).await;
    assert_eq!(everywhere.at("/orderProposals/totalCount"), 3);
    for (who, count, may) in [
        (Persona::SupervisorAreas, 2, true),
        (Persona::SupervisorOneArea, 2, false),
        (Persona::Auditor, 2, false),
    ] {
        let seen = ask(who, json!({ "jurisdictionId": text(HERE) })).await;
        assert_eq!(seen.at("/orderProposals/totalCount"), count, "{who:?}");
        let permissions = seen.at("/orderProposals/nodes/0/permissions");
        assert_eq!(
            *permissions,
            json!({ "issue": may, "dismiss": may }),
            "{who:?}"
        );
    }
    let outside = ask(Persona::SupervisorOtherArea, json!({})).await;
    assert_eq!(outside.at("/orderProposals/totalCount"), 0);
    let units = ask(Persona::Supervisor, json!({ "unitId": text(COUNTY) })).await;
    assert_eq!(*units.at("/orderProposals/nodes/0/task/id"), text(LAND));
    let hardest = ask(Persona::Supervisor, json!({ "level": "SUMMONS" })).await;
    assert_eq!(hardest.at("/orderProposals/totalCount"), 0);
    // The office never presses its own unit by dismissing.
    let canal = on(world, CANAL_FINISH).await.unwrap();
    for who in [
        Persona::SupervisorAtHome,
        Persona::SupervisorOneArea,
        Persona::Viewer,
    ] {
        dismiss(world, who, &canal["id"]).await.refused("FORBIDDEN");
    }
    let unseen = dismiss(world, Persona::SupervisorOtherArea, &canal["id"]).await;
    unseen.refused("NOT_FOUND");
}

async fn proposals_come_in_pages(world: &World) {
    let client = world.client_of(Persona::Supervisor).await;
    let first = client.ask(PROPOSALS, json!({ "first": 1 })).await;
    assert_eq!(first.at("/orderProposals/totalCount"), 2);
    assert_eq!(first.at("/orderProposals/pageInfo/hasNextPage"), true);
    let id = first.at("/orderProposals/nodes/0/id").clone();
    let cursor = first.at("/orderProposals/pageInfo/endCursor").clone();
    // What it stands for is settled meanwhile.
    dismiss(world, Persona::Supervisor, &id).await.data();
    let second = client.ask(PROPOSALS, json!({ "after": cursor })).await;
    assert_eq!(*second.at("/orderProposals/nodes/0/task/id"), text(LAND));
    assert_eq!(second.at("/orderProposals/pageInfo/hasNextPage"), false);
    let wrong = client.ask(PROPOSALS, json!({ "after": "00" })).await;
    assert_eq!(wrong.fields(), ["after"]);
    let many = client.ask(PROPOSALS, json!({ "first": 201 })).await;
    many.refused("LIMIT_EXCEEDED");
}

async fn a_proposal_is_settled_once(world: &World) {
    let known = on(world, LAND).await.unwrap();
    let input = with(
        new(COUNTY, &[]),
        json!({ "proposalId": known["id"], "level": "REMINDER", "source": "RULE" }),
    );
    let mut running = Vec::new();
    for n in 0..8 {
        let client = world.client_of(Persona::Supervisor).await;
        let (input, id) = (input.clone(), known["id"].clone());
        running.push(tokio::spawn(async move {
            let issue = "mutation M($i: OrderIssueInput!) { orderIssue(input: $i) {
                order { id } } }";
            let dismiss = "mutation M($i: OrderDismissInput!) { orderDismiss(input: $i) {
                dismissal { id } } }";
            let refuse = json!({ "proposalId": id, "reason": "已沟通" });
            match n % 2 {
                0 => client.ask(issue, json!({ "i": input })).await,
                _ => client.ask(dismiss, json!({ "i": refuse })).await,
            }
        }));
    }
    let mut won = 0;
    for run in running {
        let answer = run.await.unwrap();
        if answer.code().is_none() {
            won += 1;
        } else {
            assert_eq!(answer.blockers(), ["PROPOSAL_GONE"]);
        }
    }
    assert_eq!(won, 1);
}

/// BUILDING is red until this day, whatever the rules say.
async fn redden(world: &World, until: &str) {
    let red = json!({
        "projectId": text(BUILDING), "rating": "RED", "reason": "现场停工", "expiresOn": until,
    });
    let selection = "project { id }";
    act(world, Persona::Supervisor, "ratingOverride", red, selection)
        .await
        .data();
}

async fn on_building(world: &World) -> Option<Value> {
    let all = proposals(world).await.into_iter();
    let mut red = all.filter(|known| known["ground"] == "RATING_RED");
    red.next()
}

async fn a_red_project_is_pressed_once_in_a_while(world: &World) {
    redden(world, "2027-01-31").await;
    let known = on_building(world).await.unwrap();
    assert_eq!(known["level"], "ORDER");
    assert_eq!(known["project"]["id"], text(BUILDING));
    assert_eq!(known["unit"]["id"], text(WATER));
    assert_eq!(known["since"], Value::Null);
    let input = with(
        new(WATER, &[]),
        json!({ "proposalId": known["id"], "source": "RULE" }),
    );
    let issued = issue(world, input).await;
    assert_eq!(issued.at("/orderIssue/order/ground"), "RATING_RED");
    world.advance_days(60);
    assert_eq!(
        on_building(world).await,
        None,
        "an order on it counts for ninety days"
    );
    redden(world, "2027-04-20").await;
    world.advance_days(31);
    let anew = on_building(world).await.unwrap();
    assert_eq!(
        (&anew["level"], &anew["id"]),
        (&json!("ORDER"), &known["id"])
    );
    dismiss(world, Persona::Supervisor, &anew["id"])
        .await
        .data();
    assert_eq!(on_building(world).await, None, "and so does a dismissal");
    world.advance_days(59);
    redden(world, "2027-07-01").await;
    assert_eq!(on_building(world).await, None);
    world.advance_days(32);
    assert_eq!(on_building(world).await.unwrap()["level"], "ORDER");
}

/// Innocently, or to keep the ladder from the supervisor's own unit.
async fn an_order_to_another_unit_presses_nobody(world: &World) {
    let aside = with(
        new(TRANSPORT, &[text(CANAL)]),
        json!({ "taskIds": [text(CANAL_FINISH)], "level": "SUMMONS" }),
    );
    for who in [Persona::Supervisor, Persona::SupervisorAtHome] {
        issue_as(world, who, aside.clone()).await.data();
    }
    let known = on(world, CANAL_FINISH).await.unwrap();
    assert_eq!(known["level"], "REMINDER");
    assert_eq!(known["follows"], Value::Null);
    let following = |unit| {
        with(
            new(unit, &[]),
            json!({ "proposalId": known["id"], "level": "REMINDER", "source": "RULE" }),
        )
    };
    for who in [Persona::Supervisor, Persona::SupervisorAtHome] {
        let refused = issue_as(world, who, following(TRANSPORT)).await;
        assert_eq!(refused.fields(), ["unitId"]);
    }
    assert!(on(world, CANAL_FINISH).await.is_some());
    issue(world, following(WATER)).await.data();
    assert!(on(world, CANAL_FINISH).await.is_none());
}

async fn what_a_new_lead_was_never_asked_is_asked_anew(world: &World) {
    let red = json!({
        "projectId": text(BUILDING), "rating": "RED", "reason": "现场停工",
        "expiresOn": "2027-01-31",
    });
    let set = act(
        world,
        Persona::Supervisor,
        "ratingOverride",
        red,
        "project { id }",
    )
    .await;
    set.data();
    let red = async || {
        let all = proposals(world).await.into_iter();
        let mut red = all.filter(|known| known["ground"] == "RATING_RED");
        red.next()
    };
    let known = red().await.unwrap();
    let input = json!({ "proposalId": known["id"], "source": "RULE" });
    issue(world, with(new(WATER, &[]), input)).await.data();
    assert_eq!(red().await, None);
    let handed = project::Entity::update_many()
        .col_expr(project::Column::LeadUnitId, Expr::value(TRANSPORT))
        .filter(project::Column::Id.eq(BUILDING));
    handed.exec(&world.db).await.unwrap();
    let anew = red().await.unwrap();
    assert_eq!(anew["unit"]["id"], text(TRANSPORT));
    assert_eq!(anew["follows"], Value::Null);
}

/// The supervisor's office becomes a unit's own.
async fn db_at_home(world: &World, who: Persona, home: duban_entities::ids::UnitId) {
    let moved = grant::Entity::update_many()
        .col_expr(grant::Column::HomeUnitId, Expr::value(home))
        .filter(grant::Column::UserId.eq(who.user()));
    moved.exec(&world.db).await.unwrap();
}

/// What counts is who is pressed, not who leads.
async fn nobody_spares_their_own_unit(world: &World) {
    db_at_home(world, Persona::SupervisorAreas, COUNTY).await;
    let may = async |who| {
        let here = json!({ "unitId": text(COUNTY) });
        let known = proposals_of(world, who, here).await;
        known[0]["permissions"]["dismiss"].clone()
    };
    let id = on(world, LAND).await.unwrap()["id"].clone();
    assert_eq!(may(Persona::SupervisorAreas).await, false);
    let refused = dismiss(world, Persona::SupervisorAreas, &id).await;
    refused.refused("FORBIDDEN");
    // Of the lead's home: it spares another unit.
    assert_eq!(may(Persona::SupervisorAtHome).await, true);
    dismiss(world, Persona::SupervisorAtHome, &id).await.data();
}

/// Ended and issued at once, among others who write: never the order behind the end.
async fn a_project_that_is_red_no_more_is_not_pressed_for_it(world: &World) {
    let end = "mutation M($i: RatingOverrideEndInput!) { ratingOverrideEnd(input: $i) {
        project { id } } }";
    let issue = "mutation M($i: OrderIssueInput!) { orderIssue(input: $i) { order { id } } }";
    let red = json!({
        "projectId": text(BUILDING), "rating": "RED", "reason": "现场停工",
        "expiresOn": "2027-01-31",
    });
    let selection = "project { rating { override { id } } }";
    let set = act(world, Persona::Supervisor, "ratingOverride", red, selection).await;
    let set = set.at("/ratingOverride/project/rating/override/id");
    let known = proposals(world).await;
    let known = known.iter().find(|known| known["ground"] == "RATING_RED");
    let follow = json!({ "proposalId": known.unwrap()["id"], "source": "RULE" });
    let mut sent = vec![(issue, new(TRANSPORT, &[])); 6];
    sent.push((end, json!({ "overrideId": set, "reason": "复工" })));
    sent.extend(vec![(issue, with(new(WATER, &[]), follow)); 3]);
    let mut running = Vec::new();
    for (document, input) in sent {
        let client = world.client_of(Persona::Supervisor).await;
        running.push(tokio::spawn(async move {
            client.ask(document, json!({ "i": input })).await
        }));
    }
    for run in running {
        let answer = run.await.unwrap();
        if answer.code().is_some() {
            assert_eq!(answer.blockers(), ["PROPOSAL_GONE"]);
        }
    }
    let entries = world.db_new_entries().await;
    let ended = entries
        .iter()
        .rposition(|entry| entry.subject_type == "RatingOverride");
    let behind = entries[ended.unwrap()..].iter();
    let mut pressed = behind.filter(|entry| entry.changes.contains("RATING_RED"));
    assert!(pressed.next().is_none(), "{entries:?}");
}

async fn days_late_on_an_earlier_date_count(world: &World) {
    let carried = task::Entity::update_many()
        .col_expr(task::Column::CarriedDaysLate, Expr::value(7))
        .filter(task::Column::Id.eq(LAND));
    carried.exec(&world.db).await.unwrap();
    assert_eq!(on(world, LAND).await.unwrap()["daysOverdue"], 27);
    let client = world.client_of(Persona::Supervisor).await;
    let document = "query Q($id: ID!) { task(id: $id) { daysOverdue } }";
    let task = client.ask(document, json!({ "id": text(LAND) })).await;
    assert_eq!(task.at("/task/daysOverdue"), 27);
}

/// Two hats: one over an area, for the office, and one over all of it, for another unit.
async fn an_order_is_the_office_of_a_grant_that_allows_it(world: &World) {
    let who = Persona::SupervisorOtherArea;
    let like = grant::Entity::find().filter(grant::Column::UserId.eq(Persona::Supervisor.user()));
    let like = like.one(&world.db).await.unwrap().unwrap();
    let second = grant::Model {
        id: duban_entities::ids::GrantId(key(0x3ff0)),
        user_id: who.user(),
        home_unit_id: Some(TRANSPORT),
        ..like
    };
    db_insert::<grant::Entity>(&world.db, vec![second]).await;
    let office = async |input| {
        let issued = issue_as(world, who, input).await;
        issued.at("/orderIssue/order/office/id").clone()
    };
    assert_eq!(office(new(WATER, &[])).await, text(TRANSPORT));
    assert_eq!(
        office(new(WATER, &[text(RESERVOIR)])).await,
        text(TRANSPORT)
    );
    // The area's own project: both hats allow it, the first counts.
    assert_eq!(office(new(WATER, &[text(ROAD)])).await, text(OFFICE));
}
