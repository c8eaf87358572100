//! Orders: the type, and finding one.

mod write;

use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject};

use super::common::task_object;
use super::{Task, task_facts};
use crate::domain::order::Number;
use crate::error::Error;
use crate::graphql::context::{call, children, loaders, parse, services};
use crate::graphql::error::{Result, public};
use crate::graphql::loader::{FollowersOf, OrderOf, ProjectsOfOrder, TasksOfOrder};
use crate::graphql::person::Person;
use crate::graphql::project::Project;
use crate::graphql::unit::Unit;
use crate::graphql::vocabulary::{OrderGround, OrderLevel, OrderSource};
use crate::service::{self, OrderView};

pub use write::OrderMutation;

task_object! {
    /// A supervisor's written demand with a deadline (督办单): a task.
    Order {
        lists {
            /// The projects that it is about and that you may see, by code.
            fn projects(&self, ctx) -> Vec<Project> {
                let named = children(ctx, ProjectsOfOrder(self.row.id())).await?;
                let ids = named.iter().map(|row| row.project_id);
                let mut rows: Vec<_> = loaders(ctx)?.load_many(ids).await?.into_values().collect();
                rows.sort_by(|a, b| a.code.cmp(&b.code));
                Ok(rows.into_iter().map(Project::from).collect())
            }

            /// The tasks that it presses and that you may see, by date.
            fn tasks(&self, ctx) -> Vec<Task> {
                let named = children(ctx, TasksOfOrder(self.row.id())).await?;
                let ids = named.iter().map(|row| row.task_id);
                let mut rows: Vec<_> = loaders(ctx)?.load_many(ids).await?.into_values().collect();
                rows.sort_by_key(|row| (row.due_date, row.id));
                Ok(rows.into_iter().map(Task::from).collect())
            }

            /// The orders that follow it up and that you may see, by number.
            fn followed_by(&self, ctx) -> Vec<Self> {
                let rows = children(ctx, FollowersOf(self.row.id())).await?;
                let ids = rows.iter().map(|row| row.task_id);
                let seen = loaders(ctx)?.load_many(ids).await?;
                let seen = rows.iter().filter_map(|row| seen.get(&row.task_id));
                Ok(seen.map(|row| Self::from(row.clone())).collect())
            }
        }

        /// The number of the jurisdiction and year, such as 督〔2026〕12号: without gaps.
        async fn number(&self, ctx: &Context<'_>) -> Result<String> {
            let row = self.order(ctx).await?;
            Ok(Number { year: row.year, sequence: row.sequence }.to_string())
        }

        /// How hard it presses.
        async fn level(&self, ctx: &Context<'_>) -> Result<OrderLevel> {
            Ok(self.order(ctx).await?.level.into())
        }

        /// What it comes from.
        async fn source(&self, ctx: &Context<'_>) -> Result<OrderSource> {
            Ok(self.order(ctx).await?.source.into())
        }

        /// The meeting, instruction, inspection or rule, in words.
        async fn source_note(&self, ctx: &Context<'_>) -> Result<Option<String>> {
            Ok(self.order(ctx).await?.source_note)
        }

        /// The ground of the proposal that it followed; null where it followed none.
        async fn ground(&self, ctx: &Context<'_>) -> Result<Option<OrderGround>> {
            let ground = self.order(ctx).await?.ground;
            let word = ground.and_then(|text| text.parse::<duban_entities::vocabulary::OrderGround>().ok());
            Ok(word.map(Into::into))
        }

        /// What is demanded.
        async fn instruction(&self) -> Result<Option<String>> {
            Ok(self.row.whole()?.description.clone())
        }

        /// The order that it follows up, if you may see it.
        async fn follows(&self, ctx: &Context<'_>) -> Result<Option<Self>> {
            let Some(id) = self.order(ctx).await?.follows_id else {
                return Ok(None);
            };
            Ok(loaders(ctx)?.load_one(id).await?.map(Self::from))
        }

        /// The published briefing that a circular cites.
        async fn briefing_id(&self, ctx: &Context<'_>) -> Result<Option<ID>> {
            let id = self.order(ctx).await?.briefing_id;
            Ok(id.map(|id| ID(id.to_string())))
        }

        /// The office that issued it: the supervisor's home unit. Its people alone close it.
        async fn office(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
            let Some(id) = self.row.whole()?.raised_unit_id else {
                return Ok(None);
            };
            Ok(loaders(ctx)?.load_one(id).await?.map(Unit::from))
        }

        /// Who issued it.
        async fn issued_by(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
            Person::load(ctx, self.row.whole()?.raised_by).await
        }

        /// What you may do with it now.
        async fn permissions(&self, ctx: &Context<'_>) -> Result<OrderPermissions> {
            let facts = task_facts(ctx, self.row.whole()?).await?;
            Ok(OrderView::of(&call(ctx)?.principal, self.row.whole()?, &facts).into())
        }
    }
}

impl Order {
    /// What makes the task an order.
    async fn order(&self, ctx: &Context<'_>) -> Result<duban_entities::order::Model> {
        let row = loaders(ctx)?.load_one(OrderOf(self.row.id())).await?;
        row.ok_or_else(|| public(Error::NotFound))
    }
}

/// What a person may do with an order now, from the policy that will decide it.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct OrderPermissions {
    /// Reply to it: `taskClaim`.
    reply: bool,
    /// Close an answered one (销号): `taskVerify`.
    close: bool,
    /// Send an answer back (退办): `taskReturn`.
    send_back: bool,
}

impl From<OrderView> for OrderPermissions {
    fn from(view: OrderView) -> Self {
        Self {
            reply: view.reply,
            close: view.close,
            send_back: view.send_back,
        }
    }
}

/// How an order is named.
#[derive(Clone, Debug, OneofObject)]
pub enum OrderBy {
    /// By id.
    Id(ID),
    /// By number.
    Number(OrderNumberInput),
}

/// A number of a jurisdiction's orders.
#[derive(Clone, Debug, InputObject)]
pub struct OrderNumberInput {
    /// The jurisdiction.
    jurisdiction_id: ID,
    /// The number as written: 督〔2026〕12号.
    number: String,
}

/// Root fields on orders.
#[derive(Debug, Default)]
pub struct OrderQuery;

#[Object]
impl OrderQuery {
    /// One order. Lists of orders are `tasks` with `kind: ORDER`.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id or its number.")] by: OrderBy,
    ) -> Result<Order> {
        let by = match by {
            OrderBy::Id(id) => service::OrderBy::Id(parse(&id)?),
            OrderBy::Number(named) => {
                service::OrderBy::Number(parse(&named.jurisdiction_id)?, named.number)
            }
        };
        let row = services(ctx)?
            .order(call(ctx)?, &by)
            .await
            .map_err(public)?;
        Ok(row.into())
    }
}
