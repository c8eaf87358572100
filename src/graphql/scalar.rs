//! Scalars: dates, instants and decimals, as text on the wire.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{Datelike, NaiveDate, SecondsFormat, Utc};

use crate::store::record::decimal_of_hundredths;

/// Years that are no typing error.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// A calendar date, `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

/// A calendar date, `YYYY-MM-DD`.
#[Scalar(name = "Date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        date.filter(|date| date.to_string() == *text && YEARS.contains(&date.year()))
            .map(Self)
            .ok_or_else(|| InputValueError::custom("expected a date, YYYY-MM-DD, of 1900 to 2199"))
    }

    fn to_value(&self) -> Value {
        Value::String(written(self.0))
    }
}

/// A date in ten characters, at a fifth of what chrono takes, which writes every other date.
fn written(date: NaiveDate) -> String {
    let Ok(year @ 0..=9_999) = u32::try_from(date.year()) else {
        return date.to_string();
    };
    let (month, day) = (date.month(), date.day());
    let mut text = String::with_capacity(10);
    let places = [(year, 1_000), (year, 100), (year, 10), (year, 1)];
    let digit = |(number, place): (u32, u32)| char::from_digit(number / place % 10, 10);
    text.extend(places.into_iter().filter_map(digit));
    for number in [month, day] {
        text.push('-');
        text.extend([(number, 10), (number, 1)].into_iter().filter_map(digit));
    }
    text
}

/// An instant, RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime(pub chrono::DateTime<Utc>);

/// An instant, RFC 3339 in UTC.
#[Scalar(name = "DateTime")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        chrono::DateTime::parse_from_rfc3339(text)
            .map(|at| Self(at.with_timezone(&Utc)))
            .map_err(|_| InputValueError::custom("expected an instant, RFC 3339"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

/// A decimal number, as a string such as `"12.5"`: money in yuan, quantities, percentages
/// (0 to 100). Input also takes a JSON number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal(pub String);

/// A decimal number, as a string such as `"12.5"`: money in yuan, quantities, percentages
/// (0 to 100). Input also takes a JSON number.
#[Scalar(name = "Decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = match &value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return Err(InputValueError::expected_type(value)),
        };
        if is_plain_decimal(&text) {
            Ok(Self(text))
        } else {
            Err(InputValueError::custom(
                "expected a decimal number such as \"12.5\", at most 15 digits before the point and 6 behind",
            ))
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

fn is_plain_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(fraction) && whole.len() <= 15 && fraction.len() <= 6
}

impl Decimal {
    /// The number in hundredths, if it has no finer part and fits.
    #[must_use]
    pub fn hundredths(&self) -> Option<i32> {
        self.fen()?.try_into().ok()
    }

    /// An amount in yuan as fen, if it has no finer part and fits.
    #[must_use]
    pub fn fen(&self) -> Option<i64> {
        let (sign, digits) = match self.0.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, self.0.as_str()),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 2 {
            return None;
        }
        let fraction: i64 = format!("{fraction:0<2}").parse().ok()?;
        let whole: i64 = whole.parse().ok()?;
        whole
            .checked_mul(100)?
            .checked_add(fraction)?
            .checked_mul(sign)
    }

    /// The decimal of so many hundredths: fen as yuan.
    #[must_use]
    pub fn of_hundredths(hundredths: i64) -> Self {
        Self(decimal_of_hundredths(hundredths))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_chrono_writes_them() {
        let first = NaiveDate::from_ymd_opt(-3, 1, 1).unwrap();
        for date in first.iter_days().step_by(13).take(300_000) {
            assert_eq!(written(date), date.to_string());
        }
    }

    #[test]
    fn decimals_are_plain() {
        for (text, hundredths) in [
            ("12.5", Some(1250)),
            ("0.10", Some(10)),
            ("-3", Some(-300)),
            ("1.005", None),
        ] {
            assert_eq!(Decimal(text.to_owned()).hundredths(), hundredths, "{text}");
        }
        for text in ["", ".", "1.", ".5", "1e3", "+1", "1234567890123456", "NaN"] {
            assert!(!is_plain_decimal(text), "{text}");
        }
    }
}
