//! Assigning lead and cooperating units.

use std::collections::BTreeMap;

use duban_entities::ids::{ProjectId, UnitId};
use duban_entities::vocabulary::{LeadBasis, Stage, TaskState};
use duban_entities::{cooperating_unit, project, unit};

use super::{Call, Services, fetch};
use crate::error::{Blocker, Error, Result};
use crate::policy::{Action, Permit};
use crate::store::ledger::FieldChange;
use crate::store::page::{Direction, PageRequest};
use crate::store::projects::{self, ProjectFilter, ProjectOrder};
use crate::store::today::Today;
use crate::store::{Work, assignments, outline, part, tasks};

/// Most projects that one call assigns.
const MOST_AT_ONCE: u64 = 2_000;

/// Who shall lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// This unit.
    Unit(UnitId),
    /// The unit that the project's primary mention suggests.
    Suggested,
}

/// Assigns one project.
#[derive(Clone, Debug)]
pub struct AssignOne {
    /// The project.
    pub project: ProjectId,
    /// Who shall lead; unchanged where not said.
    pub lead: Option<Lead>,
    /// Who shall cooperate, in order; unchanged where not said.
    pub cooperating: Option<Vec<UnitId>>,
    /// Why.
    pub reason: Option<String>,
    /// The version that the person saw.
    pub expected_version: Option<i32>,
}

/// Assigns every project that a filter selects.
#[derive(Clone, Debug)]
pub struct AssignMany {
    /// Which projects.
    pub filter: ProjectFilter,
    /// Who shall lead.
    pub lead: Lead,
    /// Why.
    pub reason: Option<String>,
    /// How many projects the person saw: another number is refused.
    pub expected_count: u64,
}

impl Services {
    /// Assigns the units of one project.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a collective or foreign unit; [`Error::Blocked`] once a schedule
    /// is approved; [`Error::Forbidden`], [`Error::Conflict`].
    pub async fn assign_one(&self, call: &Call, input: AssignOne) -> Result<ProjectId> {
        Self::signed_in(call)?;
        if input.lead.is_none() && input.cooperating.is_none() {
            return Err(Error::invalid("leadUnitId", "nothing to assign"));
        }
        let reason = fetch::note("reason", input.reason.as_deref())?;
        self.store
            .write(call.write(reason), move |work| {
                Box::pin(async move { assign_one(work, &input).await })
            })
            .await
    }

    /// Assigns every project that a filter selects, all or none.
    ///
    /// # Errors
    /// [`Error::Conflict`]-like refusal as [`Error::Blocked`] `COUNT_CHANGED` when the filter
    /// selects another number; [`Error::LimitExceeded`] over 2,000; as
    /// [`Services::assign_one`].
    pub async fn assign_many(&self, call: &Call, input: AssignMany) -> Result<u64> {
        Self::signed_in(call)?;
        let reason = fetch::note("reason", input.reason.as_deref())?;
        self.check_named(call, &input.filter).await?;
        self.store
            .write_alone(call.write(reason), move |work| {
                Box::pin(async move { assign_many(work, &input).await })
            })
            .await
    }
}

async fn assign_one(work: &mut Work, input: &AssignOne) -> Result<ProjectId> {
    let (permit, project) = fetch::project(work, Action::UnitAssign, input.project).await?;
    fetch::expect_version(input.expected_version, project.version)?;
    let lead = match input.lead {
        Some(Lead::Unit(id)) => Some(named_unit(work, &project, id, "leadUnitId").await?),
        Some(Lead::Suggested) => {
            let known = suggested(work, vec![project.id]).await?;
            let unit = known.get(&project.id).copied();
            let unit = unit.ok_or_else(|| no_suggestion(&[project.code.as_str()]))?;
            Some(named_unit(work, &project, unit, "acceptSuggestions").await?)
        }
        None => None,
    };
    let parts = match &input.cooperating {
        Some(units) => cooperate(work, &project, units).await?,
        None => Vec::new(),
    };
    lead_by(work, &permit, &project, lead.as_ref(), parts).await?;
    Ok(project.id)
}

/// A unit of the project's jurisdiction that is a body, not wording.
pub(super) async fn named_unit(
    work: &Work,
    project: &project::Model,
    id: UnitId,
    field: &str,
) -> Result<unit::Model> {
    fetch::unit(work, project.jurisdiction_id, id, field).await
}

