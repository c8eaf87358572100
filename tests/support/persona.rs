//! Who asks: one person for each role and reach that the policy tells apart.

use chrono::TimeDelta;
use duban_entities::ids::{AreaId, GrantId, UnitId, UserId};
use duban_entities::vocabulary::{Role, ScopeType};
use duban_entities::{api_token, grant, session, user};

use super::NOW;
use super::known::{
    BIYANG, COUNTY, DISABLED, ELSEWHERE, HERE, INTEGRATORS_TOKEN, OFFICE, PINGYU, TRANSPORT,
    UNGRANTED, VIEWERS_SESSION, WATER, XIPING, key,
};

macro_rules! personas {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        /// Somebody with a fixed set of grants.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Persona { $($(#[$doc])* $name,)+ }

        impl Persona {
            /// Everybody, nobody first.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The user name, and the column of the matrix.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

personas! {
    /// Nobody.
    Anonymous = "anonymous",
    /// Reporter of the lead unit.
    Reporter = "reporter-lead",
    /// Signatory of the lead unit.
    Signatory = "signatory-lead",
    /// Reporter of a cooperating unit.
    CoopReporter = "reporter-coop",
    /// Signatory of a cooperating unit.
    CoopSignatory = "signatory-coop",
    /// Reporter of another unit.
    OtherReporter = "reporter-other",
    /// Signatory of another unit.
    OtherSignatory = "signatory-other",
    /// Supervisor of this jurisdiction.
    Supervisor = "supervisor",
    /// Supervisor of another jurisdiction.
    SupervisorElsewhere = "supervisor-elsewhere",
    /// Supervisor of one of the project's two areas.
    SupervisorOneArea = "supervisor-one-area",
    /// Supervisor of both.
    SupervisorAreas = "supervisor-both-areas",
    /// Supervisor of another area of this jurisdiction.
    SupervisorOtherArea = "supervisor-other-area",
    /// Supervisor whose home is the lead unit.
    SupervisorAtHome = "supervisor-home-leads",
    /// Signatory of the lead unit and supervisor of this jurisdiction at once.
    BothHats = "signatory-and-supervisor",
    /// Auditor of this jurisdiction.
    Auditor = "auditor",
    /// Viewer of this jurisdiction.
    Viewer = "viewer",
    /// Integrator of this jurisdiction, by API token.
    Integrator = "integrator-token",
    /// Administrator of everything.
    Administrator = "administrator",
    /// Administrator of this jurisdiction.
    ScopedAdministrator = "administrator-scoped",
    /// Signatory of the lead unit who must change a reset password first.
    MustChange = "must-change-password",
}

/// Everybody's password.
pub const PASSWORD: &str = "a long enough password for tests";

impl Persona {
    /// The user behind it.
    pub fn user(self) -> UserId {
        UserId(key(0x1000 + self as u128))
    }

    fn grants(self) -> Vec<Grant> {
        use Role::{Administrator, Auditor, Integrator, Reporter, Signatory, Supervisor, Viewer};
        let supervises = |scope, home| vec![Grant(Supervisor, scope, Some(home))];
        let areas = |areas: &[AreaId]| {
            let each = areas.iter();
            each.map(|area| Grant(Supervisor, Scope::Area(*area), Some(OFFICE)))
                .collect()
        };
        match self {
            Self::Anonymous => vec![],
            Self::Reporter => vec![Grant(Reporter, Scope::Unit(WATER), None)],
            Self::Signatory | Self::MustChange => vec![Grant(Signatory, Scope::Unit(WATER), None)],
            Self::CoopReporter => vec![Grant(Reporter, Scope::Unit(COUNTY), None)],
            Self::CoopSignatory => vec![Grant(Signatory, Scope::Unit(COUNTY), None)],
            Self::OtherReporter => vec![Grant(Reporter, Scope::Unit(TRANSPORT), None)],
            Self::OtherSignatory => vec![Grant(Signatory, Scope::Unit(TRANSPORT), None)],
            Self::Supervisor => supervises(Scope::Here, OFFICE),
            Self::SupervisorElsewhere => vec![Grant(Supervisor, Scope::Elsewhere, None)],
            Self::SupervisorOneArea => areas(&[PINGYU]),
            Self::SupervisorAreas => areas(&[PINGYU, XIPING]),
            Self::SupervisorOtherArea => areas(&[BIYANG]),
            Self::SupervisorAtHome => supervises(Scope::Here, WATER),
            Self::BothHats => vec![
                Grant(Signatory, Scope::Unit(WATER), None),
                Grant(Supervisor, Scope::Here, Some(OFFICE)),
            ],
            Self::Auditor => vec![Grant(Auditor, Scope::Here, None)],
            Self::Viewer => vec![Grant(Viewer, Scope::Here, None)],
            Self::Integrator => vec![Grant(Integrator, Scope::Here, None)],
            Self::Administrator => vec![Grant(Administrator, Scope::Everything, None)],
            Self::ScopedAdministrator => vec![Grant(Administrator, Scope::Here, None)],
        }
    }
}

/// Role, scope, home.
struct Grant(Role, Scope, Option<UnitId>);

#[derive(Clone, Copy)]
enum Scope {
    Everything,
    Here,
    Elsewhere,
    Area(AreaId),
    Unit(UnitId),
}

fn user_row(id: UserId, username: &str, password_hash: &str) -> user::Model {
    user::Model {
        id,
        username: username.to_owned(),
        name: format!("Name of {username}"),
        password_hash: password_hash.to_owned(),
        must_change_password: false,
        disabled_at: None,
        simulated: false,
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// Everybody's user, and two whom nobody plays.
pub fn users(password_hash: &str) -> Vec<user::Model> {
    let row = |persona: &Persona| user::Model {
        must_change_password: *persona == Persona::MustChange,
        ..user_row(persona.user(), persona.name(), password_hash)
    };
    let mut rows: Vec<user::Model> = Persona::ALL[1..].iter().map(row).collect();
    rows.push(user::Model {
        disabled_at: Some(NOW),
        ..user_row(DISABLED, "disabled", password_hash)
    });
    rows.push(user_row(UNGRANTED, "ungranted", password_hash));
    rows
}

/// Everybody's grants, and one of the disabled user's.
pub fn grants() -> Vec<grant::Model> {
    let of = |user, base: u128, grants: Vec<Grant>| {
        let keyed = grants.into_iter().zip(base..);
        keyed
            .map(move |(grant, n)| grant_row(n, user, grant))
            .collect::<Vec<_>>()
    };
    let personas = Persona::ALL.iter();
    let mut rows: Vec<grant::Model> = personas
        .flat_map(|who| of(who.user(), 0x2000 + 16 * (*who as u128), who.grants()))
        .collect();
    let left = vec![Grant(Role::Reporter, Scope::Unit(WATER), None)];
    rows.extend(of(DISABLED, 0x3000, left));
    rows
}

/// A session of the viewer, which nobody uses.
pub fn session() -> session::Model {
    session::Model {
        id: VIEWERS_SESSION,
        user_id: Persona::Viewer.user(),
        created_at: NOW,
        last_used_at: NOW,
        expires_at: NOW + TimeDelta::days(30),
        ended_at: None,
        peer: None,
        user_agent: None,
    }
}

/// A token of the integrator, which nobody holds.
pub fn token() -> api_token::Model {
    api_token::Model {
        id: INTEGRATORS_TOKEN,
        user_id: Persona::Integrator.user(),
        name: "nightly export".to_owned(),
        token_hash: "0".repeat(64),
        created_at: NOW,
        expires_at: NOW + TimeDelta::days(30),
        revoked_at: None,
        last_used_at: None,
        last_used_peer: None,
        version: 1,
    }
}

fn grant_row(n: u128, user_id: UserId, Grant(role, scope, home): Grant) -> grant::Model {
    let (scope_type, jurisdiction_id) = match scope {
        Scope::Everything => (ScopeType::Everything, None),
        Scope::Here => (ScopeType::Jurisdiction, Some(HERE)),
        Scope::Elsewhere => (ScopeType::Jurisdiction, Some(ELSEWHERE)),
        Scope::Area(_) => (ScopeType::Area, Some(HERE)),
        Scope::Unit(_) => (ScopeType::Unit, Some(HERE)),
    };
    let (area_id, unit_id) = match scope {
        Scope::Area(area) => (Some(area), None),
        Scope::Unit(unit) => (None, Some(unit)),
        Scope::Everything | Scope::Here | Scope::Elsewhere => (None, None),
    };
    grant::Model {
        id: GrantId(key(n)),
        user_id,
        role,
        scope_type,
        jurisdiction_id,
        area_id,
        unit_id,
        home_unit_id: home,
        valid_from: None,
        valid_to: None,
        simulated: false,
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}
