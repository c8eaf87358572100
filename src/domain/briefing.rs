//! The figures of a month (月度通报), each with the list behind it.
//!
//! Two moments count. Reports for the month fall due in the next one: they are looked at as
//! they stand on the day on which the briefing is drawn. Everything else is looked at as it
//! stood when the month ended, or stands now while it lasts: which milestones were due in
//! it and met, which projects moved, which requests were decided, which orders were open.
//!
//! A report is counted for the unit that held it on its due day, a milestone for the one
//! that held it on the date in question, a project for its lead, a request for the unit
//! that it was made for, an order for the unit that answers it.

#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use duban_entities::ids::UnitId;
use duban_entities::vocabulary::{ChangeKind, ChangeState, ProjectKind, Stage};
use serde::{Deserialize, Serialize};

use super::reporting::Month;
use super::tally::{Tally, grouped};
use super::verdict::{Outcome, Owed, Verdict};

/// A figure of a briefing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Figure {
    /// Reports due for the month, waived ones apart: in time, late, missing, not due yet or
    /// suspended.
    ReportsDue,
    /// Submitted first on or before the due day.
    ReportsInTime,
    /// Submitted first after it.
    ReportsLate,
    /// Not submitted, and the due day has passed.
    ReportsMissing,
    /// Not submitted, and the due day has not passed.
    ReportsPending,
    /// Not submitted, and the clock stands still.
    ReportsSuspended,
    /// Waived (免报).
    ReportsWaived,
    /// Baseline date in the month, and met.
    BaselineMet,
    /// Baseline date in the month, and not met.
    BaselineMissed,
    /// Current date in the month, and met.
    CurrentMet,
    /// Current date in the month, and not met.
    CurrentMissed,
    /// Current date in the month, and the clock stands still.
    MilestonesSuspended,
    /// Projects whose stage changed.
    Moved,
    /// Projects that entered CONSTRUCTION, resumed ones apart.
    Started,
    /// Projects that entered COMPLETED, resumed ones apart.
    Completed,
    /// Projects that were suspended.
    Suspended,
    /// Rated red at the month's end, and not at the end of the month before.
    NewlyRed,
    /// Change requests approved.
    Approved,
    /// Change requests returned.
    Returned,
    /// Orders that were not closed when the month ended.
    OrdersOpen,
    /// Orders closed in the month (销号).
    OrdersClosed,
}

/// Something that a figure counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The figure.
    pub figure: Figure,
    /// The task, project or change request, by its id on the wire.
    pub subject: String,
    /// The unit that it is counted for.
    pub unit: Option<UnitId>,
    /// The kind of the project that it concerns.
    pub kind: Option<ProjectKind>,
    /// What a change request changes.
    pub change: Option<ChangeKind>,
}

/// A month's figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Briefing {
    /// The month.
    pub month: Month,
    /// The local day as of which reports are looked at.
    pub judged_on: NaiveDate,
    /// What the figures count.
    pub items: Vec<Item>,
}

/// A report or an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedTask {
    /// Its id on the wire.
    pub task: String,
    /// Its dates and where it stands.
    pub owed: Owed,
    /// The unit that held it on its due day.
    pub unit: Option<UnitId>,
    /// The kind of its project.
    pub kind: Option<ProjectKind>,
}

/// A milestone as it stood at the month's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedMilestone {
    /// Its id on the wire.
    pub task: String,
    /// Its dates and where it stood.
    pub owed: Owed,
    /// The unit that held it on its current date.
    pub unit: Option<UnitId>,
    /// The unit that held it on its baseline date.
    pub baseline_unit: Option<UnitId>,
    /// The kind of its project.
    pub kind: Option<ProjectKind>,
}

/// A change of a project's stage, on the day on which it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageMove {
    /// The project's id on the wire.
    pub project: String,
    /// The stage before.
    pub from: Stage,
    /// The stage after.
    pub to: Stage,
    /// The local day.
    pub on: NaiveDate,
    /// Its lead at the month's end.
    pub unit: Option<UnitId>,
    /// Its kind.
    pub kind: Option<ProjectKind>,
}

