//! Planned against actual, and ratings: today's, past ones, adopted rules, overrides.

use std::collections::BTreeSet;

use async_graphql::Executor as _;
use chrono::{DateTime, NaiveDate, Utc};
use duban::graphql::{Api, Limits};
use duban_entities::vocabulary::{RevisionState, TaskState};
use duban_entities::{project, task};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::known::{
    BUILDING, BUILDING_OVERRIDE, CANAL, DAM, ENDED, HALTED, HERE, LAND, LEVEE, RESERVOIR, SUPPORTED,
};
use crate::support::{Answer, Content, Engine, Persona, World, act, date, fixture, on_both};

on_both!(
    progress_is_planned_against_actual,
    the_curves_rise_at_their_dates,
    nothing_is_rated_before_rules_are_adopted,
    rules_hold_from_their_day_on,
    what_cannot_be_adopted,
    accepted_reports_are_the_actual,
    missed_reports_make_a_project_red,
    two_yellow_months_make_a_red_one,
    a_past_day_keeps_its_figures,
    a_day_ends_at_local_midnight,
    an_override_stands_beside_the_rating,
    what_cannot_be_overridden,
    figures_are_weighed,
    every_way_to_a_rating_says_the_same,
    lists_take_as_few_statements_however_long,
);
on_both!(engine: figures_of_a_whole_installation_take_as_few_statements);

const PROGRESS: &str = "on plannedPercent plannedPercentBaseline percentComplete reportedPercent
    reportedPeriod differs pointsBehind pointsBehindBaseline daysOverdue daysOverdueBaseline
    forecastCompletion";
const RATING: &str = "on computed reasons { code message rating value threshold } ruleCode
    ruleVersion adoptedOn effective
    override { id rating reason expiresOn by { name } at endedAt version }";

async fn figure(world: &World, id: impl std::fmt::Display, field: &str, of: &str) -> Answer {
    let document =
        format!("query P($id: ID!) {{ project(by: {{ id: $id }}) {{ {field} {{ {of} }} }} }}");
    let client = world.client_of(Persona::Supervisor).await;
    client.ask(&document, json!({ "id": text(id) })).await
}

async fn progress(world: &World, id: impl std::fmt::Display) -> Value {
    let answer = figure(world, id, "progress", PROGRESS).await;
    answer.at("/project/progress").clone()
}

async fn progress_on(world: &World, id: impl std::fmt::Display, on: NaiveDate) -> Value {
    let answer = figure(world, id, &format!("progress(on: \"{on}\")"), PROGRESS).await;
    answer.at("/project/progress").clone()
}

async fn rating(world: &World, id: impl std::fmt::Display) -> Value {
    let answer = figure(world, id, "rating", RATING).await;
    answer.at("/project/rating").clone()
}

async fn rating_on(world: &World, id: impl std::fmt::Display, on: NaiveDate) -> Value {
    let answer = figure(world, id, &format!("rating(on: \"{on}\")"), RATING).await;
    answer.at("/project/rating").clone()
}

/// The computed rating and the codes of its reasons.
fn short(rating: &Value) -> (String, Vec<String>) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let reasons = rating["reasons"].as_array().unwrap().iter();
    let codes = reasons.map(|reason| text(&reason["code"]));
    (text(&rating["computed"]), codes.collect())
}

fn said(computed: &str, codes: &[&str]) -> (String, Vec<String>) {
    let codes = codes.iter().map(|code| (*code).to_owned());
    (computed.to_owned(), codes.collect())
}

fn adoption(from: NaiveDate) -> Value {
    json!({
        "jurisdictionId": text(HERE), "code": "STANDARD", "effectiveFrom": from,
        "document": { "title": "重点项目红黄绿评定办法", "number": "驻督办〔2026〕3号" },
        "reason": "经市政府常务会议研究", "expectedVersion": 1,
    })
}

