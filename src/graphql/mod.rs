//! The GraphQL schema: one file a noun, thin resolvers, one input and one payload a
//! mutation. What may be done is decided behind the services.
//!
//! To add a mutation: an input and a payload in the noun's file, a resolver of a few lines
//! that turns the input into a command of the service, its line in `tests/matrix.rs` and in
//! `tests/coverage.rs`, and `just bless` for `schema.graphql`.

mod ahead;
mod assessment;
mod briefing;
mod change;
mod connection;
mod context;
mod error;
mod figure;
mod grant;
mod inbox;
mod jurisdiction;
mod ledger;
mod limits;
mod loader;
mod lots;
mod mention;
mod node;
mod order;
mod past;
#[cfg(test)]
mod people_tests;
mod person;
mod plan;
mod portfolio;
mod progress;
mod project;
mod project_filter;
mod proposal;
mod rating;
mod ready;
mod report;
mod scalar;
mod session;
mod task;
mod token;
mod unit;
mod user;
mod validation;
mod vocabulary;
mod workflow;
mod written;

use std::sync::Arc;

use async_graphql::{
    EmptySubscription, Executor, MergedObject, Request, Response, SDLExportOptions, Schema,
};
use futures_util::FutureExt;
use futures_util::stream::{BoxStream, StreamExt, once};

pub use context::{Fleeting, Reading, Unrepeated, Version};
pub use limits::Limits;
pub use written::to_vec;

use context::{Loaders, given};
use validation::{Passed, Validation};

use crate::policy::Principal;
use crate::service::{Call, RequestInfo, Services};

// Each stands within those below it, and so does all that it waits for: what is asked most
// stands last.

/// The queries.
#[derive(Debug, Default, MergedObject)]
pub struct Query(
    node::NodeQuery,
    jurisdiction::JurisdictionQuery,
    unit::UnitQuery,
    plan::PlanQuery,
    workflow::WorkflowQuery,
    user::UserQuery,
    session::SessionQuery,
    rating::RatingQuery,
    ledger::LedgerQuery,
    briefing::BriefingQuery,
    assessment::AssessmentQuery,
    proposal::ProposalQuery,
    change::ChangeQuery,
    task::OrderQuery,
    report::ReportQuery,
    inbox::InboxQuery,
    portfolio::PortfolioQuery,
    task::TaskQuery,
    project::ProjectQuery,
);

/// The mutations.
#[derive(Debug, Default, MergedObject)]
pub struct Mutation(
    user::UserMutation,
    grant::GrantMutation,
    token::TokenMutation,
    unit::UnitMutation,
    rating::RatingMutation,
    briefing::BriefingMutation,
    change::ChangeMutation,
    change::ProposeMutation,
    proposal::ProposalMutation,
    project::ProjectMutation,
    task::OrderMutation,
    task::IssueMutation,
    session::SessionMutation,
    report::ReportMutation,
    task::TaskMutation,
);

type DubanSchema = Schema<Query, Mutation, EmptySubscription>;

/// The API: the schema over the services.
#[derive(Clone)]
pub struct Api {
    /// For what is not remembered, by whoever is signed in: an extension is asked at every
    /// field that is not [`ready`], which a large answer would pay dearly for.
    schema: DubanSchema,
    /// For all else, and to say what an operation costs.
    measured: DubanSchema,
    passed: Arc<Passed>,
    services: Services,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

impl Api {
    /// The API over these services.
    #[must_use]
    pub fn new(services: Services) -> Self {
        let builder = || builder().data(services.clone());
        let most = Limits::SIGNED_IN.complexity;
        let schema = builder().limit_complexity(most).finish();
        Self {
            passed: Arc::new(Passed::of(schema.names())),
            schema,
            measured: builder().extension(Validation).finish(),
            services,
        }
    }

    /// Puts what the resolvers need into a request: the call, from the principal and the
    /// request's origin that the endpoint put there.
    fn prepare(&self, request: Request) -> (Request, Loaders) {
        let principal = given::<Principal>(&request).unwrap_or_else(Principal::anonymous);
        let origin = given::<RequestInfo>(&request).unwrap_or_else(|| RequestInfo {
            request_id: String::new(),
            peer: String::new(),
            user_agent: None,
        });
        let call = Call {
            principal,
            request: origin,
            simulated: false,
            version: given::<Version>(&request).map(|Version(version)| version),
        };
        context::attach(request, &self.services, call)
    }
}

impl Executor for Api {
    async fn execute(&self, request: Request) -> Response {
        let (mut request, loaders) = self.prepare(request);
        let name = request.operation_name.clone();
        let Ok(document) = request.parsed_query() else {
            return self.run(request).await;
        };
        let order = order::Order::of(document, name.as_deref());
        let executed = async {
            match self.passed.asked(&mut request) {
                Some(asked) => self.measured.execute(request.data(asked)).await,
                None => self.run(request).await,
            }
        };
        // Boxed: what executes a query has room for the largest thing that one may wait for,
        // and whoever waits for it would each have as much on the stack.
        let mut response = loaders.serve(executed.boxed()).await;
        order.arrange(&mut response.data);
        response
    }

    fn execute_stream(
        &self,
        request: Request,
        _session_data: Option<Arc<async_graphql::Data>>,
    ) -> BoxStream<'static, Response> {
        let api = self.clone();
        once(async move { api.execute(request).await }).boxed()
    }
}

impl Api {
    async fn run(&self, request: Request) -> Response {
        let limits = given::<Limits>(&request).unwrap_or(Limits::ANONYMOUS);
        if limits != Limits::SIGNED_IN {
            return self.measured.execute(request).await;
        }
        let mut again = Request::new(request.query.clone())
            .variables(request.variables.clone())
            .data(limits);
        again.operation_name.clone_from(&request.operation_name);
        let response = self.schema.execute(request).await;
        if validation::is_refused(&response) {
            // Nothing was executed, and nothing will be now: this is for the number alone.
            return self.measured.execute(again).await;
        }
        response
    }
}

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .register_output_type::<node::Node>()
        .limit_depth(Limits::SIGNED_IN.depth)
        .disable_suggestions()
}

/// The published contract, in the schema definition language.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items();
    builder().finish().sdl_with_options(options)
}
