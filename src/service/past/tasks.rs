//! The list of tasks over rows that stand in memory: the same filter, orders and cursors as
//! `store::tasks` has in SQL. A test holds the two against each other.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use duban_entities::ids::{TaskId, UnitId};
use duban_entities::vocabulary::TaskState;

use super::super::due_facts;
use super::PastTask;
use crate::error::Result;
use crate::store::page::{Direction, Page, PageRequest, Sorting};
use crate::store::projects::NEVER;
use crate::store::tasks::{DueFilter, TaskFilter, TaskOrder};

/// True if all parts of the filter hold; `own` are the caller's units.
pub(super) fn matches(filter: &TaskFilter, own: &BTreeSet<UnitId>, task: &PastTask) -> bool {
    let TaskFilter {
        jurisdiction,
        kinds,
        states,
        due,
        soon_days,
        due_bases,
        unit,
        project,
        period,
        mine,
    } = filter;
    let row = &task.row;
    let of = |words: Option<bool>| words.unwrap_or(true);
    jurisdiction.is_none_or(|id| row.jurisdiction_id == id)
        && of(kinds.as_ref().map(|kinds| kinds.contains(&row.kind)))
        && of(states.as_ref().map(|states| states.contains(&row.state)))
        && of(due_bases
            .as_ref()
            .map(|bases| row.due_basis.is_some_and(|basis| bases.contains(&basis))))
        && unit.is_none_or(|id| row.unit_id == Some(id))
        && project.is_none_or(|id| row.project_id == Some(id))
        && period
            .as_ref()
            .is_none_or(|month| row.period.as_ref() == Some(month))
        && due.is_none_or(|due| stands(due, *soon_days, task))
        && mine.is_none_or(|mine| owed(mine, own, row.unit_id))
}

/// Whether it is owed by an own unit, or not. What nobody owes is neither, unless there are
/// no own units: so the database has it.
fn owed(mine: bool, own: &BTreeSet<UnitId>, unit: Option<UnitId>) -> bool {
    match unit {
        Some(unit) => own.contains(&unit) == mine,
        None => !mine && own.is_empty(),
    }
}

fn stands(due: DueFilter, soon_days: i32, task: &PastTask) -> bool {
    let (facts, today) = (due_facts(&task.row), task.today);
    match due {
        DueFilter::Open => matches!(facts.state, TaskState::Open | TaskState::Submitted),
        DueFilter::DueSoon => facts.is_due_soon(today, u16::try_from(soon_days).unwrap_or(0)),
        DueFilter::Overdue => facts.is_overdue(today),
        DueFilter::PeriodEnded => facts.period_ended(today),
        DueFilter::Done => facts.state == TaskState::Done,
    }
}

/// What a list of tasks is sorted by; the id makes a row unique.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Due(NaiveDate, TaskId),
    Days(i32, TaskId),
    Title(String, TaskId),
}

fn key(order: TaskOrder, task: &PastTask) -> Key {
    let row = &task.row;
    match order {
        TaskOrder::DueDate => Key::Due(row.due_date.unwrap_or(NEVER), row.id),
        TaskOrder::DaysOverdue => Key::Days(days_overdue(task), row.id),
        TaskOrder::Title => Key::Title(row.title.clone(), row.id),
    }
}

/// Days overdue of a task that is, else 0: a DONE one does not stand before the others.
fn days_overdue(task: &PastTask) -> i32 {
    let facts = due_facts(&task.row);
    if facts.is_overdue(task.today) {
        facts.days_overdue(task.today)
    } else {
        0
    }
}

fn values(key: Key) -> Vec<String> {
    match key {
        Key::Due(day, id) => vec![day.to_string(), id.to_string()],
        Key::Days(days, id) => vec![days.to_string(), id.to_string()],
        Key::Title(title, id) => vec![title, id.to_string()],
    }
}

type Parse = fn(&[String]) -> Option<Key>;

/// The page of these tasks.
pub(super) fn page(
    (order, direction): (TaskOrder, Direction),
    request: &PageRequest,
    tasks: Vec<PastTask>,
) -> Result<Page<PastTask>> {
    let (name, parse): (_, Parse) = match order {
        TaskOrder::DueDate => ("task.due", |cursor| {
            let [day, id] = cursor else { return None };
            Some(Key::Due(day.parse().ok()?, id.parse().ok()?))
        }),
        TaskOrder::DaysOverdue => ("task.overdue", |cursor| {
            let [days, id] = cursor else { return None };
            Some(Key::Days(days.parse().ok()?, id.parse().ok()?))
        }),
        TaskOrder::Title => ("task.title", |cursor| {
            let [title, id] = cursor else { return None };
            Some(Key::Title(title.clone(), id.parse().ok()?))
        }),
    };
    let sorting = Sorting {
        name,
        key: &|task| key(order, task),
        values: &|task| values(key(order, task)),
        parse,
    };
    request.page_of(&sorting, direction, tasks)
}
