//! The catalogue as the importer needs it: all of it at once, and written in bulk.
//!
//! An import compares thousands of rows with what is there. It reads each table once and
//! writes each table in a few statements, within one unit of work.

use duban_entities::ids::{ProjectId, TaskId, UnitId};
use duban_entities::vocabulary::{MilestoneRole, TaskKind};
use duban_entities::{
    area, citation, clause, cooperating_unit, import_row, indicator, jurisdiction, plan, project,
    project_alias, project_area, project_external_id, suggested_lead, target, task, task_evidence,
    unit, unit_alias,
};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Value};

use super::tasks::is_kind;
use super::{Transaction, Work};
use crate::error::Result;
use crate::policy::Permit;
use crate::store::writes::{Run, chunk_size, insert_all};
use crate::store::{Reads, reader};

/// Keys in one `IN (…)`.
const KEYS: usize = 5_000;

/// Everything that an import can meet, lists in their own order.
#[derive(Debug, Default)]
pub struct Known {
    /// Every jurisdiction.
    pub jurisdictions: Vec<jurisdiction::Model>,
    /// Every area.
    pub areas: Vec<area::Model>,
    /// Every unit.
    pub units: Vec<unit::Model>,
    /// Every other name of a unit.
    pub unit_aliases: Vec<unit_alias::Model>,
    /// Every plan.
    pub plans: Vec<plan::Model>,
    /// Every clause.
    pub clauses: Vec<clause::Model>,
    /// Every indicator.
    pub indicators: Vec<indicator::Model>,
    /// Every project.
    pub projects: Vec<project::Model>,
    /// The areas of every project.
    pub project_areas: Vec<project_area::Model>,
    /// Every other name of a project.
    pub project_aliases: Vec<project_alias::Model>,
    /// Every identifier in another scheme.
    pub project_external_ids: Vec<project_external_id::Model>,
    /// Every mention.
    pub citations: Vec<citation::Model>,
    /// Every quantity.
    pub targets: Vec<target::Model>,
    /// Every cooperating unit.
    pub cooperating_units: Vec<cooperating_unit::Model>,
    /// Every suggested lead.
    pub suggested_leads: Vec<suggested_lead::Model>,
    /// The completion and support milestones.
    pub milestones: Vec<task::Model>,
    /// What the last import wrote.
    pub import_rows: Vec<import_row::Model>,
}

impl Known {
    /// Reads all of it, one statement a table.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database cannot be read.
    pub async fn load(connection: &impl Reads) -> Result<Self> {
        let mut known = Self::load_plans(connection).await?;
        known.load_projects(connection).await?;
        known.load_parts(connection).await?;
        Ok(known)
    }

    async fn load_plans(on: &impl Reads) -> Result<Self> {
        Ok(Self {
            jurisdictions: reader::every::<jurisdiction::Entity>(on).await?,
            areas: reader::every::<area::Entity>(on).await?,
            units: reader::every::<unit::Entity>(on).await?,
            unit_aliases: reader::every::<unit_alias::Entity>(on).await?,
            plans: reader::every::<plan::Entity>(on).await?,
            clauses: reader::every::<clause::Entity>(on).await?,
            indicators: reader::every::<indicator::Entity>(on).await?,
            import_rows: reader::every::<import_row::Entity>(on).await?,
            ..Self::default()
        })
    }

    async fn load_projects(&mut self, on: &impl Reads) -> Result<()> {
        let projects = reader::find::<project::Entity>().order_by_asc(project::Column::Code);
        self.projects = reader::all(on, projects).await?;
        let milestones = reader::find::<task::Entity>()
            .filter(is_kind(task::Entity, TaskKind::Milestone))
            .filter(task::Column::Role.is_in([MilestoneRole::Finish, MilestoneRole::Support]))
            .order_by_asc(task::Column::Position);
        self.milestones = reader::all(on, milestones).await?;
        Ok(())
    }

    async fn load_parts(&mut self, on: &impl Reads) -> Result<()> {
        self.project_areas = reader::every::<project_area::Entity>(on).await?;
        self.project_aliases = reader::every::<project_alias::Entity>(on).await?;
        self.project_external_ids = reader::every::<project_external_id::Entity>(on).await?;
        let citations = reader::find::<citation::Entity>().order_by_asc(citation::Column::Position);
        self.citations = reader::all(on, citations).await?;
        let targets = reader::find::<target::Entity>().order_by_asc(target::Column::Position);
        self.targets = reader::all(on, targets).await?;
        let cooperating_units = reader::find::<cooperating_unit::Entity>()
            .order_by_asc(cooperating_unit::Column::Position);
        self.cooperating_units = reader::all(on, cooperating_units).await?;
        let suggested_leads =
            reader::find::<suggested_lead::Entity>().order_by_asc(suggested_lead::Column::Position);
        self.suggested_leads = reader::all(on, suggested_leads).await?;
        Ok(())
    }
}

