//! Briefings: a month's figures, live and frozen.

use chrono::{NaiveDate, TimeDelta};
use duban::service::{BriefingPublish, Call, published_figures};
use duban::store::ledger::Head;
use duban_entities::vocabulary::TaskState;
use duban_entities::{briefing, task};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::fixture::{add_tasks, change, ratings, some_task};
use crate::support::known::{ANSWERED_ORDER, ORDER, OTHER_OFFICES_ORDER, RESERVOIR_SCHEDULE};
use crate::support::known::{
    BUILDING, CANAL, CANAL_SCHEDULE, COUNTY, DAM, ELSEWHERE, HERE, LAND, LEVEE, LEVEE_START,
    RESERVOIR, ROAD, ROAD_FINISH, STATION, TRANSPORT, WATER,
};
use crate::support::owed::{order, report, submitted};
use crate::support::world::request;
use crate::support::{Answer, NOW, Persona, World, act, date, on_both};

on_both!(
    a_month_counts_what_happened_in_it,
    a_published_month_stands_whatever_comes_later,
    a_month_is_published_once_and_numbered_without_gaps,
    of_many_publishers_one_wins_and_months_queue_for_numbers,
    a_figure_is_charged_to_who_held_it_on_its_day,
    units_do_not_read_briefings,
    what_is_suspended_completed_and_returned_is_counted,
    newly_red_is_what_turned_red_in_the_month,
    an_override_alone_turns_red,
    the_ids_behind_a_figure_are_counted,
    a_briefing_takes_as_few_statements_however_much_there_is,
);

const FIGURES: &str = "reportsDue { count ids } reportsInTime { ids } reportsLate { ids }
    reportsMissing { count ids } reportsPending { ids } reportsWaived { ids }
    milestonesMetBaseline { ids } milestonesMissedBaseline { ids }
    milestonesMetCurrent { ids } milestonesMissedCurrent { count ids tasks { id } }
    projectsMoved { ids } projectsStarted { count ids projects { id stage } }
    changesApproved { ids changeRequests { id } } ordersOpen { ids } ordersClosed { ids }";

/// Some figures of a live month.
async fn figures(world: &World, month: &str, selection: &str) -> Value {
    let document = format!(
        "query B($id: ID!, $month: String!) {{ briefing(jurisdictionId: $id, month: $month) {{
            live {{ total {{ {selection} }} }} }} }}"
    );
    let client = world.client_of(Persona::Supervisor).await;
    let variables = json!({ "id": text(HERE), "month": month });
    let answer = client.ask(&document, variables).await;
    answer.at("/briefing/live/total").clone()
}

async fn newly_red(world: &World, month: &str) -> Value {
    figures(world, month, "newlyRed { ids }").await["newlyRed"]["ids"].clone()
}

fn document() -> String {
    let content = format!(
        "month judgedOn total {{ {FIGURES} }} byUnit {{ unit {{ id }} figures {{ {FIGURES} }} }}
        byKind {{ kind figures {{ reportsDue {{ count }} }} }}
        byChange {{ kind approved {{ count }} returned {{ count }} }}"
    );
    format!(
        "query B($id: ID!, $month: String!) {{ briefing(jurisdictionId: $id, month: $month) {{
            month jurisdiction {{ id }} live {{ {content} }}
            published {{ id number month ledgerSeq ledgerHash content {{ {content} }} }}
        }} }}"
    )
}

async fn ask(world: &World, who: Persona, month: &str) -> Answer {
    let client = world.client_of(who).await;
    let variables = json!({ "id": text(HERE), "month": month });
    client.ask(&document(), variables).await
}

async fn live(world: &World, month: &str) -> Value {
    let answer = ask(world, Persona::Supervisor, month).await;
    answer.at("/briefing/live").clone()
}

async fn publish(world: &World, who: Persona, month: &str) -> Answer {
    let client = world.client_of(who).await;
    let input = json!({ "jurisdictionId": text(HERE), "month": month, "reason": "市政府常务会议" });
    let document = "mutation P($input: BriefingPublishInput!) {
        briefingPublish(input: $input) { briefing { id number month } } }";
    client.ask(document, json!({ "input": input })).await
}

