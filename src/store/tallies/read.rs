//! Reading a portfolio from the cells.

use duban_entities::ids::{JurisdictionId, UnitId};
use duban_entities::row::FromCells;
use duban_entities::vocabulary::{DueBasis, MilestoneRole};
use duban_entities::{project, tally, tally_mark, task, unit_tally};
use sea_orm::sea_query::{
    Alias, Asterisk, Expr, ExprTrait, Func, IntoColumnRef, Order, Query, SelectStatement,
    SimpleExpr, UnionType,
};
use sea_orm::{ColumnTrait, Condition, DbBackend};

use super::ALL;
use super::delta::Slice;
use super::facts::{indexed, is_open};
use crate::error::{Error, Result};
use crate::policy::Principal;
use crate::store::Reads;
use crate::store::portfolio::{Counts, UnitCounts};
use crate::store::projects::{ProjectFilter, or_never};
use crate::store::reader;
use crate::store::scope::{Whole, whole};
use crate::store::today::Today;

/// Which cells answer a question.
#[derive(Clone, Debug)]
pub struct Reading {
    /// None for all jurisdictions.
    jurisdictions: Option<Vec<JurisdictionId>>,
    slice: Slice,
    /// True where some cells stand for an earlier day than today.
    late: bool,
    today: Today,
}

/// What the units are sorted by; largest first, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitOrder {
    /// Overdue tasks, then the longest overdue.
    Overdue,
    /// The longest overdue, then overdue tasks.
    Longest,
    /// Tasks OPEN or SUBMITTED, then overdue ones.
    Active,
    /// Projects led, then overdue tasks.
    Projects,
}

/// The cells that answer for a principal and a filter; none where it is to be counted: for
/// anybody who does not see whole jurisdictions, for filters by anything but one jurisdiction
/// and one kind or stage, and where a jurisdiction is not kept, or only for a later day. At
/// most one statement.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn reading(
    connection: &impl Reads,
    principal: &Principal,
    filter: &ProjectFilter,
    today: &Today,
) -> Result<Option<Reading>> {
    let (Some(whole), Some(slice)) = (whole(principal), slice(filter)) else {
        return Ok(None);
    };
    let jurisdictions = match (whole, filter.jurisdiction) {
        (Whole::Everything, None) => None,
        (Whole::Everything, Some(one)) => Some(vec![one]),
        (Whole::Jurisdictions(seen), None) => Some(distinct(seen)),
        (Whole::Jurisdictions(seen), Some(one)) if seen.contains(&one) => Some(vec![one]),
        (Whole::Jurisdictions(_), Some(_)) => return Ok(None),
    };
    let mut reading = Reading {
        jurisdictions,
        slice,
        late: false,
        today: today.clone(),
    };
    let marks = reading.marks(connection).await?;
    let wanted = match &reading.jurisdictions {
        Some(jurisdictions) => jurisdictions.len(),
        None => today.jurisdictions(),
    };
    reading.late = marks.late > 0;
    let kept = usize::try_from(marks.kept).is_ok_and(|kept| kept == wanted);
    Ok((kept && marks.ahead == 0).then_some(reading))
}

fn distinct(mut jurisdictions: Vec<JurisdictionId>) -> Vec<JurisdictionId> {
    jurisdictions.sort_unstable();
    jurisdictions.dedup();
    jurisdictions
}

/// The slice that a filter names, if it names no more than one and a jurisdiction.
fn slice(filter: &ProjectFilter) -> Option<Slice> {
    let rest = ProjectFilter {
        jurisdiction: None,
        kinds: None,
        stages: None,
        ..filter.clone()
    };
    if rest != ProjectFilter::default() {
        return None;
    }
    match (filter.kinds.as_deref(), filter.stages.as_deref()) {
        (None, None) => Some(Slice::All),
        (Some([kind]), None) => Some(Slice::Kind(*kind)),
        (None, Some([stage])) => Some(Slice::Stage(*stage)),
        _ => None,
    }
}

#[derive(FromCells)]
struct Marks {
    kept: i64,
    late: i64,
    ahead: i64,
}

#[derive(FromCells)]
struct Total {
    kind: String,
    stage: String,
    projects: i64,
    unassigned: i64,
    unscheduled: i64,
    overdue: i64,
    period_ended: i64,
}

#[derive(FromCells)]
struct Unit {
    unit_id: UnitId,
    projects: i64,
    active: i64,
    overdue: i64,
    longest: i64,
}

