//! The rows that an import makes, and which of their columns it writes.

use chrono::{DateTime, Utc};
use duban_entities::ids::{IndicatorId, JurisdictionId, PlanId};
use duban_entities::vocabulary::{
    AreaKind, Disclosure, DueBasis, IndicatorNature, LeadBasis, Participation, PlanStatus,
    ProjectKind, Stage, StageBasis, UnitKind,
};
use duban_entities::{area, clause, indicator, jurisdiction, plan, project, unit};
use uuid::Uuid;

use super::cell::{Cell, Ids};
use super::sheets::{Cells, Table};
use crate::error::{Error, Result};
use crate::store::record::Row;

/// A row that an import makes.
pub(super) trait Subject: Row {
    /// Its table.
    const TABLE: Table;

    /// Its code.
    fn code(&self) -> &str;

    /// A new row, of which every required cell is set right after.
    fn blank(code: &str, fresh: Uuid, ids: &Ids, at: DateTime<Utc>) -> Result<Self>;

    /// Its columns as cells.
    fn cells(&self, ids: &Ids) -> Cells;

    /// Sets a column from a cell.
    fn set_cell(&mut self, column: &str, cell: Option<&str>, ids: &Ids) -> Result<()>;

    /// Columns that people have taken over, whatever their value.
    fn owned(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

/// No key yet: the cell that names it is required, and set before the row is written.
const UNSET: Uuid = Uuid::nil();

macro_rules! subject {
    (
        $module:ident as $table:ident;
        $($column:literal => $field:ident,)+
        $(by hand { $($special:literal => $get:ident, $set:ident;)+ owned $owned:ident; })?
        blank |$code:ident, $fresh:ident, $ids:ident, $at:ident| $blank:expr
    ) => {
        impl Subject for $module::Model {
            const TABLE: Table = Table::$table;

            fn code(&self) -> &str {
                &self.code
            }

            fn blank(
                $code: &str,
                $fresh: Uuid,
                $ids: &Ids,
                $at: DateTime<Utc>,
            ) -> Result<Self> {
                let _ = ($fresh, $ids);
                Ok($blank)
            }

            fn cells(&self, ids: &Ids) -> Cells {
                Cells::from([
                    $(($column.to_owned(), self.$field.to_cell(ids)),)+
                    $($(($special.to_owned(), $get(self, ids)),)+)?
                ])
            }

            fn set_cell(&mut self, column: &str, cell: Option<&str>, ids: &Ids) -> Result<()> {
                match column {
                    $($column => self.$field = Cell::from_cell(cell, ids)?,)+
                    $($($special => $set(self, cell, ids)?,)+)?
                    _ => return Err(Error::internal(format!("no column {column} here"))),
                }
                Ok(())
            }

            $(fn owned(&self) -> Vec<&'static str> {
                $owned(self)
            })?
        }
    };
}

subject! {
    jurisdiction as Jurisdictions;
    "code" => code,
    "name" => name,
    "time_zone" => time_zone,
    blank |code, fresh, ids, at| jurisdiction::Model {
        id: ids.jurisdictions.id(code)?,
        code: code.to_owned(),
        name: String::new(),
        time_zone: String::new(),
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

subject! {
    area as Areas;
    "code" => code,
    "jurisdiction" => jurisdiction_id,
    "name" => name,
    "kind" => kind,
    "source_file" => source_file,
    "source_line" => source_line,
    blank |code, fresh, ids, at| area::Model {
        id: ids.areas.id(code)?,
        jurisdiction_id: JurisdictionId(UNSET),
        code: code.to_owned(),
        name: String::new(),
        kind: AreaKind::County,
        source_file: None,
        source_line: None,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

subject! {
    unit as Units;
    "code" => code,
    "jurisdiction" => jurisdiction_id,
    "name" => name,
    "full_name" => full_name,
    "kind" => kind,
    "parent" => parent_id,
    "area" => area_id,
    "valid_from" => valid_from,
    "valid_to" => valid_to,
    "simulated" => simulated,
    "source_file" => source_file,
    "source_line" => source_line,
    blank |code, fresh, ids, at| unit::Model {
        id: ids.units.id(code)?,
        jurisdiction_id: JurisdictionId(UNSET),
        code: code.to_owned(),
        name: String::new(),
        full_name: None,
        kind: UnitKind::Other,
        parent_id: None,
        area_id: None,
        valid_from: None,
        valid_to: None,
        simulated: false,
        source_file: None,
        source_line: None,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

subject! {
    plan as Plans;
    "code" => code,
    "jurisdiction" => jurisdiction_id,
    "title" => title,
    "status" => status,
    "document_number" => document_number,
    "issued_on" => issued_on,
    "issued_by" => issued_by,
    "issuing_document" => issuing_document,
    "period_from" => period_from,
    "period_to" => period_to,
    "source_file" => source_file,
    "source_line" => source_line,
    blank |code, fresh, ids, at| plan::Model {
        id: ids.plans.id(code)?,
        jurisdiction_id: JurisdictionId(UNSET),
        code: code.to_owned(),
        title: String::new(),
        status: PlanStatus::Draft,
        document_number: None,
        issued_on: None,
        issued_by: None,
        issuing_document: None,
        period_from: None,
        period_to: None,
        source_file: None,
        source_line: None,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

subject! {
    clause as Clauses;
    "code" => code,
    "plan" => plan_id,
    "parent" => parent_id,
    "number" => number,
    "heading" => heading,
    "position" => position,
    "source_file" => source_file,
    "source_line" => source_line,
    blank |code, fresh, ids, at| clause::Model {
        id: ids.clauses.id(code)?,
        plan_id: PlanId(UNSET),
        code: code.to_owned(),
        parent_id: None,
        number: None,
        heading: String::new(),
        position: 0,
        source_file: String::new(),
        source_line: 0,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

subject! {
    indicator as Indicators;
    "code" => code,
    "plan" => plan_id,
    "group" => group_name,
    "name" => name,
    "unit_of_measure" => unit_of_measure,
    "base_value" => base_value,
    "base_year" => base_year,
    "target_value" => target_value,
    "target_year" => target_year,
    "annual_growth" => annual_growth,
    "nature" => nature,
    "note" => note,
    "source_file" => source_file,
    "source_line" => source_line,
    blank |code, fresh, ids, at| indicator::Model {
        id: IndicatorId(fresh),
        plan_id: PlanId(UNSET),
        code: code.to_owned(),
        group_name: None,
        name: String::new(),
        unit_of_measure: None,
        base_value: None,
        base_year: None,
        target_value: None,
        target_year: None,
        annual_growth: None,
        nature: IndicatorNature::Unspecified,
        note: None,
        source_file: String::new(),
        source_line: 0,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

subject! {
    project as Projects;
    "code" => code,
    "jurisdiction" => jurisdiction_id,
    "title" => title,
    "kind" => kind,
    "participation" => participation,
    "stage" => stage,
    "parent" => parent_id,
    "due_words" => due_words,
    "lead_role_words" => lead_role_words,
    "disclosure" => disclosure,
    "declared_members" => declared_members,
    by hand {
        "due_date" => stated_date, set_stated_date;
        "lead_unit" => lead, set_lead;
        owned taken_over;
    }
    blank |code, fresh, ids, at| project::Model {
        id: ids.projects.id(code)?,
        jurisdiction_id: JurisdictionId(UNSET),
        code: code.to_owned(),
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
        simulated: false,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

/// The period's end is no stated date: the spreadsheet knows nothing of it.
fn stated_date(project: &project::Model, ids: &Ids) -> Option<String> {
    let stated = project.due_basis != Some(DueBasis::PlanPeriod);
    project.due_date.filter(|_| stated).to_cell(ids)
}

fn set_stated_date(project: &mut project::Model, cell: Option<&str>, ids: &Ids) -> Result<()> {
    project.due_date = Cell::from_cell(cell, ids)?;
    project.due_basis = project.due_date.map(|_| DueBasis::Stated);
    Ok(())
}

fn lead(project: &project::Model, ids: &Ids) -> Option<String> {
    project.lead_unit_id.to_cell(ids)
}

fn set_lead(project: &mut project::Model, cell: Option<&str>, ids: &Ids) -> Result<()> {
    project.lead_unit_id = Cell::from_cell(cell, ids)?;
    project.lead_basis = project.lead_unit_id.map(|_| LeadBasis::Stated);
    Ok(())
}

/// A stage that was reported, a lead that was assigned, a date that was scheduled.
fn taken_over(project: &project::Model) -> Vec<&'static str> {
    let mut columns = Vec::new();
    if project.stage_basis == StageBasis::Reported {
        columns.push("stage");
    }
    if project.lead_basis == Some(LeadBasis::Assigned) {
        columns.push("lead_unit");
    }
    if is_scheduled(project) {
        columns.extend(["due_date", "participation"]);
    }
    columns
}

/// True once people have agreed on dates.
pub(super) fn is_scheduled(project: &project::Model) -> bool {
    project.schedule_approved_at.is_some() || project.due_basis == Some(DueBasis::Scheduled)
}
