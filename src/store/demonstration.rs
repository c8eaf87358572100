//! How far a demonstration has been set up: a row beside what imports wrote.

use std::collections::BTreeMap;

use duban_entities::{import_row, project, user};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityName, EntityTrait, IntoActiveModel, QueryFilter};

use crate::error::{Error, Result};
use crate::store::writes::Run;
use crate::store::{Reads, Store, Work, reader};

/// The mark of a database into which data are being generated: its rows lack most of their
/// indexes, and what is kept beside them.
pub const GENERATING: &str = "generating";

/// The mark of a database that holds generated data.
pub const GENERATED: &str = "generated";

const TABLE: &str = "demonstration";
const CODE: &str = "state";

/// The mark that was set last.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn mark(connection: &impl Reads) -> Result<Option<String>> {
    let select = reader::find::<import_row::Entity>()
        .filter(import_row::Column::TableName.eq(TABLE))
        .filter(import_row::Column::Code.eq(CODE));
    let row = reader::one(connection, select).await?;
    let Some(row) = row else { return Ok(None) };
    let content: BTreeMap<String, String> =
        serde_json::from_str(&row.content).map_err(Error::internal)?;
    Ok(content.get(CODE).cloned())
}

/// True for a database whose generating broke off.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn is_half_generated(store: &Store) -> Result<bool> {
    let table = import_row::Entity.table_name();
    if !store.has_table(table).await? {
        return Ok(false);
    }
    Ok(mark(store.read()).await?.as_deref() == Some(GENERATING))
}

/// Sets the mark.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database refuses.
pub async fn set_mark(work: &Work, mark: &str) -> Result<()> {
    let row = import_row::Model {
        table_name: TABLE.to_owned(),
        code: CODE.to_owned(),
        content: serde_json::json!({ CODE: mark }).to_string(),
        imported_at: work.at(),
    };
    let conflict = OnConflict::columns([import_row::Column::TableName, import_row::Column::Code])
        .update_columns([import_row::Column::Content, import_row::Column::ImportedAt])
        .to_owned();
    import_row::Entity::insert(row.into_active_model())
        .on_conflict(conflict)
        .run(work.connection())
        .await?;
    Ok(())
}

/// True for a database without a user and without a project.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn is_empty(connection: &impl Reads) -> Result<bool> {
    let users = reader::count(connection, reader::find::<user::Entity>()).await?;
    let projects = reader::count(connection, reader::find::<project::Entity>()).await?;
    Ok(users + projects == 0)
}
