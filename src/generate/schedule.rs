//! Milestones, about half of them done.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use duban_entities::ids::TaskId;
use duban_entities::task;
use duban_entities::vocabulary::{DueBasis, MilestoneRole, TaskKind, TaskState};

use super::Maker;
use super::people::People;
use super::place::Place;
use super::words::STEPS;
use super::work::Work;
use crate::store::record::Fields;

/// When something is owed, and how it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) due: NaiveDate,
    pub(super) state: TaskState,
    /// The day of its submission, where it was submitted.
    pub(super) submitted: Option<NaiveDate>,
}

impl Step {
    pub(super) fn is_done(&self) -> bool {
        self.state == TaskState::Done
    }
}

impl Maker {
    /// What is owed by a date; `settled` is done whatever comes.
    pub(super) fn step(&mut self, due: NaiveDate, settled: bool) -> Step {
        let past = due < self.plan.day;
        let lot = self.numbers.below(100);
        let state = match (past, lot) {
            _ if settled => TaskState::Done,
            (true, 0..92) | (false, 0..3) => TaskState::Done,
            (true, 92..96) | (false, 3..5) => TaskState::Submitted,
            _ => TaskState::Open,
        };
        let after = self.numbers.below(40);
        let latest = self.plan.day - Days::new(8);
        let submitted = due - Days::new(25) + Days::new(after);
        Step {
            due,
            state,
            submitted: (state != TaskState::Open).then_some(submitted.min(latest)),
        }
    }

    pub(super) fn milestones(&mut self, place: &Place, people: &People, work: &Work) {
        let last = STEPS.len() - 1;
        for (n, (step, (title, weight))) in work.steps.iter().zip(STEPS).enumerate() {
            let role = match n {
                0 => MilestoneRole::Start,
                n if n == last => MilestoneRole::Finish,
                _ => MilestoneRole::Step,
            };
            let basis = if work.scheduled {
                DueBasis::Scheduled
            } else {
                DueBasis::PlanPeriod
            };
            let row = task::Model {
                title: title.to_owned(),
                role: Some(role),
                weight,
                position: i32::try_from(n).unwrap_or(0),
                baseline_due_date: work.scheduled.then_some(step.due),
                due_basis: Some(basis),
                ..self.task(place, people, work, TaskKind::Milestone, step)
            };
            self.create_task(row);
        }
    }

    pub(super) fn create_task(&mut self, row: task::Model) {
        let evidence = Fields::from([("evidence", None)]);
        self.filler.create(&self.permit, row, evidence);
    }

    /// A task that stands so.
    pub(super) fn task(
        &mut self,
        place: &Place,
        people: &People,
        work: &Work,
        kind: TaskKind,
        step: &Step,
    ) -> task::Model {
        let at = self.filler.at();
        let id: TaskId = self.ids.next_id();
        let done = step.is_done();
        task::Model {
            id,
            jurisdiction_id: place.id,
            kind,
            project_id: Some(work.id),
            unit_id: work.lead,
            title: String::new(),
            role: None,
            weight: 0,
            position: 0,
            due_date: Some(step.due),
            baseline_due_date: None,
            due_basis: None,
            counted_due_date: Some(step.due),
            clock_stopped_on: None,
            state: step.state,
            completed_on: step.submitted,
            claim_note: None,
            submitted_by: step.submitted.map(|_| people.unit),
            submitted_at: step.submitted.map(noon),
            first_submitted_on: step.submitted,
            days_late: step.submitted.map(|day| days_late(day, step.due)),
            decided_by: done.then_some(people.office),
            decided_at: step
                .submitted
                .filter(|_| done)
                .map(|day| noon(day) + TimeDelta::days(3)),
            decision_note: None,
            return_count: 0,
            period: None,
            description: None,
            raised_by: None,
            raised_unit_id: None,
            waived_at: None,
            pending_change_id: None,
            carried_days_late: None,
            simulated: true,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }
}

fn days_late(day: NaiveDate, due: NaiveDate) -> i32 {
    let days = day.signed_duration_since(due).num_days();
    i32::try_from(days.max(0)).unwrap_or(0)
}

/// Noon in China.
pub(super) fn noon(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(4)
}
