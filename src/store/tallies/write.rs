//! Writing the cells.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use duban_entities::ids::{JurisdictionId, UnitId};
use duban_entities::{tally, tally_mark, task, unit_tally};
use sea_orm::sea_query::{Expr, OnConflict, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IdenStatic as _, IntoActiveModel, Iterable,
    QueryTrait as _,
};

use super::ALL;
use super::delta::{Cell, Delta, Figures, Hand, Slice, UnitCell};
use super::facts::{Placed, Since, is_open, placed};
use crate::error::Result;
use crate::store::writes::{Run, Writes};
use crate::store::{Reads, reader};

/// Rows that one statement takes: 9 columns each, under SQLite's limit of 32,766 values.
const ROWS: usize = 1_000;

/// Adds the differences to the cells, and to those of all jurisdictions.
pub(super) async fn apply(
    on: &impl Writes,
    delta: Delta,
    days: &HashMap<JurisdictionId, NaiveDate>,
) -> Result<()> {
    let mut cells: BTreeMap<Cell, Figures> = BTreeMap::new();
    for (cell, figures) in &delta.cells {
        let whole = Cell {
            jurisdiction: ALL,
            ..*cell
        };
        cells.insert(*cell, *figures);
        cells.entry(whole).or_default().add(figures);
    }
    add_cells(on, cells).await?;
    let met = add_units(on, &delta).await?;
    let lost = delta.gone.iter().filter(|(cell, since)| {
        met.get(cell).is_some_and(|hand| match since {
            Since::Date(date) => hand.oldest == Some(*date),
            Since::Days(days) => hand.stalled == Some(*days),
        })
    });
    let mut lost: Vec<UnitCell> = lost.map(|(cell, _)| *cell).collect();
    lost.dedup();
    look_again(on, &lost, days).await
}

/// Adds figures to cells; what comes to nothing is left out.
pub(super) async fn add_cells(on: &impl Writes, cells: BTreeMap<Cell, Figures>) -> Result<()> {
    use tally::Column::{Overdue, PeriodEnded, Projects, Unassigned, Unscheduled};
    let changed = cells.into_iter();
    let changed = changed.filter(|(_, figures)| *figures != Figures::default());
    let rows: Vec<tally::Model> = changed.map(|(cell, figures)| row(cell, &figures)).collect();
    let counts = [Projects, Unassigned, Unscheduled, Overdue, PeriodEnded];
    let mut there = OnConflict::columns([
        tally::Column::JurisdictionId,
        tally::Column::Kind,
        tally::Column::Stage,
    ]);
    for column in counts {
        there.value(column, sum("tallies", column.as_str()));
    }
    for chunk in rows.chunks(ROWS) {
        let models = chunk
            .iter()
            .cloned()
            .map(IntoActiveModel::into_active_model);
        tally::Entity::insert_many(models)
            .on_conflict(there.clone())
            .run(on)
            .await?;
    }
    Ok(())
}

/// A cell as a row.
pub(super) fn row(cell: Cell, figures: &Figures) -> tally::Model {
    let words = cell.class.map_or(("", ""), |class| {
        (class.kind.as_str(), class.stage.as_str())
    });
    tally::Model {
        jurisdiction_id: cell.jurisdiction,
        kind: words.0.to_owned(),
        stage: words.1.to_owned(),
        projects: figures.projects,
        unassigned: figures.unassigned,
        unscheduled: figures.unscheduled,
        overdue: figures.overdue,
        period_ended: figures.period_ended,
    }
}

/// A unit's cell as a row.
pub(super) fn unit_row(cell: &UnitCell, hand: &Hand) -> unit_tally::Model {
    let (kind, stage) = cell.slice.words();
    unit_tally::Model {
        jurisdiction_id: cell.jurisdiction,
        kind: kind.to_owned(),
        stage: stage.to_owned(),
        unit_id: cell.unit,
        projects: hand.projects,
        active: hand.active,
        overdue: hand.overdue,
        oldest: hand.oldest,
        stalled: hand.stalled,
    }
}

fn sum(table: &str, column: &str) -> SimpleExpr {
    Expr::cust(format!("{table}.{column} + excluded.{column}"))
}

/// The new value where it is beyond the one that is there.
fn beyond(column: &str, than: &str) -> SimpleExpr {
    Expr::cust(format!(
        "CASE WHEN unit_tallies.{column} IS NULL OR excluded.{column} {than} unit_tallies.{column} \
         THEN excluded.{column} ELSE unit_tallies.{column} END"
    ))
}

fn there() -> OnConflict {
    use unit_tally::Column::{Active, JurisdictionId, Kind, Overdue, Projects, Stage, UnitId};
    let mut there = OnConflict::columns([JurisdictionId, Kind, Stage, UnitId]);
    for column in [Projects, Active, Overdue] {
        there.value(column, sum("unit_tallies", column.as_str()));
    }
    there.value(unit_tally::Column::Oldest, beyond("oldest", "<"));
    there.value(unit_tally::Column::Stalled, beyond("stalled", ">"));
    there
}