fn ids(of: &[duban_entities::ids::TaskId]) -> Value {
    let mut texts: Vec<String> = of.iter().map(ToString::to_string).collect();
    texts.sort();
    json!(texts)
}

/// In time, late, missing, waived, of another month; an open and a closed order.
fn november() -> Vec<task::Model> {
    let waived = task::Model {
        state: TaskState::Cancelled,
        waived_at: Some(NOW),
        ..report(0x504, CANAL, WATER, "2026-11")
    };
    let closed = task::Model {
        state: TaskState::Done,
        decided_at: Some(NOW),
        ..submitted(order(0x522, COUNTY), Persona::CoopSignatory, 0)
    };
    vec![
        submitted(
            report(0x501, RESERVOIR, WATER, "2026-11"),
            Persona::Signatory,
            11,
        ),
        submitted(
            report(0x502, ROAD, TRANSPORT, "2026-11"),
            Persona::OtherSignatory,
            17,
        ),
        report(0x503, BUILDING, WATER, "2026-11"),
        waived,
        report(0x505, BUILDING, WATER, "2026-12"),
        order(0x521, WATER),
        closed,
    ]
}

fn owed(n: u128) -> duban_entities::ids::TaskId {
    duban_entities::ids::TaskId(crate::support::known::key(n))
}

async fn db_task(world: &World, id: duban_entities::ids::TaskId) -> task::Model {
    let found = task::Entity::find_by_id(id).one(&world.db).await.unwrap();
    found.expect("a task")
}

async fn done(world: &World, who: Persona, field: &str, input: Value) {
    act(world, who, field, input, "__typename").await.data();
}

async fn a_month_counts_what_happened_in_it(world: &World) {
    add_tasks(&world.services.store, november()).await;
    let started = json!({ "projectId": text(RESERVOIR), "to": "CONSTRUCTION", "reason": "开工" });
    done(world, Persona::Signatory, "projectMove", started).await;
    let approved = json!({ "changeRequestId": text(CANAL_SCHEDULE), "decision": "APPROVE" });
    done(world, Persona::Supervisor, "changeDecide", approved).await;
    let early = live(world, "2026-11").await;
    assert_eq!(early["judgedOn"], "2026-11-21");
    let total = &early["total"];
    assert_eq!(total["milestonesMetCurrent"]["ids"], ids(&[DAM]));
    assert_eq!(total["milestonesMissedCurrent"]["ids"], ids(&[LAND]));
    assert_eq!(
        total["milestonesMissedCurrent"]["tasks"],
        json!([{ "id": text(LAND) }])
    );

    world.advance_days(20);
    let november = live(world, "2026-11").await;
    let total = &november["total"];
    assert_eq!(
        total["reportsDue"]["ids"],
        ids(&[owed(0x501), owed(0x502), owed(0x503)])
    );
    assert_eq!(total["reportsInTime"]["ids"], ids(&[owed(0x501)]));
    assert_eq!(total["reportsLate"]["ids"], ids(&[owed(0x502)]));
    assert_eq!(total["reportsMissing"]["ids"], ids(&[owed(0x503)]));
    assert_eq!(total["reportsPending"]["ids"], json!([]));
    assert_eq!(total["reportsWaived"]["ids"], ids(&[owed(0x504)]));
    let missed = ids(&[LAND, ROAD_FINISH, LEVEE_START]);
    assert_eq!(total["milestonesMetBaseline"]["ids"], ids(&[DAM]));
    assert_eq!(total["milestonesMissedBaseline"]["ids"], missed);
    assert_eq!(total["milestonesMetCurrent"]["ids"], ids(&[DAM]));
    assert_eq!(total["milestonesMissedCurrent"]["ids"], missed);
    assert_eq!(total["projectsMoved"]["ids"], json!([text(RESERVOIR)]));
    assert_eq!(
        total["projectsStarted"]["projects"],
        json!([{ "id": text(RESERVOIR), "stage": "CONSTRUCTION" }])
    );
    assert_eq!(
        total["changesApproved"]["changeRequests"],
        json!([{ "id": text(CANAL_SCHEDULE) }, { "id": text(RESERVOIR_SCHEDULE) }])
    );
    assert_eq!(november["byChange"][0]["kind"], "SCHEDULE");
    let open = [ORDER, ANSWERED_ORDER, OTHER_OFFICES_ORDER, owed(0x521)];
    assert_eq!(total["ordersOpen"]["ids"], ids(&open));
    assert_eq!(total["ordersClosed"]["ids"], ids(&[owed(0x522)]));
    let sum = |list: &Value, figure: &str| -> u64 {
        let rows = list.as_array().unwrap().iter();
        rows.map(|row| row["figures"][figure]["count"].as_u64().unwrap())
            .sum()
    };
    assert_eq!(sum(&november["byUnit"], "reportsDue"), 3);
    assert_eq!(sum(&november["byUnit"], "milestonesMissedCurrent"), 3);
    assert_eq!(sum(&november["byKind"], "reportsDue"), 3);

    let december = live(world, "2026-12").await;
    assert_eq!(december["total"]["projectsMoved"]["ids"], json!([]));
    assert_eq!(december["total"]["ordersClosed"]["ids"], json!([]));
    assert_eq!(december["total"]["ordersOpen"]["ids"], ids(&open));
}

