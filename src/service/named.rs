//! A filter that names a thing out of scope reads like one that names nothing: NOT_FOUND,
//! never a silent empty answer.

use duban_entities::ids::{ClauseId, JurisdictionId, PlanId};

use super::{Call, Services};
use crate::error::{Error, Result};
use crate::policy::{Action, Facts};
use crate::store::projects::{self, ProjectBy, ProjectFilter};
use crate::store::{authorise, facts, outline};

impl Services {
    /// Asks whether the caller may read the catalogue of a jurisdiction.
    pub(super) fn reads(&self, call: &Call, jurisdiction: JurisdictionId) -> Result<()> {
        let facts = Facts::Jurisdiction(jurisdiction);
        authorise(&call.principal, Action::CatalogueRead, facts).map(|_| ())
    }

    /// Checks everything that a filter of projects names, at every level.
    pub(super) async fn check_named(&self, call: &Call, filter: &ProjectFilter) -> Result<()> {
        let mut level = vec![filter];
        while let Some(filter) = level.pop() {
            self.check_level(call, filter).await?;
            level.extend(&filter.and);
            level.extend(filter.or.iter().flatten());
            level.extend(filter.not.as_deref());
        }
        Ok(())
    }

    async fn check_level(&self, call: &Call, filter: &ProjectFilter) -> Result<()> {
        let connection = self.store.read();
        if let Some(id) = filter.jurisdiction {
            self.named_jurisdiction(call, id).await?;
        }
        if let Some(id) = filter.area {
            let area = outline::areas_by_id(connection, vec![id]).await?.pop();
            self.reads(call, area.ok_or(Error::NotFound)?.jurisdiction_id)?;
        }
        for id in [filter.unit, filter.lead_unit].into_iter().flatten() {
            self.named_unit(call, id).await?;
        }
        if let Some(id) = filter.plan {
            self.named_plan(call, id).await?;
        }
        if let Some(id) = filter.clause {
            self.named_clause(call, id).await?;
        }
        if let Some(id) = filter.parent {
            self.named_project(call, id).await?;
        }
        Ok(())
    }

    pub(super) async fn named_jurisdiction(&self, call: &Call, id: JurisdictionId) -> Result<()> {
        let known = outline::jurisdictions_by_id(self.store.read(), vec![id]).await?;
        self.reads(call, known.first().ok_or(Error::NotFound)?.id)
    }

    pub(super) async fn named_unit(
        &self,
        call: &Call,
        id: duban_entities::ids::UnitId,
    ) -> Result<()> {
        let unit = outline::units_by_id(self.store.read(), vec![id])
            .await?
            .pop();
        self.reads(call, unit.ok_or(Error::NotFound)?.jurisdiction_id)
    }

    async fn named_plan(&self, call: &Call, id: PlanId) -> Result<()> {
        let plan = outline::plans_by_id(self.store.read(), vec![id])
            .await?
            .pop();
        self.reads(call, plan.ok_or(Error::NotFound)?.jurisdiction_id)
    }

    async fn named_clause(&self, call: &Call, id: ClauseId) -> Result<()> {
        let clause = outline::clauses_by_id(self.store.read(), vec![id])
            .await?
            .pop();
        self.named_plan(call, clause.ok_or(Error::NotFound)?.plan_id)
            .await
    }

    pub(super) async fn named_project(
        &self,
        call: &Call,
        id: duban_entities::ids::ProjectId,
    ) -> Result<()> {
        let connection = self.store.read();
        let row = projects::by(connection, &ProjectBy::Id(id))
            .await?
            .ok_or(Error::NotFound)?;
        let facts = facts::of_project(connection, &row).await?;
        authorise(&call.principal, Action::ProjectRead, Facts::Project(&facts)).map(|_| ())
    }
}
