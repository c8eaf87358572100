//! The demonstration: the real plans, and simulated people who work with them.
//!
//! It enters at the same door as everybody: the importer for units, the services as an
//! administrator for users, and as the simulated users themselves for assignments,
//! schedules and claims. What it writes says that it is simulated. Setting it up again
//! changes nothing; a set-up that was cut short goes on where it stopped.

mod data;

use chrono::{Days, NaiveDate};
use duban_entities::vocabulary::{ChangeState, TaskState};

use crate::clock::new_id;
use crate::error::{Error, Result};
use crate::import::{Source, read, seeds};
use crate::service::catalogue::{ImportFailure, Mode, Progress};
use crate::service::{
    AssignOne, Call, ChangeDecide, Decision, Demonstration, Lead, MilestonesPlan, NewUser,
    PlannedMilestone, Secret, Services, TaskClaim, TaskVerify, UnitBy,
};
use crate::store::changes::ChangeRequestFilter;
use crate::store::page::{Direction, PageRequest};
use crate::store::projects::ProjectBy;
use crate::store::tasks::{TaskFilter, TaskOrder};
use data::{Assignment, Data, DemoUser};

/// The password of every demonstration user.
const PASSWORD: &str = "duban-demo";
/// Why the simulated people do what they do.
const REASON: &str = "演示数据";

