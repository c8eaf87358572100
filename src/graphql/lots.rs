//! What resolvers ask for one by one, read by one statement for all of them.
//!
//! A key that is asked for is put into a lot with others of its kind. A lot is read when the
//! request has come to rest: nothing in it can go on before something has been read, so that the
//! lot is as full as it can get, but for what statements bring that are under way just then.
//! Nobody waits for a clock.

mod rest;
#[cfg(test)]
mod tests;

use std::any::{Any, TypeId};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::Hash;
use std::iter::once;
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::error::Error;

/// So many keys are asked for at once; a statement has no room for any number of parameters.
const MOST: usize = 1_000;

/// What something is asked for by.
pub trait Key: Clone + Eq + Hash + Send + Sync + 'static {}

impl<K: Clone + Eq + Hash + Send + Sync + 'static> Key for K {}

/// An error that all get who wait for a lot.
pub type Failure = Arc<Error>;

/// Reads what stands under many keys at once.
pub trait Loader<K: Key>: Send + Sync + 'static {
    /// What stands under a key.
    type Value: Clone + Send + 'static;

    /// True where reading is so dear that it waits until no other lot is left that may lead to
    /// more keys.
    const IS_DEAR: bool = false;

    /// What stands under these keys, at most [`MOST`] of them; the others have nothing.
    fn load(&self, keys: &[K]) -> impl Future<Output = Found<K, Self::Value>> + Send;
}

/// What stands under the keys that have something.
pub type Found<K, V> = Result<HashMap<K, V>>;

type Result<T, E = Failure> = std::result::Result<T, E>;

/// What one request has read from a source, and what it waits for.
pub struct Lots<S>(Arc<Inner<S>>);

struct Inner<S> {
    source: S,
    state: Mutex<State<S>>,
}

struct State<S> {
    /// A [`Table`] for each type of keys.
    tables: HashMap<TypeId, Box<dyn Any + Send>>,
    /// What reads the lots that wait for it.
    cheap: Vec<Read<S>>,
    /// As [`State::cheap`], for those that are dear.
    dear: Vec<Read<S>>,
}

/// Reads the lot of one type of keys.
type Read<S> = fn(Arc<Inner<S>>) -> BoxFuture<'static, ()>;

struct Table<K, V> {
    /// What was read; nothing where there is none. It holds to the request's end: a mutation has
    /// one field, which asks for nothing before it has written.
    known: HashMap<K, Option<V>>,
    /// The keys of the lot that is not read yet.
    wanted: HashSet<K>,
    /// Who waits for it.
    waiting: Vec<oneshot::Sender<Result<()>>>,
}

/// The lots that are being read, few of them.
#[derive(Default)]
struct UnderWay {
    cheap: Vec<BoxFuture<'static, ()>>,
    dear: Vec<BoxFuture<'static, ()>>,
}

impl UnderWay {
    /// Reads all lots, now that they get no fuller; true where one has been read to its end.
    /// They are read here and not by those who wait, whose own polls may stand deep within each
    /// other.
    fn go_on<S>(&mut self, lots: &Arc<Inner<S>>, context: &mut Context<'_>) -> bool {
        let begin = |read: Read<S>| read(Arc::clone(lots));
        let Self { cheap, dear } = self;
        let mut state = lots.state();
        cheap.extend(take(&mut state.cheap).into_iter().map(begin));
        if cheap.is_empty() {
            dear.extend(take(&mut state.dear).into_iter().map(begin));
        }
        drop(state);
        let before = cheap.len() + dear.len();
        for reads in [&mut *cheap, &mut *dear] {
            reads.retain_mut(|read| read.as_mut().poll(context).is_pending());
        }
        cheap.len() + dear.len() < before
    }
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            wanted: HashSet::new(),
            waiting: Vec::new(),
        }
    }
}

impl<S> Clone for Lots<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for Lots<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lots").finish_non_exhaustive()
    }
}