/// Puts these cooperating units in the place of the present ones; the text's role words of
/// those that stay are kept.
pub(super) async fn cooperate(
    work: &Work,
    project: &project::Model,
    units: &[UnitId],
) -> Result<Vec<FieldChange>> {
    let units = check_cooperating(work, project, units).await?;
    let old = outline::cooperating_units_of(work.connection(), vec![project.id]).await?;
    let rows = units.into_iter().zip(0..).map(|(unit_id, position)| {
        let known = old.iter().find(|row| row.unit_id == unit_id);
        cooperating_unit::Model {
            project_id: project.id,
            unit_id,
            role_words: known.and_then(|row| row.role_words.clone()),
            position,
        }
    });
    let rows: Vec<cooperating_unit::Model> = rows.collect();
    let change = part("cooperatingUnits", listed(&old)?, listed(&rows)?);
    assignments::replace_cooperating(work.connection(), project.id, rows).await?;
    Ok(change)
}

/// The units that may cooperate, each once.
pub(super) async fn check_cooperating(
    work: &Work,
    project: &project::Model,
    units: &[UnitId],
) -> Result<Vec<UnitId>> {
    if units.len() > 50 {
        return Err(Error::invalid("cooperatingUnitIds", "at most 50 units"));
    }
    let mut once = Vec::new();
    for (n, id) in units.iter().enumerate() {
        let unit = named_unit(work, project, *id, &format!("cooperatingUnitIds.{n}")).await?;
        if !once.contains(&unit.id) {
            once.push(unit.id);
        }
    }
    Ok(once)
}

/// Cooperating units as the ledger keeps them; an import writes them in the same form.
fn listed(rows: &[cooperating_unit::Model]) -> Result<Option<String>> {
    if rows.is_empty() {
        return Ok(None);
    }
    let members = rows.iter().map(|row| {
        let mut member = BTreeMap::from([("unit", row.unit_id.to_string())]);
        member.extend(row.role_words.clone().map(|words| ("role_words", words)));
        member
    });
    let members: Vec<_> = members.collect();
    serde_json::to_string(&members)
        .map(Some)
        .map_err(Error::internal)
}

/// Sets the lead, and hands it what nobody or the former lead owed.
async fn lead_by(
    work: &mut Work,
    permit: &Permit,
    project: &project::Model,
    lead: Option<&unit::Model>,
    parts: Vec<FieldChange>,
) -> Result<()> {
    if project.stage == Stage::Cancelled {
        let message = format!("{} is cancelled", project.code);
        return Err(Error::blocked("STAGE_FINAL", message));
    }
    let changed = lead.filter(|unit| project.lead_unit_id != Some(unit.id));
    if let Some(unit) = changed {
        expect_unscheduled(project)?;
        return lead_by_decision(work, permit, project, unit, parts).await;
    }
    let mut after = project.clone();
    after.simulated |= work.simulated();
    work.update_with(permit, project, after, parts).await?;
    Ok(())
}

/// As [`lead_by`], where the office has decided: an approved schedule does not stand in the
/// way.
pub(super) async fn lead_by_decision(
    work: &mut Work,
    permit: &Permit,
    project: &project::Model,
    lead: &unit::Model,
    parts: Vec<FieldChange>,
) -> Result<()> {
    let mut after = project.clone();
    after.simulated |= work.simulated();
    after.lead_unit_id = Some(lead.id);
    after.lead_basis = Some(LeadBasis::Assigned);
    after.lead_role_words = None;
    work.update_with(permit, project, after, parts).await?;
    hand_over(work, permit, project, lead.id).await
}

/// From the approved schedule on, another lead is a change that the office decides.
fn expect_unscheduled(project: &project::Model) -> Result<()> {
    if project.lead_unit_id.is_some() && project.schedule_approved_at.is_some() {
        return Err(Error::blocked(
            "SCHEDULE_APPROVED",
            format!(
                "{} has an approved schedule: its lead unit proposes another one with changePropose \
                 (reassign)",
                project.code
            ),
        ));
    }
    Ok(())
}