async fn what_is_suspended_completed_and_returned_is_counted(world: &World) {
    let step = task::Model {
        id: owed(0x530),
        project_id: Some(RESERVOIR),
        unit_id: Some(WATER),
        ..some_task()
    };
    let reported = report(0x531, RESERVOIR, WATER, "2026-11");
    add_tasks(&world.services.store, vec![step, reported]).await;
    let suspend = json!({
        "projectId": text(RESERVOIR), "to": "SUSPENDED", "reason": "资金", "reviewOn": "2027-06-01",
    });
    let document = "mutation M($input: ProjectMoveInput!) {
        projectMove(input: $input) { changeRequest { id } } }";
    let client = world.client_of(Persona::Signatory).await;
    let asked = client.ask(document, json!({ "input": suspend })).await;
    let change = asked.at("/projectMove/changeRequest/id").clone();
    let approved = json!({ "changeRequestId": change, "decision": "APPROVE", "note": "同意" });
    done(world, Persona::Supervisor, "changeDecide", approved).await;
    let completed = json!({ "projectId": text(BUILDING), "to": "COMPLETED", "reason": "建成" });
    done(world, Persona::Signatory, "projectMove", completed).await;
    let returned = json!({
        "changeRequestId": text(CANAL_SCHEDULE), "decision": "RETURN", "note": "日期偏晚",
    });
    done(world, Persona::Supervisor, "changeDecide", returned).await;

    world.advance_days(20);
    let selection = "projectsCompleted { ids } projectsSuspended { ids } changesReturned { ids }
        milestonesSuspended { ids } reportsSuspended { ids }";
    let wanted = json!({
        "projectsCompleted": { "ids": [text(BUILDING)] },
        "projectsSuspended": { "ids": [text(RESERVOIR)] },
        "changesReturned": { "ids": [text(CANAL_SCHEDULE)] },
        "milestonesSuspended": { "ids": ids(&[owed(0x530)]) },
        "reportsSuspended": { "ids": ids(&[owed(0x531)]) },
    });
    assert_eq!(figures(world, "2026-11", selection).await, wanted);
    let december = figures(world, "2026-12", selection).await;
    for figure in ["projectsCompleted", "projectsSuspended", "changesReturned"] {
        assert_eq!(december[figure]["ids"], json!([]), "{figure}");
    }
}

async fn adopt_rules(world: &World) {
    let adoption = json!({
        "jurisdictionId": text(HERE), "code": "STANDARD", "effectiveFrom": "2026-11-21",
        "document": { "title": "重点项目红黄绿评定办法" }, "reason": "经市政府常务会议研究",
    });
    done(world, Persona::Supervisor, "ratingRulesAdopt", adoption).await;
}

/// A report of LEVEE's that nobody sends.
async fn miss(world: &World, n: u128, period: &str, due: NaiveDate) {
    let row = ratings::report(n, LEVEE, period, due);
    add_tasks(&world.services.store, vec![row]).await;
}

