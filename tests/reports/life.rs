//! A report from its draft to its acceptance, and what is refused on the way.

use duban_entities::{report_draft, report_revision, task};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use super::{act, begin, db_made, duty, midnight, move_with_approval};
use crate::support::client::text;
use crate::support::dump::{assert_same, db_dump};
use crate::support::known::{
    BUILDING, BUILDING_REPORT, DAM, LEVEE, RESERVOIR, RESERVOIR_REPORT, TRANSPORT,
};
use crate::support::{Answer, Persona, World, on_both};

on_both!(
    a_report_is_drafted_submitted_returned_and_accepted,
    a_draft_is_the_units_own,
    a_draft_does_not_go_to_the_next_lead,
    an_accepted_report_is_corrected_by_another_revision,
    a_returned_correction_leaves_what_was_accepted,
    late_is_judged_on_the_first_submission,
    what_a_report_must_say,
    nothing_changed_is_said_explicitly,
    figures_fall_only_with_a_reason,
    a_late_month_exceeds_a_later_one_only_with_a_reason,
    many_reports_are_submitted_or_none,
    a_report_raises_issues_or_nothing_is_written,
    a_report_is_waived,
    what_blocks_a_report,
    a_suspension_stops_open_reports_and_a_cancellation_ends_them,
    two_acceptors_one_wins,
    a_submission_that_comes_twice_has_one_effect,
);

const REPORT: &str = "report { id state version period dueDate dueBasis daysOverdue late
    reportedPercent investmentThisMonth investmentToDate narrative unchanged reason returnCount
    permissions { save submit waive } }";
const TASK: &str = "task { id state version dueDate dueBasis daysOverdue }";

/// What a unit says of RESERVOIR's September.
fn says(percent: &str) -> Value {
    json!({
        "taskId": text(RESERVOIR_REPORT), "percentComplete": percent,
        "investmentThisMonth": "50", "investmentToDate": "950.5", "narrative": "主坝填筑",
        "nextSteps": "安装闸门",
    })
}

fn with(mut input: Value, more: &[(&str, Value)]) -> Value {
    for (name, value) in more {
        input[*name] = value.clone();
    }
    input
}

async fn submit(world: &World, input: Value) -> Answer {
    act(world, Persona::Signatory, "reportSubmit", input, REPORT).await
}

async fn verify(world: &World, task: Value) -> Answer {
    let input = json!({ "taskId": task });
    act(world, Persona::Supervisor, "taskVerify", input, TASK).await
}

async fn send_back(world: &World, task: Value) -> Answer {
    let input = json!({ "taskId": task, "reason": "数字不符" });
    act(world, Persona::Supervisor, "taskReturn", input, TASK).await
}

const READ: &str = "query Q($id: ID!) { task(id: $id) { id state version ... on Report {
    late reportedPercent narrative waived waiveReason returnCount evidence { title }
    revisions { number state reportedPercent reason decisionNote submittedOn
        submittedBy { name } decidedBy { name } achieved { targetName quantity } }
    draft { version narrative percentComplete savedBy { name } issues { title } }
    permissions { save submit waive } } } }";

async fn read(world: &World, who: Persona, id: Value) -> Value {
    let client = world.client_of(who).await;
    client
        .ask(READ, json!({ "id": id }))
        .await
        .at("/task")
        .clone()
}

fn states(report: &Value) -> Vec<&str> {
    let revisions = report["revisions"].as_array().unwrap().iter();
    revisions
        .map(|one| one["state"].as_str().unwrap())
        .collect()
}

