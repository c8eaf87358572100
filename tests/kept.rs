//! Answers that are given again: never one that is no longer true.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use duban::clock::Clock;
use duban::policy::{Action, Facts};
use duban::service::Call;
use duban::store::catalogue::Parts;
use duban::store::ledger::FieldChange;
use duban::store::{Store, outline};
use duban_entities::ids::{UnitAliasId, UnitId};
use duban_entities::{area, clause, jurisdiction, plan, unit, unit_alias};
use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::known::{
    BRIDGE, HERE, PINGYU, PLAN, RESERVOIR, SECTION, TRANSPORT, WATER, key,
};
use crate::support::{Answer, Client, Persona, World, change, on_both};

on_both!(
    what_has_not_changed_is_not_read_again,
    every_write_makes_the_answer_new,
    another_day_makes_the_answer_new,
    what_the_ledger_does_not_hold_is_fresh,
    a_grant_ends_in_its_instant,
    grants_are_read_where_the_ledger_tells_of_people,
    what_seldom_changes_is_read_again_once_it_has,
    an_ended_session_gets_nothing_kept,
    everybody_gets_their_own,
    only_queries_without_errors_are_kept,
    a_client_may_want_it_computed,
);

const PROJECT: &str = "query P($by: ProjectBy!) {
    project(by: $by) { id code title version leadUnit { id name }
        milestones(first: 20) { nodes { id title dueDate state } } } }";

async fn project(client: &Client, id: impl std::fmt::Display) -> Answer {
    client
        .ask(PROJECT, json!({ "by": { "id": text(id) } }))
        .await
}

/// How many statements a request takes.
async fn statements(world: &World, client: &Client) -> u64 {
    let before = world.services.store.statements();
    project(client, RESERVOIR).await.data();
    world.services.store.statements() - before
}

async fn what_has_not_changed_is_not_read_again(world: &World) {
    let client = world.client_of(Persona::Supervisor).await.kept();
    let first = project(&client, RESERVOIR).await;
    assert!(statements(world, &client).await <= 1, "the session alone");
    assert_eq!(project(&client, RESERVOIR).await.text, first.text);
    // Other variables are another question.
    let other = project(&client, BRIDGE).await;
    assert_eq!(other.at("/project/id"), &text(BRIDGE));
    // Something that has to do with neither changes as well.
    let input = json!({ "projectId": text(BRIDGE), "leadUnitId": text(TRANSPORT) });
    assign(world, input).await;
    assert!(statements(world, &client).await > 1);
    assert!(statements(world, &client).await <= 1);
}

async fn assign(world: &World, input: Value) {
    const ASSIGN: &str =
        "mutation M($i: UnitAssignInput!) { unitAssign(input: $i) { assignedCount } }";
    let supervisor = world.client_of(Persona::Supervisor).await.kept();
    supervisor.ask(ASSIGN, json!({ "i": input })).await.data();
}

async fn every_write_makes_the_answer_new(world: &World) {
    let viewer = world.client_of(Persona::Viewer).await.kept();
    let before = project(&viewer, BRIDGE).await;
    let version = before.at("/project/version").as_i64().unwrap();
    for (n, lead) in [TRANSPORT, WATER, TRANSPORT].into_iter().enumerate() {
        let input = json!({ "projectId": text(BRIDGE), "leadUnitId": text(lead) });
        assign(world, input).await;
        let answer = project(&viewer, BRIDGE).await;
        assert_eq!(answer.at("/project/leadUnit/id"), &text(lead));
        let after = version + 1 + i64::try_from(n).unwrap();
        assert_eq!(answer.at("/project/version").as_i64(), Some(after));
    }
}

async fn another_day_makes_the_answer_new(world: &World) {
    const OVERDUE: &str = "{ tasks(filter: { due: OVERDUE }) { totalCount nodes { id } } }";
    const COMING: &str = "{ tasks(filter: { due: OPEN }, first: 200,
        orderBy: { field: DUE_DATE, direction: ASC }) { nodes { dueDate daysOverdue dueBasis } } }";
    let supervisor = world.client_of(Persona::Supervisor).await.kept();
    let coming = supervisor.query(COMING).await;
    let next = coming
        .at("/tasks/nodes")
        .as_array()
        .unwrap()
        .iter()
        .find(|task| {
            task["dueDate"].as_str() >= Some("2026-11-22") && task["dueBasis"] != "PLAN_PERIOD"
        });
    let due: NaiveDate = next.unwrap()["dueDate"].as_str().unwrap().parse().unwrap();
    // Four minutes before that day ends in China, and one minute after.
    let before: DateTime<Utc> = due.and_hms_opt(15, 56, 0).unwrap().and_utc();
    world.clock.set(before);
    let supervisor = world.client_of(Persona::Supervisor).await.kept();
    let count = |answer: &Answer| answer.at("/tasks/totalCount").as_i64().unwrap();
    let first = supervisor.query(OVERDUE).await;
    assert_eq!(count(&supervisor.query(OVERDUE).await), count(&first));
    world.clock.set(before + TimeDelta::minutes(5));
    let then = supervisor.query(OVERDUE).await;
    assert!(
        count(&then) > count(&first),
        "{} then {}",
        first.text,
        then.text
    );
}

