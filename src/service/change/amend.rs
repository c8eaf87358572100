//! Other contents (调整内容): title, kind, areas, quantities, planned investment.

use std::collections::BTreeMap;

use duban_entities::ids::{AreaId, JurisdictionId};
use duban_entities::vocabulary::{ProjectKind, Qualifier};
use duban_entities::{area, project, project_area, project_investment, target};

use super::content::{Parts, PlannedTarget, YearAmount};
use crate::domain::change::{Quantity, check_money, check_targets};
use crate::domain::schedule::TITLE_CHARS;
use crate::error::{Error, Problems, Result};
use crate::policy::Permit;
use crate::service::change::entry::{expect_still_unique, expect_unique};
use crate::store::ledger::FieldChange;
use crate::store::record::decimal_of_hundredths;
use crate::store::{Work, bank, outline, part, projects};

/// The parts as they are and as they shall be.
pub(super) async fn proposal(
    work: &Work,
    project: &project::Model,
    mut wanted: Parts,
) -> Result<(Parts, Parts)> {
    if wanted.is_empty() {
        return Err(Error::invalid("title", "nothing to change"));
    }
    if let Some(areas) = &wanted.areas {
        wanted.areas = Some(known_areas(work, project.jurisdiction_id, areas).await?);
    }
    tidy(&mut wanted);
    let before = current(work, project, &wanted).await?;
    let mut problems = Problems::default();
    check(&wanted, &mut problems);
    check_sums(work, project, &wanted, &mut problems).await?;
    problems.require(before != wanted, "title", "all of it is so already");
    problems.finish()?;
    if let Some(title) = &wanted.title {
        let of = project.jurisdiction_id;
        expect_unique(work, of, Some(project.id), title).await?;
    }
    Ok((before, wanted))
}

/// Drops white space around texts, and sorts the years.
pub(super) fn tidy(parts: &mut Parts) {
    let trim = |text: &mut String| *text = text.trim().to_owned();
    if let Some(title) = &mut parts.title {
        trim(title);
    }
    for target in parts.targets.iter_mut().flatten() {
        trim(&mut target.name);
        let texts = [&mut target.words, &mut target.unit_of_measure];
        texts.into_iter().flatten().for_each(trim);
        if target.words.is_none() {
            target.words = Some(words(target));
        }
    }
    if let Some(years) = &mut parts.investments {
        years.sort_by_key(|year| year.year);
    }
}

/// What stands for the words of a source where there are none.
fn words(target: &PlannedTarget) -> String {
    let number = target.quantity.as_deref().unwrap_or_default();
    let to = target.quantity_to.as_ref();
    let to = to.map(|to| format!("至{to}")).unwrap_or_default();
    let unit = target.unit_of_measure.as_deref().unwrap_or_default();
    format!("{}{number}{to}{unit}", target.name)
}

/// What can be said of the parts alone.
pub(super) fn check(parts: &Parts, problems: &mut Problems) {
    if let Some(title) = &parts.title {
        problems.require(
            TITLE_CHARS.contains(&title.chars().count()) && !title.chars().any(char::is_control),
            "title",
            "1 to 200 characters, no control characters",
        );
    }
    let targets: Vec<Quantity<'_>> = parts.targets.iter().flatten().map(quantity).collect();
    check_targets(&targets, problems);
}

fn quantity(target: &PlannedTarget) -> Quantity<'_> {
    Quantity {
        name: &target.name,
        words: target.words.as_deref(),
        quantity: target.quantity.as_deref(),
        quantity_to: target.quantity_to.as_deref(),
        qualifier: qualifier(target),
        unit_of_measure: target.unit_of_measure.as_deref(),
    }
}

fn qualifier(target: &PlannedTarget) -> Option<Qualifier> {
    target
        .qualifier
        .as_deref()
        .and_then(|word| word.parse().ok())
}

/// What is not spoken of stays, and counts in the sum.
async fn check_sums(
    work: &Work,
    project: &project::Model,
    wanted: &Parts,
    problems: &mut Problems,
) -> Result<()> {
    let years = match &wanted.investments {
        Some(years) => years.clone(),
        None => investments(work, project).await?,
    };
    let years: Vec<(i32, i64)> = years.iter().map(|y| (y.year, y.amount)).collect();
    let total = wanted.investment_total.or(project.investment_total);
    let spoken = wanted.investments.is_some() || wanted.investment_total.is_some();
    check_money(total, spoken.then_some(years.as_slice()), problems);
    Ok(())
}