async fn adopt(world: &World, input: Value) -> Answer {
    let selection = "adoption { id effectiveFrom document { title number } jurisdiction { id }
        adoptedBy { name } version simulated
        rules { code version conditions { measure threshold inclusive source } } }";
    act(
        world,
        Persona::Supervisor,
        "ratingRulesAdopt",
        input,
        selection,
    )
    .await
}

const TODAY: NaiveDate = date(2026, 11, 21);

/// Noon in China, on a day.
fn set_day(world: &World, day: NaiveDate) {
    set_time(world, day, 12, 0);
}

/// A local time of a day.
fn set_time(world: &World, day: NaiveDate, hour: u32, minute: u32) {
    let local = day.and_hms_opt(hour, minute, 0).unwrap();
    let at: DateTime<Utc> = (local - chrono::TimeDelta::hours(8)).and_utc();
    world.clock.set(at);
}

async fn progress_is_planned_against_actual(world: &World) {
    let now = progress(world, RESERVOIR).await;
    let wanted = json!({
        "on": "2026-11-21", "plannedPercent": "60", "plannedPercentBaseline": "60",
        "percentComplete": "20", "reportedPercent": null, "reportedPeriod": null,
        "differs": false, "pointsBehind": "40", "pointsBehindBaseline": "40",
        "daysOverdue": 20, "daysOverdueBaseline": 20, "forecastCompletion": null,
    });
    assert_eq!(now, wanted);
    assert_eq!(progress_on(world, RESERVOIR, TODAY).await, wanted);
    let ahead = progress_on(world, RESERVOIR, date(2027, 12, 31)).await;
    assert_eq!(ahead["plannedPercent"], "100");
    for actual in [
        "percentComplete",
        "pointsBehind",
        "daysOverdue",
        "daysOverdueBaseline",
    ] {
        assert_eq!(ahead[actual], Value::Null, "{actual} of a day to come");
    }
    let unscheduled = progress(world, CANAL).await;
    assert_eq!(unscheduled["plannedPercent"], Value::Null);
    assert_eq!(unscheduled["pointsBehind"], Value::Null);
    assert_eq!(
        unscheduled["daysOverdue"], 21,
        "the plan's stated date has passed"
    );
    // Its clock stopped before its date; the baseline runs on.
    let halted = progress(world, HALTED).await;
    assert_eq!(halted["daysOverdue"], 31);
    assert_eq!(halted["daysOverdueBaseline"], 204);
    let unknown = progress_on(world, RESERVOIR, date(2026, 11, 20)).await;
    assert_eq!(unknown, Value::Null, "not recorded yet");
}

async fn the_curves_rise_at_their_dates(world: &World) {
    let report = fixture::ratings::done(fixture::ratings::report(
        1,
        RESERVOIR,
        "2026-10",
        date(2026, 11, 5),
    ));
    let revision = fixture::ratings::revision(&report, RevisionState::Accepted, 3_500);
    fixture::add(&world.services.store, vec![report]).await;
    fixture::add(&world.services.store, vec![revision]).await;
    let curves =
        "planned { date percent } plannedBaseline { date percent } actual { date percent }";
    let answer = figure(world, RESERVOIR, "curve", curves).await;
    let planned = json!([
        { "date": "2026-03-01", "percent": "20" }, { "date": "2026-11-01", "percent": "30" },
        { "date": "2026-11-10", "percent": "60" }, { "date": "2027-12-31", "percent": "100" },
    ]);
    assert_eq!(*answer.at("/project/curve/planned"), planned);
    assert_eq!(*answer.at("/project/curve/plannedBaseline"), planned);
    let actual = json!([{ "date": "2026-10-31", "percent": "35" }]);
    assert_eq!(*answer.at("/project/curve/actual"), actual);
    let none = figure(world, CANAL, "curve", curves).await;
    assert_eq!(*none.at("/project/curve/planned"), json!([]));
}