impl<S: Send + Sync + 'static> Lots<S> {
    /// Nothing has been read.
    pub fn new(source: S) -> Self {
        Self(Arc::new(Inner {
            source,
            state: Mutex::new(State {
                tables: HashMap::new(),
                cheap: Vec::new(),
                dear: Vec::new(),
            }),
        }))
    }

    /// Runs what asks for keys to its end. Lots are read nowhere else.
    pub async fn serve<T>(&self, asking: impl Future<Output = T>) -> T {
        let mut under_way = UnderWay::default();
        rest::run(asking, |context| under_way.go_on(&self.0, context)).await
    }

    /// What stands under a key.
    ///
    /// # Errors
    /// The source's, for everybody in the lot.
    pub async fn load_one<K: Key>(&self, key: K) -> Result<Option<S::Value>>
    where
        S: Loader<K>,
    {
        if let Some(known) = self.0.known(&key) {
            return Ok(known);
        }
        self.0.lot(once(key.clone())).await?;
        Ok(self.0.known(&key).flatten())
    }

    /// What stands under these keys.
    ///
    /// # Errors
    /// As [`Lots::load_one`].
    pub async fn load_many<K: Key>(&self, keys: impl IntoIterator<Item = K>) -> Found<K, S::Value>
    where
        S: Loader<K>,
    {
        let keys: HashSet<K> = keys.into_iter().collect();
        let unknown = self.0.unknown(&keys);
        if !unknown.is_empty() {
            self.0.lot(unknown).await?;
        }
        Ok(self.0.found(keys))
    }

    /// Reads what stands under these keys now and by itself. Whoever asks for one of them once
    /// that is done finds it read.
    ///
    /// # Errors
    /// The source's.
    pub async fn bring<K: Key>(&self, keys: impl IntoIterator<Item = K>) -> Result<()>
    where
        S: Loader<K>,
    {
        let keys: HashSet<K> = keys.into_iter().collect();
        self.0.read(self.0.unknown(&keys)).await
    }

    /// Where everything is read, for what is read by itself and by nobody else.
    pub fn source(&self) -> &S {
        &self.0.source
    }

    /// Tells what stands under a key, for all who ask later.
    pub fn hand_on<K: Key>(&self, key: K, value: S::Value)
    where
        S: Loader<K>,
    {
        self.0.table(|table| table.known.insert(key, Some(value)));
    }
}

impl<S> Inner<S> {
    fn state(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Send + Sync + 'static> Inner<S> {
    fn table<K: Key, T>(&self, run: impl FnOnce(&mut Table<K, S::Value>) -> T) -> T
    where
        S: Loader<K>,
    {
        let mut state = self.state();
        let table = state.tables.entry(TypeId::of::<K>());
        let table = table.or_insert_with(|| Box::new(Table::<K, S::Value>::default()));
        #[expect(clippy::expect_used, reason = "each stands under the type of its keys")]
        let table = table.downcast_mut().expect("a table of these keys");
        run(table)
    }

    /// What was read under a key, where that was done.
    fn known<K: Key>(&self, key: &K) -> Option<Option<S::Value>>
    where
        S: Loader<K>,
    {
        self.table(|table| table.known.get(key).cloned())
    }

    fn unknown<K: Key>(&self, keys: &HashSet<K>) -> Vec<K>
    where
        S: Loader<K>,
    {
        self.table(|table| {
            let unknown = keys.iter().filter(|key| !table.known.contains_key(key));
            unknown.cloned().collect()
        })
    }

    fn found<K: Key>(&self, keys: HashSet<K>) -> HashMap<K, S::Value>
    where
        S: Loader<K>,
    {
        self.table(|table| {
            let found = keys.into_iter().filter_map(|key| {
                let value = table.known.get(&key).cloned()??;
                Some((key, value))
            });
            found.collect()
        })
    }

    /// Waits until these keys have been read, with all others of their lot.
    async fn lot<K: Key>(&self, keys: impl IntoIterator<Item = K>) -> Result<()>
    where
        S: Loader<K>,
    {
        let (waiting, read) = oneshot::channel();
        let is_new = self.table(|table| {
            table.wanted.extend(keys);
            table.waiting.push(waiting);
            table.waiting.len() == 1
        });
        if is_new {
            let mut state = self.state();
            let waiting = match S::IS_DEAR {
                false => &mut state.cheap,
                true => &mut state.dear,
            };
            waiting.push(|lots| lots.read_lot::<K>().boxed());
        }
        read.await.map_err(|gone| Arc::new(Error::internal(gone)))?
    }

    async fn read_lot<K: Key>(self: Arc<Self>)
    where
        S: Loader<K>,
    {
        let (keys, waiting) =
            self.table(|table| (take(&mut table.wanted), take(&mut table.waiting)));
        if waiting.iter().all(oneshot::Sender::is_closed) {
            return;
        }
        let outcome = self.read(keys.into_iter().collect()).await;
        for one in waiting {
            // Who does not wait any more is not told.
            let _ = one.send(outcome.clone());
        }
    }

    /// Reads what stands under these keys.
    async fn read<K: Key>(&self, keys: Vec<K>) -> Result<()>
    where
        S: Loader<K>,
    {
        for keys in keys.chunks(MOST) {
            let mut found = self.source.load(keys).await?;
            let read = keys.iter().map(|key| (key.clone(), found.remove(key)));
            self.table(|table| table.known.extend(read));
        }
        Ok(())
    }
}
