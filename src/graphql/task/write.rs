//! Claiming, verifying and returning tasks.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::Task;
use crate::graphql::context::{call, parse, services};
use crate::graphql::error::{Result, public};
use crate::graphql::scalar::Date;
use crate::service;

/// A reference to a document.
#[derive(Clone, Debug, InputObject)]
pub struct EvidenceInput {
    /// Title of the document, 1 to 200 characters.
    title: String,
    /// Its number.
    document_number: Option<String>,
    /// Its date.
    date: Option<Date>,
    /// Where it can be read: an http or https address.
    url: Option<String>,
    /// SHA-256 of its content, 64 hexadecimal digits.
    sha256: Option<String>,
}

/// Claims a task done.
#[derive(Clone, Debug, InputObject)]
pub struct TaskClaimInput {
    /// The task.
    task_id: ID,
    /// What the unit says.
    note: Option<String>,
    /// The day on which it was done, not in the future; today where not said.
    completed_on: Option<Date>,
    /// What supports it, at most 20 references.
    #[graphql(default)]
    evidence: Vec<EvidenceInput>,
    /// The version of the task that you saw.
    expected_version: Option<i32>,
    /// Makes a repeated call harmless.
    idempotency_key: Option<String>,
}

/// Verifies a claim.
#[derive(Clone, Debug, InputObject)]
pub struct TaskVerifyInput {
    /// The task.
    task_id: ID,
    /// What the office says.
    note: Option<String>,
    /// The version of the task that you saw.
    expected_version: Option<i32>,
}

/// Returns a claim.
#[derive(Clone, Debug, InputObject)]
pub struct TaskReturnInput {
    /// The task.
    task_id: ID,
    /// Why.
    reason: String,
    /// The new due date. Where not said: three working days from today, or the present date
    /// if that is later.
    due_date: Option<Date>,
    /// The version of the task that you saw.
    expected_version: Option<i32>,
}

/// What `taskClaim` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct TaskClaimPayload {
    /// The task.
    task: Task,
}

/// What `taskVerify` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct TaskVerifyPayload {
    /// The task.
    task: Task,
}

/// What `taskReturn` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct TaskReturnPayload {
    /// The task.
    task: Task,
}

/// Mutations on tasks.
#[derive(Debug, Default)]
pub struct TaskMutation;

#[Object]
impl TaskMutation {
    /// The unit says that a task is done (申报办结): OPEN becomes SUBMITTED.
    async fn task_claim(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: TaskClaimInput,
    ) -> Result<TaskClaimPayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let claimed = services.claim_task(call, input.command()?).await;
        let task = claimed.map_err(public)?.into();
        Ok(TaskClaimPayload { task })
    }

    /// The office accepts a claim (核验): SUBMITTED becomes DONE.
    async fn task_verify(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: TaskVerifyInput,
    ) -> Result<TaskVerifyPayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let TaskVerifyInput {
            task_id,
            note,
            expected_version,
        } = input;
        let command = service::TaskVerify {
            task: parse(&task_id)?,
            note,
            expected_version,
        };
        let id = services.verify_task(call, command).await.map_err(public)?;
        let task = services.task(call, id).await.map_err(public)?.into();
        Ok(TaskVerifyPayload { task })
    }

    /// The office sends a claim back (退办): SUBMITTED becomes OPEN, with a new due date.
    async fn task_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: TaskReturnInput,
    ) -> Result<TaskReturnPayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let TaskReturnInput {
            task_id,
            reason,
            due_date,
            expected_version,
        } = input;
        let command = service::TaskReturn {
            task: parse(&task_id)?,
            reason,
            due_date: due_date.map(|date| date.0),
            expected_version,
        };
        let id = services.return_task(call, command).await.map_err(public)?;
        let task = services.task(call, id).await.map_err(public)?.into();
        Ok(TaskReturnPayload { task })
    }
}

impl TaskClaimInput {
    fn command(self) -> Result<service::TaskClaim> {
        let Self {
            task_id,
            note,
            completed_on,
            evidence,
            expected_version,
            idempotency_key,
        } = self;
        Ok(service::TaskClaim {
            task: parse(&task_id)?,
            note,
            completed_on: completed_on.map(|date| date.0),
            evidence: evidence.into_iter().map(EvidenceInput::command).collect(),
            expected_version,
            idempotency_key,
        })
    }
}

impl EvidenceInput {
    pub(in crate::graphql) fn command(self) -> service::Evidence {
        let Self {
            title,
            document_number,
            date,
            url,
            sha256,
        } = self;
        service::Evidence {
            title,
            document_number,
            date: date.map(|date| date.0),
            url,
            sha256,
        }
    }
}
