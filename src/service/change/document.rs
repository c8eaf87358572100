//! A document that somebody cites: title, number (文号), date.

use super::content::Document;
use crate::error::{Problems, Result};

/// A document whose texts are trimmed and fit to be kept; `field` is its name in the input.
///
/// # Errors
/// [`crate::error::Error::Invalid`].
pub(super) fn checked(field: &str, document: Option<Document>) -> Result<Option<Document>> {
    let Some(document) = document else {
        return Ok(None);
    };
    let number = document.number.map(|text| text.trim().to_owned());
    let document = Document {
        title: document.title.trim().to_owned(),
        number: number.filter(|text| !text.is_empty()),
        date: document.date,
    };
    let fits = |text: &str, most| {
        (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control)
    };
    let mut problems = Problems::default();
    problems.require(
        fits(&document.title, 200),
        &format!("{field}.title"),
        "1 to 200 characters, no control characters",
    );
    problems.require(
        document
            .number
            .as_deref()
            .is_none_or(|text| fits(text, 100)),
        &format!("{field}.number"),
        "at most 100 characters, no control characters",
    );
    problems.finish()?;
    Ok(Some(document))
}
