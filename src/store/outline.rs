//! Selects of the catalogue: jurisdictions, areas, units, plans with their outline, and
//! what hangs on a project.

use duban_entities::ids::{
    AreaId, ClauseId, IndicatorId, JurisdictionId, PlanId, ProjectId, UnitId,
};
use duban_entities::vocabulary::UnitKind;
use duban_entities::{
    area, citation, clause, cooperating_unit, indicator, jurisdiction, plan, project_alias,
    project_external_id, project_investment, suggested_lead, target, unit, unit_alias,
};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect, Value};

use super::page::{Direction, Keyset, Page, PageRequest, SortKey};
use super::projects::contains;
use super::scope;
use crate::error::Result;
use crate::policy::Principal;
use crate::store::Reads;
use crate::store::reader;

/// Generates "the rows of these parents, in order" and "the rows of these ids".
macro_rules! batches {
    ($($(#[$doc:meta])* $name:ident($module:ident, $column:ident: $key:ty $(, order $order:ident)*);)+) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// [`crate::error::Error::Internal`] when the database cannot be read.
            pub async fn $name(
                connection: &impl Reads,
                keys: Vec<$key>,
            ) -> Result<Vec<$module::Model>> {
                let select = reader::find::<$module::Entity>()
                    .filter($module::Column::$column.is_in(keys))
                    $(.order_by_asc($module::Column::$order))*;
                reader::all(connection, select).await
            }
        )+
    };
}

batches! {
    /// The jurisdictions of these ids.
    jurisdictions_by_id(jurisdiction, Id: JurisdictionId);
    /// The areas of these ids.
    areas_by_id(area, Id: AreaId);
    /// The areas of these jurisdictions.
    areas_of(area, JurisdictionId: JurisdictionId, order Code);
    /// The units of these ids.
    units_by_id(unit, Id: UnitId);
    /// The units directly below these.
    units_below(unit, ParentId: UnitId, order Code);
    /// The aliases of these units.
    aliases_of_units(unit_alias, UnitId: UnitId, order Alias);
    /// The plans of these ids.
    plans_by_id(plan, Id: PlanId);
    /// The clauses of these ids.
    clauses_by_id(clause, Id: ClauseId);
    /// The outlines of these plans.
    clauses_of(clause, PlanId: PlanId, order Position);
    /// The indicators of these ids.
    indicators_by_id(indicator, Id: IndicatorId);
    /// The indicators of these plans.
    indicators_of(indicator, PlanId: PlanId, order SourceLine, order Code);
    /// The citations of these projects.
    citations_of(citation, ProjectId: ProjectId, order Position);
    /// The targets of these projects.
    targets_of(target, ProjectId: ProjectId, order Position);
    /// The investment planned for these projects, by year.
    investments_of(project_investment, ProjectId: ProjectId, order Year);
    /// The other names of these projects.
    aliases_of_projects(project_alias, ProjectId: ProjectId, order Alias);
    /// The external ids of these projects.
    external_ids_of(project_external_id, ProjectId: ProjectId, order Scheme, order Value);
    /// The suggested leads of these projects.
    suggested_leads_of(suggested_lead, ProjectId: ProjectId, order Position);
    /// The cooperating units of these projects.
    cooperating_units_of(cooperating_unit, ProjectId: ProjectId, order Position);
}

/// The jurisdictions whose catalogue the principal may read.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn jurisdictions(
    connection: &impl Reads,
    principal: &Principal,
) -> Result<Vec<jurisdiction::Model>> {
    let own = scope::jurisdictions(principal).map(|ids| jurisdiction::Column::Id.is_in(ids));
    let select = reader::find::<jurisdiction::Entity>()
        .filter(Condition::all().add_option(own))
        .order_by_asc(jurisdiction::Column::Code);
    reader::all(connection, select).await
}

/// The plans that the principal may read, of one jurisdiction or of all in reach.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn plans(
    connection: &impl Reads,
    principal: &Principal,
    jurisdiction: Option<JurisdictionId>,
) -> Result<Vec<plan::Model>> {
    let own = scope::jurisdictions(principal).map(|ids| plan::Column::JurisdictionId.is_in(ids));
    let select = reader::find::<plan::Entity>()
        .filter(Condition::all().add_option(own))
        .filter(
            Condition::all().add_option(jurisdiction.map(|id| plan::Column::JurisdictionId.eq(id))),
        )
        .order_by_asc(plan::Column::Code);
    reader::all(connection, select).await
}

