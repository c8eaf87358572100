//! The completion milestone that every imported project owes, and the project's dates.
//!
//! A stated date is a deadline; the end of the plan's period is only that (PLAN_PERIOD).
//! Once people have agreed on a schedule, an import leaves dates and milestones alone.

use std::collections::HashMap;

use duban_entities::ids::{ProjectId, TaskEvidenceId};
use duban_entities::vocabulary::{
    DueBasis, LeadBasis, MilestoneRole, Participation, Stage, StageBasis, TaskKind, TaskState,
};
use duban_entities::{plan, project, task, task_evidence};

use super::super::blank;
use super::parts::{Element, of_text};
use super::phrases::Phrases;
use super::planner::{Planned, Planner};
use super::subject::is_scheduled;
use crate::clock::new_id;
use crate::error::Result;

/// The whole weight, in hundredths of a percent.
const WHOLE: i32 = 10_000;

/// A milestone before and after.
#[derive(Debug)]
pub(super) struct PlannedTask {
    /// What is there; none for a new one.
    pub(super) before: Option<task::Model>,
    /// What shall be there.
    pub(super) after: task::Model,
    /// The document that shows it done.
    pub(super) evidence: Option<task_evidence::Model>,
}

/// What the milestones are planned from.
#[derive(Debug)]
pub(super) struct Milestones<'a> {
    /// The milestones there are, by project.
    pub(super) known: HashMap<ProjectId, &'a task::Model>,
    /// The plan of each clause, by the clause's code.
    pub(super) plans: HashMap<String, plan::Model>,
    /// The phrase table.
    pub(super) phrases: Phrases<'a>,
}

impl Milestones<'_> {
    /// Sets the project's dates and plans its milestone; none where nothing changes.
    pub(super) fn plan(
        &self,
        planner: &Planner<'_>,
        project: &mut Planned<project::Model>,
    ) -> Result<Option<PlannedTask>> {
        let mentions = project.lists.get("citations");
        let mentions = of_text(mentions.and_then(|list| list.to.as_deref()))?;
        let existing = self.known.get(&project.after.id).copied();
        if is_scheduled(&project.after) || existing.is_some_and(|task| !is_imports(task)) {
            return Ok(None);
        }
        if existing.is_none() && project.before.is_some() {
            return Ok(None);
        }
        self.date(&mut project.after, &mentions);
        let done = is_built(&project.after);
        project.after.percent_complete = if done { WHOLE } else { 0 };
        let mut after = existing
            .cloned()
            .unwrap_or_else(|| blank(planner, &project.after));
        owe(&mut after, &project.after);
        let evidence = self.settle(planner, &mut after, &project.after, &mentions);
        if existing == Some(&after) {
            return Ok(None);
        }
        Ok(Some(PlannedTask {
            before: existing.cloned(),
            after,
            evidence,
        }))
    }

    /// The stated date, or else the end of the period of the plan that names it first.
    fn date(&self, project: &mut project::Model, mentions: &[Element]) {
        if project.due_basis == Some(DueBasis::Stated) {
            project.baseline_due_date = project.due_date;
            return;
        }
        let primary = mentions.first().and_then(|mention| self.plan_of(mention));
        project.due_date = primary.and_then(|plan| plan.period_to);
        project.due_basis = project.due_date.map(|_| DueBasis::PlanPeriod);
        project.baseline_due_date = None;
    }

    fn plan_of(&self, mention: &Element) -> Option<&plan::Model> {
        self.plans.get(mention.get("clause")?)
    }

    /// A work that the plan tells of as built owes nothing: the plan is the evidence.
    fn settle(
        &self,
        planner: &Planner<'_>,
        task: &mut task::Model,
        project: &project::Model,
        mentions: &[Element],
    ) -> Option<task_evidence::Model> {
        task.state = TaskState::Open;
        task.claim_note = None;
        if !is_built(project) {
            return None;
        }
        let tells = |mention: &&Element| {
            let phrase = mention.get("phrase");
            phrase.and_then(|phrase| self.phrases.stage(phrase)) == Some(project.stage.as_str())
        };
        let mention = mentions.iter().find(tells).or(mentions.first())?;
        let plan = self.plan_of(mention)?;
        task.state = TaskState::Done;
        task.claim_note = mention.get("quote").cloned();
        Some(task_evidence::Model {
            id: new_id::<TaskEvidenceId>(planner.clock),
            task_id: task.id,
            position: 0,
            title: plan.title.clone(),
            document_number: plan.document_number.clone(),
            document_date: plan.issued_on,
            url: None,
            sha256: None,
        })
    }
}

/// True while no person has claimed, verified or cancelled it.
fn is_imports(task: &task::Model) -> bool {
    let untouched = task.submitted_at.is_none() && task.decided_at.is_none();
    untouched && matches!(task.state, TaskState::Open | TaskState::Done)
}

/// True if the plan's own words say that it stands.
fn is_built(project: &project::Model) -> bool {
    project.stage_basis == StageBasis::PlanWording
        && matches!(project.stage, Stage::Completed | Stage::Operation)
}

fn blank(planner: &Planner<'_>, project: &project::Model) -> task::Model {
    let id = new_id(planner.clock);
    task::Model {
        project_id: Some(project.id),
        weight: WHOLE,
        ..blank::task_of(id, TaskKind::Milestone, project.jurisdiction_id, planner.at)
    }
}

/// Who owes it, as what and by when: as the project says.
fn owe(task: &mut task::Model, project: &project::Model) {
    let (role, title) = match project.participation {
        Participation::Leads => (MilestoneRole::Finish, "建成"),
        Participation::Supports => (MilestoneRole::Support, "配合"),
    };
    task.role = Some(role);
    title.clone_into(&mut task.title);
    if project.lead_basis != Some(LeadBasis::Assigned) {
        task.unit_id = project.lead_unit_id;
    }
    if task.due_date != project.due_date {
        task.counted_due_date = project.due_date;
    }
    task.due_date = project.due_date;
    task.baseline_due_date = project.baseline_due_date;
    task.due_basis = project.due_basis;
}
