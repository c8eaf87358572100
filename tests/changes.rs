//! Change requests as people make and decide them through the API.

mod clocks;
mod contents;
mod decisions;
mod works;

use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::world::mutation;
use crate::support::{Answer, Persona, World};

const CHANGE: &str = "changeRequest { id kind state late reason waitingDays version
    project { id code } document { title number date }
    content {
        ... on RescheduleChange { milestones { taskId title from to late } }
        ... on StageChange { to dates { taskId from to } }
        ... on ReassignChange { from { id } to { id } cooperatingUnits { id } }
        ... on AmendChange { before { ...Parts } after { ...Parts } }
        ... on ProposalChange { title kind areas { id } clause { id } demand quote
            document { title number date } targets { name words } investmentTotal dueDate }
    }
    permissions { decide } }";

const PARTS: &str = "fragment Parts on ProjectParts { title kind areas { id }
    targets { name words quantity quantityTo qualifier unitOfMeasure }
    investmentTotal investments { year amount } }";

/// Sends a mutation by its input's type; the answer's request stands under `/<field>`.
async fn act(world: &World, who: Persona, field: &str, input: Value, selection: &str) -> Answer {
    let parts = if selection.contains("...Parts") {
        PARTS
    } else {
        ""
    };
    let document = format!("{} {parts}", mutation(field, selection));
    let client = world.client_of(who).await;
    client.ask(&document, json!({ "input": input })).await
}

/// Proposes a change of a kind, with a reason.
async fn propose(world: &World, who: Persona, kind: &str, mut input: Value) -> Answer {
    if input.get("reason").is_none() {
        input["reason"] = json!("征地滞后");
    }
    act(world, who, "changePropose", json!({ kind: input }), CHANGE).await
}

/// Proposes new dates for milestones.
async fn reschedule(world: &World, project: impl ToString, dates: &[(Value, &str)]) -> Answer {
    let dates: Vec<Value> = dates
        .iter()
        .map(|(task, due)| json!({ "taskId": task, "dueDate": due }))
        .collect();
    let input = json!({ "projectId": text(project.to_string()), "milestones": dates });
    propose(world, Persona::Signatory, "reschedule", input).await
}

async fn decide(world: &World, change: &Value, decision: &str) -> Answer {
    let input = json!({ "changeRequestId": change, "decision": decision, "note": "经研究" });
    act(world, Persona::Supervisor, "changeDecide", input, CHANGE).await
}

/// Approves the request of an answer.
async fn approve(world: &World, answer: &Answer, field: &str) -> Answer {
    let change = answer.at(&format!("/{field}/changeRequest/id")).clone();
    let decided = decide(world, &change, "APPROVE").await;
    assert_eq!(decided.at("/changeDecide/changeRequest/state"), "APPROVED");
    decided
}

async fn move_to(world: &World, project: impl ToString, to: &str, more: Value) -> Answer {
    let mut input = json!({ "projectId": text(project.to_string()), "to": to, "reason": "原因" });
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    act(world, Persona::Signatory, "projectMove", input, CHANGE).await
}

const TASK: &str = "query T($id: ID!) { task(id: $id) { id state dueDate baselineDueDate
    daysOverdue overdue carriedDaysLate version unit { id } pendingChange { id late } } }";

async fn task(world: &World, id: impl ToString) -> Value {
    let client = world.client_of(Persona::Supervisor).await;
    let id = json!({ "id": id.to_string() });
    client.ask(TASK, id).await.at("/task").clone()
}

const PROJECT: &str = "query P($by: ProjectBy!) { project(by: $by) {
    id code title kind stage stageBasis stageSince disclosure dueDate baselineDueDate dueBasis
    leadBasis leadUnit { id } cooperatingUnits { id } areas { id }
    investment { total years { year planned } } targets { name words quantity qualifier unitOfMeasure }
    citations { clause { id } quote demand sourceFile sourceLine }
    entryDocument { title number date } version permissions { proposeChange }
    milestones { nodes { id title state dueDate unit { id } } } } }";

async fn project(world: &World, id: impl ToString) -> Value {
    let client = world.client_of(Persona::Supervisor).await;
    let by = json!({ "by": { "id": id.to_string() } });
    client.ask(PROJECT, by).await.at("/project").clone()
}
