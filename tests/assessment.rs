//! Assessments: how units did, charged to who held what when.

use duban_entities::ids::{ReportRevisionId, TaskId};
use duban_entities::vocabulary::{RevisionState, TaskState};
use duban_entities::{project, report_revision, task};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::fixture::{add_revisions, add_tasks, change, note};
use crate::support::known::{
    BUILDING, CANAL, COUNTY, HERE, LAND, RESERVOIR, ROAD, STATION, TRANSPORT, WATER, key,
};
use crate::support::owed::{order, report, submitted};
use crate::support::{Answer, NOW, Persona, World, date, on_both};

on_both!(
    units_are_scored_on_what_they_held,
    what_is_suspended_or_waived_stands_apart,
    investment_is_set_beside_the_years_plan,
    what_an_assessment_refuses,
);

const ASSESSMENT: &str = "query A($id: ID!, $from: String!, $to: String!) {
    assessment(jurisdictionId: $id, from: $from, to: $to) {
        from to judgedOn rules { code source returnedPercent missingPercent weights { component weight source } }
        units { unit { id } score parts { component weight share }
            reportsInTime { count ids tasks { id } } reportsLate { ids } reportsMissing { ids }
            reportsReturned { ids } reportsPending { ids } reportsSuspended { ids } reportsWaived { ids }
            milestonesMetBaseline { ids } milestonesMissedBaseline { ids }
            milestonesMetCurrent { ids } milestonesMissedCurrent { ids } milestonesSuspended { ids }
            ordersInTime { ids } ordersLate { ids } ordersUnanswered { ids } ordersPending { ids }
            investmentPlanned investmentActual investmentProjects { ids projects { id } } }
    } }";

async fn ask(world: &World, who: Persona, from: &str, to: &str) -> Answer {
    let client = world.client_of(who).await;
    let variables = json!({ "id": text(HERE), "from": from, "to": to });
    client.ask(ASSESSMENT, variables).await
}

/// The November of a unit.
async fn unit(world: &World, unit: impl std::fmt::Display) -> Value {
    let answer = ask(world, Persona::Supervisor, "2026-11", "2026-11").await;
    let units = answer.at("/assessment/units").as_array().unwrap().clone();
    let mut own = units
        .into_iter()
        .filter(|row| row["unit"]["id"] == text(&unit));
    own.next().unwrap_or_default()
}

fn owed(n: u128) -> TaskId {
    TaskId(key(n))
}

fn ids(of: &[TaskId]) -> Value {
    json!(of.iter().map(ToString::to_string).collect::<Vec<_>>())
}

#[expect(
    clippy::too_many_lines,
    reason = "one story, from its beginning to its end"
)]
async fn units_are_scored_on_what_they_held(world: &World) {
    let returned = task::Model {
        return_count: 1,
        ..submitted(
            report(0x501, RESERVOIR, WATER, "2026-11"),
            Persona::Signatory,
            11,
        )
    };
    let rows = vec![
        returned,
        submitted(
            report(0x502, ROAD, TRANSPORT, "2026-11"),
            Persona::OtherSignatory,
            17,
        ),
        report(0x503, BUILDING, WATER, "2026-11"),
        submitted(order(0x521, WATER), Persona::Signatory, 2),
        submitted(order(0x522, TRANSPORT), Persona::OtherSignatory, 6),
        order(0x523, COUNTY),
    ];
    add_tasks(&world.services.store, rows).await;
    world.advance_days(20);
    let water = unit(world, WATER).await;
    assert_eq!(water["reportsInTime"]["ids"], ids(&[owed(0x501)]));
    assert_eq!(
        water["reportsInTime"]["tasks"],
        json!([{ "id": text(owed(0x501)) }])
    );
    assert_eq!(water["reportsReturned"]["ids"], ids(&[owed(0x501)]));
    assert_eq!(water["reportsMissing"]["ids"], ids(&[owed(0x503)]));
    assert_eq!(water["ordersInTime"]["ids"], ids(&[owed(0x521)]));
    // One report at 80 %, less half a report, over two.
    assert_eq!(
        water["parts"][0],
        json!({ "component": "REPORTS", "weight": 30, "share": "15" })
    );
    assert_eq!(
        water["parts"][3]["share"],
        Value::Null,
        "nothing is planned"
    );
    let transport = unit(world, TRANSPORT).await;
    assert_eq!(transport["reportsLate"]["ids"], ids(&[owed(0x502)]));
    assert_eq!(transport["ordersLate"]["ids"], ids(&[owed(0x522)]));
    assert_eq!(transport["score"], "0");
    let county = unit(world, COUNTY).await;
    assert_eq!(county["milestonesMissedBaseline"]["ids"], ids(&[LAND]));
    assert_eq!(county["milestonesMissedCurrent"]["ids"], ids(&[LAND]));
    assert_eq!(county["ordersUnanswered"]["ids"], ids(&[owed(0x523)]));

    // The unit that holds it now did not hold it on the day.
    let held = task::Entity::find_by_id(owed(0x503)).one(&world.db).await;
    let held = held.unwrap().unwrap();
    let moved = task::Model {
        unit_id: Some(STATION),
        ..held.clone()
    };
    change(&world.services.store, held, moved).await;
    assert_eq!(unit(world, WATER).await, water);
    let answer = ask(world, Persona::Auditor, "2026-10", "2026-12").await;
    let units = answer.at("/assessment/units").as_array().unwrap();
    let scores = units.iter().map(|unit| unit["score"].as_str());
    let scores: Vec<Option<f64>> = scores.map(|s| s.map(|s| s.parse().unwrap())).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    assert_eq!(answer.at("/assessment/rules/code"), "UNIT-DEFAULT");
}