async fn hand_over(
    work: &mut Work,
    permit: &Permit,
    project: &project::Model,
    lead: UnitId,
) -> Result<()> {
    for task in tasks::owed_of_projects(work.connection(), vec![project.id]).await? {
        // A claim that waits stays with the unit that made it.
        let active = task.state == TaskState::Open;
        let own = task.unit_id.is_none() || task.unit_id == project.lead_unit_id;
        if active && own {
            let mut after = task.clone();
            after.unit_id = Some(lead);
            work.update(permit, &task, after).await?;
        }
    }
    Ok(())
}

async fn assign_many(work: &mut Work, input: &AssignMany) -> Result<u64> {
    let today = Today::load(work.connection(), work.at()).await?;
    let principal = work.principal().clone();
    let count = projects::count(work.connection(), &principal, &input.filter, &today).await?;
    check_count(count, input.expected_count)?;
    let rows = all_selected(work, &input.filter, &today).await?;
    let suggestions = match input.lead {
        Lead::Suggested => suggested(work, rows.iter().map(|row| row.id).collect()).await?,
        Lead::Unit(_) => BTreeMap::new(),
    };
    refuse_without_lead(input.lead, &rows, &suggestions)?;
    for row in &rows {
        let (permit, project) = fetch::project(work, Action::UnitAssign, row.id).await?;
        // Chosen before it was locked: somebody may have changed it since.
        fetch::expect_version(Some(row.version), project.version)?;
        let (unit, field) = match input.lead {
            Lead::Unit(id) => (Some(id), "leadUnitId"),
            Lead::Suggested => (suggestions.get(&row.id).copied(), "acceptSuggestions"),
        };
        let unit = named_unit(work, &project, unit.ok_or(Error::NotFound)?, field).await?;
        lead_by(work, &permit, &project, Some(&unit), Vec::new()).await?;
    }
    Ok(count)
}

fn check_count(count: u64, expected: u64) -> Result<()> {
    if count != expected {
        return Err(Error::blocked(
            "COUNT_CHANGED",
            format!("the filter selects {count} projects, not {expected}"),
        ));
    }
    if count > MOST_AT_ONCE {
        return Err(Error::LimitExceeded {
            limit: "bulk",
            message: format!("{count} projects: at most {MOST_AT_ONCE} at once"),
        });
    }
    Ok(())
}

/// Every selected project, in the order of the codes: the order in which they are locked.
async fn all_selected(
    work: &Work,
    filter: &ProjectFilter,
    today: &Today,
) -> Result<Vec<project::Model>> {
    let mut rows = Vec::new();
    let mut request = PageRequest {
        first: Some(200),
        ..PageRequest::default()
    };
    let order = (ProjectOrder::Code, Direction::Ascending);
    loop {
        let connection = work.connection();
        let page =
            projects::page(connection, work.principal(), filter, order, &request, today).await?;
        request.after = page.rows.last().map(|(cursor, _)| cursor.clone());
        let more = page.has_next;
        rows.extend(page.rows.into_iter().map(|(_, row)| row));
        if !more {
            return Ok(rows);
        }
    }
}

/// The first suggestion of each project that has one.
async fn suggested(work: &Work, projects: Vec<ProjectId>) -> Result<BTreeMap<ProjectId, UnitId>> {
    let mut first = BTreeMap::new();
    for chunk in projects.chunks(1_000) {
        for row in outline::suggested_leads_of(work.connection(), chunk.to_vec()).await? {
            first.entry(row.project_id).or_insert(row.unit_id);
        }
    }
    Ok(first)
}

fn refuse_without_lead(
    lead: Lead,
    rows: &[project::Model],
    suggestions: &BTreeMap<ProjectId, UnitId>,
) -> Result<()> {
    let without: Vec<&str> = rows
        .iter()
        .filter(|row| lead == Lead::Suggested && !suggestions.contains_key(&row.id))
        .map(|row| row.code.as_str())
        .collect();
    if without.is_empty() {
        Ok(())
    } else {
        Err(no_suggestion(&without))
    }
}

fn no_suggestion(codes: &[&str]) -> Error {
    let shown = codes.iter().take(20).map(|code| {
        Blocker::new(
            "NO_SUGGESTION",
            format!("no text suggests a lead for {code}"),
        )
    });
    Error::Blocked(shown.collect())
}
