//! The inbox: what waits for whom, held against the policy for everybody.

use std::collections::BTreeMap;

use duban::domain::inbox::{Waiting, waits_for};
use duban::policy::{Action, Facts, Principal, ProjectFacts, decide};
use duban::service::{Call, ProposalFilter, due_facts, order_facts};
use duban::store::facts;
use duban_entities::ids::ProjectId;
use duban_entities::vocabulary::{ChangeState, TaskState};
use duban_entities::{change_request, project, task};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::fixture::add_tasks;
use crate::support::known::{
    BUILDING, CANAL, CANAL_FINISH, CANAL_SCHEDULE, COUNTY, DAM, LAND, LEVEE, RESERVOIR, ROAD,
    ROAD_FINISH, STATION, TRANSPORT, WATER,
};
use crate::support::owed::{issue, order, report, submitted};
use crate::support::world::request;
use crate::support::{NOW, Persona, World, on_both};

on_both!(
    an_inbox_holds_what_the_policy_lets_its_person_settle,
    the_most_urgent_comes_first_and_pages_join,
    what_is_settled_by_the_named_mutation_is_gone,
    a_reporter_drafts_and_a_signatory_submits,
    who_only_reads_has_an_empty_inbox,
    an_inbox_takes_as_few_statements_however_long_it_is,
);

const INBOX: &str = "query I($first: Int, $after: String) { inbox(first: $first, after: $after) {
    totalCount counts { kind count } pageInfo { hasNextPage endCursor }
    nodes { kind mutation urgency dueDate since title returned
        unit { id } project { id } task { id } changeRequest { id } proposal { id } }
} }";

/// Something of everything that can wait.
fn more() -> Vec<task::Model> {
    let returned = task::Model {
        return_count: 1,
        decided_at: Some(NOW),
        ..report(0x503, LEVEE, STATION, "2026-11")
    };
    let stopped = task::Model {
        clock_stopped_on: Some(NOW.date_naive()),
        ..report(0x504, CANAL, WATER, "2026-11")
    };
    let verified = task::Model {
        state: TaskState::Done,
        ..submitted(order(0x522, COUNTY), Persona::CoopSignatory, 0)
    };
    let homeless = task::Model {
        raised_unit_id: None,
        ..submitted(order(0x523, WATER), Persona::Signatory, 0)
    };
    vec![
        report(0x501, RESERVOIR, WATER, "2026-11"),
        submitted(
            report(0x502, BUILDING, WATER, "2026-11"),
            Persona::Signatory,
            -2,
        ),
        returned,
        stopped,
        submitted(
            report(0x505, ROAD, TRANSPORT, "2026-11"),
            Persona::OtherSignatory,
            0,
        ),
        issue(0x511, RESERVOIR, WATER, Some(COUNTY)),
        issue(0x512, RESERVOIR, WATER, None),
        issue(0x513, ROAD, TRANSPORT, Some(WATER)),
        submitted(
            issue(0x514, RESERVOIR, WATER, Some(COUNTY)),
            Persona::CoopSignatory,
            -1,
        ),
        submitted(
            issue(0x515, RESERVOIR, WATER, None),
            Persona::Supervisor,
            -1,
        ),
        submitted(
            issue(0x516, RESERVOIR, WATER, Some(STATION)),
            Persona::Signatory,
            -1,
        ),
        order(0x520, WATER),
        submitted(order(0x521, TRANSPORT), Persona::OtherSignatory, -3),
        verified,
        homeless,
    ]
}

async fn inbox(world: &World, who: Persona) -> Value {
    let client = world.client_of(who).await;
    client
        .ask(INBOX, json!({ "first": 200 }))
        .await
        .at("/inbox")
        .clone()
}

fn nodes(inbox: &Value) -> &Vec<Value> {
    inbox["nodes"].as_array().unwrap()
}

/// What an item settles, and how.
fn settled(node: &Value) -> (String, String) {
    let thing = [
        &node["task"]["id"],
        &node["changeRequest"]["id"],
        &node["proposal"]["id"],
    ];
    let id = thing.iter().find_map(|id| id.as_str()).unwrap();
    (id.to_owned(), node["mutation"].as_str().unwrap().to_owned())
}

async fn db_projects(world: &World) -> BTreeMap<ProjectId, ProjectFacts> {
    let rows = project::Entity::find().all(&world.db).await.unwrap();
    let facts = facts::of_projects(&world.db, &rows).await.unwrap();
    facts.into_iter().collect()
}

