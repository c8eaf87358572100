//! The cooperating units of a project, as a whole list.

use duban_entities::cooperating_unit;
use duban_entities::ids::ProjectId;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::error::Result;
use crate::store::Reads;

/// Puts these cooperating units in the place of the present ones.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database refuses.
pub async fn replace_cooperating(
    connection: &impl Reads,
    project: ProjectId,
    rows: Vec<cooperating_unit::Model>,
) -> Result<()> {
    cooperating_unit::Entity::delete_many()
        .filter(cooperating_unit::Column::ProjectId.eq(project))
        .exec(connection)
        .await?;
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    cooperating_unit::Entity::insert_many(rows)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}
