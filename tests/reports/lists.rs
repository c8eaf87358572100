//! What is missing, the submission log, and what reports sum up to.

use duban_entities::project_investment;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};

use super::{act, begin, db_made, duty, midnight};
use crate::support::client::text;
use crate::support::known::{
    BUILDING, BUILDING_REPORT, FOREIGN_UNIT, HERE, MEMBER, PROGRAMME, RESERVOIR, RESERVOIR_REPORT,
    STATION, WATER,
};
use crate::support::{Persona, World, on_both};

on_both!(
    missing_reports_are_grouped_by_unit_and_month,
    a_report_that_was_returned_is_missing_nowhere,
    a_page_goes_on_where_the_last_one_ended,
    the_log_says_who_submitted_what_when,
    a_project_lists_its_reports_and_says_who_may_submit,
    investment_is_planned_and_actual,
    a_programme_rolls_its_members_up,
    tasks_are_found_by_their_month,
    the_rules_are_served,
    lists_take_as_few_statements_however_long,
);

const MISSING: &str = "query Q($f: MissingReportsFilter, $first: Int, $after: String) {
    missingReports(filter: $f, first: $first, after: $after) { totalCount
        pageInfo { hasNextPage endCursor }
        nodes { unit { id } period count reports { id period daysOverdue project { code } } } } }";
const LOG: &str = "query Q($f: SubmissionFilter, $first: Int) {
    submissionLog(filter: $f, first: $first) { totalCount
        nodes { period number state submittedOn submittedBy { name } late daysLate returnCount
            unit { id } project { code } report { id } } } }";

async fn ask(world: &World, who: Persona, document: &str, variables: Value) -> Value {
    let client = world.client_of(who).await;
    client.ask(document, variables).await.data().clone()
}

/// Two months later, nothing was reported.
async fn two_months(world: &World) {
    begin(world).await;
    world.clock.set(midnight(2027, 1, 20));
    assert_eq!(duty(world).await, 6);
}

fn groups(answer: &Value) -> Vec<(&Value, &str, i64)> {
    let nodes = answer["missingReports"]["nodes"].as_array().unwrap();
    let group = |node| -> (&Value, &str, i64) {
        let node: &Value = node;
        let period = node["period"].as_str().unwrap();
        (&node["unit"]["id"], period, node["count"].as_i64().unwrap())
    };
    nodes.iter().map(group).collect()
}

async fn missing_reports_are_grouped_by_unit_and_month(world: &World) {
    two_months(world).await;
    let (water, station) = (text(WATER), text(STATION));
    let all = ask(world, Persona::Supervisor, MISSING, json!({})).await;
    let wanted = [
        (&water, "2026-12", 2),
        (&station, "2026-12", 1),
        (&water, "2026-11", 2),
        (&station, "2026-11", 1),
    ];
    assert_eq!(groups(&all), wanted);
    assert_eq!(
        all["missingReports"]["nodes"][0]["reports"][0]["daysOverdue"],
        15
    );
    let filter =
        json!({ "f": { "unitId": station, "periodFrom": "2026-12", "periodTo": "2026-12" } });
    let one = ask(world, Persona::Supervisor, MISSING, filter).await;
    assert_eq!(groups(&one), [(&station, "2026-12", 1)]);
    let first = ask(world, Persona::Supervisor, MISSING, json!({ "first": 2 })).await;
    let info = &first["missingReports"]["pageInfo"];
    assert_eq!(info["hasNextPage"], true);
    let rest = json!({ "after": info["endCursor"] });
    let rest = ask(world, Persona::Supervisor, MISSING, rest).await;
    assert_eq!(groups(&rest), wanted[2..]);

    let elsewhere = ask(world, Persona::SupervisorElsewhere, MISSING, json!({})).await;
    let foreign = text(FOREIGN_UNIT);
    assert_eq!(groups(&elsewhere), [(&foreign, "2026-10", 1)]);
    assert!(groups(&ask(world, Persona::OtherSignatory, MISSING, json!({})).await).is_empty());
    let client = world.client_of(Persona::Supervisor).await;
    let wrong = client
        .ask(MISSING, json!({ "f": { "periodFrom": "2026-13" } }))
        .await;
    assert_eq!(wrong.fields(), ["periodFrom"]);
    let unseen = client
        .ask(MISSING, json!({ "f": { "unitId": foreign } }))
        .await;
    unseen.refused("NOT_FOUND");
}

