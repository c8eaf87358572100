//! Who goes first when more is ready than there are processors.

use std::future::{Future, poll_fn};
use std::mem::replace;
use std::pin::pin;
use std::task::Poll;

use tokio::task::yield_now;

/// Runs a future that gives way: whenever it could go on, what else is ready goes first.
///
/// Many who write are woken by one commit, and would all go on before somebody who only reads.
/// The runtime takes up what gave way once a worker has nothing else to do, and at the latest
/// whenever it looks for what has arrived from outside
/// ([`event_interval`](tokio::runtime::Builder::event_interval)): so nobody starves.
pub(super) async fn giving_way<F: Future>(run: F) -> F::Output {
    let mut run = pin!(run);
    loop {
        yield_now().await;
        let mut has_gone_on = false;
        let done = poll_fn(|context| {
            if replace(&mut has_gone_on, true) {
                return Poll::Ready(None);
            }
            run.as_mut().poll(context).map(Some)
        });
        if let Some(done) = done.await {
            return done;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex};

    use tokio::sync::Notify;
    use tokio::sync::mpsc::{self, UnboundedSender};

    use super::*;

    /// Writes down what runs, in its order.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<&'static str>>>);

    impl Log {
        fn note(&self, what: &'static str) {
            self.0.lock().unwrap().push(what);
        }

        fn spawn(&self, what: &'static str, open: &UnboundedSender<()>) {
            let (log, open) = (self.clone(), open.clone());
            tokio::spawn(async move {
                log.note(what);
                drop(open);
            });
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn what_is_ready_goes_before_what_gives_way() {
        let log = Log::default();
        let (open, mut ended) = mpsc::unbounded_channel::<()>();
        let begun = log.clone();
        let woken = Arc::new(Notify::new());
        let all = async move {
            let (log, held, wait) = (begun.clone(), open.clone(), Arc::clone(&woken));
            tokio::spawn(giving_way(async move {
                log.note("begins");
                wait.notified().await;
                log.note("goes on");
                drop(held);
            }));
            begun.spawn("one", &open);
            begun.spawn("two", &open);
            while begun.0.lock().unwrap().len() < 3 {
                yield_now().await;
            }
            woken.notify_one();
            begun.spawn("three", &open);
            begun.spawn("four", &open);
        };
        tokio::spawn(all).await.unwrap();
        assert!(ended.recv().await.is_none());
        let mut order = log.0.lock().unwrap().clone();
        order[..2].sort_unstable();
        order[3..5].sort_unstable();
        assert_eq!(order, ["one", "two", "begins", "four", "three", "goes on"]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn what_gives_way_goes_on_though_others_never_rest() {
        let done = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&done);
        let mut polls = 0..100_000;
        let restless = tokio::spawn(poll_fn(move |context| {
            context.waker().wake_by_ref();
            let is_done = seen.load(Ordering::SeqCst);
            match is_done || polls.next().is_none() {
                true => Poll::Ready(is_done),
                false => Poll::Pending,
            }
        }));
        tokio::spawn(giving_way(async move {
            yield_now().await;
            done.store(true, Ordering::SeqCst);
        }));
        assert!(restless.await.unwrap());
    }
}