async fn what_the_ledger_does_not_hold_is_fresh(world: &World) {
    const SESSIONS: &str = "{ viewer { sessions { id } } }";
    const TOKENS: &str = "{ viewer { apiTokens { lastUsedAt } } }";
    let reporter = world.client_of(Persona::Reporter).await.kept();
    let sessions = |answer: &Answer| answer.at("/viewer/sessions").as_array().unwrap().len();
    let first = sessions(&reporter.query(SESSIONS).await);
    world.clock.advance(TimeDelta::seconds(1));
    world.client_of(Persona::Reporter).await.kept();
    assert_eq!(sessions(&reporter.query(SESSIONS).await), first + 1);

    let integrator = world.client_of(Persona::Integrator).await.kept();
    let earlier = integrator.query(TOKENS).await;
    world.clock.advance(TimeDelta::minutes(1));
    // The request does not wait until its own use is noted.
    while integrator.query(TOKENS).await.text == earlier.text {
        tokio::task::yield_now().await;
    }
}

async fn a_grant_ends_in_its_instant(world: &World) {
    const GRANT: &str = "mutation M($i: GrantAddInput!) { grantAdd(input: $i) { grant { id } } }";
    let until = world.clock.now() + TimeDelta::minutes(2);
    let input = json!({
        "userId": text(Persona::OtherReporter.user()),
        "grant": { "role": "VIEWER", "scope": { "jurisdictionId": text(HERE) },
            "validFrom": world.clock.now() + TimeDelta::minutes(1), "validTo": until },
    });
    let administrator = world.client_of(Persona::Administrator).await.kept();
    administrator.ask(GRANT, json!({ "i": input })).await.data();
    let reporter = world.client_of(Persona::OtherReporter).await.kept();
    for (minutes, seen) in [(0, false), (1, true), (1, false)] {
        world.clock.advance(TimeDelta::minutes(minutes));
        for _ in 0..2 {
            let answer = project(&reporter, RESERVOIR).await;
            assert_eq!(answer.code(), (!seen).then_some("NOT_FOUND"));
        }
    }
}

async fn grants_are_read_where_the_ledger_tells_of_people(world: &World) {
    const GRANT: &str = "mutation M($i: GrantAddInput!) { grantAdd(input: $i) { grant { id } } }";
    const END: &str = "mutation M($i: GrantEndInput!) { grantEnd(input: $i) { grant { id } } }";
    let supervisor = world.client_of(Persona::Supervisor).await;
    let reporter = world.client_of(Persona::OtherReporter).await;
    let administrator = world.client_of(Persona::Administrator).await;
    let sees = async || project(&reporter, RESERVOIR).await.code().is_none();
    let unrelated = async |lead| {
        let input = json!({ "projectId": text(BRIDGE), "leadUnitId": text(lead) });
        assign(world, input).await;
    };
    statements(world, &supervisor).await;
    let still = statements(world, &supervisor).await;
    assert!(!sees().await);
    unrelated(TRANSPORT).await;
    let moved = statements(world, &supervisor).await;
    assert_eq!(moved, still + 1, "a look at the entries between");
    assert_eq!(statements(world, &supervisor).await, still);
    assert!(!sees().await);
    unrelated(WATER).await;
    let input = json!({
        "userId": text(Persona::OtherReporter.user()),
        "grant": { "role": "VIEWER", "scope": { "jurisdictionId": text(HERE) } },
    });
    let added = administrator.ask(GRANT, json!({ "i": input })).await;
    unrelated(TRANSPORT).await;
    assert!(sees().await, "a grant between other writes");
    unrelated(WATER).await;
    assert!(sees().await);
    let input = json!({ "grantId": added.at("/grantAdd/grant/id") });
    let ended = administrator.ask(END, json!({ "i": input })).await;
    ended.data();
    assert!(!sees().await);
}

/// Gives a unit another name beside its own, as an import does.
async fn alias(store: &Store, unit_id: UnitId, alias: &'static str) {
    let write = Call::system("test", "test".to_owned()).write(None);
    let written = store.write(write, move |work| {
        Box::pin(async move {
            let rows = outline::units_by_id(work.connection(), vec![unit_id]).await?;
            let row = rows.into_iter().next().unwrap();
            let permit = work.permit(Action::CatalogueImport, Facts::Everything)?;
            let told = FieldChange {
                field: "aliases".into(),
                from: None,
                to: Some(alias.to_owned()),
            };
            let after = row.clone();
            work.update_with(&permit, &row, after, vec![told]).await?;
            let parts = Parts {
                units: vec![unit_id],
                unit_aliases: vec![unit_alias::Model {
                    id: UnitAliasId(key(0x9901)),
                    unit_id,
                    alias: alias.to_owned(),
                    source_file: None,
                    source_line: None,
                }],
                ..Parts::default()
            };
            work.replace_parts(&permit, parts).await
        })
    });
    written.await.unwrap();
}