async fn a_report_is_drafted_submitted_returned_and_accepted(world: &World) {
    let id = text(RESERVOIR_REPORT);
    let draft = json!({ "taskId": id, "narrative": "初稿" });
    act(
        world,
        Persona::Reporter,
        "reportSave",
        draft,
        "report { id }",
    )
    .await
    .data();
    let submitted = submit(world, says("13.25")).await;
    let report = submitted.at("/reportSubmit/report");
    assert_eq!(report["state"], "SUBMITTED");
    assert_eq!(report["reportedPercent"], "13.25");
    assert_eq!(report["investmentToDate"], "950.5");
    assert_eq!(
        report["permissions"],
        json!({ "save": false, "submit": false, "waive": false })
    );
    assert_eq!(
        read(world, Persona::Reporter, id.clone()).await["draft"],
        Value::Null
    );

    let returned = send_back(world, id.clone()).await;
    let task = returned.at("/taskReturn/task");
    // The fixture's date is later than three working days from Saturday.
    assert_eq!(
        (&task["state"], &task["dueDate"]),
        (&json!("OPEN"), &json!("2026-11-27"))
    );
    assert_eq!(
        task["dueBasis"], "REPORTING_DAY",
        "a return changes no basis"
    );
    submit(world, says("13")).await.data();
    let done = verify(world, id.clone()).await;
    assert_eq!(done.at("/taskVerify/task/state"), "DONE");
    let report = read(world, Persona::Supervisor, id).await;
    assert_eq!(states(&report), ["RETURNED", "RETURNED", "ACCEPTED"]);
    assert_eq!(report["reportedPercent"], "13");
    assert_eq!(report["revisions"][1]["decisionNote"], "数字不符");
    assert_eq!(
        report["revisions"][2]["submittedBy"]["name"],
        "Name of signatory-lead"
    );
    let document = "query Q($id: ID!) { project(by: { id: $id }) { percentComplete } }";
    let client = world.client_of(Persona::Supervisor).await;
    let project = client.ask(document, json!({ "id": text(RESERVOIR) })).await;
    assert_eq!(
        project.at("/project/percentComplete"),
        "20",
        "a report moves no milestone"
    );
}

#[expect(
    clippy::too_many_lines,
    reason = "one story, from its beginning to its end"
)]
async fn a_draft_is_the_units_own(world: &World) {
    let id = text(RESERVOIR_REPORT);
    let issue = json!([{ "title": "征地", "description": "未签约", "dueDate": "2026-12-15" }]);
    let first =
        json!({ "taskId": id, "narrative": "初稿", "percentComplete": "200", "issues": issue });
    act(
        world,
        Persona::Reporter,
        "reportSave",
        first,
        "report { id }",
    )
    .await
    .data();
    let second = json!({ "taskId": id, "narrative": "二稿", "expectedVersion": 1 });
    act(
        world,
        Persona::Signatory,
        "reportSave",
        second.clone(),
        "report { id }",
    )
    .await
    .data();
    let stale = act(
        world,
        Persona::Reporter,
        "reportSave",
        second,
        "report { id }",
    )
    .await;
    assert_eq!(stale.refused("CONFLICT")["currentVersion"], 2);
    for own in [Persona::Reporter, Persona::Signatory, Persona::BothHats] {
        let report = read(world, own, id.clone()).await;
        assert_eq!(report["draft"]["narrative"], "二稿", "{own:?}");
        assert_eq!(report["draft"]["savedBy"]["name"], "Name of signatory-lead");
    }
    for other in [
        Persona::CoopSignatory,
        Persona::Supervisor,
        Persona::SupervisorAtHome,
        Persona::Auditor,
        Persona::Viewer,
        Persona::Integrator,
        Persona::Administrator,
    ] {
        assert_eq!(
            read(world, other, id.clone()).await["draft"],
            Value::Null,
            "{other:?}"
        );
    }
    let long = json!({ "taskId": id, "narrative": "长".repeat(2_001) });
    let refused = act(
        world,
        Persona::Reporter,
        "reportSave",
        long,
        "report { id }",
    )
    .await;
    assert_eq!(refused.fields(), ["narrative"]);
    let rows = report_draft::Entity::find().all(&world.db).await.unwrap();
    assert_eq!(rows.len(), 1);
    let mut entries = world.db_new_entries().await;
    entries.retain(|entry| entry.action == "report.save");
    assert_eq!(entries.len(), 2);
    assert!(
        entries.iter().all(|entry| !entry.changes.contains("稿")),
        "content stays out"
    );
}

