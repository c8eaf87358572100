//! Monthly reports through the API: the duty that makes them (here), their life, and what
//! they sum up to.

mod life;
mod lists;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use duban::error::Result;
use duban::jobs::Jobs;
use duban::service::Call;
use duban::store::ledger as chain;
use duban_entities::ids::JurisdictionId;
use duban_entities::vocabulary::{Stage, TaskKind};
use duban_entities::{duty_mark, jurisdiction, project, task};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::known::{
    BRIDGE, BUILDING, ELSEWHERE, HERE, LEVEE, MEMBER, PROGRAMME, RESERVOIR, STATION, TRANSPORT,
    WATER,
};
use crate::support::world::services;
use crate::support::{Persona, World, act, date, on_both};

on_both!(
    the_first_run_makes_nothing,
    a_month_is_owed_when_it_is_over_there,
    the_duty_catches_up_and_makes_each_report_once,
    the_duty_is_judged_by_how_projects_stood,
    two_duty_jobs_at_once_make_each_report_once,
    a_report_that_is_there_is_not_made_again,
    nobody_but_the_program_makes_reports,
    a_new_lead_takes_over_what_is_open,
    a_programmes_duty_lies_on_its_members,
    a_bad_jurisdiction_does_not_keep_the_others_waiting,
    jobs_run_at_once_and_stop,
    a_sweep_of_many_projects_takes_few_statements,
);

/// The local midnight in China that begins a day.
fn midnight(year: i32, month: u32, day: u32) -> DateTime<Utc> {
    let local = date(year, month, day).and_hms_opt(0, 0, 0).unwrap();
    local.and_utc() - TimeDelta::hours(8)
}

async fn duty(world: &World) -> usize {
    let call = Call::system("report-duty", "duty".to_owned());
    world.services.report_duty(&call).await.unwrap()
}

/// A world whose duty has begun: it owes nothing yet.
async fn begin(world: &World) {
    assert_eq!(duty(world).await, 0);
}

/// What was made since the fixture, by month and project.
async fn db_made(world: &World) -> Vec<task::Model> {
    let rows = task::Entity::find()
        .filter(task::Column::Kind.eq(TaskKind::Report))
        .filter(task::Column::Period.gte("2026-11"))
        .order_by_asc(task::Column::Period)
        .order_by_asc(task::Column::ProjectId);
    rows.all(&world.db).await.unwrap()
}

/// Moves a project to a stage, and approves it.
async fn move_with_approval(world: &World, project: Value, to: &str) {
    let review = match to {
        "SUSPENDED" => json!("2027-06-01"),
        _ => Value::Null,
    };
    let input = json!({ "projectId": project, "to": to, "reason": "原因", "reviewOn": review });
    let selection = "changeRequest { id }";
    let moved = act(world, Persona::Signatory, "projectMove", input, selection).await;
    let change = moved.at("/projectMove/changeRequest/id").clone();
    let input = json!({ "changeRequestId": change, "decision": "APPROVE", "note": "同意" });
    act(world, Persona::Supervisor, "changeDecide", input, selection)
        .await
        .data();
}

async fn the_first_run_makes_nothing(world: &World) {
    begin(world).await;
    let marks = duty_mark::Entity::find().all(&world.db).await.unwrap();
    assert_eq!(marks.len(), 2, "one a jurisdiction");
    assert!(marks.iter().all(|mark| mark.period == "2026-10"));
    assert!(db_made(world).await.is_empty());
}

async fn a_month_is_owed_when_it_is_over_there(world: &World) {
    begin(world).await;
    let over = midnight(2026, 12, 1);
    world.clock.set(over - TimeDelta::microseconds(1));
    assert_eq!(duty(world).await, 0);
    world.clock.set(over);
    assert_eq!(duty(world).await, 3);
    let made = db_made(world).await;
    let projects: Vec<_> = made.iter().map(|row| row.project_id.unwrap()).collect();
    assert_eq!(projects, [RESERVOIR, LEVEE, BUILDING]);
    let units: Vec<_> = made.iter().map(|row| row.unit_id.unwrap()).collect();
    assert_eq!(units, [WATER, STATION, WATER]);
    // The 5th is a Saturday.
    assert!(
        made.iter()
            .all(|row| row.due_date == Some(date(2026, 12, 7)))
    );
    assert_eq!(made[0].title, "月报 2026-11");
    chain::verify(&world.db, None).await.unwrap().unwrap();
}

