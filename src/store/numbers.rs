//! Numbers of documents: per jurisdiction, series and year, from 1, without gaps or doubles.

use duban_entities::document_number::{ActiveModel, Column, Entity};
use duban_entities::ids::JurisdictionId;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryTrait};

use super::{Work, reader};
use crate::error::{Error, Result};
use crate::store::Reads as _;

/// What is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// Orders.
    Order,
    /// Briefings.
    Briefing,
}

impl Series {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "ORDER",
            Self::Briefing => "BRIEFING",
        }
    }
}

/// The next number of a series. Its row stays locked until the transaction ends, so that
/// whoever comes second waits and gets the next one, and a number that was rolled back is
/// given again.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database refuses.
pub async fn next(
    work: &Work,
    jurisdiction: JurisdictionId,
    series: Series,
    year: i32,
) -> Result<i32> {
    let first = ActiveModel {
        jurisdiction_id: Set(jurisdiction),
        series: Set(series.as_str().to_owned()),
        year: Set(year),
        last: Set(1),
    };
    let one_more = Expr::col((Entity, Column::Last)).add(1);
    let conflict = OnConflict::columns([Column::JurisdictionId, Column::Series, Column::Year])
        .value(Column::Last, one_more)
        .to_owned();
    let mut insert = Entity::insert(first).on_conflict(conflict).into_query();
    insert.returning_col(Column::Last);
    let on = work.connection();
    let given = reader::written(on, on.backend().build(&insert)).await?;
    let last = given.first().map(|(last,)| *last);
    last.ok_or_else(|| Error::internal("no number was given"))
}
