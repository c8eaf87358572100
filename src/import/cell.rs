//! One cell: its text in canonical form, or what is wrong with it.

use chrono::NaiveDate;

use super::format::{Column, Kind};

/// The longest cell, in characters.
const LONGEST: usize = 10_000;

/// The most characters of a cell that a problem quotes.
const QUOTED: usize = 60;

/// What is wrong with a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// What was found.
    pub(super) found: String,
    /// What is expected.
    pub(super) expected: String,
}

/// Reads a cell. Empty is none, or the column's default.
pub(super) fn read(column: &Column, raw: &str) -> Result<Option<String>, Fault> {
    let text = raw.trim();
    if text.contains('\0') {
        return Err(fault("a NUL character", "text"));
    }
    let length = text.chars().count();
    if length > LONGEST {
        let found = format!("{length} characters");
        return Err(fault(&found, &format!("at most {LONGEST}")));
    }
    if text.is_empty() {
        return match column.default {
            Some(default) => Ok(Some(default.to_owned())),
            None if column.required => Err(fault("nothing", &expected(column.kind))),
            None => Ok(None),
        };
    }
    let canonical = canonical(column.kind, text);
    let wrong = || fault(&quoted(text), &expected(column.kind));
    canonical.map(Some).ok_or_else(wrong)
}

fn fault(found: &str, expected: &str) -> Fault {
    Fault {
        found: found.to_owned(),
        expected: expected.to_owned(),
    }
}

/// A text in quotation marks, cut where it is long.
pub(super) fn quoted(text: &str) -> String {
    let mut cut: String = text.chars().take(QUOTED).collect();
    if text.chars().nth(QUOTED).is_some() {
        cut.push('…');
    }
    format!("\"{}\"", cut.escape_debug())
}

fn canonical(kind: Kind, text: &str) -> Option<String> {
    match kind {
        Kind::Text => Some(text.to_owned()),
        Kind::Code => is_code(text).then(|| text.to_owned()),
        Kind::Codes => codes(text),
        Kind::Date => date(text).map(|day| day.to_string()),
        Kind::Integer => {
            let number: i32 = text.parse().ok()?;
            (number >= 0).then(|| number.to_string())
        }
        Kind::Decimal => is_decimal(text).then(|| text.to_owned()),
        Kind::Bool => matches!(text, "true" | "false").then(|| text.to_owned()),
        Kind::Word(words) => words.contains(&text).then(|| text.to_owned()),
        Kind::TimeZone => {
            let zone: chrono_tz::Tz = text.parse().ok()?;
            Some(zone.name().to_owned())
        }
    }
}

/// True for `[A-Z0-9][A-Z0-9./-]*`.
pub(super) fn is_code(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let mut bytes = text.bytes();
    bytes.next().is_some_and(letter) && bytes.all(|byte| letter(byte) || b"./-".contains(&byte))
}

fn codes(text: &str) -> Option<String> {
    let codes: Vec<&str> = text.split(';').map(str::trim).collect();
    codes
        .iter()
        .all(|code| is_code(code))
        .then(|| codes.join(";"))
}

/// A day in its only form: chrono alone would take `2025-1-5`.
fn date(text: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (day.to_string() == text).then_some(day)
}

fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.strip_prefix('-').unwrap_or(text);
    match number.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(number),
    }
}

/// What a cell must hold, for a person.
fn expected(kind: Kind) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Code => "a code of capital letters, digits and . / -".to_owned(),
        Kind::Codes => "codes of capital letters, digits and . / - with ; between".to_owned(),
        Kind::Date => "a day as YYYY-MM-DD".to_owned(),
        Kind::Integer => "a whole number from 0".to_owned(),
        Kind::Decimal => "a number such as 12.5".to_owned(),
        Kind::Bool => "true or false".to_owned(),
        Kind::Word(words) => format!("one of {}", words.join(", ")),
        Kind::TimeZone => "a time zone such as Asia/Shanghai".to_owned(),
    }
}