async fn what_is_suspended_or_waived_stands_apart(world: &World) {
    let waived = task::Model {
        state: TaskState::Cancelled,
        waived_at: Some(NOW),
        ..report(0x501, RESERVOIR, TRANSPORT, "2026-11")
    };
    let stopped = task::Model {
        clock_stopped_on: Some(date(2026, 11, 25)),
        ..report(0x502, CANAL, TRANSPORT, "2026-11")
    };
    add_tasks(&world.services.store, vec![waived, stopped]).await;
    let finish = task::Entity::find_by_id(crate::support::known::ROAD_FINISH);
    let finish = finish.one(&world.db).await.unwrap().unwrap();
    let waits = task::Model {
        clock_stopped_on: Some(date(2026, 11, 21)),
        ..finish.clone()
    };
    change(&world.services.store, finish.clone(), waits).await;
    world.advance_days(20);
    let transport = unit(world, TRANSPORT).await;
    assert_eq!(transport["reportsWaived"]["ids"], ids(&[owed(0x501)]));
    assert_eq!(transport["reportsSuspended"]["ids"], ids(&[owed(0x502)]));
    assert_eq!(transport["milestonesSuspended"]["ids"], ids(&[finish.id]));
    assert_eq!(transport["milestonesMissedCurrent"]["ids"], json!([]));
    assert_eq!(transport["score"], Value::Null, "nothing was counted");
}

fn revision(n: u128, of: u128, state: RevisionState, fen: i64) -> report_revision::Model {
    report_revision::Model {
        id: ReportRevisionId(key(n)),
        task_id: owed(of),
        project_id: RESERVOIR,
        jurisdiction_id: HERE,
        period: "2026-11".to_owned(),
        number: i32::try_from(n & 0xf).unwrap(),
        state,
        percent_complete: 3_000,
        investment_this_month: fen,
        investment_to_date: fen,
        narrative: "进展".to_owned(),
        next_steps: "打算".to_owned(),
        forecast_completion: None,
        achieved: "[]".to_owned(),
        evidence: "[]".to_owned(),
        unchanged: false,
        reason: None,
        submitted_by: Persona::Signatory.user(),
        submitted_at: NOW,
        submitted_on: date(2026, 12, 2),
        decided_by: None,
        decided_at: None,
        decision_note: None,
        simulated: false,
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn investment_is_set_beside_the_years_plan(world: &World) {
    let done = task::Model {
        state: TaskState::Done,
        ..submitted(
            report(0x501, RESERVOIR, WATER, "2026-11"),
            Persona::Signatory,
            11,
        )
    };
    add_tasks(&world.services.store, vec![done]).await;
    let revisions = vec![
        revision(0x601, 0x501, RevisionState::Superseded, 99_999),
        revision(0x602, 0x501, RevisionState::Accepted, 25_050),
    ];
    add_revisions(&world.services.store, revisions).await;
    let row = project::Entity::find_by_id(RESERVOIR).one(&world.db).await;
    let plan = json!([{ "year": "2025", "amount": "1" }, { "year": "2026", "amount": "12000" }]);
    let row = row.unwrap().unwrap();
    note(&world.services.store, row, "investments", plan.to_string()).await;
    world.advance_days(20);
    let water = unit(world, WATER).await;
    assert_eq!(water["investmentPlanned"], "1000");
    assert_eq!(water["investmentActual"], "250.5");
    assert_eq!(
        water["investmentProjects"]["projects"],
        json!([{ "id": text(RESERVOIR) }])
    );
    assert_eq!(
        water["parts"][3],
        json!({ "component": "INVESTMENT", "weight": 15, "share": "25.05" })
    );
}

async fn what_an_assessment_refuses(world: &World) {
    let supervisor = Persona::Supervisor;
    for (from, to, field) in [
        ("2026-11", "2026-10", "from"),
        ("2026-10", "2026-12", "to"),
        ("2023-11", "2026-11", "from"),
        ("2026", "2026-11", "from"),
        ("2026-11", "11", "to"),
    ] {
        let refused = ask(world, supervisor, from, to).await;
        assert_eq!(refused.fields(), [field], "{from} {to}");
    }
    ask(world, supervisor, "2023-12", "2026-11").await.data();
    for who in [Persona::Signatory, Persona::SupervisorAreas] {
        ask(world, who, "2026-10", "2026-11")
            .await
            .refused("FORBIDDEN");
    }
    let elsewhere = ask(world, Persona::SupervisorElsewhere, "2026-10", "2026-11").await;
    elsewhere.refused("NOT_FOUND");
}