async fn nothing_is_rated_before_rules_are_adopted(world: &World) {
    for (id, code) in [
        (RESERVOIR, "NO_ADOPTED_RULES"),
        (CANAL, "NO_APPROVED_SCHEDULE"),
        (HALTED, "SUSPENDED"),
        (ENDED, "ENDED"),
        (SUPPORTED, "SUPPORTS_ONLY"),
    ] {
        let rating = rating(world, id).await;
        assert_eq!(short(&rating), said("NONE", &[code]));
        assert_eq!(rating["effective"], "NONE");
        assert_eq!(rating["ruleVersion"], Value::Null);
    }
}

async fn rules_hold_from_their_day_on(world: &World) {
    let adopted = adopt(world, adoption(date(2026, 11, 22))).await;
    let at = |path: &str| {
        adopted
            .at(&format!("/ratingRulesAdopt/adoption{path}"))
            .clone()
    };
    assert_eq!(at("/document/number"), "驻督办〔2026〕3号");
    assert_eq!(at("/rules/conditions/0/inclusive"), true);
    assert_eq!(at("/rules/conditions/1/inclusive"), false);
    assert_eq!(at("/adoptedBy/name"), "Name of supervisor");
    assert_eq!(short(&rating(world, RESERVOIR).await).0, "NONE");
    set_day(world, date(2026, 11, 22));
    let red = rating(world, RESERVOIR).await;
    assert_eq!(short(&red), said("RED", &["POINTS_BEHIND"]));
    let reason = json!({
        "code": "POINTS_BEHIND", "rating": "RED", "value": "40", "threshold": "30",
        "message": "40 points behind the plan: more than 30 is RED",
    });
    assert_eq!(red["reasons"][0], reason);
    assert_eq!(red["ruleCode"], "STANDARD");
    assert_eq!(red["ruleVersion"], 1);
    assert_eq!(red["adoptedOn"], "2026-11-21");
    assert_eq!(short(&rating(world, LEVEE).await), said("GREEN", &[]));
    assert_eq!(short(&rating(world, CANAL).await).0, "NONE");
    let yesterday = rating_on(world, RESERVOIR, TODAY).await;
    assert_eq!(short(&yesterday), said("NONE", &["NO_ADOPTED_RULES"]));
    // Of several the last that was made counts from its own day on.
    let later = adopt(world, adoption(date(2026, 11, 25))).await;
    let client = world.client_of(Persona::Viewer).await;
    let rules = "query R($id: ID) { ratingRules(jurisdictionId: $id) {
        drafts { code version source } adopted { id effectiveFrom } } }";
    let rules = client.ask(rules, json!({ "id": text(HERE) })).await;
    assert_eq!(*rules.at("/ratingRules/drafts/0/code"), "STANDARD");
    let last = later.at("/ratingRulesAdopt/adoption/id");
    assert_eq!(rules.at("/ratingRules/adopted/0/id"), last);
    assert_eq!(
        rules.at("/ratingRules/adopted").as_array().unwrap().len(),
        2
    );
    assert_eq!(rating(world, RESERVOIR).await["adoptedOn"], "2026-11-21");
    set_day(world, date(2026, 11, 25));
    assert_eq!(rating(world, RESERVOIR).await["adoptedOn"], "2026-11-22");
    let kept = rating_on(world, RESERVOIR, date(2026, 11, 22)).await;
    assert_eq!(kept, red);
}

