//! Issues: the type, raising and redirecting.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::common::task_object;
use super::task_facts;
use crate::graphql::connection::connection;
use crate::graphql::context::{call, loaders, parse, parse_option, services};
use crate::graphql::error::{Result, public};
use crate::graphql::person::Person;
use crate::graphql::scalar::Date;
use crate::graphql::unit::Unit;
use crate::service::{self, IssueView};

task_object! {
    /// A difficulty that a unit raises, owed by the unit that must help, or by the office
    /// where `unit` is null (困难问题): a task.
    Issue {
        /// What the difficulty is.
        async fn description(&self) -> Result<Option<String>> {
            Ok(self.row.whole()?.description.clone())
        }

        /// Who raised it.
        async fn raised_by(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
            Person::load(ctx, self.row.whole()?.raised_by).await
        }

        /// The unit on whose behalf it was raised; its people close it.
        async fn raised_for(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
            let Some(id) = self.row.whole()?.raised_unit_id else {
                return Ok(None);
            };
            Ok(loaders(ctx)?.load_one(id).await?.map(Unit::from))
        }

        /// What whoever helps says: the note of the last claim.
        async fn answer(&self) -> Result<Option<String>> {
            Ok(self.row.whole()?.claim_note.clone())
        }

        /// What you may do with it now.
        async fn permissions(&self, ctx: &Context<'_>) -> Result<IssuePermissions> {
            let facts = task_facts(ctx, self.row.whole()?).await?;
            Ok(IssueView::of(&call(ctx)?.principal, self.row.whole()?, &facts).into())
        }
    }
}

connection!(
    IssueConnection,
    IssueEdge,
    Issue,
    duban_entities::task::Model
);

/// What a person may do with an issue now, from the policy that will decide it.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct IssuePermissions {
    /// Answer it: `taskClaim`.
    answer: bool,
    /// Close an answered one (销号): `taskVerify`.
    close: bool,
    /// Send an answer back (退办): `taskReturn`.
    send_back: bool,
    /// Let another unit, or the office, answer: `issueRedirect`.
    redirect: bool,
}

impl From<IssueView> for IssuePermissions {
    fn from(view: IssueView) -> Self {
        Self {
            answer: view.answer,
            close: view.close,
            send_back: view.send_back,
            redirect: view.redirect,
        }
    }
}

/// Raises an issue.
#[derive(Clone, Debug, InputObject)]
pub struct IssueRaiseInput {
    /// The project; your unit has a part in it.
    project_id: ID,
    /// What it is called, 1 to 200 characters.
    title: String,
    /// What the difficulty is, and what would help; 1 to 2,000 characters.
    description: String,
    /// The unit that must help; the supervisors' office where not said.
    help_from_unit_id: Option<ID>,
    /// By when help is needed, not before today.
    due_date: Date,
    /// On whose behalf, where you act for several units; where not said your unit with a
    /// part in the project, the lead first.
    unit_id: Option<ID>,
    /// Makes a repeated call harmless.
    idempotency_key: Option<String>,
}

/// What `issueRaise` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct IssueRaisePayload {
    /// The issue.
    issue: Issue,
}

/// Lets another unit answer an issue.
#[derive(Clone, Debug, InputObject)]
pub struct IssueRedirectInput {
    /// The issue.
    task_id: ID,
    /// The unit that shall help; null is the supervisors' office.
    unit_id: Option<ID>,
    /// Why.
    reason: String,
    /// The new date, not before today. Where not said: three working days from today, or the
    /// present date if that is later.
    due_date: Option<Date>,
    /// The version of the issue that you saw.
    expected_version: Option<i32>,
}

/// What `issueRedirect` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct IssueRedirectPayload {
    /// The issue, OPEN again.
    issue: Issue,
}

/// Mutations on issues.
#[derive(Debug, Default)]
pub struct IssueMutation;

#[Object]
impl IssueMutation {
    /// A unit with a part in a project raises a difficulty (困难问题), owed by the unit that
    /// must help. It is answered by `taskClaim`, closed by `taskVerify` and sent back by
    /// `taskReturn`, these two by the unit that raised it.
    async fn issue_raise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: IssueRaiseInput,
    ) -> Result<IssueRaisePayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let id = services
            .raise_issue(call, input.command()?)
            .await
            .map_err(public)?;
        let issue = services.task(call, id).await.map_err(public)?.into();
        Ok(IssueRaisePayload { issue })
    }

    /// A supervisor lets another unit, or the office, answer an open or answered issue: it is
    /// OPEN again, and an answer that was given is taken off it.
    async fn issue_redirect(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: IssueRedirectInput,
    ) -> Result<IssueRedirectPayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let IssueRedirectInput {
            task_id,
            unit_id,
            reason,
            due_date,
            expected_version,
        } = input;
        let command = service::IssueRedirect {
            task: parse(&task_id)?,
            unit: parse_option(unit_id.as_ref())?,
            reason,
            due_date: due_date.map(|date| date.0),
            expected_version,
        };
        let id = services
            .redirect_issue(call, command)
            .await
            .map_err(public)?;
        let issue = services.task(call, id).await.map_err(public)?.into();
        Ok(IssueRedirectPayload { issue })
    }
}

impl IssueRaiseInput {
    fn command(self) -> Result<service::IssueRaise> {
        let Self {
            project_id,
            title,
            description,
            help_from_unit_id,
            due_date,
            unit_id,
            idempotency_key,
        } = self;
        Ok(service::IssueRaise {
            project: parse(&project_id)?,
            unit: parse_option(unit_id.as_ref())?,
            title,
            description,
            help_from: parse_option(help_from_unit_id.as_ref())?,
            due_date: due_date.0,
            idempotency_key,
        })
    }
}
