//! Laying out a first schedule.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use duban_entities::ids::{ChangeRequestId, ProjectId, UnitId};
use duban_entities::vocabulary::{
    ChangeKind, DueBasis, MilestoneRole, Participation, Stage, TaskState,
};
use duban_entities::{project, task};
use serde::{Deserialize, Serialize};

use super::change::{Content, Proposal, propose};
use super::idempotency::{self, Key};
use super::stage::blank_milestone;
use super::task::{as_text, due_facts, set_due_facts, weighed};
use super::{Call, Rules, Services, fetch};
use crate::domain::schedule::{
    PlannedEnd, ProposedMilestone, Schedule, ScheduledMilestone, check, percent_complete,
};
use crate::domain::template::lay_out;
use crate::error::{Error, Problems, Result};
use crate::policy::{Action, Permit};
use crate::store::today::Today;
use crate::store::{Work, outline, tasks};

/// The lead unit lays out a first schedule: milestones, or a template and its first day.
#[derive(Clone, Debug, Serialize)]
pub struct MilestonesPlan {
    /// The project.
    #[serde(serialize_with = "as_text")]
    pub project: ProjectId,
    /// The milestones, where no template is used.
    pub milestones: Option<Vec<PlannedMilestone>>,
    /// Code of a milestone template.
    pub template: Option<String>,
    /// The template's first day.
    pub starts_on: Option<NaiveDate>,
    /// Why; required where the finish lies behind the plan's date.
    pub reason: Option<String>,
    /// The version of the project that the person saw.
    pub expected_version: Option<i32>,
    /// See `idempotency`.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// A milestone as it stands in a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedMilestone {
    /// Title.
    pub title: String,
    /// When it is due.
    pub due_date: NaiveDate,
    /// Weight in hundredths.
    pub weight: i32,
    /// Wire id of the unit that owes it; none for the lead unit.
    pub unit_id: Option<String>,
}

impl Services {
    /// Proposes a first schedule; approved, it becomes the baseline.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every problem of the milestones; [`Error::Blocked`] when a
    /// schedule is approved or pending; [`Error::Forbidden`], [`Error::Conflict`].
    pub async fn plan_milestones(
        &self,
        call: &Call,
        input: MilestonesPlan,
    ) -> Result<ChangeRequestId> {
        Self::signed_in(call)?;
        let reason = fetch::note("reason", input.reason.as_deref())?;
        let key = Key::of("milestonesPlan", input.idempotency_key.as_deref(), &input)?;
        let rules = std::sync::Arc::clone(&self.rules);
        let id = self
            .store
            .write(call.write(reason.clone()), move |work| {
                Box::pin(async move { run(work, input, reason, key, &rules).await })
            })
            .await?;
        id.parse().map_err(Error::internal)
    }
}

async fn run(
    work: &mut Work,
    input: MilestonesPlan,
    reason: Option<String>,
    key: Option<Key>,
    rules: &Rules,
) -> Result<String> {
    let (permit, project) = fetch::project(work, Action::MilestonesPlan, input.project).await?;
    if let Some(id) = idempotency::replay(work, key.as_ref()).await? {
        return Ok(id);
    }
    fetch::expect_version(input.expected_version, project.version)?;
    expect_schedulable(&project)?;
    let proposed = laid_out(&input, rules)?;
    let schedule = check_all(work, &project, &proposed, reason.as_deref()).await?;
    let proposal = Proposal {
        kind: ChangeKind::Schedule,
        content: Content::Schedule {
            milestones: schedule.milestones.iter().map(planned).collect(),
        },
        reason,
        late: is_late(work, &project).await?,
    };
    let row = propose(work, &permit, &project, proposal).await?;
    let id = row.id.to_string();
    idempotency::remember(work, key, &id).await?;
    Ok(id)
}

/// A first schedule is late once the date that the plan states has passed.
async fn is_late(work: &Work, project: &project::Model) -> Result<bool> {
    let today = Today::load(work.connection(), work.at()).await?;
    let stated = project.due_basis == Some(DueBasis::Stated);
    let passed = project
        .due_date
        .is_some_and(|due| due < today.of(project.jurisdiction_id));
    Ok(stated && passed)
}

/// Refuses a schedule where there is one, or where nothing is owed.
pub(super) fn expect_schedulable(project: &project::Model) -> Result<()> {
    if project.schedule_approved_at.is_some() {
        return Err(Error::blocked(
            "SCHEDULE_APPROVED",
            "the schedule is approved: other dates are proposed with changePropose (reschedule)",
        ));
    }
    if project.participation == Participation::Supports {
        return Err(Error::blocked(
            "SUPPORTS_ONLY",
            "another government builds this work: only the support is owed",
        ));
    }
    if matches!(project.stage, Stage::Cancelled | Stage::Operation) {
        return Err(Error::blocked("STAGE_FINAL", "the project has ended"));
    }
    Ok(())
}

fn laid_out(input: &MilestonesPlan, rules: &Rules) -> Result<Vec<ProposedMilestone>> {
    match (&input.milestones, &input.template, input.starts_on) {
        (Some(milestones), None, None) => milestones.iter().zip(0..).map(proposed).collect(),
        (None, Some(code), Some(start)) => {
            let template = rules
                .templates
                .iter()
                .find(|template| template.code == *code);
            let template =
                template.ok_or_else(|| Error::invalid("templateCode", "no such template"))?;
            Ok(lay_out(template, start))
        }
        _ => Err(Error::invalid(
            "milestones",
            "give either milestones, or templateCode with startsOn",
        )),
    }
}