/// RESERVOIR's reports of November and December, submitted in time, returned, and past their
/// new date; as the member of a programme.
async fn db_returned(world: &World) -> Vec<Value> {
    begin(world).await;
    world.clock.set(midnight(2027, 1, 1));
    assert_eq!(duty(world).await, 6);
    let mut ids = Vec::new();
    for row in db_made(world).await {
        if row.project_id != Some(RESERVOIR) {
            continue;
        }
        let input = json!({
            "taskId": text(row.id), "percentComplete": "13", "investmentThisMonth": "0",
            "investmentToDate": "900", "narrative": row.title,
        });
        let submitted = act(
            world,
            Persona::Signatory,
            "reportSubmit",
            input,
            "report { id }",
        );
        submitted.await.data();
        let back = json!({ "taskId": text(row.id), "reason": "数字不符", "dueDate": "2027-01-10" });
        let returned = act(
            world,
            Persona::Supervisor,
            "taskReturn",
            back,
            "task { id }",
        );
        returned.await.data();
        ids.push(text(row.id));
    }
    let member = duban_entities::project::Entity::update_many()
        .col_expr(
            duban_entities::project::Column::ParentId,
            Expr::value(PROGRAMME),
        )
        .filter(duban_entities::project::Column::Id.eq(RESERVOIR));
    member.exec(&world.db).await.unwrap();
    world.clock.set(midnight(2027, 1, 20));
    ids
}

/// Whoever is asked.
async fn a_report_that_was_returned_is_missing_nowhere(world: &World) {
    let ids = db_returned(world).await;
    let adopt = json!({
        "jurisdictionId": text(HERE), "code": "STANDARD", "effectiveFrom": "2027-01-20",
        "document": { "title": "红黄绿评定办法" }, "reason": "经研究", "expectedVersion": 1,
    });
    let adopted = act(
        world,
        Persona::Supervisor,
        "ratingRulesAdopt",
        adopt,
        "adoption { id }",
    );
    adopted.await.data();
    let document = "query Q($here: ID!, $id: ID!, $programme: ID!) {
        tasks(filter: { kind: [REPORT], period: \"2026-12\", due: OVERDUE }) { nodes { id } }
        missingReports { nodes { reports { id } } }
        orderProposals(first: 100) { nodes { ground project { id } } }
        project(by: { id: $id }) { rating { reasons { code } } }
        programme: project(by: { id: $programme }) { reportSummary(period: \"2026-12\") {
            due in missing } }
        briefing(jurisdictionId: $here, month: \"2026-12\") { live { total {
            reportsMissing { ids } reportsInTime { ids } } } }
        assessment(jurisdictionId: $here, from: \"2026-11\", to: \"2026-12\") { units {
            reportsMissing { ids } } }
    }";
    let variables =
        json!({ "here": text(HERE), "id": text(RESERVOIR), "programme": text(PROGRAMME) });
    let all = ask(world, Persona::Supervisor, document, variables).await;
    let has = |part: &Value| {
        ids.iter()
            .any(|id| part.to_string().contains(&id.to_string()))
    };
    assert!(has(&all["tasks"]), "it is overdue by its new date");
    for part in ["missingReports", "assessment"] {
        assert!(!has(&all[part]), "{part}: {}", all[part]);
    }
    let briefing = &all["briefing"]["live"]["total"];
    assert!(!has(&briefing["reportsMissing"]) && has(&briefing["reportsInTime"]));
    let summary = json!({ "due": 1, "in": 1, "missing": 0 });
    assert_eq!(all["programme"]["reportSummary"], summary);
    let reasons = all["project"]["rating"]["reasons"].to_string();
    assert!(!reasons.contains("REPORTS_MISSED"), "{reasons}");
    let proposed = all["orderProposals"]["nodes"].as_array().unwrap();
    let pressed = json!({ "ground": "REPORTS_MISSED", "project": { "id": text(RESERVOIR) } });
    assert!(!proposed.contains(&pressed), "{proposed:?}");
}