/// The report goes to the next lead, what the former one wrote on it does not.
async fn a_draft_does_not_go_to_the_next_lead(world: &World) {
    let id = text(RESERVOIR_REPORT);
    let draft = json!({ "taskId": id, "narrative": "内部初稿" });
    let saved = act(
        world,
        Persona::Reporter,
        "reportSave",
        draft,
        "report { id }",
    );
    saved.await.data();
    let lead = json!({ "reassign": {
        "projectId": text(RESERVOIR), "leadUnitId": text(TRANSPORT), "reason": "职能调整",
    } });
    let selection = "changeRequest { id }";
    let asked = act(world, Persona::Signatory, "changePropose", lead, selection).await;
    let change = asked.at("/changePropose/changeRequest/id");
    let approve = json!({ "changeRequestId": change, "decision": "APPROVE" });
    let approved = act(
        world,
        Persona::Supervisor,
        "changeDecide",
        approve,
        selection,
    );
    approved.await.data();
    for who in [Persona::OtherReporter, Persona::Reporter] {
        let report = read(world, who, id.clone()).await;
        assert_eq!(report["draft"], Value::Null, "{who:?}");
    }
    let of = report_draft::Column::TaskId.eq(RESERVOIR_REPORT);
    let row = report_draft::Entity::find().filter(of).one(&world.db).await;
    assert_eq!(row.unwrap().unwrap().content, "");
    let entries = world.db_new_entries().await;
    let mut drafts = entries
        .iter()
        .filter(|entry| entry.subject_type == "ReportDraft");
    assert_eq!(drafts.next_back().unwrap().action, "change.decide");
    let anew = json!({ "taskId": id, "narrative": "新稿" });
    let saved = act(
        world,
        Persona::OtherReporter,
        "reportSave",
        anew,
        "report { id }",
    );
    saved.await.data();
    let report = read(world, Persona::OtherReporter, id).await;
    assert_eq!(report["draft"]["narrative"], "新稿");
}

async fn an_accepted_report_is_corrected_by_another_revision(world: &World) {
    let id = text(BUILDING_REPORT);
    verify(world, id.clone()).await.data();
    let correction = json!({
        "taskId": id, "percentComplete": "11", "investmentThisMonth": "90",
        "investmentToDate": "890", "narrative": "更正",
    });
    let refused = submit(world, correction.clone()).await;
    assert_eq!(refused.fields(), ["reason"]);
    let correction = with(correction, &[("reason", json!("多报一笔"))]);
    let submitted = submit(world, correction).await;
    assert_eq!(submitted.at("/reportSubmit/report/state"), "SUBMITTED");
    let waiting = read(world, Persona::Supervisor, id.clone()).await;
    assert_eq!(states(&waiting), ["ACCEPTED", "SUBMITTED"]);
    verify(world, id.clone()).await.data();
    let report = read(world, Persona::Viewer, id).await;
    assert_eq!(report["state"], "DONE");
    assert_eq!(states(&report), ["SUPERSEDED", "ACCEPTED"]);
    assert_eq!(report["revisions"][0]["reportedPercent"], "12.5");
    assert_eq!(report["revisions"][1]["reason"], "多报一笔");
    assert_eq!(report["reportedPercent"], "11");
    assert_eq!(report["late"], false);
}

async fn a_returned_correction_leaves_what_was_accepted(world: &World) {
    let id = text(BUILDING_REPORT);
    let submission = "query Q($id: ID!) { task(id: $id) { completedOn submittedAt
        submittedBy { name } evidence { title documentNumber } } }";
    let submission = async || {
        let client = world.client_of(Persona::Supervisor).await;
        let answer = client.ask(submission, json!({ "id": id })).await;
        answer.at("/task").clone()
    };
    // Once through the API, so that the task says what the accepted revision does.
    send_back(world, id.clone()).await.data();
    let first = json!([{ "title": "进度报表", "documentNumber": "驻水报〔2026〕9号" }]);
    let first = with(says("12.5"), &[("taskId", id.clone()), ("evidence", first)]);
    submit(world, first).await.data();
    verify(world, id.clone()).await.data();
    let accepted = submission().await;
    assert_eq!(accepted["submittedBy"]["name"], "Name of signatory-lead");
    world.advance_days(3);
    let correction = with(
        says("99"),
        &[
            ("taskId", id.clone()),
            ("reason", json!("更正")),
            ("evidence", json!([{ "title": "更正依据" }])),
        ],
    );
    act(world, Persona::BothHats, "reportSubmit", correction, REPORT)
        .await
        .data();
    assert_ne!(submission().await, accepted);
    let dated = json!({ "taskId": id, "reason": "无据", "dueDate": "2026-12-20" });
    let refused = act(world, Persona::Supervisor, "taskReturn", dated, TASK).await;
    assert_eq!(refused.fields(), ["dueDate"]);
    let returned = send_back(world, id.clone()).await;
    assert_eq!(returned.at("/taskReturn/task/state"), "DONE");
    let report = read(world, Persona::Supervisor, id.clone()).await;
    assert_eq!(states(&report), ["RETURNED", "ACCEPTED", "RETURNED"]);
    assert_eq!(report["reportedPercent"], "12.5");
    assert_eq!(report["returnCount"], 2);
    assert_eq!(submission().await, accepted, "nothing of the correction");
}

