//! What lives as long as a future is polled once.
//!
//! Most requests wait for nothing: a single poll reads all that they show. What one statement
//! has made ready, the next one of the same poll takes up, and the poll's end gives it back.

use std::any::Any;
use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;

/// What is kept in a poll's place; it has room for one.
type Kept = Option<Box<dyn Any>>;

thread_local! {
    /// The place of the poll under way on this thread, where it has one.
    static PLACE: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

/// Runs a future with a place for each of its polls. A scope within a scope shares its place;
/// what the future spawns has none.
pub(crate) async fn scope<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(move |context| {
        let _place = Place::open();
        future.as_mut().poll(context)
    })
    .await
}

/// True while a poll has a place.
pub(crate) fn is_open() -> bool {
    PLACE.with_borrow(Option::is_some)
}

/// Leaves something until it is taken or the poll ends, when it is dropped. What was left before
/// is dropped now, and where no poll has a place, this is.
pub(crate) fn put(thing: Box<impl Any>) {
    let thing: Box<dyn Any> = thing;
    // Dropped behind the borrow: it may look for its place.
    let _before = PLACE.with_borrow_mut(|place| match place {
        Some(kept) => kept.replace(thing),
        None => Some(thing),
    });
}

/// Takes up what was left in this poll, if it is of this type and answers the description.
pub(crate) fn take<T: Any>(is_wanted: impl FnOnce(&T) -> bool) -> Option<Box<T>> {
    let kept = PLACE.with_borrow_mut(|place| {
        let kept = place.as_mut()?;
        let wanted = kept.as_ref()?.downcast_ref().is_some_and(is_wanted);
        kept.take_if(|_| wanted)
    });
    kept?.downcast().ok()
}

/// Drops what was left in this poll.
pub(crate) fn clear() {
    let _kept = PLACE.with_borrow_mut(|place| place.as_mut().and_then(Option::take));
}

/// Closes the place that it has opened, also when the poll panics.
struct Place {
    is_first: bool,
}

impl Place {
    fn open() -> Self {
        let is_first = PLACE.with_borrow_mut(|place| {
            let is_first = place.is_none();
            place.get_or_insert(None);
            is_first
        });
        Self { is_first }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_first {
            // Dropped behind the borrow, and when nothing can be left any more.
            let _kept = PLACE.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;
    use std::sync::Arc;

    use futures_util::FutureExt;
    use tokio::task::yield_now;

    use super::*;

    fn taken() -> Option<i32> {
        take(|_: &i32| true).map(|number| *number)
    }

    #[tokio::test]
    async fn what_is_left_is_there_until_the_poll_ends() {
        let all = async {
            put(Box::new(1));
            assert!(take(|number: &i32| *number == 2).is_none());
            assert!(take(|_: &String| true).is_none());
            scope(async { assert_eq!(taken(), Some(1)) }).await;
            assert_eq!(taken(), None);
            put(Box::new(2));
            clear();
            assert_eq!(taken(), None);
            put(Box::new(3));
            yield_now().await;
            assert!(is_open());
            assert_eq!(taken(), None);
        };
        scope(all).await;
        assert!(!is_open());
    }

    #[tokio::test]
    async fn what_nobody_takes_is_dropped() {
        let thing = Arc::new(());
        put(Box::new(Arc::clone(&thing)));
        assert_eq!(Arc::strong_count(&thing), 1);
        let run = async {
            put(Box::new(Arc::clone(&thing)));
            put(Box::new(Arc::clone(&thing)));
            assert_eq!(Arc::strong_count(&thing), 2);
            panic!("as a resolver may");
        };
        let outcome = AssertUnwindSafe(scope(run)).catch_unwind().await;
        assert!(outcome.is_err() && !is_open());
        assert_eq!(Arc::strong_count(&thing), 1);
    }
}
