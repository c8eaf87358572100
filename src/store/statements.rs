//! What is known of the statements that ran: how many, and for a watcher, which.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::Statement;

type Watcher = Box<dyn Fn(&Statement) + Send + Sync>;

/// The statements of a store.
#[derive(Default)]
pub(super) struct Statements {
    count: AtomicU64,
    watcher: OnceLock<Watcher>,
}

impl Statements {
    /// Counts a statement, and shows it to the watcher if there is one.
    pub(super) fn ran(&self, statement: &Statement) {
        self.count.fetch_add(1, Ordering::Relaxed);
        if let Some(watcher) = self.watcher.get() {
            watcher(statement);
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The first watcher stays.
    pub(super) fn watch(&self, watcher: Watcher) {
        let _ = self.watcher.set(watcher);
    }
}

impl fmt::Debug for Statements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Statements").field(&self.count()).finish()
    }
}
