//! What changed, by field, and how the column of an entry holds it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The values of a subject's fields.
pub type Fields = BTreeMap<String, Option<String>>;

/// One changed field. Read strictly: another name in the place of `from` would stand for a
/// null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldChange {
    /// The field, in the API's name.
    pub field: Cow<'static, str>,
    /// The value before; none at a creation.
    pub from: Option<String>,
    /// The value after.
    pub to: Option<String>,
}

/// Changes as JSON, in both forms that an entry needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The canonical list: what is hashed, exported and served.
    pub(super) list: String,
    /// What the column holds. Where nothing stood before, as at a creation, an object of the
    /// new values: creations are most of a ledger, and this is about half of the list's bytes.
    /// Else the list itself.
    pub(super) column: String,
}

/// Writes changes that are sorted by field.
pub(super) fn write(changes: &[FieldChange]) -> Result<Written> {
    if changes.is_empty() || changes.iter().any(|change| change.from.is_some()) {
        let list = serde_json::to_string(changes).map_err(Error::internal)?;
        let column = list.clone();
        return Ok(Written { list, column });
    }
    let mut list = Vec::with_capacity(changes.len() * 64 + 2);
    let mut column = Vec::with_capacity(changes.len() * 32 + 2);
    for change in changes {
        let first = list.is_empty();
        list.extend_from_slice(if first {
            b"[{\"field\":"
        } else {
            b",{\"field\":"
        });
        column.push(if first { b'{' } else { b',' });
        write_text(&mut list, &mut column, Some(&change.field))?;
        list.extend_from_slice(b",\"from\":null,\"to\":");
        column.push(b':');
        write_text(&mut list, &mut column, change.to.as_deref())?;
        list.push(b'}');
    }
    list.push(b']');
    column.push(b'}');
    Ok(Written {
        list: String::from_utf8(list).map_err(Error::internal)?,
        column: String::from_utf8(column).map_err(Error::internal)?,
    })
}

/// Looks a text through for what must be escaped, and writes it to both.
fn write_text(list: &mut Vec<u8>, column: &mut Vec<u8>, text: Option<&str>) -> Result<()> {
    let start = list.len();
    serde_json::to_writer(&mut *list, &text).map_err(Error::internal)?;
    column.extend_from_slice(&list[start..]);
    Ok(())
}

/// Reads the column, in either form, sorted by field.
///
/// # Errors
/// [`Error::Internal`] when it is not the JSON it must be.
pub fn read(column: &str) -> Result<Vec<FieldChange>> {
    if !is_of_values(column) {
        return serde_json::from_str(column).map_err(Error::internal);
    }
    let values: Fields = serde_json::from_str(column).map_err(Error::internal)?;
    let changes = values.into_iter().map(|(field, to)| FieldChange {
        field: field.into(),
        from: None,
        to,
    });
    Ok(changes.collect())
}

/// Puts what the column says was there afterwards over what was there before.
///
/// # Errors
/// As [`read`].
pub(super) fn fold(column: &str, fields: &mut Fields) -> Result<()> {
    if is_of_values(column) {
        let mut values: Fields = serde_json::from_str(column).map_err(Error::internal)?;
        if fields.is_empty() {
            *fields = values;
        } else {
            fields.append(&mut values);
        }
    } else {
        let changes: Vec<FieldChange> = serde_json::from_str(column).map_err(Error::internal)?;
        let after = changes.into_iter();
        fields.extend(after.map(|change| (change.field.into_owned(), change.to)));
    }
    Ok(())
}

fn is_of_values(column: &str) -> bool {
    column.starts_with('{')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(field: &str, from: Option<&str>, to: Option<&str>) -> FieldChange {
        FieldChange {
            field: field.to_owned().into(),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
        }
    }

    #[test]
    fn both_forms_read_as_what_was_written() {
        let cases = [
            (vec![], "[]"),
            (
                vec![change("a", None, None), change("b", None, Some("\"督\""))],
                r#"{"a":null,"b":"\"督\""}"#,
            ),
            (
                vec![change("a", None, Some("1")), change("b", Some("2"), None)],
                r#"[{"field":"a","from":null,"to":"1"},{"field":"b","from":"2","to":null}]"#,
            ),
        ];
        for (changes, column) in cases {
            let written = write(&changes).unwrap();
            let list = serde_json::to_string(&changes).unwrap();
            assert_eq!(written.list, list);
            assert_eq!(read(&list).unwrap(), changes, "the list can always be read");
            assert_eq!(written.column, column);
            assert_eq!(read(column).unwrap(), changes);
            let after = changes.into_iter();
            let after: Fields = after
                .map(|change| (change.field.into_owned(), change.to))
                .collect();
            for before in [Fields::new(), [("z".to_owned(), None)].into()] {
                let mut expected = before.clone();
                expected.extend(after.clone());
                let mut fields = before;
                fold(column, &mut fields).unwrap();
                assert_eq!(fields, expected);
            }
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for column in [
            "",
            "null",
            "{",
            r#"{"a":1}"#,
            r#"[{"field":"a","to":"1","was":null}]"#,
        ] {
            assert!(read(column).is_err(), "{column}");
        }
    }
}
