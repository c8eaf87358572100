//! What the program can do: one file per noun, commands and queries.
//!
//! A service loads what it needs from the store, asks the policy, applies the rules of
//! `domain`, and writes through one unit of work. It knows neither HTTP nor GraphQL.

mod assessment;
mod assignment;
mod authentication;
mod blank;
mod briefing;
mod caller;
pub mod catalogue;
mod change;
pub mod credential;
mod demonstration;
mod fetch;
mod grant;
mod grant_rules;
mod idempotency;
mod inbox;
mod issue;
mod ledger;
mod ledgered;
mod named;
mod names;
mod order;
mod outline;
mod password;
mod past;
#[cfg(test)]
pub(crate) mod people_tests;
mod portfolio;
mod project;
mod proposal;
mod rating;
mod refresh;
mod report;
mod resumption;
mod rules;
mod schedule;
mod session;
mod stage;
mod task;
mod throttle;
mod token;
mod upkeep;
mod user;

use std::sync::Arc;

use crate::clock::Clock;
use crate::error::Result;
use crate::policy::Principal;
use crate::store::today::Today;
use crate::store::{Store, WriteContext};

pub use assessment::{Assessment, MOST_MONTHS};
pub use assignment::{AssignMany, AssignOne, Lead};
pub use authentication::Person;
pub use briefing::{BriefingPublish, briefing_number, published_figures};
pub use caller::Caller;
pub use change::{
    ChangeDecide, ChangePropose, Content, Decision, Document, MovedDate, NewDate, Parts,
    PlannedTarget, ProjectPropose, ProposalContent, ReassignContent, StageContent, Wanted,
    YearAmount, content,
};
pub use credential::{Credentials, Secret, SigningKey};
pub use demonstration::Demonstration;
pub use grant::{GrantAdd, GrantScope, NewGrant};
pub use inbox::{Inbox, InboxItem, Thing};
pub use issue::{IssueRaise, IssueRedirect, IssueView};
pub use order::{OrderBy, OrderIssue, OrderView, order_facts};
pub use outline::{PlanBy, UnitBy};
pub use past::{PastProject, PastTask};
pub use portfolio::Portfolio;
pub use project::{ProjectView, state};
pub use proposal::{OrderProposal, ProposalFilter, ProposalId};
pub use rating::{
    Adopted, Rated, RatingOverride, RatingOverrideEnd, RatingRulesAdopt, Standing, in_force,
    look_back, ratings_of_past,
};
pub use report::{
    Achieved, Missing, ReportContent, ReportSave, ReportSubmit, ReportView, ReportWaive,
    ReportedIssue, Submitted, achieved_of, draft_content, evidence_of,
};
pub use rules::Rules;
pub use schedule::{MilestonesPlan, PlannedMilestone};
pub use session::SignedIn;
pub use stage::ProjectMove;
pub use task::{Evidence, TaskClaim, TaskReturn, TaskVerify, due_facts};
pub use throttle::SignInLimits;
pub use token::{IssuedToken, NewToken};
pub use user::NewUser;

/// Where a request came from.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    /// Id of the request, in the log and in the ledger.
    pub request_id: String,
    /// Network address of the other side, without its port.
    pub peer: String,
    /// User agent, cut to 256 characters.
    pub user_agent: Option<String>,
}

/// One call of a service: who asks, and under which request.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who asks.
    pub principal: Principal,
    /// From where.
    pub request: RequestInfo,
    /// True for what a demonstration does: all that it writes says that it is simulated.
    pub simulated: bool,
    /// The version of the ledger at which the caller was authenticated.
    pub version: Option<i64>,
}

impl Call {
    /// A call by a part of the system.
    #[must_use]
    pub fn system(name: &'static str, request_id: String) -> Self {
        Self {
            principal: Principal::system(name),
            request: RequestInfo {
                request_id,
                peer: "internal".to_owned(),
                user_agent: None,
            },
            simulated: false,
            version: None,
        }
    }

    /// The call of somebody who has not proved who they are yet. It may write operational
    /// rows, such as sessions and throttles, and nothing that the ledger holds.
    #[must_use]
    pub const fn anonymous(request: RequestInfo) -> Self {
        Self {
            principal: Principal::anonymous(),
            request,
            simulated: false,
            version: None,
        }
    }

    /// What a unit of work writes under.
    #[must_use]
    pub fn write(&self, reason: Option<String>) -> WriteContext {
        WriteContext {
            principal: self.principal.clone(),
            request_id: self.request.request_id.clone(),
            reason,
            simulated: self.simulated,
        }
    }
}

/// Everything that a service needs, shared by all requests.
#[derive(Clone, Debug)]
pub struct Services {
    /// The database.
    pub store: Arc<Store>,
    /// The injected clock.
    pub clock: Arc<dyn Clock>,
    /// The rules that are data.
    pub rules: Arc<Rules>,
    /// What sign-in needs beside the database.
    pub credentials: Arc<Credentials>,
}

impl Services {
    /// Today in every jurisdiction.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database cannot be read.
    pub async fn today(&self) -> Result<Today> {
        let version = crate::store::ledger::version(self.store.read()).await?;
        self.today_at(version).await
    }

    /// Today in every jurisdiction, for what a call reads.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database cannot be read.
    pub async fn today_for(&self, call: &Call) -> Result<Today> {
        match call.version {
            Some(version) => self.today_at(version).await,
            None => self.today().await,
        }
    }

    /// As [`Services::today`], where the ledger's version is known.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database cannot be read.
    pub async fn today_at(&self, version: i64) -> Result<Today> {
        self.store.today(version, self.clock.now()).await
    }
}
