//! Loads what the policy needs to know, for one thing or for a page of them.

use std::collections::HashMap;

use duban_entities::ids::{AreaId, ProjectId, UnitId, UserId};
use duban_entities::row::FromCells;
use duban_entities::vocabulary::ChangeKind;
use duban_entities::{change_request, cooperating_unit, grant, project, project_area, task};
use sea_orm::{ColumnTrait, QueryFilter, Statement};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::policy::{ChangeFacts, ProjectFacts, TaskFacts, UserFacts};
use crate::store::Reads;
use crate::store::reader;

/// What the policy is told of a project, with the rows that it is told from.
#[derive(Clone, Debug)]
pub struct Known {
    /// What the policy is told.
    pub facts: ProjectFacts,
    /// The links to the areas that it lies in.
    pub areas: Vec<project_area::Model>,
    /// The cooperating units, in order.
    pub cooperating: Vec<cooperating_unit::Model>,
}

/// What hangs on a project, by what it is. The cooperating units stand first: the types of
/// the columns are theirs. The units that owe a task are grouped as the index has them, which
/// alone is read; what the orders name, which are few, is not.
const PARTS: &str = "SELECT 0 AS part, project_id, unit_id AS other, position, role_words
        FROM cooperating_units WHERE project_id IN ({ids})
    UNION ALL SELECT 1, project_id, area_id, CAST(NULL AS integer), NULL
        FROM project_areas WHERE project_id IN ({ids})
    UNION ALL SELECT 2, project_id, unit_id, CAST(NULL AS integer), NULL
        FROM tasks WHERE project_id IN ({ids}) AND unit_id IS NOT NULL
        GROUP BY project_id, unit_id
    UNION ALL SELECT 2, order_projects.project_id, tasks.unit_id, CAST(NULL AS integer), NULL
        FROM order_projects JOIN tasks ON tasks.id = order_projects.task_id
        WHERE order_projects.project_id IN ({ids}) AND tasks.unit_id IS NOT NULL";

/// A row of [`PARTS`], in the order of its columns.
#[derive(FromCells)]
struct Part {
    part: i32,
    project_id: ProjectId,
    other: Uuid,
    position: Option<i32>,
    role_words: Option<String>,
}

impl Known {
    fn of(row: &project::Model) -> Self {
        Self {
            facts: ProjectFacts {
                jurisdiction: row.jurisdiction_id,
                areas: Vec::new(),
                lead: row.lead_unit_id,
                cooperating: Vec::new(),
                owing: Vec::new(),
            },
            areas: Vec::new(),
            cooperating: Vec::new(),
        }
    }

    fn add(&mut self, part: Part) {
        let project_id = part.project_id;
        match part.part {
            0 => self.cooperating.push(cooperating_unit::Model {
                project_id,
                unit_id: UnitId(part.other),
                role_words: part.role_words,
                position: part.position.unwrap_or_default(),
            }),
            1 => self.areas.push(project_area::Model {
                project_id,
                area_id: AreaId(part.other),
            }),
            // One that is named in an order may owe a task, too.
            _ => self.facts.owing.push(UnitId(part.other)),
        }
    }

    /// What the policy is told, once all parts are there.
    fn told(mut self) -> Self {
        self.cooperating.sort_unstable_by_key(|row| row.position);
        let units = self.cooperating.iter().map(|row| row.unit_id);
        self.facts.cooperating = units.collect();
        self.facts.areas = self.areas.iter().map(|row| row.area_id).collect();
        self
    }
}

/// Facts of one project.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn of_project(connection: &impl Reads, row: &project::Model) -> Result<ProjectFacts> {
    Ok(known(connection, row).await?.facts)
}

/// Facts of one project, with the rows that they are from.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn known(connection: &impl Reads, row: &project::Model) -> Result<Known> {
    let mut known = all_known(connection, std::slice::from_ref(row)).await?;
    known.remove(&row.id).ok_or(Error::NotFound)
}

/// Facts of several projects.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn of_projects(
    connection: &impl Reads,
    rows: &[project::Model],
) -> Result<HashMap<ProjectId, ProjectFacts>> {
    let known = all_known(connection, rows).await?.into_iter();
    Ok(known.map(|(id, known)| (id, known.facts)).collect())
}

/// As [`known`], of several projects: one statement.
async fn all_known(
    connection: &impl Reads,
    rows: &[project::Model],
) -> Result<HashMap<ProjectId, Known>> {
    let known = rows.iter().map(|row| (row.id, Known::of(row)));
    let mut known: HashMap<ProjectId, Known> = known.collect();
    if known.is_empty() {
        return Ok(known);
    }
    let each: Vec<String> = (1..=rows.len()).map(|n| format!("${n}")).collect();
    let sql = PARTS.replace("{ids}", &each.join(", "));
    let ids = rows.iter().map(|row| row.id.into());
    let statement = Statement::from_sql_and_values(connection.backend(), sql, ids);
    for part in reader::written::<Part>(connection, statement).await? {
        if let Some(known) = known.get_mut(&part.project_id) {
            known.add(part);
        }
    }
    let told = known.into_iter().map(|(id, known)| (id, known.told()));
    Ok(told.collect())
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
    let select = reader::find::<grant::Entity>().filter(grant::Column::UserId.eq(id));
    let grants = reader::all(connection, select).await?;
    Ok(UserFacts {
        id,
        jurisdictions: grants
            .into_iter()
            .map(|grant| grant.jurisdiction_id)
            .collect(),
    })
}
