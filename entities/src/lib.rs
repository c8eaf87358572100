//! The tables of Duban as sea-orm entities: one table a file, typed ids, and the
//! words of the domain as enums.
//!
//! Entities only describe rows. What a row may become is decided in the service
//! package; how it is stored is the migrations' business, and a test compares the two.
//!
//! To add a table: a migration in `duban-migrations`, a file here, its id in
//! [`ids`], its place in the ledger (`store::record` of the service package).
#![forbid(unsafe_code)]

// What is derived for the rows names this crate, as it would from outside.
extern crate self as duban_entities;

pub mod api_token;
pub mod area;
pub mod briefing;
pub mod change_request;
pub mod citation;
pub mod clause;
pub mod cooperating_unit;
pub mod document_number;
pub mod duty_mark;
pub mod grant;
pub mod idempotency;
pub mod ids;
pub mod import_row;
pub mod indicator;
pub mod jurisdiction;
pub mod ledger;
pub mod order;
pub mod order_dismissal;
pub mod order_project;
pub mod order_task;
pub mod plan;
pub mod project;
pub mod project_alias;
pub mod project_area;
pub mod project_external_id;
pub mod project_investment;
pub mod rating_adoption;
pub mod rating_override;
pub mod refresh_token;
pub mod report_draft;
pub mod report_revision;
pub mod row;
pub mod search_gram;
pub mod search_mark;
pub mod search_text;
pub mod search_unit;
pub mod session;
pub mod suggested_lead;
pub mod tally;
pub mod tally_mark;
pub mod target;
pub mod task;
pub mod task_evidence;
pub mod throttle;
pub mod unit;
pub mod unit_alias;
pub mod unit_tally;
pub mod user;
pub mod vocabulary;
