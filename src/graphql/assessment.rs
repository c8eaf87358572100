//! Assessments of units.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use duban_entities::ids::UnitId;

use super::briefing::DRAWING;
use super::connection::list_cost;
use super::context::{call, loaders, parse, services};
use super::error::{Result, public};
use super::figure::{ProjectFigure, TaskFigure};
use super::scalar::{Date, Decimal};
use super::unit::Unit;
use crate::domain::assessment::{self as rules, Measure};
use crate::error::Error;
use crate::service;
use crate::store::record::decimal_of_hundredths;

/// How the units of a jurisdiction did over some months (考评).
#[derive(Clone, Debug, SimpleObject)]
pub struct Assessment {
    /// The first month, `YYYY-MM`.
    from: String,
    /// The last month, `YYYY-MM`.
    to: String,
    /// The local day as of which reports and orders are judged; milestones stand as they
    /// stood when the last month ended.
    judged_on: Date,
    /// What counts with which weight.
    rules: AssessmentRules,
    /// Every unit to which something is charged: best score first, those without one last.
    #[graphql(complexity = "list_cost(child_complexity)")]
    units: Vec<UnitAssessment>,
}

/// What counts with which weight, and who says so.
#[derive(Clone, Debug, SimpleObject)]
pub struct AssessmentRules {
    /// Code.
    code: String,
    /// Version.
    version: String,
    /// Title.
    title: String,
    /// Who set the weights.
    source: String,
    /// The weights, which sum to 100.
    #[graphql(complexity = "list_cost(child_complexity)")]
    weights: Vec<AssessmentWeight>,
    /// Percent of a report that a report counts which came in time and was returned.
    returned_percent: i32,
    /// Percent of a report that each missing one takes off.
    missing_percent: i32,
}

/// A component with its weight.
#[derive(Clone, Debug, SimpleObject)]
pub struct AssessmentWeight {
    /// The component.
    component: AssessmentComponent,
    /// In percent.
    weight: i32,
    /// The text that asks for it.
    source: String,
}

/// A component of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Component")]
pub enum AssessmentComponent {
    /// Reports in time over reports due.
    Reports,
    /// Milestones met over those due, by baseline date.
    MilestonesBaseline,
    /// Milestones met over those due, by current date.
    MilestonesCurrent,
    /// Actual investment over planned, at most the whole.
    Investment,
    /// Orders answered in time over orders due.
    Orders,
}

/// A component of a unit's score.
#[derive(Clone, Debug, SimpleObject)]
pub struct AssessmentPart {
    /// The component.
    component: AssessmentComponent,
    /// Its weight in percent.
    weight: i32,
    /// The share reached, in percent (0 to 100), rounded down; null where there was nothing
    /// to count: then the other components share its weight.
    share: Option<Decimal>,
}

