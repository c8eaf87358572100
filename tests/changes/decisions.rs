//! What refuses a new date, what no longer holds at the decision, who wins.

use serde_json::{Value, json};

use super::{act, decide, move_to, project, propose, reschedule, task};
use crate::support::client::text;
use crate::support::known::{
    BUILDING, BUILDING_FINISH, CANAL, CANAL_FINISH, DAM, ENDED, ENDED_FINISH, LAND, LEVEE,
    LEVEE_FINISH, LEVEE_START, RESERVOIR, RESERVOIR_FINISH, TRANSPORT,
};
use crate::support::{Answer, Persona, World, on_both};

on_both!(
    what_refuses_a_new_date,
    only_the_leads_signatory_proposes,
    nobody_decides_their_own,
    what_was_seen_must_still_hold,
    a_date_that_passed_while_it_waited_is_returned,
    another_lead_ends_what_the_old_one_proposed,
    two_deciders_of_a_new_date_one_wins,
    a_repeated_proposal_is_made_once,
    two_proposals_at_once_one_waits,
);

async fn what_refuses_a_new_date(world: &World) {
    let ask = |task: Value, due: &'static str| async move {
        reschedule(world, RESERVOIR, &[(task, due)]).await
    };
    for (task, due) in [
        (text(LAND), "2026-11-20"),
        (text(RESERVOIR_FINISH), "2027-12-31"),
        (text(LAND), "2028-01-01"),
    ] {
        let refused = ask(task, due).await;
        assert_eq!(refused.fields(), ["milestones.0.dueDate"], "{due}");
    }
    let none = reschedule(world, RESERVOIR, &[]).await;
    assert_eq!(none.fields(), ["milestones"]);
    let twice = [(text(LAND), "2026-12-01"), (text(LAND), "2026-12-02")];
    let twice = reschedule(world, RESERVOIR, &twice).await;
    assert_eq!(twice.fields(), ["milestones.1.taskId"]);
    let claimed = ask(text(DAM), "2026-12-01").await;
    assert_eq!(claimed.blockers(), ["TASK_NOT_OPEN"]);
    let elsewhere = ask(text(BUILDING_FINISH), "2026-12-01").await;
    elsewhere.refused("NOT_FOUND");
    let unscheduled = [(text(CANAL_FINISH), "2026-12-01")];
    let unscheduled = reschedule(world, CANAL, &unscheduled).await;
    assert_eq!(unscheduled.blockers(), ["NOT_SCHEDULED"]);
    let ended = reschedule(world, ENDED, &[(text(ENDED_FINISH), "2028-12-01")]).await;
    assert_eq!(ended.blockers(), ["STAGE_FINAL"]);
    ask(text(LAND), "2026-12-01").await.data();
    let second = ask(text(LAND), "2026-12-02").await;
    assert_eq!(second.blockers(), ["CHANGE_PENDING"]);
}

async fn only_the_leads_signatory_proposes(world: &World) {
    let input = json!({
        "projectId": text(RESERVOIR),
        "milestones": [{ "taskId": text(LAND), "dueDate": "2026-12-01" }],
    });
    for (who, code) in [
        (Persona::Reporter, "FORBIDDEN"),
        (Persona::CoopSignatory, "FORBIDDEN"),
        (Persona::Supervisor, "FORBIDDEN"),
        (Persona::OtherSignatory, "NOT_FOUND"),
    ] {
        let refused = propose(world, who, "reschedule", input.clone()).await;
        refused.refused(code);
    }
    assert_eq!(
        project(world, RESERVOIR).await["permissions"]["proposeChange"],
        false
    );
    let client = world.client_of(Persona::Signatory).await;
    let by = json!({ "by": { "id": text(RESERVOIR) } });
    let own = client.ask(super::PROJECT, by).await;
    assert_eq!(own.at("/project/permissions/proposeChange"), true);
}

async fn nobody_decides_their_own(world: &World) {
    let asked = reschedule(world, BUILDING, &[(text(BUILDING_FINISH), "2028-02-01")]).await;
    let id = asked.at("/changePropose/changeRequest/id");
    let input = json!({ "changeRequestId": id, "decision": "APPROVE" });
    for who in [
        Persona::Signatory,
        Persona::BothHats,
        Persona::SupervisorAtHome,
        Persona::Auditor,
        Persona::Administrator,
    ] {
        let refused = act(world, who, "changeDecide", input.clone(), super::CHANGE).await;
        refused.refused("FORBIDDEN");
    }
    let bare = json!({ "changeRequestId": id, "decision": "RETURN" });
    let bare = act(
        world,
        Persona::Supervisor,
        "changeDecide",
        bare,
        super::CHANGE,
    )
    .await;
    assert_eq!(bare.fields(), ["note"]);
    let unfit = json!({ "changeRequestId": id, "decision": "APPROVE",
        "document": { "title": " ", "number": "1".repeat(101) } });
    let unfit = act(
        world,
        Persona::Supervisor,
        "changeDecide",
        unfit,
        super::CHANGE,
    )
    .await;
    assert_eq!(unfit.fields(), ["document.title", "document.number"]);
}

async fn what_was_seen_must_still_hold(world: &World) {
    let dates = [
        (text(LEVEE_START), "2026-12-31"),
        (text(LEVEE_FINISH), "2028-12-31"),
    ];
    let asked = reschedule(world, LEVEE, &dates).await;
    let id = asked.at("/changePropose/changeRequest/id");
    let claim = json!({ "taskId": text(LEVEE_START) });
    let claimed = act(world, Persona::Signatory, "taskClaim", claim, "task { id }").await;
    claimed.data();
    let outdated = decide(world, id, "APPROVE").await;
    assert_eq!(outdated.blockers(), ["MILESTONE_CHANGED"]);
    let finish = task(world, LEVEE_FINISH).await;
    assert_eq!(finish["dueDate"], "2027-12-31", "all of it or nothing");
    assert_eq!(finish["pendingChange"]["id"], *id);
    decide(world, id, "RETURN").await.data();
    for task_id in [LEVEE_START, LEVEE_FINISH] {
        assert_eq!(task(world, task_id).await["pendingChange"], Value::Null);
    }
}

