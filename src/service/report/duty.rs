//! The duty to report: a job turns it into tasks, month by month.
//!
//! Each month of each jurisdiction is one transaction behind a locked mark, so that several
//! instances make each report once; a unique index is the last fence. Who owes what is
//! judged by how the projects stood when the month ended, from the ledger; who answers is
//! the unit that leads now.

use std::collections::{BTreeSet, HashSet};

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use duban_entities::ids::ProjectId;
use duban_entities::vocabulary::{DueBasis, Stage, TaskKind};
use duban_entities::{jurisdiction, project, task};

use crate::clock::local_date;
use crate::domain::reporting::{Month, Standing, owed_months};
use crate::error::{Error, Result};
use crate::policy::{Action, Facts, Permit};
use crate::service::{Call, Rules, Services, blank};
use crate::store::ledger::past::{Of, Past, Until};
use crate::store::record::{Fields, Row};
use crate::store::{Work, authorise, duty, projects, reports};

/// One month of a jurisdiction that is to be turned into tasks.
struct Sweep<'a> {
    jurisdiction: &'a jurisdiction::Model,
    zone: Tz,
    rules: &'a Rules,
}

impl Services {
    /// Makes the reports that are owed and not made yet, in every jurisdiction; tells how
    /// many. Running it again changes nothing. The first run of an installation makes none:
    /// months before it ran are not owed.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for anybody but the program itself; [`Error::Internal`].
    pub async fn report_duty(&self, call: &Call) -> Result<usize> {
        authorise(&call.principal, Action::ReportDuty, Facts::Everything)?;
        let mut made = 0;
        for (jurisdiction, mark) in duty::marks(self.store.read()).await? {
            let zone = zone(&jurisdiction)?;
            let today = local_date(self.clock.now(), zone);
            if is_owed(mark.as_deref(), today)? {
                made += self.catch_up(call, &jurisdiction, zone).await?;
            }
        }
        Ok(made)
    }

    /// Month after month until none is owed.
    async fn catch_up(
        &self,
        call: &Call,
        jurisdiction: &jurisdiction::Model,
        zone: Tz,
    ) -> Result<usize> {
        let mut made = 0;
        loop {
            let (rules, row) = (std::sync::Arc::clone(&self.rules), jurisdiction.clone());
            let swept = self
                .store
                .write_alone(call.write(None), move |work| {
                    Box::pin(async move {
                        let sweep = Sweep {
                            jurisdiction: &row,
                            zone,
                            rules: &rules,
                        };
                        sweep.run(work).await
                    })
                })
                .await?;
            match swept {
                Some(count) => made += count,
                None => return Ok(made),
            }
        }
    }

    /// The years in which reports of this and the next month fall due and whose holidays
    /// are not on record.
    #[must_use]
    pub fn calendar_gaps(&self) -> Vec<i32> {
        let today = self.clock.now().date_naive();
        let years = [today.year(), Month::of(today).next().year()];
        let years: BTreeSet<i32> = years.into_iter().collect();
        let known = |year: &i32| !self.rules.calendar.knows_year(*year);
        years.into_iter().filter(known).collect()
    }
}

fn zone(jurisdiction: &jurisdiction::Model) -> Result<Tz> {
    jurisdiction.time_zone.parse().map_err(Error::internal)
}

/// Whether there is anything to do behind a mark; without one it has to be set.
fn is_owed(mark: Option<&str>, today: NaiveDate) -> Result<bool> {
    let Some(mark) = mark else { return Ok(true) };
    let mark = mark.parse().map_err(Error::internal)?;
    Ok(owed_months(mark, today).next().is_some())
}

