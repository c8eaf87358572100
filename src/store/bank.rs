//! The contents of a project as whole lists, and what a new one needs: a free code, a
//! title of its own.

use duban_entities::ids::{JurisdictionId, ProjectId};
use duban_entities::{
    citation, jurisdiction, project, project_alias, project_area, project_investment, target,
};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect};

use super::Work;
use crate::error::Result;
use crate::store::writes::{Run, Writes, insert_all};
use crate::store::{Reads, reader};

/// Puts these areas in the place of the present ones.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database refuses.
pub async fn replace_areas(
    connection: &impl Writes,
    project: ProjectId,
    rows: Vec<project_area::Model>,
) -> Result<()> {
    project_area::Entity::delete_many()
        .filter(project_area::Column::ProjectId.eq(project))
        .run(connection)
        .await?;
    insert_all::<project_area::Entity>(connection, rows).await
}

/// Puts these quantities in the place of the present ones.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database refuses.
pub async fn replace_targets(
    connection: &impl Writes,
    project: ProjectId,
    rows: Vec<target::Model>,
) -> Result<()> {
    target::Entity::delete_many()
        .filter(target::Column::ProjectId.eq(project))
        .run(connection)
        .await?;
    insert_all::<target::Entity>(connection, rows).await
}

/// Puts this planned investment in the place of the present one.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database refuses.
pub async fn replace_investments(
    connection: &impl Writes,
    project: ProjectId,
    rows: Vec<project_investment::Model>,
) -> Result<()> {
    project_investment::Entity::delete_many()
        .filter(project_investment::Column::ProjectId.eq(project))
        .run(connection)
        .await?;
    insert_all::<project_investment::Entity>(connection, rows).await
}

impl Work {
    /// Adds mentions of projects: their ledger entries are those of the projects.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database refuses.
    pub async fn add_citations(&mut self, rows: Vec<citation::Model>) -> Result<()> {
        let cited: Vec<ProjectId> = rows.iter().map(|row| row.project_id).collect();
        self.stale().parts_of_projects(cited);
        insert_all::<citation::Entity>(self.connection(), rows).await
    }
}

/// A jurisdiction that gets a new project, or one another title: locked on PostgreSQL until
/// the transaction ends, so that two of them queue for the next free code, or the title. Rows
/// that refer to it are not kept waiting.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn lock_jurisdiction(
    connection: &impl Reads,
    id: JurisdictionId,
) -> Result<Option<jurisdiction::Model>> {
    let mut select = reader::find::<jurisdiction::Entity>().filter(jurisdiction::Column::Id.eq(id));
    if connection.backend() == DbBackend::Postgres {
        select = select.lock(LockType::NoKeyUpdate);
    }
    reader::one(connection, select).await
}

/// Every code that begins so.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn codes_from(connection: &impl Reads, prefix: &str) -> Result<Vec<String>> {
    let select = reader::find::<project::Entity>()
        .select_only()
        .column(project::Column::Code)
        .filter(project::Column::Code.starts_with(prefix));
    let codes = reader::tuples(connection, select).await?.into_iter();
    Ok(codes.map(|(code,)| code).collect())
}

/// What the projects of a jurisdiction are called, other names too: each with the project and
/// its code.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn names(
    connection: &impl Reads,
    jurisdiction: JurisdictionId,
) -> Result<Vec<(ProjectId, String, String)>> {
    let select = reader::find::<project::Entity>()
        .select_only()
        .columns([
            project::Column::Id,
            project::Column::Code,
            project::Column::Title,
        ])
        .filter(project::Column::JurisdictionId.eq(jurisdiction));
    let mut names: Vec<(ProjectId, String, String)> = reader::tuples(connection, select).await?;
    let of = names.iter().map(|(id, code, _)| (*id, code.clone()));
    let codes: std::collections::HashMap<ProjectId, String> = of.collect();
    let aliases = reader::every::<project_alias::Entity>(connection).await?;
    for row in aliases {
        if let Some(code) = codes.get(&row.project_id) {
            names.push((row.project_id, code.clone(), row.alias));
        }
    }
    Ok(names)
}
