//! Rows as values, and their checksum: the same on both databases.

use chrono::SecondsFormat;
use sea_orm::Value;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::store::ledger::hex;

/// The values of a row, a column each, in the entity's order.
pub type Row = Vec<Value>;

/// SHA-256 over rows in the order of their key. Each value is its length and its canonical
/// text, or a mark of its absence, so that no two rows read alike.
#[derive(Debug, Default)]
pub struct Checksum(Sha256);

impl Checksum {
    /// Adds a row.
    ///
    /// # Errors
    /// [`Error::Internal`] for a type of value that no column has.
    pub fn add(&mut self, row: &Row) -> Result<()> {
        for value in row {
            match text(value)? {
                Some(text) => {
                    self.0.update((text.len() as u64).to_be_bytes());
                    self.0.update(text.as_bytes());
                }
                None => self.0.update(u64::MAX.to_be_bytes()),
            }
        }
        Ok(())
    }

    /// The checksum, hexadecimal.
    #[must_use]
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// The canonical text of a value; none for NULL.
fn text(value: &Value) -> Result<Option<String>> {
    Ok(match value {
        Value::Bool(value) => value.map(|value| value.to_string()),
        Value::Int(value) => value.map(|value| value.to_string()),
        Value::BigInt(value) => value.map(|value| value.to_string()),
        Value::String(value) => value.clone(),
        Value::Uuid(value) => value.map(|value| value.to_string()),
        Value::ChronoDate(value) => value.map(|value| value.to_string()),
        Value::ChronoDateTimeUtc(value) => {
            value.map(|value| value.to_rfc3339_opts(SecondsFormat::Nanos, true))
        }
        other => {
            return Err(Error::internal(format!(
                "no canonical form is known of {other:?}"
            )));
        }
    })
}
