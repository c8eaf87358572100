//! Six monthly reports a project: half of them submitted, others waived, the last one
//! perhaps still owed.

use chrono::{Datelike, Days, Months, NaiveDate};
use duban_entities::vocabulary::{DueBasis, RevisionState, TaskKind, TaskState};
use duban_entities::{report_revision, task};

use super::Maker;
use super::people::People;
use super::place::Place;
use super::schedule::{Step, noon};
use super::work::{Work, fen};
use crate::store::record::Fields;

/// Reports a project.
const REPORTS: u32 = 6;

impl Maker {
    pub(super) fn reports(&mut self, place: &Place, people: &People, work: &Work) {
        let this_month = first_of(self.plan.day);
        let until = if work.complete {
            first_of(work.finish).min(this_month)
        } else {
            this_month
        };
        let first = until - Months::new(REPORTS);
        for n in 0..REPORTS {
            let month = first + Months::new(n);
            let due = month + Months::new(1) + Days::new(4);
            let (state, waived) = self.standing(n, work.complete);
            let submitted = matches!(state, TaskState::Done | TaskState::Submitted);
            let step = Step {
                due,
                state,
                submitted: submitted.then_some(due - Days::new(self.numbers.below(4))),
            };
            let row = task::Model {
                title: format!("{}月报", month.format("%Y年%-m月")),
                position: i32::try_from(n).unwrap_or(0),
                due_basis: Some(DueBasis::ReportingDay),
                completed_on: None,
                period: Some(month.format("%Y-%m").to_string()),
                waived_at: waived.then(|| noon(due)),
                ..self.task(place, people, work, TaskKind::Report, &step)
            };
            let revision = submitted.then(|| self.revision(&row, work, people, n));
            self.create_task(row);
            if let Some(revision) = revision {
                self.filler.create(&self.permit, revision, Fields::new());
            }
        }
    }

    /// How the n-th report stands, and whether it was waived.
    const fn standing(&mut self, n: u32, complete: bool) -> (TaskState, bool) {
        let lot = self.numbers.below(100);
        match (n, complete) {
            (1..=3, _) => (TaskState::Done, false),
            (5, false) if lot < 15 => (TaskState::Open, false),
            (5, false) if lot < 50 => (TaskState::Submitted, false),
            _ => (TaskState::Cancelled, true),
        }
    }

    fn revision(
        &mut self,
        task: &task::Model,
        work: &Work,
        people: &People,
        n: u32,
    ) -> report_revision::Model {
        let at = self.filler.at();
        let day = task.first_submitted_on.unwrap_or(self.plan.day);
        let accepted = task.state == TaskState::Done;
        let month = self.numbers.below(3_000_000);
        report_revision::Model {
            id: self.ids.next_id(),
            task_id: task.id,
            project_id: work.id,
            jurisdiction_id: task.jurisdiction_id,
            period: task.period.clone().unwrap_or_default(),
            number: 1,
            state: if accepted {
                RevisionState::Accepted
            } else {
                RevisionState::Submitted
            },
            percent_complete: i32::try_from(n).unwrap_or(0) * 1_500 + 500,
            investment_this_month: fen(month),
            investment_to_date: fen(month * u64::from(n + 1)),
            narrative: "本月按计划推进，完成基础施工和材料进场。".to_owned(),
            next_steps: "下月继续主体施工。".to_owned(),
            forecast_completion: None,
            achieved: "[]".to_owned(),
            evidence: "[]".to_owned(),
            unchanged: false,
            reason: None,
            submitted_by: people.unit,
            submitted_at: noon(day),
            submitted_on: day,
            decided_by: accepted.then_some(people.office),
            decided_at: task.decided_at,
            decision_note: None,
            simulated: true,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }
}

fn first_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}
