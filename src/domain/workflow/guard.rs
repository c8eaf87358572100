//! What must hold before a move: a closed list, because each is a piece of code.

use std::fmt;
use std::str::FromStr;

use duban_entities::vocabulary::{MilestoneRole, TaskState};

use super::moves::{MilestoneFacts, ProjectState};
use crate::error::Blocker;

/// How many titles a message names before it only counts the rest.
const NAMED: usize = 3;

/// A condition of a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guard {
    /// A unit leads the project.
    LeadUnit,
    /// The first schedule has been approved.
    ApprovedSchedule,
    /// All milestones but the finish are DONE or CANCELLED, reviews apart.
    OtherMilestonesDone,
    /// The finish milestone is DONE.
    FinishDone,
}

impl Guard {
    /// Every guard.
    pub const ALL: &'static [Self] = &[
        Self::LeadUnit,
        Self::ApprovedSchedule,
        Self::OtherMilestonesDone,
        Self::FinishDone,
    ];

    /// The code in `seeds/workflow.yaml`, in the API and of the blocker.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::LeadUnit => "LEAD_UNIT",
            Self::ApprovedSchedule => "APPROVED_SCHEDULE",
            Self::OtherMilestonesDone => "OTHER_MILESTONES_DONE",
            Self::FinishDone => "FINISH_DONE",
        }
    }

    /// What must hold, for people.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::LeadUnit => "A lead unit is assigned (已明确牵头单位).",
            Self::ApprovedSchedule => "A schedule has been approved (实施进度已批准).",
            Self::OtherMilestonesDone => {
                "Every milestone but the finish is done or cancelled (其他节点均已办结或取消)."
            }
            Self::FinishDone => "The finish milestone is done (完成节点已办结).",
        }
    }

    /// What is missing, or nothing where the guard holds.
    #[must_use]
    pub fn blocker(self, state: &ProjectState) -> Option<Blocker> {
        let missing = match self {
            Self::LeadUnit => (!state.has_lead_unit).then(|| "no lead unit is assigned".to_owned()),
            Self::ApprovedSchedule => {
                (!state.has_approved_schedule).then(|| "no schedule has been approved".to_owned())
            }
            Self::OtherMilestonesDone => others_missing(&state.milestones),
            Self::FinishDone => finish_missing(&state.milestones),
        };
        missing.map(|message| Blocker::new(self.code(), message))
    }
}

fn others_missing(milestones: &[MilestoneFacts]) -> Option<String> {
    let pending: Vec<&str> = milestones
        .iter()
        .filter(|m| !matches!(m.role, MilestoneRole::Finish | MilestoneRole::Review))
        .filter(|m| !matches!(m.state, TaskState::Done | TaskState::Cancelled))
        .map(|m| m.title.as_str())
        .collect();
    let named = pending.iter().take(NAMED).copied().collect::<Vec<_>>();
    let more = match pending.len().saturating_sub(NAMED) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    (!pending.is_empty()).then(|| {
        format!(
            "milestones are neither done nor cancelled: {}{more}",
            named.join(", ")
        )
    })
}

/// A cancelled finish does not count: an earlier schedule may have left one behind.
fn finish_missing(milestones: &[MilestoneFacts]) -> Option<String> {
    let mut finishes = milestones
        .iter()
        .filter(|m| m.role == MilestoneRole::Finish && m.state != TaskState::Cancelled)
        .peekable();
    if finishes.peek().is_none() {
        return Some("there is no finish milestone".to_owned());
    }
    finishes
        .find(|m| m.state != TaskState::Done)
        .map(|m| format!("the finish milestone {} is {}", m.title, m.state))
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Guard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.iter().map(|g| g.code()).collect::<Vec<_>>();
        Self::ALL
            .iter()
            .find(|guard| guard.code() == text)
            .copied()
            .ok_or_else(|| format!("expected one of {}", known().join(", ")))
    }
}
