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
//! | [`change`]: what a proposed change must look like: dates, quantities, money, titles | |
//! | [`calendar`]: working days | `seeds/calendar.yaml` |
//! | [`schedule`]: what a proposed schedule must look like, percent complete | |
//! | [`progress`]: planned against actual on a day | |
//! | [`rating`]: red, yellow or green, and why | `seeds/ratings.yaml` |
//! | [`order`]: how orders are numbered and called | |
//! | [`ladder`]: which order of supervision is proposed next | `seeds/ladder.yaml` |
//! | [`template`]: usual milestones by kind of work | `seeds/templates.yaml` |
//! | [`reporting`]: who owes a monthly report, due when | `seeds/reporting.yaml` |
//! | [`report`]: what a monthly report must look like | |
//! | [`verdict`]: what became of something owed by a day | |
//! | [`briefing`]: the figures of a month, each with its list | |
//! | [`assessment`]: how a unit did over some months | `seeds/assessment.yaml` |
//! | [`inbox`]: which mutation settles what waits, and how urgent it is | |

pub mod assessment;
pub mod briefing;
pub mod calendar;
pub mod change;
pub mod due;
pub mod inbox;
pub mod ladder;
pub mod order;
pub mod progress;
pub mod rating;
pub mod report;
pub mod reporting;
pub mod schedule;
pub mod seed;
pub mod tally;
pub mod template;
pub mod verdict;
pub mod workflow;
