//! `seeds/demo/`: who the simulated people are, and what they do.

use csv::ReaderBuilder;
use duban_entities::vocabulary::Role;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::error::{Error, Result};
use crate::service::{Call, GrantScope, NewGrant, Services, UnitBy};

/// A simulated user.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DemoUser {
    pub(super) username: String,
    pub(super) name: String,
    #[serde(deserialize_with = "word")]
    pub(super) role: Role,
    jurisdiction: String,
    area: String,
    unit: String,
    home_unit: String,
}

/// How well a simulated work goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Character {
    /// On time, in everything.
    Good,
    /// Late with every other thing; asks for later dates too late.
    Slow,
    /// Misses reports and dates; orders are issued.
    Bad,
    /// Short, and in operation by now.
    Finished,
    /// Suspended on the way.
    Suspended,
    /// Its schedule waits for a decision.
    New,
    /// Assigned, and nothing more.
    Unscheduled,
}

impl std::str::FromStr for Character {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        Ok(match text {
            "GOOD" => Self::Good,
            "SLOW" => Self::Slow,
            "BAD" => Self::Bad,
            "FINISHED" => Self::Finished,
            "SUSPENDED" => Self::Suspended,
            "NEW" => Self::New,
            "UNSCHEDULED" => Self::Unscheduled,
            other => return Err(format!("{other} is no character")),
        })
    }
}

/// A project, who works on it, and how well.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Work {
    pub(super) project: String,
    pub(super) lead_unit: String,
    cooperating_units: String,
    #[serde(deserialize_with = "word")]
    pub(super) character: Character,
}

/// All of it.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) users: Vec<DemoUser>,
    pub(super) works: Vec<Work>,
}

fn word<'de, D, T>(deserializer: D) -> std::result::Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

fn rows<T: DeserializeOwned>(file: &str, text: &str) -> Result<Vec<T>> {
    let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
    let rows: std::result::Result<Vec<T>, csv::Error> = reader.deserialize().collect();
    rows.map_err(|error| Error::internal(format!("{file}: {error}")))
}

macro_rules! embedded {
    ($file:literal) => {
        rows(
            concat!("seeds/demo/", $file),
            include_str!(concat!("../../seeds/demo/", $file)),
        )
    };
}

impl Data {
    /// What is compiled in.
    pub(super) fn embedded() -> Result<Self> {
        Ok(Self {
            users: embedded!("users.csv")?,
            works: embedded!("works.csv")?,
        })
    }

    /// The works of a jurisdiction, by its code.
    pub(super) fn works_in<'a>(&'a self, jurisdiction: &'a str) -> impl Iterator<Item = &'a Work> {
        let works = self.works.iter();
        works.filter(move |work| work.jurisdiction() == jurisdiction)
    }

    /// The work of a project, by its code.
    pub(super) fn work(&self, project: &str) -> Option<&Work> {
        self.works.iter().find(|work| work.project == project)
    }

    /// The units that lead works in a jurisdiction, each once.
    pub(super) fn units_in(&self, jurisdiction: &str) -> Vec<&str> {
        let mut units: Vec<&str> = Vec::new();
        let of = |work: &&Work| work.jurisdiction() == jurisdiction;
        for work in self.works.iter().filter(of) {
            if !units.contains(&work.lead_unit.as_str()) {
                units.push(&work.lead_unit);
            }
        }
        units
    }

    /// The supervisor of a whole jurisdiction.
    pub(super) fn supervisor_of(&self, jurisdiction: &str) -> Result<&str> {
        self.one("supervisor", |user| {
            user.role == Role::Supervisor
                && user.jurisdiction == jurisdiction
                && user.area.is_empty()
        })
    }

    /// The signatory of a unit.
    pub(super) fn signatory_of(&self, unit: &str) -> Result<&str> {
        self.one("signatory", |user| {
            user.role == Role::Signatory && user.unit == unit
        })
    }

    fn one(&self, what: &str, is: impl Fn(&DemoUser) -> bool) -> Result<&str> {
        let found = self.users.iter().find(|user| is(user));
        let found = found.ok_or_else(|| Error::internal(format!("seeds/demo names no {what}")))?;
        Ok(&found.username)
    }
}

impl Work {
    /// The code of its jurisdiction.
    pub(super) fn jurisdiction(&self) -> &str {
        self.lead_unit.split('-').next().unwrap_or_default()
    }

    /// The codes of the cooperating units.
    pub(super) fn cooperating(&self) -> impl Iterator<Item = &str> {
        self.cooperating_units
            .split(';')
            .filter(|code| !code.is_empty())
    }
}

impl DemoUser {
    /// The user's grant.
    pub(super) async fn grant(&self, services: &Services, call: &Call) -> Result<NewGrant> {
        let home = unit(services, call, &self.home_unit).await?;
        Ok(NewGrant {
            role: self.role,
            scope: self.grant_scope(services, call).await?,
            home_unit: home.map(|unit| unit.id),
            valid_from: None,
            valid_to: None,
        })
    }

    async fn grant_scope(&self, services: &Services, call: &Call) -> Result<GrantScope> {
        if let Some(unit) = unit(services, call, &self.unit).await? {
            return Ok(GrantScope::Unit(unit.id));
        }
        if self.jurisdiction.is_empty() {
            return Ok(GrantScope::Everything);
        }
        if !self.area.is_empty() {
            let area = services.area_by_code(call, &self.area).await?;
            return Ok(GrantScope::Area(area.id));
        }
        let jurisdiction = self.jurisdiction(services, call).await?;
        Ok(GrantScope::Jurisdiction(jurisdiction.id))
    }

    async fn jurisdiction(
        &self,
        services: &Services,
        call: &Call,
    ) -> Result<duban_entities::jurisdiction::Model> {
        let all = services.jurisdictions(call).await?;
        let found = all.into_iter().find(|row| row.code == self.jurisdiction);
        found.ok_or(Error::NotFound)
    }

    /// The scope in words: `*`, a jurisdiction's name, or that and an area's or unit's.
    pub(super) async fn scope(&self, services: &Services, call: &Call) -> Result<String> {
        if self.jurisdiction.is_empty() {
            return Ok("*".to_owned());
        }
        let jurisdiction = self.jurisdiction(services, call).await?.name;
        if let Some(unit) = unit(services, call, &self.unit).await? {
            return Ok(format!("{jurisdiction}/{}", unit.name));
        }
        if self.area.is_empty() {
            return Ok(jurisdiction);
        }
        let area = services.area_by_code(call, &self.area).await?;
        Ok(format!("{jurisdiction}/{}", area.name))
    }
}

async fn unit(
    services: &Services,
    call: &Call,
    code: &str,
) -> Result<Option<duban_entities::unit::Model>> {
    if code.is_empty() {
        return Ok(None);
    }
    services
        .unit(call, &UnitBy::Code(code.to_owned()))
        .await
        .map(Some)
}
