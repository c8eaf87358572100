//! The tables, each with what its entity knows of it.

use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, IdenStatic, Iterable, ModelTrait,
    PrimaryKeyToColumn, QueryFilter, QueryOrder, QuerySelect, Value,
};

use super::Row;
use crate::error::{Error, Result};

/// The rows behind a key, in the order of the key.
type Select = for<'a> fn(&'a DatabaseTransaction, Option<&'a [Value]>, u64) -> Rows<'a>;
type Rows<'a> = BoxFuture<'a, Result<Vec<Row>>>;

/// A table that is copied.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    name: fn() -> &'static str,
    columns: fn() -> Vec<&'static str>,
    keys: fn() -> Vec<&'static str>,
    parent: Option<&'static str>,
    pub(super) select: Select,
}

/// What is made from other tables, and so made anew in the target instead of copied: the
/// index of the search at the copy's end, the portfolio's tallies by the job that keeps them.
pub const DERIVED: [&str; 7] = [
    "search_grams",
    "search_marks",
    "search_texts",
    "search_units",
    "tallies",
    "tally_marks",
    "unit_tallies",
];

/// Every other table of the schema but the list of migrations: whatever a row refers to stands in
/// a table before its own. Tests hold the list against the databases' catalogues.
pub const TABLES: &[Table] = {
    use duban_entities::{
        api_token, area, briefing, change_request, citation, clause, cooperating_unit,
        document_number, duty_mark, grant, idempotency, import_row, indicator, jurisdiction,
        ledger, order, order_dismissal, order_project, order_task, plan, project, project_alias,
        project_area, project_external_id, project_investment, rating_adoption, rating_override,
        refresh_token, report_draft, report_revision, session, suggested_lead, target, task,
        task_evidence, throttle, unit, unit_alias, user,
    };
    &[
        Table::of::<jurisdiction::Entity>(),
        Table::of::<area::Entity>(),
        Table::of::<unit::Entity>().with_parent("parent_id"),
        Table::of::<unit_alias::Entity>(),
        Table::of::<plan::Entity>(),
        Table::of::<clause::Entity>().with_parent("parent_id"),
        Table::of::<indicator::Entity>(),
        Table::of::<user::Entity>(),
        Table::of::<grant::Entity>(),
        Table::of::<session::Entity>(),
        Table::of::<refresh_token::Entity>().with_parent("parent_id"),
        Table::of::<api_token::Entity>(),
        Table::of::<throttle::Entity>(),
        Table::of::<idempotency::Entity>(),
        Table::of::<project::Entity>().with_parent("parent_id"),
        Table::of::<project_area::Entity>(),
        Table::of::<project_alias::Entity>(),
        Table::of::<project_external_id::Entity>(),
        Table::of::<cooperating_unit::Entity>(),
        Table::of::<target::Entity>(),
        Table::of::<citation::Entity>(),
        Table::of::<suggested_lead::Entity>(),
        Table::of::<project_investment::Entity>(),
        Table::of::<import_row::Entity>(),
        Table::of::<task::Entity>(),
        Table::of::<task_evidence::Entity>(),
        Table::of::<change_request::Entity>(),
        Table::of::<report_draft::Entity>(),
        Table::of::<report_revision::Entity>(),
        Table::of::<document_number::Entity>(),
        Table::of::<briefing::Entity>(),
        Table::of::<order::Entity>(),
        Table::of::<order_project::Entity>(),
        Table::of::<order_task::Entity>(),
        Table::of::<order_dismissal::Entity>(),
        Table::of::<rating_adoption::Entity>(),
        Table::of::<rating_override::Entity>(),
        Table::of::<duty_mark::Entity>(),
        Table::of::<ledger::Entity>(),
    ]
};

impl Table {
    const fn of<E>() -> Self
    where
        E: EntityTrait,
        E::Model: Send + Sync,
    {
        Self {
            name: || E::default().table_name(),
            columns: || E::Column::iter().map(|column| column.as_str()).collect(),
            keys: || keys::<E>().map(|column| column.as_str()).collect(),
            parent: None,
            select: |on, after, limit| Box::pin(select::<E>(on, after, limit)),
        }
    }

    /// The column through which a row refers to another of the same table.
    const fn with_parent(mut self, column: &'static str) -> Self {
        self.parent = Some(column);
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        (self.name)()
    }

    /// Its columns, in the order of a [`Row`]'s values.
    #[must_use]
    pub fn columns(&self) -> Vec<&'static str> {
        (self.columns)()
    }

    /// The column through which a row refers to another of the same table.
    #[must_use]
    pub const fn parent(&self) -> Option<&'static str> {
        self.parent
    }

    /// Where the key's columns stand in a row.
    fn key_places(&self) -> Vec<usize> {
        let columns = self.columns();
        let keys = (self.keys)().into_iter();
        keys.filter_map(|key| columns.iter().position(|column| *column == key))
            .collect()
    }

    /// The key of a row.
    #[must_use]
    pub fn key(&self, row: &Row) -> Vec<Value> {
        let places = self.key_places().into_iter();
        places.filter_map(|at| row.get(at).cloned()).collect()
    }

    /// Says of an error which table it is about.
    pub(super) fn blame(&self, error: &Error) -> Error {
        match error {
            Error::Internal(cause) => Error::internal(format!("table {}: {cause}", self.name())),
            other => Error::internal(format!("table {}: {other}", self.name())),
        }
    }
}

fn keys<E: EntityTrait>() -> impl Iterator<Item = E::Column> {
    E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column)
}

async fn select<E>(
    on: &DatabaseTransaction,
    after: Option<&[Value]>,
    limit: u64,
) -> Result<Vec<Row>>
where
    E: EntityTrait,
    E::Model: Send + Sync,
{
    let mut select = E::find().limit(limit);
    for key in keys::<E>() {
        select = select.order_by_asc(key);
    }
    if let Some(after) = after {
        select = select.filter(beyond::<E>(after));
    }
    let models = select.all(on).await?;
    let rows = models
        .iter()
        .map(|model| E::Column::iter().map(|column| model.get(column)).collect());
    Ok(rows.collect())
}

/// `(a, b) > (x, y)`: one range of the key's index, however many columns it has.
fn beyond<E: EntityTrait>(after: &[Value]) -> SimpleExpr {
    let columns: Vec<SimpleExpr> = keys::<E>()
        .map(|key| Expr::col(key.as_column_ref()))
        .collect();
    let values: Vec<SimpleExpr> = after.iter().cloned().map(Expr::value).collect();
    match (columns.as_slice(), values.as_slice()) {
        ([column], [value]) => column.clone().gt(value.clone()),
        _ => Expr::tuple(columns).gt(Expr::tuple(values)),
    }
}
