//! How a unit did over some months (考评): five components, weighted by
//! `seeds/assessment.yaml`.
//!
//! Shares are counted in millionths and rounded down, scores in hundredths of a point (0 to
//! 10,000). A component without anything to count is left out and the others share its
//! weight; where nothing is left there is no score. One more late report never raises a
//! score: late reports count nothing, in the numerator of no component.

mod load;
#[cfg(test)]
mod tests;

use duban_entities::ids::UnitId;
use duban_entities::vocabulary::TaskKind;

use super::tally::{Tally, grouped};
use super::verdict::Verdict;

pub use load::{embedded, load};

/// A share that is the whole, in millionths.
pub const WHOLE: i64 = 1_000_000;

/// What is counted for a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Reports submitted first on or before their day.
    ReportsInTime,
    /// Of these, reports that were returned at least once.
    InTimeReturned,
    /// Reports submitted first after their day.
    ReportsLate,
    /// Reports not submitted whose day has passed.
    ReportsMissing,
    /// Reports not submitted whose day has not passed.
    ReportsPending,
    /// Reports whose clock stands still.
    ReportsSuspended,
    /// Waived reports.
    ReportsWaived,
    /// Reports returned at least once, in time or not.
    ReportsReturned,
    /// Milestones met by their baseline date.
    BaselineMet,
    /// Milestones not met by their baseline date.
    BaselineMissed,
    /// Milestones met by their current date.
    CurrentMet,
    /// Milestones not met by their current date.
    CurrentMissed,
    /// Milestones whose clock stands still.
    MilestonesSuspended,
    /// Orders answered first on or before their day.
    OrdersInTime,
    /// Orders answered first after their day.
    OrdersLate,
    /// Orders not answered whose day has passed.
    OrdersUnanswered,
    /// Orders not answered whose day has not passed.
    OrdersPending,
}

/// Something that is counted for a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charged {
    /// As what.
    pub measure: Measure,
    /// The task, by its id on the wire.
    pub task: String,
    /// The unit that held it on its due day.
    pub unit: UnitId,
}

/// Investment of a project in a month, planned and actual, in fen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invested {
    /// The unit that led the project when the month ended.
    pub unit: UnitId,
    /// The project, by its id on the wire.
    pub project: String,
    /// A twelfth of the year's plan.
    pub planned: i64,
    /// What the accepted report says.
    pub actual: i64,
}

/// The part of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// Reports in time over reports due.
    Reports,
    /// Milestones met over those due, by baseline date.
    MilestonesBaseline,
    /// Milestones met over those due, by current date.
    MilestonesCurrent,
    /// Actual investment over planned, at most the whole.
    Investment,
    /// Orders answered in time over orders due.
    Orders,
}

impl Component {
    /// Every component.
    pub const ALL: [Self; 5] = [
        Self::Reports,
        Self::MilestonesBaseline,
        Self::MilestonesCurrent,
        Self::Investment,
        Self::Orders,
    ];
}

/// A component with its weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// The component.
    pub component: Component,
    /// In percent; those of a set sum to 100.
    pub weight: u8,
    /// The text that asks for it.
    pub source: String,
}

/// The weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssessmentRules {
    /// Code of the set.
    pub code: String,
    /// Its version.
    pub version: String,
    /// Title, for people.
    pub title: String,
    /// Who set the weights.
    pub source: String,
    /// Each component once.
    pub weights: Vec<Weight>,
    /// Percent of a report that came in time and was returned.
    pub returned: u8,
    /// Percent of a report that a missing one takes off.
    pub missing: u8,
}

/// A component of a unit's score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The component.
    pub component: Component,
    /// Its weight in percent.
    pub weight: u8,
    /// The share reached, in millionths; none where there was nothing to count.
    pub share: Option<i64>,
}

/// How a unit did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitAssessment {
    /// The unit.
    pub unit: UnitId,
    /// What was counted.
    pub tally: Tally<Measure>,
    /// Planned investment, in fen.
    pub planned: i64,
    /// Actual investment, in fen.
    pub actual: i64,
    /// The projects behind the two.
    pub invested: Vec<String>,
    /// The components, in the order of the rules.
    pub parts: Vec<Part>,
    /// In hundredths of a point, 0 to 10,000; none where nothing was counted.
    pub score: Option<i32>,
}

/// As what a report or an order counts; none where it is not owed.
#[must_use]
pub fn measures(kind: TaskKind, verdict: Verdict, returned: bool) -> Vec<Measure> {
    match kind {
        TaskKind::Report => of_report(verdict, returned),
        TaskKind::Order => of_order(verdict),
        TaskKind::Milestone | TaskKind::Issue => Vec::new(),
    }
}

