//! "Today" is the jurisdiction's local date: a value for each, and an expression in SQL.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use duban_entities::ids::JurisdictionId;
use duban_entities::vocabulary::MilestoneRole;
use duban_entities::{jurisdiction, task};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Func, IntoColumnRef, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend, QueryFilter, QueryOrder, QuerySelect};

use super::Store;
use crate::clock::{end_of_day, local_date};
use crate::error::{Error, Result};
use crate::store::Reads;
use crate::store::reader;

/// The time zones of the jurisdictions.
#[derive(Debug, Default)]
pub(super) struct Zones {
    of: BTreeMap<JurisdictionId, Tz>,
    /// Each zone once, the first one first.
    distinct: Vec<Tz>,
}

/// The time zones, once they were read, with the ledger's version at which they were. Nobody
/// waits for whoever reads them: a queue here would hold up all reads, each in its middle.
#[derive(Debug, Default)]
pub(super) struct KnownZones(Mutex<Option<(i64, Arc<Zones>)>>);

/// Today in every jurisdiction.
#[derive(Clone, Debug)]
pub struct Today {
    zones: Arc<Zones>,
    /// Today in each zone that occurs.
    dates: Vec<(Tz, NaiveDate)>,
    /// What most jurisdictions have.
    usual: NaiveDate,
    backend: DbBackend,
}

impl Zones {
    /// Reads them: one statement.
    async fn load(connection: &impl Reads) -> Result<Self> {
        let select = reader::find::<jurisdiction::Entity>()
            .select_only()
            .columns([jurisdiction::Column::Id, jurisdiction::Column::TimeZone])
            .order_by_asc(jurisdiction::Column::Id);
        let rows: Vec<(JurisdictionId, String)> = reader::tuples(connection, select).await?;
        let mut zones = Self::default();
        for (id, name) in rows {
            let zone: Tz = name.parse().map_err(Error::internal)?;
            if !zones.distinct.contains(&zone) {
                zones.distinct.push(zone);
            }
            zones.of.insert(id, zone);
        }
        Ok(zones)
    }
}

impl KnownZones {
    /// As they were at this version, or behind it.
    fn since(&self, version: i64) -> Option<Arc<Zones>> {
        let known = self.lock();
        let (at, zones) = known.as_ref()?;
        (*at >= version).then(|| Arc::clone(zones))
    }

