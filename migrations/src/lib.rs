//! The schema of Duban: one change a file, for SQLite and PostgreSQL.
//!
//! A change is a SQL template under `sql/`, in which `{text}`, `{uuid}` and their like
//! stand for the type that each database uses (see [`dialect`]). Changes import no
//! entity: a released change never follows later code.
//!
//! To add one: `m0012_what_it_does.rs` with its template or its SQL, a line in
//! [`Migrator::migrations`], and nothing edited in the files before it. Every change
//! runs in a transaction of its own on both databases.
#![forbid(unsafe_code)]

use async_trait::async_trait;
use sea_orm_migration::prelude::{MigrationTrait, MigratorTrait};

pub mod dialect;
mod m0001_catalogue;
mod m0002_people;
mod m0003_projects;
mod m0004_tasks;
mod m0005_ledger;
mod m0006_month;
mod m0007_orders;
mod m0008_search;
mod m0009_tallies;
mod m0010_milestones;
mod m0011_ledger_hash;
mod m0012_owing_units;

pub use m0005_ledger::{POSTGRES_FUNCTION, POSTGRES_TRIGGERS, SQLITE_TRIGGERS};

/// All changes, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_catalogue::Migration),
            Box::new(m0002_people::Migration),
            Box::new(m0003_projects::Migration),
            Box::new(m0004_tasks::Migration),
            Box::new(m0005_ledger::Migration),
            Box::new(m0006_month::Migration),
            Box::new(m0007_orders::Migration),
            Box::new(m0008_search::Migration),
            Box::new(m0009_tallies::Migration),
            Box::new(m0010_milestones::Migration),
            Box::new(m0011_ledger_hash::Migration),
            Box::new(m0012_owing_units::Migration),
        ]
    }
}
