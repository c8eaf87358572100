//! What the program does by itself, beside serving: the duty to report, and the tallies'
//! step from one day to the next.
//!
//! A job enters at the same door as everybody, as a part of the system. Jobs are idempotent
//! and safe to run in several instances at once; an error is logged, and the next round
//! tries again.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::clock::new_id;
use crate::service::{Call, Services};

/// Jobs that run until they are told to stop.
#[derive(Debug)]
pub struct Jobs {
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Jobs {
    /// Runs every job now and then in rounds, so long apart.
    #[must_use]
    pub fn start(services: Services, interval: Duration) -> Self {
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(rounds(services, interval, stopped));
        Self { stop, running }
    }

    /// Lets the round under way come to its end, and no other begin.
    pub async fn stopped(self) {
        // Nobody listens only where the rounds have ended.
        let _ = self.stop.send(());
        if let Err(error) = self.running.await {
            tracing::error!(%error, "the jobs ended early");
        }
    }
}

async fn rounds(services: Services, interval: Duration, mut stopped: oneshot::Receiver<()>) {
    warn_of_gaps(&services).await;
    loop {
        round(&services).await;
        tokio::select! {
            _ = &mut stopped => return,
            () = tokio::time::sleep(interval) => (),
        }
    }
}

/// Every job once.
async fn round(services: &Services) {
    let request: uuid::Uuid = new_id(services.clock.as_ref());
    let call = Call::system("tallies", request.to_string());
    if let Err(error) = services.keep_tallies(&call).await {
        tracing::error!(%error, "the tallies do not stand for today: portfolios are counted");
    }
    let call = Call::system("report-duty", request.to_string());
    if let Err(error) = services.report_duty(&call).await {
        tracing::error!(%error, "the duty to report could not be turned into tasks");
    }
}

/// Says of which years' holidays the calendar knows nothing.
async fn warn_of_gaps(services: &Services) {
    let gaps = services.calendar_gaps().await;
    let gaps = gaps.inspect_err(|error| tracing::error!(%error, "the calendar was not looked at"));
    for year in gaps.unwrap_or_default() {
        tracing::warn!(
            year,
            "the holidays of this year are not in seeds/calendar.yaml: of its days off only \
             weekends are known, and deadlines may fall on a holiday"
        );
    }
}