/// The figures but those of the units: one statement.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn totals(connection: &impl Reads, reading: &Reading) -> Result<Counts> {
    let mut counts = Counts::default();
    for total in reader::rows::<Total>(connection, &reading.totals()).await? {
        counts.projects += total.projects;
        counts.unassigned += total.unassigned;
        counts.unscheduled += total.unscheduled;
        counts.overdue += total.overdue;
        counts.period_ended += total.period_ended;
        if total.projects > 0 {
            let stage = total.stage.parse().map_err(Error::internal)?;
            let kind = total.kind.parse().map_err(Error::internal)?;
            *counts.stages.entry(stage).or_default() += total.projects;
            let of_kind = counts.kinds.entry(kind).or_default();
            of_kind.0 += total.projects;
            of_kind.1 += total.overdue;
        }
    }
    Ok(counts)
}

/// The first units in an order, with what they have in hand: one statement.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub async fn units(
    connection: &impl Reads,
    reading: &Reading,
    order: UnitOrder,
    first: u64,
) -> Result<Vec<(UnitId, UnitCounts)>> {
    let backend = connection.backend();
    let select = reading.units(backend, order, first);
    let rows: Vec<Unit> = reader::rows(connection, &select).await?;
    let units = rows.into_iter().map(|row| {
        let counts = UnitCounts {
            projects: row.projects,
            open: row.active,
            overdue: row.overdue,
            longest: row.longest,
        };
        (row.unit_id, counts)
    });
    Ok(units.collect())
}

impl Reading {
    async fn marks(&self, connection: &impl Reads) -> Result<Marks> {
        let today = self
            .today
            .expression(&mark(tally_mark::Column::JurisdictionId));
        let day = || Expr::col(mark(tally_mark::Column::Day));
        let number = |condition: SimpleExpr| {
            let one: SimpleExpr = Expr::case(condition, 1).finally(0).into();
            bigint(Func::coalesce([Func::sum(one).into(), Expr::cust("0")]).into())
        };
        let select = Query::select()
            .expr_as(bigint(Func::count(Expr::col(Asterisk)).into()), "kept")
            .expr_as(number(day().lt(today.clone())), "late")
            .expr_as(number(day().gt(today)), "ahead")
            .from(tally_mark::Entity)
            .cond_where(self.of(mark(tally_mark::Column::JurisdictionId)))
            .to_owned();
        let marks = reader::rows(connection, &select).await?.into_iter();
        marks
            .last()
            .ok_or_else(|| Error::internal("a count has no row"))
    }

    /// The rows of the jurisdictions that are asked for.
    fn of<C: IntoColumnRef>(&self, column: C) -> Condition {
        let of = |jurisdictions: &Vec<JurisdictionId>| {
            Expr::col(column).is_in(jurisdictions.iter().copied())
        };
        Condition::all().add_option(self.jurisdictions.as_ref().map(of))
    }

    fn totals(&self) -> SelectStatement {
        use tally::Column::{
            JurisdictionId, Kind, Overdue, PeriodEnded, Projects, Stage, Unassigned, Unscheduled,
        };
        let counts = [Projects, Unassigned, Unscheduled, Overdue, PeriodEnded];
        let jurisdictions = self.jurisdictions.clone();
        let jurisdictions = jurisdictions.unwrap_or_else(|| vec![ALL]);
        // Each kind and stage once, and nothing to add.
        let is_plain = jurisdictions.len() == 1 && !self.late;
        let (kind, stage) = self.slice.words();
        let mut cells = Query::select();
        cells
            .columns([Kind, Stage])
            .columns(counts)
            .from(tally::Entity)
            .and_where(JurisdictionId.is_in(jurisdictions));
        match self.slice {
            Slice::All => &mut cells,
            Slice::Kind(_) => cells.and_where(Kind.eq(kind)),
            Slice::Stage(_) => cells.and_where(Stage.eq(stage)),
        };
        if is_plain {
            return cells;
        }
        if self.late {
            cells.union(
                UnionType::All,
                self.late_total(self.newly_overdue(), [1, 0]),
            );
            cells.union(UnionType::All, self.late_total(self.newly_ended(), [0, 1]));
        }
        let mut totals = Query::select();
        totals.columns([Kind, Stage]);
        for column in counts {
            totals.expr_as(bigint(Func::sum(Expr::col(column)).into()), column);
        }
        totals
            .from_subquery(cells.to_owned(), Alias::new("cells"))
            .group_by_columns([Kind, Stage])
            .to_owned()
    }

