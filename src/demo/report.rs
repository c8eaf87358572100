//! What a unit reports, month after month.

use chrono::{Months, NaiveDate};
use duban_entities::vocabulary::{TaskKind, TaskState};
use duban_entities::{project, task};

use super::data::{Character, Work};
use super::scene::{Day, Scene, period};
use super::script::Reporting;
use crate::error::Result;
use crate::service::{Call, ReportContent, ReportSave, ReportSubmit};
use crate::store::record::decimal_of_hundredths;
use crate::store::tasks::TaskFilter;

/// Months that the work of a long schedule takes.
const WHOLE_MONTHS: usize = 26;

impl Scene<'_> {
    /// Submits the unit's reports that are owed: on the reporting day those in time, later
    /// the late ones and those sent back.
    pub(super) async fn report(&self, day: &Day<'_>, unit: &str, late: bool) -> Result<()> {
        let call = self.as_unit(unit).await?;
        let mut inputs = Vec::new();
        for task in self.owed(&call, day, unit).await? {
            let Some((work, project)) = self.work_behind(&call, &task).await? else {
                continue;
            };
            let again = task.return_count > 0;
            let month = month_of(day, &task);
            let reporting = work.character.reporting(month);
            let now = match reporting {
                Reporting::OnTime => true,
                Reporting::Late => late,
                Reporting::Never => false,
            };
            if now || again {
                inputs.push(submission(day, work, &project, &task, month));
            }
        }
        if inputs.is_empty() {
            return Ok(());
        }
        self.services.submit_reports(&call, inputs, None).await?;
        Ok(())
    }

    /// Writes on a report without submitting it.
    pub(super) async fn draft(&self, day: &Day<'_>, unit: &str) -> Result<()> {
        let call = self.as_unit(unit).await?;
        let Some(task) = self.owed(&call, day, unit).await?.into_iter().next() else {
            return Ok(());
        };
        let Some((work, project)) = self.work_behind(&call, &task).await? else {
            return Ok(());
        };
        let month = month_of(day, &task);
        let input = ReportSave {
            task: task.id,
            content: submission(day, work, &project, &task, month).content,
            expected_version: None,
        };
        self.services.save_report(&call, input).await.map(|_| ())
    }

    async fn owed(&self, call: &Call, day: &Day<'_>, unit: &str) -> Result<Vec<task::Model>> {
        let filter = TaskFilter {
            jurisdiction: Some(day.jurisdiction),
            unit: Some(self.unit(call, unit).await?),
            kinds: Some(vec![TaskKind::Report]),
            states: Some(vec![TaskState::Open]),
            ..TaskFilter::default()
        };
        self.tasks(call, &filter).await
    }

    pub(super) async fn work_behind(
        &self,
        call: &Call,
        task: &task::Model,
    ) -> Result<Option<(&Work, project::Model)>> {
        let Some(id) = task.project_id else {
            return Ok(None);
        };
        let by = crate::store::projects::ProjectBy::Id(id);
        let project = self.services.project(call, &by).await?;
        let work = self.data.work(&project.code);
        Ok(work.map(|work| (work, project)))
    }
}

/// Months from the beginning to the one that a report is owed for.
fn month_of(day: &Day<'_>, task: &task::Model) -> usize {
    let wanted = task.period.as_deref().unwrap_or_default();
    let months = (0..=120).find(|n| period(day.start + Months::new(*n)) == wanted);
    months.and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
}

fn submission(
    day: &Day<'_>,
    work: &Work,
    project: &project::Model,
    task: &task::Model,
    month: usize,
) -> ReportSubmit {
    let percent = percent(work.character, month, project);
    let monthly = monthly(work, month);
    let to_date: i64 = (0..=month).map(|n| self::monthly(work, n)).sum();
    let unchanged = monthly == 0;
    ReportSubmit {
        task: task.id,
        content: ReportContent {
            percent_complete: Some(decimal_of_hundredths(percent)),
            investment_this_month: Some(decimal_of_hundredths(monthly)),
            investment_to_date: Some(decimal_of_hundredths(to_date)),
            narrative: Some(format!(
                "演示：{}本月按计划推进，累计形象进度{}%。",
                project.title,
                decimal_of_hundredths(percent)
            )),
            next_steps: Some("演示：下月继续推进主体工程，抓好质量安全。".to_owned()),
            forecast_completion: Some(forecast(day, work, project)),
            achieved: Vec::new(),
            evidence: Vec::new(),
            issues: Vec::new(),
            unchanged,
            // A unit that caught up on missed months reports figures that look odd.
            reason: Some(super::REASON.to_owned()),
        },
        expected_version: None,
        idempotency_key: None,
    }
}

/// How far the unit says the work is, in hundredths: with the plan, or ever further behind.
fn percent(character: Character, month: usize, project: &project::Model) -> i64 {
    let planned = (month + 1) * 10_000 / WHOLE_MONTHS;
    let share = match character {
        Character::Bad => 40,
        Character::Slow => 80,
        Character::Finished => 200,
        _ => 100,
    };
    let said = i64::try_from(planned * share / 100).unwrap_or(10_000);
    said.min(if project.percent_complete == 10_000 {
        10_000
    } else {
        9_500
    })
}

/// Investment of one month, in fen: some million yuan, a different figure each month.
fn monthly(work: &Work, month: usize) -> i64 {
    let seed: usize = work.project.bytes().map(usize::from).sum();
    let millions = 2 + (seed + month * 7) % 9;
    let share = if work.character == Character::Bad {
        1
    } else {
        3
    };
    i64::try_from(millions * share * 100_000_000 / 3).unwrap_or(0)
}

fn forecast(day: &Day<'_>, work: &Work, project: &project::Model) -> NaiveDate {
    let due = project.due_date.unwrap_or(day.date);
    let later = match work.character {
        Character::Bad => 9,
        Character::Slow => 3,
        _ => 0,
    };
    (due + Months::new(later)).max(day.date)
}
