//! Lists of the index that are known to be long.

use quick_cache::sync::Cache;

use super::probe::List;

/// So many lists are remembered.
const REMEMBERED: usize = 16_384;

/// Lists that were long when they were last counted. Counting says which way to read is the
/// shorter one and nothing else, and what is long stays so as a rule: it is not counted again. A
/// short list is: an empty one says that nothing is found.
#[derive(Debug)]
pub struct LongLists(Cache<List, ()>);

impl Default for LongLists {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl LongLists {
    pub(super) fn has(&self, list: List) -> bool {
        self.0.get(&list).is_some()
    }

    pub(super) fn add(&self, list: List) {
        self.0.insert(list, ());
    }
}