async fn what_seldom_changes_is_read_again_once_it_has(world: &World) {
    const SHOWN: &str = "{ projects(first: 50) { nodes {
        jurisdiction { name today } areas { name } leadUnit { name aliases }
        citations { clause { heading plan { title } } } } } }";
    let elsewhere = world.database.store().await;
    let client = world.client_of(Persona::Supervisor).await;
    let asked = async || {
        let before = world.services.store.statements();
        let answer = client.query(SHOWN).await;
        answer.data();
        (answer.text, world.services.store.statements() - before)
    };
    let (first, cold) = asked().await;
    let (second, warm) = asked().await;
    assert_eq!(first, second);
    assert!(cold >= warm + 5, "{cold} statements, then {warm}");
    let input = json!({ "projectId": text(BRIDGE), "leadUnitId": text(TRANSPORT) });
    assign(world, input).await;
    let (_, moved) = asked().await;
    assert_eq!(moved, warm + 1, "a look at what happened");
    let shows = async |new: &str| {
        let (shown, _) = asked().await;
        assert!(shown.contains(new), "{new}: {shown}");
        assert!(!first.contains(new));
    };
    change::<jurisdiction::Model>(&elsewhere, HERE, |row| row.name = "改名市".to_owned()).await;
    shows("改名市").await;
    // On the other side of the date line it is another day.
    change::<jurisdiction::Model>(&elsewhere, HERE, |row| {
        row.time_zone = "Pacific/Pago_Pago".to_owned();
    })
    .await;
    let there = (world.clock.now() - TimeDelta::hours(11)).date_naive();
    shows(&there.to_string()).await;
    change::<area::Model>(&elsewhere, PINGYU, |row| row.name = "改名县".to_owned()).await;
    shows("改名县").await;
    change::<unit::Model>(&elsewhere, WATER, |row| row.name = "改名局".to_owned()).await;
    shows("改名局").await;
    change::<clause::Model>(&elsewhere, SECTION, |row| row.heading = "改名节".to_owned()).await;
    shows("改名节").await;
    change::<plan::Model>(&elsewhere, PLAN, |row| row.title = "改名规划".to_owned()).await;
    shows("改名规划").await;
    alias(&elsewhere, WATER, "别名局").await;
    shows("别名局").await;
    let (_, again) = asked().await;
    assert_eq!(again, warm);
    elsewhere.close().await.unwrap();
}

async fn an_ended_session_gets_nothing_kept(world: &World) {
    let client = world.client_of(Persona::Supervisor).await.kept();
    project(&client, RESERVOIR).await.data();
    project(&client, RESERVOIR).await.data();
    client
        .query("mutation { signOut { __typename } }")
        .await
        .data();
    project(&client, RESERVOIR).await.refused("UNAUTHENTICATED");
}

async fn everybody_gets_their_own(world: &World) {
    const WHO: &str = "{ viewer { username } projects(first: 50) { nodes { id } } }";
    for _ in 0..2 {
        for persona in [
            Persona::Supervisor,
            Persona::SupervisorElsewhere,
            Persona::Signatory,
        ] {
            let answer = world.client_of(persona).await.kept().query(WHO).await;
            assert_eq!(answer.text_at("/viewer/username"), persona.name());
            let elsewhere = persona == Persona::SupervisorElsewhere;
            assert_ne!(answer.text.contains(&RESERVOIR.to_string()), elsewhere);
        }
        world
            .client(None)
            .query(WHO)
            .await
            .refused("UNAUTHENTICATED");
    }
}

async fn only_queries_without_errors_are_kept(world: &World) {
    const ISSUE: &str =
        "mutation { apiTokenIssue(input: { name: \"twice\" }) { apiToken { id } } }";
    let integrator = Persona::Administrator;
    let client = world.client_of(integrator).await.kept();
    let (first, second) = (client.query(ISSUE).await, client.query(ISSUE).await);
    assert!(first.code().is_some() || first.text != second.text);
    let before = world.services.store.statements();
    for _ in 0..2 {
        let wrong = "{ tasks(after: \"no cursor\") { nodes { id } } }";
        client.query(wrong).await.refused("INVALID");
    }
    // What cannot be answered is asked of the database again.
    let reader = world.client_of(Persona::OtherReporter).await.kept();
    project(&reader, RESERVOIR).await.refused("NOT_FOUND");
    let between = world.services.store.statements();
    project(&reader, RESERVOIR).await.refused("NOT_FOUND");
    assert!(between > before && world.services.store.statements() > between + 1);
}

async fn a_client_may_want_it_computed(world: &World) {
    let client = world.client_of(Persona::Supervisor).await.kept();
    project(&client, RESERVOIR).await.data();
    assert!(statements(world, &client).await <= 1);
    let client = client.fresh();
    assert!(statements(world, &client).await > 1);
    assert!(statements(world, &client).await > 1);
}
