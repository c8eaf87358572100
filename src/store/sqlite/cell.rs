//! Values of SQLite's columns and parameters, stored as the pool's driver stores them.

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Timelike, Utc};
use duban_entities::row::Cells;
use rusqlite::types::{ToSqlOutput, Value as Stored, ValueRef};
use rusqlite::{Row, ToSql};
use sea_orm::Value;
use sea_orm::sea_query::OptionEnum;
use uuid::Uuid;

use crate::error::{Error, Result};

/// The cells of one row, from left to right.
#[derive(Debug)]
pub struct RowCells<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl<'r> RowCells<'r> {
    pub(super) const fn of(row: &'r Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    /// What `read` makes of the next cell; nothing where it is null.
    #[inline]
    fn cell<T>(
        &mut self,
        wanted: &str,
        read: impl FnOnce(ValueRef<'_>) -> Option<T>,
    ) -> Result<Option<T>> {
        let cell = self.row.get_ref(self.next).map_err(Error::internal)?;
        self.next += 1;
        if matches!(cell, ValueRef::Null) {
            return Ok(None);
        }
        let unreadable = || {
            let (number, found) = (self.next, cell.data_type());
            Error::internal(format!("column {number} holds {found}, not {wanted}"))
        };
        read(cell).map(Some).ok_or_else(unreadable)
    }
}

impl Cells for RowCells<'_> {
    type Error = Error;

    #[inline]
    fn uuid(&mut self) -> Result<Option<Uuid>> {
        self.cell("a UUID", |cell| match cell {
            ValueRef::Blob(bytes) => Uuid::from_slice(bytes).ok(),
            _ => None,
        })
    }

    #[inline]
    fn integer<T: TryFrom<i64>>(&mut self) -> Result<Option<T>> {
        self.cell("a number of its size", |cell| match cell {
            ValueRef::Integer(number) => T::try_from(number).ok(),
            _ => None,
        })
    }

    #[inline]
    fn text<T>(&mut self, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
        self.cell("one of its texts", |cell| text(cell).and_then(read))
    }

    #[inline]
    fn date(&mut self) -> Result<Option<NaiveDate>> {
        self.cell("a date", |cell| {
            date(bytes(cell)?).or_else(|| text(cell)?.parse().ok())
        })
    }

    #[inline]
    fn instant(&mut self) -> Result<Option<DateTime<Utc>>> {
        self.cell("an instant", |cell| {
            instant(bytes(cell)?).or_else(|| {
                let at = DateTime::parse_from_rfc3339(text(cell)?).ok()?;
                Some(at.with_timezone(&Utc))
            })
        })
    }

    fn missing(&self) -> Error {
        Error::internal(format!("column {} is null", self.next))
    }
}

const fn bytes(cell: ValueRef<'_>) -> Option<&[u8]> {
    match cell {
        ValueRef::Text(bytes) => Some(bytes),
        _ => None,
    }
}

fn text(cell: ValueRef<'_>) -> Option<&str> {
    std::str::from_utf8(bytes(cell)?).ok()
}

/// A date as [`stored_date`] writes it, at a tenth of what chrono's parser takes, which knows
/// every other form, too.
fn date(text: &[u8]) -> Option<NaiveDate> {
    let &[c0, c1, y0, y1, b'-', m0, m1, b'-', d0, d1] = text else {
        return None;
    };
    let year = (two(c0, c1)? * 100 + two(y0, y1)?).cast_signed();
    NaiveDate::from_ymd_opt(year, two(m0, m1)?, two(d0, d1)?)
}

/// An instant as [`stored_instant`] writes it, as soon read as a [`date`].
fn instant(text: &[u8]) -> Option<DateTime<Utc>> {
    let (day, time) = text.strip_suffix(b"+00:00")?.split_at_checked(10)?;
    let (&[b'T', h0, h1, b':', m0, m1, b':', s0, s1], fraction) = time.split_first_chunk()? else {
        return None;
    };
    let nanos = match fraction {
        [] => 0,
        [b'.', digits @ ..] if !digits.is_empty() => {
            let left = 9_u32.checked_sub(digits.len().try_into().ok()?)?;
            number(digits)? * 10_u32.pow(left)
        }
        _ => return None,
    };
    let (hour, minute, second) = (two(h0, h1)?, two(m0, m1)?, two(s0, s1)?);
    let at = date(day)?.and_hms_nano_opt(hour, minute, second, nanos)?;
    Some(at.and_utc())
}

/// The number that two digits make.
const fn two(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    if tens < 10 && ones < 10 {
        Some((tens * 10 + ones) as u32)
    } else {
        None
    }
}

/// The number that at most nine digits make.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, digit| {
        digit
            .is_ascii_digit()
            .then(|| sum * 10 + u32::from(digit - b'0'))
    })
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