async fn late_is_judged_on_the_first_submission(world: &World) {
    begin(world).await;
    world.clock.set(midnight(2026, 12, 1));
    duty(world).await;
    let made = db_made(world).await;
    let id = text(
        made.iter()
            .find(|row| row.project_id == Some(LEVEE))
            .unwrap()
            .id,
    );
    let input = with(says("5"), &[("taskId", id.clone())]);
    world.clock.set(midnight(2026, 12, 10));
    let submitted = submit(world, input.clone()).await;
    assert_eq!(submitted.at("/reportSubmit/report/late"), true);
    send_back(world, id.clone()).await.data();
    let again = submit(world, input).await;
    assert_eq!(again.at("/reportSubmit/report/late"), true);
    let done = verify(world, id).await;
    assert_eq!(done.at("/taskVerify/task/daysOverdue"), 3, "due on the 7th");
}

async fn what_a_report_must_say(world: &World) {
    let target = |name: &str| json!([{ "targetName": name, "quantity": "0.3" }]);
    for (change, wrong) in [
        (("percentComplete", json!("100.01")), "percentComplete"),
        (("percentComplete", json!("1.234")), "percentComplete"),
        (("percentComplete", Value::Null), "percentComplete"),
        (("investmentThisMonth", json!("-1")), "investmentThisMonth"),
        (("investmentThisMonth", json!("951")), "investmentToDate"),
        (("narrative", json!(" ")), "narrative"),
        (("narrative", json!("长".repeat(2_001))), "narrative"),
        (("nextSteps", json!("\u{7}")), "nextSteps"),
        (("reason", json!("长".repeat(2_001))), "reason"),
        (
            ("forecastCompletion", json!("2026-09-29")),
            "forecastCompletion",
        ),
        (("achieved", target("坝高")), "achieved.0.targetName"),
        (("evidence", json!([{ "title": "" }])), "evidence.0.title"),
    ] {
        let refused = submit(world, with(says("13"), std::slice::from_ref(&change))).await;
        assert_eq!(refused.fields(), [wrong], "{change:?}");
    }
    let all = with(
        says("-1"),
        &[("narrative", json!("")), ("achieved", target("坝高"))],
    );
    let refused = submit(world, all).await;
    let wanted = ["percentComplete", "narrative", "achieved.0.targetName"];
    assert_eq!(refused.fields(), wanted, "all problems together");
    let done = with(says("100"), &[("forecastCompletion", json!("2026-09-01"))]);
    submit(world, done).await.data();
}

/// BUILDING's report for November, behind the fixture's for October.
async fn november(world: &World) -> Value {
    begin(world).await;
    world.clock.set(midnight(2026, 12, 1));
    duty(world).await;
    let made = db_made(world).await;
    text(
        made.iter()
            .find(|row| row.project_id == Some(BUILDING))
            .unwrap()
            .id,
    )
}

