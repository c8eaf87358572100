//! What one project leads to: first what hangs on it, then what that names.

use std::sync::Arc;

use async_graphql::{Context, Lookahead};
use duban_entities::project;
use duban_entities::vocabulary::TaskKind;

use super::{asks, bring};
use crate::graphql::context::loaders;
use crate::graphql::error::Result;
use crate::graphql::loader::{
    ActiveReportsOf, AliasesOfUnit, AreaLinksOf, CitationsOf, CooperatingUnitsOf, CurrentTasksOf,
    ExternalIdsOf, FactsOf, LinesOf, MilestonesOf, SuggestedLeadsOf, TargetsOf,
};
use crate::graphql::lots::Loader as _;
use crate::graphql::task::line_suffices;
use crate::store::facts::Known;
use crate::store::tasks::MilestoneLine;

/// Reads what a project is asked for, and hands on what the policy was told of it.
///
/// # Errors
/// INTERNAL when the database cannot be read.
pub async fn of_project(ctx: &Context<'_>, row: &project::Model, known: Known) -> Result<()> {
    let asked = ctx.look_ahead();
    let asks = |path: &[&str]| asks(&asked, path);
    let areas = known.areas.iter().map(|link| link.area_id);
    let lead = row.lead_unit_id.into_iter();
    let one = || std::iter::once(row.id);
    tokio::try_join!(
        mentions(ctx, row, &asked),
        tasks(ctx, row, &asked),
        units(ctx, row, &known, &asked),
        bring(ctx, asks(&["areas"]), areas),
        bring(
            ctx,
            asks(&["jurisdiction"]),
            std::iter::once(row.jurisdiction_id)
        ),
        bring(ctx, asks(&["parent"]), row.parent_id.into_iter()),
        bring(ctx, asks(&["leadUnit", "aliases"]), lead.map(AliasesOfUnit)),
        bring(ctx, asks(&["externalIds"]), one().map(ExternalIdsOf)),
        bring(ctx, asks(&["targets"]), one().map(TargetsOf)),
    )?;
    hand_on(ctx, row, known).await
}

/// What was read for the policy need not be read again.
async fn hand_on(ctx: &Context<'_>, row: &project::Model, known: Known) -> Result<()> {
    let loaders = loaders(ctx)?;
    let Known {
        facts,
        areas,
        cooperating,
    } = known;
    loaders.hand_on(FactsOf(row.id), Arc::new(facts));
    loaders.hand_on(AreaLinksOf(row.id), areas);
    loaders.hand_on(CooperatingUnitsOf(row.id), cooperating);
    Ok(())
}

/// The citations, with the clauses and plans that are asked of them.
async fn mentions(ctx: &Context<'_>, row: &project::Model, asked: &Lookahead<'_>) -> Result<()> {
    let paths: [&[&str]; 2] = [&["citations"], &["suggestedLeads", "citation"]];
    let asks_for = |behind: &[&str]| {
        let mut paths = paths.iter();
        paths.any(|path| asks(asked, &[path, behind].concat()))
    };
    let citations = std::iter::once(CitationsOf(row.id));
    bring(ctx, asks_for(&[]), citations).await?;
    if !asks_for(&["clause"]) {
        return Ok(());
    }
    let citations = loaders(ctx)?.load_one(CitationsOf(row.id)).await?;
    let citations = citations.unwrap_or_default();
    let clauses = citations.iter().map(|row| row.clause_id);
    bring(ctx, true, clauses.clone()).await?;
    let clauses = loaders(ctx)?.load_many(clauses).await?;
    let plans = clauses.values().map(|row| row.plan_id);
    bring(ctx, asks_for(&["clause", "plan"]), plans).await?;
    Ok(())
}

/// The milestones, as much of them as is asked for; for the permissions with the reports that are
/// not finished.
async fn tasks(ctx: &Context<'_>, row: &project::Model, asked: &Lookahead<'_>) -> Result<()> {
    let listed = asked.field("milestones");
    let lines = listed.exists() && line_suffices(&listed);
    let permissions = asks(asked, &["permissions"]);
    let whole = permissions || asks(asked, &["transitions"]) || (listed.exists() && !lines);
    if !whole {
        return bring(ctx, lines, std::iter::once(LinesOf(row.id))).await;
    }
    let loaders = loaders(ctx)?;
    let milestones = if permissions {
        let mut found = loaders.source().load(&[CurrentTasksOf(row.id)]).await?;
        let found = found.remove(&CurrentTasksOf(row.id)).unwrap_or_default();
        let (milestones, reports) = found
            .into_iter()
            .partition(|task| task.kind == TaskKind::Milestone);
        loaders.hand_on(ActiveReportsOf(row.id), reports);
        milestones
    } else {
        let mut found = loaders.source().load(&[MilestonesOf(row.id)]).await?;
        found.remove(&MilestonesOf(row.id)).unwrap_or_default()
    };
    if listed.exists() {
        let lines = milestones.iter().filter_map(MilestoneLine::of).collect();
        loaders.hand_on(LinesOf(row.id), lines);
    }
    loaders.hand_on(MilestonesOf(row.id), milestones);
    Ok(())
}

/// Every unit that it names, at once.
async fn units(
    ctx: &Context<'_>,
    row: &project::Model,
    known: &Known,
    asked: &Lookahead<'_>,
) -> Result<()> {
    let asks = |path: &[&str]| asks(asked, path);
    let suggested = asks(&["suggestedLeads"]);
    bring(ctx, suggested, std::iter::once(SuggestedLeadsOf(row.id))).await?;
    let mut units = Vec::new();
    if asks(&["suggestedLeads", "unit"]) {
        let found = loaders(ctx)?.load_one(SuggestedLeadsOf(row.id)).await?;
        units.extend(found.unwrap_or_default().iter().map(|row| row.unit_id));
    }
    if asks(&["cooperatingUnits"]) || asks(&["cooperation", "unit"]) {
        units.extend(known.cooperating.iter().map(|row| row.unit_id));
    }
    if asks(&["leadUnit"]) {
        units.extend(row.lead_unit_id);
    }
    bring(ctx, true, units.into_iter()).await?;
    Ok(())
}
