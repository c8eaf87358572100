//! How far the duty to report has been turned into tasks, jurisdiction by jurisdiction.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use duban_entities::ids::JurisdictionId;
use duban_entities::{duty_mark, jurisdiction};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::error::{Error, Result};
use crate::store::writes::{Run, Writes};
use crate::store::{Reads, reader};

/// Every jurisdiction, by code, with its mark where it has one: two statements.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn marks(connection: &impl Reads) -> Result<Vec<(jurisdiction::Model, Option<String>)>> {
    let select = reader::find::<jurisdiction::Entity>().order_by_asc(jurisdiction::Column::Code);
    let rows = reader::all(connection, select).await?;
    let marks = reader::every::<duty_mark::Entity>(connection).await?;
    let mut marks: HashMap<JurisdictionId, String> = marks
        .into_iter()
        .map(|mark| (mark.jurisdiction_id, mark.period))
        .collect();
    Ok(rows
        .into_iter()
        .map(|row| {
            let mark = marks.remove(&row.id);
            (row, mark)
        })
        .collect())
}

/// The mark of a jurisdiction, locked on PostgreSQL until the transaction ends, so that of
/// several instances one makes the tasks. A jurisdiction without a mark gets this one.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub async fn lock(
    connection: &impl Writes,
    jurisdiction: JurisdictionId,
    first: &str,
    at: DateTime<Utc>,
) -> Result<duty_mark::Model> {
    let row = duty_mark::Model {
        jurisdiction_id: jurisdiction,
        period: first.to_owned(),
        swept_at: at,
    };
    let there = OnConflict::column(duty_mark::Column::JurisdictionId)
        .do_nothing()
        .to_owned();
    duty_mark::Entity::insert(row.into_active_model())
        .on_conflict(there)
        .run(connection)
        .await?;
    let mut select = reader::find::<duty_mark::Entity>()
        .filter(duty_mark::Column::JurisdictionId.eq(jurisdiction));
    if connection.backend() == DbBackend::Postgres {
        select = select.lock_exclusive();
    }
    let found = reader::one(connection, select).await?;
    found.ok_or_else(|| Error::internal("a mark of the duty to report was deleted"))
}

/// Moves a mark that is locked.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub async fn advance(
    connection: &impl Writes,
    jurisdiction: JurisdictionId,
    period: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    duty_mark::Entity::update_many()
        .col_expr(duty_mark::Column::Period, period.into())
        .col_expr(duty_mark::Column::SweptAt, at.into())
        .filter(duty_mark::Column::JurisdictionId.eq(jurisdiction))
        .run(connection)
        .await?;
    Ok(())
}
