//! Spreadsheets into the catalogue: files and folders, the format, and the built-in seeds.
//!
//! This room reads and checks cells; what the rows mean together, and what becomes of them,
//! is the service's business ([`Services::import_catalogue`]).
//!
//! [`Services::import_catalogue`]: crate::service::Services::import_catalogue

mod cell;
pub mod format;
mod reader;
pub mod render;
pub mod seeds;
mod walk;

use std::path::PathBuf;

use crate::service::catalogue::Sheets;

/// Where rows come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The plans that are compiled in.
    Seeds,
    /// Other spreadsheets that are compiled in, under this name.
    Compiled(&'static str, &'static [seeds::Seed]),
    /// A file, or a folder with everything below it.
    Path(PathBuf),
}

/// Reads everything. What cannot be read stands among the sheets' problems.
#[must_use]
pub fn read(sources: &[Source]) -> Sheets {
    let mut sheets = Sheets::default();
    for source in sources {
        match source {
            Source::Seeds => seeds::read(&mut sheets, "seeds", seeds::SEEDS),
            Source::Compiled(name, compiled) => seeds::read(&mut sheets, name, compiled),
            Source::Path(path) => walk::read(&mut sheets, path),
        }
    }
    seeds::add_phrases(&mut sheets);
    sheets
}
