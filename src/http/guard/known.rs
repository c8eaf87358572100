//! Documents that were parsed and measured before: clients send the same few texts.

use std::sync::Arc;

use async_graphql::Variables;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::{Checked, Measured};
use crate::error::Result;

/// Bytes of memory for documents.
const MEMORY: usize = 16 << 20;
/// Bytes that a parsed document takes for each byte of its text, about.
const EACH: usize = 150;

/// The documents of one server, in bounded memory; the least used go first.
#[derive(Debug)]
pub struct Documents(Cache<Arc<str>, Arc<Measured>, Texts>);

#[derive(Clone, Debug)]
struct Texts;

impl Weighter<Arc<str>, Arc<Measured>> for Texts {
    fn weight(&self, text: &Arc<str>, _: &Arc<Measured>) -> u64 {
        (text.len().max(64) * EACH) as u64
    }
}

impl Default for Documents {
    fn default() -> Self {
        let items = MEMORY / (EACH * 1_024);
        Self(Cache::with_weighter(items, MEMORY as u64, Texts))
    }
}

impl Documents {
    /// As [`super::check`], of a text that may have been read before.
    ///
    /// # Errors
    /// As [`super::check`].
    pub fn check(&self, text: &str, name: Option<&str>, variables: &Variables) -> Result<Checked> {
        let known = match self.0.get(text) {
            Some(known) => known,
            None => {
                let measured = Arc::new(Measured::of(text)?);
                self.0.insert(text.into(), Arc::clone(&measured));
                measured
            }
        };
        known.check(name, variables)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Error;
    use crate::http::guard::{LIMITS, check};

    const PAGE: &str = "query A($n: Int) { a(first: $n) { nodes { b } } } query B { c }";

    fn page(n: u64) -> Variables {
        Variables::from_json(json!({ "n": n }))
    }

    #[test]
    fn what_is_known_is_held_against_name_and_variables_again() {
        let documents = Documents::default();
        for _ in 0..2 {
            for (name, n) in [("A", 3), ("A", 7), ("B", 7)] {
                let known = documents.check(PAGE, Some(name), &page(n)).unwrap();
                let new = check(PAGE, Some(name), &page(n)).unwrap();
                assert_eq!(known.sizes, new.sizes);
                assert_eq!(known.operation, new.operation);
            }
            let large = documents.check(PAGE, Some("A"), &page(LIMITS.nodes + 1));
            assert!(matches!(
                large,
                Err(Error::LimitExceeded { limit: "nodes", .. })
            ));
            let unknown = documents.check(PAGE, Some("C"), &page(1));
            assert!(matches!(unknown, Err(Error::Invalid(_))));
            assert!(documents.check("{ a", None, &page(1)).is_err());
        }
        assert_eq!(documents.0.len(), 1);
    }

    #[test]
    fn variables_that_say_how_large_a_page_is_are_asked_each_time() {
        let documents = Documents::default();
        let nodes = |text, variables| {
            let checked = documents.check(text, None, &variables);
            checked.unwrap().sizes.nodes
        };
        let said = "query($n: Int = 5) { a(last: $n) { nodes { b } } }";
        let written = "query($n: Int) { a(first: 4) { nodes { b(c: $n) } } }";
        assert_eq!(nodes(said, Variables::default()), 5);
        for n in [3, 7] {
            assert_eq!(nodes(said, page(n)), n);
            assert_eq!(nodes(written, page(n)), 4);
        }
        let known = |text| documents.0.get(text).unwrap().walked.get().is_some();
        assert!(known(written) && !known(said));
    }

    #[test]
    fn the_memory_is_bounded() {
        let documents = Documents::default();
        for n in 0..10_000 {
            let text = format!("{{ a(first: {n}) {{ b }} }}");
            documents.check(&text, None, &Variables::default()).unwrap();
        }
        assert!(documents.0.weight() <= MEMORY as u64);
        assert!(documents.0.len() < 2_000);
    }
}
