//! Lists of the index that are known to be long.

use quick_cache::sync::Cache;

use super::probe::List;

/// So many lists are remembered.
const REMEMBERED: usize = 16_384;

/// Lists that were long when they were last counted, with how far that was. Counting says which
/// way to read is the shorter one and nothing else, and what is long stays so as a rule: it is not
/// counted again. A short list is: an empty one says that nothing is found.
#[derive(Debug)]
pub struct LongLists(Cache<List, u64>);

impl Default for LongLists {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl LongLists {
    /// True where the list was found to have so many rows, or more.
    pub(super) fn has(&self, list: List, rows: u64) -> bool {
        self.0.get(&list).is_some_and(|counted| counted >= rows)
    }

    pub(super) fn add(&self, list: List, counted: u64) {
        self.0.insert(list, counted);
    }
}
