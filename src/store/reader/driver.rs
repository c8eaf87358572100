//! Cells of the rows that the pool's drivers hand over.

use chrono::{DateTime, NaiveDate, Utc};
use duban_entities::row::{Cells, FromCells};
use sea_orm::{ConnectionTrait, QueryResult, Statement};
use sqlx::{ColumnIndex, Database, Decode, Row, Type, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

use crate::error::{Error, Result};

/// Every row of a statement, as what it is made into.
pub(super) async fn rows<T: FromCells>(
    on: &impl ConnectionTrait,
    statement: Statement,
) -> Result<Vec<T>> {
    let rows = on.query_all_raw(statement).await?;
    rows.into_iter().map(|row| made(&row)).collect()
}

/// As [`rows`], row by row.
pub(super) async fn for_each<T: FromCells>(
    on: &impl ConnectionTrait,
    statement: Statement,
    mut take: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let rows = on.query_all_raw(statement).await?;
    rows.into_iter().try_for_each(|row| take(made(&row)?))
}

fn made<T: FromCells>(row: &QueryResult) -> Result<T> {
    if let Some(row) = row.try_as_pg_row() {
        return T::from_cells(&mut DriverCells::of(row));
    }
    match row.try_as_sqlite_row() {
        Some(row) => T::from_cells(&mut DriverCells::of(row)),
        None => Err(Error::internal("a row of another database")),
    }
}

/// The cells of one row, from left to right.
struct DriverCells<'r, R> {
    row: &'r R,
    next: usize,
}

impl<'r, R> DriverCells<'r, R>
where
    R: Row,
    usize: ColumnIndex<R>,
{
    const fn of(row: &'r R) -> Self {
        Self { row, next: 0 }
    }

    fn cell<T>(&mut self) -> Result<Option<T>>
    where
        T: Decode<'r, R::Database> + Type<R::Database>,
    {
        let cell = self.row.try_get(self.next).map_err(Error::internal);
        self.next += 1;
        cell
    }

    fn unreadable(&self, what: &str) -> Error {
        Error::internal(format!(
            "column {} holds a {what} that is none of its own",
            self.next
        ))
    }
}

impl<'r, R> Cells for DriverCells<'r, R>
where
    R: Row,
    usize: ColumnIndex<R>,
    bool: Type<R::Database>,
    i16: Type<R::Database>,
    i32: Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
    NaiveDate: Decode<'r, R::Database> + Type<R::Database>,
    DateTime<Utc>: Decode<'r, R::Database> + Type<R::Database>,
{
    type Error = Error;

    fn uuid(&mut self) -> Result<Option<Uuid>> {
        self.cell()
    }

    /// A number of any size, or a truth value: PostgreSQL's driver reads all of them as the
    /// whole numbers that they are.
    fn integer<T: TryFrom<i64>>(&mut self) -> Result<Option<T>> {
        let cell = self.row.try_get_raw(self.next).map_err(Error::internal)?;
        self.next += 1;
        if cell.is_null() {
            return Ok(None);
        }
        let of = cell.type_info();
        if !is_whole::<R::Database>(&of) {
            let (number, found) = (self.next, of.name());
            let message = format!("column {number} holds {found}, not a whole number");
            return Err(Error::internal(message));
        }
        let number = i64::decode(cell).map_err(Error::internal)?;
        let fits = T::try_from(number).map(Some);
        fits.map_err(|_| self.unreadable("number"))
    }

    fn text<T>(&mut self, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
        let Some(text) = self.cell::<&str>()? else {
            return Ok(None);
        };
        let made = read(text).map(Some);
        made.ok_or_else(|| self.unreadable("text"))
    }

    fn date(&mut self) -> Result<Option<NaiveDate>> {
        self.cell()
    }

    fn instant(&mut self) -> Result<Option<DateTime<Utc>>> {
        self.cell()
    }

    fn missing(&self) -> Error {
        Error::internal(format!("column {} is null", self.next))
    }
}

fn is_whole<DB: Database>(of: &DB::TypeInfo) -> bool
where
    bool: Type<DB>,
    i16: Type<DB>,
    i32: Type<DB>,
    i64: Type<DB>,
{
    i64::compatible(of) || i32::compatible(of) || i16::compatible(of) || bool::compatible(of)
}