/// Waived, or met: whatever keeps LEVEE red.
async fn db_turn_green(world: &World, tasks: &[duban_entities::ids::TaskId]) {
    for id in tasks {
        let row = db_task(world, *id).await;
        let state = match row.period {
            Some(_) => TaskState::Cancelled,
            None => TaskState::Done,
        };
        let after = task::Model {
            state,
            completed_on: row.due_date.filter(|_| state == TaskState::Done),
            ..row.clone()
        };
        change(&world.services.store, row, after).await;
    }
}

async fn newly_red_is_what_turned_red_in_the_month(world: &World) {
    let report = |n: u128| owed(0x7000 + n);
    adopt_rules(world).await;
    // 40 points behind from the first day of the rules on.
    assert_eq!(newly_red(world, "2026-11").await, json!([text(RESERVOIR)]));
    world.advance_days(4);
    miss(world, 1, "2026-09", date(2026, 10, 9)).await;
    miss(world, 2, "2026-10", date(2026, 11, 5)).await;
    let both = json!([text(RESERVOIR), text(LEVEE)]);
    assert_eq!(newly_red(world, "2026-11").await, both);
    assert_eq!(newly_red(world, "2026-10").await, json!([]), "no rules yet");
    // The 10th of January: both are red still.
    world.advance_days(46);
    assert_eq!(newly_red(world, "2026-11").await, both);
    assert_eq!(newly_red(world, "2026-12").await, json!([]));
    db_turn_green(world, &[report(1), report(2), LEVEE_START]).await;
    assert_eq!(newly_red(world, "2027-01").await, json!([]));
    // The 10th of February: the month between ended green.
    world.advance_days(31);
    miss(world, 3, "2026-11", date(2026, 12, 7)).await;
    miss(world, 4, "2026-12", date(2027, 1, 5)).await;
    assert_eq!(newly_red(world, "2027-02").await, json!([text(LEVEE)]));
    assert_eq!(newly_red(world, "2027-01").await, json!([]));
    assert_eq!(newly_red(world, "2026-11").await, both);
}

/// Beside a project that no rule rates.
async fn an_override_alone_turns_red(world: &World) {
    adopt_rules(world).await;
    world.advance_days(4);
    let red = json!({
        "projectId": text(CANAL), "rating": "RED", "reason": "现场停工", "expiresOn": "2026-12-31",
    });
    done(world, Persona::Supervisor, "ratingOverride", red).await;
    let both = json!([text(RESERVOIR), text(CANAL)]);
    assert_eq!(newly_red(world, "2026-11").await, both);
    // LEVEE's start fell due on the 30th, and nothing was done.
    world.advance_days(20);
    let three = json!([text(RESERVOIR), text(CANAL), text(LEVEE)]);
    assert_eq!(newly_red(world, "2026-11").await, three);
    assert_eq!(newly_red(world, "2026-12").await, json!([]));
}

async fn a_published_month_stands_whatever_comes_later(world: &World) {
    add_tasks(&world.services.store, november()).await;
    world.advance_days(20);
    let before = live(world, "2026-11").await;
    publish(world, Persona::Supervisor, "2026-11").await.data();
    world.advance_days(2);
    let missing = db_task(world, owed(0x503)).await;
    let late = submitted(missing.clone(), Persona::Signatory, 22);
    change(&world.services.store, missing, late).await;
    let in_time = db_task(world, owed(0x501)).await;
    let accepted = task::Model {
        state: TaskState::Done,
        decided_at: Some(NOW + TimeDelta::days(22)),
        ..in_time.clone()
    };
    change(&world.services.store, in_time, accepted).await;

    let after = ask(world, Persona::Auditor, "2026-11").await;
    assert_eq!(after.at("/briefing/published/content"), &before);
    let live = after.at("/briefing/live/total");
    assert_eq!(live["reportsLate"]["ids"], ids(&[owed(0x502), owed(0x503)]));
    assert_eq!(live["reportsMissing"]["count"], 0);
    let row = briefing::Entity::find()
        .one(&world.db)
        .await
        .unwrap()
        .unwrap();
    let frozen = published_figures(&row).unwrap();
    let head = Head {
        seq: row.ledger_seq,
        hash: row.ledger_hash.clone(),
    };
    let again = world
        .services
        .briefing_at(HERE, frozen.month, &head, frozen.judged_on);
    assert_eq!(again.await.unwrap(), frozen);
    let client = world.client_of(Persona::Viewer).await;
    let node = "query N($id: ID!) { node(id: $id) { id ... on Briefing { number publishedBy { name } } } }";
    let node = client.ask(node, json!({ "id": text(row.id) })).await;
    assert_eq!(node.at("/node/number"), "督通〔2026〕1号");
}