/// The areas of the jurisdiction of these ids, each once, by code.
pub(super) async fn known_areas(
    work: &Work,
    jurisdiction: JurisdictionId,
    areas: &[String],
) -> Result<Vec<String>> {
    let ids: Option<Vec<AreaId>> = areas.iter().map(|id| id.parse().ok()).collect();
    let mut ids = ids.ok_or(Error::NotFound)?;
    ids.sort();
    ids.dedup();
    let rows = outline::areas_by_id(work.connection(), ids.clone()).await?;
    let here = rows.iter().all(|row| row.jurisdiction_id == jurisdiction);
    if rows.len() != ids.len() || !here {
        return Err(Error::NotFound);
    }
    Ok(by_code(rows))
}

fn by_code(mut rows: Vec<area::Model>) -> Vec<String> {
    rows.sort_by(|a, b| a.code.cmp(&b.code));
    rows.iter().map(|row| row.id.to_string()).collect()
}

/// The parts that `like` speaks of, as they are.
async fn current(work: &Work, project: &project::Model, like: &Parts) -> Result<Parts> {
    let mut parts = Parts {
        title: like.title.as_ref().map(|_| project.title.clone()),
        kind: like.kind.as_ref().map(|_| project.kind.to_string()),
        investment_total: like.investment_total.and(project.investment_total),
        ..Parts::default()
    };
    if like.areas.is_some() {
        parts.areas = Some(areas(work, project).await?);
    }
    if like.targets.is_some() {
        let rows = outline::targets_of(work.connection(), vec![project.id]).await?;
        parts.targets = Some(rows.iter().map(planned).collect());
    }
    if like.investments.is_some() {
        parts.investments = Some(investments(work, project).await?);
    }
    Ok(parts)
}

async fn areas(work: &Work, project: &project::Model) -> Result<Vec<String>> {
    let links = projects::areas(work.connection(), vec![project.id]).await?;
    let ids = links.iter().map(|link| link.area_id).collect();
    let rows = outline::areas_by_id(work.connection(), ids).await?;
    Ok(by_code(rows))
}

async fn investments(work: &Work, project: &project::Model) -> Result<Vec<YearAmount>> {
    let rows = outline::investments_of(work.connection(), vec![project.id]).await?;
    let years = rows.iter().map(|row| YearAmount {
        year: row.year,
        amount: row.amount,
    });
    Ok(years.collect())
}

fn planned(row: &target::Model) -> PlannedTarget {
    PlannedTarget {
        name: row.name.clone(),
        words: Some(row.words.clone()),
        quantity: row.quantity.clone(),
        quantity_to: row.quantity_to.clone(),
        qualifier: row.qualifier.map(|word| word.to_string()),
        unit_of_measure: row.unit_of_measure.clone(),
    }
}

/// Puts the new parts in the place of the old ones, if these still are what they were.
pub(super) async fn apply(
    work: &mut Work,
    permit: &Permit,
    project: &project::Model,
    (before, after): (&Parts, &Parts),
) -> Result<()> {
    if current(work, project, after).await? != *before {
        return Err(Error::blocked(
            "PROJECT_CHANGED",
            "what it changes is no longer what it was when it was proposed: return it",
        ));
    }
    let mut row = project.clone();
    row.simulated |= work.simulated();
    if let Some(title) = &after.title {
        let of = project.jurisdiction_id;
        bank::lock_jurisdiction(work.connection(), of).await?;
        expect_still_unique(work, of, Some(project.id), title).await?;
        row.title.clone_from(title);
    }
    if let Some(kind) = &after.kind {
        row.kind = kind.parse::<ProjectKind>().map_err(Error::internal)?;
    }
    if after.investment_total.is_some() {
        row.investment_total = after.investment_total;
    }
    let parts = write(work, project, after).await?;
    work.update_with(permit, project, row, parts).await?;
    Ok(())
}

