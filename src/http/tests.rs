//! Over real HTTP, with a small schema of its own.

mod connections;
mod requests;
mod support;
