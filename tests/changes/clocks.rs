//! What a request does to the clock: in time, late, under suspension.

use duban::service::due_facts;
use duban::store::page::{Direction, PageRequest};
use duban::store::tasks::{self, DueFilter, TaskFilter, TaskOrder};
use duban::store::today::Today;
use duban_entities::ids::TaskId;
use duban_entities::task;
use duban_entities::vocabulary::{DueBasis, TaskKind, TaskState};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{act, approve, decide, move_to, project, reschedule, task};
use crate::support::client::text;
use crate::support::fixture::db_insert;
use crate::support::known::{
    BUILDING, BUILDING_FINISH, HALTED, HALTED_FINISH, HALTED_REVIEW, LAND, LEVEE, LEVEE_FINISH,
    LEVEE_START, RESERVOIR, RESERVOIR_FINISH, key,
};
use crate::support::{NOW, Persona, World, date, on_both};

on_both!(
    a_request_in_time_waits_without_becoming_late,
    an_approved_date_moves_the_completion_and_leaves_the_baseline,
    a_returned_request_gives_the_days_back,
    a_late_request_acts_from_the_decision_on,
    one_request_may_be_in_time_and_late,
    a_suspension_outlasts_a_request_that_is_decided_meanwhile,
    a_suspension_outlasts_a_request_that_is_returned_meanwhile,
    a_request_outlasts_a_suspension,
    a_suspensions_review_may_be_put_off,
    resuming_moves_the_dates_by_the_days_of_the_suspension,
    resuming_takes_the_dates_that_the_unit_proposes,
    a_date_that_passed_while_a_resumption_waited_is_returned,
    the_database_counts_days_as_the_rule_does,
);

const CLAIM: &str = "task { state daysOverdue }";

async fn a_request_in_time_waits_without_becoming_late(world: &World) {
    let asked = reschedule(world, LEVEE, &[(text(LEVEE_START), "2026-12-31")]).await;
    let change = asked.at("/changePropose/changeRequest");
    assert_eq!(change["late"], false);
    assert_eq!(change["waitingDays"], 0);
    assert_eq!(change["content"]["milestones"][0]["from"], "2026-11-30");
    world.advance_days(20);
    let waiting = task(world, LEVEE_START).await;
    assert_eq!(waiting["pendingChange"]["id"], change["id"]);
    assert_eq!(waiting["daysOverdue"], 0);
    assert_eq!(waiting["overdue"], false);
    let asked = "query Q($id: ID!) { node(id: $id) { ... on ChangeRequest { waitingDays } } }";
    let client = world.client_of(Persona::Supervisor).await;
    let age = client.ask(asked, json!({ "id": change["id"] })).await;
    assert_eq!(age.at("/node/waitingDays"), 20, "the office's age");
    decide(world, &change["id"], "APPROVE").await.data();
    world.advance_days(22);
    let moved = task(world, LEVEE_START).await;
    assert_eq!(moved["pendingChange"], Value::Null);
    assert_eq!(moved["dueDate"], "2026-12-31");
    assert_eq!(moved["baselineDueDate"], "2026-11-30");
    assert_eq!(moved["daysOverdue"], 2);
    assert_eq!(moved["carriedDaysLate"], 0);
    let age = client_age(world, &change["id"]).await;
    assert_eq!(age, Value::Null, "decided");
}

async fn client_age(world: &World, id: &Value) -> Value {
    let asked = "query Q($id: ID!) { node(id: $id) { ... on ChangeRequest { waitingDays } } }";
    let client = world.client_of(Persona::Supervisor).await;
    let age = client.ask(asked, json!({ "id": id })).await;
    age.at("/node/waitingDays").clone()
}

async fn an_approved_date_moves_the_completion_and_leaves_the_baseline(world: &World) {
    let dates = [(text(BUILDING_FINISH), "2028-03-31")];
    let asked = reschedule(world, BUILDING, &dates).await;
    let change = asked.at("/changePropose/changeRequest/id");
    let input = json!({
        "changeRequestId": change, "decision": "APPROVE",
        "document": { "title": "专题会议纪要", "number": "〔2026〕12号", "date": "2026-11-20" },
    });
    let decided = act(
        world,
        Persona::Supervisor,
        "changeDecide",
        input,
        super::CHANGE,
    )
    .await;
    let document = decided.at("/changeDecide/changeRequest/document");
    assert_eq!(document["title"], "专题会议纪要");
    assert_eq!(document["number"], "〔2026〕12号");
    assert_eq!(document["date"], "2026-11-20");
    let building = project(world, BUILDING).await;
    assert_eq!(building["dueDate"], "2028-03-31");
    assert_eq!(building["baselineDueDate"], "2027-12-31");
    assert_eq!(building["dueBasis"], "SCHEDULED");
}