    /// Tasks that became late since the marks, as cells.
    fn late_total(&self, which: Condition, [overdue, ended]: [i64; 2]) -> SelectStatement {
        let word = |column: project::Column| {
            Func::coalesce([Expr::col((project::Entity, column)), Expr::cust("''")])
        };
        let mut late = self.late(which);
        late.expr(word(project::Column::Kind))
            .expr(word(project::Column::Stage));
        for n in [0, 0, 0, overdue, ended] {
            late.expr(Expr::cust(n.to_string()));
        }
        late
    }

    /// Open tasks beside the marks of their jurisdictions, where those are late. A cross join
    /// because SQLite keeps its order: from each mark to the few tasks behind it, not through
    /// all open tasks.
    fn late(&self, which: Condition) -> SelectStatement {
        let of_slice = match self.slice {
            Slice::All => None,
            Slice::Kind(kind) => Some(project::Column::Kind.eq(kind)),
            Slice::Stage(stage) => Some(project::Column::Stage.eq(stage)),
        };
        Query::select()
            .from(tally_mark::Entity)
            .cross_join(task::Entity)
            .left_join(
                project::Entity,
                Expr::col((project::Entity, project::Column::Id))
                    .equals((task::Entity, task::Column::ProjectId)),
            )
            .cond_where(self.of(mark(tally_mark::Column::JurisdictionId)))
            .and_where(
                Expr::col((task::Entity, task::Column::JurisdictionId))
                    .equals(mark(tally_mark::Column::JurisdictionId)),
            )
            .and_where(is_open())
            .cond_where(which)
            .and_where_option(of_slice)
            .to_owned()
    }

    fn since_the_mark(&self, column: task::Column) -> Condition {
        let date = || indexed(column);
        // Not the plain column: SQLite looks nothing of its type up in an index of an
        // expression.
        let day = or_never(Expr::col(mark(tally_mark::Column::Day)));
        let today = self
            .today
            .expression(&mark(tally_mark::Column::JurisdictionId));
        Condition::all().add(date().gte(day)).add(date().lt(today))
    }

    /// A stopped clock brings nothing nearer, and the plan period's end is no deadline.
    fn newly_overdue(&self) -> Condition {
        self.since_the_mark(task::Column::CountedDueDate)
            .add(task::Column::DueBasis.ne(DueBasis::PlanPeriod))
            .add(task::Column::ClockStoppedOn.is_null())
    }

    fn newly_ended(&self) -> Condition {
        let whole = [MilestoneRole::Finish, MilestoneRole::Support];
        self.since_the_mark(task::Column::DueDate)
            .add(task::Column::DueBasis.eq(DueBasis::PlanPeriod))
            .add(task::Column::Role.is_in(whole))
    }

    fn units(&self, backend: DbBackend, order: UnitOrder, first: u64) -> SelectStatement {
        use unit_tally::Column::{Active, Overdue, Projects, UnitId};
        let source = if self.late {
            self.units_today(backend)
        } else {
            self.unit_cells()
        };
        let longest = Alias::new("longest");
        let mut units = Query::select();
        units
            .columns([UnitId, Projects, Active, Overdue])
            .expr_as(self.longest(backend), longest.clone())
            .from_subquery(source, Alias::new("cells"))
            .cond_where(
                Condition::any()
                    .add(Expr::col(Projects).gt(0))
                    .add(Expr::col(Active).gt(0)),
            );
        let (overdue, longest) = (self.overdue_key(), Expr::col(longest));
        let keys = match order {
            UnitOrder::Overdue => [overdue, longest],
            UnitOrder::Longest => [longest, overdue],
            UnitOrder::Active => [Expr::col(Active), overdue],
            UnitOrder::Projects => [Expr::col(Projects), overdue],
        };
        for key in keys {
            units.order_by_expr(key, Order::Desc);
        }
        units.order_by(UnitId, Order::Asc).limit(first).to_owned()
    }

    /// Over all jurisdictions an index brings the units in this order. Where jurisdictions are
    /// named it must not: their own few units are sorted, not all others passed over.
    fn overdue_key(&self) -> SimpleExpr {
        let overdue = Expr::col(unit_tally::Column::Overdue);
        if self.jurisdictions.is_some() {
            return overdue.add(Expr::cust("0"));
        }
        overdue
    }

    /// The units' cells as they are stored.
    fn unit_cells(&self) -> SelectStatement {
        use unit_tally::Column::{JurisdictionId, Kind, Stage};
        let (kind, stage) = self.slice.words();
        Query::select()
            .columns(OF_A_UNIT)
            .from(unit_tally::Entity)
            .cond_where(self.of(JurisdictionId))
            .and_where(Kind.eq(kind))
            .and_where(Stage.eq(stage))
            .to_owned()
    }

