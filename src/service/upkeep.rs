//! Forgetting rows that no longer matter.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Call, Services};
use crate::error::Result;
use crate::store::{idempotency, sessions, throttle};

/// Rows that only protect or count are kept so long after they matter.
const THROTTLES_KEPT: TimeDelta = TimeDelta::days(1);
const SESSIONS_KEPT: TimeDelta = TimeDelta::days(30);
const KEYS_KEPT: TimeDelta = TimeDelta::days(30);

impl Services {
    /// Forgets old rows, at most every ten minutes.
    pub(super) async fn tidy_now_and_then(&self) {
        if self.credentials.is_tidying_due(self.clock.now())
            && let Err(error) = self.tidy().await
        {
            tracing::warn!(%error, "old rows were not forgotten");
        }
    }

    /// Forgets throttles, sessions and idempotency keys that no longer matter.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database fails.
    pub async fn tidy(&self) -> Result<()> {
        let context = Call::system("tidy", String::new()).write(None);
        self.store
            .write_alone(context, |work| {
                Box::pin(async move {
                    let ago = |kept: TimeDelta| -> DateTime<Utc> { work.at() - kept };
                    throttle::forget_older(work, ago(THROTTLES_KEPT)).await?;
                    sessions::forget_older(work, ago(SESSIONS_KEPT)).await?;
                    idempotency::forget_older(work.connection(), ago(KEYS_KEPT)).await
                })
            })
            .await
    }
}
