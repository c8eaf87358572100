//! The assessment of units (考评) over some months, from the ledger.

use std::collections::HashMap;

use chrono::NaiveDate;
use duban_entities::ids::{JurisdictionId, TaskId, UnitId};
use duban_entities::vocabulary::{RevisionState, TaskKind, TaskState};
use duban_entities::{report_revision, task};

use super::briefing::{month, not_ahead};
use super::ledgered::{Ledgered, of_kind, owed};
use super::{Call, Services};
use crate::domain::assessment::{Charged, Invested, Measure, UnitAssessment, assess, measures};
use crate::domain::reporting::Month;
use crate::domain::verdict::{Outcome, Verdict};
use crate::error::{Error, Result};
use crate::store::ledger;

/// Most months that an assessment covers.
pub const MOST_MONTHS: usize = 36;

/// How the units of a jurisdiction did.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The first month.
    pub from: Month,
    /// The last month.
    pub to: Month,
    /// The local day as of which reports and orders are judged.
    pub judged_on: NaiveDate,
    /// Best score first, then the units without one.
    pub units: Vec<UnitAssessment>,
}

/// The months from one to another, both included.
struct Span {
    from: Month,
    to: Month,
}

impl Span {
    fn has(&self, day: Option<NaiveDate>) -> bool {
        day.is_some_and(|day| (self.from.first_day()..=self.to.last_day()).contains(&day))
    }

    fn has_period(&self, row: &task::Model) -> bool {
        let period = row.period.as_deref().and_then(|text| text.parse().ok());
        period.is_some_and(|month: Month| (self.from..=self.to).contains(&month))
    }
}

impl Services {
    /// Assesses the units of a jurisdiction over some months, `YYYY-MM`, both included.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Forbidden`]; [`Error::Invalid`] for what is no month, months
    /// in the wrong order, not begun, or more than 36.
    pub async fn assessment(
        &self,
        call: &Call,
        jurisdiction: JurisdictionId,
        (from, to): (&str, &str),
    ) -> Result<Assessment> {
        self.supervises(call, jurisdiction).await?;
        let (from, to) = (month("from", from)?, month("to", to)?);
        let today = self.today().await?;
        let judged_on = today.of(jurisdiction);
        check(from, to, judged_on)?;
        let head = ledger::head(self.store.read()).await?;
        let past = Ledgered::read(&self.store, &today, jurisdiction, to, head.seq).await?;
        let span = Span { from, to };
        let mut charged = Vec::new();
        let mut invested = Vec::new();
        for row in of_kind(&past.last, TaskKind::Report).filter(|row| span.has_period(row)) {
            answered(&past, row, judged_on, &mut charged)?;
        }
        for row in of_kind(&past.last, TaskKind::Order) {
            if span.has(past.first_due(row)) {
                answered(&past, row, judged_on, &mut charged)?;
            }
        }
        for row in of_kind(&past.then, TaskKind::Milestone) {
            milestone(&past, row, &span, judged_on, &mut charged)?;
        }
        investment(&past, &span, judged_on, &mut invested)?;
        Ok(Assessment {
            from,
            to,
            judged_on,
            units: assess(&self.rules.assessment, &charged, &invested),
        })
    }
}

fn check(from: Month, to: Month, today: NaiveDate) -> Result<()> {
    if from > to {
        return Err(Error::invalid("from", "not after the last month"));
    }
    not_ahead("to", to, today)?;
    let months = std::iter::successors(Some(from), |month| Some(month.next()));
    if months.take_while(|month| *month <= to).count() > MOST_MONTHS {
        return Err(Error::invalid("from", "at most 36 months"));
    }
    Ok(())
}

/// Charges a report or an order to who held it on its first due day.
fn answered(
    past: &Ledgered,
    row: &task::Model,
    judged_on: NaiveDate,
    charged: &mut Vec<Charged>,
) -> Result<()> {
    let verdict = owed(row).answered(judged_on);
    let unit = past.holder(row, past.first_due(row))?;
    if let (Some(verdict), Some(unit)) = (verdict, unit) {
        let measures = measures(row.kind, verdict, row.return_count > 0);
        charged.extend(measures.into_iter().map(|measure| Charged {
            measure,
            task: row.id.to_string(),
            unit,
        }));
    }
    Ok(())
}

/// Charges a milestone, as it stood when the last month ended, to who held it on its
/// baseline date and to who held it on its current date.
fn milestone(
    past: &Ledgered,
    row: &task::Model,
    span: &Span,
    judged_on: NaiveDate,
    charged: &mut Vec<Charged>,
) -> Result<()> {
    let owed = owed(row);
    let judged_on = judged_on.min(span.to.next().first_day());
    let baseline = owed.met_baseline(judged_on).and_then(Verdict::outcome);
    let baseline = baseline.and_then(|outcome| match outcome {
        Outcome::Met => Some(Measure::BaselineMet),
        Outcome::Missed => Some(Measure::BaselineMissed),
        Outcome::Suspended => None,
    });
    let current = owed.met(judged_on).and_then(Verdict::outcome);
    let current = current.map(|outcome| match outcome {
        Outcome::Met => Measure::CurrentMet,
        Outcome::Missed => Measure::CurrentMissed,
        Outcome::Suspended => Measure::MilestonesSuspended,
    });
    for (measure, day) in [
        (baseline, row.baseline_due_date),
        (current, row.counted_due_date),
    ] {
        let held = past.holder(row, day)?;
        if let (Some(measure), Some(unit), true) = (measure, held, span.has(day)) {
            charged.push(Charged {
                measure,
                task: row.id.to_string(),
                unit,
            });
        }
    }
    Ok(())
}

/// Sets the accepted reports' investment of each month beside a twelfth of the year's plan.
/// A month whose report is waived, suspended, not due yet or waits for the office is left
/// out.
fn investment(
    past: &Ledgered,
    span: &Span,
    judged_on: NaiveDate,
    invested: &mut Vec<Invested>,
) -> Result<()> {
    let revisions: Vec<report_revision::Model> = past.history.last.rows()?;
    let accepted = revisions
        .iter()
        .filter(|revision| revision.state == RevisionState::Accepted);
    // A report has one that stands accepted.
    let accepted: HashMap<TaskId, &report_revision::Model> = accepted
        .map(|revision| (revision.task_id, revision))
        .collect();
    for row in of_kind(&past.last, TaskKind::Report).filter(|row| span.has_period(row)) {
        let accepted = accepted.get(&row.id);
        let counts = match owed(row).answered(judged_on) {
            Some(Verdict::InTime | Verdict::Late) => {
                accepted.is_some() || row.state == TaskState::Open
            }
            Some(Verdict::Missing) => true,
            _ => false,
        };
        if let (true, Some((unit, project, planned))) = (counts, planned(past, row)?) {
            invested.push(Invested {
                unit,
                project,
                planned,
                actual: accepted.map_or(0, |revision| revision.investment_this_month),
            });
        }
    }
    Ok(())
}

/// Who held a report, its project, and a twelfth of what the project's year plans, in fen;
/// none where nothing is planned.
fn planned(past: &Ledgered, row: &task::Model) -> Result<Option<(UnitId, String, i64)>> {
    let month = row.period.as_deref().map(str::parse::<Month>);
    let (Some(Ok(month)), Some(project)) = (month, row.project_id) else {
        return Ok(None);
    };
    let unit = past.holder(row, past.first_due(row))?;
    let plan = past.year_plan(project, month.year())?;
    let planned = unit.zip(plan).filter(|(_, plan)| *plan > 0);
    Ok(planned.map(|(unit, plan)| (unit, project.to_string(), plan / 12)))
}