/// Though the group that it ended with is settled meanwhile.
async fn a_page_goes_on_where_the_last_one_ended(world: &World) {
    two_months(world).await;
    let first = ask(world, Persona::Supervisor, MISSING, json!({ "first": 2 })).await;
    let missing = &first["missingReports"];
    for report in missing["nodes"][1]["reports"].as_array().unwrap() {
        let input = json!({ "taskId": report["id"], "reason": "并入专项上报" });
        let waived = act(
            world,
            Persona::Supervisor,
            "reportWaive",
            input,
            "report { id }",
        );
        waived.await.data();
    }
    let rest = json!({ "after": missing["pageInfo"]["endCursor"] });
    let rest = ask(world, Persona::Supervisor, MISSING, rest).await;
    let (water, station) = (text(WATER), text(STATION));
    let left = [(&water, "2026-11", 2), (&station, "2026-11", 1)];
    assert_eq!(groups(&rest), left);
    let client = world.client_of(Persona::Supervisor).await;
    let wrong = client.ask(MISSING, json!({ "after": "2026-13.x" })).await;
    assert_eq!(wrong.fields(), ["after"]);
}

async fn the_log_says_who_submitted_what_when(world: &World) {
    world.advance_days(10);
    let input = json!({
        "taskId": text(RESERVOIR_REPORT), "percentComplete": "13",
        "investmentThisMonth": "1", "investmentToDate": "901", "narrative": "补充工程量",
    });
    act(
        world,
        Persona::Signatory,
        "reportSubmit",
        input,
        "report { id }",
    )
    .await
    .data();
    let all = ask(world, Persona::Supervisor, LOG, json!({})).await;
    assert_eq!(all["submissionLog"]["totalCount"], 3);
    let newest = &all["submissionLog"]["nodes"][0];
    let wanted = json!({
        "period": "2026-09", "number": 2, "state": "SUBMITTED", "submittedOn": "2026-12-01",
        "submittedBy": { "name": "Name of signatory-lead" }, "late": false, "daysLate": 0,
        "returnCount": 1, "unit": { "id": text(WATER) },
        "project": newest["project"].clone(), "report": { "id": text(RESERVOIR_REPORT) },
    });
    assert_eq!(*newest, wanted, "late is judged on the first submission");
    let october = json!({ "f": { "period": "2026-10", "unitId": text(WATER) } });
    let october = ask(world, Persona::Viewer, LOG, october).await;
    assert_eq!(
        october["submissionLog"]["nodes"][0]["report"]["id"],
        text(BUILDING_REPORT)
    );
    assert_eq!(october["submissionLog"]["totalCount"], 1);
    for (who, count) in [
        (Persona::Reporter, 3),
        (Persona::CoopReporter, 2),
        (Persona::OtherReporter, 0),
        (Persona::SupervisorElsewhere, 0),
        (Persona::Administrator, 3),
    ] {
        let log = ask(world, who, LOG, json!({})).await;
        assert_eq!(log["submissionLog"]["totalCount"], count, "{who:?}");
    }
}

const PROJECT: &str = "query Q($id: ID!, $period: String) { project(by: { id: $id }) {
    permissions { submitReport claimTasks verifyTasks }
    reports { totalCount nodes { period } }
    investment { total years { year planned actual } actualToDate }
    reportSummary(period: $period) { period members due in late missing waived percent } } }";