async fn the_duty_catches_up_and_makes_each_report_once(world: &World) {
    begin(world).await;
    world.clock.set(midnight(2027, 2, 10));
    assert_eq!(duty(world).await, 9);
    assert_eq!(duty(world).await, 0);
    let made = db_made(world).await;
    let dues = made.iter().step_by(3).map(|row| {
        let due = row.due_date.unwrap().to_string();
        (row.period.clone().unwrap(), due)
    });
    let wanted = [
        ("2026-11", "2026-12-07"),
        ("2026-12", "2027-01-05"),
        ("2027-01", "2027-02-05"),
    ];
    let wanted = wanted.map(|(period, due)| (period.to_owned(), due.to_owned()));
    assert_eq!(dues.collect::<Vec<_>>(), wanted);
    world.clock.set(midnight(2027, 3, 1));
    assert_eq!(duty(world).await, 3);
}

/// A move behind the month's end changes nothing about what is owed for it.
async fn the_duty_is_judged_by_how_projects_stood(world: &World) {
    begin(world).await;
    world.clock.set(midnight(2026, 11, 30));
    move_with_approval(world, text(BUILDING), "SUSPENDED").await;
    let input = json!({ "projectId": text(BRIDGE), "leadUnitId": text(TRANSPORT) });
    act(
        world,
        Persona::Supervisor,
        "unitAssign",
        input,
        "assignedCount",
    )
    .await
    .data();
    world.clock.set(midnight(2026, 12, 2));
    move_with_approval(world, text(RESERVOIR), "SUSPENDED").await;
    world.clock.set(midnight(2026, 12, 9));
    assert_eq!(duty(world).await, 2);
    let made = db_made(world).await;
    let projects: Vec<_> = made.iter().map(|row| row.project_id.unwrap()).collect();
    assert_eq!(projects, [RESERVOIR, LEVEE]);
    // Suspended since: its clock stands still from that day.
    assert_eq!(made[0].clock_stopped_on, Some(date(2026, 12, 2)));
    assert_eq!(made[1].clock_stopped_on, None);
}

async fn two_duty_jobs_at_once_make_each_report_once(world: &World) {
    begin(world).await;
    world.clock.set(midnight(2027, 2, 1));
    let mut running = Vec::new();
    for n in 0..4 {
        // Each as another instance: with connections of its own.
        let store = world.database.store_at(world.clock.clone()).await;
        let other = services(store, &world.clock);
        running.push(tokio::spawn(async move {
            let call = Call::system("report-duty", format!("duty-{n}"));
            let made: Result<usize> = other.report_duty(&call).await;
            let store = duban::store::Store::clone(&other.store);
            store.close().await.unwrap();
            made
        }));
    }
    let mut made = 0;
    for run in running {
        made += run.await.unwrap().unwrap();
    }
    assert_eq!(made, 9);
    assert_eq!(db_made(world).await.len(), 9);
    chain::verify(&world.db, None).await.unwrap().unwrap();
}

/// The mark is lost: what stands is skipped, whoever made it.
async fn a_report_that_is_there_is_not_made_again(world: &World) {
    begin(world).await;
    world.clock.set(midnight(2026, 12, 1));
    assert_eq!(duty(world).await, 3);
    let mark = duty_mark::Entity::update_many()
        .col_expr(duty_mark::Column::Period, "2026-10".into())
        .exec(&world.db);
    mark.await.unwrap();
    assert_eq!(duty(world).await, 0);
    let count = task::Entity::find()
        .filter(task::Column::Period.eq("2026-11"))
        .count(&world.db);
    assert_eq!(count.await.unwrap(), 3);
}

async fn nobody_but_the_program_makes_reports(world: &World) {
    for who in [
        Persona::Administrator,
        Persona::Supervisor,
        Persona::Signatory,
    ] {
        let call = Call {
            principal: world.principal(who).await,
            ..Call::system("test", "test".to_owned())
        };
        let refused = world.services.report_duty(&call).await.unwrap_err();
        assert!(
            ["FORBIDDEN", "NOT_FOUND"].contains(&refused.code()),
            "{who:?}"
        );
    }
}