fn proposed((milestone, n): (&PlannedMilestone, usize)) -> Result<ProposedMilestone> {
    let unit_id = milestone.unit_id.as_deref().map(str::parse).transpose();
    Ok(ProposedMilestone {
        title: milestone.title.clone(),
        due_date: milestone.due_date,
        weight: milestone.weight,
        unit_id: unit_id
            .map_err(|_| Error::invalid(format!("milestones.{n}.unitId"), "not found"))?,
    })
}

fn planned(milestone: &ScheduledMilestone) -> PlannedMilestone {
    PlannedMilestone {
        title: milestone.title.clone(),
        due_date: milestone.due_date,
        weight: milestone.weight,
        unit_id: milestone.unit_id.map(|id| id.to_string()),
    }
}

/// The rules of a schedule, and that each unit named has a part in the project.
async fn check_all(
    work: &Work,
    project: &project::Model,
    proposed: &[ProposedMilestone],
    reason: Option<&str>,
) -> Result<Schedule> {
    let schedule = check(proposed, planned_end(project), reason)?;
    let cooperating = outline::cooperating_units_of(work.connection(), vec![project.id]).await?;
    let mut allowed: BTreeSet<UnitId> = cooperating.iter().map(|row| row.unit_id).collect();
    let collective = collectives(work, &allowed).await?;
    allowed.retain(|id| !collective.contains(id));
    allowed.extend(project.lead_unit_id);
    let mut problems = Problems::default();
    for (n, milestone) in proposed.iter().enumerate() {
        problems.require(
            milestone.unit_id.is_none_or(|unit| allowed.contains(&unit)),
            &format!("milestones.{n}.unitId"),
            "the lead unit or a cooperating unit of the project, and no collective name",
        );
    }
    problems.finish()?;
    Ok(schedule)
}

async fn collectives(work: &Work, units: &BTreeSet<UnitId>) -> Result<BTreeSet<UnitId>> {
    let rows = outline::units_by_id(work.connection(), units.iter().copied().collect()).await?;
    let collective = duban_entities::vocabulary::UnitKind::Collective;
    let rows = rows.into_iter().filter(|unit| unit.kind == collective);
    Ok(rows.map(|unit| unit.id).collect())
}

fn planned_end(project: &project::Model) -> PlannedEnd {
    let on = |basis| {
        project
            .due_date
            .filter(|_| project.due_basis == Some(basis))
    };
    PlannedEnd {
        stated: on(DueBasis::Stated),
        period_end: on(DueBasis::PlanPeriod),
    }
}

/// Makes an approved proposal the baseline: the finish takes the place of the imported
/// completion milestone, the others are new.
pub(super) async fn apply(
    work: &mut Work,
    permit: &Permit,
    project: &project::Model,
    milestones: &[PlannedMilestone],
    reason: Option<&str>,
) -> Result<project::Model> {
    expect_schedulable(project)?;
    let proposed: Result<Vec<ProposedMilestone>> =
        milestones.iter().zip(0..).map(proposed).collect();
    let schedule = check_all(work, project, &proposed?, reason.or(Some("-")))
        .await
        .map_err(|error| match error {
            Error::Invalid(_) => Error::blocked(
                "UNIT_CHANGED",
                "a unit that owes a milestone has no part in the project any more: return it",
            ),
            other => other,
        })?;
    let known = tasks::of_projects(work.connection(), vec![project.id]).await?;
    let finish = known
        .iter()
        .find(|task| task.role == Some(MilestoneRole::Finish));
    for (milestone, position) in schedule.milestones.iter().zip(0..) {
        let place = finish.filter(|_| milestone.role == MilestoneRole::Finish);
        apply_one(work, permit, project, milestone, position, place).await?;
    }
    let known = tasks::of_projects(work.connection(), vec![project.id]).await?;
    let mut after = project.clone();
    after.due_date = Some(schedule.finish_on);
    after.baseline_due_date = Some(schedule.finish_on);
    after.due_basis = Some(DueBasis::Scheduled);
    after.schedule_approved_at = Some(work.at());
    after.percent_complete = percent_complete(&weighed(&known));
    after.simulated |= work.simulated();
    work.update(permit, project, after).await
}

async fn apply_one(
    work: &mut Work,
    permit: &Permit,
    project: &project::Model,
    milestone: &ScheduledMilestone,
    position: i32,
    place: Option<&task::Model>,
) -> Result<()> {
    let mut row = place
        .cloned()
        .unwrap_or_else(|| blank_milestone(work, project));
    row.title.clone_from(&milestone.title);
    row.role = Some(milestone.role);
    row.weight = milestone.weight;
    row.position = position;
    row.unit_id = milestone.unit_id.or(project.lead_unit_id);
    row.baseline_due_date = Some(milestone.due_date);
    if row.state == TaskState::Open {
        // Lateness is judged against an approved date: an earlier claim had none.
        row.first_submitted_on = None;
        row.days_late = None;
    }
    let mut due = due_facts(&row);
    due.set_due(milestone.due_date, DueBasis::Scheduled);
    if let (Stage::Suspended, Some(since)) = (project.stage, project.stage_since) {
        due.stop(since, milestone.role);
    }
    set_due_facts(&mut row, &due);
    match place {
        Some(before) => work.update(permit, before, row).await.map(|_| ()),
        None => work.create(permit, row, BTreeMap::new()).await.map(|_| ()),
    }
}
