//! Where the simulated people act: the services, and a clock that is moved.

use std::sync::Arc;

use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc};
use duban_entities::ids::{JurisdictionId, UnitId};
use duban_entities::vocabulary::TaskKind;
use duban_entities::{project, task};

use super::data::{Data, Work};
use crate::clock::{ManualClock, new_id};
use crate::error::Result;
use crate::service::{Call, Services, UnitBy};
use crate::store::page::{Direction, PageRequest};
use crate::store::projects::ProjectBy;
use crate::store::tasks::{TaskFilter, TaskOrder};

/// When the people act: 09:00 in China.
const MORNING: TimeDelta = TimeDelta::hours(1);

/// The services, the clock that they read, and what is to be played.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) services: &'a Services,
    pub(super) clock: &'a Arc<ManualClock>,
    pub(super) data: &'a Data,
}

/// A simulated day of a jurisdiction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Day<'a> {
    /// The jurisdiction.
    pub(super) jurisdiction: JurisdictionId,
    /// Its code.
    pub(super) code: &'a str,
    /// The day.
    pub(super) date: NaiveDate,
    /// Months since the demonstration began there.
    pub(super) month: usize,
    /// Its first day.
    pub(super) start: NaiveDate,
    /// True on the last such day of a month: some things are left waiting, so that each list
    /// has something.
    pub(super) last_month: bool,
}

impl Day<'_> {
    /// The month before, `YYYY-MM`.
    pub(super) fn last_period(&self) -> String {
        period(self.date - Months::new(1))
    }
}

/// The month of a day, `YYYY-MM`.
pub(super) fn period(day: NaiveDate) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

/// The instant at which people act on a day.
pub(super) fn morning(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc() + MORNING
}

impl Scene<'_> {
    /// A call as a simulated user.
    pub(super) async fn as_user(&self, username: &str) -> Result<Call> {
        self.services
            .act_as_simulated(username, self.request_id())
            .await
    }

    /// A call as the supervisor of a jurisdiction.
    pub(super) async fn as_office(&self, jurisdiction: &str) -> Result<Call> {
        self.as_user(self.data.supervisor_of(jurisdiction)?).await
    }

    /// A call as the signatory of a unit.
    pub(super) async fn as_unit(&self, unit: &str) -> Result<Call> {
        self.as_user(self.data.signatory_of(unit)?).await
    }

    pub(super) fn request_id(&self) -> String {
        new_id::<uuid::Uuid>(self.clock.as_ref()).to_string()
    }

    pub(super) async fn unit(&self, call: &Call, code: &str) -> Result<UnitId> {
        let row = self
            .services
            .unit(call, &UnitBy::Code(code.to_owned()))
            .await?;
        Ok(row.id)
    }

    pub(super) async fn project(&self, call: &Call, work: &Work) -> Result<project::Model> {
        let by = ProjectBy::Code(work.project.clone());
        self.services.project(call, &by).await
    }

    /// The tasks that a filter selects, by due date; more than a page of them.
    pub(super) async fn tasks(&self, call: &Call, filter: &TaskFilter) -> Result<Vec<task::Model>> {
        let order = (TaskOrder::DueDate, Direction::Ascending);
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let request = PageRequest {
                first: Some(200),
                after,
                ..PageRequest::default()
            };
            let page = self.services.tasks(call, filter, order, &request).await?;
            after = page.rows.last().map(|(cursor, _)| cursor.clone());
            all.extend(page.rows.into_iter().map(|(_, row)| row));
            if !page.has_next {
                return Ok(all);
            }
        }
    }

    /// A project's milestones, by due date.
    pub(super) async fn milestones(
        &self,
        call: &Call,
        project: &project::Model,
    ) -> Result<Vec<task::Model>> {
        let filter = TaskFilter {
            project: Some(project.id),
            kinds: Some(vec![TaskKind::Milestone]),
            ..TaskFilter::default()
        };
        self.tasks(call, &filter).await
    }
}
