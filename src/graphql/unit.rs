//! Units, and who is assigned to what.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, OneofObject, SimpleObject};
use duban_entities::unit;

use super::connection::{connection, list_cost, page_cost};
use super::context::{call, children, loaders, parse, parse_option, services};
use super::error::{Result, public};
use super::jurisdiction::{Area, Jurisdiction};
use super::loader::{AliasesOfUnit, UnitsBelow};
use super::project::{Project, ProjectFilter};
use super::project_filter::{checked_text, checked_words};
use super::ready::{Ready, ReadyList};
use super::scalar::Date;
use super::vocabulary::UnitKind;
use crate::error::Error;
use crate::service;
use crate::store::outline;
use crate::store::page::PageRequest;
use crate::store::projects::ProjectBy;

/// A bureau, county government, committee or company (单位); units form a tree.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Unit {
    #[graphql(skip)]
    row: unit::Model,
    /// Opaque id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// Code.
    code: String,
    /// The name used most.
    name: String,
    /// The full official name, where stated.
    full_name: Option<String>,
    /// What sort of unit; a COLLECTIVE is wording and never leads.
    kind: UnitKind,
    /// First day of its existence, where known.
    valid_from: Option<Date>,
    /// Last day of its existence.
    valid_to: Option<Date>,
    /// True for a demonstration record.
    simulated: bool,
    /// The text that names it.
    source_file: Option<String>,
    /// 1-based line in `sourceFile`.
    source_line: Option<i32>,
}

impl From<unit::Model> for Unit {
    fn from(row: unit::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            code: row.code.clone(),
            name: row.name.clone(),
            full_name: row.full_name.clone(),
            kind: row.kind.into(),
            valid_from: row.valid_from.map(Date),
            valid_to: row.valid_to.map(Date),
            simulated: row.simulated,
            source_file: row.source_file.clone(),
            source_line: row.source_line,
            row,
        }
    }
}

#[ComplexObject]
impl Unit {
    /// Other names.
    async fn aliases(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let rows = children(ctx, AliasesOfUnit(self.row.id)).await?;
        Ok(rows.into_iter().map(|row| row.alias).collect())
    }

    /// The unit above it.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Ready<Self>>> {
        let Some(id) = self.row.parent_id else {
            return Ok(None);
        };
        let row = loaders(ctx)?.load_one(id).await?;
        Ok(row.map(Self::from).map(Ready))
    }

    /// The units directly below it, by code.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn children(&self, ctx: &Context<'_>) -> Result<ReadyList<Self>> {
        let rows = children(ctx, UnitsBelow(self.row.id)).await?;
        Ok(rows.into_iter().map(Self::from).collect())
    }

    /// The area that it governs.
    async fn area(&self, ctx: &Context<'_>) -> Result<Option<Ready<Area>>> {
        let Some(id) = self.row.area_id else {
            return Ok(None);
        };
        let row = loaders(ctx)?.load_one(id).await?;
        Ok(row.map(Area::from).map(Ready))
    }

    /// The jurisdiction it belongs to.
    async fn jurisdiction(&self, ctx: &Context<'_>) -> Result<Ready<Jurisdiction>> {
        let row = loaders(ctx)?.load_one(self.row.jurisdiction_id).await?;
        row.map(Jurisdiction::from)
            .map(Ready)
            .ok_or_else(|| public(Error::NotFound))
    }
}

connection!(UnitConnection, UnitEdge, Unit, unit::Model);

/// Which units are wanted. All given parts must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct UnitFilter {
    /// Of this jurisdiction.
    jurisdiction_id: Option<ID>,
    /// Of one of these kinds.
    kind: Option<Vec<UnitKind>>,
    /// Text in name, full name, code or alias.
    text: Option<String>,
}

/// How a unit is named.
#[derive(Clone, Debug, OneofObject)]
pub enum UnitBy {
    /// By id.
    Id(ID),
    /// By code.
    Code(String),
}

/// Root fields on units.
#[derive(Debug, Default)]
pub struct UnitQuery;

#[Object]
impl UnitQuery {
    /// The units of the jurisdictions in your reach, by code.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn units(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all where nothing is said.")] filter: Option<UnitFilter>,
        #[graphql(
            desc = "So many from the start, or behind `after`; 50 where nothing is said, 200 at most."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before `before`.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<UnitConnection> {
        let UnitFilter {
            jurisdiction_id,
            kind,
            text,
        } = filter.unwrap_or_default();
        let filter = outline::UnitFilter {
            jurisdiction: parse_option(jurisdiction_id.as_ref())?,
            kinds: checked_words(kind)?,
            text: text.as_deref().map(checked_text).transpose()?,
        };
        let request = PageRequest {
            first,
            after,
            last,
            before,
        };
        let (services, call) = (services(ctx)?, call(ctx)?);
        let page = services
            .units(call, &filter, &request)
            .await
            .map_err(public)?;
        let total = if ctx.look_ahead().field("totalCount").exists() {
            Some(services.count_units(call, &filter).await.map_err(public)?)
        } else {
            None
        };
        Ok(UnitConnection::of(page, total))
    }

