//! Reading `seeds/ladder.yaml`, and refusing a ladder that does not rise.

use std::collections::BTreeMap;

use duban_entities::vocabulary::OrderGround;
use serde::Deserialize;

use super::{GroundRule, Ladder, Step};
use crate::domain::seed::{self, Check, SeedError};

const FILE: &str = "seeds/ladder.yaml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    ladder: Vec<RawGround>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RawGround {
    ground: String,
    #[serde(default)]
    holds_days: Option<u16>,
    steps: Vec<RawStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    level: String,
    from: i32,
}

/// The ladder compiled into the program.
///
/// # Errors
/// As [`load`].
pub fn embedded() -> Result<Ladder, SeedError> {
    load(include_str!("../../../seeds/ladder.yaml"))
}

/// Reads a ladder from YAML in the format that `seeds/ladder.yaml` describes.
///
/// # Errors
/// With every problem found: YAML that does not parse, unknown keys, grounds or levels,
/// repetitions, steps that do not rise, numbers out of range.
pub fn load(text: &str) -> Result<Ladder, SeedError> {
    let raw: RawFile = seed::parse(FILE, text)?;
    let mut check = Check::of(FILE);
    let mut grounds = BTreeMap::new();
    for raw in raw.ladder {
        let word = raw.ground.clone();
        let Some(ground) = check.word::<OrderGround>("ground", &word) else {
            continue;
        };
        let rule = rule(ground, raw, &mut check);
        check.require(grounds.insert(ground, rule).is_none(), || {
            format!("ground {word} is given twice")
        });
    }
    check.finish(Ladder { grounds })
}

fn rule(ground: OrderGround, raw: RawGround, check: &mut Check) -> GroundRule {
    let steps = raw.steps.into_iter().filter_map(|step| {
        let level = check.word(format!("step of {ground}"), &step.level)?;
        Some(Step {
            level,
            from: step.from,
        })
    });
    let rule = GroundRule {
        steps: steps.collect(),
        holds_days: raw.holds_days,
    };
    check.require(!rule.steps.is_empty(), || format!("{ground} has no step"));
    let pairs = rule.steps.iter().zip(rule.steps.iter().skip(1));
    for (step, above) in pairs {
        let rises = step.level < above.level && step.from < above.from;
        check.require(rises, || {
            format!(
                "{ground}: {} does not rise above {}",
                above.level, step.level
            )
        });
    }
    for step in &rule.steps {
        check.require(step.from >= 1, || {
            format!("{ground}: {} begins below 1", step.level)
        });
    }
    check_red(ground, &rule, check);
    rule
}

/// A rating has no number of its own: it is red or not.
fn check_red(ground: OrderGround, rule: &GroundRule, check: &mut Check) {
    let red = ground == OrderGround::RatingRed;
    let held = rule
        .holds_days
        .is_some_and(|days| (1..=366).contains(&days));
    check.require(!red || held, || {
        format!("{ground} needs holdsDays from 1 to 366")
    });
    check.require(red || rule.holds_days.is_none(), || {
        format!("{ground} has dates of its own: no holdsDays")
    });
    let beyond = rule.steps.iter().any(|step| step.from > 1);
    check.require(!red || !beyond, || {
        format!("{ground} never measures more than 1")
    });
}
