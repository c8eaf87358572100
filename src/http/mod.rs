//! HTTP.
pub mod guard;