async fn what_cannot_be_adopted(world: &World) {
    let with = |field: &str, value: Value| {
        let mut input = adoption(TODAY);
        input[field] = value;
        adopt(world, input)
    };
    let yesterday = with("effectiveFrom", json!("2026-11-20")).await;
    assert_eq!(yesterday.fields(), ["effectiveFrom"]);
    let far = with("effectiveFrom", json!("2027-11-23")).await;
    assert_eq!(far.fields(), ["effectiveFrom"]);
    with("effectiveFrom", json!("2027-11-22")).await.data();
    assert_eq!(with("code", json!("STANDAR")).await.fields(), ["code"]);
    let document = json!({ "title": " ", "number": "1".repeat(101) });
    let wrong = with("document", document).await;
    assert_eq!(wrong.fields(), ["document.title", "document.number"]);
    let stale = with("expectedVersion", json!(2)).await;
    assert_eq!(stale.refused("CONFLICT")["currentVersion"], 1);
    let mut input = adoption(TODAY);
    input["idempotencyKey"] = json!("adopt-1");
    let first = adopt(world, input.clone()).await;
    let again = adopt(world, input.clone()).await;
    assert_eq!(first.text, again.text);
    input["effectiveFrom"] = json!("2026-11-30");
    assert_eq!(adopt(world, input).await.fields(), ["idempotencyKey"]);
}

/// A report of October on RESERVOIR, in and accepted, that says so much.
async fn db_report(world: &World, n: u128, period: &str, due: NaiveDate, percent: i32) {
    let row = fixture::ratings::report(n, RESERVOIR, period, due);
    let report = fixture::ratings::done(row);
    let revision = fixture::ratings::revision(&report, RevisionState::Accepted, percent);
    fixture::add(&world.services.store, vec![report]).await;
    fixture::add(&world.services.store, vec![revision]).await;
}

async fn accepted_reports_are_the_actual(world: &World) {
    adopt(world, adoption(TODAY)).await.data();
    db_report(world, 1, "2026-10", date(2026, 11, 5), 3_500).await;
    let now = progress(world, RESERVOIR).await;
    assert_eq!(now["reportedPercent"], "35");
    assert_eq!(now["reportedPeriod"], "2026-10");
    assert_eq!(now["percentComplete"], "20");
    assert_eq!(now["differs"], true);
    assert_eq!(now["pointsBehind"], "25");
    assert_eq!(now["forecastCompletion"], "2028-06-30");
    let yellow = rating(world, RESERVOIR).await;
    assert_eq!(short(&yellow), said("YELLOW", &["POINTS_BEHIND"]));
    // A later month that nobody has accepted yet counts for nothing but its forecast.
    let report = fixture::ratings::report(2, RESERVOIR, "2026-11", date(2026, 12, 7));
    let revision = fixture::ratings::revision(&report, RevisionState::Submitted, 9_900);
    fixture::add(&world.services.store, vec![report]).await;
    fixture::add(&world.services.store, vec![revision]).await;
    assert_eq!(progress(world, RESERVOIR).await["reportedPercent"], "35");
}

async fn missed_reports_make_a_project_red(world: &World) {
    adopt(world, adoption(TODAY)).await.data();
    let september = fixture::ratings::report(1, LEVEE, "2026-09", date(2026, 10, 9));
    let october = fixture::ratings::report(2, LEVEE, "2026-10", date(2026, 11, 5));
    fixture::add(&world.services.store, vec![september]).await;
    assert_eq!(short(&rating(world, LEVEE).await), said("GREEN", &[]));
    fixture::add(&world.services.store, vec![october.clone()]).await;
    let red = rating(world, LEVEE).await;
    assert_eq!(short(&red), said("RED", &["REPORTS_MISSED"]));
    assert_eq!(red["reasons"][0]["value"], "2");
    let waived = task::Model {
        state: TaskState::Cancelled,
        ..october.clone()
    };
    fixture::change(&world.services.store, october, waived).await;
    assert_eq!(short(&rating(world, LEVEE).await), said("GREEN", &[]));
}

