//! The rules as plain functions on plain values: no database, no network, no clock.
//!
//! Dates and facts come in as arguments, so that a rule can be tried with a table of
//! cases. What an office may want to change without a programmer stands as data under
//! `seeds/`, is compiled into the binary and checked as a whole when it is loaded:
//!
//! | rule | data |
//! |---|---|
//! | [`workflow`]: which stage follows which, who may move, what must hold first | `seeds/workflow.yaml` |
//! | [`due`]: when a task is overdue, and by how many days | |
//! | [`calendar`]: working days | `seeds/calendar.yaml` |
//! | [`schedule`]: what a proposed schedule must look like, percent complete | |
//! | [`template`]: usual milestones by kind of work | `seeds/templates.yaml` |
//! | [`verdict`]: what became of something owed by a day | |
//! | [`briefing`]: the figures of a month, each with its list | |
//! | [`assessment`]: how a unit did over some months | `seeds/assessment.yaml` |
//! | [`inbox`]: which mutation settles what waits, and how urgent it is | |

pub mod assessment;
pub mod briefing;
pub mod calendar;
pub mod due;
pub mod inbox;
pub mod reporting;
pub mod schedule;
pub mod seed;
pub mod tally;
pub mod template;
pub mod verdict;
pub mod workflow;
