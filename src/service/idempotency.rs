//! The same key and input answers the same ids; nothing is done twice.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::store::ledger::hex;
use crate::store::{Work, idempotency};

/// A key that came with a mutation's input.
#[derive(Debug)]
pub(super) struct Key {
    mutation: &'static str,
    key: String,
    input_hash: String,
}

impl Key {
    /// The key of an input, if it has one. The hash covers everything but the key.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the key is empty or longer than 200 characters.
    pub(super) fn of(
        mutation: &'static str,
        key: Option<&str>,
        input: &impl Serialize,
    ) -> Result<Option<Self>> {
        let Some(key) = key else { return Ok(None) };
        let length = key.chars().count();
        if length == 0 || length > 200 || key.chars().any(char::is_control) {
            return Err(Error::invalid("idempotencyKey", "1 to 200 characters"));
        }
        let json = serde_json::to_vec(input).map_err(Error::internal)?;
        Ok(Some(Self {
            mutation,
            key: key.to_owned(),
            input_hash: hex(&Sha256::digest(json)),
        }))
    }
}

/// The answer once given under the key, if there was one.
///
/// # Errors
/// [`Error::Invalid`] when the key was used with another input.
pub(super) async fn replay<T: DeserializeOwned>(
    work: &Work,
    key: Option<&Key>,
) -> Result<Option<T>> {
    let (Some(key), Some(user)) = (key, work.principal().user_id()) else {
        return Ok(None);
    };
    idempotency::queue(work.connection(), user, key.mutation, &key.key).await?;
    let found =
        idempotency::find(work.connection(), user, key.mutation, &key.key, work.at()).await?;
    let Some(found) = found else { return Ok(None) };
    if found.input_hash != key.input_hash {
        return Err(Error::invalid(
            "idempotencyKey",
            "this key was used with another input",
        ));
    }
    serde_json::from_str(&found.result)
        .map(Some)
        .map_err(Error::internal)
}

/// Keeps the answer for 30 days.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub(super) async fn remember(
    work: &Work,
    key: Option<Key>,
    result: &(impl Serialize + Sync),
) -> Result<()> {
    let (Some(key), Some(user)) = (key, work.principal().user_id()) else {
        return Ok(());
    };
    let row = duban_entities::idempotency::Model {
        user_id: user,
        mutation: key.mutation.to_owned(),
        key: key.key,
        input_hash: key.input_hash,
        result: serde_json::to_string(result).map_err(Error::internal)?,
        created_at: work.at(),
    };
    idempotency::keep(work.connection(), row).await
}
