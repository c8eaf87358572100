//! Projects, and what hangs on them: areas, a citation, a cooperating unit.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use duban_entities::ids::{AreaId, ClauseId, ProjectId, UnitId};
use duban_entities::vocabulary::{
    Demand, Disclosure, DueBasis, LeadBasis, Participation, ProjectKind, Stage, StageBasis,
};
use duban_entities::{citation, cooperating_unit, project, project_area};

use super::Maker;
use super::place::Place;
use super::schedule::Step;
use super::words::{STEPS, WORKS, pick, some_place};
use crate::error::{Error, Result};
use crate::store::record::Fields;

/// Dates lie so many days before and behind the day of the data.
const FOUR_YEARS: u64 = 1_461;

/// What milestones and reports need to know of a project.
pub(super) struct Work {
    pub(super) id: ProjectId,
    pub(super) lead: Option<UnitId>,
    pub(super) scheduled: bool,
    pub(super) steps: Vec<Step>,
    /// Whether it is complete.
    pub(super) complete: bool,
    pub(super) finish: NaiveDate,
}

/// What hangs on a project.
struct Parts {
    area: Option<AreaId>,
    clause: ClauseId,
    quote: String,
    cooperating: Option<UnitId>,
}

impl Maker {
    pub(super) fn work(&mut self, place: &Place, number: usize) -> Result<Work> {
        let id = self.ids.next_id();
        let (kind, title) = self.title();
        let lead =
            (!self.chance(8)).then(|| place.leads[pick(&mut self.numbers, place.leads.len())]);
        let scheduled = lead.is_some() && !self.chance(8);
        let steps = self.steps(scheduled, place.period_to);
        let finish = steps.last().map_or(self.plan.day, |step| step.due);
        let complete = steps.iter().all(Step::is_done);
        let row = project::Model {
            id,
            title: title.clone(),
            kind,
            // The number is that of the project, so that codes need no counters.
            code: format!("{}-{}-{:04}", place.code, kind.letters(), number + 1),
            stage: self.stage(&steps, complete),
            stage_basis: if scheduled {
                StageBasis::Reported
            } else {
                StageBasis::PlanWording
            },
            stage_since: scheduled.then_some(self.plan.day - Days::new(30)),
            lead_unit_id: lead,
            lead_basis: lead.map(|_| LeadBasis::Assigned),
            due_date: Some(finish),
            baseline_due_date: scheduled.then_some(finish),
            due_basis: Some(if scheduled {
                DueBasis::Scheduled
            } else {
                DueBasis::PlanPeriod
            }),
            schedule_approved_at: scheduled.then(|| self.filler.at()),
            percent_complete: done_weight(&steps),
            investment_total: Some(fen(1_000_000 + self.numbers.below(900_000_000))),
            ..bare(place, self.filler.at())
        };
        let parts = Parts {
            area: (!self.chance(10))
                .then(|| place.areas[pick(&mut self.numbers, place.areas.len())]),
            clause: place.clauses[pick(&mut self.numbers, place.clauses.len())],
            quote: format!("推进{title}"),
            cooperating: self
                .chance(50)
                .then(|| place.leads[pick(&mut self.numbers, place.leads.len())])
                .filter(|unit| Some(*unit) != lead),
        };
        self.create_work(row, parts)?;
        Ok(Work {
            id,
            lead,
            scheduled,
            steps,
            complete,
            finish,
        })
    }

    fn title(&mut self) -> (ProjectKind, String) {
        let (kind, words) = WORKS[pick(&mut self.numbers, WORKS.len())];
        let place = format!(
            "{}{}",
            some_place(&mut self.numbers),
            some_place(&mut self.numbers)
        );
        let road = 101 + self.numbers.below(300);
        (
            kind,
            format!("{place}{}", words.replace('#', &road.to_string())),
        )
    }

    fn stage(&mut self, steps: &[Step], complete: bool) -> Stage {
        let begun = steps.first().is_some_and(Step::is_done);
        match (complete, begun) {
            (true, _) if self.chance(60) => Stage::Operation,
            (true, _) => Stage::Completed,
            (false, true) => Stage::Construction,
            (false, false) => {
                [Stage::Proposed, Stage::InReserve, Stage::Preparation][pick(&mut self.numbers, 3)]
            }
        }
    }