async fn two_yellow_months_make_a_red_one(world: &World) {
    adopt(world, adoption(TODAY)).await.data();
    db_report(world, 1, "2026-10", date(2026, 11, 5), 3_500).await;
    let yellow = said("YELLOW", &["POINTS_BEHIND"]);
    let red = said("RED", &["YELLOW_MONTHS", "POINTS_BEHIND"]);
    for (day, wanted) in [
        (date(2026, 11, 30), &yellow),
        (date(2026, 12, 15), &yellow),
        (date(2026, 12, 30), &yellow),
        // The end of the second month counts on its own day.
        (date(2026, 12, 31), &red),
        (date(2027, 1, 15), &red),
    ] {
        set_day(world, day);
        assert_eq!(short(&rating(world, RESERVOIR).await), *wanted, "{day}");
    }
    for (day, wanted) in [
        (date(2026, 12, 15), &yellow),
        (date(2026, 12, 30), &yellow),
        (date(2026, 12, 31), &red),
        (date(2027, 1, 14), &red),
    ] {
        assert_eq!(
            short(&rating_on(world, RESERVOIR, day).await),
            *wanted,
            "{day}"
        );
    }
    // The month gets better: the row is broken at its end, not before.
    db_report(world, 2, "2026-12", date(2027, 1, 7), 5_500).await;
    assert_eq!(
        short(&rating(world, RESERVOIR).await),
        said("RED", &["YELLOW_MONTHS"])
    );
    set_day(world, date(2027, 1, 30));
    assert_eq!(
        short(&rating(world, RESERVOIR).await),
        said("RED", &["YELLOW_MONTHS"])
    );
    // A red month is no relief: 91 days overdue at the end of the third.
    set_day(world, date(2027, 1, 31));
    let overdue = said("RED", &["DAYS_OVERDUE", "YELLOW_MONTHS"]);
    assert_eq!(short(&rating(world, RESERVOIR).await), overdue);
    let land = db_task(world, LAND).await;
    let done = task::Model {
        state: TaskState::Done,
        completed_on: Some(date(2027, 1, 31)),
        ..land.clone()
    };
    fixture::change(&world.services.store, land, done).await;
    assert_eq!(short(&rating(world, RESERVOIR).await), said("GREEN", &[]));
}

async fn db_task(world: &World, id: duban_entities::ids::TaskId) -> task::Model {
    let found = task::Entity::find_by_id(id).one(&world.db).await;
    found.unwrap().expect("a task")
}

/// Progress and rating of everything that is rated, on a day.
async fn db_all(world: &World, on: NaiveDate) -> Vec<Value> {
    let mut all = Vec::new();
    for id in [RESERVOIR, LEVEE, BUILDING, HALTED, CANAL] {
        all.push(progress_on(world, id, on).await);
        all.push(rating_on(world, id, on).await);
    }
    all
}

#[expect(
    clippy::too_many_lines,
    reason = "one story, from its beginning to its end"
)]
async fn a_past_day_keeps_its_figures(world: &World) {
    adopt(world, adoption(TODAY)).await.data();
    db_report(world, 1, "2026-10", date(2026, 11, 5), 3_500).await;
    let end = date(2026, 11, 30);
    set_time(world, end, 23, 59);
    let stood = db_all(world, end).await;
    assert_eq!(short(&stood[1]), said("YELLOW", &["POINTS_BEHIND"]));
    assert_eq!(
        short(&stood[3]),
        said("RED", &["POINTS_BEHIND"]),
        "LEVEE's start"
    );
    set_day(world, date(2026, 12, 1));
    assert_eq!(
        db_all(world, end).await,
        stood,
        "rows and ledger say the same"
    );

    set_day(world, date(2026, 12, 8));
    let verify = json!({ "taskId": text(DAM) });
    act(
        world,
        Persona::Supervisor,
        "taskVerify",
        verify,
        "task { id }",
    )
    .await
    .data();
    db_report(world, 2, "2026-11", date(2026, 12, 7), 9_000).await;
    let land = db_task(world, LAND).await;
    let moved = task::Model {
        due_date: Some(date(2027, 3, 1)),
        counted_due_date: Some(date(2027, 3, 1)),
        ..land.clone()
    };
    fixture::change(&world.services.store, land, moved).await;
    adopt(world, adoption(date(2026, 12, 8))).await.data();
    let input = json!({
        "projectId": text(LEVEE), "rating": "GREEN", "reason": "已采取补救措施",
        "expiresOn": "2026-12-31",
    });
    act(
        world,
        Persona::Supervisor,
        "ratingOverride",
        input,
        "project { id }",
    )
    .await
    .data();
    let input = json!({ "overrideId": text(BUILDING_OVERRIDE), "reason": "已整改" });
    act(
        world,
        Persona::Supervisor,
        "ratingOverrideEnd",
        input,
        "project { id }",
    )
    .await
    .data();

    let now = db_all(world, date(2026, 12, 8)).await;
    for (n, (then, now)) in stood.iter().zip(&now).enumerate().take(6) {
        assert_ne!(then, now, "{n}");
    }
    assert_eq!(short(&now[1]), said("GREEN", &[]));
    assert_eq!(db_all(world, end).await, stood, "as it was");
    set_day(world, date(2027, 6, 30));
    assert_eq!(db_all(world, end).await, stood, "and ever will be");
}