/// A project that was rated red at the month's end, and not a month before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reddened {
    /// Its id on the wire.
    pub project: String,
    /// Its lead at the month's end.
    pub unit: Option<UnitId>,
    /// Its kind.
    pub kind: Option<ProjectKind>,
}

/// A change request that was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Its id on the wire.
    pub change: String,
    /// What it changes.
    pub kind_of_change: ChangeKind,
    /// How it was decided.
    pub state: ChangeState,
    /// The local day.
    pub on: NaiveDate,
    /// The unit that it was made for.
    pub unit: Option<UnitId>,
    /// The project's kind.
    pub kind: Option<ProjectKind>,
}

/// An order as it stood at the month's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingOrder {
    /// Its id on the wire.
    pub task: String,
    /// The local day on which it was closed, if it was.
    pub closed_on: Option<NaiveDate>,
    /// True where it was still owed, or answered and not closed.
    pub open: bool,
    /// The unit that answers it.
    pub unit: Option<UnitId>,
    /// The kind of its project, where it has one.
    pub kind: Option<ProjectKind>,
}

/// What a briefing is drawn from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The reports for the month.
    pub reports: Vec<OwedTask>,
    /// Every milestone.
    pub milestones: Vec<OwedMilestone>,
    /// Changes of stages.
    pub moves: Vec<StageMove>,
    /// Newly red projects.
    pub reddened: Vec<Reddened>,
    /// Decided change requests.
    pub decided: Vec<Decided>,
    /// Orders.
    pub orders: Vec<StandingOrder>,
}

/// Draws a month's figures.
#[must_use]
pub fn draw(month: Month, judged_on: NaiveDate, facts: &Facts) -> Briefing {
    let mut items = Vec::new();
    items.extend(facts.reports.iter().flat_map(|r| reports(r, judged_on)));
    let milestones = facts.milestones.iter();
    items.extend(milestones.flat_map(|m| milestone(m, month, judged_on)));
    items.extend(facts.moves.iter().flat_map(|m| moved(m, month)));
    items.extend(facts.reddened.iter().map(|red| Item {
        figure: Figure::NewlyRed,
        subject: red.project.clone(),
        unit: red.unit,
        kind: red.kind,
        change: None,
    }));
    items.extend(facts.decided.iter().filter_map(|d| decided(d, month)));
    items.extend(facts.orders.iter().filter_map(|o| order(o, month)));
    items.sort_by(|a, b| (a.figure, &a.subject).cmp(&(b.figure, &b.subject)));
    items.dedup_by(|a, b| a.figure == b.figure && a.subject == b.subject);
    Briefing {
        month,
        judged_on,
        items,
    }
}

fn reports(report: &OwedTask, judged_on: NaiveDate) -> Vec<Item> {
    let item = |figure| Item {
        figure,
        subject: report.task.clone(),
        unit: report.unit,
        kind: report.kind,
        change: None,
    };
    let Some(verdict) = report.owed.answered(judged_on) else {
        return Vec::new();
    };
    let figure = match verdict {
        Verdict::Waived => return vec![item(Figure::ReportsWaived)],
        Verdict::InTime => Figure::ReportsInTime,
        Verdict::Late => Figure::ReportsLate,
        Verdict::Missing => Figure::ReportsMissing,
        Verdict::Pending => Figure::ReportsPending,
        Verdict::Suspended => Figure::ReportsSuspended,
    };
    vec![item(Figure::ReportsDue), item(figure)]
}

