//! Workflows as data: stages, the moves between them, who may make them, what must hold.
//!
//! `seeds/workflow.yaml` says what there is; [`load`] refuses a file that would strand a
//! project. A move is checked twice: by [`Workflow::check_move`] when it is asked for,
//! and, where it needs approval, by [`Workflow::check_decision`] when it is approved.
//!
//! ```
//! use duban::domain::workflow;
//! use duban_entities::vocabulary::Stage;
//!
//! let workflows = workflow::embedded()?;
//! let forward = workflows[0].transition(Stage::Preparation, Stage::Construction);
//! assert!(forward.is_some_and(|t| !t.guards.is_empty() && !t.requires_approval));
//! # Ok::<(), duban::domain::seed::SeedError>(())
//! ```

mod guard;
mod load;
mod moves;

#[cfg(test)]
mod tests;

use duban_entities::vocabulary::{Role, Stage};

pub use guard::Guard;
pub use load::{embedded, load};
pub use moves::{MilestoneFacts, Move, ProjectState};

/// Stages and the moves between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// Unique code.
    pub code: String,
    /// Title, for people.
    pub title: String,
    /// The stages in the order of the line; the first is where it begins.
    pub stages: Vec<StageEntry>,
    /// The moves, each pair of stages at most once.
    pub transitions: Vec<Transition>,
}

/// A stage of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageEntry {
    /// The stage.
    pub stage: Stage,
    /// Title, for people.
    pub title: String,
    /// True where nothing leads out of it.
    pub is_final: bool,
}

/// A move from one stage to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The stage it leaves.
    pub from: Stage,
    /// The stage it enters.
    pub to: Stage,
    /// What the move is called.
    pub title: String,
    /// Roles of the lead unit that may make it, at least one.
    pub roles: Vec<Role>,
    /// True where another person decides it first.
    pub requires_approval: bool,
    /// What must hold first, in the order of the file.
    pub guards: Vec<Guard>,
}

impl Transition {
    /// True for the move that puts the project off the line for a while.
    #[must_use]
    pub fn suspends(&self) -> bool {
        self.to == Stage::Suspended
    }

    /// True for the move that puts a suspended project back on the line.
    #[must_use]
    pub fn resumes(&self) -> bool {
        self.from == Stage::Suspended && self.to != Stage::Cancelled
    }

    /// What the project must remember as "suspended from" once the move is made.
    #[must_use]
    pub fn suspended_from(&self) -> Option<Stage> {
        self.suspends().then_some(self.from)
    }
}

impl Workflow {
    /// The move between two stages, if there is one.
    #[must_use]
    pub fn transition(&self, from: Stage, to: Stage) -> Option<&Transition> {
        self.transitions_from(from).find(|t| t.to == to)
    }

    /// The moves out of a stage, in the order of the file.
    pub fn transitions_from(&self, stage: Stage) -> impl Iterator<Item = &Transition> {
        self.transitions.iter().filter(move |t| t.from == stage)
    }

    /// True for a final stage of this workflow.
    #[must_use]
    pub fn is_final(&self, stage: Stage) -> bool {
        self.stages.iter().any(|s| s.stage == stage && s.is_final)
    }
}
