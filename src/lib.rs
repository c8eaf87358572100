//! Duban (督办): a GraphQL backend that turns published plans into projects that
//! somebody answers for.
#![forbid(unsafe_code)]
#![recursion_limit = "256"]

pub mod cli;
pub mod clock;
pub mod config;
pub mod copy;
pub mod demo;
pub mod domain;
pub mod error;
pub mod generate;
pub mod graphql;
pub mod http;
pub mod import;
pub mod jobs;
pub mod policy;
mod poll_local;
pub mod service;
pub mod store;
