//! Reading the catalogue: jurisdictions, units, plans.

use duban_entities::ids::{JurisdictionId, PlanId, UnitId};
use duban_entities::{clause, jurisdiction, plan, unit};

use super::{Call, Services};
use crate::error::{Error, Result};
use crate::policy::Actor;
use crate::store::outline::{self, UnitFilter};
use crate::store::page::{Page, PageRequest};

/// How a person names a plan.
#[derive(Clone, Debug)]
pub enum PlanBy {
    /// By id.
    Id(PlanId),
    /// By code.
    Code(String),
}

/// How a person names a unit.
#[derive(Clone, Debug)]
pub enum UnitBy {
    /// By id.
    Id(UnitId),
    /// By code.
    Code(String),
}

impl Services {
    /// Refuses a caller who is nobody, before anything is looked up: what is there and what
    /// is not must read the same.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`].
    pub(super) fn known(call: &Call) -> Result<()> {
        if call.principal.actor == Actor::Anonymous {
            return Err(Error::Unauthenticated("sign in first"));
        }
        Ok(())
    }

    /// As [`Services::known`], and refuses a caller whose password must be changed.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], [`Error::Forbidden`].
    pub(super) fn signed_in(call: &Call) -> Result<()> {
        Self::known(call)?;
        if call.principal.must_change_password {
            return Err(Error::Forbidden("change your password first"));
        }
        Ok(())
    }

    /// The rules that are data, for a person who is signed in.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`].
    pub fn rules_for(&self, call: &Call) -> Result<&super::Rules> {
        Self::signed_in(call)?;
        Ok(&self.rules)
    }

    /// The jurisdictions in the caller's reach.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`].
    pub async fn jurisdictions(&self, call: &Call) -> Result<Vec<jurisdiction::Model>> {
        Self::signed_in(call)?;
        outline::jurisdictions(self.store.read(), &call.principal).await
    }

    /// One page of units, by code.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a jurisdiction out of reach; as [`PageRequest::window`].
    pub async fn units(
        &self,
        call: &Call,
        filter: &UnitFilter,
        request: &PageRequest,
    ) -> Result<Page<unit::Model>> {
        Self::signed_in(call)?;
        if let Some(id) = filter.jurisdiction {
            self.named_jurisdiction(call, id).await?;
        }
        outline::units(self.store.read(), &call.principal, filter, request).await
    }

    /// How many units the filter selects.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a jurisdiction out of reach.
    pub async fn count_units(&self, call: &Call, filter: &UnitFilter) -> Result<u64> {
        Self::signed_in(call)?;
        outline::count_units(self.store.read(), &call.principal, filter).await
    }

    /// One unit.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach.
    pub async fn unit(&self, call: &Call, by: &UnitBy) -> Result<unit::Model> {
        Self::signed_in(call)?;
        let connection = self.store.read();
        let found = match by {
            UnitBy::Id(id) => outline::units_by_id(connection, vec![*id]).await?.pop(),
            UnitBy::Code(code) => outline::unit_by_code(connection, code).await?,
        };
        let unit = found.ok_or(Error::NotFound)?;
        self.reads(call, unit.jurisdiction_id)?;
        Ok(unit)
    }

    /// One area.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach.
    pub async fn area(
        &self,
        call: &Call,
        id: duban_entities::ids::AreaId,
    ) -> Result<duban_entities::area::Model> {
        Self::signed_in(call)?;
        let found = outline::areas_by_id(self.store.read(), vec![id])
            .await?
            .pop();
        let area = found.ok_or(Error::NotFound)?;
        self.reads(call, area.jurisdiction_id)?;
        Ok(area)
    }

    /// One area, by its code.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach.
    pub async fn area_by_code(
        &self,
        call: &Call,
        code: &str,
    ) -> Result<duban_entities::area::Model> {
        Self::signed_in(call)?;
        let found = outline::area_by_code(self.store.read(), code).await?;
        let area = found.ok_or(Error::NotFound)?;
        self.reads(call, area.jurisdiction_id)?;
        Ok(area)
    }

    /// One jurisdiction.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach.
    pub async fn jurisdiction(
        &self,
        call: &Call,
        id: JurisdictionId,
    ) -> Result<jurisdiction::Model> {
        Self::signed_in(call)?;
        let found = outline::jurisdictions_by_id(self.store.read(), vec![id])
            .await?
            .pop();
        let row = found.ok_or(Error::NotFound)?;
        self.reads(call, row.id)?;
        Ok(row)
    }

    /// The plans in the caller's reach, by code.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a jurisdiction out of reach.
    pub async fn plans(
        &self,
        call: &Call,
        jurisdiction: Option<JurisdictionId>,
    ) -> Result<Vec<plan::Model>> {
        Self::signed_in(call)?;
        if let Some(id) = jurisdiction {
            self.named_jurisdiction(call, id).await?;
        }
        outline::plans(self.store.read(), &call.principal, jurisdiction).await
    }

    /// One plan.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach.
    pub async fn plan(&self, call: &Call, by: &PlanBy) -> Result<plan::Model> {
        Self::signed_in(call)?;
        let connection = self.store.read();
        let found = match by {
            PlanBy::Id(id) => outline::plans_by_id(connection, vec![*id]).await?.pop(),
            PlanBy::Code(code) => outline::plan_by_code(connection, code).await?,
        };
        let plan = found.ok_or(Error::NotFound)?;
        self.reads(call, plan.jurisdiction_id)?;
        Ok(plan)
    }

    /// One clause.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach.
    pub async fn clause(
        &self,
        call: &Call,
        id: duban_entities::ids::ClauseId,
    ) -> Result<clause::Model> {
        Self::signed_in(call)?;
        let found = outline::clauses_by_id(self.store.read(), vec![id])
            .await?
            .pop();
        let clause = found.ok_or(Error::NotFound)?;
        self.plan(call, &PlanBy::Id(clause.plan_id)).await?;
        Ok(clause)
    }
}