async fn a_day_ends_at_local_midnight(world: &World) {
    let done = async |task, day, hour, minute| {
        set_time(world, day, hour, minute);
        let row = db_task(world, task).await;
        let after = task::Model {
            state: TaskState::Done,
            completed_on: Some(TODAY),
            ..row.clone()
        };
        fixture::change(&world.services.store, row, after).await;
    };
    let complete = async |day| progress_on(world, RESERVOIR, day).await["percentComplete"].clone();
    done(DAM, date(2026, 11, 30), 23, 59).await;
    done(LAND, date(2026, 12, 1), 0, 0).await;
    set_day(world, date(2026, 12, 5));
    assert_eq!(complete(date(2026, 11, 29)).await, "20");
    assert_eq!(complete(date(2026, 11, 30)).await, "50");
    assert_eq!(complete(date(2026, 12, 1)).await, "60");
}

async fn override_rating(world: &World, rating: &str, expires_on: &str) -> Answer {
    let input = json!({
        "projectId": text(RESERVOIR), "rating": rating, "reason": "领导小组研究决定",
        "expiresOn": expires_on,
    });
    let selection = format!("overrideId project {{ rating {{ {RATING} }} }}");
    act(
        world,
        Persona::Supervisor,
        "ratingOverride",
        input,
        &selection,
    )
    .await
}

#[expect(
    clippy::too_many_lines,
    reason = "one story, from its beginning to its end"
)]
async fn an_override_stands_beside_the_rating(world: &World) {
    adopt(world, adoption(TODAY)).await.data();
    let first = override_rating(world, "YELLOW", "2026-11-25").await;
    let shown = first.at("/ratingOverride/project/rating");
    assert_eq!(shown["computed"], "RED");
    assert_eq!(shown["effective"], "YELLOW");
    assert_eq!(shown["override"]["expiresOn"], "2026-11-25");
    assert_eq!(shown["override"]["by"]["name"], "Name of supervisor");
    let permissions =
        "query P($id: ID!) { project(by: { id: $id }) { permissions { overrideRating } } }";
    for (who, may) in [(Persona::Supervisor, true), (Persona::Signatory, false)] {
        let client = world.client_of(who).await;
        let answer = client
            .ask(permissions, json!({ "id": text(RESERVOIR) }))
            .await;
        assert_eq!(*answer.at("/project/permissions/overrideRating"), may);
    }
    set_day(world, date(2026, 11, 22));
    let second = override_rating(world, "GREEN", "2026-11-25").await;
    let id = second.at("/ratingOverride/overrideId").clone();
    assert_ne!(id, *first.at("/ratingOverride/overrideId"));
    let former = json!({ "overrideId": first.at("/ratingOverride/overrideId"), "reason": "重复" });
    let ended = act(
        world,
        Persona::Supervisor,
        "ratingOverrideEnd",
        former,
        "project { id }",
    )
    .await;
    assert_eq!(
        ended.blockers(),
        ["OVERRIDE_ENDED"],
        "a new one ends the former"
    );
    set_day(world, date(2026, 11, 25));
    assert_eq!(
        rating(world, RESERVOIR).await["effective"],
        "GREEN",
        "its last day"
    );
    set_day(world, date(2026, 11, 26));
    let over = rating(world, RESERVOIR).await;
    assert_eq!(
        (&over["effective"], &over["override"]),
        (&json!("RED"), &Value::Null)
    );
    let past = |n| date(2026, 11, n);
    assert_eq!(
        rating_on(world, RESERVOIR, past(21)).await["effective"],
        "YELLOW"
    );
    assert_eq!(
        rating_on(world, RESERVOIR, past(24)).await["override"]["id"],
        id
    );
    let late = json!({ "overrideId": id, "reason": "已过期" });
    let ended = act(
        world,
        Persona::Supervisor,
        "ratingOverrideEnd",
        late,
        "project { id }",
    )
    .await;
    assert_eq!(ended.blockers(), ["OVERRIDE_ENDED"], "it has run out");
    let building = rating(world, BUILDING).await;
    assert_eq!(building["computed"], "GREEN");
    assert_eq!(building["effective"], "YELLOW");
}

