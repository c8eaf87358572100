//! Before anything is measured: both answer the same.

use serde_json::Value;

use crate::Failure;
use crate::http::Connection;
use crate::process::Target;
use crate::workload::Workload;

/// What the floor leaves out: what only policy and rules can say.
const LEFT_OUT: [&str; 2] = ["permissions", "transitions"];

/// Fails where the answers differ in more than cursors and what the floor leaves out. Claims
/// are compared in what they say, not in which milestone it was.
pub async fn same(
    workload: &Workload,
    targets: &[Target; 2],
    unequal: bool,
) -> Result<(), Failure> {
    let mut answers = Vec::new();
    for target in targets {
        let mut connection = Connection::open(target.address(1)).await?;
        let ask = workload.ask(target.is_duban(), 0).ok_or("nothing to ask")?;
        let mut answer = connection.json(ask).await?;
        settle(&mut answer, workload.writes);
        answers.push(answer);
    }
    if answers[0] == answers[1] {
        return Ok(());
    }
    let first = difference("", &answers[0], &answers[1]);
    let said = format!("{}: the answers differ at {first}", workload.name);
    if unequal {
        eprintln!("{said}");
        return Ok(());
    }
    Err(said.into())
}

/// Takes out what may differ, and sorts lists without an order.
fn settle(value: &mut Value, writes: bool) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !LEFT_OUT.contains(&name.as_str()));
            for (name, member) in members.iter_mut() {
                match name.as_str() {
                    "endCursor" => *member = Value::Null,
                    "id" if writes => *member = Value::Null,
                    "byStage" | "byKind" | "areas" => {
                        if let Value::Array(items) = member {
                            items.sort_by_cached_key(Value::to_string);
                        }
                    }
                    _ => settle(member, writes),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| settle(item, writes)),
        _ => {}
    }
}

fn difference(path: &str, floor: &Value, duban: &Value) -> String {
    match (floor, duban) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => a
            .iter()
            .find(|(name, member)| b.get(*name) != Some(member))
            .map_or_else(String::new, |(name, member)| {
                difference(&format!("{path}/{name}"), member, &b[name])
            }),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            let mut differing = pairs.filter(|(_, (a, b))| a != b);
            differing.next().map_or_else(String::new, |(n, (a, b))| {
                difference(&format!("{path}/{n}"), a, b)
            })
        }
        _ => format!("{path}: {floor} and {duban}").chars().take(600).collect(),
    }
}