/// MEMBER is WATER's, and in preparation.
async fn member_is_prepared(world: &World) {
    let input = json!({ "projectId": text(MEMBER), "leadUnitId": text(WATER) });
    act(
        world,
        Persona::Supervisor,
        "unitAssign",
        input,
        "assignedCount",
    )
    .await
    .data();
    prepare(world, text(MEMBER)).await;
}

async fn prepare(world: &World, project: Value) {
    let input = json!({ "projectId": project, "to": "PREPARATION", "reason": "前期" });
    act(
        world,
        Persona::Signatory,
        "projectMove",
        input,
        "project { stage }",
    )
    .await
    .data();
}

/// It leads, has a lead unit and stands at a stage that reports: but for its members it would
/// owe a report.
async fn a_programmes_duty_lies_on_its_members(world: &World) {
    begin(world).await;
    member_is_prepared(world).await;
    prepare(world, text(PROGRAMME)).await;
    let row = project::Entity::find_by_id(PROGRAMME).one(&world.db).await;
    let row = row.unwrap().unwrap();
    assert_eq!(row.stage, Stage::Preparation);
    assert_eq!(row.lead_unit_id, Some(WATER));
    world.clock.set(midnight(2026, 12, 1));
    assert_eq!(duty(world).await, 4);
    let made = db_made(world).await;
    let projects: Vec<_> = made.iter().map(|row| row.project_id.unwrap()).collect();
    assert_eq!(projects, [RESERVOIR, LEVEE, BUILDING, MEMBER]);
}

async fn a_new_lead_takes_over_what_is_open(world: &World) {
    begin(world).await;
    // A lead is replaced by assignment only while nothing is scheduled.
    member_is_prepared(world).await;
    world.clock.set(midnight(2026, 12, 1));
    assert_eq!(duty(world).await, 4);
    let input = json!({ "projectId": text(MEMBER), "leadUnitId": text(TRANSPORT) });
    act(
        world,
        Persona::Supervisor,
        "unitAssign",
        input,
        "assignedCount",
    )
    .await
    .data();
    let made = db_made(world).await;
    let of = made.iter().find(|row| row.project_id == Some(MEMBER));
    assert_eq!(of.unwrap().unit_id, Some(TRANSPORT));
}

async fn db_zone(world: &World, of: JurisdictionId, zone: &str) {
    let zoned = jurisdiction::Entity::update_many()
        .col_expr(jurisdiction::Column::TimeZone, zone.into())
        .filter(jurisdiction::Column::Id.eq(of));
    zoned.exec(&world.db).await.unwrap();
}

/// Whichever of the two comes first.
async fn a_bad_jurisdiction_does_not_keep_the_others_waiting(world: &World) {
    begin(world).await;
    for (bad, good, month, mark) in [
        (HERE, ELSEWHERE, (2026, 12), "2026-11"),
        (ELSEWHERE, HERE, (2027, 1), "2026-12"),
    ] {
        db_zone(world, bad, "Nowhere/At_All").await;
        world.clock.set(midnight(month.0, month.1, 1));
        let call = Call::system("report-duty", "duty".to_owned());
        let failed = world.services.report_duty(&call).await.unwrap_err();
        assert_eq!(failed.code(), "INTERNAL");
        let row = duty_mark::Entity::find_by_id(good).one(&world.db).await;
        assert_eq!(row.unwrap().unwrap().period, mark);
        db_zone(world, bad, "Asia/Shanghai").await;
    }
}

async fn jobs_run_at_once_and_stop(world: &World) {
    let jobs = Jobs::start(world.services.clone(), Duration::from_secs(3_600));
    jobs.stopped().await;
    let mark = duty_mark::Entity::find_by_id(HERE).one(&world.db).await;
    assert_eq!(mark.unwrap().unwrap().period, "2026-10");
}

async fn a_sweep_of_many_projects_takes_few_statements(world: &World) {
    begin(world).await;
    world.clock.set(midnight(2026, 12, 1));
    let before = world.services.store.statements();
    assert_eq!(duty(world).await, 3);
    let taken = world.services.store.statements() - before;
    assert!(taken <= 40, "{taken} statements for two jurisdictions");
    let before = world.services.store.statements();
    duty(world).await;
    let taken = world.services.store.statements() - before;
    assert_eq!(taken, 2, "nothing is owed");
}
