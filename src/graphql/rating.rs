//! Ratings, the rules they come from, and what an office adopted.

mod write;

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use duban_entities::{project, rating_override};

use super::connection::list_cost;
use super::context::{call, count_brought, loaders, parse_option, services, today};
use super::error::{Result, public};
use super::jurisdiction::Jurisdiction;
use super::loader::RatedOf;
use super::person::Person;
use super::scalar::{Date, DateTime, Decimal};
use super::vocabulary::Rating;
use crate::domain::rating::{self as rule, Bound, Measure};
use crate::error::Error;
use crate::service::{Adopted, Rated};
use crate::store::record::decimal_of_hundredths;

pub use write::RatingMutation;

/// How a project stood on a day (红黄绿).
#[derive(Clone, Debug, SimpleObject)]
pub struct ProjectRating {
    /// The day.
    on: Date,
    /// What the adopted rules say: the worst colour of the conditions that hold, GREEN where
    /// none does, NONE where it is not rated.
    computed: Rating,
    /// Why: the conditions that hold, the worst first; for NONE why it is not rated.
    #[graphql(complexity = "list_cost(child_complexity)")]
    reasons: Vec<RatingReason>,
    /// Code of the rules that were in force; null where none were.
    rule_code: Option<String>,
    /// Version of these rules.
    rule_version: Option<i32>,
    /// The local day on which the office adopted them.
    adopted_on: Option<Date>,
    /// What a supervisor set beside it, while it stands.
    #[graphql(name = "override")]
    overridden: Option<RatingOverride>,
    /// What counts: the override where one stands, else the computed rating.
    effective: Rating,
}

impl ProjectRating {
    /// The rating of a project on a day.
    pub(super) async fn load(
        ctx: &Context<'_>,
        row: &project::Model,
        on: Option<Date>,
    ) -> Result<Option<Self>> {
        let today = today(ctx).await?;
        let local = today.of(row.jurisdiction_id);
        let day = on.map(|on| on.0);
        if day.is_some_and(|day| day > local) {
            return Err(public(Error::invalid("on", "not in the future")));
        }
        let past = day.filter(|day| *day < local);
        let rated = loaders(ctx)?.load_one(RatedOf(row.id, past)).await?;
        Ok(rated.map(|rated| {
            let adopted = rated.adopted.as_ref();
            let adopted_on = adopted.map(|row| today.date_of(row.jurisdiction_id, row.adopted_at));
            Self {
                adopted_on: adopted_on.map(Date),
                ..Self::from(rated.as_ref())
            }
        }))
    }
}

impl From<&Rated> for ProjectRating {
    fn from(rated: &Rated) -> Self {
        let adopted = rated.adopted.as_ref();
        let reasons = rated.reasons.iter().map(RatingReason::from);
        let unrated = rated.unrated.map(RatingReason::from);
        Self {
            on: Date(rated.on),
            computed: rated.computed.into(),
            reasons: reasons.chain(unrated).collect(),
            rule_code: adopted.map(|row| row.code.clone()),
            rule_version: adopted.and_then(|row| row.rules_version.parse().ok()),
            adopted_on: None,
            overridden: rated.overridden.clone().map(RatingOverride::from),
            effective: rated.effective().into(),
        }
    }
}

/// A condition that holds, or why a project is not rated.
#[derive(Clone, Debug, SimpleObject)]
pub struct RatingReason {
    /// The measure (`POINTS_BEHIND`, `DAYS_OVERDUE`, `REPORTS_MISSED`, `YELLOW_MONTHS`, the
    /// first two with `_BASELINE` too), or why it is not rated (`NO_APPROVED_SCHEDULE`,
    /// `NO_ADOPTED_RULES`, `SUPPORTS_ONLY`, `SUSPENDED`, `ENDED`).
    code: String,
    /// A sentence for a person.
    message: String,
    /// The colour that follows; NONE where it is not rated.
    rating: Rating,
    /// The measured value, in points, days, reports or months.
    value: Option<Decimal>,
    /// The number of the condition; the message says whether it counts itself.
    threshold: Option<Decimal>,
}

impl From<&rule::Reason> for RatingReason {
    fn from(reason: &rule::Reason) -> Self {
        let value = decimal_of_hundredths(reason.hundredths);
        let what = match reason.measure {
            Measure::PointsBehind => "points behind the plan",
            Measure::PointsBehindBaseline => "points behind the baseline",
            Measure::DaysOverdue => "days overdue",
            Measure::DaysOverdueBaseline => "days behind the baseline date",
            Measure::ReportsMissed => "reports missed in a row",
            Measure::YellowMonths => "months in a row yellow or red",
        };
        let bound = match reason.bound {
            Bound::From(number) => format!("{number} or more"),
            Bound::Over(number) => format!("more than {number}"),
        };
        Self {
            code: reason.measure.to_string(),
            message: format!("{value} {what}: {bound} is {}", reason.rating),
            rating: reason.rating.into(),
            value: Some(Decimal(value)),
            threshold: Some(Decimal(reason.bound.number().to_string())),
        }
    }
}

impl From<rule::Unrated> for RatingReason {
    fn from(unrated: rule::Unrated) -> Self {
        Self {
            code: unrated.code().to_owned(),
            message: unrated.message().to_owned(),
            rating: Rating::None,
            value: None,
            threshold: None,
        }
    }
}

/// A rating that a supervisor sets beside the computed one.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct RatingOverride {
    #[graphql(skip)]
    row: rating_override::Model,
    /// Opaque id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// The rating.
    rating: Rating,
    /// Why.
    reason: String,
    /// The last day on which it stands.
    expires_on: Date,
    /// When it was set.
    at: DateTime,
    /// When another override or a supervisor ended it.
    ended_at: Option<DateTime>,
    /// True for a demonstration record.
    simulated: bool,
    /// Grows by one at each change.
    version: i32,
}

