//! `seeds/demo/`: who the simulated people are, and what they do.

use csv::ReaderBuilder;
use duban_entities::vocabulary::{Role, TaskState};
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

/// A project and who shall work on it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Assignment {
    pub(super) project: String,
    pub(super) lead_unit: String,
    cooperating_units: String,
    pub(super) reason: String,
}

/// A milestone of a demonstration schedule.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Step {
    project: String,
    pub(super) title: String,
    pub(super) days_from_today: i64,
    pub(super) weight: i32,
    #[serde(deserialize_with = "word")]
    pub(super) state: TaskState,
}

/// All of it.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) users: Vec<DemoUser>,
    pub(super) assignments: Vec<Assignment>,
    milestones: Vec<Step>,
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
            assignments: embedded!("assignments.csv")?,
            milestones: embedded!("milestones.csv")?,
        })
    }

    /// The schedule of a project; its lines stand together.
    pub(super) fn milestones_of(&self, project: &str) -> &[Step] {
        let mut chunks = self.milestones.chunk_by(|a, b| a.project == b.project);
        let found = chunks.find(|chunk| chunk.first().is_some_and(|step| step.project == project));
        found.unwrap_or_default()
    }

    /// The supervisor of the whole jurisdiction of an assignment's lead unit.
    pub(super) fn supervisor_of(&self, assignment: &Assignment) -> Result<&str> {
        let jurisdiction = assignment.lead_unit.split('-').next().unwrap_or_default();
        self.one("supervisor", |user| {
            user.role == Role::Supervisor
                && user.jurisdiction == jurisdiction
                && user.area.is_empty()
        })
    }

    /// The signatory of an assignment's lead unit.
    pub(super) fn signatory_of(&self, assignment: &Assignment) -> Result<&str> {
        self.one("signatory", |user| {
            user.role == Role::Signatory && user.unit == assignment.lead_unit
        })
    }

    fn one(&self, what: &str, is: impl Fn(&DemoUser) -> bool) -> Result<&str> {
        let found = self.users.iter().find(|user| is(user));
        let found = found.ok_or_else(|| Error::internal(format!("seeds/demo names no {what}")))?;
        Ok(&found.username)
    }
}

impl Assignment {
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
