//! What may wait for a person: the tasks and change requests in which somebody of their
//! roles and reach could act. The conditions mirror the policy coarsely, which then decides
//! of each row.

use duban_entities::ids::{AreaId, JurisdictionId, ProjectId, UnitId};
use duban_entities::vocabulary::{Role, TaskKind, TaskState};
use duban_entities::{change_request, project, task};
use sea_orm::{ColumnTrait, Condition, QueryFilter};

use super::changes;
use super::scope::projects_in_areas;
use super::today::Today;
use crate::error::Result;
use crate::policy::{Credential, Principal, Scope};
use crate::store::Reads;
use crate::store::reader;

/// Where a person acts.
#[derive(Debug, Default)]
struct Desk {
    /// Units for which they report.
    units: Vec<UnitId>,
    /// Jurisdictions that they supervise as a whole.
    jurisdictions: Vec<JurisdictionId>,
    /// Areas that they supervise.
    areas: Vec<AreaId>,
}

fn desk(principal: &Principal) -> Desk {
    let mut desk = Desk::default();
    let reads_only = matches!(principal.credential, Credential::ApiToken(_));
    if reads_only || principal.must_change_password {
        return desk;
    }
    for held in &principal.grants {
        match (held.role, &held.scope) {
            (Role::Reporter | Role::Signatory, Scope::Unit { within, .. }) => {
                desk.units.extend(within);
            }
            (Role::Supervisor, Scope::Jurisdiction(id)) => desk.jurisdictions.push(*id),
            (Role::Supervisor, Scope::Area { area, .. }) => desk.areas.push(*area),
            _ => {}
        }
    }
    desk
}

/// The tasks that may wait for the person: one statement, none where nothing can wait.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn tasks(
    connection: &impl Reads,
    principal: &Principal,
    today: &Today,
    soon_days: u16,
) -> Result<Vec<task::Model>> {
    use task::Column;
    let desk = desk(principal);
    let mut waiting = Condition::any();
    let mut any = false;
    if !desk.units.is_empty() {
        any = true;
        let owed = Condition::all()
            .add(Column::UnitId.is_in(desk.units.clone()))
            .add(pressing(today, soon_days));
        let answered = Condition::all()
            .add(Column::RaisedUnitId.is_in(desk.units))
            .add(Column::Kind.eq(TaskKind::Issue))
            .add(Column::State.eq(TaskState::Submitted));
        waiting = waiting.add(owed).add(answered);
    }
    let (supervised, supervises) = supervised(
        desk.jurisdictions,
        desk.areas,
        Column::JurisdictionId,
        Column::ProjectId,
    );
    if supervises {
        any = true;
        waiting = waiting.add(supervised.add(office()));
    }
    if !any {
        return Ok(Vec::new());
    }
    let select = reader::find::<task::Entity>().filter(waiting);
    reader::all(connection, select).await
}

/// Open, with its clock running, and near enough where it is a milestone.
fn pressing(today: &Today, soon_days: u16) -> Condition {
    use task::Column;
    let milestone = Condition::any()
        .add(Column::Kind.ne(TaskKind::Milestone))
        .add(Column::ReturnCount.gt(0))
        .add(today.overdue())
        .add(today.due_soon(soon_days.into()));
    Condition::all()
        .add(Column::State.eq(TaskState::Open))
        .add(Column::ClockStoppedOn.is_null())
        .add(milestone)
}

/// What waits for an office: what was submitted, and issues that it owes itself.
fn office() -> Condition {
    use task::Column;
    let submitted = Condition::all()
        .add(Column::State.eq(TaskState::Submitted))
        .add(Column::Kind.ne(TaskKind::Issue));
    let own = Condition::all()
        .add(Column::State.eq(TaskState::Open))
        .add(Column::Kind.eq(TaskKind::Issue))
        .add(Column::UnitId.is_null())
        .add(Column::ClockStoppedOn.is_null());
    Condition::any().add(submitted).add(own)
}

/// Rows of these jurisdictions, or of projects in these areas; and whether there are any.
fn supervised<C: ColumnTrait>(
    jurisdictions: Vec<JurisdictionId>,
    areas: Vec<AreaId>,
    jurisdiction: C,
    project: C,
) -> (Condition, bool) {
    let any = !jurisdictions.is_empty() || !areas.is_empty();
    let mut within = Condition::any();
    if !jurisdictions.is_empty() {
        within = within.add(jurisdiction.is_in(jurisdictions));
    }
    if !areas.is_empty() {
        within = within.add(project.in_subquery(projects_in_areas(areas)));
    }
    (Condition::all().add(within), any)
}

/// The change requests that may wait for the person's decision: one statement at most.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn changes(
    connection: &impl Reads,
    principal: &Principal,
) -> Result<Vec<change_request::Model>> {
    use change_request::Column;
    let desk = desk(principal);
    let (supervised, supervises) = supervised(
        desk.jurisdictions,
        desk.areas,
        Column::JurisdictionId,
        Column::ProjectId,
    );
    if !supervises {
        return Ok(Vec::new());
    }
    let select = reader::find::<change_request::Entity>()
        .filter(supervised)
        .filter(changes::waits());
    reader::all(connection, select).await
}

/// These projects, for the policy's questions: who may see them is decided there.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn projects(
    connection: &impl Reads,
    mut ids: Vec<ProjectId>,
) -> Result<Vec<project::Model>> {
    ids.sort();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let select = reader::find::<project::Entity>().filter(project::Column::Id.is_in(ids));
    reader::all(connection, select).await
}
