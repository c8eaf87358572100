//! What a proposed change must look like: new dates, quantities, money, titles.

#[cfg(test)]
mod tests;

use chrono::{Datelike, NaiveDate};
use duban_entities::vocabulary::{MilestoneRole, Qualifier, TaskState};
use unicode_normalization::UnicodeNormalization as _;

use crate::error::{Blocker, Error, Problems, Result};

/// How many milestones one request moves.
const MOVED: std::ops::RangeInclusive<usize> = 1..=100;
/// How many quantities a project has at most.
const TARGETS: usize = 50;
/// How many years of investment a project has at most.
const INVESTMENT_YEARS: usize = 50;
/// Years that are no typing error.
const YEARS: std::ops::RangeInclusive<i32> = 1949..=2199;

/// A milestone of a schedule, as the rule of new dates sees it.
#[derive(Clone, Debug)]
pub struct Dated {
    /// Title, for messages.
    pub title: String,
    /// Its part in the schedule.
    pub role: Option<MilestoneRole>,
    /// Where it stands.
    pub state: TaskState,
    /// Its current date.
    pub due: Option<NaiveDate>,
}

impl Dated {
    /// True for a step that must not lie behind the completion.
    fn is_step(&self) -> bool {
        !matches!(
            self.role,
            Some(MilestoneRole::Finish | MilestoneRole::Review)
        )
    }

    const fn is_owed(&self) -> bool {
        matches!(self.state, TaskState::Open | TaskState::Submitted)
    }
}

/// A new date for one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewDate {
    /// Where the milestone stands in the schedule.
    pub place: usize,
    /// The new date.
    pub due: NaiveDate,
}

/// Checks new dates for milestones of a schedule: each OPEN milestone once, from today on,
/// another date than it has, and none behind the completion.
///
/// # Errors
/// [`Error::Invalid`] with every problem: `milestones` for their number,
/// `milestones.<i>.taskId` for one named twice, `milestones.<i>.dueDate`;
/// [`Error::Blocked`] `TASK_NOT_OPEN` for each that is not open.
pub fn check_dates(schedule: &[Dated], dates: &[NewDate], today: NaiveDate) -> Result<()> {
    let mut problems = Problems::default();
    problems.require(
        MOVED.contains(&dates.len()),
        "milestones",
        "1 to 100 milestones",
    );
    for (n, new) in dates.iter().enumerate() {
        let due = format!("milestones.{n}.dueDate");
        problems.require(new.due >= today, &due, "not before today");
        let same = schedule
            .get(new.place)
            .is_some_and(|known| known.due == Some(new.due));
        problems.require(!same, &due, "it is due on that day already");
    }
    check_places("milestones", schedule, dates, &mut problems);
    problems.finish()?;
    expect_open(schedule, dates)
}

/// What holds of new dates wherever they come from: no milestone twice, no step behind the
/// completion. `list` is the name of the input's list.
pub fn check_places(list: &str, schedule: &[Dated], dates: &[NewDate], problems: &mut Problems) {
    let moved = |place| dates.iter().find(|new| new.place == place);
    let finish = schedule
        .iter()
        .position(|known| known.role == Some(MilestoneRole::Finish));
    let finish_on = finish.and_then(|place| {
        let new = moved(place).map(|new| new.due);
        new.or_else(|| schedule.get(place)?.due)
    });
    for (n, new) in dates.iter().enumerate() {
        let due = format!("{list}.{n}.dueDate");
        let twice = dates.iter().take(n).any(|other| other.place == new.place);
        problems.require(!twice, &format!("{list}.{n}.taskId"), "named twice");
        let step = schedule.get(new.place).is_some_and(Dated::is_step);
        if let Some(last) = finish_on.filter(|last| step && new.due > *last) {
            problems.add(&due, format!("not behind the completion, due on {last}"));
        }
        if finish != Some(new.place) {
            continue;
        }
        let behind = schedule.iter().enumerate().find(|(place, known)| {
            let stays = moved(*place).is_none() && known.is_step() && known.is_owed();
            stays && known.due.is_some_and(|on| on > new.due)
        });
        if let Some((_, known)) = behind {
            let title = &known.title;
            problems.add(&due, format!("not before {title}, which is due later"));
        }
    }
}

