//! Reading projects, and what may be done with them.

use duban_entities::vocabulary::{TaskKind, TaskState};
use duban_entities::{project, task};

use super::change::expect_changeable;
use super::schedule::expect_schedulable;
use super::{Call, ReportView, Rules, Services};
use crate::domain::workflow::{MilestoneFacts, ProjectState};
use crate::error::{Error, Result};
use crate::policy::{Action, Facts, Principal, ProjectFacts, decide};
use crate::store::facts::Known;
use crate::store::page::{Direction, Page, PageRequest};
use crate::store::projects::{self, ProjectBy, ProjectFilter, ProjectOrder};
use crate::store::{authorise, facts};

/// What this person may do with a project now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProjectView {
    /// Move it along the pipeline, or propose a move.
    pub move_project: bool,
    /// Claim at least one of its open tasks.
    pub claim_tasks: bool,
    /// Submit at least one of its open reports.
    pub submit_report: bool,
    /// Propose a schedule or a change.
    pub propose_change: bool,
    /// Verify or return at least one of its submitted tasks.
    pub verify_tasks: bool,
    /// Assign its units.
    pub assign_units: bool,
    /// Set a rating beside the computed one.
    pub override_rating: bool,
    /// Raise an issue.
    pub raise_issues: bool,
}

impl ProjectView {
    /// Asks the policy that will decide. `tasks` are the milestones, and the reports that
    /// are not finished.
    #[must_use]
    pub fn of(
        principal: &Principal,
        row: &project::Model,
        facts: &ProjectFacts,
        tasks: &[task::Model],
        rules: &Rules,
    ) -> Self {
        let state = state(row, tasks);
        let can_move = rules.workflow.transitions_for(&state).next().is_some();
        let project = |action| decide(principal, action, Facts::Project(facts)).is_ok();
        let task = |action, state| {
            let mut of_state = tasks.iter().filter(|row| row.state == state);
            of_state.any(|row| {
                // A report is submitted with its figures, not claimed.
                let claims = action == Action::TaskClaim;
                if claims && row.kind == TaskKind::Report {
                    return false;
                }
                let facts = facts::task_facts(row, Some(facts.clone()));
                decide(principal, action, Facts::Task(&facts)).is_ok()
            })
        };
        Self {
            move_project: project(Action::ProjectMove) && can_move,
            claim_tasks: task(Action::TaskClaim, TaskState::Open),
            submit_report: ReportView::submits_one(principal, tasks, facts),
            propose_change: (project(Action::MilestonesPlan) && expect_schedulable(row).is_ok())
                || (project(Action::ChangePropose) && expect_changeable(row).is_ok()),
            verify_tasks: task(Action::TaskVerify, TaskState::Submitted),
            assign_units: project(Action::UnitAssign),
            override_rating: project(Action::RatingOverride),
            raise_issues: project(Action::IssueRaise),
        }
    }
}

/// What the workflow needs to know of a project.
#[must_use]
pub fn state(row: &project::Model, tasks: &[task::Model]) -> ProjectState {
    ProjectState {
        stage: row.stage,
        stage_since: row.stage_since,
        suspended_from: row.suspended_from,
        has_lead_unit: row.lead_unit_id.is_some(),
        has_approved_schedule: row.schedule_approved_at.is_some(),
        milestones: tasks
            .iter()
            .filter(|task| task.kind == TaskKind::Milestone)
            .filter_map(|task| {
                Some(MilestoneFacts {
                    title: task.title.clone(),
                    role: task.role?,
                    state: task.state,
                })
            })
            .collect(),
    }
}

impl Services {
    /// One project.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none or the caller may not see it.
    pub async fn project(&self, call: &Call, by: &ProjectBy) -> Result<project::Model> {
        let (row, _) = self.project_with_facts(call, by).await?;
        Ok(row)
    }

    /// One project, with what the policy was told of it.
    ///
    /// # Errors
    /// As [`Services::project`].
    pub async fn project_with_facts(
        &self,
        call: &Call,
        by: &ProjectBy,
    ) -> Result<(project::Model, Known)> {
        Self::signed_in(call)?;
        let connection = self.store.read();
        let row = projects::by(connection, by).await?.ok_or(Error::NotFound)?;
        let known = facts::known(connection, &row).await?;
        let told = Facts::Project(&known.facts);
        authorise(&call.principal, Action::ProjectRead, told)?;
        Ok((row, known))
    }

    /// One page of projects. Where no order is given: of a text the best matches first, else
    /// by code.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the filter names something out of reach; as
    /// [`PageRequest::window`].
    pub async fn projects(
        &self,
        call: &Call,
        filter: &ProjectFilter,
        order: Option<(ProjectOrder, Direction)>,
        request: &PageRequest,
    ) -> Result<Page<project::Model>> {
        Self::signed_in(call)?;
        self.check_named(call, filter).await?;
        let today = self.today_for(call).await?;
        projects::page(
            self.store.read(),
            &call.principal,
            filter,
            order,
            request,
            &today,
        )
        .await
    }

    /// How many projects the filter selects among those that the caller may see.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the filter names something out of reach.
    pub async fn count_projects(&self, call: &Call, filter: &ProjectFilter) -> Result<u64> {
        Self::signed_in(call)?;
        self.check_named(call, filter).await?;
        let today = self.today_for(call).await?;
        projects::count(self.store.read(), &call.principal, filter, &today).await
    }
}