impl From<rating_override::Model> for RatingOverride {
    fn from(row: rating_override::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            rating: row.rating.into(),
            reason: row.reason.clone(),
            expires_on: Date(row.expires_on),
            at: DateTime(row.overridden_at),
            ended_at: row.ended_at.map(DateTime),
            simulated: row.simulated,
            version: row.version,
            row,
        }
    }
}

#[ComplexObject]
impl RatingOverride {
    /// Who set it.
    async fn by(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        Person::load(ctx, Some(self.row.overridden_by)).await
    }
}

/// Rules by which projects are rated: as they are shipped, a draft; as an office adopted
/// them, in the wording of that day.
#[derive(Clone, Debug, SimpleObject)]
pub struct RatingRuleSet {
    /// Its code.
    code: String,
    /// Grows when anything of the set changes.
    version: i32,
    /// Title.
    title: String,
    /// Where it comes from.
    source: String,
    /// Its conditions.
    #[graphql(complexity = "list_cost(child_complexity)")]
    conditions: Vec<RatingCondition>,
}

/// A condition of rating rules.
#[derive(Clone, Debug, SimpleObject)]
pub struct RatingCondition {
    /// What is measured: `POINTS_BEHIND`, `POINTS_BEHIND_BASELINE` (points of percent),
    /// `DAYS_OVERDUE`, `DAYS_OVERDUE_BASELINE` (days), `REPORTS_MISSED`, `YELLOW_MONTHS`
    /// (months in a row).
    measure: String,
    /// The colour that follows: YELLOW or RED.
    rating: Rating,
    /// The number.
    threshold: i32,
    /// True where the condition holds at the number itself too, false where only above it.
    inclusive: bool,
    /// Where the condition comes from.
    source: String,
}

impl From<&rule::RuleSet> for RatingRuleSet {
    fn from(set: &rule::RuleSet) -> Self {
        let conditions = set.conditions.iter().map(|condition| RatingCondition {
            measure: condition.measure.to_string(),
            rating: condition.rating.into(),
            threshold: condition.bound.number().into(),
            inclusive: matches!(condition.bound, Bound::From(_)),
            source: condition.source.clone(),
        });
        Self {
            code: set.code.clone(),
            version: set.version.into(),
            title: set.title.clone(),
            source: set.source.clone(),
            conditions: conditions.collect(),
        }
    }
}

/// Rating rules that an office adopted, from a day on until a later adoption's day.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct RatingAdoption {
    #[graphql(skip)]
    adopted: Adopted,
    /// Opaque id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// The rules as they were adopted.
    rules: RatingRuleSet,
    /// The first day on which they hold.
    effective_from: Date,
    /// The document of the adoption.
    document: AdoptionDocument,
    /// When they were adopted.
    adopted_at: DateTime,
    /// True for a demonstration record.
    simulated: bool,
    /// Grows by one at each change.
    version: i32,
}

/// The document by which an office adopted rules.
#[derive(Clone, Debug, SimpleObject)]
pub struct AdoptionDocument {
    /// Its title.
    title: String,
    /// Its number (文号).
    number: Option<String>,
}

impl From<Adopted> for RatingAdoption {
    fn from(adopted: Adopted) -> Self {
        let row = &adopted.row;
        Self {
            id: ID(row.id.to_string()),
            rules: RatingRuleSet::from(&adopted.rules),
            effective_from: Date(row.effective_from),
            document: AdoptionDocument {
                title: row.document_title.clone(),
                number: row.document_number.clone(),
            },
            adopted_at: DateTime(row.adopted_at),
            simulated: row.simulated,
            version: row.version,
            adopted,
        }
    }
}

#[ComplexObject]
impl RatingAdoption {
    /// Where they hold.
    async fn jurisdiction(&self, ctx: &Context<'_>) -> Result<Jurisdiction> {
        let id = self.adopted.row.jurisdiction_id;
        let row = loaders(ctx)?.load_one(id).await?;
        row.map(Jurisdiction::from)
            .ok_or_else(|| public(Error::NotFound))
    }

    /// Who adopted them.
    async fn adopted_by(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        Person::load(ctx, Some(self.adopted.row.adopted_by)).await
    }
}

/// The rules of rating: what is shipped, and what is adopted.
#[derive(Clone, Debug, SimpleObject)]
pub struct RatingRules {
    /// Rule sets to adopt. None of them holds anywhere before.
    #[graphql(complexity = "list_cost(child_complexity)")]
    drafts: Vec<RatingRuleSet>,
    /// What is adopted, the last adoption first. Of those that hold from a day or an earlier
    /// one, the last that was made is in force on it.
    #[graphql(complexity = "list_cost(child_complexity)")]
    adopted: Vec<RatingAdoption>,
}

/// Root fields on ratings.
#[derive(Debug, Default)]
pub struct RatingQuery;

#[Object]
impl RatingQuery {
    /// The rules of rating.
    async fn rating_rules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is adopted here; in every jurisdiction in reach where not said.")]
        jurisdiction_id: Option<ID>,
    ) -> Result<RatingRules> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let here = parse_option(jurisdiction_id.as_ref())?;
        let adopted = services
            .rating_adoptions(call, here)
            .await
            .map_err(public)?;
        count_brought(ctx, adopted.len())?;
        let rules = &services.rules.ratings;
        Ok(RatingRules {
            drafts: rules.drafts.iter().map(RatingRuleSet::from).collect(),
            adopted: adopted.into_iter().map(RatingAdoption::from).collect(),
        })
    }
}