/// What the policy lets somebody do about everything there is.
async fn db_expected(world: &World, principal: &Principal) -> BTreeMap<String, String> {
    let projects = db_projects(world).await;
    let today = NOW.date_naive();
    let mut expected = BTreeMap::new();
    for row in task::Entity::find().all(&world.db).await.unwrap() {
        let (due, returned) = (due_facts(&row), row.return_count > 0);
        let Some(waiting) = waits_for(row.kind, &due, returned, today, 3) else {
            continue;
        };
        let project = row.project_id.map(|id| projects[&id].clone());
        let facts = facts::task_facts(&row, project);
        let may = |action| decide(principal, action, Facts::Task(&facts)).is_ok();
        let mutation = match waiting {
            Waiting::Report if may(Action::ReportSubmit) => "reportSubmit",
            Waiting::Report if may(Action::ReportSave) => "reportSave",
            Waiting::Answer | Waiting::Claim if may(Action::TaskClaim) => "taskClaim",
            Waiting::Verify | Waiting::Close if may(Action::TaskVerify) => "taskVerify",
            _ => continue,
        };
        expected.insert(row.id.to_string(), mutation.to_owned());
    }
    for row in change_request::Entity::find().all(&world.db).await.unwrap() {
        let project = match row.project_id {
            Some(id) => projects[&id].clone(),
            None => facts::proposed_facts(&row),
        };
        let facts = facts::change_facts(&row, project);
        let may = decide(principal, Action::ChangeDecide, Facts::Change(&facts)).is_ok();
        if may && row.state == ChangeState::Proposed {
            expected.insert(row.id.to_string(), "changeDecide".to_owned());
        }
    }
    let call = Call {
        principal: principal.clone(),
        request: request(),
        simulated: false,
        version: None,
    };
    let all = ProposalFilter::default();
    let proposed = world.services.order_proposals(&call, &all).await;
    for proposal in proposed.unwrap_or_default() {
        let facts = order_facts(proposal.unit, &projects[&proposal.project]);
        if decide(principal, Action::OrderIssue, Facts::Order(&facts)).is_ok() {
            expected.insert(proposal.id.to_string(), "orderIssue".to_owned());
        }
    }
    expected
}

async fn an_inbox_holds_what_the_policy_lets_its_person_settle(world: &World) {
    add_tasks(&world.services.store, more()).await;
    let mut kinds = BTreeMap::new();
    for who in &Persona::ALL[1..] {
        if *who == Persona::MustChange {
            let client = world.client_of(*who).await;
            client.ask(INBOX, json!({})).await.refused("FORBIDDEN");
            continue;
        }
        let expected = db_expected(world, &world.principal(*who).await).await;
        let inbox = inbox(world, *who).await;
        let found: BTreeMap<_, _> = nodes(&inbox).iter().map(settled).collect();
        assert_eq!(found, expected, "{who:?}");
        assert_eq!(inbox["totalCount"], expected.len(), "{who:?}");
        for count in inbox["counts"].as_array().unwrap() {
            let kind = count["kind"].as_str().unwrap();
            let of = nodes(&inbox).iter().filter(|node| node["kind"] == kind);
            assert_eq!(count["count"], of.count(), "{who:?} {kind}");
            *kinds.entry(kind.to_owned()).or_insert(0) += 1;
        }
    }
    let seen: Vec<&String> = kinds.keys().collect();
    assert_eq!(
        seen,
        [
            "ANSWER", "CLAIM", "CLOSE", "DECIDE", "ISSUE", "REPORT", "VERIFY"
        ]
    );
    let nobody = world.client(None).query("{ inbox { totalCount } }").await;
    nobody.refused("UNAUTHENTICATED");
}

async fn the_most_urgent_comes_first_and_pages_join(world: &World) {
    add_tasks(&world.services.store, more()).await;
    for who in [Persona::BothHats, Persona::Supervisor, Persona::Signatory] {
        let whole = inbox(world, who).await;
        let urgencies: Vec<i64> = nodes(&whole)
            .iter()
            .map(|node| node["urgency"].as_i64().unwrap_or(i64::MIN))
            .collect();
        assert!(urgencies.is_sorted_by(|a, b| a >= b), "{urgencies:?}");
        let client = world.client_of(who).await;
        let (mut paged, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = client
                .ask(INBOX, json!({ "first": 2, "after": after }))
                .await;
            paged.extend(nodes(page.at("/inbox")).clone());
            after = page.at("/inbox/pageInfo/endCursor").clone();
            if page.at("/inbox/pageInfo/hasNextPage") == false {
                break;
            }
        }
        assert_eq!(&paged, nodes(&whole), "{who:?}");
    }
    let client = world.client_of(Persona::Supervisor).await;
    let wrong = client.ask(INBOX, json!({ "after": "task.due" })).await;
    assert_eq!(wrong.fields(), ["after"]);
    let many = client.ask(INBOX, json!({ "first": 201 })).await;
    assert!(many.code().is_some());
    let none = client.ask(INBOX, json!({ "first": 0 })).await;
    assert_eq!(nodes(none.at("/inbox")).len(), 0);
}

