//! Lists as the ledger shows them: keys instead of codes, like every other field.

use chrono::NaiveDate;
use duban_entities::task_evidence;
use serde::Serialize;

use super::cell::Ids;
use super::parts::of_text;
use crate::error::{Error, Result};

/// A list's text with keys in the place of codes: `[{"unit":"unit_…","role_words":"…"}]`.
/// Areas, which are codes alone, become keys with a space between.
pub(super) fn list(column: &str, text: Option<&str>, ids: &Ids) -> Result<Option<String>> {
    let Some(text) = text else {
        return Ok(None);
    };
    if column == "areas" {
        let keys: Result<Vec<String>> = text
            .split(';')
            .map(|code| ids.areas.id(code).map(|id| id.to_string()))
            .collect();
        return Ok(Some(keys?.join(" ")));
    }
    let mut members = of_text(Some(text))?;
    for member in &mut members {
        if let Some(unit) = member.get_mut("unit") {
            *unit = ids.units.id(unit)?.to_string();
        }
        if let Some(clause) = member.get_mut("clause") {
            *clause = ids.clauses.id(clause)?.to_string();
        }
    }
    serde_json::to_string(&members)
        .map(Some)
        .map_err(Error::internal)
}

/// A reference to a document, as a claim's references stand in the ledger.
#[derive(Debug, Serialize)]
struct Reference<'a> {
    title: &'a str,
    document_number: Option<&'a str>,
    date: Option<NaiveDate>,
    url: Option<&'a str>,
    sha256: Option<&'a str>,
}

/// The one document that shows a milestone done.
pub(super) fn evidence(row: &task_evidence::Model) -> Result<String> {
    let reference = Reference {
        title: &row.title,
        document_number: row.document_number.as_deref(),
        date: row.document_date,
        url: row.url.as_deref(),
        sha256: row.sha256.as_deref(),
    };
    serde_json::to_string(&[reference]).map_err(Error::internal)
}
