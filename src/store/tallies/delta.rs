//! By how much counts differ.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use duban_entities::ids::{JurisdictionId, UnitId};
use duban_entities::vocabulary::{ProjectKind, Stage};

use super::facts::{Class, Led, Owed, Since};

/// Added, or taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
}

impl Sign {
    const fn of(self, n: i64) -> i64 {
        match self {
            Self::Plus => n,
            Self::Minus => -n,
        }
    }
}

/// Which projects are counted for a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Slice {
    /// All, and what belongs to none.
    All,
    /// Those of a kind.
    Kind(ProjectKind),
    /// Those at a stage.
    Stage(Stage),
}

impl Slice {
    /// Kind and stage as they are stored.
    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::All => ("", ""),
            Self::Kind(kind) => (kind.as_str(), ""),
            Self::Stage(stage) => ("", stage.as_str()),
        }
    }

    /// The slices in which something of this class is counted.
    pub(super) fn of(class: Option<Class>) -> impl Iterator<Item = Self> {
        let parts = class.map(|class| [Self::Kind(class.kind), Self::Stage(class.stage)]);
        std::iter::once(Self::All).chain(parts.into_iter().flatten())
    }
}

/// A cell of `tallies`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    pub(super) jurisdiction: JurisdictionId,
    pub(super) class: Option<Class>,
}

/// What a cell of `tallies` counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) projects: i64,
    pub(super) unassigned: i64,
    pub(super) unscheduled: i64,
    pub(super) overdue: i64,
    pub(super) period_ended: i64,
}

impl Figures {
    pub(super) const fn add(&mut self, other: &Self) {
        self.projects += other.projects;
        self.unassigned += other.unassigned;
        self.unscheduled += other.unscheduled;
        self.overdue += other.overdue;
        self.period_ended += other.period_ended;
    }
}

/// A cell of `unit_tallies`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct UnitCell {
    pub(super) jurisdiction: JurisdictionId,
    pub(super) unit: UnitId,
    pub(super) slice: Slice,
}

/// What a cell of `unit_tallies` counts. The extremes are those of what was added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hand {
    pub(super) projects: i64,
    pub(super) active: i64,
    pub(super) overdue: i64,
    pub(super) oldest: Option<NaiveDate>,
    pub(super) stalled: Option<i32>,
}

impl Hand {
    /// Takes an extreme in, if it is one.
    pub(super) fn meet(&mut self, since: Since) {
        match since {
            Since::Date(date) => {
                self.oldest = Some(self.oldest.map_or(date, |known| known.min(date)));
            }
            Since::Days(days) => {
                self.stalled = Some(self.stalled.map_or(days, |known| known.max(days)));
            }
        }
    }
}

/// By how much counts differ.
#[derive(Debug, Default)]
pub(super) struct Delta {
    pub(super) cells: BTreeMap<Cell, Figures>,
    pub(super) units: BTreeMap<UnitCell, Hand>,
    /// Overdue tasks that were taken away: an extreme may have gone with them.
    pub(super) gone: BTreeSet<(UnitCell, Since)>,
}

impl Delta {
    /// Counts a project.
    pub(super) fn project(&mut self, project: &Led, sign: Sign) {
        let (jurisdiction, class) = (project.jurisdiction_id, Some(project.class()));
        let none = |missing: bool| sign.of(i64::from(missing));
        let cell = Cell {
            jurisdiction,
            class,
        };
        self.cells.entry(cell).or_default().add(&Figures {
            projects: sign.of(1),
            unassigned: none(project.lead_unit_id.is_none()),
            unscheduled: none(project.schedule_approved_at.is_none()),
            ..Figures::default()
        });
        if let Some(unit) = project.lead_unit_id {
            for slice in Slice::of(class) {
                let cell = UnitCell {
                    jurisdiction,
                    unit,
                    slice,
                };
                self.units.entry(cell).or_default().projects += sign.of(1);
            }
        }
    }

    /// Counts a task, as it stands on a day, under the class of its project.
    pub(super) fn task(&mut self, task: &Owed, class: Option<Class>, day: NaiveDate, sign: Sign) {
        if !task.is_active() {
            return;
        }
        let jurisdiction = task.jurisdiction_id;
        let (since, ended) = (task.overdue(day), task.period_ended(day));
        if since.is_some() || ended {
            let cell = Cell {
                jurisdiction,
                class,
            };
            self.cells.entry(cell).or_default().add(&Figures {
                overdue: sign.of(i64::from(since.is_some())),
                period_ended: sign.of(i64::from(ended)),
                ..Figures::default()
            });
        }
        if let Some(unit) = task.unit_id {
            for slice in Slice::of(class) {
                let cell = UnitCell {
                    jurisdiction,
                    unit,
                    slice,
                };
                self.hand(cell, since, sign);
            }
        }
    }

    fn hand(&mut self, cell: UnitCell, since: Option<Since>, sign: Sign) {
        let hand = self.units.entry(cell).or_default();
        hand.active += sign.of(1);
        let Some(since) = since else { return };
        hand.overdue += sign.of(1);
        match sign {
            Sign::Plus => hand.meet(since),
            Sign::Minus => {
                self.gone.insert((cell, since));
            }
        }
    }
}
