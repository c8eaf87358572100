//! Moving projects along the pipeline.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::Project;
use crate::graphql::change::{ChangeRequest, NewDateInput};
use crate::graphql::context::{call, parse, services};
use crate::graphql::error::{Result, public};
use crate::graphql::scalar::Date;
use crate::graphql::vocabulary::Stage;
use crate::service;
use crate::store::projects;

/// Moves a project along the pipeline.
#[derive(Clone, Debug, InputObject)]
pub struct ProjectMoveInput {
    /// The project.
    project_id: ID,
    /// To which stage.
    to: Stage,
    /// Why; required where approval is.
    reason: Option<String>,
    /// The day on which it happened; today where not said.
    occurred_on: Option<Date>,
    /// When a suspension is reviewed; required when suspending.
    review_on: Option<Date>,
    /// Where a suspension of a scheduled project ends: new dates of open milestones. Those not
    /// named move by the days of the suspension.
    dates: Option<Vec<NewDateInput>>,
    /// The version of the project that you saw.
    expected_version: Option<i32>,
    /// Makes a repeated call harmless.
    idempotency_key: Option<String>,
}

/// What `projectMove` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct ProjectMovePayload {
    /// The project; its stage is unchanged where approval is needed.
    project: Project,
    /// The request that waits for approval, where the step needs it.
    change_request: Option<ChangeRequest>,
}

/// Mutations on projects.
#[derive(Debug, Default)]
pub struct ProjectMutation;

#[Object]
impl ProjectMutation {
    /// Moves a project along the pipeline, or proposes the move where the workflow needs
    /// approval.
    async fn project_move(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ProjectMoveInput,
    ) -> Result<ProjectMovePayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let command = input.command()?;
        let (project, change) = services.move_project(call, command).await.map_err(public)?;
        let by = projects::ProjectBy::Id(project);
        let project = services.project(call, &by).await.map_err(public)?;
        let change_request = match change {
            Some(id) => Some(services.change(call, id).await.map_err(public)?.into()),
            None => None,
        };
        Ok(ProjectMovePayload {
            project: project.into(),
            change_request,
        })
    }
}

impl ProjectMoveInput {
    fn command(self) -> Result<service::ProjectMove> {
        let Self {
            project_id,
            to,
            reason,
            occurred_on,
            review_on,
            dates,
            expected_version,
            idempotency_key,
        } = self;
        let dates = dates.map(|all| all.into_iter().map(service::NewDate::from).collect());
        Ok(service::ProjectMove {
            project: parse(&project_id)?,
            to: to.into(),
            reason,
            occurred_on: occurred_on.map(|date| date.0),
            review_on: review_on.map(|date| date.0),
            dates,
            expected_version,
            idempotency_key,
        })
    }
}