async fn a_date_that_passed_while_it_waited_is_returned(world: &World) {
    let asked = reschedule(world, LEVEE, &[(text(LEVEE_START), "2026-12-10")]).await;
    let id = asked.at("/changePropose/changeRequest/id");
    world.advance_days(20);
    let passed = decide(world, id, "APPROVE").await;
    assert_eq!(passed.blockers(), ["DATE_PASSED"]);
    decide(world, id, "RETURN").await.data();
    assert_eq!(task(world, LEVEE_START).await["daysOverdue"], 0);
}

async fn another_lead_ends_what_the_old_one_proposed(world: &World) {
    let dates = [(text(BUILDING_FINISH), "2028-02-01")];
    let dates = reschedule(world, BUILDING, &dates).await;
    let lead = json!({ "projectId": text(BUILDING), "leadUnitId": text(TRANSPORT) });
    let lead = propose(world, Persona::Signatory, "reassign", lead).await;
    super::approve(world, &lead, "changePropose").await;
    let id = dates.at("/changePropose/changeRequest/id");
    let outdated = decide(world, id, "APPROVE").await;
    assert_eq!(outdated.blockers(), ["LEAD_CHANGED"]);
    decide(world, id, "RETURN").await.data();
    let finish = task(world, BUILDING_FINISH).await;
    assert_eq!(finish["pendingChange"], Value::Null);
    assert_eq!(finish["unit"]["id"], text(TRANSPORT));
    // A project that ends has no new dates either.
    let asked = reschedule(world, RESERVOIR, &[(text(LAND), "2026-12-10")]).await;
    let ending = move_to(world, RESERVOIR, "CANCELLED", json!({})).await;
    super::approve(world, &ending, "projectMove").await;
    let id = asked.at("/changePropose/changeRequest/id");
    let ended = decide(world, id, "APPROVE").await;
    assert_eq!(ended.blockers(), ["STAGE_FINAL"]);
}

/// Sends all of it at once.
async fn at_once(world: &World, sent: Vec<(Persona, &'static str, Value)>) -> Vec<Answer> {
    let mut running = Vec::new();
    for (who, document, input) in sent {
        let client = world.client_of(who).await;
        let input = json!({ "i": input });
        running.push(tokio::spawn(
            async move { client.ask(document, input).await },
        ));
    }
    let mut answers = Vec::new();
    for run in running {
        answers.push(run.await.unwrap());
    }
    answers
}

const DECIDE: &str = "mutation M($i: ChangeDecideInput!) {
    changeDecide(input: $i) { changeRequest { id state } } }";
const PROPOSE: &str = "mutation M($i: ChangeProposeInput!) {
    changePropose(input: $i) { changeRequest { id } } }";

async fn two_deciders_of_a_new_date_one_wins(world: &World) {
    let asked = reschedule(world, LEVEE, &[(text(LEVEE_START), "2026-12-31")]).await;
    let id = asked.at("/changePropose/changeRequest/id");
    let input =
        |decision: &str| json!({ "changeRequestId": id, "decision": decision, "note": "经研究" });
    let sent = vec![
        (Persona::Supervisor, DECIDE, input("APPROVE")),
        (Persona::SupervisorAreas, DECIDE, input("RETURN")),
        (Persona::SupervisorAreas, DECIDE, input("APPROVE")),
    ];
    let answers = at_once(world, sent).await;
    let won: Vec<&Answer> = answers.iter().filter(|a| a.code().is_none()).collect();
    assert_eq!(won.len(), 1);
    let start = task(world, LEVEE_START).await;
    assert_eq!(start["pendingChange"], Value::Null);
    let approved = won[0].at("/changeDecide/changeRequest/state") == "APPROVED";
    let due = if approved { "2026-12-31" } else { "2026-11-30" };
    assert_eq!(start["dueDate"], due);
}

fn new_date(key: &Value) -> Value {
    json!({ "reschedule": {
        "projectId": text(LEVEE), "reason": "征地滞后", "idempotencyKey": key,
        "milestones": [{ "taskId": text(LEVEE_START), "dueDate": "2026-12-31" }],
    } })
}

async fn a_repeated_proposal_is_made_once(world: &World) {
    let client = world.client_of(Persona::Signatory).await;
    let send = async |input: Value| client.ask(PROPOSE, json!({ "i": input })).await;
    let first = send(new_date(&json!("one"))).await;
    let again = send(new_date(&json!("one"))).await;
    assert_eq!(first.data(), again.data());
    let mut other = new_date(&json!("one"));
    other["reschedule"]["reason"] = json!("别的原因");
    assert_eq!(send(other).await.fields(), ["idempotencyKey"]);
    let kinds = json!({ "reschedule": new_date(&Value::Null)["reschedule"],
        "amend": { "projectId": text(LEVEE), "title": "甲", "reason": "乙" } });
    send(kinds).await.refused("INVALID");
}

async fn two_proposals_at_once_one_waits(world: &World) {
    let sent = [Persona::Signatory, Persona::BothHats];
    let sent = sent.map(|who| (who, PROPOSE, new_date(&Value::Null)));
    let answers = at_once(world, sent.to_vec()).await;
    let lost: Vec<&Answer> = answers.iter().filter(|a| a.code().is_some()).collect();
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0].blockers(), ["CHANGE_PENDING"]);
}