async fn nothing_changed_is_said_explicitly(world: &World) {
    let id = november(world).await;
    let same = json!({
        "taskId": id, "percentComplete": "12.5", "investmentThisMonth": "0",
        "investmentToDate": "900", "narrative": "完成招标",
    });
    let refused = submit(world, same.clone()).await;
    assert_eq!(refused.fields(), ["unchanged"]);
    let other = with(
        same.clone(),
        &[("unchanged", json!(true)), ("percentComplete", json!("13"))],
    );
    assert_eq!(submit(world, other).await.fields(), ["percentComplete"]);
    let silent = json!({ "taskId": id, "unchanged": true });
    let submitted = submit(world, silent).await;
    let report = submitted.at("/reportSubmit/report");
    assert_eq!(report["reportedPercent"], "12.5");
    assert_eq!(report["investmentThisMonth"], "0");
    assert_eq!(report["investmentToDate"], "900");
    assert_eq!(
        (&report["unchanged"], &report["narrative"]),
        (&json!(true), &json!(""))
    );
    let first = json!({ "taskId": text(RESERVOIR_REPORT), "unchanged": true });
    let refused = submit(world, first).await;
    assert!(
        refused.fields().contains(&"unchanged".to_owned()),
        "nothing to be unchanged from"
    );
}

async fn figures_fall_only_with_a_reason(world: &World) {
    let id = november(world).await;
    let less = json!({
        "taskId": id, "percentComplete": "12", "investmentThisMonth": "0",
        "investmentToDate": "899.99", "narrative": "核减",
    });
    let refused = submit(world, less.clone()).await;
    assert_eq!(refused.fields(), ["percentComplete", "investmentToDate"]);
    let explained = with(less, &[("reason", json!("审计核减"))]);
    let submitted = submit(world, explained).await;
    assert_eq!(submitted.at("/reportSubmit/report/reason"), "审计核减");
}

/// RESERVOIR's September comes when its November is in.
async fn a_late_month_exceeds_a_later_one_only_with_a_reason(world: &World) {
    begin(world).await;
    world.clock.set(midnight(2027, 1, 1));
    duty(world).await;
    for (period, percent) in [("2026-12", "30"), ("2026-11", "20")] {
        let made = db_made(world).await;
        let of = |row: &&task::Model| {
            row.project_id == Some(RESERVOIR) && row.period.as_deref() == Some(period)
        };
        let id = text(made.iter().find(of).unwrap().id);
        let more = [
            ("taskId", id),
            ("investmentToDate", json!("900")),
            ("narrative", json!(period)),
        ];
        submit(world, with(says(percent), &more)).await.data();
    }
    // The next one counts, not the last.
    let over = submit(world, says("20.01")).await;
    assert_eq!(over.fields(), ["percentComplete", "investmentToDate"]);
    let explained = with(says("20.01"), &[("reason", json!("次月审计核减"))]);
    submit(world, explained).await.data();
}

async fn many_reports_are_submitted_or_none(world: &World) {
    let november = november(world).await;
    let many = |rows: Vec<Value>| json!({ "reports": rows });
    let selection = "reports { id state reportedPercent } issues { id }";
    let issue = json!([{ "title": "征地", "description": "未签约", "dueDate": "2026-11-01" }]);
    let wrong = vec![
        with(says("101"), &[("narrative", json!(""))]),
        json!({
            "taskId": november, "percentComplete": "12", "investmentThisMonth": "0",
            "investmentToDate": "900", "narrative": "进展", "issues": issue,
        }),
        with(says("1"), &[("taskId", text(BUILDING_REPORT))]),
        with(says("1"), &[("taskId", text(DAM))]),
    ];
    let before = db_dump(&world.db).await;
    let refused = act(
        world,
        Persona::Signatory,
        "reportsSubmit",
        many(wrong),
        selection,
    )
    .await;
    let wanted = [
        "reports.3.taskId",
        "reports.0.percentComplete",
        "reports.0.narrative",
        "reports.1.percentComplete",
        "reports.2.taskId",
    ];
    assert_eq!(refused.fields(), wanted);
    let twice = many(vec![says("13"), says("13")]);
    let refused = act(world, Persona::Signatory, "reportsSubmit", twice, selection).await;
    assert_eq!(refused.fields(), ["reports.1.taskId"]);
    assert_same(
        &before,
        &db_dump(&world.db).await,
        "a refused row refuses all",
    );

    let right = vec![says("13"), json!({ "taskId": november, "unchanged": true })];
    let input = with(many(right), &[("idempotencyKey", json!("month"))]);
    let done = act(
        world,
        Persona::Signatory,
        "reportsSubmit",
        input.clone(),
        selection,
    )
    .await;
    let reports = done.at("/reportsSubmit/reports").as_array().unwrap();
    assert_eq!(reports.len(), 2);
    assert!(reports.iter().all(|report| report["state"] == "SUBMITTED"));
    let again = act(world, Persona::Signatory, "reportsSubmit", input, selection).await;
    assert_eq!(again.data(), done.data());
}

