//! Reading `seeds/workflow.yaml`, and refusing what would strand a project.

use std::collections::BTreeSet;

use duban_entities::vocabulary::{Role, Stage};
use serde::Deserialize;

use super::{Guard, StageEntry, Transition, Workflow};
use crate::domain::seed::{self, Check, SeedError};

const FILE: &str = "seeds/workflow.yaml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    workflows: Vec<RawWorkflow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWorkflow {
    code: String,
    title: String,
    stages: Vec<RawStage>,
    transitions: Vec<RawTransition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStage {
    stage: String,
    title: String,
    #[serde(default, rename = "final")]
    is_final: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RawTransition {
    from: String,
    to: String,
    title: String,
    roles: Vec<String>,
    #[serde(default)]
    requires_approval: bool,
    #[serde(default)]
    guards: Vec<String>,
}

/// The workflows compiled into the program, at least one.
///
/// # Errors
/// As [`load`].
pub fn embedded() -> Result<Vec<Workflow>, SeedError> {
    load(include_str!("../../../seeds/workflow.yaml"))
}

/// Reads workflows from YAML in the format that `seeds/workflow.yaml` describes.
///
/// # Errors
/// With every problem found: YAML that does not parse, unknown keys, words, stages or
/// guards, repetitions, a stage that cannot be reached or left, a transition without a
/// role or out of a final stage.
pub fn load(text: &str) -> Result<Vec<Workflow>, SeedError> {
    let raw: RawFile = seed::parse(FILE, text)?;
    let mut check = Check::of(FILE);
    check.require(!raw.workflows.is_empty(), || "there is no workflow".into());
    let mut codes = BTreeSet::new();
    let mut workflows = Vec::new();
    for raw in raw.workflows {
        check.require(codes.insert(raw.code.clone()), || {
            format!("workflow {} is given twice", raw.code)
        });
        workflows.push(workflow(raw, &mut check));
    }
    check.finish(workflows)
}

fn workflow(raw: RawWorkflow, check: &mut Check) -> Workflow {
    check.require(seed::is_code(&raw.code), || {
        format!(
            "{} is not a code: upper-case letters, digits, hyphens",
            raw.code
        )
    });
    check.require(!raw.title.trim().is_empty(), || {
        format!("workflow {} has no title", raw.code)
    });
    let stages = raw.stages.into_iter();
    let transitions = raw.transitions.into_iter();
    let workflow = Workflow {
        code: raw.code,
        title: raw.title,
        stages: stages.filter_map(|s| stage(s, check)).collect(),
        transitions: transitions.filter_map(|t| transition(t, check)).collect(),
    };
    check_stages(&workflow, check);
    check_transitions(&workflow, check);
    workflow
}

fn stage(raw: RawStage, check: &mut Check) -> Option<StageEntry> {
    check.require(!raw.title.trim().is_empty(), || {
        format!("stage {} has no title", raw.stage)
    });
    Some(StageEntry {
        stage: check.word("stage", &raw.stage)?,
        title: raw.title,
        is_final: raw.is_final,
    })
}

fn transition(raw: RawTransition, check: &mut Check) -> Option<Transition> {
    let place = format!("{} to {}", raw.from, raw.to);
    check.require(!raw.title.trim().is_empty(), || {
        format!("transition {place} has no title")
    });
    check.require(!raw.roles.is_empty(), || {
        format!("transition {place} has no role: nobody could make it")
    });
    let roles = words::<Role>(&place, "role", &raw.roles, check);
    let guards = words::<Guard>(&place, "guard", &raw.guards, check);
    let from = check.word::<Stage>(&place, &raw.from);
    let to = check.word::<Stage>(&place, &raw.to);
    Some(Transition {
        from: from?,
        to: to?,
        title: raw.title,
        roles,
        requires_approval: raw.requires_approval,
        guards,
    })
}

fn words<T>(place: &str, what: &str, texts: &[String], check: &mut Check) -> Vec<T>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let mut seen = BTreeSet::new();
    for text in texts {
        check.require(seen.insert(text), || {
            format!("transition {place} gives {what} {text} twice")
        });
    }
    let all = texts.iter();
    all.filter_map(|text| check.word(format!("{what} of {place}"), text))
        .collect()
}

fn check_stages(workflow: &Workflow, check: &mut Check) {
    let mut seen = BTreeSet::new();
    for entry in &workflow.stages {
        let stage = entry.stage;
        check.require(seen.insert(stage), || {
            format!("stage {stage} is given twice")
        });
    }
    let reachable = reachable(workflow);
    for entry in &workflow.stages {
        let stage = entry.stage;
        check.require(reachable.contains(&stage), || {
            format!("stage {stage} cannot be reached from the first stage")
        });
        let left = workflow.transitions_from(stage).any(|t| t.to != stage);
        check.require(entry.is_final || left, || {
            format!("stage {stage} is not final and cannot be left")
        });
        check.require(!entry.is_final || !left, || {
            format!("stage {stage} is final, yet a transition leads out of it")
        });
    }
    check.require(!workflow.stages.is_empty(), || {
        format!("workflow {} has no stage", workflow.code)
    });
}

fn check_transitions(workflow: &Workflow, check: &mut Check) {
    let declared: BTreeSet<Stage> = workflow.stages.iter().map(|s| s.stage).collect();
    let mut seen = BTreeSet::new();
    for Transition { from, to, .. } in &workflow.transitions {
        check.require(seen.insert((from, to)), || {
            format!("transition {from} to {to} is given twice")
        });
        check.require(from != to, || format!("transition {from} leads to itself"));
        for stage in [from, to] {
            check.require(declared.contains(stage), || {
                format!("transition {from} to {to}: {stage} is not a stage of the workflow")
            });
        }
    }
}

/// Every stage that some sequence of moves reaches from the first.
fn reachable(workflow: &Workflow) -> BTreeSet<Stage> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<Stage> = workflow.stages.iter().map(|s| s.stage).take(1).collect();
    while let Some(stage) = next.pop() {
        if reached.insert(stage) {
            next.extend(workflow.transitions_from(stage).map(|t| t.to));
        }
    }
    reached
}