/// Which units are wanted. All given parts must hold.
#[derive(Clone, Debug, Default)]
pub struct UnitFilter {
    /// Of this jurisdiction.
    pub jurisdiction: Option<JurisdictionId>,
    /// Of one of these kinds.
    pub kinds: Option<Vec<UnitKind>>,
    /// Text in name, full name, code or alias.
    pub text: Option<String>,
}

/// One page of the units of the jurisdictions in the principal's reach, by code.
///
/// # Errors
/// As [`PageRequest::window`].
pub async fn units(
    connection: &impl Reads,
    principal: &Principal,
    filter: &UnitFilter,
    request: &PageRequest,
) -> Result<Page<unit::Model>> {
    let keyset = Keyset {
        name: "unit.code",
        keys: vec![SortKey {
            expression: Expr::col((unit::Entity, unit::Column::Code)),
            direction: Direction::Ascending,
            parse: |text| Some(Value::from(text)),
        }],
    };
    let window = request.window(&keyset)?;
    let own = scope::jurisdictions(principal).map(|ids| unit::Column::JurisdictionId.is_in(ids));
    let mut select = reader::find::<unit::Entity>()
        .filter(Condition::all().add_option(own))
        .filter(unit_condition(filter))
        .filter(window.condition.clone());
    for (expression, direction) in &window.order {
        select = select.order_by(expression.clone(), direction.clone());
    }
    let rows = reader::all(connection, select.limit(window.limit)).await?;
    window.page(keyset.name, rows, |row| vec![row.code.clone()])
}

/// How many units the filter selects among those of the jurisdictions in reach.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn count_units(
    connection: &impl Reads,
    principal: &Principal,
    filter: &UnitFilter,
) -> Result<u64> {
    let own = scope::jurisdictions(principal).map(|ids| unit::Column::JurisdictionId.is_in(ids));
    let select = reader::find::<unit::Entity>()
        .filter(Condition::all().add_option(own))
        .filter(unit_condition(filter));
    reader::count(connection, select).await
}

fn unit_condition(filter: &UnitFilter) -> Condition {
    use unit::Column;
    let named = |text: &str| {
        let aliases = Query::select()
            .column(unit_alias::Column::UnitId)
            .from(unit_alias::Entity)
            .and_where(contains(
                (unit_alias::Entity, unit_alias::Column::Alias),
                text,
            ))
            .to_owned();
        let columns = [Column::Name, Column::FullName, Column::Code];
        columns
            .into_iter()
            .fold(Condition::any(), |any, column| {
                any.add(contains((unit::Entity, column), text))
            })
            .add(Column::Id.in_subquery(aliases))
    };
    Condition::all()
        .add_option(filter.jurisdiction.map(|id| Column::JurisdictionId.eq(id)))
        .add_option(filter.kinds.clone().map(|kinds| Column::Kind.is_in(kinds)))
        .add_option(filter.text.as_deref().map(named))
}

/// The clauses of these plans that no project cites, whoever may see the projects.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn clauses_without_projects(
    connection: &impl Reads,
    plans: Vec<PlanId>,
) -> Result<Vec<clause::Model>> {
    let cited = Query::select()
        .column(citation::Column::ClauseId)
        .from(citation::Entity)
        .to_owned();
    let select = reader::find::<clause::Entity>()
        .filter(clause::Column::PlanId.is_in(plans))
        .filter(clause::Column::Id.not_in_subquery(cited))
        .order_by_asc(clause::Column::Position);
    reader::all(connection, select).await
}

/// The plan of this code, whoever may see it: the caller asks the policy.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn plan_by_code(connection: &impl Reads, code: &str) -> Result<Option<plan::Model>> {
    let select = reader::find::<plan::Entity>().filter(plan::Column::Code.eq(code));
    reader::one(connection, select).await
}

/// The unit of this code, whoever may see it: the caller asks the policy.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn unit_by_code(connection: &impl Reads, code: &str) -> Result<Option<unit::Model>> {
    let select = reader::find::<unit::Entity>().filter(unit::Column::Code.eq(code));
    reader::one(connection, select).await
}

/// The area of this code, whoever may see it: the caller asks the policy.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn area_by_code(connection: &impl Reads, code: &str) -> Result<Option<area::Model>> {
    let select = reader::find::<area::Entity>().filter(area::Column::Code.eq(code));
    reader::one(connection, select).await
}