async fn a_report_raises_issues_or_nothing_is_written(world: &World) {
    let issue = |due: &str| {
        json!([{
            "title": "征地受阻", "description": "两户未签约",
            "helpFromUnitId": text(TRANSPORT), "dueDate": due,
        }])
    };
    let before = db_dump(&world.db).await;
    let refused = submit(world, with(says("13"), &[("issues", issue("2026-11-20"))])).await;
    assert_eq!(refused.fields(), ["issues.0.dueDate"]);
    assert_same(&before, &db_dump(&world.db).await, "nothing is written");
    let input = with(says("13"), &[("issues", issue("2026-12-15"))]);
    let selection = "report { state } issues { id title state dueDate unit { id } description
        raisedBy { name } }";
    let done = act(world, Persona::Signatory, "reportSubmit", input, selection).await;
    let raised = done.at("/reportSubmit/issues/0");
    assert_eq!(raised["unit"]["id"], text(TRANSPORT));
    assert_eq!(raised["dueDate"], "2026-12-15");
    assert_eq!(raised["raisedBy"]["name"], "Name of signatory-lead");
}

async fn a_report_is_waived(world: &World) {
    let id = text(RESERVOIR_REPORT);
    let input = json!({ "taskId": id, "reason": "  " });
    let refused = act(world, Persona::Supervisor, "reportWaive", input, REPORT).await;
    assert_eq!(refused.fields(), ["reason"]);
    let input = json!({ "taskId": id, "reason": "并入专项上报", "expectedVersion": 1 });
    act(
        world,
        Persona::Supervisor,
        "reportWaive",
        input.clone(),
        REPORT,
    )
    .await
    .data();
    let report = read(world, Persona::Viewer, id).await;
    assert_eq!(
        (&report["state"], &report["waived"]),
        (&json!("CANCELLED"), &json!(true))
    );
    assert_eq!(report["waiveReason"], "并入专项上报");
    let again = act(world, Persona::Supervisor, "reportWaive", input, REPORT).await;
    again.refused("CONFLICT");
    assert_eq!(
        submit(world, says("13")).await.blockers(),
        ["TASK_NOT_OPEN"]
    );
}

async fn what_blocks_a_report(world: &World) {
    let claim = json!({ "taskId": text(RESERVOIR_REPORT) });
    let refused = act(world, Persona::Signatory, "taskClaim", claim, TASK).await;
    assert_eq!(refused.blockers(), ["USE_REPORT_SUBMIT"]);
    let waiting = with(says("13"), &[("taskId", text(BUILDING_REPORT))]);
    assert_eq!(
        submit(world, waiting.clone()).await.blockers(),
        ["TASK_NOT_OPEN"]
    );
    let saved = json!({ "taskId": text(BUILDING_REPORT), "narrative": "稿" });
    let refused = act(
        world,
        Persona::Reporter,
        "reportSave",
        saved,
        "report { id }",
    )
    .await;
    assert_eq!(refused.blockers(), ["REPORT_CLOSED"]);
    let milestone = with(says("13"), &[("taskId", text(DAM))]);
    assert_eq!(submit(world, milestone).await.blockers(), ["NOT_A_REPORT"]);
    let stale = with(says("13"), &[("expectedVersion", json!(7))]);
    submit(world, stale).await.refused("CONFLICT");
    let input = json!({ "taskId": text(BUILDING_REPORT), "reason": "免报" });
    let refused = act(world, Persona::Supervisor, "reportWaive", input, REPORT).await;
    assert_eq!(refused.blockers(), ["TASK_NOT_OPEN"]);
    // A reporter writes, and a signatory submits.
    let refused = act(world, Persona::Reporter, "reportSubmit", says("13"), REPORT).await;
    refused.refused("FORBIDDEN");
    let both = act(
        world,
        Persona::BothHats,
        "taskVerify",
        json!({ "taskId": text(BUILDING_REPORT) }),
        TASK,
    );
    both.await.refused("FORBIDDEN");
}

