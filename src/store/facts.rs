//! Loads what the policy needs to know, for one thing or for a page of them.

use std::collections::HashMap;

use duban_entities::ids::{AreaId, ProjectId, UnitId, UserId};
use duban_entities::vocabulary::ChangeKind;
use duban_entities::{
    change_request, cooperating_unit, grant, order_project, project, project_area, task,
};
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QuerySelect};

use crate::error::{Error, Result};
use crate::policy::{ChangeFacts, ProjectFacts, TaskFacts, UserFacts};
use crate::store::{Reads, reader};

/// Facts of one project.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn of_project(connection: &impl Reads, row: &project::Model) -> Result<ProjectFacts> {
    let mut facts = of_projects(connection, std::slice::from_ref(row)).await?;
    facts.remove(&row.id).ok_or(Error::NotFound)
}

/// Facts of several projects, in four statements.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn of_projects(
    connection: &impl Reads,
    rows: &[project::Model],
) -> Result<HashMap<ProjectId, ProjectFacts>> {
    let ids: Vec<ProjectId> = rows.iter().map(|row| row.id).collect();
    let mut facts: HashMap<ProjectId, ProjectFacts> = rows
        .iter()
        .map(|row| {
            let facts = ProjectFacts {
                jurisdiction: row.jurisdiction_id,
                areas: Vec::new(),
                lead: row.lead_unit_id,
                cooperating: Vec::new(),
                owing: Vec::new(),
            };
            (row.id, facts)
        })
        .collect();
    let select =
        project_area::Entity::find().filter(project_area::Column::ProjectId.is_in(ids.clone()));
    for row in reader::named(connection, select).await? {
        if let Some(facts) = facts.get_mut(&row.project_id) {
            facts.areas.push(row.area_id);
        }
    }
    let select = cooperating_unit::Entity::find()
        .filter(cooperating_unit::Column::ProjectId.is_in(ids.clone()));
    for row in reader::named(connection, select).await? {
        if let Some(facts) = facts.get_mut(&row.project_id) {
            facts.cooperating.push(row.unit_id);
        }
    }
    let select = task::Entity::find()
        .select_only()
        .columns([task::Column::ProjectId, task::Column::UnitId])
        .filter(task::Column::ProjectId.is_in(ids))
        .filter(task::Column::UnitId.is_not_null())
        .distinct();
    let owing: Vec<(Option<ProjectId>, Option<UnitId>)> =
        reader::tuples(connection, select).await?;
    let ordered = ordered_on(connection, rows).await?;
    for (project, unit) in owing.into_iter().chain(ordered) {
        if let Some(facts) = project.and_then(|id| facts.get_mut(&id)) {
            facts.owing.extend(unit);
        }
    }
    Ok(facts)
}

/// The units that answer an order which names these projects.
async fn ordered_on(
    connection: &impl Reads,
    rows: &[project::Model],
) -> Result<Vec<(Option<ProjectId>, Option<UnitId>)>> {
    let ids = rows.iter().map(|row| row.id);
    let select = order_project::Entity::find()
        .select_only()
        .column(order_project::Column::ProjectId)
        .column(task::Column::UnitId)
        .join(
            JoinType::InnerJoin,
            order_project::Entity::belongs_to(task::Entity)
                .from(order_project::Column::TaskId)
                .to(task::Column::Id)
                .into(),
        )
        .filter(order_project::Column::ProjectId.is_in(ids))
        .distinct();
    reader::tuples(connection, select).await
}

/// Facts of a task; `project` is its project, if it has one.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn of_task(
    connection: &impl Reads,
    row: &task::Model,
    project: Option<&project::Model>,
) -> Result<TaskFacts> {
    let project = match project {
        Some(project) => Some(of_project(connection, project).await?),
        None => None,
    };
    Ok(task_facts(row, project))
}

/// Facts of a task whose project's facts are known.
#[must_use]
pub const fn task_facts(row: &task::Model, project: Option<ProjectFacts>) -> TaskFacts {
    TaskFacts {
        kind: row.kind,
        jurisdiction: row.jurisdiction_id,
        project,
        unit: row.unit_id,
        raised_unit: row.raised_unit_id,
        submitted_by: row.submitted_by,
    }
}

/// Facts of a change request whose project's facts are known.
#[must_use]
pub fn change_facts(row: &change_request::Model, project: ProjectFacts) -> ChangeFacts {
    ChangeFacts {
        project,
        proposed_by: row.proposed_by,
        proposed_for: row.proposed_unit_id,
        new_lead: new_lead(row),
        new_areas: new_areas(row),
    }
}

/// The unit that a request for another lead names, from the row's content.
fn new_lead(row: &change_request::Model) -> Option<UnitId> {
    if row.kind != ChangeKind::Reassign {
        return None;
    }
    let content: serde_json::Value = serde_json::from_str(&row.content).ok()?;
    content.pointer("/reassign/to")?.as_str()?.parse().ok()
}

/// The areas that a request for other contents names, from the row's content.
fn new_areas(row: &change_request::Model) -> Option<Vec<AreaId>> {
    if row.kind != ChangeKind::Amend {
        return None;
    }
    let content: serde_json::Value = serde_json::from_str(&row.content).ok()?;
    let areas = content.pointer("/amend/after/areas")?.as_array()?.iter();
    Some(areas.filter_map(|id| id.as_str()?.parse().ok()).collect())
}

/// What a work that is only proposed would be: led by the unit that proposes it, in no area
/// yet.
#[must_use]
pub fn proposed_facts(row: &change_request::Model) -> ProjectFacts {
    ProjectFacts {
        jurisdiction: row.jurisdiction_id,
        areas: Vec::new(),
        lead: row.proposed_unit_id,
        cooperating: Vec::new(),
        owing: Vec::new(),
    }
}

/// Facts of a change request; `project` is its project, if it has one.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn of_change(
    connection: &impl Reads,
    row: &change_request::Model,
    project: Option<&project::Model>,
) -> Result<ChangeFacts> {
    let project = match project {
        Some(project) => of_project(connection, project).await?,
        None => proposed_facts(row),
    };
    Ok(change_facts(row, project))
}

/// Facts of a user.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn of_user(connection: &impl Reads, id: UserId) -> Result<UserFacts> {
    let select = grant::Entity::find().filter(grant::Column::UserId.eq(id));
    let grants = reader::named(connection, select).await?;
    Ok(UserFacts {
        id,
        jurisdictions: grants
            .into_iter()
            .map(|grant| grant.jurisdiction_id)
            .collect(),
    })
}