async fn a_returned_request_gives_the_days_back(world: &World) {
    let asked = reschedule(world, LEVEE, &[(text(LEVEE_START), "2026-12-31")]).await;
    world.advance_days(15);
    let change = asked.at("/changePropose/changeRequest/id");
    decide(world, change, "RETURN").await.data();
    let returned = task(world, LEVEE_START).await;
    assert_eq!(returned["pendingChange"], Value::Null);
    assert_eq!(returned["dueDate"], "2026-11-30");
    assert_eq!(returned["daysOverdue"], 0, "the office took these days");
    world.advance_days(2);
    assert_eq!(task(world, LEVEE_START).await["daysOverdue"], 2);
}

async fn a_late_request_acts_from_the_decision_on(world: &World) {
    let asked = reschedule(world, RESERVOIR, &[(text(LAND), "2026-12-10")]).await;
    assert_eq!(asked.at("/changePropose/changeRequest/late"), true);
    world.advance_days(5);
    let waiting = task(world, LAND).await;
    assert_eq!(waiting["pendingChange"], Value::Null);
    assert_eq!(waiting["daysOverdue"], 25, "its clock runs");
    approve(world, &asked, "changePropose").await;
    let moved = task(world, LAND).await;
    assert_eq!(moved["dueDate"], "2026-12-10");
    assert_eq!(moved["daysOverdue"], 0);
    assert_eq!(moved["carriedDaysLate"], 25);
    // 12 December: two days past the new date.
    world.advance_days(16);
    assert_eq!(task(world, LAND).await["daysOverdue"], 27);
    let input = json!({ "taskId": text(LAND) });
    let claimed = act(
        world,
        Persona::CoopReporter,
        "taskClaim",
        input.clone(),
        CLAIM,
    );
    claimed.await.data();
    world.advance_days(9);
    let done = act(world, Persona::Supervisor, "taskVerify", input, CLAIM).await;
    assert_eq!(done.at("/taskVerify/task/daysOverdue"), 27);
}

async fn one_request_may_be_in_time_and_late(world: &World) {
    let dates = [
        (text(LAND), "2026-12-10"),
        (text(RESERVOIR_FINISH), "2028-01-31"),
    ];
    let asked = reschedule(world, RESERVOIR, &dates).await;
    let change = asked.at("/changePropose/changeRequest");
    assert_eq!(change["late"], true);
    let late = change["content"]["milestones"].as_array().unwrap().iter();
    let late: Vec<&Value> = late.map(|moved| &moved["late"]).collect();
    assert_eq!(late, [true, false]);
    assert_eq!(task(world, LAND).await["pendingChange"], Value::Null);
    let finish = task(world, RESERVOIR_FINISH).await;
    assert_eq!(finish["pendingChange"]["id"], change["id"]);
    approve(world, &asked, "changePropose").await;
    assert_eq!(task(world, LAND).await["carriedDaysLate"], 20);
    let finish = task(world, RESERVOIR_FINISH).await;
    assert_eq!(finish["carriedDaysLate"], 0);
    assert_eq!(finish["dueDate"], "2028-01-31");
}

async fn suspend(world: &World, project: impl ToString) {
    let review = json!({ "reviewOn": "2027-06-01" });
    let asked = move_to(world, project, "SUSPENDED", review).await;
    approve(world, &asked, "projectMove").await;
}

async fn a_suspension_outlasts_a_request_that_is_decided_meanwhile(world: &World) {
    let asked = reschedule(world, LEVEE, &[(text(LEVEE_START), "2026-12-31")]).await;
    world.advance_days(2);
    suspend(world, LEVEE).await;
    world.advance_days(20);
    approve(world, &asked, "changePropose").await;
    world.advance_days(40);
    let halted = task(world, LEVEE_START).await;
    assert_eq!(halted["dueDate"], "2026-12-31");
    assert_eq!(halted["pendingChange"], Value::Null);
    assert_eq!(
        halted["daysOverdue"], 0,
        "January, but the work is suspended"
    );
    let asked = move_to(world, LEVEE, "PREPARATION", json!({})).await;
    approve(world, &asked, "projectMove").await;
    // Suspended from 23 November to 22 January: 60 days.
    let resumed = task(world, LEVEE_START).await;
    assert_eq!(resumed["dueDate"], "2027-03-01");
    assert_eq!(resumed["daysOverdue"], 0);
}

