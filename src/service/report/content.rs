//! What a report says: as a unit writes it, as a draft keeps it, as a revision holds it.

use chrono::NaiveDate;
use duban_entities::{report_draft, report_revision};
use serde::{Deserialize, Serialize};

use crate::domain::report::{Achievement, Beside, Figures, Written, check};
use crate::error::{Error, Problems, Result};
use crate::service::fetch;
use crate::service::task::{Evidence, check_evidence};

/// Most issues that one report raises.
const MOST_ISSUES: usize = 10;
/// Most characters of a name in a report.
const LONGEST_NAME: usize = 200;

/// What a report says. Decimals are text: they are read when it is submitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportContent {
    /// Percent complete, 0 to 100.
    pub percent_complete: Option<String>,
    /// Investment of the month, in yuan.
    pub investment_this_month: Option<String>,
    /// Investment since the start, in yuan.
    pub investment_to_date: Option<String>,
    /// What was done (进展情况).
    pub narrative: Option<String>,
    /// What comes next (下步打算).
    pub next_steps: Option<String>,
    /// When the unit expects to complete.
    pub forecast_completion: Option<NaiveDate>,
    /// Quantities achieved by target.
    pub achieved: Vec<Achieved>,
    /// What supports it.
    pub evidence: Vec<Evidence>,
    /// Difficulties to raise with it.
    pub issues: Vec<ReportedIssue>,
    /// True where nothing changed since the last month.
    pub unchanged: bool,
    /// Why a figure fell, or why an accepted report is corrected.
    pub reason: Option<String>,
}

/// A quantity achieved of one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Achieved {
    /// The target's name.
    pub target_name: String,
    /// The quantity, as a decimal.
    pub quantity: String,
}

/// A difficulty to raise with a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportedIssue {
    /// Title.
    pub title: String,
    /// What the difficulty is.
    pub description: String,
    /// The unit that must help, by its id on the wire; the office where none is named.
    pub help_from_unit_id: Option<String>,
    /// By when.
    pub due_date: NaiveDate,
}

/// The texts of a report, trimmed.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) narrative: String,
    pub(super) next_steps: String,
    pub(super) reason: Option<String>,
}

impl ReportContent {
    /// Checks what holds of a draft already: the length of everything.
    pub(super) fn check_size(&self, problems: &mut Problems) -> Result<Texts> {
        let mut text = |field: &str, text: Option<&String>| {
            let text = fetch::note(field, text.map(String::as_str));
            Ok::<_, Error>(problems.take("", text)?.flatten())
        };
        let texts = Texts {
            narrative: text("narrative", self.narrative.as_ref())?.unwrap_or_default(),
            next_steps: text("nextSteps", self.next_steps.as_ref())?.unwrap_or_default(),
            reason: text("reason", self.reason.as_ref())?,
        };
        problems.take("", check_evidence(&self.evidence))?;
        problems.require(
            self.issues.len() <= MOST_ISSUES,
            "issues",
            "at most 10 issues",
        );
        problems.require(
            self.achieved.len() <= crate::domain::report::MOST_ACHIEVED,
            "achieved",
            "at most 50 quantities",
        );
        for (n, one) in self.achieved.iter().enumerate() {
            let field = format!("achieved.{n}.targetName");
            problems.require(is_name(&one.target_name), &field, "1 to 200 characters");
        }
        for (n, issue) in self.issues.iter().enumerate() {
            let path = format!("issues.{n}.");
            let title = format!("{path}title");
            problems.require(is_name(&issue.title), &title, "1 to 200 characters");
            let description = fetch::note("description", Some(&issue.description));
            problems.take(&path, description)?;
        }
        Ok(texts)
    }

    /// Checks it as a submission, beside the last report, and gives its figures.
    pub(super) fn check(
        &self,
        beside: &Beside<'_>,
        problems: &mut Problems,
    ) -> Result<(Texts, Figures)> {
        let texts = self.check_size(problems)?;
        let achieved = self.achieved.iter().map(|one| Achievement {
            target: &one.target_name,
            quantity: &one.quantity,
        });
        let written = Written {
            percent: self.percent_complete.as_deref(),
            this_month: self.investment_this_month.as_deref(),
            to_date: self.investment_to_date.as_deref(),
            narrative: &texts.narrative,
            forecast: self.forecast_completion,
            achieved: achieved.collect(),
            unchanged: self.unchanged,
            has_reason: texts.reason.is_some(),
        };
        let figures = check(&written, beside, problems);
        Ok((texts, figures))
    }
}

fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control)
}

/// What a draft holds; none once it was submitted.
///
/// # Errors
/// [`Error::Internal`] when the row is not what it must be.
pub fn draft_content(row: &report_draft::Model) -> Result<Option<ReportContent>> {
    if row.content.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(&row.content)
        .map(Some)
        .map_err(Error::internal)
}

/// The quantities that a revision states.
///
/// # Errors
/// [`Error::Internal`] when the row is not what it must be.
pub fn achieved_of(row: &report_revision::Model) -> Result<Vec<Achieved>> {
    serde_json::from_str(&row.achieved).map_err(Error::internal)
}

/// The references that a revision cites.
///
/// # Errors
/// [`Error::Internal`] when the row is not what it must be.
pub fn evidence_of(row: &report_revision::Model) -> Result<Vec<Evidence>> {
    serde_json::from_str(&row.evidence).map_err(Error::internal)
}
