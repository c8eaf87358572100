//! The filters of the feed and of the ledger.

use async_graphql::{Enum, ID, InputObject};

use super::super::context::parse_option;
use super::super::error::{Result, public};
use super::super::project_filter::checked_words;
use super::super::scalar::DateTime;
use crate::error::Error;
use crate::policy::Action;
use crate::store::ledger::read::EntryFilter;

/// Longest id that is looked for.
const LONGEST_ID: usize = 100;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SubjectType {
    /// A jurisdiction.
    Jurisdiction,
    /// An area.
    Area,
    /// A unit.
    Unit,
    /// A plan.
    Plan,
    /// A clause of a plan.
    Clause,
    /// An indicator of a plan.
    Indicator,
    /// A project.
    Project,
    /// A task: a milestone, a report, an issue or an order.
    Task,
    /// A change request.
    ChangeRequest,
    /// The draft of a report.
    ReportDraft,
    /// A submission of a report.
    ReportRevision,
    /// A dismissed proposal of an order.
    OrderDismissal,
    /// Adopted rating rules.
    RatingAdoption,
    /// A rating that a supervisor set.
    RatingOverride,
    /// A published briefing.
    Briefing,
    /// A user.
    User,
    /// A grant.
    Grant,
    /// An API token.
    ApiToken,
}

/// The type's name in the ledger.
impl From<SubjectType> for &'static str {
    fn from(of: SubjectType) -> Self {
        match of {
            SubjectType::Jurisdiction => "Jurisdiction",
            SubjectType::Area => "Area",
            SubjectType::Unit => "Unit",
            SubjectType::Plan => "Plan",
            SubjectType::Clause => "Clause",
            SubjectType::Indicator => "Indicator",
            SubjectType::Project => "Project",
            SubjectType::Task => "Task",
            SubjectType::ChangeRequest => "ChangeRequest",
            SubjectType::ReportDraft => "ReportDraft",
            SubjectType::ReportRevision => "ReportRevision",
            SubjectType::OrderDismissal => "OrderDismissal",
            SubjectType::RatingAdoption => "RatingAdoption",
            SubjectType::RatingOverride => "RatingOverride",
            SubjectType::Briefing => "Briefing",
            SubjectType::User => "User",
            SubjectType::Grant => "Grant",
            SubjectType::ApiToken => "ApiToken",
        }
    }
}

/// Which changes are wanted. All given parts must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ChangesFilter {
    /// That concern this project.
    project_id: Option<ID>,
    /// That concern this jurisdiction.
    jurisdiction_id: Option<ID>,
    /// Of subjects of one of these types.
    subject_type: Option<Vec<SubjectType>>,
}

/// Which entries of the ledger are wanted. All given parts must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct LedgerFilter {
    /// By this user, or by this part of the system (`system:import`).
    actor_id: Option<ID>,
    /// Of one of these actions, such as `project.move`.
    action: Option<Vec<String>>,
    /// Of this subject.
    subject_id: Option<ID>,
    /// Of subjects of one of these types.
    subject_type: Option<Vec<SubjectType>>,
    /// That concern this project.
    project_id: Option<ID>,
    /// That concern this jurisdiction.
    jurisdiction_id: Option<ID>,
    /// Made at this instant or later.
    from: Option<DateTime>,
    /// Made before this instant.
    to: Option<DateTime>,
}

impl ChangesFilter {
    pub(super) fn into_store(self) -> Result<EntryFilter> {
        Ok(EntryFilter {
            project: parse_option(self.project_id.as_ref())?,
            jurisdiction: parse_option(self.jurisdiction_id.as_ref())?,
            subject_types: checked_words(self.subject_type)?,
            ..EntryFilter::default()
        })
    }
}

impl LedgerFilter {
    pub(super) fn into_store(self) -> Result<EntryFilter> {
        let Self {
            actor_id,
            action,
            subject_id,
            subject_type,
            project_id,
            jurisdiction_id,
            from,
            to,
        } = self;
        Ok(EntryFilter {
            actor: actor_id.map(any_id).transpose()?,
            actions: checked_words(action)?.map(known_actions).transpose()?,
            subject: subject_id.map(any_id).transpose()?,
            subject_types: checked_words(subject_type)?,
            project: parse_option(project_id.as_ref())?,
            jurisdiction: parse_option(jurisdiction_id.as_ref())?,
            from: from.map(|at| at.0),
            to: to.map(|at| at.0),
        })
    }
}

/// An id of any type. What cannot be one reads like a thing that is not there.
fn any_id(id: ID) -> Result<String> {
    let fits = id.len() <= LONGEST_ID && !id.contains('\0');
    fits.then_some(id.0).ok_or_else(|| public(Error::NotFound))
}

fn known_actions(words: Vec<String>) -> Result<Vec<String>> {
    let known = |word: &String| Action::ALL.iter().any(|action| action.as_str() == word);
    match words.iter().find(|word| !known(word)) {
        None => Ok(words),
        Some(_) => Err(public(Error::invalid(
            "filter.action",
            "no such action: project.move, task.claim and so on",
        ))),
    }
}
