//! Everything that runs against a database or the compiled-in data: one binary.

mod catalogue;
mod seeds;
