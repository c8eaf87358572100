//! Another lead unit (调整牵头单位).

use duban_entities::ids::UnitId;
use duban_entities::project;
use duban_entities::vocabulary::Participation;

use super::content::ReassignContent;
use crate::error::{Error, Result};
use crate::policy::Permit;
use crate::service::assignment::{check_cooperating, cooperate, lead_by_decision, named_unit};
use crate::store::{Work, outline};

/// The new lead, checked.
pub(super) async fn proposal(
    work: &Work,
    project: &project::Model,
    lead: &str,
    cooperating: Option<Vec<String>>,
) -> Result<ReassignContent> {
    if project.participation == Participation::Supports {
        return Err(Error::blocked(
            "SUPPORTS_ONLY",
            "another government builds this work: only the support is owed",
        ));
    }
    let lead = lead.parse().map_err(|_| Error::NotFound)?;
    let unit = named_unit(work, project, lead, "leadUnitId").await?;
    if project.lead_unit_id == Some(unit.id) {
        return Err(Error::invalid("leadUnitId", "it leads the project already"));
    }
    let cooperating_from = match &cooperating {
        Some(units) => {
            check_cooperating(work, project, &ids(units)?).await?;
            Some(current(work, project).await?)
        }
        None => None,
    };
    Ok(ReassignContent {
        from: project.lead_unit_id.map(|id| id.to_string()),
        to: unit.id.to_string(),
        cooperating_from,
        cooperating,
    })
}

fn ids(units: &[String]) -> Result<Vec<UnitId>> {
    let ids = units.iter().map(|id| id.parse());
    ids.collect::<Result<_, _>>().map_err(|_| Error::NotFound)
}

/// Who cooperates now, in order.
async fn current(work: &Work, project: &project::Model) -> Result<Vec<String>> {
    let rows = outline::cooperating_units_of(work.connection(), vec![project.id]).await?;
    Ok(rows.iter().map(|row| row.unit_id.to_string()).collect())
}

/// Hands the project over, with the milestones and reports that the old lead owed. Issues and
/// orders stay with whom they were addressed to.
pub(super) async fn apply(
    work: &mut Work,
    permit: &Permit,
    project: &project::Model,
    content: &ReassignContent,
) -> Result<()> {
    let lead = content.to.parse().map_err(Error::internal)?;
    let lead = named_unit(work, project, lead, "leadUnitId").await;
    let lead = lead.map_err(still_fit)?;
    let parts = match &content.cooperating {
        Some(units) => {
            if content.cooperating_from != Some(current(work, project).await?) {
                return Err(Error::blocked(
                    "PROJECT_CHANGED",
                    "other units cooperate since this was proposed: return it",
                ));
            }
            let parts = cooperate(work, project, &ids(units)?).await;
            parts.map_err(still_fit)?
        }
        None => Vec::new(),
    };
    lead_by_decision(work, permit, project, &lead, parts).await
}

/// A unit that was fit when it was proposed may have ended since.
fn still_fit(error: Error) -> Error {
    match error {
        Error::Invalid(_) | Error::NotFound => Error::blocked(
            "UNIT_CHANGED",
            "a unit that was proposed has ended since: return it",
        ),
        other => other,
    }
}