async fn project(world: &World, who: Persona, id: impl std::fmt::Display) -> Value {
    ask(world, who, PROJECT, json!({ "id": text(id) })).await["project"].clone()
}

async fn a_project_lists_its_reports_and_says_who_may_submit(world: &World) {
    two_months(world).await;
    let reservoir = project(world, Persona::Signatory, RESERVOIR).await;
    assert_eq!(reservoir["permissions"]["submitReport"], true);
    let periods =
        json!([{ "period": "2026-12" }, { "period": "2026-11" }, { "period": "2026-09" }]);
    assert_eq!(reservoir["reports"]["nodes"], periods, "newest first");
    assert_eq!(reservoir["reportSummary"], Value::Null);
    for who in [
        Persona::Reporter,
        Persona::CoopSignatory,
        Persona::Supervisor,
    ] {
        let seen = project(world, who, RESERVOIR).await;
        assert_eq!(seen["permissions"]["submitReport"], false, "{who:?}");
    }
    let building = project(world, Persona::Supervisor, BUILDING).await;
    assert_eq!(
        building["permissions"]["verifyTasks"], true,
        "its report waits"
    );
}

#[expect(
    clippy::too_many_lines,
    reason = "one story, from its beginning to its end"
)]
async fn investment_is_planned_and_actual(world: &World) {
    let plan = |year, amount| project_investment::Model {
        project_id: BUILDING,
        year,
        amount,
    };
    for row in [plan(2026, 1_000_000), plan(2027, 50)] {
        row.into_active_model().insert(&world.db).await.unwrap();
    }
    let verify = |task: Value| json!({ "taskId": task });
    act(
        world,
        Persona::Supervisor,
        "taskVerify",
        verify(text(BUILDING_REPORT)),
        "task { id }",
    )
    .await
    .data();
    two_months(world).await;
    for (period, month) in [("2026-11", "10.5"), ("2026-12", "0.25")] {
        let made = db_made(world).await;
        let of = |row: &&duban_entities::task::Model| {
            row.project_id == Some(BUILDING) && row.period.as_deref() == Some(period)
        };
        let id = text(made.iter().find(of).unwrap().id);
        let input = json!({
            "taskId": id, "percentComplete": "20", "investmentThisMonth": month,
            "investmentToDate": "1000", "narrative": format!("{period} 进展"),
        });
        act(
            world,
            Persona::Signatory,
            "reportSubmit",
            input,
            "report { id }",
        )
        .await
        .data();
        if period == "2026-11" {
            act(
                world,
                Persona::Supervisor,
                "taskVerify",
                verify(id),
                "task { id }",
            )
            .await
            .data();
        }
    }
    let building = project(world, Persona::Viewer, BUILDING).await;
    let wanted = json!({
        "total": null, "actualToDate": "1000", "years": [
            { "year": 2026, "planned": "10000", "actual": "110.5" },
            { "year": 2027, "planned": "0.5", "actual": null },
        ],
    });
    assert_eq!(
        building["investment"], wanted,
        "what is not accepted does not count"
    );
}