    /// The units' cells with what became late since the marks.
    fn units_today(&self, backend: DbBackend) -> SelectStatement {
        use unit_tally::Column::{
            Active, JurisdictionId, Oldest, Overdue, Projects, Stalled, UnitId,
        };
        let mut late = self.late(self.newly_overdue());
        late.and_where(task::Column::UnitId.is_not_null()).columns([
            (task::Entity, task::Column::JurisdictionId),
            (task::Entity, task::Column::UnitId),
        ]);
        for n in ["0", "0", "1"] {
            late.expr(Expr::cust(n));
        }
        late.expr(since(backend)).expr(match backend {
            DbBackend::Sqlite => Expr::cust("NULL"),
            _ => Expr::cust("NULL::int"),
        });
        let mut cells = self.unit_cells();
        cells.union(UnionType::All, late);
        let mut units = Query::select();
        units.columns([JurisdictionId, UnitId]);
        for column in [Projects, Active, Overdue] {
            units.expr_as(bigint(Func::sum(Expr::col(column)).into()), column);
        }
        units
            .expr_as(Func::min(Expr::col(Oldest)), Oldest)
            .expr_as(Func::max(Expr::col(Stalled)), Stalled)
            .from_subquery(cells, Alias::new("parts"))
            .group_by_columns([JurisdictionId, UnitId])
            .to_owned()
    }

    /// Days overdue of the longest: running ones grow day by day, stopped ones stand still.
    fn longest(&self, backend: DbBackend) -> SimpleExpr {
        use unit_tally::Column::{JurisdictionId, Oldest, Stalled};
        let today = self.today.expression(&JurisdictionId);
        let parts = [today, Expr::col(Oldest), Expr::col(Stalled)];
        let longest = match backend {
            DbBackend::Sqlite => Expr::cust_with_exprs(
                "MAX(COALESCE(CAST(julianday(?) - julianday(?) AS INTEGER), 0), COALESCE(?, 0))",
                parts,
            ),
            _ => Expr::cust_with_exprs(
                "GREATEST(COALESCE(($1)::date - ($2)::date, 0), COALESCE($3, 0))",
                parts,
            ),
        };
        bigint(longest)
    }
}

/// The columns of a unit's cell that are read.
const OF_A_UNIT: [unit_tally::Column; 7] = [
    unit_tally::Column::JurisdictionId,
    unit_tally::Column::UnitId,
    unit_tally::Column::Projects,
    unit_tally::Column::Active,
    unit_tally::Column::Overdue,
    unit_tally::Column::Oldest,
    unit_tally::Column::Stalled,
];

const fn mark(column: tally_mark::Column) -> (tally_mark::Entity, tally_mark::Column) {
    (tally_mark::Entity, column)
}

fn bigint(expression: SimpleExpr) -> SimpleExpr {
    expression.cast_as(Alias::new("bigint"))
}

/// The counted date of a task, less the days carried from an earlier one.
fn since(backend: DbBackend) -> SimpleExpr {
    let column = |column: task::Column| Expr::col((task::Entity, column));
    let parts = [
        column(task::Column::CountedDueDate),
        column(task::Column::CarriedDaysLate),
    ];
    match backend {
        DbBackend::Sqlite => {
            Expr::cust_with_exprs("date(?, '-' || COALESCE(?, 0) || ' days')", parts)
        }
        _ => Expr::cust_with_exprs("(($1)::date - COALESCE($2, 0))", parts),
    }
}

#[cfg(test)]
mod tests {
    use duban_entities::vocabulary::{ProjectKind, Stage};

    use super::*;

    #[test]
    fn cells_answer_for_one_kind_or_one_stage() {
        let kind = |kinds: Vec<ProjectKind>| ProjectFilter {
            kinds: Some(kinds),
            ..ProjectFilter::default()
        };
        assert_eq!(slice(&ProjectFilter::default()), Some(Slice::All));
        let (road, park) = (ProjectKind::Road, ProjectKind::Park);
        assert_eq!(slice(&kind(vec![road])), Some(Slice::Kind(road)));
        assert_eq!(slice(&kind(vec![road, park])), None);
        let both = ProjectFilter {
            stages: Some(vec![Stage::Proposed]),
            ..kind(vec![road])
        };
        assert_eq!(slice(&both), None);
        let named = ProjectFilter {
            text: Some("x".to_owned()),
            ..ProjectFilter::default()
        };
        assert_eq!(slice(&named), None);
    }
}
