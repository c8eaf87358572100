//! Moving the mark of a jurisdiction to its day, and filling cells that are not kept yet.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use duban_entities::ids::JurisdictionId;
use duban_entities::vocabulary::TaskState::{Open, Submitted};
use duban_entities::{jurisdiction, project, tally, tally_mark, task, unit_tally};
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::delta::{Cell, Delta, Figures, Sign};
use super::facts::{Class, Led, Placed, indexed, is_open, placed};
use super::{ALL, write};
use crate::error::{Error, Result};
use crate::store::today::Today;
use crate::store::writes::{Run, Writes, insert_all};
use crate::store::{Reads, Store, Work, WriteContext, reader};

/// Brings the cells of every jurisdiction to its day, and fills those that are not kept yet, a
/// transaction each; tells how many that were. One that fails stops none behind it.
///
/// # Errors
/// The first that occurred.
pub async fn keep(store: &Store, context: &WriteContext, today: &Today) -> Result<usize> {
    let lagging = lagging(store.read(), today).await?;
    let count = lagging.len();
    let mut all = Ok(count);
    for jurisdiction in lagging {
        let day = today.of(jurisdiction);
        let run = store.write_alone(context.clone(), move |work| {
            Box::pin(async move { catch_up(work, jurisdiction, day).await })
        });
        if let Err(error) = run.await {
            tracing::error!(%error, %jurisdiction, "the tallies of a jurisdiction were not kept");
            all = all.and(Err(error));
        }
    }
    all
}

/// The jurisdictions whose cells do not stand for today, by code: two statements.
async fn lagging(connection: &impl Reads, today: &Today) -> Result<Vec<JurisdictionId>> {
    let select = reader::find::<jurisdiction::Entity>()
        .select_only()
        .column(jurisdiction::Column::Id)
        .order_by_asc(jurisdiction::Column::Code);
    let ids: Vec<(JurisdictionId,)> = reader::tuples(connection, select).await?;
    let marks = reader::every::<tally_mark::Entity>(connection).await?;
    let marks: HashMap<JurisdictionId, NaiveDate> = marks
        .into_iter()
        .map(|mark| (mark.jurisdiction_id, mark.day))
        .collect();
    let stands = |id: &JurisdictionId| {
        let mark = marks.get(id);
        mark.is_some_and(|mark| stands(*mark, today.of(*id)))
    };
    let ids = ids.into_iter().map(|(id,)| id);
    Ok(ids.filter(|id| !stands(id)).collect())
}

/// True where cells need not be brought from a mark to a day. One day ahead is a clock faster
/// than ours, or a round later than ours: the day will come.
fn stands(mark: NaiveDate, day: NaiveDate) -> bool {
    mark == day || Some(mark) == day.succ_opt()
}

/// Makes the cells of a jurisdiction stand for a day: adds what has become late since its
/// mark, or, where it has none or the day is long before it, counts it all. Running it again
/// changes nothing.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database refuses.
pub async fn catch_up(work: &Work, jurisdiction: JurisdictionId, day: NaiveDate) -> Result<()> {
    work.lock_chain().await?;
    let on = work.connection();
    let select = reader::find::<tally_mark::Entity>()
        .filter(tally_mark::Column::JurisdictionId.eq(jurisdiction));
    let mark = reader::one(on, select).await?;
    match mark.map(|mark| mark.day) {
        Some(mark) if stands(mark, day) => return Ok(()),
        Some(mark) if mark < day => advance(on, jurisdiction, mark, day).await?,
        _ => fill(on, jurisdiction, day).await?,
    }
    write::mark(on, jurisdiction, day).await
}