async fn a_month_is_published_once_and_numbered_without_gaps(world: &World) {
    let early = publish(world, Persona::Supervisor, "2026-11").await;
    assert_eq!(early.blockers(), ["MONTH_NOT_OVER"]);
    for month in ["2026-13", "November", "2026-1"] {
        let wrong = publish(world, Persona::Supervisor, month).await;
        assert_eq!(wrong.fields(), ["month"], "{month}");
    }
    let ahead = ask(world, Persona::Supervisor, "2026-12").await;
    assert_eq!(ahead.fields(), ["month"]);
    let first = publish(world, Persona::Supervisor, "2026-10").await;
    assert_eq!(
        first.at("/briefingPublish/briefing/number"),
        "督通〔2026〕1号"
    );
    let again = publish(world, Persona::Supervisor, "2026-10").await;
    assert_eq!(again.blockers(), ["BRIEFING_PUBLISHED"]);
    assert!(again.text.contains("督通〔2026〕1号"), "{}", again.text);
    let second = publish(world, Persona::Supervisor, "2026-09").await;
    assert_eq!(
        second.at("/briefingPublish/briefing/number"),
        "督通〔2026〕2号"
    );
    let client = world.client_of(Persona::Supervisor).await;
    let list = "query L($id: ID!, $after: String) { briefings(jurisdictionId: $id, first: 1, after: $after) {
        totalCount nodes { month } pageInfo { endCursor hasNextPage } } }";
    let page = client.ask(list, json!({ "id": text(HERE) })).await;
    assert_eq!(page.at("/briefings/totalCount"), 2);
    assert_eq!(page.at("/briefings/nodes/0/month"), "2026-10");
    let after = page.at("/briefings/pageInfo/endCursor");
    let page = client
        .ask(list, json!({ "id": text(HERE), "after": after }))
        .await;
    assert_eq!(page.at("/briefings/nodes/0/month"), "2026-09");
    assert_eq!(page.at("/briefings/pageInfo/hasNextPage"), false);
}

fn command(month: &str, key: Option<&str>) -> BriefingPublish {
    BriefingPublish {
        jurisdiction: HERE,
        month: month.to_owned(),
        reason: None,
        idempotency_key: key.map(str::to_owned),
    }
}

async fn call(world: &World) -> Call {
    Call {
        principal: world.principal(Persona::Supervisor).await,
        request: request(),
        simulated: false,
        version: None,
    }
}

async fn of_many_publishers_one_wins_and_months_queue_for_numbers(world: &World) {
    let call = call(world).await;
    let same = (0..6).map(|_| {
        world
            .services
            .publish_briefing(&call, command("2026-10", None))
    });
    let done = futures_util::future::join_all(same).await;
    assert_eq!(done.iter().filter(|result| result.is_ok()).count(), 1);
    for error in done.into_iter().filter_map(Result::err) {
        assert_eq!(error.code(), "BLOCKED");
    }
    let months: Vec<String> = (1..=8).map(|n| format!("2026-{n:02}")).collect();
    let each = months.iter().map(|month| {
        let publish = command(month, Some(month));
        world.services.publish_briefing(&call, publish)
    });
    let done: Result<Vec<_>, _> = futures_util::future::join_all(each)
        .await
        .into_iter()
        .collect();
    let replayed = world
        .services
        .publish_briefing(&call, command("2026-01", Some("2026-01")));
    assert_eq!(replayed.await.unwrap(), done.unwrap()[0]);
    let rows = briefing::Entity::find().all(&world.db).await.unwrap();
    let mut numbers: Vec<i32> = rows.iter().map(|row| row.sequence).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=9).collect::<Vec<_>>());
}

