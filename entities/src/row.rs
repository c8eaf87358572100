//! Rows that are read from left to right: no name is looked up for a cell, and none goes
//! through a value of any type.
//!
//! The columns of a table stand in the order of its entity's fields, which is that of the
//! entity's selects.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

pub use duban_entities_derive::FromCells;

/// The cells of one row, from left to right, as a driver holds them. Each is nothing where it
/// is null.
pub trait Cells: Sized {
    /// Why a cell cannot be read.
    type Error;

    /// The next cell, a UUID.
    ///
    /// # Errors
    /// When it is something else.
    fn uuid(&mut self) -> Result<Option<Uuid>, Self::Error>;

    /// The next cell, a whole number.
    ///
    /// # Errors
    /// When it is something else.
    fn integer<T: TryFrom<i64>>(&mut self) -> Result<Option<T>, Self::Error>;

    /// The next cell, a text, as what `read` makes of it.
    ///
    /// # Errors
    /// When it is something else, or `read` makes nothing of it.
    fn text<T>(&mut self, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Self::Error>;

    /// The next cell, a date.
    ///
    /// # Errors
    /// When it is something else.
    fn date(&mut self) -> Result<Option<NaiveDate>, Self::Error>;

    /// The next cell, an instant.
    ///
    /// # Errors
    /// When it is something else.
    fn instant(&mut self) -> Result<Option<DateTime<Utc>>, Self::Error>;

    /// The cell that was read last is null, where something is wanted.
    fn missing(&self) -> Self::Error;

    /// The next cell.
    ///
    /// # Errors
    /// When it is of another type, or null where something is wanted.
    #[inline]
    fn take<T: Cell>(&mut self) -> Result<T, Self::Error> {
        T::stored(self)?.ok_or_else(|| self.missing())
    }
}

/// What can stand in a cell.
pub trait Cell: Sized + Send + 'static {
    /// Takes the next cell; nothing where it is null and something is wanted.
    ///
    /// # Errors
    /// When it is of another type.
    fn stored<C: Cells>(cells: &mut C) -> Result<Option<Self>, C::Error>;
}

/// What can be made of the cells of a row, and handed to another thread.
pub trait FromCells: Sized + Send + 'static {
    /// Takes the cells from left to right.
    ///
    /// # Errors
    /// When one is of another type.
    fn from_cells<C: Cells>(cells: &mut C) -> Result<Self, C::Error>;
}

impl<T: Cell> Cell for Option<T> {
    #[inline]
    fn stored<C: Cells>(cells: &mut C) -> Result<Option<Self>, C::Error> {
        T::stored(cells).map(Some)
    }
}

/// Says how a type is read.
macro_rules! cells {
    ($($type:ty: |$cells:ident| $read:expr;)+) => {
        $(impl Cell for $type {
            #[inline]
            fn stored<C: Cells>($cells: &mut C) -> Result<Option<Self>, C::Error> {
                $read
            }
        })+
    };
}

cells! {
    i32: |cells| cells.integer();
    i64: |cells| cells.integer();
    Uuid: |cells| cells.uuid();
    bool: |cells| Ok(cells.integer()?.map(|number: i64| number != 0));
    String: |cells| cells.text(|text| Some(text.to_owned()));
    NaiveDate: |cells| cells.date();
    DateTime<Utc>: |cells| cells.instant();
}

impl<A: Cell> FromCells for (A,) {
    fn from_cells<C: Cells>(cells: &mut C) -> Result<Self, C::Error> {
        Ok((cells.take()?,))
    }
}

impl<A: Cell, B: Cell> FromCells for (A, B) {
    fn from_cells<C: Cells>(cells: &mut C) -> Result<Self, C::Error> {
        Ok((cells.take()?, cells.take()?))
    }
}

impl<A: Cell, B: Cell, D: Cell> FromCells for (A, B, D) {
    fn from_cells<C: Cells>(cells: &mut C) -> Result<Self, C::Error> {
        Ok((cells.take()?, cells.take()?, cells.take()?))
    }
}
