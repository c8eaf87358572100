//! Reading `seeds/reporting.yaml`.

use std::collections::BTreeSet;

use duban_entities::vocabulary::Stage;
use serde::Deserialize;

use super::{Month, ReportingRule, ReportingRules};
use crate::domain::seed::{self, Check, SeedError};

const FILE: &str = "seeds/reporting.yaml";

/// Stands for every jurisdiction without a rule of its own.
const ALL: &str = "*";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    reporting: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RawRule {
    jurisdiction: String,
    from: String,
    stages: Vec<String>,
    day: u32,
    difference_points: u16,
}

/// The rules compiled into the program.
///
/// # Errors
/// As [`load`].
pub fn embedded() -> Result<ReportingRules, SeedError> {
    load(include_str!("../../../seeds/reporting.yaml"))
}

/// Reads rules from YAML in the format that `seeds/reporting.yaml` describes.
///
/// # Errors
/// With every problem found: YAML that does not parse, unknown keys, codes, words or months,
/// no entry for all jurisdictions, no stage or one that cannot report, a day outside 1 to
/// 28, more than 100 points, two entries of one jurisdiction for one month.
pub fn load(text: &str) -> Result<ReportingRules, SeedError> {
    let raw: RawFile = seed::parse(FILE, text)?;
    let mut check = Check::of(FILE);
    let mut rules: Vec<ReportingRule> = raw
        .reporting
        .iter()
        .filter_map(|raw| rule(raw, &mut check))
        .collect();
    rules.sort_by(|a, b| (&a.jurisdiction, a.from).cmp(&(&b.jurisdiction, b.from)));
    let mut seen = BTreeSet::new();
    for rule in &rules {
        let code = rule.jurisdiction.as_deref().unwrap_or(ALL);
        check.require(seen.insert((code, rule.from)), || {
            format!("{code} has two entries for {}", rule.from)
        });
    }
    let has_all = raw.reporting.iter().any(|raw| raw.jurisdiction == ALL);
    check.require(has_all, || format!("there is no entry for \"{ALL}\""));
    check.finish(ReportingRules { rules })
}

fn rule(raw: &RawRule, check: &mut Check) -> Option<ReportingRule> {
    let place = format!("{} {}", raw.jurisdiction, raw.from);
    let all = raw.jurisdiction == ALL;
    check.require(all || seed::is_code(&raw.jurisdiction), || {
        format!("{place}: {} is no code", raw.jurisdiction)
    });
    check.require((1..=28).contains(&raw.day), || {
        format!("{place}: day {} is not 1 to 28", raw.day)
    });
    check.require(raw.difference_points <= 100, || {
        format!(
            "{place}: {} points are more than 100",
            raw.difference_points
        )
    });
    let from: Option<Month> = check.word(&place, &raw.from);
    let stages = stages(raw, &place, check);
    Some(ReportingRule {
        jurisdiction: (!all).then(|| raw.jurisdiction.clone()),
        from: from?,
        stages,
        day: raw.day,
        difference_points: raw.difference_points,
    })
}

fn stages(raw: &RawRule, place: &str, check: &mut Check) -> Vec<Stage> {
    check.require(!raw.stages.is_empty(), || format!("{place}: no stage"));
    let words = raw.stages.iter();
    let stages: Vec<Stage> = words.filter_map(|text| check.word(place, text)).collect();
    let mut seen = BTreeSet::new();
    for stage in &stages {
        check.require(seen.insert(*stage), || {
            format!("{place}: {stage} is given twice")
        });
        let silent = matches!(stage, Stage::Suspended | Stage::Cancelled);
        check.require(!silent, || {
            format!("{place}: nothing is reported at {stage}")
        });
    }
    stages
}
