//! Lots over a source that remembers what it was asked.

use futures_util::future::{join, join_all};
use tokio::task::yield_now;

use super::*;

/// A number that doubles, if it is even.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Cheap(usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Dear(usize);

/// Remembers the sizes of what was read.
#[derive(Clone, Default)]
struct Doubles {
    cheap: Arc<Mutex<Vec<usize>>>,
    dear: Arc<Mutex<Vec<usize>>>,
    /// Told when something is read.
    begins: Arc<Mutex<Option<oneshot::Sender<()>>>>,
    fails: bool,
}

impl Loader<Cheap> for Doubles {
    type Value = usize;

    async fn load(&self, keys: &[Cheap]) -> Found<Cheap, usize> {
        self.cheap.lock().unwrap().push(keys.len());
        if let Some(begins) = self.begins.lock().unwrap().take() {
            begins.send(()).unwrap();
        }
        // As a database on another machine would.
        yield_now().await;
        if self.fails {
            return Err(Arc::new(Error::internal("it failed")));
        }
        let even = keys.iter().filter(|key| key.0 % 2 == 0);
        Ok(even.map(|key| (*key, 2 * key.0)).collect())
    }
}

impl Loader<Dear> for Doubles {
    type Value = usize;

    const IS_DEAR: bool = true;

    async fn load(&self, keys: &[Dear]) -> Found<Dear, usize> {
        self.dear.lock().unwrap().push(keys.len());
        Ok(keys.iter().map(|key| (*key, 2 * key.0)).collect())
    }
}

impl Doubles {
    fn lots(&self) -> Lots<Self> {
        Lots::new(self.clone())
    }

    fn cheap(&self) -> Vec<usize> {
        take(&mut self.cheap.lock().unwrap())
    }

    fn dear(&self) -> Vec<usize> {
        take(&mut self.dear.lock().unwrap())
    }
}

#[tokio::test]
async fn a_level_is_one_lot() {
    let source = Doubles::default();
    let lots = source.lots();
    let one = async |n| {
        let double = lots.load_one(Cheap(n)).await.unwrap();
        assert_eq!(double, (n % 2 == 0).then_some(2 * n));
        let many = lots.load_many([Cheap(2 * n), Cheap(2 * n + 1_000)]);
        assert_eq!(many.await.unwrap().len(), 2);
    };
    let all = join_all((0..10).map(|tens| join_all((0..50).map(move |n| one(50 * tens + n)))));
    lots.serve(all).await;
    // 250 of a thousand were known, and that there is nothing is known, too.
    assert_eq!(source.cheap(), [500, 750]);
    let known = lots.load_many((0..500).map(Cheap)).await.unwrap();
    assert_eq!(known.len(), 250);
    assert!(source.cheap().is_empty());
}

#[tokio::test]
async fn what_is_dear_waits_for_what_may_lead_to_more() {
    let source = Doubles::default();
    let lots = source.lots();
    let late = async {
        let double = lots.load_one(Cheap(2)).await.unwrap().unwrap();
        let double = lots.load_one(Cheap(double)).await.unwrap().unwrap();
        lots.load_one(Dear(double)).await.unwrap()
    };
    let both = lots.serve(join(lots.load_one(Dear(1)), late)).await;
    assert_eq!((both.0.unwrap(), both.1), (Some(2), Some(16)));
    assert_eq!((source.cheap(), source.dear()), (vec![1, 1], vec![2]));
}

#[tokio::test]
async fn a_failure_is_everybodys_and_nothing_is_known_by_it() {
    let source = Doubles {
        fails: true,
        ..Doubles::default()
    };
    let lots = source.lots();
    let all = join_all((0..3).map(|n| lots.load_one(Cheap(n))));
    let all = lots.serve(all).await;
    assert!(all.iter().all(Result::is_err));
    let again = lots.serve(lots.load_one(Cheap(0))).await;
    assert!(again.is_err());
    assert_eq!(source.cheap(), [3, 1]);
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_holds_nothing_up() {
    let source = Doubles::default();
    let lots = source.lots();
    let run = async {
        assert!(lots.load_one(Cheap(0)).now_or_never().is_none());
        lots.load_one(Dear(1)).await
    };
    assert_eq!(lots.serve(run).await.unwrap(), Some(2));
    assert!(source.cheap().is_empty());
    let run = async {
        assert!(lots.load_one(Cheap(0)).now_or_never().is_none());
        lots.load_one(Cheap(2)).await
    };
    assert_eq!(lots.serve(run).await.unwrap(), Some(4));
    // What others had asked for is read along.
    assert_eq!(source.cheap(), [2]);
}

#[tokio::test]
async fn what_is_asked_for_while_a_lot_is_read_is_another_lot() {
    let source = Doubles::default();
    let lots = source.lots();
    let (begun, begins) = oneshot::channel();
    *source.begins.lock().unwrap() = Some(begun);
    let late = async {
        begins.await.unwrap();
        lots.load_one(Cheap(4)).await
    };
    let both = lots.serve(join(lots.load_one(Cheap(2)), late)).await;
    assert_eq!((both.0.unwrap(), both.1.unwrap()), (Some(4), Some(8)));
    assert_eq!(source.cheap(), [1, 1]);
}

#[tokio::test]
async fn who_is_broken_off_leaves_nothing_behind() {
    let source = Doubles::default();
    let lots = source.lots();
    let mut run = lots.serve(lots.load_one(Cheap(2))).boxed();
    assert!((&mut run).now_or_never().is_none());
    assert_eq!(source.cheap(), [1]);
    drop(run);
    drop(lots);
    assert_eq!(Arc::strong_count(&source.cheap), 1);
}

#[tokio::test]
async fn a_large_lot_is_read_in_parts() {
    let source = Doubles::default();
    let lots = source.lots();
    let many = lots.serve(lots.load_many((0..=MOST).map(Cheap))).await;
    assert_eq!(many.unwrap().len(), MOST / 2 + 1);
    assert_eq!(source.cheap(), [MOST, 1]);
}

#[tokio::test]
async fn what_was_brought_or_handed_on_is_not_read_again() {
    let source = Doubles::default();
    let lots = source.lots();
    lots.bring([Cheap(1), Cheap(2)]).await.unwrap();
    lots.hand_on(Cheap(3), 7);
    lots.bring([Cheap(2), Cheap(3)]).await.unwrap();
    let mut found: Vec<_> = lots
        .load_many((1..4).map(Cheap))
        .await
        .unwrap()
        .into_iter()
        .collect();
    found.sort_unstable();
    assert_eq!(found, [(Cheap(2), 4), (Cheap(3), 7)]);
    assert_eq!(source.cheap(), [2]);
}
