//! Milestone templates by kind of work: what a first schedule may start from.
//!
//! `seeds/templates.yaml` names the usual steps and the regulation that they come from;
//! the dates and weights are only a beginning, which the lead unit changes.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use duban_entities::vocabulary::{MilestoneRole, ProjectKind};
use serde::Deserialize;

use super::schedule::{COUNT, ProposedMilestone, TITLE_CHARS};
use super::seed::{self, Check, SeedError};

const FILE: &str = "seeds/templates.yaml";

/// The usual milestones of some kinds of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Unique code.
    pub code: String,
    /// Title, for people.
    pub title: String,
    /// The kinds of work it suits.
    pub kinds: Vec<ProjectKind>,
    /// The regulation that its steps come from.
    pub source: String,
    /// The steps by date: the first is the START, the last the FINISH.
    pub steps: Vec<TemplateStep>,
}

/// A step of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateStep {
    /// Title of the milestone.
    pub title: String,
    /// Weight in percent; those of a template sum to 100.
    pub weight: u8,
    /// Days after the first step, which is at 0; never fewer than the step before.
    pub offset_days: u16,
    /// START, STEP or FINISH.
    pub role: MilestoneRole,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    templates: Vec<RawTemplate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTemplate {
    code: String,
    title: String,
    kinds: Vec<String>,
    source: String,
    steps: Vec<RawStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RawStep {
    title: String,
    weight: u8,
    offset_days: u16,
    role: String,
}

/// The templates that suit a kind of work, in the order of the file.
pub fn for_kind(templates: &[Template], kind: ProjectKind) -> impl Iterator<Item = &Template> {
    templates.iter().filter(move |t| t.kinds.contains(&kind))
}

/// The template's milestones, with the first due on `start`: a proposal that
/// [`schedule::check`](super::schedule::check) accepts, owed by the lead unit.
#[must_use]
pub fn lay_out(template: &Template, start: NaiveDate) -> Vec<ProposedMilestone> {
    let steps = template.steps.iter();
    steps
        .map(|step| ProposedMilestone {
            title: step.title.clone(),
            due_date: start
                .checked_add_days(Days::new(step.offset_days.into()))
                .unwrap_or(NaiveDate::MAX),
            weight: i32::from(step.weight) * 100,
            unit_id: None,
        })
        .collect()
}

/// The templates compiled into the program.
///
/// # Errors
/// As [`load`].
pub fn embedded() -> Result<Vec<Template>, SeedError> {
    load(include_str!("../../seeds/templates.yaml"))
}

/// Reads templates from YAML in the format of `seeds/templates.yaml`.
///
/// # Errors
/// With every problem found: YAML that does not parse, unknown keys, kinds or roles, a
/// code given twice, weights that do not sum to 100, steps that are not in the order of
/// their dates from a START at 0 to a FINISH, an empty title or source.
pub fn load(text: &str) -> Result<Vec<Template>, SeedError> {
    let raw: RawFile = seed::parse(FILE, text)?;
    let mut check = Check::of(FILE);
    let mut codes = BTreeSet::new();
    let mut templates = Vec::new();
    for raw in raw.templates {
        check.require(codes.insert(raw.code.clone()), || {
            format!("template {} is given twice", raw.code)
        });
        templates.push(template(raw, &mut check));
    }
    check.finish(templates)
}

fn template(raw: RawTemplate, check: &mut Check) -> Template {
    let code = raw.code;
    check.require(seed::is_code(&code), || {
        format!("{code} is not a code: upper-case letters, digits, hyphens")
    });
    for (what, text) in [("title", &raw.title), ("source", &raw.source)] {
        check.require(!text.trim().is_empty(), || format!("{code} has no {what}"));
    }
    let kinds = kinds(&code, &raw.kinds, check);
    let steps = raw.steps.iter();
    let steps: Vec<_> = steps.filter_map(|raw| step(&code, raw, check)).collect();
    check_steps(&code, &steps, check);
    Template {
        code,
        title: raw.title,
        kinds,
        source: raw.source,
        steps,
    }
}

fn kinds(code: &str, words: &[String], check: &mut Check) -> Vec<ProjectKind> {
    check.require(!words.is_empty(), || {
        format!("{code} suits no kind of work")
    });
    let unique: BTreeSet<&String> = words.iter().collect();
    check.require(unique.len() == words.len(), || {
        format!("{code} names a kind twice")
    });
    let words = words.iter();
    words
        .filter_map(|word| check.word(format!("kind of {code}"), word))
        .collect()
}

fn step(code: &str, raw: &RawStep, check: &mut Check) -> Option<TemplateStep> {
    let title = raw.title.trim();
    check.require(TITLE_CHARS.contains(&title.chars().count()), || {
        format!("{code} has a step whose title has not 1 to 200 characters")
    });
    check.require(raw.weight > 0, || format!("{code}: {title} has no weight"));
    Some(TemplateStep {
        role: check.word(format!("role of {title} in {code}"), &raw.role)?,
        title: title.to_owned(),
        weight: raw.weight,
        offset_days: raw.offset_days,
    })
}

/// So ordered, a schedule laid out from the template gives each step the same role.
fn check_steps(code: &str, steps: &[TemplateStep], check: &mut Check) {
    let sum: u32 = steps.iter().map(|s| u32::from(s.weight)).sum();
    check.require(sum == 100, || {
        format!("the weights of {code} sum to {sum}, not to 100")
    });
    check.require(COUNT.contains(&steps.len()), || {
        format!("{code} has {} steps: 2 to 100 are possible", steps.len())
    });
    check.require(steps.first().is_none_or(|s| s.offset_days == 0), || {
        format!("the first step of {code} is not at day 0")
    });
    check.require(steps.is_sorted_by_key(|s| s.offset_days), || {
        format!("the steps of {code} are not in the order of their days")
    });
    for (index, step) in steps.iter().enumerate() {
        let expected = role_at(index, steps.len());
        check.require(step.role == expected, || {
            format!("{code}: {} is {}, not {expected}", step.title, step.role)
        });
    }
}

const fn role_at(index: usize, count: usize) -> MilestoneRole {
    match index {
        0 => MilestoneRole::Start,
        _ if index + 1 == count => MilestoneRole::Finish,
        _ => MilestoneRole::Step,
    }
}
