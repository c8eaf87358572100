//! Lists of reports, and what may be done with one.

use std::cmp::Reverse;

use duban_entities::ids::UnitId;
use duban_entities::vocabulary::{TaskKind, TaskState};
use duban_entities::{report_revision, task};

use crate::domain::reporting::Month;
use crate::error::{Error, Problems, Result};
use crate::policy::{Action, Facts, Principal, ProjectFacts, decide};
use crate::service::{Call, Services};
use crate::store::facts;
use crate::store::page::{Page, PageRequest};
use crate::store::reports::{self, ReportFilter};

/// Most missing reports that one answer lists.
const MOST_MISSING: usize = 5_000;

/// What this person may do with a report now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportView {
    /// Read its draft.
    pub read_draft: bool,
    /// Save its draft.
    pub save: bool,
    /// Submit it, or a correction.
    pub submit: bool,
    /// Waive it.
    pub waive: bool,
}

impl ReportView {
    /// Asks the policy that will decide.
    #[must_use]
    pub fn of(principal: &Principal, row: &task::Model, project: ProjectFacts) -> Self {
        let facts = facts::task_facts(row, Some(project));
        let may = |action| decide(principal, action, Facts::Task(&facts)).is_ok();
        let writable = matches!(row.state, TaskState::Open | TaskState::Done);
        Self {
            read_draft: may(Action::DraftRead),
            save: writable && may(Action::ReportSave),
            submit: writable && may(Action::ReportSubmit),
            waive: row.state == TaskState::Open && may(Action::ReportWaive),
        }
    }

    /// Whether one of these reports is open and may be submitted.
    #[must_use]
    pub fn submits_one(
        principal: &Principal,
        rows: &[task::Model],
        project: &ProjectFacts,
    ) -> bool {
        let open =
            |row: &&task::Model| row.kind == TaskKind::Report && row.state == TaskState::Open;
        let mut open = rows.iter().filter(open);
        open.any(|row| Self::of(principal, row, project.clone()).submit)
    }
}

/// Where a group of missing reports stands: month and unit.
pub type MissingPlace = (Reverse<String>, Option<UnitId>);

/// The reports that a unit has not handed in for one month.
#[derive(Clone, Debug)]
pub struct Missing {
    /// The unit.
    pub unit: Option<UnitId>,
    /// The month, `YYYY-MM`.
    pub period: String,
    /// The reports: overdue and never submitted.
    pub reports: Vec<task::Model>,
}

impl Missing {
    /// Where it stands in the list: the newest month first, then by unit.
    #[must_use]
    pub fn place(&self) -> MissingPlace {
        (Reverse(self.period.clone()), self.unit)
    }

    /// Its place in words.
    #[must_use]
    pub fn cursor(&self) -> String {
        let unit = self.unit.map(|id| id.to_string()).unwrap_or_default();
        format!("{}.{unit}", self.period)
    }

    /// The place that a cursor names, whether anything is missing there or not.
    #[must_use]
    pub fn place_of(cursor: &str) -> Option<MissingPlace> {
        let (period, unit) = cursor.split_once('.')?;
        let period: Month = period.parse().ok()?;
        let unit = (!unit.is_empty()).then(|| unit.parse()).transpose().ok()?;
        Some((Reverse(period.to_string()), unit))
    }
}

impl Services {
    /// The missing reports by unit and month, the newest month first.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no month; [`Error::NotFound`] when the filter names
    /// something out of reach; [`Error::LimitExceeded`] for more than 5,000 reports.
    pub async fn missing_reports(
        &self,
        call: &Call,
        filter: &ReportFilter,
    ) -> Result<Vec<Missing>> {
        self.check_report_filter(call, filter).await?;
        let today = self.today().await?;
        let limit = MOST_MISSING as u64 + 1;
        let connection = self.store.read();
        let rows = reports::missing(connection, &call.principal, filter, &today, limit).await?;
        if rows.len() > MOST_MISSING {
            return Err(Error::LimitExceeded {
                limit: "listed",
                message: format!("over {MOST_MISSING} reports are missing: name a unit or months"),
            });
        }
        let mut groups: Vec<Missing> = Vec::new();
        for row in rows {
            let period = row.period.clone().unwrap_or_default();
            match groups.last_mut() {
                Some(last) if last.unit == row.unit_id && last.period == period => {
                    last.reports.push(row);
                }
                _ => groups.push(Missing {
                    unit: row.unit_id,
                    period,
                    reports: vec![row],
                }),
            }
        }
        groups.sort_by_cached_key(Missing::place);
        Ok(groups)
    }

    /// One page of the submission log, newest first.
    ///
    /// # Errors
    /// As [`Services::missing_reports`] and [`PageRequest::window`].
    pub async fn submissions(
        &self,
        call: &Call,
        filter: &ReportFilter,
        request: &PageRequest,
    ) -> Result<Page<report_revision::Model>> {
        self.check_report_filter(call, filter).await?;
        reports::submissions(self.store.read(), &call.principal, filter, request).await
    }

    /// How many submissions the filter selects among those that the caller may see.
    ///
    /// # Errors
    /// As [`Services::missing_reports`].
    pub async fn count_submissions(&self, call: &Call, filter: &ReportFilter) -> Result<u64> {
        self.check_report_filter(call, filter).await?;
        reports::count_submissions(self.store.read(), &call.principal, filter).await
    }

    async fn check_report_filter(&self, call: &Call, filter: &ReportFilter) -> Result<()> {
        Self::signed_in(call)?;
        let mut problems = Problems::default();
        for (text, field) in [
            (&filter.period_from, "periodFrom"),
            (&filter.period_to, "periodTo"),
        ] {
            let is_month = |text: &String| text.parse::<Month>().is_ok();
            let fine = text.as_ref().is_none_or(is_month);
            problems.require(fine, field, "expected a month, YYYY-MM");
        }
        problems.finish()?;
        if let Some(id) = filter.jurisdiction {
            self.named_jurisdiction(call, id).await?;
        }
        if let Some(id) = filter.unit {
            self.named_unit(call, id).await?;
        }
        if let Some(id) = filter.project {
            self.named_project(call, id).await?;
        }
        Ok(())
    }
}