impl Sweep<'_> {
    /// Makes the reports of the first month that is owed; none where no month is.
    async fn run(&self, work: &mut Work) -> Result<Option<usize>> {
        let permit = work.permit(Action::ReportDuty, Facts::Everything)?;
        let today = local_date(work.at(), self.zone);
        let id = self.jurisdiction.id;
        let first = Month::of(today).previous().to_string();
        let mark = duty::lock(work.connection(), id, &first, work.at()).await?;
        let mark = mark.period.parse().map_err(Error::internal)?;
        let Some(month) = owed_months(mark, today).next() else {
            return Ok(None);
        };
        let owing = self.owing(work, month).await?;
        let count = self.make(work, &permit, month, owing).await?;
        duty::advance(work.connection(), id, &month.to_string(), work.at()).await?;
        let code = &self.jurisdiction.code;
        tracing::info!(jurisdiction = %code, %month, count, "reports are owed");
        Ok(Some(count))
    }

    /// The projects that owe a report by how they stood when the month ended.
    async fn owing(&self, work: &Work, month: Month) -> Result<Vec<ProjectId>> {
        let of = Of::Type(self.jurisdiction.id, project::Model::SUBJECT);
        let until = Until::Instant(month.last_instant(self.zone));
        let past = Past::read(work.connection(), &of, until).await?;
        let rows: Vec<project::Model> = past.rows()?;
        let programmes: HashSet<ProjectId> = rows.iter().filter_map(|row| row.parent_id).collect();
        let rule = self.rules.reporting.of(&self.jurisdiction.code, month);
        let owing = rows.iter().filter(|row| {
            rule.owes(&Standing {
                stage: row.stage,
                participation: row.participation,
                has_lead: row.lead_unit_id.is_some(),
                has_members: programmes.contains(&row.id),
            })
        });
        Ok(owing.map(|row| row.id).collect())
    }

    async fn make(
        &self,
        work: &mut Work,
        permit: &Permit,
        month: Month,
        owing: Vec<ProjectId>,
    ) -> Result<usize> {
        let period = month.to_string();
        // Locked: nobody hands a project to another unit meanwhile.
        let rows = projects::lock_many(work.connection(), owing.clone()).await?;
        let there = reports::of_month(work.connection(), owing, &period).await?;
        let there: HashSet<ProjectId> = there.iter().filter_map(|row| row.project_id).collect();
        let due = self.due_date(month);
        let wanted = rows.iter().filter(|row| {
            let owes = row.lead_unit_id.is_some() && row.stage != Stage::Cancelled;
            owes && !there.contains(&row.id)
        });
        let made: Vec<(task::Model, Fields)> = wanted
            .map(|row| (report(work, row, &period, due), Fields::new()))
            .collect();
        let count = made.len();
        if count > 0 {
            work.create_many(permit, made).await?;
        }
        Ok(count)
    }

    fn due_date(&self, month: Month) -> NaiveDate {
        let calendar = &self.rules.calendar;
        let rule = self.rules.reporting.of(&self.jurisdiction.code, month);
        let due = rule.due_date(month, calendar);
        if !calendar.knows_year(due.year()) {
            tracing::warn!(
                year = due.year(),
                %due,
                "reports fall due in a year whose holidays are not in seeds/calendar.yaml: \
                 only its weekends are days off"
            );
        }
        due
    }
}

/// The report of a project for a month. Of a project that is suspended since, the clock
/// stands still from the start.
fn report(work: &Work, project: &project::Model, period: &str, due: NaiveDate) -> task::Model {
    let suspended = project.stage == Stage::Suspended;
    task::Model {
        project_id: Some(project.id),
        unit_id: project.lead_unit_id,
        title: format!("月报 {period}"),
        period: Some(period.to_owned()),
        due_date: Some(due),
        baseline_due_date: Some(due),
        due_basis: Some(DueBasis::ReportingDay),
        counted_due_date: Some(due),
        clock_stopped_on: project.stage_since.filter(|_| suspended),
        simulated: work.simulated() || project.simulated,
        ..blank::task(work, TaskKind::Report, project.jurisdiction_id)
    }
}
