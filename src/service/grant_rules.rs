//! Which role goes with which scope, and with which other grants.

use chrono::{DateTime, Utc};
use duban_entities::grant;
use duban_entities::vocabulary::{Role, ScopeType, UnitKind};

use super::grant::{GrantScope, NewGrant, Resolved};
use crate::error::{Error, Problems, Result};
use crate::policy::{Action, Facts};
use crate::store::{Work, outline};

/// Checks new grants against the rules of their roles, each other and those held; `path`
/// stands before the names of the fields.
pub(super) async fn check(
    work: &Work,
    new: &[Resolved],
    held: &[grant::Model],
    path: &str,
) -> Result<()> {
    let mut problems = Problems::default();
    for (n, resolved) in new.iter().enumerate() {
        let at = if path.is_empty() {
            String::new()
        } else {
            format!("{path}.{n}.")
        };
        check_shape(&resolved.new, &at, work.at(), &mut problems);
        check_units(work, resolved, &at, &mut problems).await?;
        let twice = held.iter().any(|held| is_same(held, resolved, work.at()))
            || new[..n]
                .iter()
                .any(|other| is_alike(&other.new, &resolved.new));
        problems.require(
            !twice,
            &format!("{at}role"),
            "it is held over this scope already",
        );
    }
    let lasting = held.iter().filter(|held| !is_ended(held, work.at()));
    let roles = lasting
        .map(|held| held.role)
        .chain(new.iter().map(|new| new.new.role));
    let role = if path.is_empty() { "role" } else { path };
    problems.require(
        !mixes(roles),
        role,
        "an administrator holds no other role, so that whoever runs the system cannot make its facts",
    );
    problems.finish()
}

/// True where ADMINISTRATOR stands beside another role.
fn mixes(roles: impl Iterator<Item = Role>) -> bool {
    let (administrators, others): (Vec<Role>, Vec<Role>) =
        roles.partition(|role| *role == Role::Administrator);
    !administrators.is_empty() && !others.is_empty()
}

fn check_shape(new: &NewGrant, at: &str, now: DateTime<Utc>, problems: &mut Problems) {
    let allowed = scope_types(new.role);
    if !allowed.contains(&new.scope.scope_type()) {
        let names: Vec<&str> = allowed.iter().map(|scope| scope.as_str()).collect();
        let message = format!("{} is given over {}", new.role, names.join(" or "));
        problems.add(format!("{at}scope"), message);
    }
    let homeless = new.home_unit.is_none() || new.role == Role::Supervisor;
    problems.require(
        homeless,
        &format!("{at}homeUnit"),
        "only a supervisor has one",
    );
    let ordered = match (new.valid_from, new.valid_to) {
        (Some(from), Some(to)) => from < to,
        _ => true,
    };
    problems.require(
        ordered,
        &format!("{at}validTo"),
        "it is not after validFrom",
    );
    let ahead = new.valid_to.is_none_or(|to| to > now);
    problems.require(ahead, &format!("{at}validTo"), "it is past");
}

/// Over what a role may be given (table "Roles" in docs/authorization.md).
const fn scope_types(role: Role) -> &'static [ScopeType] {
    match role {
        Role::Reporter | Role::Signatory => &[ScopeType::Unit],
        Role::Supervisor => &[ScopeType::Jurisdiction, ScopeType::Area],
        Role::Auditor | Role::Viewer | Role::Integrator => &[ScopeType::Jurisdiction],
        Role::Administrator => &[ScopeType::Everything, ScopeType::Jurisdiction],
    }
}

/// A collective is wording and nobody acts for it; a home unit lies where the grant does.
async fn check_units(
    work: &Work,
    resolved: &Resolved,
    at: &str,
    problems: &mut Problems,
) -> Result<()> {
    let connection = work.connection();
    if let GrantScope::Unit(id) = resolved.new.scope {
        let unit = outline::units_by_id(connection, vec![id]).await?.pop();
        let collective = unit.is_some_and(|unit| unit.kind == UnitKind::Collective);
        problems.require(
            !collective,
            &format!("{at}scope"),
            "nobody acts for a collective",
        );
    }
    if let Some(id) = resolved.new.home_unit {
        let unit = outline::units_by_id(connection, vec![id]).await?.pop();
        let unit = unit.ok_or(Error::NotFound)?;
        work.permit(
            Action::CatalogueRead,
            Facts::Jurisdiction(unit.jurisdiction_id),
        )?;
        let here = resolved.jurisdiction == Some(unit.jurisdiction_id);
        let message = "it lies in another jurisdiction than the grant";
        problems.require(here, &format!("{at}homeUnit"), message);
    }
    Ok(())
}

/// True for a grant that holds no more.
pub(super) fn is_ended(grant: &grant::Model, now: DateTime<Utc>) -> bool {
    grant.valid_to.is_some_and(|to| to <= now)
}

fn is_same(held: &grant::Model, new: &Resolved, now: DateTime<Utc>) -> bool {
    let scope = match new.new.scope {
        GrantScope::Everything => held.scope_type == ScopeType::Everything,
        GrantScope::Jurisdiction(id) => {
            held.scope_type == ScopeType::Jurisdiction && held.jurisdiction_id == Some(id)
        }
        GrantScope::Area(id) => held.area_id == Some(id),
        GrantScope::Unit(id) => held.unit_id == Some(id),
    };
    // One that ends may be followed by another.
    let overlaps = match (held.valid_to, new.new.valid_from) {
        (Some(to), from) => from.unwrap_or(now) < to,
        (None, _) => true,
    };
    scope && held.role == new.new.role && !is_ended(held, now) && overlaps
}

fn is_alike(one: &NewGrant, other: &NewGrant) -> bool {
    one.role == other.role && one.scope == other.scope
}