    /// The dates of a work, whose completion lies anywhere in eight years.
    fn steps(&mut self, scheduled: bool, period_to: NaiveDate) -> Vec<Step> {
        let finish =
            self.plan.day - Days::new(FOUR_YEARS) + Days::new(self.numbers.below(2 * FOUR_YEARS));
        let span = 540 + self.numbers.below(540);
        let on_time = self.chance(88);
        let last = u64::try_from(STEPS.len() - 1).unwrap_or(1);
        let steps = (0..=last).map(|n| {
            let due = if scheduled {
                finish - Days::new(span * (last - n) / last)
            } else {
                period_to
            };
            self.step(due, scheduled && on_time && finish < self.plan.day)
        });
        steps.collect()
    }

    fn create_work(&mut self, row: project::Model, parts: Parts) -> Result<()> {
        let id = row.id;
        let mention = citation::Model {
            id: self.ids.next_id(),
            project_id: id,
            clause_id: parts.clause,
            position: 0,
            quote: parts.quote,
            phrase: None,
            demand: Demand::Build,
            source_file: "generated.txt".to_owned(),
            source_line: 1,
        };
        let fields = lists(&mention, parts.area, parts.cooperating)?;
        self.filler.create(&self.permit, row, fields);
        self.filler.part::<citation::Entity>(mention);
        if let Some(area_id) = parts.area {
            self.filler
                .part::<project_area::Entity>(project_area::Model {
                    project_id: id,
                    area_id,
                });
        }
        if let Some(unit_id) = parts.cooperating {
            self.filler
                .part::<cooperating_unit::Entity>(cooperating_unit::Model {
                    project_id: id,
                    unit_id,
                    role_words: Some("配合单位".to_owned()),
                    position: 0,
                });
        }
        Ok(())
    }
}

/// The lists of a project, as the importer records them.
fn lists(
    mention: &citation::Model,
    area: Option<AreaId>,
    cooperating: Option<UnitId>,
) -> Result<Fields> {
    let text = |members: BTreeMap<&str, String>| {
        serde_json::to_string(&[members]).map_err(Error::internal)
    };
    let citations = text(BTreeMap::from([
        ("clause", mention.clause_id.to_string()),
        ("quote", mention.quote.clone()),
        ("demand", mention.demand.to_string()),
        ("source_file", mention.source_file.clone()),
        ("source_line", mention.source_line.to_string()),
    ]))?;
    let cooperating = cooperating.map(|unit| {
        text(BTreeMap::from([
            ("unit", unit.to_string()),
            ("role_words", "配合单位".to_owned()),
        ]))
    });
    Ok(Fields::from([
        ("areas", area.map(|area| area.to_string())),
        ("aliases", None),
        ("externalIds", None),
        ("citations", Some(citations)),
        ("suggestedLeads", None),
        ("cooperatingUnits", cooperating.transpose()?),
        ("targets", None),
    ]))
}

/// The weight of what is done, in hundredths of a percent.
fn done_weight(steps: &[Step]) -> i32 {
    let done = steps.iter().zip(STEPS).filter(|(step, _)| step.is_done());
    done.map(|(_, (_, weight))| weight).sum()
}

/// Ten thousands of yuan as fen.
pub(super) fn fen(ten_thousands: u64) -> i64 {
    i64::try_from(ten_thousands).unwrap_or(0) * 100
}

/// A project of which nothing is known but where it is.
fn bare(place: &Place, at: chrono::DateTime<chrono::Utc>) -> project::Model {
    project::Model {
        id: ProjectId(uuid::Uuid::nil()),
        jurisdiction_id: place.id,
        code: String::new(),
        title: String::new(),
        kind: ProjectKind::Other,
        participation: Participation::Leads,
        stage: Stage::Proposed,
        stage_basis: StageBasis::PlanWording,
        stage_since: None,
        suspended_from: None,
        parent_id: None,
        lead_unit_id: None,
        lead_basis: None,
        lead_role_words: None,
        disclosure: Disclosure::NotPublic,
        declared_members: None,
        due_words: None,
        due_date: None,
        baseline_due_date: None,
        due_basis: None,
        schedule_approved_at: None,
        percent_complete: 0,
        investment_total: None,
        simulated: true,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}
