//! What the supervisor's office does: assigns, verifies or returns, decides.

use duban_entities::change_request;
use duban_entities::task;
use duban_entities::vocabulary::{ChangeKind, ChangeState, TaskKind, TaskState};

use super::REASON;
use super::data::{Character, Work};
use super::scene::{Day, Scene};
use crate::error::{Error, Result};
use crate::service::{AssignOne, Call, Decision, Lead, TaskReturn, TaskVerify};
use crate::store::changes::ChangeRequestFilter;
use crate::store::page::PageRequest;
use crate::store::tasks::TaskFilter;

/// The unit whose last claims wait for the office when the demonstration ends.
const LEFT_WAITING: [&str; 3] = ["ZMD-ZJJ", "LHJ-D-JSJ", "JZS-D-JSJ"];

impl Scene<'_> {
    /// Gives each work its units.
    pub(super) async fn assign(&self, day: &Day<'_>) -> Result<()> {
        let call = self.as_office(day.code).await?;
        for work in self.data.works_in(day.code) {
            let project = self.project(&call, work).await?;
            if project.lead_unit_id.is_some() {
                continue;
            }
            let lead = self.unit(&call, &work.lead_unit).await?;
            let mut cooperating = Vec::new();
            for code in work.cooperating() {
                cooperating.push(self.unit(&call, code).await?);
            }
            let input = AssignOne {
                project: project.id,
                lead: Some(Lead::Unit(lead)),
                cooperating: (!cooperating.is_empty()).then_some(cooperating),
                reason: Some(REASON.to_owned()),
                expected_version: None,
            };
            self.services.assign_one(&call, input).await?;
        }
        Ok(())
    }

    /// The office's day: what was submitted and proposed is decided.
    pub(super) async fn decide(&self, day: &Day<'_>) -> Result<()> {
        let call = self.as_office(day.code).await?;
        self.decide_changes(&call, day).await?;
        let filter = TaskFilter {
            jurisdiction: Some(day.jurisdiction),
            kinds: Some(vec![TaskKind::Milestone, TaskKind::Report]),
            states: Some(vec![TaskState::Submitted]),
            ..TaskFilter::default()
        };
        for task in self.tasks(&call, &filter).await? {
            self.decide_task(&call, day, &task).await?;
        }
        Ok(())
    }

    async fn decide_task(&self, call: &Call, day: &Day<'_>, task: &task::Model) -> Result<()> {
        let Some(work) = self.work_of(call, task).await? else {
            return Ok(());
        };
        if day.last_month && LEFT_WAITING.contains(&work.lead_unit.as_str()) {
            return Ok(());
        }
        let report = task.kind == TaskKind::Report;
        if report && work.character.is_returned(day.month) && task.return_count == 0 {
            let input = TaskReturn {
                task: task.id,
                reason: "演示：填报内容过于简略，请补充".to_owned(),
                due_date: None,
                expected_version: None,
            };
            return self.services.return_task(call, input).await.map(|_| ());
        }
        let input = TaskVerify {
            task: task.id,
            note: Some(REASON.to_owned()),
            expected_version: None,
        };
        self.services.verify_task(call, input).await.map(|_| ())
    }

    /// The work that a task belongs to, if it is one of the demonstration's.
    async fn work_of(&self, call: &Call, task: &task::Model) -> Result<Option<&Work>> {
        let Some(id) = task.project_id else {
            return Ok(None);
        };
        let by = crate::store::projects::ProjectBy::Id(id);
        let code = self.services.project(call, &by).await?.code;
        Ok(self.data.work(&code))
    }

    async fn decide_changes(&self, call: &Call, day: &Day<'_>) -> Result<()> {
        let filter = ChangeRequestFilter {
            jurisdiction: Some(day.jurisdiction),
            states: Some(vec![ChangeState::Proposed]),
            ..ChangeRequestFilter::default()
        };
        let request = PageRequest {
            first: Some(200),
            ..PageRequest::default()
        };
        let page = self.services.changes(call, &filter, &request).await?;
        for (n, (_, change)) in page.rows.iter().enumerate() {
            if self.is_left_waiting(call, day, change).await? {
                continue;
            }
            let returned = change.late && change.kind == ChangeKind::Reschedule && n % 3 == 2;
            if returned {
                self.send_back(call, change).await?;
                continue;
            }
            let approved = self.decision(change, Decision::Approve);
            match self.services.decide_change(call, approved).await {
                // What it speaks of has changed since.
                Err(Error::Blocked(_)) => self.send_back(call, change).await?,
                other => other.map(|_| ())?,
            }
        }
        Ok(())
    }

    async fn send_back(&self, call: &Call, change: &change_request::Model) -> Result<()> {
        let input = self.decision(change, Decision::Return);
        self.services.decide_change(call, input).await.map(|_| ())
    }

    /// The schedule of a new work waits for the office.
    async fn is_left_waiting(
        &self,
        call: &Call,
        day: &Day<'_>,
        change: &change_request::Model,
    ) -> Result<bool> {
        let Some(id) = change.project_id else {
            return Ok(day.last_month);
        };
        let by = crate::store::projects::ProjectBy::Id(id);
        let code = self.services.project(call, &by).await?.code;
        let work = self.data.work(&code);
        Ok(work.is_some_and(|work| work.character == Character::New))
    }
}
