//! Rows that seldom change, as they were last read: jurisdictions, areas, units, plans, clauses.
//!
//! They change only with an entry of their own in the ledger. So a row that was read at one
//! version of it is the row at another one if no entry between the two tells of such a thing;
//! the entries of each new version are looked through for everybody.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use duban_entities::ids::{AreaId, ClauseId, JurisdictionId, PlanId, UnitId};
use duban_entities::{area, clause, jurisdiction, plan, unit, unit_alias};
use quick_cache::sync::Cache;

use super::{Store, ledger};
use crate::error::Result;
use crate::poll_local;

/// What principals are made of, as the ledger calls it.
const PEOPLE: [&str; 3] = ["Grant", "Unit", "User"];

/// What is remembered here, as the ledger calls it; other names of a unit are told of as the
/// unit's.
const OUTLINE: [&str; 5] = ["Area", "Clause", "Jurisdiction", "Plan", "Unit"];

/// Behind so many entries everything is read again rather than looked for among them.
const MOST_ENTRIES: i64 = 256;

/// So many rows of each kind are remembered.
const REMEMBERED: usize = 4_096;

/// The last entries of the ledger that tell of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changes {
    /// How far the ledger was looked through.
    until: i64,
    /// The last one, or one behind it, that tells of a user, a grant or a unit.
    pub people: i64,
    /// The last one, or one behind it, that tells of what is remembered here.
    pub outline: i64,
}

impl Changes {
    /// Everything may have changed.
    const fn all(until: i64) -> Self {
        Self {
            until,
            people: until,
            outline: until,
        }
    }

    /// What two looks have found.
    fn and(self, other: Self) -> Self {
        Self {
            until: self.until.max(other.until),
            people: self.people.max(other.people),
            outline: self.outline.max(other.outline),
        }
    }
}

/// The rows, in bounded memory.
#[derive(Debug, Default)]
pub struct Steady {
    looked: Mutex<Option<Changes>>,
    /// Jurisdictions.
    pub jurisdictions: Kept<JurisdictionId, jurisdiction::Model>,
    /// Areas.
    pub areas: Kept<AreaId, area::Model>,
    /// Units.
    pub units: Kept<UnitId, unit::Model>,
    /// The other names of units.
    pub unit_aliases: Kept<UnitId, Vec<unit_alias::Model>>,
    /// Plans.
    pub plans: Kept<PlanId, plan::Model>,
    /// Clauses.
    pub clauses: Kept<ClauseId, clause::Model>,
}

/// Rows of one kind, each with the version of the ledger at which it was read, or one before it.
#[derive(Debug)]
pub struct Kept<K, R>(Cache<K, (i64, R)>);

impl<K: Eq + Hash, R: Clone> Default for Kept<K, R> {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl<K: Copy + Eq + Hash, R: Clone> Kept<K, R> {
    /// The rows that are known and have not changed since, and the keys of the others.
    pub fn known(&self, keys: &[K], changes: Changes) -> (HashMap<K, R>, Vec<K>) {
        let mut known = HashMap::with_capacity(keys.len());
        let mut others = Vec::new();
        for key in keys {
            match self.0.get(key) {
                Some((at, row)) if at >= changes.outline => _ = known.insert(*key, row),
                _ => others.push(*key),
            }
        }
        (known, others)
    }

    /// Remembers rows that were read at this version, or behind it.
    pub fn remember(&self, version: i64, rows: &HashMap<K, R>) {
        for (key, row) in rows {
            self.0.insert(*key, (version, row.clone()));
        }
    }
}

impl Store {
    /// The last changes at this version of the ledger, which somebody has read, or behind it: one
    /// statement for a new version, by each who comes before another has looked.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database cannot be read.
    pub async fn changes(&self, version: i64) -> Result<Changes> {
        let looked = || {
            let looked = self.steady.looked.lock();
            looked.unwrap_or_else(PoisonError::into_inner)
        };
        let before = *looked();
        let now = match before {
            Some(before) if version <= before.until => return Ok(before),
            Some(before) if version - before.until <= MOST_ENTRIES => {
                self.look(before, version).await?
            }
            _ => Changes::all(version),
        };
        let mut looked = looked();
        let now = looked.map_or(now, |known| known.and(now));
        *looked = Some(now);
        Ok(now)
    }

    async fn look(&self, before: Changes, until: i64) -> Result<Changes> {
        // Somebody else may have read this version, behind all that this poll reads together: what
        // is found is remembered for everybody, and is not looked for again.
        poll_local::clear();
        let subjects: Vec<&str> = PEOPLE.into_iter().chain(OUTLINE).collect();
        let told = ledger::told_of(self.read(), (before.until, until), &subjects).await?;
        let last = |of: &[&str], before: i64| {
            let those = told
                .iter()
                .filter(|(_, of_type)| of.contains(&of_type.as_str()));
            those.map(|(seq, _)| *seq).max().unwrap_or(before)
        };
        Ok(Changes {
            until,
            people: last(&PEOPLE, before.people),
            outline: last(&OUTLINE, before.outline),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_until_a_change_behind_it() {
        let kept: Kept<u8, &str> = Kept::default();
        kept.remember(7, &HashMap::from([(1, "one"), (2, "two")]));
        kept.remember(9, &HashMap::from([(2, "second")]));
        let known = |outline| {
            let changes = Changes {
                outline,
                ..Changes::all(20)
            };
            kept.known(&[1, 2, 3], changes)
        };
        assert_eq!(
            known(7),
            (HashMap::from([(1, "one"), (2, "second")]), vec![3])
        );
        assert_eq!(known(8), (HashMap::from([(2, "second")]), vec![1, 3]));
        assert_eq!(known(10), (HashMap::new(), vec![1, 2, 3]));
    }
}