async fn a_suspension_outlasts_a_request_that_is_returned_meanwhile(world: &World) {
    let asked = reschedule(world, LEVEE, &[(text(LEVEE_START), "2026-12-31")]).await;
    world.advance_days(2);
    suspend(world, LEVEE).await;
    world.advance_days(20);
    let change = asked.at("/changePropose/changeRequest/id");
    decide(world, change, "RETURN").await.data();
    world.advance_days(40);
    let halted = task(world, LEVEE_START).await;
    assert_eq!(halted["pendingChange"], Value::Null);
    assert_eq!(halted["daysOverdue"], 0, "its clock still stands");
}

async fn a_request_outlasts_a_suspension(world: &World) {
    let asked = reschedule(world, LEVEE, &[(text(LEVEE_START), "2027-02-28")]).await;
    world.advance_days(2);
    suspend(world, LEVEE).await;
    world.advance_days(20);
    let resumed = move_to(world, LEVEE, "PREPARATION", json!({})).await;
    let dates = resumed
        .at("/projectMove/changeRequest/content/dates")
        .clone();
    let dates = dates
        .as_array()
        .unwrap()
        .iter()
        .map(|moved| &moved["taskId"]);
    let dates: Vec<&Value> = dates.collect();
    assert_eq!(
        dates,
        [&text(LEVEE_FINISH)],
        "the other date waits for its own decision"
    );
    approve(world, &resumed, "projectMove").await;
    world.advance_days(10);
    let waiting = task(world, LEVEE_START).await;
    assert_eq!(waiting["daysOverdue"], 0);
    assert_eq!(waiting["dueDate"], "2026-11-30");
    approve(world, &asked, "changePropose").await;
    let moved = task(world, LEVEE_START).await;
    assert_eq!(moved["dueDate"], "2027-02-28");
    assert_eq!(moved["pendingChange"], Value::Null);
}

async fn a_suspensions_review_may_be_put_off(world: &World) {
    let asked = reschedule(world, HALTED, &[(text(HALTED_REVIEW), "2027-03-01")]).await;
    world.advance_days(15);
    let waiting = task(world, HALTED_REVIEW).await;
    assert_eq!(
        waiting["daysOverdue"], 0,
        "due on 1 December, asked in time"
    );
    let change = asked.at("/changePropose/changeRequest/id");
    decide(world, change, "RETURN").await.data();
    world.advance_days(3);
    // A suspension does not stop the clock of its own review.
    assert_eq!(task(world, HALTED_REVIEW).await["daysOverdue"], 3);
}

async fn resuming_moves_the_dates_by_the_days_of_the_suspension(world: &World) {
    // Suspended on 1 June, 31 days after the completion was due; 173 days ago.
    let asked = move_to(world, HALTED, "PREPARATION", json!({})).await;
    let change = asked.at("/projectMove/changeRequest");
    assert_eq!(change["late"], false);
    let dates =
        json!([{ "taskId": text(HALTED_FINISH), "from": "2026-05-01", "to": "2026-10-21" }]);
    assert_eq!(change["content"]["dates"], dates);
    approve(world, &asked, "projectMove").await;
    let finish = task(world, HALTED_FINISH).await;
    assert_eq!(finish["dueDate"], "2026-10-21");
    assert_eq!(finish["baselineDueDate"], "2026-05-01");
    assert_eq!(finish["daysOverdue"], 31, "as late as before");
    assert_eq!(finish["carriedDaysLate"], 0);
    let halted = project(world, HALTED).await;
    assert_eq!(halted["dueDate"], "2026-10-21");
    assert_eq!(halted["baselineDueDate"], "2026-05-01");
    assert_eq!(task(world, HALTED_REVIEW).await["state"], "CANCELLED");
}

async fn resuming_takes_the_dates_that_the_unit_proposes(world: &World) {
    let with = |task: Value, due: &str| json!({ "dates": [{ "taskId": task, "dueDate": due }] });
    for (task, due, field) in [
        (text(HALTED_FINISH), "2026-11-20", "dates.0.dueDate"),
        (text(HALTED_REVIEW), "2027-11-20", "dates.0.taskId"),
    ] {
        let wrong = move_to(world, HALTED, "PREPARATION", with(task, due)).await;
        assert_eq!(wrong.fields(), [field]);
    }
    let foreign = move_to(world, HALTED, "PREPARATION", with(text(LAND), "2027-11-20"));
    foreign.await.refused("NOT_FOUND");
    let elsewhere = with(text(LAND), "2027-11-20");
    let elsewhere = move_to(world, RESERVOIR, "CONSTRUCTION", elsewhere).await;
    assert_eq!(elsewhere.fields(), ["dates"]);
    let dates = with(text(HALTED_FINISH), "2027-05-01");
    let asked = move_to(world, HALTED, "PREPARATION", dates).await;
    approve(world, &asked, "projectMove").await;
    let finish = task(world, HALTED_FINISH).await;
    assert_eq!(finish["dueDate"], "2027-05-01");
    assert_eq!(finish["daysOverdue"], 0);
    assert_eq!(
        finish["carriedDaysLate"], 31,
        "days late before the suspension stay"
    );
}

