//! Figures with the lists behind them: a count is the length of its list, never a number
//! of its own.

use std::collections::BTreeMap;

/// Lists of ids under figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally<F: Copy + Ord>(BTreeMap<F, Vec<String>>);

impl<F: Copy + Ord> Default for Tally<F> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<F: Copy + Ord> Tally<F> {
    /// Adds a thing to a figure; a second time changes nothing.
    pub fn add(&mut self, figure: F, subject: &str) {
        let list = self.0.entry(figure).or_default();
        if !list.iter().any(|known| known == subject) {
            list.push(subject.to_owned());
        }
    }

    /// The things behind a figure, in the order in which they were added.
    #[must_use]
    pub fn list(&self, figure: F) -> &[String] {
        self.0.get(&figure).map_or(&[], Vec::as_slice)
    }

    /// The figure.
    #[must_use]
    pub fn count(&self, figure: F) -> u32 {
        u32::try_from(self.list(figure).len()).unwrap_or(u32::MAX)
    }
}

/// Tallies by some part of each item, in the order of the part.
pub(super) fn grouped<I, F: Copy + Ord, K: Ord>(
    items: &[I],
    key: impl Fn(&I) -> K,
    figure: impl Fn(&I) -> (F, &str),
) -> Vec<(K, Tally<F>)> {
    let mut groups: BTreeMap<K, Tally<F>> = BTreeMap::new();
    for item in items {
        let (figure, subject) = figure(item);
        groups.entry(key(item)).or_default().add(figure, subject);
    }
    groups.into_iter().collect()
}
