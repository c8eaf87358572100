//! Users and their grants: in every jurisdiction one who supervises it and one who signs for
//! its units; in the first also one who signs for a single unit, and the administrator of
//! everything.

use duban_entities::ids::{UnitId, UserId};
use duban_entities::vocabulary::{Role, ScopeType};
use duban_entities::{grant, user};

use super::Maker;
use super::place::Place;
use crate::store::record::Fields;

/// The password of every generated user.
pub const PASSWORD: &str = "duban-generated";

/// Who can sign in, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// Login name.
    pub username: String,
    /// The role.
    pub role: Role,
    /// Where: the code of a jurisdiction or unit.
    pub scope: Option<String>,
}

/// Who acted in a jurisdiction.
pub(super) struct People {
    /// For the units.
    pub(super) unit: UserId,
    /// For the office.
    pub(super) office: UserId,
}

impl Maker {
    pub(super) fn people(&mut self, n: usize, place: &Place) -> People {
        if n == 0 {
            let administrator = self.user("administrator", "系统管理员");
            let everything = (Role::Administrator, ScopeType::Everything);
            self.grant(administrator, everything, None, (None, None));
            self.sign_in("administrator", Role::Administrator, None);
        }
        let number = n + 1;
        let office_name = format!("office-{number:04}");
        let office = self.user(&office_name, "督查员");
        let supervises = (Role::Supervisor, ScopeType::Jurisdiction);
        self.grant(office, supervises, Some(place), (None, Some(place.office)));
        let unit_name = format!("units-{number:04}");
        let unit = self.user(&unit_name, "审签人");
        let signs = (Role::Signatory, ScopeType::Unit);
        self.grant(unit, signs, Some(place), (Some(place.government), None));
        if n == 0 {
            self.sign_in(&office_name, Role::Supervisor, Some(place.code.clone()));
            self.sign_in(&unit_name, Role::Signatory, Some(scope(place, "ZF")));
            if let Some(first) = place.leads.first() {
                let single = self.user("unit-0001", "审签人");
                self.grant(single, signs, Some(place), (Some(*first), None));
                self.sign_in("unit-0001", Role::Signatory, Some(scope(place, "SLJ")));
            }
        }
        People { unit, office }
    }

    fn sign_in(&mut self, username: &str, role: Role, scope: Option<String>) {
        self.sign_ins.push(SignIn {
            username: username.to_owned(),
            role,
            scope,
        });
    }

    fn user(&mut self, username: &str, name: &str) -> UserId {
        let at = self.filler.at();
        let id = self.ids.next_id();
        let row = user::Model {
            id,
            username: username.to_owned(),
            name: name.to_owned(),
            password_hash: self.password_hash.clone(),
            must_change_password: false,
            disabled_at: None,
            simulated: true,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        self.filler.create(&self.permit, row, Fields::new());
        id
    }

    fn grant(
        &mut self,
        user_id: UserId,
        (role, scope_type): (Role, ScopeType),
        place: Option<&Place>,
        (unit_id, home_unit_id): (Option<UnitId>, Option<UnitId>),
    ) {
        let at = self.filler.at();
        let row = grant::Model {
            id: self.ids.next_id(),
            user_id,
            role,
            scope_type,
            jurisdiction_id: place.map(|place| place.id),
            area_id: None,
            unit_id,
            home_unit_id,
            valid_from: None,
            valid_to: None,
            simulated: true,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        self.filler.create(&self.permit, row, Fields::new());
    }
}

fn scope(place: &Place, unit: &str) -> String {
    format!("{}-{unit}", place.code)
}
