//! What a change request holds, as it stands in the row: JSON, ids in their wire form.

use chrono::NaiveDate;
use duban_entities::change_request;
use duban_entities::vocabulary::Stage;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::service::schedule::PlannedMilestone;

/// What a change request holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Content {
    /// A first schedule.
    Schedule {
        /// Its milestones, in order.
        milestones: Vec<PlannedMilestone>,
    },
    /// A stage move.
    Stage(StageContent),
    /// Other dates.
    Reschedule {
        /// The milestones that move.
        milestones: Vec<MovedDate>,
    },
    /// Another lead unit.
    Reassign(ReassignContent),
    /// Other contents: the same parts before and after.
    Amend {
        /// As they were when it was proposed.
        before: Parts,
        /// As they shall be.
        after: Parts,
    },
    /// A new work.
    Propose(ProposalContent),
}

/// A stage move that waits for approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StageContent {
    /// The stage from which it was proposed.
    pub from: String,
    /// The stage to reach.
    pub to: String,
    /// The day on which it happened.
    pub occurred_on: NaiveDate,
    /// When a suspension is reviewed.
    pub review_on: Option<NaiveDate>,
    /// New dates of the open milestones, where a suspension ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<MovedDate>,
}

impl StageContent {
    /// The stages as words of the domain.
    pub(super) fn stages(&self) -> Result<(Stage, Stage)> {
        let stage = |text: &str| text.parse::<Stage>().map_err(Error::internal);
        Ok((stage(&self.from)?, stage(&self.to)?))
    }
}

/// A milestone's date, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MovedDate {
    /// Wire id of the milestone.
    pub task: String,
    /// Its title.
    pub title: String,
    /// Its date when this was proposed.
    pub from: Option<NaiveDate>,
    /// The date that is proposed.
    pub to: NaiveDate,
    /// True where the date before had passed already.
    #[serde(default)]
    pub late: bool,
}

/// A new date that somebody wants for a milestone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewDate {
    /// Wire id of the milestone.
    pub task: String,
    /// When it shall be due.
    pub due_date: NaiveDate,
}

/// Another lead unit; ids in their wire form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReassignContent {
    /// Who leads when this is proposed.
    pub from: Option<String>,
    /// Who shall lead.
    pub to: String,
    /// Who cooperates when this is proposed, where that shall change.
    pub cooperating_from: Option<Vec<String>>,
    /// Who shall cooperate, in order; unchanged where not said.
    pub cooperating: Option<Vec<String>>,
}

/// Parts of a project's contents; none where a part is not spoken of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Parts {
    /// Title.
    pub title: Option<String>,
    /// What sort of work, as its word.
    pub kind: Option<String>,
    /// Wire ids of the areas.
    pub areas: Option<Vec<String>>,
    /// What shall be built.
    pub targets: Option<Vec<PlannedTarget>>,
    /// Total investment, in fen.
    pub investment_total: Option<i64>,
    /// Investment of each year, by year.
    pub investments: Option<Vec<YearAmount>>,
}

impl Parts {
    /// True if it speaks of nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.title.is_none()
            && self.kind.is_none()
            && self.areas.is_none()
            && self.targets.is_none()
            && self.investment_total.is_none()
            && self.investments.is_none()
    }
}

/// A quantity as it stands in a proposal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedTarget {
    /// What is counted.
    pub name: String,
    /// The words of a source; name, number and unit where there are none.
    pub words: Option<String>,
    /// The number, a plain decimal.
    pub quantity: Option<String>,
    /// The upper end of a range.
    pub quantity_to: Option<String>,
    /// How it is meant, as its word.
    pub qualifier: Option<String>,
    /// Unit of measure.
    pub unit_of_measure: Option<String>,
}

/// The investment planned for a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct YearAmount {
    /// The year.
    pub year: i32,
    /// In fen.
    pub amount: i64,
}

/// A document that is cited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// Title.
    pub title: String,
    /// Its number (文号).
    pub number: Option<String>,
    /// Its date.
    pub date: Option<NaiveDate>,
}

/// A new work for the bank; ids in their wire form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProposalContent {
    /// Title.
    pub title: String,
    /// What sort of work, as its word.
    pub kind: String,
    /// Where it lies.
    pub areas: Vec<String>,
    /// The clause that calls for it.
    pub clause: Option<String>,
    /// What the clause demands, as its word.
    pub demand: Option<String>,
    /// The clause's words that name the work.
    pub quote: Option<String>,
    /// The document that calls for it.
    pub document: Option<Document>,
    /// What shall be built.
    pub targets: Vec<PlannedTarget>,
    /// Total investment, in fen.
    pub investment_total: Option<i64>,
    /// When it shall be completed.
    pub due_date: Option<NaiveDate>,
}

/// What a request holds.
///
/// # Errors
/// [`Error::Internal`] when the row is not what it must be.
pub fn content(row: &change_request::Model) -> Result<Content> {
    serde_json::from_str(&row.content).map_err(Error::internal)
}