/// Sets the demonstration up where it is not, and returns the lines that tell its sign-ins:
/// `sign-in`, user name, password, role, scope, separated by tabs.
///
/// # Errors
/// [`Error::Internal`] for a database that holds something else, or when a step fails.
pub async fn prepare(
    services: &Services,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<String>> {
    let data = Data::embedded()?;
    let call = Call {
        simulated: true,
        ..Call::system("demonstration", request_id(services))
    };
    match services.demonstration().await? {
        Demonstration::Foreign => {
            return Err(Error::internal(
                "--demo needs an empty database: this one holds something else",
            ));
        }
        Demonstration::Complete => return lines(services, &data, &call).await,
        Demonstration::Empty | Demonstration::Begun => (),
    }
    services.mark_demonstration(&call, false).await?;
    for source in [Source::Seeds, Source::Compiled("seeds/demo", seeds::DEMO)] {
        import(services, source, progress).await?;
    }
    for user in &data.users {
        make_user(services, &call, user).await?;
    }
    for assignment in &data.assignments {
        set_up(services, &data, assignment).await?;
    }
    services.mark_demonstration(&call, true).await?;
    lines(services, &data, &call).await
}

fn request_id(services: &Services) -> String {
    new_id::<uuid::Uuid>(services.clock.as_ref()).to_string()
}

async fn import(
    services: &Services,
    source: Source,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<()> {
    let call = Call::system("import", request_id(services));
    let sheets = read(std::slice::from_ref(&source));
    let imported = services
        .import_catalogue(&call, sheets, Mode::Apply, progress)
        .await;
    imported.map(|_| ()).map_err(|failure| match failure {
        ImportFailure::Problems(problems) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Error::internal(lines.join("\n"))
        }
        ImportFailure::Failed(error) => error,
    })
}

async fn make_user(services: &Services, call: &Call, user: &DemoUser) -> Result<()> {
    if services.simulated_user(&user.username).await?.is_some() {
        return Ok(());
    }
    let grant = user.grant(services, call).await?;
    let new = NewUser {
        username: user.username.clone(),
        name: user.name.clone(),
        password: Secret::new(PASSWORD.to_owned()),
        grants: vec![grant],
        reason: Some(REASON.to_owned()),
        idempotency_key: None,
    };
    services.create_simulated_user(call, new).await.map(|_| ())
}

/// Brings one project to where the demonstration wants it: assigned, scheduled, and its
/// milestones claimed and verified by the people who may.
async fn set_up(services: &Services, data: &Data, assignment: &Assignment) -> Result<()> {
    let office = data.supervisor_of(assignment)?;
    let office = services
        .act_as_simulated(office, request_id(services))
        .await?;
    let by = ProjectBy::Code(assignment.project.clone());
    let mut project = services.project(&office, &by).await?;
    if project.lead_unit_id.is_none() {
        assign(services, &office, assignment, project.id).await?;
        project = services.project(&office, &by).await?;
    }
    let planned = data.milestones_of(&assignment.project);
    if planned.is_empty() {
        return Ok(());
    }
    let today = services.today().await?.of(project.jurisdiction_id);
    let unit = data.signatory_of(assignment)?;
    let unit = services
        .act_as_simulated(unit, request_id(services))
        .await?;
    if project.schedule_approved_at.is_none() {
        let change = proposed(services, &unit, planned, project.id, today).await?;
        let decision = ChangeDecide {
            change,
            decision: Decision::Approve,
            note: Some(REASON.to_owned()),
            document: None,
            expected_version: None,
        };
        services.decide_change(&office, decision).await?;
    }
    claim(services, (&unit, &office), planned, project.id, today).await
}

/// The schedule that waits for approval: the one that a set-up cut short left, or a new one.
async fn proposed(
    services: &Services,
    unit: &Call,
    planned: &[data::Step],
    project: duban_entities::ids::ProjectId,
    today: NaiveDate,
) -> Result<duban_entities::ids::ChangeRequestId> {
    let filter = ChangeRequestFilter {
        project: Some(project),
        states: Some(vec![ChangeState::Proposed]),
        ..ChangeRequestFilter::default()
    };
    let waiting = services
        .changes(unit, &filter, &PageRequest::default())
        .await?;
    if let Some((_, row)) = waiting.rows.first() {
        return Ok(row.id);
    }
    let input = MilestonesPlan {
        project,
        milestones: Some(planned.iter().map(|step| step.planned(today)).collect()),
        template: None,
        starts_on: None,
        reason: Some(REASON.to_owned()),
        expected_version: None,
        idempotency_key: None,
    };
    services.plan_milestones(unit, input).await
}

async fn assign(
    services: &Services,
    office: &Call,
    assignment: &Assignment,
    project: duban_entities::ids::ProjectId,
) -> Result<()> {
    let lead = unit(services, office, &assignment.lead_unit).await?;
    let mut cooperating = Vec::new();
    for code in assignment.cooperating() {
        cooperating.push(unit(services, office, code).await?);
    }
    services
        .assign_one(
            office,
            AssignOne {
                project,
                lead: Some(Lead::Unit(lead)),
                cooperating: (!cooperating.is_empty()).then_some(cooperating),
                reason: Some(assignment.reason.clone()),
                expected_version: None,
            },
        )
        .await
        .map(|_| ())
}

async fn unit(services: &Services, call: &Call, code: &str) -> Result<duban_entities::ids::UnitId> {
    let row = services.unit(call, &UnitBy::Code(code.to_owned())).await?;
    Ok(row.id)
}

async fn claim(
    services: &Services,
    (unit, office): (&Call, &Call),
    planned: &[data::Step],
    project: duban_entities::ids::ProjectId,
    today: NaiveDate,
) -> Result<()> {
    let filter = TaskFilter {
        project: Some(project),
        ..TaskFilter::default()
    };
    let order = (TaskOrder::DueDate, Direction::Ascending);
    let page = services
        .tasks(unit, &filter, order, &PageRequest::default())
        .await?;
    for (_, task) in page.rows {
        let step = planned.iter().find(|step| step.title == task.title);
        let wanted = step.map_or(TaskState::Open, |step| step.state);
        if task.state != TaskState::Open || wanted == TaskState::Open {
            continue;
        }
        let done_on = task.due_date.map_or(today, |due| due.min(today));
        services
            .claim_task(
                unit,
                TaskClaim {
                    task: task.id,
                    note: Some(REASON.to_owned()),
                    completed_on: Some(done_on),
                    evidence: Vec::new(),
                    expected_version: None,
                    idempotency_key: None,
                },
            )
            .await?;
        if wanted == TaskState::Done {
            let input = TaskVerify {
                task: task.id,
                note: Some(REASON.to_owned()),
                expected_version: None,
            };
            services.verify_task(office, input).await?;
        }
    }
    Ok(())
}

impl data::Step {
    fn planned(&self, today: NaiveDate) -> PlannedMilestone {
        let days = Days::new(self.days_from_today.unsigned_abs());
        let due = if self.days_from_today < 0 {
            today.checked_sub_days(days)
        } else {
            today.checked_add_days(days)
        };
        PlannedMilestone {
            title: self.title.clone(),
            due_date: due.unwrap_or(today),
            weight: self.weight * 100,
            unit_id: None,
        }
    }
}

async fn lines(services: &Services, data: &Data, call: &Call) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for user in &data.users {
        let scope = user.scope(services, call).await?;
        lines.push(format!(
            "sign-in\t{}\t{PASSWORD}\t{}\t{scope}",
            user.username, user.role
        ));
    }
    Ok(lines)
}