#[expect(
    clippy::too_many_lines,
    reason = "one story, from its beginning to its end"
)]
async fn a_programme_rolls_its_members_up(world: &World) {
    begin(world).await;
    let lead = json!({ "projectId": text(MEMBER), "leadUnitId": text(WATER) });
    act(
        world,
        Persona::Supervisor,
        "unitAssign",
        lead,
        "assignedCount",
    )
    .await
    .data();
    let start = json!({ "projectId": text(MEMBER), "to": "PREPARATION", "reason": "前期" });
    act(
        world,
        Persona::Signatory,
        "projectMove",
        start,
        "project { id }",
    )
    .await
    .data();
    world.clock.set(midnight(2026, 12, 9));
    assert_eq!(duty(world).await, 4);
    let summary = |period: &str, counts: [i32; 5], percent: Value| {
        let [due, came, late, missing, waived] = counts;
        json!({
            "period": period, "members": 1, "due": due, "in": came, "late": late,
            "missing": missing, "waived": waived, "percent": percent,
        })
    };
    let seen = project(world, Persona::Supervisor, PROGRAMME).await;
    let wanted = summary("2026-11", [1, 0, 0, 1, 0], Value::Null);
    assert_eq!(seen["reportSummary"], wanted, "the last month that is over");
    let made = db_made(world).await;
    let id = text(
        made.iter()
            .find(|row| row.project_id == Some(MEMBER))
            .unwrap()
            .id,
    );
    let input = json!({
        "taskId": id, "percentComplete": "7.5", "investmentThisMonth": "0",
        "investmentToDate": "0", "narrative": "勘察",
    });
    act(
        world,
        Persona::Signatory,
        "reportSubmit",
        input,
        "report { id }",
    )
    .await
    .data();
    let verify = json!({ "taskId": id });
    act(
        world,
        Persona::Supervisor,
        "taskVerify",
        verify,
        "task { id }",
    )
    .await
    .data();
    let seen = project(world, Persona::Supervisor, PROGRAMME).await;
    assert_eq!(
        seen["reportSummary"],
        summary("2026-11", [1, 1, 1, 0, 0], json!("7.5"))
    );
    let earlier = json!({ "id": text(PROGRAMME), "period": "2026-09" });
    let earlier = ask(world, Persona::Supervisor, PROJECT, earlier).await;
    let wanted = summary("2026-09", [0, 0, 0, 0, 0], json!("7.5"));
    assert_eq!(earlier["project"]["reportSummary"], wanted);
}

async fn tasks_are_found_by_their_month(world: &World) {
    let document = "query Q($p: String) { tasks(filter: { period: $p }) { nodes { id } } }";
    let found = ask(
        world,
        Persona::Supervisor,
        document,
        json!({ "p": "2026-10" }),
    )
    .await;
    assert_eq!(
        found["tasks"]["nodes"],
        json!([{ "id": text(BUILDING_REPORT) }])
    );
    let client = world.client_of(Persona::Supervisor).await;
    let wrong = client.ask(document, json!({ "p": "October" })).await;
    assert_eq!(wrong.fields(), ["period"]);
}

async fn the_rules_are_served(world: &World) {
    let document = "{ reportingRules { holidayYears unknownHolidayYears
        rules { jurisdictionCode from stages day differencePoints } } }";
    let rules = ask(world, Persona::Viewer, document, json!({})).await;
    let wanted = json!({
        "holidayYears": [], "unknownHolidayYears": [2026, 2027],
        "rules": [{
            "jurisdictionCode": null, "from": "2020-01",
            "stages": ["PREPARATION", "CONSTRUCTION"], "day": 5, "differencePoints": 10,
        }],
    });
    assert_eq!(rules["reportingRules"], wanted);
}

async fn lists_take_as_few_statements_however_long(world: &World) {
    two_months(world).await;
    let reports =
        "query Q($first: Int) { tasks(filter: { kind: [REPORT] }, first: $first) { nodes {
        id ... on Report { reportedPercent narrative achieved { targetName }
            revisions { number submittedBy { name } } draft { narrative }
            permissions { submit } } } } }";
    for document in [MISSING, LOG, reports] {
        let client = world.client_of(Persona::Supervisor).await;
        let mut counts = Vec::new();
        for first in [1, 100] {
            let before = world.services.store.statements();
            client.ask(document, json!({ "first": first })).await.data();
            counts.push(world.services.store.statements() - before);
        }
        assert!(
            counts[1] <= counts[0] + 4 && counts[1] <= 18,
            "{document}: {counts:?}"
        );
    }
    let rows = project_investment::Entity::find()
        .all(&world.db)
        .await
        .unwrap();
    assert!(rows.is_empty());
}
