//! When a future has come to rest: no part of it can go on before something outside it happens.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;
use tokio::task::unconstrained;

/// Runs a future to its end. Whenever it has come to rest, `help` is asked, as a poll: it may do
/// what the future waits for, and says whether it did any of it.
pub async fn run<T>(
    future: impl Future<Output = T>,
    mut help: impl FnMut(&mut Context<'_>) -> bool,
) -> T {
    let mut future = pin!(future);
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    // A budget would refuse parts that could go on, and wake them some time behind this poll.
    unconstrained(poll_fn(|context| {
        loop {
            woken.is.store(false, Ordering::Release);
            let mut within = Context::from_waker(&waker);
            let polled = future.as_mut().poll(&mut within);
            if polled.is_ready() {
                return polled;
            }
            // Queues of futures give way when each has been asked, and wake themselves.
            let can_go_on = || woken.is.load(Ordering::Acquire);
            if can_go_on() || help(&mut within) {
                continue;
            }
            woken.task.register(context.waker());
            if !can_go_on() {
                return Poll::Pending;
            }
        }
    }))
    .await
}

/// Remembers that a part of the future can go on, and tells the task that waits for that.
#[derive(Default)]
struct Woken {
    is: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is.store(true, Ordering::Release);
        self.task.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicUsize;

    use futures_util::future::{join, join_all};
    use tokio::sync::{Notify, oneshot};
    use tokio::task::{block_in_place, yield_now};

    use super::*;

    /// As many as a queue of futures, and one within one, holds back in several steps.
    const MANY: usize = 64;

    #[tokio::test]
    async fn help_is_asked_for_when_every_part_has_been_asked() {
        let asked = Cell::new(0);
        let full = Notify::new();
        let part = async || {
            // Waked by itself, as by one that is done at once.
            let mut first = true;
            poll_fn(|context| match std::mem::take(&mut first) {
                true => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                false => Poll::Ready(()),
            })
            .await;
            let told = full.notified();
            asked.set(asked.get() + 1);
            told.await;
        };
        let nested = join_all((0..MANY).map(|_| join_all((0..MANY).map(|_| part()))));
        let helped = Cell::new(0);
        let help = |_: &mut Context<'_>| {
            assert_eq!(asked.get(), MANY * MANY);
            helped.set(helped.get() + 1);
            full.notify_waiters();
            true
        };
        run(nested, help).await;
        assert_eq!(helped.get(), 1);
    }

    /// Parts that are told as often as they ask, which is once, and of one of them twice. A task
    /// may be told 128 times in one poll, as a rule; each number of parts ends elsewhere in that.
    async fn told(parts: usize, tell: impl Fn()) {
        let asked = AtomicUsize::new(0);
        let waiting = Mutex::new(Vec::new());
        let ask = async || {
            let (sender, told) = oneshot::channel();
            waiting.lock().unwrap().push(sender);
            asked.fetch_add(1, Ordering::Relaxed);
            told.await.unwrap();
        };
        let future = join(join_all((0..parts).map(|_| ask())), async {
            ask().await;
            ask().await;
        });
        let helped = AtomicUsize::new(0);
        let help = |_: &mut Context<'_>| {
            tell();
            let round = helped.fetch_add(1, Ordering::Relaxed);
            // Nobody is told before all who can have asked.
            assert_eq!(asked.load(Ordering::Relaxed), parts + 1 + round);
            let waiting = std::mem::take(&mut *waiting.lock().unwrap());
            waiting.into_iter().for_each(|one| one.send(()).unwrap());
            true
        };
        run(future, help).await;
        assert_eq!(helped.into_inner(), 2);
    }

    #[tokio::test]
    async fn no_number_of_parts_is_too_large() {
        for parts in 0..400 {
            told(parts, || {}).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nor_where_another_thread_has_taken_over() {
        for parts in (0..400).step_by(9).chain([127, 128, 255, 256]) {
            // As a test's own task, and as one that is spawned.
            told(parts, || block_in_place(|| {})).await;
            tokio::spawn(told(parts, || block_in_place(|| {})))
                .await
                .unwrap();
        }
    }

    #[tokio::test]
    async fn what_happens_elsewhere_wakes_who_rests() {
        let (go, on) = oneshot::channel();
        let elsewhere = tokio::spawn(async move {
            yield_now().await;
            go.send(7).unwrap();
        });
        assert_eq!(run(on, |_| false).await, Ok(7));
        elsewhere.await.unwrap();
    }
}
