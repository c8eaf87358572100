//! The row of a task, as much of it as was read.

use std::sync::Arc;

use async_graphql::Lookahead;
use chrono::NaiveDate;
use duban_entities::ids::TaskId;
use duban_entities::task;
use duban_entities::vocabulary::{MilestoneRole, TaskKind, TaskState};

use crate::error::Error;
use crate::graphql::error::{Result, public};
use crate::store::tasks::MilestoneLine;

/// The fields that a line answers.
const LINE: [&str; 8] = [
    "__typename",
    "dueDate",
    "id",
    "kind",
    "role",
    "state",
    "title",
    "weight",
];

/// The row of a task: all of it, or what lists show of a milestone as a rule, of which a page of
/// projects has hundreds.
#[derive(Clone, Debug)]
pub enum Row {
    /// Everything.
    Whole(Arc<task::Model>),
    /// As much as answers the fields of [`LINE`].
    Line(MilestoneLine),
}

/// True where a line answers all that is asked of the milestones of a page.
pub fn line_suffices(page: &Lookahead<'_>) -> bool {
    let items = [page.field("nodes"), page.field("edges").field("node")];
    let fields = items.iter().flat_map(Lookahead::selection_fields);
    let is_in_line = |name: &str| LINE.contains(&name);
    fields
        .into_iter()
        .all(|field| field.selection_set().all(|inner| is_in_line(inner.name())))
}

impl From<task::Model> for Row {
    fn from(row: task::Model) -> Self {
        Self::Whole(Arc::new(row))
    }
}

/// What both have.
macro_rules! both {
    ($($name:ident: $type:ty;)+) => {
        $(pub(super) fn $name(&self) -> $type {
            match self {
                Self::Whole(row) => row.$name,
                Self::Line(line) => line.$name,
            }
        })+
    };
}

impl Row {
    both! {
        id: TaskId;
        role: Option<MilestoneRole>;
        weight: i32;
        due_date: Option<NaiveDate>;
        state: TaskState;
    }

    /// What names it in its project's list.
    pub fn cursor(&self) -> String {
        self.id().to_string()
    }

    pub(super) fn title(&self) -> &str {
        match self {
            Self::Whole(row) => &row.title,
            Self::Line(line) => &line.title,
        }
    }

    pub(super) fn kind(&self) -> TaskKind {
        match self {
            Self::Whole(row) => row.kind,
            Self::Line(_) => TaskKind::Milestone,
        }
    }

    /// All of it: whoever reads lines has made sure that nothing else is asked for.
    pub(super) fn whole(&self) -> Result<&task::Model> {
        match self {
            Self::Whole(row) => Ok(row),
            Self::Line(_) => Err(public(Error::internal(
                "a line was read of a milestone of which more is asked for",
            ))),
        }
    }
}