async fn a_figure_is_charged_to_who_held_it_on_its_day(world: &World) {
    add_tasks(&world.services.store, november()).await;
    world.advance_days(20);
    // Due on the 5th, moved to another unit on the 11th.
    let held = db_task(world, owed(0x503)).await;
    let moved = task::Model {
        unit_id: Some(STATION),
        ..held.clone()
    };
    change(&world.services.store, held, moved).await;
    let november = live(world, "2026-11").await;
    let of = |unit: Value| {
        let rows = november["byUnit"].as_array().unwrap().iter();
        let mut own = rows.filter(|row| row["unit"]["id"] == unit);
        own.next().cloned().unwrap_or_default()
    };
    let missing = |unit: Value| of(unit)["figures"]["reportsMissing"]["ids"].clone();
    assert_eq!(missing(text(WATER)), ids(&[owed(0x503)]));
    assert_eq!(missing(text(STATION)), json!([]));
    assert_eq!(
        of(text(STATION))["figures"]["milestonesMissedCurrent"]["ids"],
        ids(&[LEVEE_START])
    );
}

async fn units_do_not_read_briefings(world: &World) {
    publish(world, Persona::Supervisor, "2026-10").await.data();
    for who in [
        Persona::Reporter,
        Persona::Signatory,
        Persona::OtherSignatory,
        Persona::SupervisorAreas,
    ] {
        ask(world, who, "2026-10").await.refused("FORBIDDEN");
        publish(world, who, "2026-09").await.refused("FORBIDDEN");
    }
    ask(world, Persona::SupervisorElsewhere, "2026-10")
        .await
        .refused("NOT_FOUND");
    for who in [
        Persona::Auditor,
        Persona::Viewer,
        Persona::ScopedAdministrator,
    ] {
        publish(world, who, "2026-09").await.refused("FORBIDDEN");
        ask(world, who, "2026-10").await.data();
    }
    let elsewhere = world.client_of(Persona::SupervisorElsewhere).await;
    let variables = json!({ "id": text(ELSEWHERE), "month": "2026-10" });
    let own = elsewhere.ask(&document(), variables).await;
    assert_eq!(own.at("/briefing/published"), &Value::Null);
}

async fn a_briefing_takes_as_few_statements_however_much_there_is(world: &World) {
    let mut counts = Vec::new();
    for rows in [vec![], november()] {
        if !rows.is_empty() {
            add_tasks(&world.services.store, rows).await;
        }
        world.client_of(Persona::Supervisor).await;
        let before = world.services.store.statements();
        live(world, "2026-11").await;
        counts.push(world.services.store.statements() - before);
    }
    assert!(counts[0] <= 24, "{counts:?}");
    assert!(counts[1] <= counts[0], "{counts:?}");
}

/// As any plain list: many aliases of a long one bring too much.
async fn the_ids_behind_a_figure_are_counted(world: &World) {
    let orders = (0..700).map(|n| order(0x9_0000 + n, WATER)).collect();
    add_tasks(&world.services.store, orders).await;
    let client = world.client_of(Persona::Supervisor).await;
    let times = |count| {
        let ids: Vec<String> = (0..count).map(|n| format!("a{n}: ids")).collect();
        format!(
            "query B($id: ID!) {{ briefing(jurisdictionId: $id, month: \"2026-11\") {{
                live {{ total {{ ordersOpen {{ count {} }} }} }} }} }}",
            ids.join(" ")
        )
    };
    let id = json!({ "id": text(HERE) });
    let one = client.ask(&times(1), id.clone()).await;
    let count = one.at("/briefing/live/total/ordersOpen/count");
    assert!(count.as_u64() > Some(700), "{count}");
    let many = client.ask(&times(30), id).await;
    assert_eq!(many.refused("LIMIT_EXCEEDED")["limit"], "listed");
}