fn of_report(verdict: Verdict, returned: bool) -> Vec<Measure> {
    let measure = match verdict {
        Verdict::InTime => Measure::ReportsInTime,
        Verdict::Late => Measure::ReportsLate,
        Verdict::Missing => Measure::ReportsMissing,
        Verdict::Pending => Measure::ReportsPending,
        Verdict::Suspended => Measure::ReportsSuspended,
        Verdict::Waived => Measure::ReportsWaived,
    };
    let mut measures = vec![measure];
    if returned && matches!(verdict, Verdict::InTime | Verdict::Late) {
        measures.push(Measure::ReportsReturned);
    }
    if returned && verdict == Verdict::InTime {
        measures.push(Measure::InTimeReturned);
    }
    measures
}

fn of_order(verdict: Verdict) -> Vec<Measure> {
    match verdict {
        Verdict::InTime => vec![Measure::OrdersInTime],
        Verdict::Late => vec![Measure::OrdersLate],
        Verdict::Missing => vec![Measure::OrdersUnanswered],
        Verdict::Pending | Verdict::Suspended => vec![Measure::OrdersPending],
        Verdict::Waived => Vec::new(),
    }
}

/// Assesses every unit to which something is charged: best score first, then those without
/// one.
#[must_use]
pub fn assess(
    rules: &AssessmentRules,
    charged: &[Charged],
    invested: &[Invested],
) -> Vec<UnitAssessment> {
    let mut tallies = grouped(
        charged,
        |item| item.unit,
        |item| (item.measure, item.task.as_str()),
    );
    for item in invested {
        if !tallies.iter().any(|(unit, _)| *unit == item.unit) {
            tallies.push((item.unit, Tally::default()));
        }
    }
    let mut units: Vec<UnitAssessment> = tallies
        .into_iter()
        .map(|(unit, tally)| assess_unit(rules, unit, tally, invested))
        .collect();
    units.sort_by_key(|unit| (std::cmp::Reverse(unit.score), unit.unit));
    units
}

fn assess_unit(
    rules: &AssessmentRules,
    unit: UnitId,
    tally: Tally<Measure>,
    invested: &[Invested],
) -> UnitAssessment {
    let own: Vec<&Invested> = invested.iter().filter(|item| item.unit == unit).collect();
    let planned = own.iter().map(|item| item.planned).sum();
    let actual = own.iter().map(|item| item.actual).sum();
    let mut projects: Vec<String> = own.iter().map(|item| item.project.clone()).collect();
    projects.sort();
    projects.dedup();
    let parts = parts(rules, &tally, (planned, actual));
    UnitAssessment {
        unit,
        score: score(&parts),
        tally,
        planned,
        actual,
        invested: projects,
        parts,
    }
}

/// The components of a score.
#[must_use]
pub fn parts(rules: &AssessmentRules, tally: &Tally<Measure>, money: (i64, i64)) -> Vec<Part> {
    let of = |weight: &Weight| Part {
        component: weight.component,
        weight: weight.weight,
        share: share(rules, weight.component, tally, money),
    };
    rules.weights.iter().map(of).collect()
}

fn share(
    rules: &AssessmentRules,
    component: Component,
    tally: &Tally<Measure>,
    (planned, actual): (i64, i64),
) -> Option<i64> {
    let count = |measure| i64::from(tally.count(measure));
    let met = |met, missed: &[Measure]| {
        let reached = count(met);
        let all = reached + missed.iter().map(|measure| count(*measure)).sum::<i64>();
        (reached * WHOLE).checked_div(all)
    };
    match component {
        Component::Reports => reports_share(rules, tally),
        Component::MilestonesBaseline => met(Measure::BaselineMet, &[Measure::BaselineMissed]),
        Component::MilestonesCurrent => met(Measure::CurrentMet, &[Measure::CurrentMissed]),
        Component::Orders => met(
            Measure::OrdersInTime,
            &[Measure::OrdersLate, Measure::OrdersUnanswered],
        ),
        Component::Investment => {
            let reached = i128::from(actual.clamp(0, planned.max(0))) * i128::from(WHOLE);
            let share = reached.checked_div(i128::from(planned.max(0)))?;
            i64::try_from(share).ok()
        }
    }
}

/// Reports in time, less those returned and those missing, over all that were due.
fn reports_share(rules: &AssessmentRules, tally: &Tally<Measure>) -> Option<i64> {
    let count = |measure| i64::from(tally.count(measure));
    let in_time = count(Measure::ReportsInTime);
    let missing = count(Measure::ReportsMissing);
    let due = in_time + count(Measure::ReportsLate) + missing;
    let returned = count(Measure::InTimeReturned) * (100 - i64::from(rules.returned));
    let points = in_time * 100 - returned - missing * i64::from(rules.missing);
    (points.max(0) * (WHOLE / 100)).checked_div(due)
}

/// The weighted mean of the components that have a share.
#[must_use]
pub fn score(parts: &[Part]) -> Option<i32> {
    let counted = || {
        let parts = parts.iter();
        parts.filter_map(|part| Some((i64::from(part.weight), part.share?)))
    };
    let weights: i64 = counted().map(|(weight, _)| weight).sum();
    let reached: i64 = counted().map(|(weight, share)| weight * share).sum();
    let hundredths = (reached * 10_000).checked_div(weights * WHOLE)?;
    i32::try_from(hundredths).ok()
}
