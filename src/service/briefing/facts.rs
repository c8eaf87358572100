//! What a briefing is drawn from, out of the ledger.

use chrono::NaiveDate;
use duban_entities::ids::JurisdictionId;
use duban_entities::task;
use duban_entities::vocabulary::{Rating, Stage, TaskKind, TaskState};

use super::super::ledgered::{Ledgered, of_kind, owed};
use super::super::{Rated, Services};
use crate::domain::briefing::{
    Decided, Facts, OwedMilestone, OwedTask, Reddened, StageMove, StandingOrder,
};
use crate::domain::reporting::Month;
use crate::error::{Error, Result};

/// An import writes stages as the plan words them: that moves nothing.
const IMPORT: &str = "catalogue.import";

/// The facts of a month.
pub(super) fn of_month(past: &Ledgered, month: Month, reddened: Vec<Reddened>) -> Result<Facts> {
    let period = month.to_string();
    let reports = of_kind(&past.last, TaskKind::Report)
        .filter(|row| row.period.as_deref() == Some(period.as_str()));
    let milestones = of_kind(&past.then, TaskKind::Milestone);
    let orders = of_kind(&past.then, TaskKind::Order);
    Ok(Facts {
        reports: reports
            .map(|row| report(past, row))
            .collect::<Result<_>>()?,
        milestones: milestones
            .map(|row| milestone(past, row))
            .collect::<Result<_>>()?,
        moves: moves(past)?,
        reddened,
        decided: decided(past)?,
        orders: orders.map(|row| order(past, row)).collect(),
    })
}

fn report(past: &Ledgered, row: &task::Model) -> Result<OwedTask> {
    Ok(OwedTask {
        task: row.id.to_string(),
        owed: owed(row),
        unit: past.holder(row, past.first_due(row))?,
        kind: past.kind(row.project_id),
    })
}

fn milestone(past: &Ledgered, row: &task::Model) -> Result<OwedMilestone> {
    Ok(OwedMilestone {
        task: row.id.to_string(),
        owed: owed(row),
        unit: past.holder(row, row.counted_due_date)?,
        baseline_unit: past.holder(row, row.baseline_due_date)?,
        kind: past.kind(row.project_id),
    })
}

fn order(past: &Ledgered, row: &task::Model) -> StandingOrder {
    let closed = row.decided_at.filter(|_| row.state == TaskState::Done);
    StandingOrder {
        task: row.id.to_string(),
        closed_on: closed.map(|at| past.date_of(at)),
        open: matches!(row.state, TaskState::Open | TaskState::Submitted),
        unit: row.unit_id,
        kind: past.kind(row.project_id),
    }
}

fn moves(past: &Ledgered) -> Result<Vec<StageMove>> {
    let stage = |text: &str| text.parse::<Stage>().map_err(Error::internal);
    let mut moves = Vec::new();
    for id in past.project_ids() {
        let line = past.history.line(&id.to_string(), "stage");
        for point in line.iter().filter(|point| point.action != IMPORT) {
            let (Some(from), Some(to)) = (&point.from, &point.to) else {
                continue;
            };
            moves.push(StageMove {
                project: id.to_string(),
                from: stage(from)?,
                to: stage(to)?,
                on: past.date_of(point.at),
                unit: past.lead(id),
                kind: past.kind(Some(id)),
            });
        }
    }
    Ok(moves)
}

fn decided(past: &Ledgered) -> Result<Vec<Decided>> {
    let rows = past.changes()?.into_iter();
    Ok(rows
        .filter_map(|row| {
            Some(Decided {
                change: row.id.to_string(),
                kind_of_change: row.kind,
                state: row.state,
                on: past.date_of(row.decided_at?),
                unit: row.proposed_unit_id,
                kind: past.kind(row.project_id),
            })
        })
        .collect())
}

impl Services {
    /// The projects that were rated red when the month ended (or are on the day of
    /// judgement, while it lasts), and not when the month before ended.
    pub(super) async fn reddened(
        &self,
        jurisdiction: JurisdictionId,
        month: Month,
        judged_on: NaiveDate,
        past: &Ledgered,
    ) -> Result<Vec<Reddened>> {
        if self.adopted_in(vec![jurisdiction]).await?.is_empty() {
            return Ok(Vec::new());
        }
        let today = self.today().await?;
        let day = month.last_day().min(judged_on);
        let now = self
            .ratings_of_jurisdiction(jurisdiction, day, &today)
            .await?;
        let before = month.previous().last_day();
        let before = self
            .ratings_of_jurisdiction(jurisdiction, before, &today)
            .await?;
        let red = |rated: Option<&Rated>| rated.is_some_and(|r| r.effective() == Rating::Red);
        let new = now
            .iter()
            .filter(|(id, rated)| red(Some(rated)) && !red(before.get(id)));
        Ok(new
            .map(|(id, _)| Reddened {
                project: id.to_string(),
                unit: past.lead(*id),
                kind: past.kind(Some(*id)),
            })
            .collect())
    }
}
