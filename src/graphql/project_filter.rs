//! The filter of projects, and its limits.

use async_graphql::{ID, InputObject};

use super::context::{parse, parse_option};
use super::error::{Result, public};
use super::scalar::Date;
use super::vocabulary::{ProjectKind, Stage};
use crate::error::Error;
use crate::store::projects;

/// Most levels of `and`, `or` and `not`.
const DEEPEST: usize = 5;
/// Most conditions in one filter, all levels together.
const MOST: usize = 50;
/// Most characters of a text.
const LONGEST_TEXT: usize = 100;

/// Which projects are wanted. All given parts must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ProjectFilter {
    /// Of this jurisdiction.
    jurisdiction_id: Option<ID>,
    /// In this area.
    area_id: Option<ID>,
    /// Of one of these kinds.
    kind: Option<Vec<ProjectKind>>,
    /// At one of these stages.
    stage: Option<Vec<Stage>>,
    /// Led by this unit.
    lead_unit_id: Option<ID>,
    /// In which this unit has any part: it leads, cooperates or owes a task.
    unit_id: Option<ID>,
    /// True: no lead unit is stated or assigned. False: one is.
    unassigned: Option<bool>,
    /// True: no schedule is approved. False: one is.
    unscheduled: Option<bool>,
    /// True: a text suggests a lead. False: none does.
    has_suggested_lead: Option<bool>,
    /// Cited by this plan.
    plan_id: Option<ID>,
    /// Cited by this clause.
    clause_id: Option<ID>,
    /// Members of this programme.
    parent_id: Option<ID>,
    /// Due on this day or later.
    due_from: Option<Date>,
    /// Due on this day or earlier.
    due_to: Option<Date>,
    /// True: a task is overdue. False: none is.
    overdue: Option<bool>,
    /// True: the plan's period has ended without completion. False: it has not.
    period_ended: Option<bool>,
    /// Demonstration records, or real ones.
    simulated: Option<bool>,
    /// Text in code, title, alias, the quote of a mention, or the lead unit's name, full name
    /// or alias. Letters in either case and width. In a list without `orderBy`, where it
    /// stands beside the other parts and not within `and`, `or` or `not`, the best matches come
    /// first: code that begins with it, title that begins with it, title, names, quote.
    text: Option<String>,
    /// All of these hold.
    and: Option<Vec<ProjectFilter>>,
    /// One of these holds.
    or: Option<Vec<ProjectFilter>>,
    /// This does not hold.
    not: Option<Box<ProjectFilter>>,
}

impl ProjectFilter {
    /// The filter as the store takes it.
    ///
    /// # Errors
    /// LIMIT_EXCEEDED for more than 5 levels or 50 conditions; NOT_FOUND for an id that is
    /// none.
    pub(super) fn checked(self) -> Result<projects::ProjectFilter> {
        let mut conditions = 0;
        self.count(1, &mut conditions)?;
        self.into_store()
    }

    fn count(&self, level: usize, conditions: &mut usize) -> Result<()> {
        *conditions += self.own_conditions();
        let exceeded = |message: String| {
            public(Error::LimitExceeded {
                limit: "filter",
                message,
            })
        };
        if level > DEEPEST {
            return Err(exceeded(format!(
                "the filter is nested over {DEEPEST} levels"
            )));
        }
        let parts = self.and.iter().flatten().chain(self.or.iter().flatten());
        for part in parts.chain(self.not.as_deref()) {
            part.count(level + 1, conditions)?;
        }
        if *conditions > MOST {
            return Err(exceeded(format!("the filter has over {MOST} conditions")));
        }
        Ok(())
    }

    fn own_conditions(&self) -> usize {
        let Self {
            jurisdiction_id,
            area_id,
            kind,
            stage,
            lead_unit_id,
            unit_id,
            unassigned,
            unscheduled,
            has_suggested_lead,
            plan_id,
            clause_id,
            parent_id,
            due_from,
            due_to,
            overdue,
            period_ended,
            simulated,
            text,
            and,
            or,
            not,
        } = self;
        let ids = [
            jurisdiction_id,
            area_id,
            lead_unit_id,
            unit_id,
            plan_id,
            clause_id,
            parent_id,
        ];
        let flags = [
            unassigned,
            unscheduled,
            has_suggested_lead,
            overdue,
            period_ended,
            simulated,
        ];
        let groups = [and, or];
        ids.into_iter().flatten().count()
            + flags.into_iter().flatten().count()
            + [due_from, due_to].into_iter().flatten().count()
            + kind.as_ref().map_or(0, Vec::len)
            + stage.as_ref().map_or(0, Vec::len)
            + usize::from(text.is_some())
            + groups.into_iter().flatten().count()
            + usize::from(not.is_some())
    }

    fn into_store(self) -> Result<projects::ProjectFilter> {
        let text = self.text.as_deref().map(checked_text).transpose()?;
        let all = |parts: Vec<Self>| parts.into_iter().map(Self::into_store).collect();
        Ok(projects::ProjectFilter {
            jurisdiction: parse_option(self.jurisdiction_id.as_ref())?,
            area: parse_option(self.area_id.as_ref())?,
            kinds: self
                .kind
                .map(|kinds| kinds.into_iter().map(Into::into).collect()),
            stages: self
                .stage
                .map(|stages| stages.into_iter().map(Into::into).collect()),
            lead_unit: parse_option(self.lead_unit_id.as_ref())?,
            unit: parse_option(self.unit_id.as_ref())?,
            unassigned: self.unassigned,
            unscheduled: self.unscheduled,
            has_suggested_lead: self.has_suggested_lead,
            plan: parse_option(self.plan_id.as_ref())?,
            clause: self.clause_id.as_ref().map(parse).transpose()?,
            parent: parse_option(self.parent_id.as_ref())?,
            due_from: self.due_from.map(|date| date.0),
            due_to: self.due_to.map(|date| date.0),
            overdue: self.overdue,
            period_ended: self.period_ended,
            simulated: self.simulated,
            text,
            and: self.and.map(all).transpose()?.unwrap_or_default(),
            or: self.or.map(all).transpose()?,
            not: self
                .not
                .map(|part| part.into_store().map(Box::new))
                .transpose()?,
        })
    }
}

pub(super) fn checked_text(text: &str) -> Result<String> {
    let length = text.trim().chars().count();
    if length == 0 || length > LONGEST_TEXT || text.contains('\0') {
        let message = format!("1 to {LONGEST_TEXT} characters");
        return Err(public(Error::invalid("filter.text", message)));
    }
    Ok(text.trim().to_owned())
}

/// A list of words in a filter, as the store takes it.
///
/// # Errors
/// LIMIT_EXCEEDED for more than 50 of them.
pub(super) fn checked_words<T, U: From<T>>(words: Option<Vec<T>>) -> Result<Option<Vec<U>>> {
    let Some(words) = words else { return Ok(None) };
    if words.len() > MOST {
        return Err(public(Error::LimitExceeded {
            limit: "filter",
            message: format!("the filter has over {MOST} conditions"),
        }));
    }
    Ok(Some(words.into_iter().map(U::from).collect()))
}