/// The lists of a project or unit that are written anew.
#[derive(Debug, Default)]
pub struct Parts {
    /// Units whose other names are written anew.
    pub units: Vec<UnitId>,
    /// Their other names.
    pub unit_aliases: Vec<unit_alias::Model>,
    /// Projects whose areas are written anew.
    pub with_areas: Vec<ProjectId>,
    /// Their areas.
    pub areas: Vec<project_area::Model>,
    /// Projects whose other names are written anew.
    pub with_aliases: Vec<ProjectId>,
    /// Their other names.
    pub aliases: Vec<project_alias::Model>,
    /// Projects whose external ids are written anew.
    pub with_external_ids: Vec<ProjectId>,
    /// Their external ids.
    pub external_ids: Vec<project_external_id::Model>,
    /// Projects whose mentions and suggested leads are written anew: a suggestion stands
    /// on a mention.
    pub with_citations: Vec<ProjectId>,
    /// Their mentions.
    pub citations: Vec<citation::Model>,
    /// Their suggested leads.
    pub suggested_leads: Vec<suggested_lead::Model>,
    /// Projects whose targets are written anew.
    pub with_targets: Vec<ProjectId>,
    /// Their targets.
    pub targets: Vec<target::Model>,
    /// Projects whose cooperating units are written anew.
    pub with_cooperating_units: Vec<ProjectId>,
    /// Their cooperating units.
    pub cooperating_units: Vec<cooperating_unit::Model>,
    /// Tasks whose evidence is written anew.
    pub with_evidence: Vec<TaskId>,
    /// Their evidence.
    pub evidence: Vec<task_evidence::Model>,
}

impl Work {
    /// Writes lists anew: their ledger entries are those of the project or unit.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database refuses.
    pub async fn replace_parts(&mut self, _permit: &Permit, parts: Parts) -> Result<()> {
        self.clear_parts(&parts).await?;
        let named = parts.with_aliases.iter().chain(&parts.with_citations);
        self.stale().parts_of_projects(named.copied());
        self.stale().parts_of_units(parts.units.iter().copied());
        let on = self.connection();
        insert_all::<unit_alias::Entity>(on, parts.unit_aliases).await?;
        insert_all::<project_area::Entity>(on, parts.areas).await?;
        insert_all::<project_alias::Entity>(on, parts.aliases).await?;
        insert_all::<project_external_id::Entity>(on, parts.external_ids).await?;
        insert_all::<citation::Entity>(on, parts.citations).await?;
        insert_all::<suggested_lead::Entity>(on, parts.suggested_leads).await?;
        insert_all::<target::Entity>(on, parts.targets).await?;
        insert_all::<cooperating_unit::Entity>(on, parts.cooperating_units).await?;
        insert_all::<task_evidence::Entity>(on, parts.evidence).await
    }

    /// A suggestion stands on a mention, so it goes first.
    async fn clear_parts(&self, parts: &Parts) -> Result<()> {
        use {
            citation::Entity as Mention, cooperating_unit::Entity as Cooperating,
            project_alias::Entity as Alias, project_area::Entity as InArea,
            project_external_id::Entity as ExternalId, suggested_lead::Entity as Suggested,
            target::Entity as Target, task_evidence::Entity as Evidence,
            unit_alias::Entity as UnitAlias,
        };
        let on = self.connection();
        let cited = &parts.with_citations;
        let helped = &parts.with_cooperating_units;
        let known = &parts.with_external_ids;
        clear::<UnitAlias, _>(on, unit_alias::Column::UnitId, &parts.units).await?;
        clear::<InArea, _>(on, project_area::Column::ProjectId, &parts.with_areas).await?;
        clear::<Alias, _>(on, project_alias::Column::ProjectId, &parts.with_aliases).await?;
        clear::<ExternalId, _>(on, project_external_id::Column::ProjectId, known).await?;
        clear::<Suggested, _>(on, suggested_lead::Column::ProjectId, cited).await?;
        clear::<Mention, _>(on, citation::Column::ProjectId, cited).await?;
        clear::<Target, _>(on, target::Column::ProjectId, &parts.with_targets).await?;
        clear::<Cooperating, _>(on, cooperating_unit::Column::ProjectId, helped).await?;
        clear::<Evidence, _>(on, task_evidence::Column::TaskId, &parts.with_evidence).await
    }

    /// Remembers what this import wrote of each row.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database refuses.
    pub async fn remember_import(
        &self,
        _permit: &Permit,
        rows: Vec<import_row::Model>,
    ) -> Result<()> {
        use import_row::Column::{Code, Content, ImportedAt, TableName};
        for chunk in rows.chunks(chunk_size::<import_row::Entity>()) {
            let models = chunk
                .iter()
                .cloned()
                .map(IntoActiveModel::into_active_model);
            let latest = OnConflict::columns([TableName, Code])
                .update_columns([Content, ImportedAt])
                .to_owned();
            import_row::Entity::insert_many(models)
                .on_conflict(latest)
                .run(self.connection())
                .await?;
        }
        Ok(())
    }
}

/// Deletes the rows that these keys own.
async fn clear<E, K>(on: &Transaction, owner: E::Column, keys: &[K]) -> Result<()>
where
    E: EntityTrait,
    K: Copy + Into<Value>,
{
    for chunk in keys.chunks(KEYS) {
        E::delete_many()
            .filter(owner.is_in(chunk.iter().copied()))
            .run(on)
            .await?;
    }
    Ok(())
}
