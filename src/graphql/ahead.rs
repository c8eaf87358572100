//! What the objects of a page lead to, read for the whole page before they are asked one by
//! one: a statement for each table, and no lot that waits for the request to rest.

mod whole;

use async_graphql::{Context, Lookahead};
use duban_entities::{project, task};
use futures_util::future::try_join;

use super::context::loaders;
use super::error::Result;
use super::loader::{LinesOf, MilestonesOf, Source};
use super::lots::{Key, Loader};
use super::task::line_suffices;

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
            return bring(ctx, wanted, keys).await;
        }
        let keys = rows.clone().map(|row| MilestonesOf(row.id));
        bring(ctx, wanted, keys).await
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
    let projects = projects.filter(|_| asks(&["project"]));
    bring(ctx, true, projects.clone()).await?;
    let owing = rows.clone().filter_map(|row| row.unit_id);
    let owing = owing.filter(|_| asks(&["unit"]));
    let led = projects.filter(|_| asks(&["project", "leadUnit"]));
    let led = loaders(ctx)?.load_many(led).await?;
    let leads = led.values().filter_map(|row| row.lead_unit_id);
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

/// Reads what stands under these keys at once, for all who ask for one of them later.
async fn bring<K: Key>(ctx: &Context<'_>, wanted: bool, keys: impl Iterator<Item = K>) -> Result<()>
where
    Source: Loader<K>,
{
    if wanted {
        loaders(ctx)?.bring(keys).await?;
    }
    Ok(())
}