async fn a_suspension_stops_open_reports_and_a_cancellation_ends_them(world: &World) {
    let days = |answer: &Answer| answer.at("/task/daysOverdue").as_i64().unwrap();
    let ask = "query Q($id: ID!) { task(id: $id) { state daysOverdue } }";
    let id = json!({ "id": text(RESERVOIR_REPORT) });
    world.advance_days(10);
    let late = world
        .client_of(Persona::Viewer)
        .await
        .ask(ask, id.clone())
        .await;
    assert_eq!(days(&late), 4);
    move_with_approval(world, text(RESERVOIR), "SUSPENDED").await;
    world.advance_days(20);
    let halted = world
        .client_of(Persona::Viewer)
        .await
        .ask(ask, id.clone())
        .await;
    assert_eq!(days(&halted), 4, "its clock stands still");
    move_with_approval(world, text(RESERVOIR), "PREPARATION").await;
    world.advance_days(2);
    let going = world
        .client_of(Persona::Viewer)
        .await
        .ask(ask, id.clone())
        .await;
    assert_eq!(days(&going), 6);
    move_with_approval(world, text(RESERVOIR), "CANCELLED").await;
    let ended = world.client_of(Persona::Viewer).await.ask(ask, id).await;
    assert_eq!(ended.at("/task/state"), "CANCELLED");
    // What was reported before still waits for the office; returned, it is owed no more.
    move_with_approval(world, text(BUILDING), "CANCELLED").await;
    let waiting = read(world, Persona::Viewer, text(BUILDING_REPORT)).await;
    assert_eq!(waiting["state"], "SUBMITTED");
    let returned = send_back(world, text(BUILDING_REPORT)).await;
    assert_eq!(returned.at("/taskReturn/task/state"), "CANCELLED");
}

async fn two_acceptors_one_wins(world: &World) {
    let document = "mutation M($i: TaskVerifyInput!) { taskVerify(input: $i) { task { id } } }";
    for expected in [Value::Null, json!(1)] {
        let fresh = World::open(world.database.engine).await;
        let input = json!({ "taskId": text(BUILDING_REPORT), "expectedVersion": expected });
        let mut running = Vec::new();
        for who in [Persona::Supervisor, Persona::SupervisorAreas] {
            let client = fresh.client_of(who).await;
            let variables = json!({ "i": input });
            running.push(tokio::spawn(async move {
                client.ask(document, variables).await
            }));
        }
        let mut codes = Vec::new();
        for run in running {
            codes.extend(run.await.unwrap().code().map(str::to_owned));
        }
        let lost = if expected.is_null() {
            "BLOCKED"
        } else {
            "CONFLICT"
        };
        assert_eq!(codes, [lost]);
        let report = read(&fresh, Persona::Viewer, text(BUILDING_REPORT)).await;
        assert_eq!(states(&report), ["ACCEPTED"]);
        fresh.close().await;
    }
}

async fn a_submission_that_comes_twice_has_one_effect(world: &World) {
    let input = with(says("13"), &[("idempotencyKey", json!("september"))]);
    let first = submit(world, input.clone()).await;
    let second = submit(world, input.clone()).await;
    assert_eq!(first.data(), second.data());
    let other = with(input, &[("percentComplete", json!("14"))]);
    assert_eq!(submit(world, other).await.fields(), ["idempotencyKey"]);
    let count = report_revision::Entity::find()
        .count(&world.db)
        .await
        .unwrap();
    assert_eq!(count, 3, "the fixture's two and one");
    let row = task::Entity::find_by_id(RESERVOIR_REPORT)
        .one(&world.db)
        .await;
    assert_eq!(row.unwrap().unwrap().version, 2);
}
