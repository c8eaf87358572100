//! What the office and the units do about what goes wrong: changes, difficulties, orders,
//! briefings.

use chrono::{Days, Months};
use duban_entities::change_request;
use duban_entities::vocabulary::{OrderLevel, OrderSource, Rating, Stage, TaskKind, TaskState};

use super::REASON;
use super::data::{Character, Work};
use super::scene::{Day, Scene};
use crate::error::{Error, Result};
use crate::service::{
    BriefingPublish, Call, ChangeDecide, ChangePropose, Decision, Document, IssueRaise, NewDate,
    OrderIssue, Parts, ProjectPropose, ProposalContent, ProposalFilter, RatingOverride,
    RatingRulesAdopt, TaskClaim, TaskVerify, Wanted, YearAmount,
};
use crate::store::tasks::TaskFilter;

/// The rating rules that the offices adopt.
const RULES: &str = "STANDARD";
/// Orders that an office issues a month at most.
const ORDERS: usize = 2;
/// The unit that answers nobody.
const SILENT_UNIT: &str = "ZMD-GXJ";

impl Scene<'_> {
    /// The office adopts the rating rules, once.
    pub(super) async fn adopt_rules(&self, day: &Day<'_>) -> Result<()> {
        if !self
            .services
            .adopted_in(vec![day.jurisdiction])
            .await?
            .is_empty()
        {
            return Ok(());
        }
        let call = self.as_office(day.code).await?;
        let input = RatingRulesAdopt {
            jurisdiction: day.jurisdiction,
            code: RULES.to_owned(),
            effective_from: day.date,
            document_title: "演示：重大项目红黄绿评价办法".to_owned(),
            document_number: Some("演示〔1〕号".to_owned()),
            reason: Some(REASON.to_owned()),
            expected_version: None,
            idempotency_key: None,
        };
        self.services
            .adopt_rating_rules(&call, input)
            .await
            .map(|_| ())
    }

    pub(super) fn decision(
        &self,
        change: &change_request::Model,
        decision: Decision,
    ) -> ChangeDecide {
        ChangeDecide {
            change: change.id,
            decision,
            note: Some(REASON.to_owned()),
            document: (decision == Decision::Approve).then(|| Document {
                title: "演示：项目调整批复".to_owned(),
                number: None,
                date: None,
            }),
            expected_version: None,
        }
    }

    /// What units ask for in the middle of a month.
    pub(super) async fn ask(&self, day: &Day<'_>) -> Result<()> {
        let works: Vec<&Work> = self.data.works_in(day.code).collect();
        for (n, work) in works.iter().enumerate() {
            let call = self.as_unit(&work.lead_unit).await?;
            let project = self.project(&call, work).await?;
            let asks = project.schedule_approved_at.is_some()
                && !self.has_waiting(&call, &project).await?;
            if !asks {
                continue;
            }
            if project.investment_total.is_none() {
                self.plan_investment(&call, day, work, project.id).await?;
            } else if work.character == Character::Slow && (day.month + n) % 8 == 5 {
                self.ask_for_dates(&call, day, &project).await?;
            } else if work.character == Character::Suspended {
                self.ask_for_rest(&call, day, &project, n).await?;
            }
        }
        self.raise_difficulty(day, &works).await?;
        if day.last_month {
            self.propose_work(day, &works).await?;
        }
        Ok(())
    }

    async fn plan_investment(
        &self,
        call: &Call,
        day: &Day<'_>,
        work: &Work,
        project: duban_entities::ids::ProjectId,
    ) -> Result<()> {
        let seed: i64 = work.project.bytes().map(i64::from).sum();
        let total = (seed % 40 + 120) * 100_000_000;
        let year = chrono::Datelike::year(&day.start);
        let years = (year..).zip([total / 4, total / 2, total / 4]);
        let parts = Parts {
            investment_total: Some(total),
            investments: Some(
                years
                    .map(|(year, amount)| YearAmount { year, amount })
                    .collect(),
            ),
            ..Parts::default()
        };
        self.propose(call, project, Wanted::Amend(parts)).await
    }

    /// Asks for a month more on the next open milestone: in time, or too late.
    async fn ask_for_dates(
        &self,
        call: &Call,
        day: &Day<'_>,
        project: &duban_entities::project::Model,
    ) -> Result<()> {
        let milestones = self.milestones(call, project).await?;
        let mut open = milestones.iter().filter(|row| row.state == TaskState::Open);
        let Some(next) = open.next() else {
            return Ok(());
        };
        let due = next.due_date.unwrap_or(day.date).max(day.date) + Months::new(1);
        let dates = vec![NewDate {
            task: next.id.to_string(),
            due_date: due,
        }];
        self.propose(call, project.id, Wanted::Reschedule(dates))
            .await
    }

    async fn propose(
        &self,
        call: &Call,
        project: duban_entities::ids::ProjectId,
        wanted: Wanted,
    ) -> Result<()> {
        let input = ChangePropose {
            project,
            wanted,
            reason: REASON.to_owned(),
            expected_version: None,
            idempotency_key: None,
        };
        self.services.propose_change(call, input).await.map(|_| ())
    }

    /// Suspends a work after some months; every other one goes on four months later.
    async fn ask_for_rest(
        &self,
        call: &Call,
        day: &Day<'_>,
        project: &duban_entities::project::Model,
        n: usize,
    ) -> Result<()> {
        match (project.stage, day.month) {
            (Stage::Construction | Stage::Preparation, 6) => {
                let review = day.date + Days::new(90);
                self.move_to(call, project, Stage::Suspended, day, Some(review))
                    .await
            }
            (Stage::Suspended, 11) if n.is_multiple_of(2) => {
                let back = project.suspended_from.unwrap_or(Stage::Construction);
                self.move_to(call, project, back, day, None).await
            }
            _ => Ok(()),
        }
    }

    /// One unit a month asks another, or the office, for help.
    async fn raise_difficulty(&self, day: &Day<'_>, works: &[&Work]) -> Result<()> {
        let Some(work) = works.get(day.month * 7 % works.len().max(1)) else {
            return Ok(());
        };
        let call = self.as_unit(&work.lead_unit).await?;
        let project = self.project(&call, work).await?;
        if matches!(project.stage, Stage::Operation | Stage::Cancelled) {
            return Ok(());
        }
        let units = self.data.units_in(day.code);
        let helper = units.iter().filter(|unit| **unit != work.lead_unit);
        let helper = helper.cycle().nth(day.month);
        let help_from = match helper.filter(|_| day.month % 3 != 2) {
            Some(code) => Some(self.unit(&call, code).await?),
            None => None,
        };
        let input = IssueRaise {
            project: project.id,
            unit: None,
            title: "演示：用地与管线迁改需要协调".to_owned(),
            description: "演示：红线内管线迁改方案未定，请协助尽快确定。".to_owned(),
            help_from,
            due_date: day.date + Days::new(20),
            idempotency_key: Some(format!("demo-issue-{}-{}", day.code, day.date)),
        };
        self.services.raise_issue(&call, input).await.map(|_| ())
    }

    /// A new work for the bank, whose decision is still open.
    async fn propose_work(&self, day: &Day<'_>, works: &[&Work]) -> Result<()> {
        let Some(work) = works.first() else {
            return Ok(());
        };
        let call = self.as_unit(&work.lead_unit).await?;
        let input = ProjectPropose {
            jurisdiction: day.jurisdiction,
            unit: self.unit(&call, &work.lead_unit).await?,
            content: ProposalContent {
                title: "演示：新增入库项目".to_owned(),
                kind: "OTHER".to_owned(),
                areas: Vec::new(),
                clause: None,
                demand: None,
                quote: None,
                document: Some(Document {
                    title: "演示：市政府专题会议纪要".to_owned(),
                    number: None,
                    date: Some(day.date),
                }),
                targets: Vec::new(),
                investment_total: None,
                due_date: None,
            },
            reason: REASON.to_owned(),
            idempotency_key: Some(format!("demo-work-{}-{}", day.code, day.date)),
        };
        self.services
            .propose_project(&call, input)
            .await
            .map(|_| ())
    }

    /// Units answer what they are asked, and close what they asked for.
    pub(super) async fn answer(&self, day: &Day<'_>, unit: &str) -> Result<()> {
        let call = self.as_unit(unit).await?;
        let own = self.unit(&call, unit).await?;
        if unit != SILENT_UNIT {
            let filter = TaskFilter {
                jurisdiction: Some(day.jurisdiction),
                unit: Some(own),
                kinds: Some(vec![TaskKind::Issue, TaskKind::Order]),
                states: Some(vec![TaskState::Open]),
                ..TaskFilter::default()
            };
            for task in self.tasks(&call, &filter).await? {
                self.claim_answered(&call, task.id).await?;
            }
        }
        let answered = TaskFilter {
            jurisdiction: Some(day.jurisdiction),
            kinds: Some(vec![TaskKind::Issue]),
            states: Some(vec![TaskState::Submitted]),
            ..TaskFilter::default()
        };
        for task in self.tasks(&call, &answered).await? {
            if task.raised_unit_id == Some(own) && !day.last_month {
                self.close(&call, task.id).await?;
            }
        }
        Ok(())
    }

    async fn claim_answered(&self, call: &Call, task: duban_entities::ids::TaskId) -> Result<()> {
        let input = TaskClaim {
            task,
            note: Some("演示：已按要求办理".to_owned()),
            completed_on: None,
            evidence: Vec::new(),
            expected_version: None,
            idempotency_key: None,
        };
        self.services.claim_task(call, input).await.map(|_| ())
    }

    async fn close(&self, call: &Call, task: duban_entities::ids::TaskId) -> Result<()> {
        let input = TaskVerify {
            task,
            note: Some(REASON.to_owned()),
            expected_version: None,
        };
        self.services.verify_task(call, input).await.map(|_| ())
    }

    /// The office issues what the ladder proposes, a few a month, dismisses one now and then,
    /// answers what it is asked, and closes what was replied to.
    pub(super) async fn press(&self, day: &Day<'_>) -> Result<()> {
        let call = self.as_office(day.code).await?;
        self.settle_own(&call, day).await?;
        let filter = ProposalFilter {
            jurisdiction: Some(day.jurisdiction),
            ..ProposalFilter::default()
        };
        let proposals = self.services.order_proposals(&call, &filter).await?;
        for (n, proposal) in proposals.iter().take(ORDERS + 1).enumerate() {
            if n == ORDERS {
                if day.month % 4 == 3 {
                    let why = "演示：已口头督促，暂不发文";
                    let done = self
                        .services
                        .dismiss_order(&call, &proposal.id.to_string(), why)
                        .await;
                    self.tolerate(done.map(|_| ()))?;
                }
                continue;
            }
            let input = OrderIssue {
                unit: proposal.unit,
                projects: vec![proposal.project],
                tasks: proposal.task.into_iter().collect(),
                level: proposal.id.level,
                source: OrderSource::Rule,
                source_note: None,
                instruction: "演示：请说明滞后原因，提出整改措施并按期落实。".to_owned(),
                due_date: day.date + Days::new(15),
                title: None,
                follows: proposal.follows,
                proposal: Some(proposal.id),
                briefing: None,
                idempotency_key: None,
            };
            let done = self.services.issue_order(&call, input).await;
            self.tolerate(done.map(|_| ()))?;
        }
        Ok(())
    }

    /// A proposal about the office's own unit is not the office's to settle.
    fn tolerate(&self, done: Result<()>) -> Result<()> {
        match done {
            Err(Error::Forbidden(_)) => Ok(()),
            other => other,
        }
    }

    async fn settle_own(&self, call: &Call, day: &Day<'_>) -> Result<()> {
        let of = |kind, state| TaskFilter {
            jurisdiction: Some(day.jurisdiction),
            kinds: Some(vec![kind]),
            states: Some(vec![state]),
            ..TaskFilter::default()
        };
        let replied = of(TaskKind::Order, TaskState::Submitted);
        for task in self.tasks(call, &replied).await? {
            if !day.last_month {
                self.close(call, task.id).await?;
            }
        }
        let asked = of(TaskKind::Issue, TaskState::Open);
        for task in self.tasks(call, &asked).await? {
            if task.unit_id.is_none() && !day.last_month {
                self.claim_answered(call, task.id).await?;
            }
        }
        Ok(())
    }

    /// The office publishes the month before, and cites it where somebody is far behind.
    pub(super) async fn publish(&self, day: &Day<'_>) -> Result<()> {
        let call = self.as_office(day.code).await?;
        let input = BriefingPublish {
            jurisdiction: day.jurisdiction,
            month: day.last_period(),
            reason: Some(REASON.to_owned()),
            idempotency_key: Some(format!("demo-{}-{}", day.code, day.last_period())),
        };
        let briefing = self.services.publish_briefing(&call, input).await?;
        if day.month % 6 != 2 {
            return Ok(());
        }
        let Some(unit) = self.data.units_in(day.code).pop() else {
            return Ok(());
        };
        let input = OrderIssue {
            unit: self.unit(&call, unit).await?,
            projects: Vec::new(),
            tasks: Vec::new(),
            level: OrderLevel::Circular,
            source: OrderSource::Meeting,
            source_note: Some("演示：月度调度会".to_owned()),
            instruction: "演示：月报报送不及时，予以通报，请整改。".to_owned(),
            due_date: day.date + Days::new(20),
            title: None,
            follows: None,
            proposal: None,
            briefing: Some(briefing),
            idempotency_key: Some(format!("demo-circular-{}-{}", day.code, day.last_period())),
        };
        self.services.issue_order(&call, input).await.map(|_| ())
    }

    /// The office sets one rating beside the computed one.
    pub(super) async fn override_one(&self, day: &Day<'_>) -> Result<()> {
        let call = self.as_office(day.code).await?;
        let mut works = self.data.works_in(day.code);
        let Some(work) = works.find(|work| work.character == Character::Slow) else {
            return Ok(());
        };
        let input = RatingOverride {
            project: self.project(&call, work).await?.id,
            rating: Rating::Yellow,
            reason: "演示：资金到位情况待观察".to_owned(),
            expires_on: day.date + Days::new(60),
            expected_version: None,
            idempotency_key: Some(format!("demo-override-{}-{}", day.code, day.date)),
        };
        self.services
            .override_rating(&call, input)
            .await
            .map(|_| ())
    }
}