async fn what_cannot_be_overridden(world: &World) {
    let fields =
        async |rating: &str, expires: &str| override_rating(world, rating, expires).await.fields();
    assert_eq!(fields("NONE", "2026-11-25").await, ["rating"]);
    assert_eq!(fields("RED", "2026-11-21").await, ["expiresOn"]);
    assert_eq!(fields("RED", "2027-02-22").await, ["expiresOn"]);
    override_rating(world, "RED", "2027-02-21").await.data();
    let input = |reason: &str, version: i64| {
        json!({
            "projectId": text(RESERVOIR), "rating": "RED", "reason": reason,
            "expiresOn": "2026-11-25", "expectedVersion": version, "idempotencyKey": "o-1",
        })
    };
    let send = |input| {
        act(
            world,
            Persona::Supervisor,
            "ratingOverride",
            input,
            "overrideId",
        )
    };
    assert_eq!(send(input(" ", 1)).await.fields(), ["reason"]);
    assert_eq!(
        send(input("原因", 7)).await.refused("CONFLICT")["currentVersion"],
        1
    );
    let first = send(input("原因", 1)).await;
    assert_eq!(first.text, send(input("原因", 1)).await.text, "once a key");
    let end = |reason: &str, version: Value| {
        let input = json!({
            "overrideId": text(BUILDING_OVERRIDE), "reason": reason, "expectedVersion": version,
        });
        act(
            world,
            Persona::Supervisor,
            "ratingOverrideEnd",
            input,
            "project { id }",
        )
    };
    assert_eq!(end("", Value::Null).await.fields(), ["reason"]);
    assert_eq!(
        end("原因", json!(3)).await.refused("CONFLICT")["currentVersion"],
        1
    );
    end("原因", json!(1)).await.data();
    assert_eq!(
        end("原因", Value::Null).await.blockers(),
        ["OVERRIDE_ENDED"]
    );
    let ahead = figure(world, RESERVOIR, "rating(on: \"2026-11-22\")", "computed").await;
    assert_eq!(ahead.fields(), ["on"]);
}

/// A list with all figures, today's and a past day's.
fn list(on: NaiveDate) -> String {
    format!(
        "query L($first: Int) {{ projects(first: $first) {{ nodes {{ id
            progress {{ {PROGRESS} }} rating {{ {RATING} }}
            past: rating(on: \"{on}\") {{ computed reasons {{ code }} }}
            then: progress(on: \"{on}\") {{ pointsBehind }}
            curve {{ planned {{ date percent }} actual {{ date percent }} }}
            permissions {{ overrideRating }} }} }} }}"
    )
}

