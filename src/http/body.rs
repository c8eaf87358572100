//! A request's body, read within a size and a time.

use std::io;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use poem::http::{HeaderMap, header};
use tokio::time::timeout;

use super::refusal::Refusal;
use crate::error::Error;

/// The longest body, in bytes.
pub const BODY_BYTES: usize = 262_144;

/// How long the rest of a refused body is read and thrown away. A client that is still
/// sending reads the refusal only if the connection is not reset under it.
const LINGER: Duration = Duration::from_secs(5);

/// A body that is not read yet.
pub(super) struct RequestBody {
    // A stream of chunks of unknown type, reduced to what is needed of them.
    chunks: BoxStream<'static, io::Result<Vec<u8>>>,
    declared: Option<u64>,
    ended: bool,
}

impl RequestBody {
    /// The body that belongs to these headers.
    pub(super) fn of(body: poem::Body, headers: &HeaderMap) -> Self {
        let declared = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        Self {
            ended: body.is_empty(),
            chunks: body
                .into_bytes_stream()
                .map(|chunk| chunk.map(|bytes| bytes.to_vec()))
                .boxed(),
            declared,
        }
    }

    /// Reads it all. The declared length is only ever a reason to refuse earlier.
    pub(super) async fn read(&mut self, within: Duration) -> Result<Vec<u8>, Refusal> {
        if self
            .declared
            .is_some_and(|length| length > BODY_BYTES as u64)
        {
            return Err(Refusal::too_large(BODY_BYTES));
        }
        timeout(within, self.collect())
            .await
            .unwrap_or_else(|_| Err(broken("the body did not arrive in time")))
    }

    async fn collect(&mut self) -> Result<Vec<u8>, Refusal> {
        let mut all = Vec::new();
        while let Some(chunk) = self.chunks.next().await {
            let chunk = chunk.map_err(|_| broken("the body broke off"))?;
            if all.len() + chunk.len() > BODY_BYTES {
                return Err(Refusal::too_large(BODY_BYTES));
            }
            all.extend_from_slice(&chunk);
        }
        self.ended = true;
        Ok(all)
    }

    /// Lets go of the body: what is left of it is thrown away beside the answer.
    pub(super) fn finish(mut self) {
        if !self.ended {
            tokio::spawn(async move {
                let rest = async { while let Some(Ok(_)) = self.chunks.next().await {} };
                // Out of time, the connection is closed by dropping the body.
                let _ = timeout(LINGER, rest).await;
            });
        }
    }
}

fn broken(problem: &str) -> Refusal {
    Error::invalid("body", problem).into()
}
