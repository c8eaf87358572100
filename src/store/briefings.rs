//! Selects of published briefings.

use duban_entities::briefing;
use duban_entities::ids::{BriefingId, JurisdictionId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, Value};

use super::page::{Direction, Keyset, Page, PageRequest, SortKey};
use crate::error::Result;
use crate::store::Reads;
use crate::store::reader;

/// One page of a jurisdiction's published briefings, the latest month first.
///
/// # Errors
/// As [`PageRequest::window`].
pub async fn page(
    connection: &impl Reads,
    jurisdiction: JurisdictionId,
    request: &PageRequest,
) -> Result<Page<briefing::Model>> {
    let keyset = keyset();
    let window = request.window(&keyset)?;
    let mut select = reader::find::<briefing::Entity>()
        .filter(briefing::Column::JurisdictionId.eq(jurisdiction))
        .filter(window.condition.clone());
    for (expression, direction) in &window.order {
        select = select.order_by(expression.clone(), direction.clone());
    }
    let rows = reader::all(connection, select.limit(window.limit)).await?;
    window.page(keyset.name, rows, |row| vec![row.period.clone()])
}

/// A jurisdiction has one briefing a month: the month alone is unique.
fn keyset() -> Keyset {
    Keyset {
        name: "briefing.month",
        keys: vec![SortKey {
            expression: Expr::col((briefing::Entity, briefing::Column::Period)),
            direction: Direction::Descending,
            parse: |text| Some(Value::from(text)),
        }],
    }
}

/// How many a jurisdiction has.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn count(connection: &impl Reads, jurisdiction: JurisdictionId) -> Result<u64> {
    let select = reader::find::<briefing::Entity>()
        .filter(briefing::Column::JurisdictionId.eq(jurisdiction));
    reader::count(connection, select).await
}

/// The briefing of this id, whoever may see it: the caller asks the policy.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn by_id(connection: &impl Reads, id: BriefingId) -> Result<Option<briefing::Model>> {
    let select = reader::find::<briefing::Entity>().filter(briefing::Column::Id.eq(id));
    reader::one(connection, select).await
}

/// The briefings of these ids, whoever may see them: the caller asks the policy.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn by_ids(connection: &impl Reads, ids: Vec<BriefingId>) -> Result<Vec<briefing::Model>> {
    let select = reader::find::<briefing::Entity>().filter(briefing::Column::Id.is_in(ids));
    reader::all(connection, select).await
}

/// The briefing that a jurisdiction published for a month, `YYYY-MM`.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn of_month(
    connection: &impl Reads,
    jurisdiction: JurisdictionId,
    month: &str,
) -> Result<Option<briefing::Model>> {
    let select = reader::find::<briefing::Entity>()
        .filter(briefing::Column::JurisdictionId.eq(jurisdiction))
        .filter(briefing::Column::Period.eq(month));
    reader::one(connection, select).await
}