/// As chrono writes `%F`, at a tenth of the price.
fn stored_date(date: NaiveDate) -> String {
    let mut text = String::with_capacity(10);
    match write_date(&mut text, date) {
        Some(()) => text,
        None => date.format("%F").to_string(),
    }
}

/// As chrono writes [`SecondsFormat::AutoSi`], at a tenth of the price.
fn stored_instant(at: DateTime<Utc>) -> String {
    let mut text = String::with_capacity(32);
    match write_instant(&mut text, at) {
        Some(()) => text,
        None => at.to_rfc3339_opts(SecondsFormat::AutoSi, false),
    }
}

/// Nothing where the year has not four digits.
fn write_date(text: &mut String, date: NaiveDate) -> Option<()> {
    let year = u32::try_from(date.year())
        .ok()
        .filter(|year| *year <= 9_999)?;
    write_number(text, year, 4);
    for part in [date.month(), date.day()] {
        text.push('-');
        write_number(text, part, 2);
    }
    Some(())
}

/// Nothing where the year has not four digits, or the second is a leap second.
fn write_instant(text: &mut String, at: DateTime<Utc>) -> Option<()> {
    let nanos = Some(at.nanosecond()).filter(|nanos| *nanos < 1_000_000_000)?;
    write_date(text, at.date_naive())?;
    for (before, part) in [('T', at.hour()), (':', at.minute()), (':', at.second())] {
        text.push(before);
        write_number(text, part, 2);
    }
    let fraction = match nanos {
        0 => None,
        _ if nanos.is_multiple_of(1_000_000) => Some((nanos / 1_000_000, 3)),
        _ if nanos.is_multiple_of(1_000) => Some((nanos / 1_000, 6)),
        _ => Some((nanos, 9)),
    };
    if let Some((digits, width)) = fraction {
        text.push('.');
        write_number(text, digits, width);
    }
    text.push_str("+00:00");
    Some(())
}

/// A number by so many digits.
fn write_number(text: &mut String, number: u32, width: u32) {
    for place in (0..width).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        text.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;

    proptest! {
        #[test]
        fn what_is_stored_is_read(
            days in 1_i32..3_652_060,
            // Of the years 1 to 9999.
            seconds in -62_135_596_800_i64..253_402_300_800,
            nanos in 0_u32..1_000_000_000,
        ) {
            let day = NaiveDate::from_num_days_from_ce_opt(days).unwrap();
            prop_assert_eq!(date(stored_date(day).as_bytes()), Some(day));
            prop_assert_eq!(stored_date(day), day.format("%F").to_string());
            let milliseconds = nanos / 1_000_000 * 1_000_000;
            for nanos in [0, milliseconds, nanos / 1_000 * 1_000, nanos] {
                let at = DateTime::from_timestamp(seconds, nanos).unwrap();
                prop_assert_eq!(instant(stored_instant(at).as_bytes()), Some(at));
                prop_assert_eq!(stored_instant(at), at.to_rfc3339_opts(SecondsFormat::AutoSi, false));
            }
        }

        #[test]
        fn no_text_is_misread(
            seconds in any::<u32>(),
            fraction in "(\\.[0-9]{0,10})?",
            places in proptest::collection::vec(0_usize..40, 0..3),
            other in "[-0-9T:.+ Zt]?",
        ) {
            let at = DateTime::from_timestamp(i64::from(seconds), 0).unwrap();
            let mut text = stored_instant(at).replace('+', &format!("{fraction}+"));
            for place in places {
                if place < text.len() {
                    text.replace_range(place..=place, &other);
                }
            }
            let known = DateTime::parse_from_rfc3339(&text).ok().map(|at| at.to_utc());
            prop_assert_eq!(instant(text.as_bytes()).or(known), known);
            let text = &text[..text.len().min(10)];
            prop_assert_eq!(date(text.as_bytes()).or_else(|| text.parse().ok()), text.parse().ok());
        }
    }
}