/// Writes the parts that stand in tables of their own, in the ledger's form that an import
/// uses too.
pub(super) async fn write(
    work: &Work,
    project: &project::Model,
    after: &Parts,
) -> Result<Vec<FieldChange>> {
    let mut changes = Vec::new();
    if let Some(ids) = &after.areas {
        let old = areas(work, project).await?;
        changes.extend(part("areas", shown_areas(&old), shown_areas(ids)));
        let rows: Result<Vec<project_area::Model>> = ids
            .iter()
            .map(|id| {
                Ok(project_area::Model {
                    project_id: project.id,
                    area_id: id.parse().map_err(Error::internal)?,
                })
            })
            .collect();
        bank::replace_areas(work.connection(), project.id, rows?).await?;
    }
    if let Some(targets) = &after.targets {
        changes.extend(write_targets(work, project, targets).await?);
    }
    if let Some(years) = &after.investments {
        let old = investments(work, project).await?;
        changes.extend(part("investments", shown_years(&old)?, shown_years(years)?));
        let rows = years.iter().map(|year| project_investment::Model {
            project_id: project.id,
            year: year.year,
            amount: year.amount,
        });
        bank::replace_investments(work.connection(), project.id, rows.collect()).await?;
    }
    Ok(changes)
}

/// A quantity that keeps its name keeps its key: reports refer to it.
async fn write_targets(
    work: &Work,
    project: &project::Model,
    targets: &[PlannedTarget],
) -> Result<Vec<FieldChange>> {
    let old = outline::targets_of(work.connection(), vec![project.id]).await?;
    let mut free: Vec<&target::Model> = old.iter().collect();
    let mut rows = Vec::new();
    for (target, position) in targets.iter().zip(0..) {
        let place = free.iter().position(|row| row.name == target.name);
        let known = place.map(|place| free.remove(place));
        let same = known.filter(|row| planned(row) == *target);
        rows.push(target::Model {
            id: known.map_or_else(|| work.new_id(), |row| row.id),
            project_id: project.id,
            position,
            name: target.name.clone(),
            words: target.words.clone().unwrap_or_else(|| words(target)),
            quantity: target.quantity.clone(),
            quantity_to: target.quantity_to.clone(),
            qualifier: qualifier(target),
            unit_of_measure: target.unit_of_measure.clone(),
            source_file: same.and_then(|row| row.source_file.clone()),
            source_line: same.and_then(|row| row.source_line),
        });
    }
    let change = part("targets", shown_targets(&old)?, shown_targets(&rows)?);
    bank::replace_targets(work.connection(), project.id, rows).await?;
    Ok(change)
}

fn shown_areas(ids: &[String]) -> Option<String> {
    (!ids.is_empty()).then(|| ids.join(" "))
}

fn shown_years(years: &[YearAmount]) -> Result<Option<String>> {
    let members = years.iter().map(|year| {
        BTreeMap::from([
            ("year", year.year.to_string()),
            ("amount", decimal_of_hundredths(year.amount)),
        ])
    });
    shown(&members.collect::<Vec<_>>())
}

fn shown_targets(rows: &[target::Model]) -> Result<Option<String>> {
    let members = rows.iter().map(|row| {
        let cells = [
            ("name", Some(row.name.clone())),
            ("words", Some(row.words.clone())),
            ("quantity", row.quantity.clone()),
            ("quantity_to", row.quantity_to.clone()),
            ("qualifier", row.qualifier.map(|word| word.to_string())),
            ("unit_of_measure", row.unit_of_measure.clone()),
            ("source_file", row.source_file.clone()),
            ("source_line", row.source_line.map(|line| line.to_string())),
        ];
        stated(cells)
    });
    shown(&members.collect::<Vec<_>>())
}

/// Quantities that have no source yet, as they will stand in the ledger.
pub(super) fn shown_planned(targets: &[PlannedTarget]) -> Result<Option<String>> {
    let members = targets.iter().map(|target| {
        let cells = [
            ("name", Some(target.name.clone())),
            ("words", target.words.clone()),
            ("quantity", target.quantity.clone()),
            ("quantity_to", target.quantity_to.clone()),
            ("qualifier", target.qualifier.clone()),
            ("unit_of_measure", target.unit_of_measure.clone()),
        ];
        stated(cells)
    });
    shown(&members.collect::<Vec<_>>())
}

/// The cells of a member that say something.
fn stated<const N: usize>(
    cells: [(&'static str, Option<String>); N],
) -> BTreeMap<&'static str, String> {
    let cells = cells.into_iter();
    cells
        .filter_map(|(name, text)| Some((name, text?)))
        .collect()
}

/// A list as one value: compact JSON; none where it is empty.
pub(super) fn shown(members: &[BTreeMap<&str, String>]) -> Result<Option<String>> {
    if members.is_empty() {
        return Ok(None);
    }
    let text = serde_json::to_string(members).map_err(Error::internal)?;
    Ok(Some(text))
}
