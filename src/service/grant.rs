//! Grants: which role over which scope, for whom and when.

use chrono::{DateTime, Utc};
use duban_entities::ids::{AreaId, GrantId, JurisdictionId, UnitId, UserId};
use duban_entities::vocabulary::{Role, ScopeType};
use duban_entities::{grant, user};
use serde::{Serialize, Serializer};

use super::fetch::note;
use super::grant_rules::{check, is_ended};
use super::idempotency::{self, Key};
use super::task::as_text;
use super::{Call, Services};
use crate::error::{Error, Result};
use crate::policy::{Action, Facts, Permit};
use crate::store::{Work, facts, outline, users};

/// Over what a role is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum GrantScope {
    /// Every jurisdiction.
    Everything,
    /// One jurisdiction.
    Jurisdiction(#[serde(serialize_with = "as_text")] JurisdictionId),
    /// One area.
    Area(#[serde(serialize_with = "as_text")] AreaId),
    /// One unit and those below it.
    Unit(#[serde(serialize_with = "as_text")] UnitId),
}

impl GrantScope {
    /// What sort of scope it is.
    pub(super) const fn scope_type(self) -> ScopeType {
        match self {
            Self::Everything => ScopeType::Everything,
            Self::Jurisdiction(_) => ScopeType::Jurisdiction,
            Self::Area(_) => ScopeType::Area,
            Self::Unit(_) => ScopeType::Unit,
        }
    }
}

/// A grant to be given.
#[derive(Clone, Debug, Serialize)]
pub struct NewGrant {
    /// The role.
    #[serde(serialize_with = "as_text")]
    pub role: Role,
    /// Over what.
    pub scope: GrantScope,
    /// A supervisor's home unit.
    #[serde(serialize_with = "optional_text")]
    pub home_unit: Option<UnitId>,
    /// From when; at once where not said.
    pub valid_from: Option<DateTime<Utc>>,
    /// Until when; without end where not said.
    pub valid_to: Option<DateTime<Utc>>,
}

/// Serialises an optional id as its wire text.
fn optional_text<S: Serializer>(id: &Option<UnitId>, to: S) -> Result<S::Ok, S::Error> {
    id.map(|id| id.to_string()).serialize(to)
}

/// A grant to be given to a user.
#[derive(Clone, Debug, Serialize)]
pub struct GrantAdd {
    /// To whom.
    #[serde(serialize_with = "as_text")]
    pub user: UserId,
    /// The grant.
    pub grant: NewGrant,
    /// Why.
    pub reason: Option<String>,
    /// See `idempotency`.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// A grant whose scope has been looked up.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    pub(super) new: NewGrant,
    /// Where the scope lies; none for everything.
    pub(super) jurisdiction: Option<JurisdictionId>,
}

impl Resolved {
    /// What the policy is asked about.
    pub(super) const fn facts(&self) -> Facts<'static> {
        match self.jurisdiction {
            Some(jurisdiction) => Facts::Jurisdiction(jurisdiction),
            None => Facts::Everything,
        }
    }
}

impl Services {
    /// Gives a grant to a user.
    ///
    /// # Errors
    /// As the policy: nobody changes their own grants, a scoped administrator stays inside
    /// the jurisdiction. [`Error::Invalid`] where the role does not go with the scope, with
    /// the other grants, or is held already.
    pub async fn add_grant(&self, call: &Call, input: GrantAdd) -> Result<grant::Model> {
        Self::signed_in(call)?;
        let key = Key::of("grantAdd", input.idempotency_key.as_deref(), &input)?;
        let reason = note("reason", input.reason.as_deref())?;
        let (user, new) = (input.user, input.grant);
        let made = self
            .store
            .write(call.write(reason), move |work| {
                Box::pin(async move { add(work, user, new, key).await })
            })
            .await?;
        tracing::info!(
            target: "security", event = "grant_added", user = %user, role = %made.role,
            scope = %made.scope_type, actor = ?call.principal.actor,
        );
        Ok(made)
    }

    /// Ends a grant now. One that has ended stays as it is.
    ///
    /// # Errors
    /// As the policy; [`Error::Blocked`] for the last grant that administers everything.
    pub async fn end_grant(
        &self,
        call: &Call,
        id: GrantId,
        reason: Option<&str>,
    ) -> Result<grant::Model> {
        Self::signed_in(call)?;
        let reason = note("reason", reason)?;
        let ended = self
            .store
            .write(call.write(reason), move |work| {
                Box::pin(async move { end(work, id).await })
            })
            .await?;
        tracing::info!(
            target: "security", event = "grant_ended", user = %ended.user_id, role = %ended.role,
            actor = ?call.principal.actor,
        );
        Ok(ended)
    }
}

async fn add(
    work: &mut Work,
    user: UserId,
    new: NewGrant,
    key: Option<Key>,
) -> Result<grant::Model> {
    users::serialise(work).await?;
    let facts = facts::of_user(work.connection(), user).await?;
    work.permit(Action::GrantAdd, Facts::User(&facts))?;
    let user = users::find(work.connection(), user).await?;
    if let Some(made) = idempotency::replay::<String>(work, key.as_ref()).await? {
        let id = made.parse().map_err(Error::internal)?;
        return users::grant(work.connection(), id).await;
    }
    let resolved = resolve(work, new).await?;
    let permit = work.permit(Action::GrantAdd, resolved.facts())?;
    let held = users::grants(work.connection(), vec![user.id]).await?;
    check(work, std::slice::from_ref(&resolved), &held, "").await?;
    let made = insert(work, &permit, &user, resolved).await?;
    idempotency::remember(work, key, &made.id.to_string()).await?;
    Ok(made)
}

/// Looks up where the scope lies. What is not there and what the caller may not know of
/// read alike, because the policy is asked next.
pub(super) async fn resolve(work: &Work, new: NewGrant) -> Result<Resolved> {
    let connection = work.connection();
    let jurisdiction = match new.scope {
        GrantScope::Everything => None,
        GrantScope::Jurisdiction(id) => {
            let found = outline::jurisdictions_by_id(connection, vec![id]).await?;
            Some(found.first().ok_or(Error::NotFound)?.id)
        }
        GrantScope::Area(id) => {
            let found = outline::areas_by_id(connection, vec![id]).await?;
            Some(found.first().ok_or(Error::NotFound)?.jurisdiction_id)
        }
        GrantScope::Unit(id) => {
            let found = outline::units_by_id(connection, vec![id]).await?;
            Some(found.first().ok_or(Error::NotFound)?.jurisdiction_id)
        }
    };
    Ok(Resolved { new, jurisdiction })
}

pub(super) async fn insert(
    work: &mut Work,
    permit: &Permit,
    user: &user::Model,
    resolved: Resolved,
) -> Result<grant::Model> {
    let Resolved { new, jurisdiction } = resolved;
    let NewGrant {
        role,
        scope,
        home_unit,
        valid_from,
        valid_to,
    } = new;
    let (area_id, unit_id) = match scope {
        GrantScope::Everything | GrantScope::Jurisdiction(_) => (None, None),
        GrantScope::Area(area) => (Some(area), None),
        GrantScope::Unit(unit) => (None, Some(unit)),
    };
    let row = grant::Model {
        id: work.new_id(),
        user_id: user.id,
        role,
        scope_type: scope.scope_type(),
        jurisdiction_id: jurisdiction,
        area_id,
        unit_id,
        home_unit_id: home_unit,
        valid_from,
        valid_to,
        simulated: user.simulated || work.simulated(),
        version: 1,
        created_at: work.at(),
        updated_at: work.at(),
    };
    work.create(permit, row, crate::store::record::Fields::new())
        .await
}

async fn end(work: &mut Work, id: GrantId) -> Result<grant::Model> {
    users::serialise(work).await?;
    let before = users::grant(work.connection(), id).await?;
    let facts = facts::of_user(work.connection(), before.user_id).await?;
    let permit = work.permit(Action::GrantEnd, Facts::User(&facts))?;
    if is_ended(&before, work.at()) {
        return Ok(before);
    }
    if before.role == Role::Administrator && before.scope_type == ScopeType::Everything {
        require_another_administrator(work, before.user_id).await?;
    }
    let mut after = before.clone();
    after.valid_to = Some(work.at());
    work.update(&permit, &before, after).await
}

/// Somebody must be left who can repair everything.
pub(super) async fn require_another_administrator(work: &Work, than: UserId) -> Result<()> {
    if users::other_administrators(work, than).await? > 0 {
        return Ok(());
    }
    Err(Error::blocked(
        "LAST_ADMINISTRATOR",
        "nobody else administers everything: give another user that grant first",
    ))
}