fn milestone(milestone: &OwedMilestone, month: Month, judged_on: NaiveDate) -> Vec<Item> {
    let OwedMilestone { owed, .. } = milestone;
    let judged_on = judged_on.min(month.next().first_day());
    let within = |date: Option<NaiveDate>| date.is_some_and(|date| Month::of(date) == month);
    let item = |figure, unit| Item {
        figure,
        subject: milestone.task.clone(),
        unit,
        kind: milestone.kind,
        change: None,
    };
    let baseline = owed.met_baseline(judged_on).and_then(Verdict::outcome);
    let baseline = baseline.and_then(|outcome| match outcome {
        Outcome::Met => Some(Figure::BaselineMet),
        Outcome::Missed => Some(Figure::BaselineMissed),
        Outcome::Suspended => None,
    });
    let current = owed.met(judged_on).and_then(Verdict::outcome);
    let current = current.map(|outcome| match outcome {
        Outcome::Met => Figure::CurrentMet,
        Outcome::Missed => Figure::CurrentMissed,
        Outcome::Suspended => Figure::MilestonesSuspended,
    });
    let baseline = baseline.filter(|_| within(owed.baseline));
    let current = current.filter(|_| within(owed.due.counted_due_date));
    let baseline = baseline.map(|figure| item(figure, milestone.baseline_unit));
    let current = current.map(|figure| item(figure, milestone.unit));
    baseline.into_iter().chain(current).collect()
}

fn moved(change: &StageMove, month: Month) -> Vec<Item> {
    if Month::of(change.on) != month {
        return Vec::new();
    }
    let resumed = change.from == Stage::Suspended;
    let reached = match change.to {
        Stage::Construction if !resumed => Some(Figure::Started),
        Stage::Completed if !resumed => Some(Figure::Completed),
        Stage::Suspended => Some(Figure::Suspended),
        _ => None,
    };
    let figures = std::iter::once(Figure::Moved).chain(reached);
    figures
        .map(|figure| Item {
            figure,
            subject: change.project.clone(),
            unit: change.unit,
            kind: change.kind,
            change: None,
        })
        .collect()
}

fn decided(decided: &Decided, month: Month) -> Option<Item> {
    let figure = match decided.state {
        ChangeState::Approved => Figure::Approved,
        ChangeState::Returned => Figure::Returned,
        _ => return None,
    };
    (Month::of(decided.on) == month).then(|| Item {
        figure,
        subject: decided.change.clone(),
        unit: decided.unit,
        kind: decided.kind,
        change: Some(decided.kind_of_change),
    })
}

fn order(order: &StandingOrder, month: Month) -> Option<Item> {
    let closed = order.closed_on.is_some_and(|on| Month::of(on) == month);
    let figure = if closed {
        Figure::OrdersClosed
    } else if order.open {
        Figure::OrdersOpen
    } else {
        return None;
    };
    Some(Item {
        figure,
        subject: order.task.clone(),
        unit: order.unit,
        kind: order.kind,
        change: None,
    })
}

impl Briefing {
    /// The figures of the whole jurisdiction.
    #[must_use]
    pub fn total(&self) -> Tally<Figure> {
        let mut tally = Tally::default();
        for item in &self.items {
            tally.add(item.figure, &item.subject);
        }
        tally
    }

    /// The figures of each unit; what no unit holds stands under none.
    #[must_use]
    pub fn by_unit(&self) -> Vec<(Option<UnitId>, Tally<Figure>)> {
        grouped(&self.items, |item| item.unit, counted)
    }

    /// The figures of each kind of project; orders on several projects stand under none.
    #[must_use]
    pub fn by_kind(&self) -> Vec<(Option<ProjectKind>, Tally<Figure>)> {
        grouped(&self.items, |item| item.kind, counted)
    }

    /// The decided change requests by what they change.
    #[must_use]
    pub fn by_change(&self) -> Vec<(ChangeKind, Tally<Figure>)> {
        let groups = grouped(&self.items, |item| item.change, counted).into_iter();
        groups
            .filter_map(|(kind, tally)| Some((kind?, tally)))
            .collect()
    }
}

fn counted(item: &Item) -> (Figure, &str) {
    (item.figure, &item.subject)
}
