//! What a unit does with its works: lays out schedules, claims milestones, moves stages.

use duban_entities::project;
use duban_entities::vocabulary::{ChangeState, Stage, TaskState};

use super::REASON;
use super::data::{Character, Work};
use super::scene::{Day, Scene};
use super::script::{ACCEPTANCE, GROUND_BREAKING, Step, claim_on};
use crate::error::Result;
use crate::service::{Call, MilestonesPlan, PlannedMilestone, ProjectMove, TaskClaim};
use crate::store::changes::ChangeRequestFilter;
use crate::store::page::PageRequest;

impl Scene<'_> {
    /// A unit's day at its works: what is due by now is done, as the work's character has it.
    pub(super) async fn work(&self, day: &Day<'_>, unit: &str) -> Result<()> {
        let call = self.as_unit(unit).await?;
        for work in self.data.works_in(day.code) {
            if work.lead_unit != unit || work.character == Character::Unscheduled {
                continue;
            }
            let project = self.project(&call, work).await?;
            self.lay_out(&call, day, work, &project).await?;
            self.claim(&call, day, work, &project).await?;
            self.move_on(&call, day, &project).await?;
        }
        Ok(())
    }

    /// Proposes the first schedule, once. That of a new work comes in the last month.
    async fn lay_out(
        &self,
        call: &Call,
        day: &Day<'_>,
        work: &Work,
        project: &project::Model,
    ) -> Result<()> {
        let waits = work.character == Character::New && !day.last_month;
        if project.schedule_approved_at.is_some()
            || waits
            || self.has_waiting(call, project).await?
        {
            return Ok(());
        }
        let start = if work.character == Character::New {
            day.date
        } else {
            day.start
        };
        let milestones = work.character.steps().iter();
        let input = MilestonesPlan {
            project: project.id,
            milestones: Some(milestones.map(|step| planned(*step, start)).collect()),
            template: None,
            starts_on: None,
            reason: Some(REASON.to_owned()),
            expected_version: None,
            idempotency_key: None,
        };
        self.services.plan_milestones(call, input).await.map(|_| ())
    }

    /// True while a request of the project waits for a decision.
    pub(super) async fn has_waiting(&self, call: &Call, project: &project::Model) -> Result<bool> {
        let filter = ChangeRequestFilter {
            project: Some(project.id),
            states: Some(vec![ChangeState::Proposed]),
            ..ChangeRequestFilter::default()
        };
        let one = PageRequest {
            first: Some(1),
            ..PageRequest::default()
        };
        let page = self.services.changes(call, &filter, &one).await?;
        Ok(!page.rows.is_empty())
    }

    async fn claim(
        &self,
        call: &Call,
        day: &Day<'_>,
        work: &Work,
        project: &project::Model,
    ) -> Result<()> {
        if project.schedule_approved_at.is_none() || project.stage == Stage::Suspended {
            return Ok(());
        }
        for task in self.milestones(call, project).await? {
            if task.state != TaskState::Open || task.pending_change_id.is_some() {
                continue;
            }
            let steps = work.character.steps();
            let place = steps.iter().position(|step| step.title == task.title);
            let (Some(place), Some(due)) = (place, task.baseline_due_date) else {
                continue;
            };
            let Some(lag) = work.character.lag(place) else {
                continue;
            };
            let ready = task.title != ACCEPTANCE || project.stage == Stage::Completed;
            if claim_on(due, lag) > day.date || !ready {
                continue;
            }
            let input = TaskClaim {
                task: task.id,
                note: Some(REASON.to_owned()),
                completed_on: Some(claim_on(due, lag).min(day.date)),
                evidence: Vec::new(),
                expected_version: None,
                idempotency_key: None,
            };
            self.services.claim_task(call, input).await?;
        }
        Ok(())
    }

    /// Moves the project as far as its milestones let it.
    async fn move_on(&self, call: &Call, day: &Day<'_>, project: &project::Model) -> Result<()> {
        let milestones = self.milestones(call, project).await?;
        let titles = |state: TaskState| -> Vec<&str> {
            let in_state = milestones.iter().filter(|task| task.state == state);
            in_state.map(|task| task.title.as_str()).collect()
        };
        let (done, open) = (titles(TaskState::Done), titles(TaskState::Open));
        let is_done = |title: &str| done.contains(&title);
        let only_acceptance = open.iter().all(|title| *title == ACCEPTANCE);
        let submitted = titles(TaskState::Submitted);
        let to = match project.stage {
            Stage::Proposed | Stage::InReserve => Stage::Preparation,
            Stage::Preparation if is_done(GROUND_BREAKING) => Stage::Construction,
            Stage::Construction
                if !done.is_empty()
                    && only_acceptance
                    && submitted.is_empty()
                    && !open.is_empty() =>
            {
                Stage::Completed
            }
            Stage::Completed if is_done(ACCEPTANCE) => Stage::Operation,
            _ => return Ok(()),
        };
        self.move_to(call, project, to, day, None).await
    }

    /// Moves a project, or proposes it.
    pub(super) async fn move_to(
        &self,
        call: &Call,
        project: &project::Model,
        to: Stage,
        day: &Day<'_>,
        review_on: Option<chrono::NaiveDate>,
    ) -> Result<()> {
        let input = ProjectMove {
            project: project.id,
            to,
            reason: Some(REASON.to_owned()),
            occurred_on: Some(day.date),
            review_on,
            dates: None,
            expected_version: None,
            idempotency_key: None,
        };
        self.services.move_project(call, input).await.map(|_| ())
    }
}

fn planned(step: Step, start: chrono::NaiveDate) -> PlannedMilestone {
    PlannedMilestone {
        title: step.title.to_owned(),
        due_date: step.due(start),
        weight: step.weight,
        unit_id: None,
    }
}