macro_rules! measured {
    ($($(#[$doc:meta])* $name:ident = $measure:ident,)+) => {
        /// How a unit did. What it held on a due day is charged to it, whoever holds it now.
        #[derive(Clone, Debug, SimpleObject)]
        #[graphql(complex)]
        pub struct UnitAssessment {
            #[graphql(skip)]
            id: UnitId,
            /// The score, 0 to 100, rounded down; null where nothing was counted.
            score: Option<Decimal>,
            /// The components of the score.
            #[graphql(complexity = "list_cost(child_complexity)")]
            parts: Vec<AssessmentPart>,
            $($(#[$doc])* $name: TaskFigure,)+
            /// Planned investment, in yuan: a twelfth of the year's plan for each month that
            /// counts.
            investment_planned: Decimal,
            /// Actual investment of these months, in yuan, from accepted reports.
            investment_actual: Decimal,
            /// The projects behind the two.
            investment_projects: ProjectFigure,
        }

        impl From<rules::UnitAssessment> for UnitAssessment {
            fn from(unit: rules::UnitAssessment) -> Self {
                let hundredths = |n: i64| Decimal(decimal_of_hundredths(n));
                Self {
                    id: unit.unit,
                    score: unit.score.map(|score| hundredths(score.into())),
                    parts: unit.parts.iter().map(AssessmentPart::from).collect(),
                    $($name: unit.tally.list(Measure::$measure).into(),)+
                    investment_planned: hundredths(unit.planned),
                    investment_actual: hundredths(unit.actual),
                    investment_projects: unit.invested.as_slice().into(),
                }
            }
        }
    };
}

measured! {
    /// Reports submitted first on or before their day.
    reports_in_time = ReportsInTime,
    /// Reports submitted first after it.
    reports_late = ReportsLate,
    /// Reports not submitted whose day has passed.
    reports_missing = ReportsMissing,
    /// Reports returned at least once.
    reports_returned = ReportsReturned,
    /// Reports not submitted whose day has not passed; not counted.
    reports_pending = ReportsPending,
    /// Reports whose clock stands still; not counted.
    reports_suspended = ReportsSuspended,
    /// Waived reports; not counted.
    reports_waived = ReportsWaived,
    /// Milestones met by their baseline date.
    milestones_met_baseline = BaselineMet,
    /// Milestones not met by their baseline date.
    milestones_missed_baseline = BaselineMissed,
    /// Milestones met by the date in force when the last month ended.
    milestones_met_current = CurrentMet,
    /// Milestones not met by it.
    milestones_missed_current = CurrentMissed,
    /// Milestones whose clock stood still; not counted.
    milestones_suspended = MilestonesSuspended,
    /// Orders answered first on or before their day.
    orders_in_time = OrdersInTime,
    /// Orders answered first after it.
    orders_late = OrdersLate,
    /// Orders not answered whose day has passed.
    orders_unanswered = OrdersUnanswered,
    /// Orders not answered whose day has not passed; not counted.
    orders_pending = OrdersPending,
}

#[ComplexObject]
impl UnitAssessment {
    /// The unit.
    async fn unit(&self, ctx: &Context<'_>) -> Result<Unit> {
        let row = loaders(ctx)?.load_one(self.id).await?;
        row.map(Unit::from).ok_or_else(|| public(Error::NotFound))
    }
}

impl From<&rules::Part> for AssessmentPart {
    fn from(part: &rules::Part) -> Self {
        let percent = |share: i64| Decimal(decimal_of_hundredths(share * 10_000 / rules::WHOLE));
        Self {
            component: part.component.into(),
            weight: part.weight.into(),
            share: part.share.map(percent),
        }
    }
}

impl From<&rules::AssessmentRules> for AssessmentRules {
    fn from(from: &rules::AssessmentRules) -> Self {
        let weights = from.weights.iter().map(|weight| AssessmentWeight {
            component: weight.component.into(),
            weight: weight.weight.into(),
            source: weight.source.clone(),
        });
        Self {
            code: from.code.clone(),
            version: from.version.clone(),
            title: from.title.clone(),
            source: from.source.clone(),
            weights: weights.collect(),
            returned_percent: from.returned.into(),
            missing_percent: from.missing.into(),
        }
    }
}

impl Assessment {
    fn of(assessment: service::Assessment, rules: &rules::AssessmentRules) -> Self {
        let units = assessment.units.into_iter();
        Self {
            from: assessment.from.to_string(),
            to: assessment.to.to_string(),
            judged_on: Date(assessment.judged_on),
            rules: rules.into(),
            units: units.map(UnitAssessment::from).collect(),
        }
    }
}

/// Root field of assessments.
#[derive(Debug, Default)]
pub struct AssessmentQuery;

#[Object]
impl AssessmentQuery {
    /// How the units of a jurisdiction did over some months, for whoever reads the whole
    /// jurisdiction (supervisor, auditor, viewer, integrator, administrator); units and area
    /// supervisors do not.
    #[graphql(complexity = "DRAWING + child_complexity")]
    async fn assessment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The jurisdiction.")] jurisdiction_id: ID,
        #[graphql(desc = "The first month, `YYYY-MM`.")] from: String,
        #[graphql(
            desc = "The last month, `YYYY-MM`, not in the future; at most 36 months in all."
        )]
        to: String,
    ) -> Result<Assessment> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let jurisdiction = parse(&jurisdiction_id)?;
        let drawn = services.assessment(call, jurisdiction, (&from, &to));
        let drawn = drawn.await.map_err(public)?;
        Ok(Assessment::of(drawn, &services.rules.assessment))
    }
}