fn expect_open(schedule: &[Dated], dates: &[NewDate]) -> Result<()> {
    let named = dates.iter().filter_map(|new| schedule.get(new.place));
    let closed = named.filter(|known| known.state != TaskState::Open);
    let blockers: Vec<Blocker> = closed
        .map(|known| Blocker::new("TASK_NOT_OPEN", format!("{} is not open", known.title)))
        .collect();
    if blockers.is_empty() {
        Ok(())
    } else {
        Err(Error::Blocked(blockers))
    }
}

/// A quantity as somebody proposes it.
#[derive(Clone, Debug)]
pub struct Quantity<'a> {
    /// What is counted.
    pub name: &'a str,
    /// Words of a source, where there are any.
    pub words: Option<&'a str>,
    /// The number, a plain decimal.
    pub quantity: Option<&'a str>,
    /// The upper end of a range.
    pub quantity_to: Option<&'a str>,
    /// How it is meant.
    pub qualifier: Option<Qualifier>,
    /// Unit of measure.
    pub unit_of_measure: Option<&'a str>,
}

/// Checks quantities; problems are noted under `targets.<i>`.
pub fn check_targets(targets: &[Quantity<'_>], problems: &mut Problems) {
    problems.require(targets.len() <= TARGETS, "targets", "at most 50 quantities");
    for (n, target) in targets.iter().enumerate() {
        let field = |name: &str| format!("targets.{n}.{name}");
        let text = |text: &str, most| {
            (1..=most).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control)
        };
        problems.require(
            text(target.name, 200),
            &field("name"),
            "1 to 200 characters",
        );
        problems.require(
            target.words.is_none_or(|words| text(words, 500)),
            &field("words"),
            "1 to 500 characters",
        );
        problems.require(
            target.unit_of_measure.is_some_and(|unit| text(unit, 50)),
            &field("unitOfMeasure"),
            "1 to 50 characters",
        );
        problems.require(
            target.quantity.is_some_and(|number| !is_negative(number)),
            &field("quantity"),
            "a number that is not negative",
        );
        let range = target.qualifier == Some(Qualifier::Range);
        problems.require(
            range == target.quantity_to.is_some(),
            &field("quantityTo"),
            "given exactly where qualifier is RANGE",
        );
        problems.require(
            target.quantity_to.is_none_or(|number| !is_negative(number)),
            &field("quantityTo"),
            "a number that is not negative",
        );
    }
}

fn is_negative(number: &str) -> bool {
    number.starts_with('-')
}

/// Checks planned money, in fen: nothing negative, each year once, and no more in the years
/// than in all where both are known. Problems are noted under `investmentTotal` and
/// `investments`.
pub fn check_money(total: Option<i64>, years: Option<&[(i32, i64)]>, problems: &mut Problems) {
    problems.require(
        total.is_none_or(|fen| fen >= 0),
        "investmentTotal",
        "not negative",
    );
    let Some(years) = years else { return };
    problems.require(
        years.len() <= INVESTMENT_YEARS,
        "investments",
        "at most 50 years",
    );
    for (n, (year, fen)) in years.iter().enumerate() {
        let field = |name: &str| format!("investments.{n}.{name}");
        problems.require(
            YEARS.contains(year),
            &field("year"),
            "a year from 1949 to 2199",
        );
        let twice = years.iter().take(n).any(|(other, _)| other == year);
        problems.require(!twice, &field("year"), "named twice");
        problems.require(*fen >= 0, &field("amount"), "not negative");
    }
    let sum: i128 = years.iter().map(|(_, fen)| i128::from(*fen)).sum();
    problems.require(
        total.is_none_or(|total| total < 0 || sum <= i128::from(total)),
        "investments",
        "the years may not exceed the total",
    );
}

/// Checks a date that somebody states for a work.
pub fn check_due(due: Option<NaiveDate>, today: NaiveDate, problems: &mut Problems) {
    problems.require(
        due.is_none_or(|due| due >= today && YEARS.contains(&due.year())),
        "dueDate",
        "not before today, and not behind 2199",
    );
}

/// A title without what two people write differently: width, case, spaces, punctuation.
///
/// ```
/// use duban::domain::change::plain_title;
///
/// assert_eq!(plain_title("Ｓ２２１线 改建（一期）"), plain_title("s221线改建(一期)"));
/// ```
#[must_use]
pub fn plain_title(title: &str) -> String {
    let title = title.nfkc().flat_map(char::to_lowercase);
    title.filter(|c| c.is_alphanumeric()).collect()
}
