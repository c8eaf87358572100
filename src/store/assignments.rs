//! The cooperating units of a project, as a whole list.

use duban_entities::cooperating_unit;
use duban_entities::ids::ProjectId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::error::Result;
use crate::store::writes::{Run, Writes, insert_all};

/// Puts these cooperating units in the place of the present ones.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database refuses.
pub async fn replace_cooperating(
    connection: &impl Writes,
    project: ProjectId,
    rows: Vec<cooperating_unit::Model>,
) -> Result<()> {
    cooperating_unit::Entity::delete_many()
        .filter(cooperating_unit::Column::ProjectId.eq(project))
        .run(connection)
        .await?;
    insert_all::<cooperating_unit::Entity>(connection, rows).await
}