async fn advance(
    on: &impl Writes,
    jurisdiction: JurisdictionId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<()> {
    let mut delta = Delta::default();
    let between = |column: task::Column| {
        let all = Condition::all().add(task::Column::JurisdictionId.eq(jurisdiction));
        all.add(is_open())
            .add(indexed(column).gte(from))
            .add(indexed(column).lt(to))
    };
    // A date of a period and a counted date are both in the row: each task is met once.
    let mut met: HashMap<_, Placed> = HashMap::new();
    for column in [task::Column::CountedDueDate, task::Column::DueDate] {
        let rows = select(on, between(column)).await?.into_iter();
        met.extend(rows.map(|row| (row.task.id, row)));
    }
    for Placed { task, class } in met.into_values() {
        let then = (task.overdue(from), task.period_ended(from));
        if then == (task.overdue(to), task.period_ended(to)) {
            continue;
        }
        delta.task(&task, class, from, Sign::Minus);
        delta.task(&task, class, to, Sign::Plus);
    }
    write::apply(on, delta, &HashMap::from([(jurisdiction, to)])).await
}

async fn select(on: &impl Reads, of: Condition) -> Result<Vec<Placed>> {
    reader::rows(on, &placed(of)).await
}

/// All that a jurisdiction's cells must say on a day.
async fn counted(on: &impl Reads, jurisdiction: JurisdictionId, day: NaiveDate) -> Result<Delta> {
    use project::Column::{Id, Kind, LeadUnitId, ScheduleApprovedAt, Stage};
    let mut delta = Delta::default();
    let columns = [
        Id,
        project::Column::JurisdictionId,
        Kind,
        Stage,
        LeadUnitId,
        ScheduleApprovedAt,
    ];
    let led = reader::find::<project::Entity>()
        .select_only()
        .columns(columns)
        .filter(project::Column::JurisdictionId.eq(jurisdiction));
    let projects: Vec<Led> = reader::tuples(on, led).await?;
    for project in &projects {
        delta.project(project, Sign::Plus);
    }
    let active = Condition::all()
        .add(task::Column::JurisdictionId.eq(jurisdiction))
        .add(task::Column::State.is_in([Open, Submitted]));
    for Placed { task, class } in select(on, active).await? {
        delta.task(&task, class, day, Sign::Plus);
    }
    Ok(delta)
}

/// Counts a jurisdiction afresh, and lets those of all jurisdictions follow.
async fn fill(on: &impl Writes, jurisdiction: JurisdictionId, day: NaiveDate) -> Result<()> {
    let wanted = counted(on, jurisdiction, day).await?;
    let mut whole = Differences::default();
    for row in cells_of(on, jurisdiction).await? {
        whole.add(&row, -1);
    }
    let rows: Vec<tally::Model> = wanted
        .cells
        .iter()
        .map(|(cell, figures)| write::row(*cell, figures))
        .collect();
    for row in &rows {
        whole.add(row, 1);
    }
    tally::Entity::delete_many()
        .filter(tally::Column::JurisdictionId.eq(jurisdiction))
        .run(on)
        .await?;
    insert_all::<tally::Entity>(on, rows).await?;
    write::add_cells(on, whole.cells()?).await?;
    let units = wanted.units.iter();
    let units = units.map(|(cell, hand)| write::unit_row(cell, hand));
    unit_tally::Entity::delete_many()
        .filter(unit_tally::Column::JurisdictionId.eq(jurisdiction))
        .run(on)
        .await?;
    insert_all::<unit_tally::Entity>(on, units.collect()).await
}

async fn cells_of(on: &impl Reads, jurisdiction: JurisdictionId) -> Result<Vec<tally::Model>> {
    let select =
        reader::find::<tally::Entity>().filter(tally::Column::JurisdictionId.eq(jurisdiction));
    reader::all(on, select).await
}

/// Sums of stored cells, by kind and stage as they are stored.
#[derive(Default)]
struct Differences(BTreeMap<(String, String), Figures>);

impl Differences {
    fn add(&mut self, row: &tally::Model, times: i64) {
        let sum = self.0.entry((row.kind.clone(), row.stage.clone()));
        sum.or_default().add(&Figures {
            projects: times * row.projects,
            unassigned: times * row.unassigned,
            unscheduled: times * row.unscheduled,
            overdue: times * row.overdue,
            period_ended: times * row.period_ended,
        });
    }

    /// As cells of all jurisdictions together.
    fn cells(self) -> Result<BTreeMap<Cell, Figures>> {
        let mut cells = BTreeMap::new();
        for ((kind, stage), figures) in self.0 {
            let class = class(&kind, &stage)?;
            let cell = Cell {
                jurisdiction: ALL,
                class,
            };
            cells.insert(cell, figures);
        }
        Ok(cells)
    }
}

fn class(kind: &str, stage: &str) -> Result<Option<Class>> {
    if kind.is_empty() {
        return Ok(None);
    }
    let kind = kind.parse().map_err(Error::internal)?;
    let stage = stage.parse().map_err(Error::internal)?;
    Ok(Some(Class { kind, stage }))
}

/// What the cells of every jurisdiction that is kept say otherwise than a fresh count, a line
/// each; none where all is right.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn differences(work: &Work) -> Result<Vec<String>> {
    work.lock_chain().await?;
    let on = work.connection();
    let mut wrong = Vec::new();
    let mut whole = Differences::default();
    for mark in reader::every::<tally_mark::Entity>(on).await? {
        let wanted = counted(on, mark.jurisdiction_id, mark.day).await?;
        let cells = wanted.cells.iter().map(|(cell, f)| write::row(*cell, f));
        let stored = cells_of(on, mark.jurisdiction_id).await?;
        for row in &stored {
            whole.add(row, -1);
        }
        compare(&mut wrong, cells, stored, |row| {
            let figures = tally::Model {
                projects: 0,
                unassigned: 0,
                unscheduled: 0,
                overdue: 0,
                period_ended: 0,
                ..row.clone()
            };
            *row == figures
        });
        let units = wanted
            .units
            .iter()
            .map(|(cell, h)| write::unit_row(cell, h));
        let select = reader::find::<unit_tally::Entity>()
            .filter(unit_tally::Column::JurisdictionId.eq(mark.jurisdiction_id));
        let stored = reader::all(on, select).await?;
        compare(&mut wrong, units, stored, |row| {
            row.projects == 0 && row.active == 0 && row.overdue == 0 && row.oldest.is_none()
        });
    }
    for row in cells_of(on, ALL).await? {
        whole.add(&row, 1);
    }
    let sums = whole.0.into_iter();
    let sums = sums.filter(|(_, figures)| *figures != Figures::default());
    wrong
        .extend(sums.map(|(words, figures)| format!("the sum of {words:?} is off by {figures:?}")));
    Ok(wrong)
}

/// Says which rows are wanted and not there, or there and not wanted; empty ones may be either.
fn compare<R: PartialEq + std::fmt::Debug>(
    wrong: &mut Vec<String>,
    wanted: impl Iterator<Item = R>,
    stored: Vec<R>,
    empty: impl Fn(&R) -> bool,
) {
    let wanted: Vec<R> = wanted.filter(|row| !empty(row)).collect();
    let stored: Vec<R> = stored.into_iter().filter(|row| !empty(row)).collect();
    let missing = wanted.iter().filter(|row| !stored.contains(row));
    wrong.extend(missing.map(|row| format!("missing: {row:?}")));
    let surplus = stored.iter().filter(|row| !wanted.contains(row));
    wrong.extend(surplus.map(|row| format!("not so: {row:?}")));
}
