//! Issues.

use async_graphql::Context;

use super::common::task_object;
use crate::graphql::error::Result;
use crate::graphql::person::Person;

task_object! {
    /// A difficulty that a unit raises, owed by the unit that must help, or by the office
    /// where `unit` is null (困难问题): a task.
    Issue {
        /// What the difficulty is.
        async fn description(&self) -> Option<String> {
            self.row.description.clone()
        }

        /// Who raised it.
        async fn raised_by(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
            Person::load(ctx, self.row.raised_by).await
        }
    }
}
