//! What the objects of a page lead to, read for the whole page before they are asked one by
//! one: a statement for each table, and nobody waits for a lot to fill.

mod whole;

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, Lookahead};
use duban_entities::{project, task};
use futures_util::future::try_join;

use super::context::loaders;
use super::error::Result;
use super::loader::{LinesOf, MilestonesOf, Source};
use super::task::line_suffices;
use crate::error::Error;

pub use whole::of_project;

/// Reads what the projects of a page are asked for.
///
/// # Errors
/// INTERNAL when the database cannot be read.
pub async fn of_projects<'r>(
    ctx: &Context<'_>,
    rows: impl Iterator<Item = &'r project::Model> + Clone,
) -> Result<()> {
    let asked = ctx.look_ahead();
    let asks = |name: &str| on_items(&asked, &[name]);
    let units = async {
        let leads = rows.clone().filter_map(|row| row.lead_unit_id);
        bring(ctx, asks("leadUnit"), leads).await
    };
    let milestones = async {
        let wanted = asks("milestones");
        let [nodes, edges] = items(&asked).map(|items| items.field("milestones"));
        if line_suffices(&nodes) && line_suffices(&edges) {
            let keys = rows.clone().map(|row| LinesOf(row.id));
            return bring_children(ctx, wanted, keys).await;
        }
        let keys = rows.clone().map(|row| MilestonesOf(row.id));
        bring_children(ctx, wanted, keys).await
    };
    try_join(units, milestones).await?;
    Ok(())
}

/// Reads what the tasks of a page are asked for.
///
/// # Errors
/// INTERNAL when the database cannot be read.
pub async fn of_tasks<'r>(
    ctx: &Context<'_>,
    rows: impl Iterator<Item = &'r task::Model> + Clone,
) -> Result<()> {
    let asked = ctx.look_ahead();
    let asks = |path: &[&str]| on_items(&asked, path);
    let projects = rows.clone().filter_map(|row| row.project_id);
    let projects: Vec<project::Model> = bring(ctx, asks(&["project"]), projects).await?;
    let owing = rows.clone().filter_map(|row| row.unit_id);
    let owing = owing.filter(|_| asks(&["unit"]));
    let leads = projects.iter().filter_map(|row| row.lead_unit_id);
    let leads = leads.filter(|_| asks(&["project", "leadUnit"]));
    bring(ctx, true, owing.chain(leads)).await?;
    Ok(())
}

/// True where the document asks the page's items for this.
fn on_items(page: &Lookahead<'_>, path: &[&str]) -> bool {
    items(page).iter().any(|items| asks(items, path))
}

/// The two ways to a page's items.
fn items<'c>(page: &Lookahead<'c>) -> [Lookahead<'c>; 2] {
    [page.field("nodes"), page.field("edges").field("node")]
}

/// True where the document asks for this, from there on.
fn asks(from: &Lookahead<'_>, path: &[&str]) -> bool {
    let [name, rest @ ..] = path else {
        return from.exists();
    };
    asks(&from.field(name), rest)
}

/// Loads the rows of these keys at once, for all who ask for one of them later.
pub async fn bring<K, V>(
    ctx: &Context<'_>,
    wanted: bool,
    keys: impl Iterator<Item = K>,
) -> Result<Vec<V>>
where
    K: Clone + Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    Source: Loader<K, Value = V, Error = Arc<Error>>,
{
    let keys: HashSet<K> = if wanted {
        keys.collect()
    } else {
        HashSet::new()
    };
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<K> = keys.into_iter().collect();
    let loaders = loaders(ctx)?;
    let found = loaders.loader().load(&keys).await?;
    let rows = found.values().cloned().collect();
    loaders.feed_many(found).await;
    Ok(rows)
}

/// As [`bring`], for the rows that hang on a parent: none is an answer, too.
async fn bring_children<K, V>(
    ctx: &Context<'_>,
    wanted: bool,
    keys: impl Iterator<Item = K>,
) -> Result<()>
where
    K: Clone + Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    Source: Loader<K, Value = Vec<V>, Error = Arc<Error>>,
{
    let keys: Vec<K> = keys.collect();
    if !wanted || keys.is_empty() {
        return Ok(());
    }
    let loaders = loaders(ctx)?;
    let mut found = loaders.loader().load(&keys).await?;
    let each = keys.into_iter().map(|key| {
        let rows = found.remove(&key).unwrap_or_default();
        (key, rows)
    });
    loaders.feed_many(each.collect::<Vec<_>>()).await;
    Ok(())
}
