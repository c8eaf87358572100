//! Text search of projects.
//!
//! Every pair of characters that stand beside each other in a searched text is a row of
//! `search_grams`, sorted by where it stands and by code. A term of two characters is found
//! by one range of that table; of a longer one the rarest pair is read, and each project is
//! held against its folded texts (`search_texts`). The names of units are kept once each and
//! joined by the lead unit.
//!
//! - `text`: how texts and terms are folded, and what a term's pairs are.
//! - `condition`: the search as one condition among others.
//! - `ranked`: the search as a list, best matches first, read no further than its page.
//! - `probe`, `long`: which way is the shorter one, by numbers of which the large are remembered.
//! - `stale`, `index`: the index kept in step with its rows by the unit of work.
//! - `fill`: the index of a whole database.

mod condition;
mod fill;
mod index;
mod long;
mod probe;
mod ranked;
mod stale;
mod text;

pub(super) use condition::condition;
pub(super) use fill::is_made;
pub(super) use index::refresh;
pub(super) use long::LongLists;
pub(super) use ranked::page;
pub(super) use stale::Stale;
pub use text::{Term, fold};

/// Where a term stands in a project, best place first. The numbers are those of
/// `search_grams.tier`, and stand in cursors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tier {
    /// The code begins with it.
    Code = 1,
    /// The title begins with it.
    Start = 2,
    /// It stands in the title.
    Title = 3,
    /// It stands in the code, another name, or a name of the lead unit.
    Name = 4,
    /// It stands in a quote.
    Quote = 5,
}

/// All of them, best first.
const TIERS: [Tier; 5] = [
    Tier::Code,
    Tier::Start,
    Tier::Title,
    Tier::Name,
    Tier::Quote,
];

/// The pairs in the names of units: no tier of projects.
const OF_UNITS: i32 = 6;