async fn lists_take_as_few_statements_however_long(world: &World) {
    adopt(world, adoption(TODAY)).await.data();
    set_day(world, date(2027, 2, 10));
    let client = world.client_of(Persona::Supervisor).await;
    let document = list(date(2027, 1, 20));
    let mut counts = Vec::new();
    for first in [2, 100] {
        let before = world.services.store.statements();
        client
            .ask(&document, json!({ "first": first }))
            .await
            .data();
        counts.push(world.services.store.statements() - before);
    }
    assert!(
        counts[1] <= 45 && counts[1] <= counts[0] + 6,
        "{counts:?} statements"
    );
}

/// With every project that the plans name: no statement a row.
async fn figures_of_a_whole_installation_take_as_few_statements(engine: Engine) {
    let world = World::of(engine.database(Content::Plans).await).await;
    set_day(&world, date(2026, 11, 25));
    let client = world.client_of(Persona::Administrator).await;
    let document = list(date(2026, 11, 23));
    let before = world.services.store.statements();
    client.ask(&document, json!({ "first": 100 })).await.data();
    let taken = world.services.store.statements() - before;
    // Seven figures of a hundred rows: a statement a row would be seven hundred.
    assert!(taken <= 60, "{taken} statements");
    world.close().await;
}

async fn figures_are_weighed(world: &World) {
    let api = Api::new(world.services.clone());
    let costs = async |document: String, limits| {
        let variables = async_graphql::Variables::from_json(json!({ "first": 100 }));
        let request = async_graphql::Request::new(document)
            .variables(variables)
            .data(limits);
        let errors = api.execute(request).await.errors;
        errors.iter().any(|error| error.message.contains("points"))
    };
    let half = Limits {
        complexity: Limits::SIGNED_IN.complexity / 2,
        nodes: Limits::SIGNED_IN.nodes / 2,
        depth: Limits::SIGNED_IN.depth / 2,
    };
    let honest = format!(
        "query L($first: Int) {{ projects(first: $first) {{ nodes {{
            progress {{ {PROGRESS} }} rating {{ {RATING} }} }} }} }}"
    );
    assert!(!costs(honest, half).await, "under half of the limit");
    let days = (1..=20).map(|n| format!("d{n}: rating(on: \"2026-11-{n:02}\") {{ computed }}"));
    let days: Vec<String> = days.collect();
    let many = format!(
        "{{ projects(first: 200) {{ nodes {{ {} }} }} }}",
        days.join(" ")
    );
    assert!(costs(many, Limits::SIGNED_IN).await, "too many past days");
}

/// The rating of a list, of one project, and of a whole jurisdiction: one rule.
async fn every_way_to_a_rating_says_the_same(world: &World) {
    adopt(world, adoption(TODAY)).await.data();
    db_report(world, 1, "2026-10", date(2026, 11, 5), 3_500).await;
    let day = date(2027, 1, 5);
    set_day(world, day);
    let services = &world.services;
    let today = services.today().await.unwrap();
    let projects = project::Entity::find().all(&world.db).await.unwrap();
    let now = services.ratings_on(&projects, None, &today).await.unwrap();
    set_day(world, date(2027, 1, 6));
    let today = services.today().await.unwrap();
    let listed = services
        .ratings_on(&projects, Some(day), &today)
        .await
        .unwrap();
    let here = services
        .ratings_of_jurisdiction(HERE, day, &today)
        .await
        .unwrap();
    let mut colours = BTreeSet::new();
    for row in projects.iter().filter(|row| row.jurisdiction_id == HERE) {
        let [now, listed, here] = [&now, &listed, &here].map(|all| {
            let rated = &all[&row.id];
            (rated.computed, rated.effective(), rated.reasons.clone())
        });
        assert_eq!(now, listed, "{}", row.code);
        assert_eq!(listed, here, "{}", row.code);
        colours.insert(now.0);
    }
    assert_eq!(colours.len(), 3, "{colours:?}");
    assert_eq!(now.len(), projects.len());
    assert!(
        here.len() < projects.len(),
        "another jurisdiction's are not among them"
    );
}
