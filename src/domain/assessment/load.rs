//! Reading `seeds/assessment.yaml`.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;

use super::{AssessmentRules, Component, Weight};
use crate::domain::seed::{self, Check, SeedError, is_code};

const FILE: &str = "seeds/assessment.yaml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    assessment: RawRules,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRules {
    code: String,
    version: String,
    title: String,
    source: String,
    components: Vec<RawWeight>,
    returned: u8,
    missing: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWeight {
    component: String,
    weight: u8,
    source: String,
}

impl FromStr for Component {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "REPORTS" => Ok(Self::Reports),
            "MILESTONES_BASELINE" => Ok(Self::MilestonesBaseline),
            "MILESTONES_CURRENT" => Ok(Self::MilestonesCurrent),
            "INVESTMENT" => Ok(Self::Investment),
            "ORDERS" => Ok(Self::Orders),
            _ => Err(
                "expected one of REPORTS, MILESTONES_BASELINE, MILESTONES_CURRENT, \
                 INVESTMENT, ORDERS",
            ),
        }
    }
}

/// The weights compiled into the program.
///
/// # Errors
/// As [`load`].
pub fn embedded() -> Result<AssessmentRules, SeedError> {
    load(include_str!("../../../seeds/assessment.yaml"))
}

/// Reads weights from YAML in the format that `seeds/assessment.yaml` describes.
///
/// # Errors
/// With every problem found: YAML that does not parse, unknown keys or components, a
/// component given twice or left out, weights that do not sum to 100, a number over 100, an
/// empty title or source.
pub fn load(text: &str) -> Result<AssessmentRules, SeedError> {
    let RawFile { assessment: raw } = seed::parse(FILE, text)?;
    let mut check = Check::of(FILE);
    check.require(is_code(&raw.code), || format!("code: {} is none", raw.code));
    for (name, text) in [
        ("version", &raw.version),
        ("title", &raw.title),
        ("source", &raw.source),
    ] {
        check.require(!text.trim().is_empty(), || format!("{name} is empty"));
    }
    for (name, number) in [("returned", raw.returned), ("missing", raw.missing)] {
        check.require(number <= 100, || format!("{name}: {number} is over 100"));
    }
    let weights = weights(&raw.components, &mut check);
    check.finish(AssessmentRules {
        code: raw.code,
        version: raw.version,
        title: raw.title,
        source: raw.source,
        weights,
        returned: raw.returned,
        missing: raw.missing,
    })
}

fn weights(raw: &[RawWeight], check: &mut Check) -> Vec<Weight> {
    let mut seen = BTreeMap::new();
    let mut weights = Vec::new();
    for (n, item) in raw.iter().enumerate() {
        let place = format!("components.{n}");
        check.require(!item.source.trim().is_empty(), || {
            format!("{place} names no source")
        });
        let Some(component) = check.word(&place, &item.component) else {
            continue;
        };
        let again = seen.insert(component, n).is_some();
        check.require(!again, || format!("{} is given twice", item.component));
        weights.push(Weight {
            component,
            weight: item.weight,
            source: item.source.clone(),
        });
    }
    for component in Component::ALL {
        check.require(seen.contains_key(&component), || {
            format!("{component:?} is left out")
        });
    }
    let sum: u32 = weights.iter().map(|weight| u32::from(weight.weight)).sum();
    check.require(sum == 100, || {
        format!("the weights sum to {sum}, not to 100")
    });
    weights
}
