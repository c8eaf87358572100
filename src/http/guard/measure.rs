//! The document as written, and what its fragments expand to.
//!
//! Each fragment is measured once, so that a chain of fragments that doubles at every
//! link costs as many steps as it has links.

use std::collections::HashMap;

use async_graphql::Positioned;
use async_graphql::parser::types::{Directive, ExecutableDocument, Selection, SelectionSet};

use super::{LIMITS, Sizes, exceeded, malformed, within};
use crate::error::Result;

/// Selection sets inside one another, spreads included, below the root's: what
/// async-graphql's own recursion check takes.
const LEVELS: usize = 32;

/// Counts aliases, directives and expanded selections into `sizes`.
///
/// # Errors
/// Over a limit; an unknown fragment, or one that spreads itself.
pub(super) fn measure(document: &ExecutableDocument, sizes: &mut Sizes) -> Result<()> {
    written(document, sizes);
    within("aliases", sizes.aliases, LIMITS.aliases)?;
    within("directives", sizes.directives, LIMITS.directives)?;
    let mut expansion = Expansion {
        document,
        known: HashMap::new(),
    };
    for (_, operation) in document.operations.iter() {
        let size = expansion.set(&operation.node.selection_set.node, 0)?;
        sizes.selections = sizes.selections.saturating_add(size.selections);
    }
    within("selections", sizes.selections, LIMITS.selections)?;
    for name in document.fragments.keys() {
        let unused = expansion.fragment(name, 0)?;
        within("selections", unused.selections, LIMITS.selections)?;
    }
    Ok(())
}

fn written(document: &ExecutableDocument, sizes: &mut Sizes) {
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        note_directives(&operation.directives, sizes);
        for variable in &operation.variable_definitions {
            note_directives(&variable.node.directives, sizes);
        }
        written_set(&operation.selection_set.node, sizes);
    }
    for fragment in document.fragments.values() {
        note_directives(&fragment.node.directives, sizes);
        written_set(&fragment.node.selection_set.node, sizes);
    }
}

/// As deep as the text's brackets, no deeper.
fn written_set(set: &SelectionSet, sizes: &mut Sizes) {
    for selection in &set.items {
        note_directives(selection.node.directives(), sizes);
        match &selection.node {
            Selection::Field(field) => {
                sizes.aliases += u64::from(field.node.alias.is_some());
                written_set(&field.node.selection_set.node, sizes);
            }
            Selection::InlineFragment(fragment) => {
                written_set(&fragment.node.selection_set.node, sizes);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn note_directives(directives: &[Positioned<Directive>], sizes: &mut Sizes) {
    sizes.directives += directives.len() as u64;
}

/// What a selection set comes to.
#[derive(Clone, Copy, Default)]
struct Expanded {
    selections: u64,
    /// Levels of selection sets, its own included.
    levels: usize,
}

enum Known {
    /// Being measured: to meet it again is a cycle.
    Open,
    Done(Expanded),
}

struct Expansion<'a> {
    document: &'a ExecutableDocument,
    known: HashMap<&'a str, Known>,
}

impl<'a> Expansion<'a> {
    /// The expansion of a set that has `above` sets around it.
    fn set(&mut self, set: &'a SelectionSet, above: usize) -> Result<Expanded> {
        if above > LEVELS {
            return Err(exceeded("depth", LIMITS.depth));
        }
        let mut total = Expanded {
            selections: 0,
            levels: 1,
        };
        for selection in &set.items {
            let inner = self.selection(&selection.node, above + 1)?;
            total.selections = total.selections.saturating_add(inner.selections + 1);
            total.levels = total.levels.max(inner.levels + 1);
        }
        Ok(total)
    }

    fn selection(&mut self, selection: &'a Selection, above: usize) -> Result<Expanded> {
        match selection {
            Selection::Field(field) if field.node.selection_set.node.items.is_empty() => {
                Ok(Expanded::default())
            }
            Selection::Field(field) => self.set(&field.node.selection_set.node, above),
            Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node, above),
            Selection::FragmentSpread(spread) => {
                self.fragment(&spread.node.fragment_name.node, above)
            }
        }
    }

    fn fragment(&mut self, name: &'a str, above: usize) -> Result<Expanded> {
        match self.known.get(name) {
            Some(Known::Open) => Err(malformed("the query has a fragment that spreads itself")),
            Some(Known::Done(size)) if above + size.levels > LEVELS + 1 => {
                Err(exceeded("depth", LIMITS.depth))
            }
            Some(Known::Done(size)) => Ok(*size),
            None => self.open_fragment(name, above),
        }
    }

    fn open_fragment(&mut self, name: &'a str, above: usize) -> Result<Expanded> {
        let fragment = self
            .document
            .fragments
            .get(name)
            .ok_or_else(|| malformed("the query spreads a fragment that it does not define"))?;
        self.known.insert(name, Known::Open);
        let size = self.set(&fragment.node.selection_set.node, above)?;
        self.known.insert(name, Known::Done(size));
        Ok(size)
    }
}
