//! Who goes first when more is ready than there are processors.

use tokio::task::yield_now;

/// Lets whatever else is ready go first: whoever writes does so before it begins, with its turn,
/// and behind its commit, because one commit wakes many, and who only reads would stand behind all
/// of them.
///
/// The runtime takes up what gave way once the worker that it ran on has nothing else to do, and at
/// the latest whenever that one looks for what has arrived from outside
/// ([`event_interval`](tokio::runtime::Builder::event_interval)): so nobody starves.
pub(crate) async fn give_way() {
    yield_now().await;
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex};
    use std::task::Poll;

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn what_is_ready_goes_first() {
        let order = Arc::new(Mutex::new(Vec::new()));
        let (open, mut ended) = mpsc::unbounded_channel::<()>();
        let log = Arc::clone(&order);
        let all = async move {
            for name in ["gives way", "one", "two"] {
                let (log, open) = (Arc::clone(&log), open.clone());
                tokio::spawn(async move {
                    if name == "gives way" {
                        give_way().await;
                    }
                    log.lock().unwrap().push(name);
                    drop(open);
                });
            }
        };
        tokio::spawn(all).await.unwrap();
        assert!(ended.recv().await.is_none());
        assert_eq!(order.lock().unwrap().last(), Some(&"gives way"));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn what_gave_way_goes_on_though_others_never_rest() {
        let done = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&done);
        let mut polls = 0..100_000;
        let restless = poll_fn(move |context| {
            context.waker().wake_by_ref();
            let is_done = seen.load(Ordering::SeqCst);
            match is_done || polls.next().is_none() {
                true => Poll::Ready(is_done),
                false => Poll::Pending,
            }
        });
        let both = async move {
            tokio::spawn(async move {
                give_way().await;
                done.store(true, Ordering::SeqCst);
            });
            tokio::spawn(restless).await.unwrap()
        };
        assert!(tokio::spawn(both).await.unwrap());
    }
}