async fn a_date_that_passed_while_a_resumption_waited_is_returned(world: &World) {
    let dates = json!({ "dates": [{ "taskId": text(HALTED_FINISH), "dueDate": "2026-12-01" }] });
    let asked = move_to(world, HALTED, "PREPARATION", dates).await;
    let change = asked.at("/projectMove/changeRequest/id");
    world.advance_days(20);
    let passed = decide(world, change, "APPROVE").await;
    assert_eq!(passed.blockers(), ["DATE_PASSED"]);
    assert_eq!(project(world, HALTED).await["stage"], "SUSPENDED");
    decide(world, change, "RETURN").await.data();
    // What moves by the days of the suspension may lie behind: it was late before.
    let asked = move_to(world, HALTED, "PREPARATION", json!({})).await;
    approve(world, &asked, "projectMove").await;
    let due = task(world, HALTED_FINISH).await["dueDate"].clone();
    assert!(due.as_str() < Some("2026-12-01"), "{due}");
}

/// Tasks of every shape that the rule tells apart, owed by nobody.
fn shapes() -> Vec<task::Model> {
    let days = [date(2026, 11, 1), date(2026, 11, 21), date(2026, 12, 1)];
    let mut rows = Vec::new();
    for counted in days {
        for stopped in [None, Some(date(2026, 10, 1)), Some(date(2026, 11, 11))] {
            for carried in [None, Some(0), Some(7)] {
                for basis in [DueBasis::Scheduled, DueBasis::PlanPeriod] {
                    for state in [TaskState::Open, TaskState::Submitted] {
                        let shape = (counted, stopped, carried, basis, state);
                        rows.push(shaped(0x5000 + rows.len() as u128, shape));
                    }
                }
            }
        }
    }
    rows
}

type Shape = (
    chrono::NaiveDate,
    Option<chrono::NaiveDate>,
    Option<i32>,
    DueBasis,
    TaskState,
);

fn shaped(n: u128, (counted, stopped, carried, basis, state): Shape) -> task::Model {
    task::Model {
        id: TaskId(key(n)),
        project_id: Some(LEVEE),
        title: format!("{n}"),
        due_date: Some(counted),
        counted_due_date: Some(counted),
        due_basis: Some(basis),
        clock_stopped_on: stopped,
        carried_days_late: carried,
        state,
        ..crate::support::fixture::some_task()
    }
}

async fn the_database_counts_days_as_the_rule_does(world: &World) {
    db_insert::<task::Entity>(&world.db, shapes()).await;
    let today = Today::load(&world.db, NOW).await.unwrap();
    let principal = world.principal(Persona::Supervisor).await;
    let request = PageRequest {
        first: Some(200),
        ..PageRequest::default()
    };
    let filter = |due| TaskFilter {
        due,
        kinds: Some(vec![TaskKind::Milestone]),
        soon_days: 30,
        ..TaskFilter::default()
    };
    let all = task::Entity::find().all(&world.db).await.unwrap();
    let all: Vec<task::Model> = all
        .into_iter()
        .filter(|row| row.jurisdiction_id == crate::support::known::HERE)
        .filter(|row| row.kind == TaskKind::Milestone)
        .collect();
    let order = (TaskOrder::DaysOverdue, Direction::Descending);
    for due in [
        DueFilter::Overdue,
        DueFilter::DueSoon,
        DueFilter::PeriodEnded,
    ] {
        let now = |row: &task::Model| today.of(row.jurisdiction_id);
        let of_rule = |row: &&task::Model| match due {
            DueFilter::Overdue => due_facts(row).is_overdue(now(row)),
            DueFilter::DueSoon => due_facts(row).is_due_soon(now(row), 30),
            _ => due_facts(row).period_ended(now(row)),
        };
        let mut wanted: Vec<(i32, TaskId)> = all
            .iter()
            .filter(of_rule)
            .map(|row| (due_facts(row).days_overdue(now(row)), row.id))
            .collect();
        wanted.sort_by(|a, b| b.cmp(a));
        assert!(!wanted.is_empty());
        let only = filter(Some(due));
        let page = tasks::page(&world.db, &principal, &only, order, &request, &today);
        let rows = page.await.unwrap().rows.into_iter();
        let found: Vec<(i32, TaskId)> = rows
            .map(|(_, row)| (due_facts(&row).days_overdue(now(&row)), row.id))
            .collect();
        assert_eq!(found, wanted, "{due:?}");
    }
}