    fn remember(&self, version: i64, zones: &Arc<Zones>) {
        let mut known = self.lock();
        if known.as_ref().is_none_or(|(at, _)| *at < version) {
            *known = Some((version, Arc::clone(zones)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<(i64, Arc<Zones>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Today in one jurisdiction: one row.
///
/// # Errors
/// [`Error::NotFound`] when there is no such jurisdiction; [`Error::Internal`] when its time
/// zone is unknown.
pub async fn local(
    connection: &impl Reads,
    jurisdiction: JurisdictionId,
    now: DateTime<Utc>,
) -> Result<NaiveDate> {
    let select = reader::find::<jurisdiction::Entity>()
        .select_only()
        .column(jurisdiction::Column::TimeZone)
        .filter(jurisdiction::Column::Id.eq(jurisdiction));
    let zones: Vec<(String,)> = reader::tuples(connection, select).await?;
    let (zone,) = zones.first().ok_or(Error::NotFound)?;
    in_zone(zone, now)
}

/// Today in the time zone of this name.
///
/// # Errors
/// [`Error::Internal`] when there is no such zone.
pub fn in_zone(name: &str, now: DateTime<Utc>) -> Result<NaiveDate> {
    let zone: Tz = name.parse().map_err(Error::internal)?;
    Ok(local_date(now, zone))
}

impl Store {
    /// Today in every jurisdiction. The time zones are read again only where a jurisdiction may
    /// have changed since the last time.
    ///
    /// # Errors
    /// [`Error::Internal`] when a jurisdiction has an unknown time zone.
    pub async fn today(&self, version: i64, now: DateTime<Utc>) -> Result<Today> {
        let changes = self.changes(version).await?;
        let zones = match self.zones.since(changes.outline) {
            Some(zones) => zones,
            None => {
                let zones = Arc::new(Zones::load(self.read()).await?);
                self.zones.remember(version, &zones);
                zones
            }
        };
        Ok(Today::at(zones, now, self.backend()))
    }
}

impl Today {
    /// Reads the time zones: one statement.
    ///
    /// # Errors
    /// [`Error::Internal`] when a jurisdiction has an unknown time zone.
    pub async fn load(connection: &impl Reads, now: DateTime<Utc>) -> Result<Self> {
        let zones = Arc::new(Zones::load(connection).await?);
        Ok(Self::at(zones, now, connection.backend()))
    }

    fn at(zones: Arc<Zones>, now: DateTime<Utc>, backend: DbBackend) -> Self {
        let each = zones.distinct.iter();
        let dates: Vec<_> = each.map(|zone| (*zone, local_date(now, *zone))).collect();
        let first = dates.first().map(|(_, date)| *date);
        Self {
            usual: first.unwrap_or_else(|| now.date_naive()),
            dates,
            zones,
            backend,
        }
    }

    fn zone(&self, jurisdiction: JurisdictionId) -> Option<Tz> {
        self.zones.of.get(&jurisdiction).copied()
    }

    fn in_zone(&self, zone: Tz) -> NaiveDate {
        let known = self.dates.iter().find(|(known, _)| *known == zone);
        known.map_or(self.usual, |(_, date)| *date)
    }

    /// Today in one jurisdiction.
    #[must_use]
    pub fn of(&self, jurisdiction: JurisdictionId) -> NaiveDate {
        self.zone(jurisdiction)
            .map_or(self.usual, |zone| self.in_zone(zone))
    }

    /// Today in each jurisdiction, or by UTC where there is none.
    pub fn dates(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        self.dates.iter().map(|(_, date)| *date).chain([self.usual])
    }

    /// The last instant of a jurisdiction's local day: what stood then is that day's figure.
    #[must_use]
    pub fn end_of(&self, jurisdiction: JurisdictionId, day: NaiveDate) -> DateTime<Utc> {
        let zone = self.zone(jurisdiction).unwrap_or(Tz::UTC);
        end_of_day(day, zone)
    }

    /// The local date of an instant in a jurisdiction.
    #[must_use]
    pub fn date_of(&self, jurisdiction: JurisdictionId, at: DateTime<Utc>) -> NaiveDate {
        let zone = self.zone(jurisdiction).unwrap_or(Tz::UTC);
        local_date(at, zone)
    }

    /// Whole days from the local day of an instant in a jurisdiction to today.
    #[must_use]
    pub fn days_since(&self, jurisdiction: JurisdictionId, at: DateTime<Utc>) -> i64 {
        let zone = self.zone(jurisdiction);
        let then = zone.map_or_else(|| at.date_naive(), |zone| local_date(at, zone));
        self.of(jurisdiction).signed_duration_since(then).num_days()
    }

    /// How many jurisdictions there are.
    #[must_use]
    pub fn jurisdictions(&self) -> usize {
        self.zones.of.len()
    }

    /// Today as an expression, where `column` names the row's jurisdiction.
    pub(super) fn expression<C>(&self, column: &C) -> SimpleExpr
    where
        C: IntoColumnRef + Clone,
    {
        if self.dates.iter().all(|(_, date)| *date == self.usual) {
            return Expr::value(self.usual);
        }
        let mut case = CaseStatement::new();
        for (jurisdiction, zone) in &self.zones.of {
            let date = self.in_zone(*zone);
            if date != self.usual {
                case = case.case(Expr::col(column.clone()).eq(*jurisdiction), date);
            }
        }
        case.finally(self.usual).into()
    }

    /// The day up to which a task's lateness is counted: today, or the day on which a
    /// suspension stopped its clock.
    fn counted_until(&self) -> SimpleExpr {
        let stopped = Expr::col((task::Entity, task::Column::ClockStoppedOn));
        let today = self.expression(&(task::Entity, task::Column::JurisdictionId));
        Func::coalesce([stopped, today]).into()
    }

    /// Tasks that are overdue (`domain::due` says the same of one row).
    #[must_use]
    pub fn overdue(&self) -> Condition {
        let due = Expr::col((task::Entity, task::Column::CountedDueDate));
        open().add(has_deadline()).add(due.lt(self.counted_until()))
    }

    /// Tasks that are due within so many days and not overdue.
    #[must_use]
    pub fn due_soon(&self, days: i32) -> Condition {
        let due = || Expr::col((task::Entity, task::Column::CountedDueDate));
        let today = self.expression(&(task::Entity, task::Column::JurisdictionId));
        let last = self.plus_days(today.clone(), days);
        open()
            .add(has_deadline())
            .add(due().gte(today))
            .add(due().lte(last))
            .add(task::Column::ClockStoppedOn.is_null())
    }

    /// Completions, or support of another's work, whose plan period has ended: a project has
    /// one or the other.
    #[must_use]
    pub fn project_period_ended(&self) -> Condition {
        let whole = task::Column::Role.is_in([MilestoneRole::Finish, MilestoneRole::Support]);
        self.period_ended().add(whole)
    }

    /// Tasks whose plan period has ended.
    #[must_use]
    pub fn period_ended(&self) -> Condition {
        let due = Expr::col((task::Entity, task::Column::DueDate));
        let today = self.expression(&(task::Entity, task::Column::JurisdictionId));
        let basis = task::Column::DueBasis.eq(duban_entities::vocabulary::DueBasis::PlanPeriod);
        open().add(basis).add(due.lt(today))
    }

    /// Days overdue of a task that is, those carried from an earlier date with them.
    #[must_use]
    pub fn days_overdue(&self) -> SimpleExpr {
        let due = Expr::col((task::Entity, task::Column::CountedDueDate));
        let carried = Expr::col((task::Entity, task::Column::CarriedDaysLate));
        let carried = Func::coalesce([carried, Expr::value(0)]).into();
        let parts = [self.counted_until(), due, carried];
        match self.backend {
            DbBackend::Sqlite => {
                Expr::cust_with_exprs("(CAST(julianday(?) - julianday(?) AS INTEGER) + ?)", parts)
            }
            _ => Expr::cust_with_exprs("((($1)::date - ($2)::date) + ($3)::int)", parts),
        }
    }

    fn plus_days(&self, day: SimpleExpr, days: i32) -> SimpleExpr {
        match self.backend {
            DbBackend::Sqlite => {
                Expr::cust_with_exprs("date(?, ?)", [day, Expr::value(format!("+{days} days"))])
            }
            _ => Expr::cust_with_exprs("(($1)::date + ($2)::int)", [day, Expr::value(days)]),
        }
    }
}

/// Written out, not bound: an index of open tasks alone serves only what says so.
pub(super) fn open() -> Condition {
    let state = Expr::col((task::Entity, task::Column::State));
    Condition::all().add(state.eq(Expr::cust("'OPEN'")))
}

/// The end of a plan's period is not a deadline.
fn has_deadline() -> Condition {
    let period = task::Column::DueBasis.eq(duban_entities::vocabulary::DueBasis::PlanPeriod);
    Condition::all().add(period.not())
}