async fn what_is_settled_by_the_named_mutation_is_gone(world: &World) {
    let before = inbox(world, Persona::Supervisor).await;
    let ids: Vec<_> = nodes(&before).iter().map(settled).collect();
    let wanted = (CANAL_SCHEDULE.to_string(), "changeDecide".to_owned());
    let place = ids.iter().position(|item| *item == wanted).unwrap();
    assert!(ids.contains(&(DAM.to_string(), "taskVerify".to_owned())));
    let client = world.client_of(Persona::Supervisor).await;
    let first = client.ask(INBOX, json!({ "first": place + 1 })).await;
    let cursor = first.at("/inbox/pageInfo/endCursor").clone();
    let decide = "mutation D($input: ChangeDecideInput!) { changeDecide(input: $input) { changeRequest { id } } }";
    let input =
        json!({ "changeRequestId": text(CANAL_SCHEDULE), "decision": "RETURN", "note": "缺材料" });
    client.ask(decide, json!({ "input": input })).await.data();
    let after = inbox(world, Persona::Supervisor).await;
    assert_eq!(nodes(&after).len(), ids.len() - 1);
    // The place is kept, though its item is gone.
    let behind = client.ask(INBOX, json!({ "after": cursor })).await;
    assert_eq!(nodes(behind.at("/inbox")), &nodes(&after)[place..]);

    let owed = inbox(world, Persona::CoopReporter).await;
    assert_eq!(nodes(&owed)[0]["task"]["id"], text(LAND));
    assert_eq!(nodes(&owed)[0]["urgency"], 20);
    let client = world.client_of(Persona::CoopReporter).await;
    let claim = "mutation C($input: TaskClaimInput!) { taskClaim(input: $input) { task { id } } }";
    let input = json!({ "taskId": text(LAND), "note": "已完成" });
    client.ask(claim, json!({ "input": input })).await.data();
    let left = inbox(world, Persona::CoopReporter).await;
    assert_eq!(nodes(&left).len(), nodes(&owed).len() - 1);
    let waits = inbox(world, Persona::Supervisor).await;
    let ids: Vec<_> = nodes(&waits).iter().map(|node| settled(node).0).collect();
    assert!(ids.contains(&LAND.to_string()));
}

async fn a_reporter_drafts_and_a_signatory_submits(world: &World) {
    let row = report(0x501, RESERVOIR, WATER, "2026-11");
    add_tasks(&world.services.store, vec![row.clone()]).await;
    for (who, mutation) in [
        (Persona::Reporter, "reportSave"),
        (Persona::Signatory, "reportSubmit"),
    ] {
        let inbox = inbox(world, who).await;
        let mut found = nodes(&inbox).iter();
        let node = found
            .find(|node| node["task"]["id"] == text(row.id))
            .unwrap();
        assert_eq!(node["mutation"], mutation);
        assert_eq!(node["urgency"], -14);
        assert_eq!(node["dueDate"], "2026-12-05");
        assert_eq!(node["unit"]["id"], text(WATER));
        assert_eq!(node["project"]["id"], text(RESERVOIR));
    }
    let overdue = inbox(world, Persona::Signatory).await;
    assert_eq!(nodes(&overdue)[0]["task"]["id"], text(CANAL_FINISH));
    assert_eq!(nodes(&overdue)[0]["urgency"], 21);
    let soon = inbox(world, Persona::OtherReporter).await;
    assert_eq!(nodes(&soon)[0]["task"]["id"], text(ROAD_FINISH));
    assert_eq!(nodes(&soon)[0]["urgency"], -2);
}

async fn who_only_reads_has_an_empty_inbox(world: &World) {
    add_tasks(&world.services.store, more()).await;
    for who in [
        Persona::Auditor,
        Persona::Viewer,
        Persona::Integrator,
        Persona::Administrator,
        Persona::ScopedAdministrator,
    ] {
        let inbox = inbox(world, who).await;
        assert_eq!(inbox["totalCount"], 0, "{who:?}");
        assert_eq!(inbox["counts"], json!([]), "{who:?}");
    }
}

async fn an_inbox_takes_as_few_statements_however_long_it_is(world: &World) {
    let mut counts = Vec::new();
    for rows in [vec![], more()] {
        if !rows.is_empty() {
            add_tasks(&world.services.store, rows).await;
        }
        let client = world.client_of(Persona::BothHats).await;
        let before = world.services.store.statements();
        client.ask(INBOX, json!({ "first": 100 })).await.data();
        counts.push(world.services.store.statements() - before);
    }
    assert!(counts[0] <= 32, "{counts:?}");
    assert!(counts[1] <= counts[0], "{counts:?}");
}
