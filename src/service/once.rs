//! Idempotency keys: the same key and input answers what was made before.

use duban_entities::idempotency;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::store::ledger::hex;
use crate::store::{Work, idempotency as rows};

const LONGEST_KEY: usize = 128;

/// A key under which one mutation takes effect once, for one user.
#[derive(Clone, Debug)]
pub struct Once {
    mutation: &'static str,
    key: String,
    input_hash: String,
}

impl Once {
    /// A key of this mutation. `input` is the input's text, without secrets: its hash is
    /// kept.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a key that is empty or longer than 128 characters.
    pub fn new(mutation: &'static str, key: &str, input: &str) -> Result<Self> {
        let well_formed = !key.is_empty()
            && key.len() <= LONGEST_KEY
            && key.bytes().all(|byte| byte.is_ascii_graphic());
        if !well_formed {
            let message = "1 to 128 visible ASCII characters";
            return Err(Error::invalid("idempotencyKey", message));
        }
        Ok(Self {
            mutation,
            key: key.to_owned(),
            input_hash: hex(&Sha256::digest(input.as_bytes())),
        })
    }

    /// What was made under this key before.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the key came with another input.
    pub async fn recall(&self, work: &Work) -> Result<Option<String>> {
        let Some(user) = work.principal().user_id() else {
            return Ok(None);
        };
        match rows::find(work, user, self.mutation, &self.key).await? {
            Some(row) if row.input_hash == self.input_hash => Ok(Some(row.result)),
            Some(_) => Err(Error::invalid("idempotencyKey", "it was used with another input")),
            None => Ok(None),
        }
    }

    /// Keeps what was made.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database fails.
    pub async fn remember(&self, work: &Work, result: String) -> Result<()> {
        let Some(user) = work.principal().user_id() else {
            return Ok(());
        };
        let row = idempotency::Model {
            user_id: user,
            mutation: self.mutation.to_owned(),
            key: self.key.clone(),
            input_hash: self.input_hash.clone(),
            result,
            created_at: work.at(),
        };
        rows::insert(work, row).await
    }
}
