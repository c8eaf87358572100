//! Reading `seeds/ratings.yaml`, and the wording that an office adopted.

use std::collections::BTreeSet;

use duban_entities::vocabulary::Rating;
use serde::{Deserialize, Serialize};

use super::{Bound, Condition, Measure, RuleSet};
use crate::domain::seed::{self, Check, SeedError};

const FILE: &str = "seeds/ratings.yaml";
/// Months that a condition may look back at: each is a look at the ledger.
const MOST_MONTHS: u16 = 12;

/// The rule sets that are shipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatingRules {
    /// All of them drafts.
    pub drafts: Vec<RuleSet>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    rules: Vec<RawSet>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSet {
    code: String,
    version: u16,
    title: String,
    source: String,
    conditions: Vec<RawCondition>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCondition {
    measure: String,
    rating: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    over: Option<u16>,
    source: String,
}

/// The rules compiled into the program.
///
/// # Errors
/// As [`load`].
pub fn embedded() -> Result<RatingRules, SeedError> {
    load(include_str!("../../../seeds/ratings.yaml"))
}

/// Reads rating rules from YAML in the format that `seeds/ratings.yaml` describes.
///
/// # Errors
/// With every problem found: what that file lists as refused.
pub fn load(text: &str) -> Result<RatingRules, SeedError> {
    let raw: RawFile = seed::parse(FILE, text)?;
    let mut check = Check::of(FILE);
    let mut codes = BTreeSet::new();
    let mut drafts = Vec::new();
    for raw_set in raw.rules {
        check.require(codes.insert(raw_set.code.clone()), || {
            format!("the rules {} are given twice", raw_set.code)
        });
        drafts.push(set(raw_set, &mut check));
    }
    check.finish(RatingRules { drafts })
}

impl RuleSet {
    /// The wording as it is kept with an adoption.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let conditions = self.conditions.iter();
        let raw = RawSet {
            code: self.code.clone(),
            version: self.version,
            title: self.title.clone(),
            source: self.source.clone(),
            conditions: conditions.map(RawCondition::from).collect(),
        };
        serde_json::to_string(&raw)
    }

    /// The rules of an adoption.
    ///
    /// # Errors
    /// With every problem found, as [`load`].
    pub fn of_json(text: &str) -> Result<Self, SeedError> {
        let raw: RawSet = serde_json::from_str(text).map_err(|error| SeedError {
            file: FILE,
            problems: vec![format!("adopted rules: {error}")],
        })?;
        let mut check = Check::of(FILE);
        let set = set(raw, &mut check);
        check.finish(set)
    }
}

impl From<&Condition> for RawCondition {
    fn from(condition: &Condition) -> Self {
        let (from, over) = match condition.bound {
            Bound::From(number) => (Some(number), None),
            Bound::Over(number) => (None, Some(number)),
        };
        Self {
            measure: condition.measure.to_string(),
            rating: condition.rating.to_string(),
            from,
            over,
            source: condition.source.clone(),
        }
    }
}

fn set(raw: RawSet, check: &mut Check) -> RuleSet {
    let code = raw.code;
    check.require(seed::is_code(&code), || {
        format!("{code} is not a code: upper-case letters, digits, hyphens")
    });
    check.require(raw.version > 0, || format!("{code} has no version"));
    for (what, text) in [("title", &raw.title), ("source", &raw.source)] {
        check.require(!text.trim().is_empty(), || format!("{code} has no {what}"));
    }
    check.require(!raw.conditions.is_empty(), || {
        format!("{code} has no condition")
    });
    let conditions = raw.conditions.iter();
    let conditions: Vec<Condition> = conditions
        .filter_map(|raw| condition(&code, raw, check))
        .collect();
    check_colours(&code, &conditions, check);
    RuleSet {
        code,
        version: raw.version,
        title: raw.title.trim().to_owned(),
        source: raw.source.trim().to_owned(),
        conditions,
    }
}

fn condition(code: &str, raw: &RawCondition, check: &mut Check) -> Option<Condition> {
    let place = format!("{} of {code}", raw.measure);
    let measure = Measure::ALL.iter().find(|m| m.as_str() == raw.measure);
    check.require(measure.is_some(), || format!("{place} is no measure"));
    let rating: Option<Rating> = check.word(format!("rating of {place}"), &raw.rating);
    check.require(
        rating.is_none_or(|r| matches!(r, Rating::Yellow | Rating::Red)),
        || format!("{place}: a condition makes a project YELLOW or RED"),
    );
    check.require(!raw.source.trim().is_empty(), || {
        format!("{place} has no source")
    });
    let bound = match (raw.from, raw.over) {
        (Some(number), None) => Some(Bound::From(number)),
        (None, Some(number)) => Some(Bound::Over(number)),
        _ => {
            check.add(format!("{place}: give either from or over"));
            None
        }
    };
    let (measure, bound) = (*measure?, bound?);
    check_bound(&place, measure, bound, check);
    Some(Condition {
        measure,
        rating: rating?,
        bound,
        source: raw.source.trim().to_owned(),
    })
}

fn check_bound(place: &str, measure: Measure, bound: Bound, check: &mut Check) {
    check.require(bound != Bound::From(0), || {
        format!("{place} would hold at 0, for every project")
    });
    let most = match measure {
        Measure::PointsBehind | Measure::PointsBehindBaseline => 100,
        Measure::ReportsMissed | Measure::YellowMonths => MOST_MONTHS,
        Measure::DaysOverdue | Measure::DaysOverdueBaseline => u16::MAX,
    };
    check.require(first_number(bound) <= most, || {
        format!("{place}: at most {most} are possible")
    });
}

/// The first whole number at which a condition holds.
const fn first_number(bound: Bound) -> u16 {
    match bound {
        Bound::From(number) => number,
        Bound::Over(number) => number.saturating_add(1),
    }
}

/// One condition a measure and colour, and red later than yellow.
fn check_colours(code: &str, conditions: &[Condition], check: &mut Check) {
    for measure in Measure::ALL {
        let of = |rating| {
            let mine = conditions.iter().filter(move |c| c.measure == *measure);
            mine.filter(move |c| c.rating == rating)
        };
        for rating in [Rating::Yellow, Rating::Red] {
            check.require(of(rating).count() <= 1, || {
                format!("{code} has two {rating} conditions of {measure}")
            });
        }
        let (yellow, red) = (of(Rating::Yellow).next(), of(Rating::Red).next());
        if let (Some(yellow), Some(red)) = (yellow, red) {
            check.require(place(yellow.bound) < place(red.bound), || {
                format!("{code}: {measure} is red no later than yellow")
            });
        }
    }
}

/// Where a condition begins: a number, and behind it what lies above the number.
const fn place(bound: Bound) -> (u16, bool) {
    match bound {
        Bound::From(number) => (number, false),
        Bound::Over(number) => (number, true),
    }
}