    /// One unit.
    async fn unit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it is named.")] by: UnitBy,
    ) -> Result<Unit> {
        let by = match by {
            UnitBy::Id(id) => service::UnitBy::Id(parse(&id)?),
            UnitBy::Code(code) => service::UnitBy::Code(code),
        };
        let row = services(ctx)?.unit(call(ctx)?, &by).await.map_err(public)?;
        Ok(row.into())
    }
}

/// Assigns lead and cooperating units: to one project (`projectId`), or to all that a filter
/// selects (`filter` with `expectedCount`).
#[derive(Clone, Debug, InputObject)]
pub struct UnitAssignInput {
    /// The one project.
    project_id: Option<ID>,
    /// Which projects, where several.
    filter: Option<ProjectFilter>,
    /// The unit that shall lead.
    lead_unit_id: Option<ID>,
    /// True to take the lead that the project's primary mention suggests.
    accept_suggestions: Option<bool>,
    /// The units that shall cooperate, in order; absent leaves them. One project only.
    cooperating_unit_ids: Option<Vec<ID>>,
    /// Why.
    reason: Option<String>,
    /// The version of the project that you saw.
    expected_version: Option<i32>,
    /// How many projects you saw the filter select: another number is refused.
    expected_count: Option<i32>,
}

/// What `unitAssign` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct UnitAssignPayload {
    /// How many projects were assigned.
    assigned_count: i32,
    /// The one project; null where a filter was used.
    project: Option<Project>,
}

/// Mutations on units.
#[derive(Debug, Default)]
pub struct UnitMutation;

#[Object]
impl UnitMutation {
    /// Assigns lead and cooperating units. Once a schedule is approved another lead is a
    /// change request, and this answers BLOCKED.
    async fn unit_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: UnitAssignInput,
    ) -> Result<UnitAssignPayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        match input.command()? {
            Command::One(command) => {
                let id = services.assign_one(call, command).await.map_err(public)?;
                let row = services
                    .project(call, &ProjectBy::Id(id))
                    .await
                    .map_err(public)?;
                Ok(UnitAssignPayload {
                    assigned_count: 1,
                    project: Some(row.into()),
                })
            }
            Command::Many(command) => {
                let count = services.assign_many(call, *command).await.map_err(public)?;
                let assigned_count = i32::try_from(count).unwrap_or(i32::MAX);
                Ok(UnitAssignPayload {
                    assigned_count,
                    project: None,
                })
            }
        }
    }
}

enum Command {
    One(service::AssignOne),
    Many(Box<service::AssignMany>),
}

impl UnitAssignInput {
    fn command(self) -> Result<Command> {
        let Self {
            project_id,
            filter,
            lead_unit_id,
            accept_suggestions,
            cooperating_unit_ids,
            reason,
            expected_version,
            expected_count,
        } = self;
        let lead = lead(lead_unit_id.as_ref(), accept_suggestions)?;
        let idle = match (&project_id, expected_count, expected_version) {
            (Some(_), Some(_), _) => Some("expectedCount"),
            (None, _, Some(_)) => Some("expectedVersion"),
            _ => None,
        };
        if let Some(field) = idle {
            return Err(public(Error::invalid(field, "it says nothing here")));
        }
        match (project_id, filter) {
            (Some(project), None) => Ok(Command::One(service::AssignOne {
                project: parse(&project)?,
                lead,
                cooperating: cooperating_unit_ids
                    .map(|ids| ids.iter().map(parse).collect())
                    .transpose()?,
                reason,
                expected_version,
            })),
            (None, Some(filter)) => {
                if cooperating_unit_ids.is_some() {
                    return Err(public(Error::invalid(
                        "cooperatingUnitIds",
                        "one project only",
                    )));
                }
                let missing = |field| public(Error::invalid(field, "required with a filter"));
                Ok(Command::Many(Box::new(service::AssignMany {
                    filter: filter.checked()?,
                    lead: lead.ok_or_else(|| missing("leadUnitId"))?,
                    reason,
                    expected_count: expected_count
                        .and_then(|count| u64::try_from(count).ok())
                        .ok_or_else(|| missing("expectedCount"))?,
                })))
            }
            _ => Err(public(Error::invalid(
                "projectId",
                "give either projectId or filter",
            ))),
        }
    }
}

fn lead(unit: Option<&ID>, accept: Option<bool>) -> Result<Option<service::Lead>> {
    match (unit, accept.unwrap_or(false)) {
        (Some(id), false) => Ok(Some(service::Lead::Unit(parse(id)?))),
        (None, true) => Ok(Some(service::Lead::Suggested)),
        (None, false) => Ok(None),
        (Some(_), true) => Err(public(Error::invalid(
            "acceptSuggestions",
            "give either leadUnitId or acceptSuggestions",
        ))),
    }
}
