//! Values of SQLite's columns and parameters, stored as the pool's driver stores them.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rusqlite::types::{ToSqlOutput, Value as Stored, ValueRef};
use rusqlite::{Row, ToSql};
use sea_orm::Value;
use sea_orm::sea_query::{ColumnType, OptionEnum, ValueType};
use uuid::Uuid;

use crate::error::{Error, Result};

/// The cells of one row, from left to right.
#[derive(Debug)]
pub struct Cells<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl<'r> Cells<'r> {
    pub(super) const fn of(row: &'r Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    /// The next cell as a value of this type.
    ///
    /// # Errors
    /// [`Error::Internal`] when it is of another type.
    pub fn take<T: ValueType>(&mut self) -> Result<T> {
        let value = self.value(&T::column_type())?;
        T::try_from(value).map_err(Error::internal)
    }

    /// The next cell as a value of this type of column.
    pub(super) fn value(&mut self, of: &ColumnType) -> Result<Value> {
        let cell = self.row.get_ref(self.next).map_err(Error::internal)?;
        self.next += 1;
        value(of, cell).ok_or_else(|| {
            let (number, found) = (self.next, cell.data_type());
            Error::internal(format!("column {number} holds {found}, not {of:?}"))
        })
    }
}

/// What can be made of the cells of a row.
pub trait FromCells: Sized {
    /// Takes the cells from left to right.
    ///
    /// # Errors
    /// [`Error::Internal`] when one is of another type.
    fn from_cells(cells: &mut Cells<'_>) -> Result<Self>;
}

impl<A: ValueType> FromCells for (A,) {
    fn from_cells(cells: &mut Cells<'_>) -> Result<Self> {
        Ok((cells.take()?,))
    }
}

impl<A: ValueType, B: ValueType> FromCells for (A, B) {
    fn from_cells(cells: &mut Cells<'_>) -> Result<Self> {
        Ok((cells.take()?, cells.take()?))
    }
}

/// None where the cell is not of this type.
fn value(of: &ColumnType, cell: ValueRef<'_>) -> Option<Value> {
    let null = matches!(cell, ValueRef::Null);
    Some(match of {
        ColumnType::Uuid => Value::Uuid(unless(null, || uuid(cell))?),
        ColumnType::Boolean => Value::Bool(unless(null, || integer(cell).map(|n| n != 0))?),
        ColumnType::Integer => Value::Int(unless(null, || {
            integer(cell).and_then(|n| n.try_into().ok())
        })?),
        ColumnType::BigInteger => Value::BigInt(unless(null, || integer(cell))?),
        ColumnType::Date => Value::ChronoDate(unless(null, || text(cell)?.parse().ok())?),
        ColumnType::TimestampWithTimeZone => {
            Value::ChronoDateTimeUtc(unless(null, || instant(text(cell)?))?)
        }
        ColumnType::Text | ColumnType::String(_) => {
            Value::String(unless(null, || text(cell).map(str::to_owned))?)
        }
        _ => return None,
    })
}

/// Nothing for a null; else what is there, if it can be read.
fn unless<T>(null: bool, read: impl FnOnce() -> Option<T>) -> Option<Option<T>> {
    if null { Some(None) } else { read().map(Some) }
}

fn uuid(cell: ValueRef<'_>) -> Option<Uuid> {
    match cell {
        ValueRef::Blob(bytes) => Uuid::from_slice(bytes).ok(),
        _ => None,
    }
}

const fn integer(cell: ValueRef<'_>) -> Option<i64> {
    match cell {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    }
}

fn text(cell: ValueRef<'_>) -> Option<&str> {
    match cell {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some(at.with_timezone(&Utc))
}

/// A parameter of a statement.
#[derive(Debug)]
pub(super) struct Parameter<'v>(pub(super) &'v Value);

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let borrowed = |text| ToSqlOutput::Borrowed(ValueRef::Text(str::as_bytes(text)));
        let owned = |text| ToSqlOutput::Owned(Stored::Text(text));
        let number = |number| ToSqlOutput::Owned(Stored::Integer(number));
        let given = match self.0 {
            Value::Bool(given) => given.map(|given| number(i64::from(given))),
            Value::SmallInt(given) => given.map(|given| number(i64::from(given))),
            Value::Int(given) => given.map(|given| number(i64::from(given))),
            Value::BigInt(given) => given.map(number),
            Value::Unsigned(given) => given.map(|given| number(i64::from(given))),
            Value::BigUnsigned(Some(given)) => match <i64 as TryFrom<u64>>::try_from(*given) {
                Ok(given) => Some(number(given)),
                Err(error) => return Err(unbindable(error)),
            },
            Value::String(given) => given.as_deref().map(borrowed),
            Value::Enum(OptionEnum::Some(word)) => Some(borrowed(word.value.as_ref())),
            Value::Uuid(given) => {
                let bytes = given.as_ref().map(Uuid::as_bytes);
                bytes.map(|bytes| ToSqlOutput::Borrowed(ValueRef::Blob(bytes)))
            }
            Value::ChronoDate(given) => given.map(|date| owned(stored_date(date))),
            Value::ChronoDateTimeUtc(given) => given.map(|at| owned(stored_instant(at))),
            Value::BigUnsigned(None) | Value::Enum(OptionEnum::None(_)) => None,
            other => return Err(unbindable(format!("no column holds {other:?}"))),
        };
        Ok(given.unwrap_or(ToSqlOutput::Owned(Stored::Null)))
    }
}

fn unbindable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(error.into())
}

fn stored_date(date: NaiveDate) -> String {
    date.format("%F").to_string()
}

fn stored_instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, false)
}