/// Adds to the units' cells, and answers the extremes that stand there now.
async fn add_units(on: &impl Writes, delta: &Delta) -> Result<HashMap<UnitCell, Hand>> {
    let gone: BTreeSet<&UnitCell> = delta.gone.iter().map(|(cell, _)| cell).collect();
    let changed = delta.units.iter();
    let changed: Vec<(&UnitCell, &Hand)> = changed
        .filter(|(cell, hand)| **hand != Hand::default() || gone.contains(cell))
        .collect();
    let there = there();
    let mut met = HashMap::new();
    for chunk in changed.chunks(ROWS) {
        let models = chunk.iter().map(|(cell, hand)| {
            let row = unit_row(cell, hand);
            row.into_active_model()
        });
        let insert = unit_tally::Entity::insert_many(models).on_conflict(there.clone());
        let mut insert = insert.into_query();
        insert.returning(Query::returning().columns(unit_tally::Column::iter()));
        let insert = on.backend().build(&insert);
        let rows: Vec<unit_tally::Model> = reader::written(on, insert).await?;
        let keys: HashMap<_, UnitCell> =
            chunk.iter().map(|(cell, _)| (key(cell), **cell)).collect();
        met.extend(rows.into_iter().filter_map(|row| {
            let cell = keys.get(&(row.jurisdiction_id, row.unit_id, row.kind, row.stage))?;
            let hand = Hand {
                oldest: row.oldest,
                stalled: row.stalled,
                ..Hand::default()
            };
            Some((*cell, hand))
        }));
    }
    Ok(met)
}

fn key(cell: &UnitCell) -> (JurisdictionId, UnitId, String, String) {
    let (kind, stage) = cell.slice.words();
    (
        cell.jurisdiction,
        cell.unit,
        kind.to_owned(),
        stage.to_owned(),
    )
}

/// Finds the extremes of cells anew whose own has gone: a statement a unit, and one for all.
async fn look_again(
    on: &impl Writes,
    cells: &[UnitCell],
    days: &HashMap<JurisdictionId, NaiveDate>,
) -> Result<()> {
    let mut units: BTreeMap<(JurisdictionId, UnitId), Vec<Slice>> = BTreeMap::new();
    for cell in cells {
        let slices = units.entry((cell.jurisdiction, cell.unit)).or_default();
        slices.push(cell.slice);
    }
    let mut rows = Vec::with_capacity(cells.len());
    for ((jurisdiction, unit), slices) in units {
        let Some(day) = days.get(&jurisdiction) else {
            continue;
        };
        let mut hands: BTreeMap<Slice, Hand> = BTreeMap::new();
        for Placed { task, class } in open_of(on, jurisdiction, unit).await? {
            let Some(since) = task.overdue(*day) else {
                continue;
            };
            for slice in Slice::of(class) {
                hands.entry(slice).or_default().meet(since);
            }
        }
        for slice in slices {
            let cell = UnitCell {
                jurisdiction,
                unit,
                slice,
            };
            rows.push(unit_row(
                &cell,
                &hands.get(&slice).copied().unwrap_or_default(),
            ));
        }
    }
    set_extremes(on, rows).await
}

async fn open_of(
    on: &impl Reads,
    jurisdiction: JurisdictionId,
    unit: UnitId,
) -> Result<Vec<Placed>> {
    let open = Condition::all()
        .add(task::Column::UnitId.eq(unit))
        .add(task::Column::JurisdictionId.eq(jurisdiction))
        .add(is_open());
    reader::rows(on, &placed(open)).await
}

/// Puts the extremes of these rows into the cells, which are there.
async fn set_extremes(on: &impl Writes, rows: Vec<unit_tally::Model>) -> Result<()> {
    use unit_tally::Column::{JurisdictionId, Kind, Oldest, Stage, Stalled, UnitId};
    let mut there = OnConflict::columns([JurisdictionId, Kind, Stage, UnitId]);
    there.update_columns([Oldest, Stalled]);
    for chunk in rows.chunks(ROWS) {
        let models = chunk
            .iter()
            .cloned()
            .map(IntoActiveModel::into_active_model);
        unit_tally::Entity::insert_many(models)
            .on_conflict(there.clone())
            .run(on)
            .await?;
    }
    Ok(())
}

/// Sets the day for which a jurisdiction's cells stand.
pub(super) async fn mark(
    on: &impl Writes,
    jurisdiction: JurisdictionId,
    day: NaiveDate,
) -> Result<()> {
    let row = tally_mark::Model {
        jurisdiction_id: jurisdiction,
        day,
    };
    let there = OnConflict::column(tally_mark::Column::JurisdictionId)
        .update_column(tally_mark::Column::Day)
        .to_owned();
    tally_mark::Entity::insert(row.into_active_model())
        .on_conflict(there)
        .run(on)
        .await?;
    Ok(())
}
