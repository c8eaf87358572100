//! Figures with the lists behind them.

use std::str::FromStr;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use duban_entities::ids::{ChangeRequestId, ProjectId, TaskId};

use super::change::ChangeRequest;
use super::connection::page_cost;
use super::context::{count_brought, loaders};
use super::error::{Result, public};
use super::loader::Source;
use super::lots::{Key, Loader};
use super::project::Project;
use super::task::Task;
use crate::store::page::page_size;

/// A number of tasks, and which they are.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct TaskFigure {
    /// How many.
    count: i32,
    #[graphql(skip)]
    list: Vec<ID>,
}

/// A number of projects, and which they are.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct ProjectFigure {
    /// How many.
    count: i32,
    #[graphql(skip)]
    list: Vec<ID>,
}

/// A number of change requests, and which they are.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct ChangeFigure {
    /// How many.
    count: i32,
    #[graphql(skip)]
    list: Vec<ID>,
}

macro_rules! figure {
    ($($name:ident),+) => {
        $(impl From<&[String]> for $name {
            fn from(list: &[String]) -> Self {
                Self {
                    count: i32::try_from(list.len()).unwrap_or(i32::MAX),
                    list: list.iter().map(|id| ID(id.clone())).collect(),
                }
            }
        })+
    };
}

figure!(TaskFigure, ProjectFigure, ChangeFigure);

#[ComplexObject]
impl TaskFigure {
    /// Their ids.
    async fn ids(&self, ctx: &Context<'_>) -> Result<&[ID]> {
        count_brought(ctx, self.list.len())?;
        Ok(&self.list)
    }

    /// The first of them as they are now.
    #[graphql(complexity = "page_cost(Some(first), None, child_complexity)")]
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50, desc = "So many, 200 at most.")] first: i32,
    ) -> Result<Vec<Task>> {
        let rows = first_of::<TaskId, _>(ctx, &self.list, first).await?;
        Ok(rows.into_iter().map(Task::from).collect())
    }
}

#[ComplexObject]
impl ProjectFigure {
    /// Their ids.
    async fn ids(&self, ctx: &Context<'_>) -> Result<&[ID]> {
        count_brought(ctx, self.list.len())?;
        Ok(&self.list)
    }

    /// The first of them as they are now.
    #[graphql(complexity = "page_cost(Some(first), None, child_complexity)")]
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50, desc = "So many, 200 at most.")] first: i32,
    ) -> Result<Vec<Project>> {
        let rows = first_of::<ProjectId, _>(ctx, &self.list, first).await?;
        Ok(rows.into_iter().map(Project::from).collect())
    }
}

#[ComplexObject]
impl ChangeFigure {
    /// Their ids.
    async fn ids(&self, ctx: &Context<'_>) -> Result<&[ID]> {
        count_brought(ctx, self.list.len())?;
        Ok(&self.list)
    }

    /// The first of them as they are now.
    #[graphql(complexity = "page_cost(Some(first), None, child_complexity)")]
    async fn change_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50, desc = "So many, 200 at most.")] first: i32,
    ) -> Result<Vec<ChangeRequest>> {
        let rows = first_of::<ChangeRequestId, _>(ctx, &self.list, first).await?;
        Ok(rows.into_iter().map(ChangeRequest::from).collect())
    }
}

/// The first rows of a list, in its order; one statement for all lists of a level.
async fn first_of<K, V>(ctx: &Context<'_>, ids: &[ID], first: i32) -> Result<Vec<V>>
where
    K: FromStr + Copy + Key,
    V: Clone,
    Source: Loader<K, Value = V>,
{
    let size = page_size(first, "first").map_err(public)?;
    let shown = ids.iter().take(usize::try_from(size).unwrap_or(usize::MAX));
    let keys: Vec<K> = shown.filter_map(|id| id.as_str().parse().ok()).collect();
    let rows = loaders(ctx)?.load_many(keys.iter().copied()).await?;
    Ok(keys
        .iter()
        .filter_map(|key| rows.get(key).cloned())
        .collect())
}
