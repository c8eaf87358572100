//! The figures of a briefing.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use duban_entities::ids::UnitId;

use crate::domain::briefing::{self as rules, Figure};
use crate::domain::tally::Tally;
use crate::graphql::connection::list_cost;
use crate::graphql::context::loaders;
use crate::graphql::error::Result;
use crate::graphql::figure::{ChangeFigure, ProjectFigure, TaskFigure};
use crate::graphql::scalar::Date;
use crate::graphql::unit::Unit;
use crate::graphql::vocabulary::{ChangeKind, ProjectKind};

/// A month's figures: in all, by unit, by kind of project, and the decided change requests
/// by what they change. The units sum to the whole, and so do the kinds.
#[derive(Clone, Debug, SimpleObject)]
pub struct BriefingContent {
    /// The month, `YYYY-MM`.
    month: String,
    /// The local day as of which the reports are looked at. They fall due in the next month;
    /// everything else stands as it stood when the month ended.
    judged_on: Date,
    /// The whole jurisdiction.
    total: BriefingFigures,
    /// Each unit that has part in a figure.
    #[graphql(complexity = "list_cost(child_complexity)")]
    by_unit: Vec<UnitBriefing>,
    /// Each kind of project that has part in a figure.
    #[graphql(complexity = "list_cost(child_complexity)")]
    by_kind: Vec<KindBriefing>,
    /// The decided change requests, by what they change.
    #[graphql(complexity = "list_cost(child_complexity)")]
    by_change: Vec<ChangeBriefing>,
}

impl From<rules::Briefing> for BriefingContent {
    fn from(briefing: rules::Briefing) -> Self {
        let units = briefing.by_unit().into_iter();
        let kinds = briefing.by_kind().into_iter();
        let changes = briefing.by_change().into_iter();
        Self {
            month: briefing.month.to_string(),
            judged_on: Date(briefing.judged_on),
            total: (&briefing.total()).into(),
            by_unit: units
                .map(|(id, tally)| UnitBriefing {
                    id,
                    unit_id: id.map(|id| ID(id.to_string())),
                    figures: (&tally).into(),
                })
                .collect(),
            by_kind: kinds
                .map(|(kind, tally)| KindBriefing {
                    kind: kind.map(Into::into),
                    figures: (&tally).into(),
                })
                .collect(),
            by_change: changes
                .map(|(kind, tally)| ChangeBriefing {
                    kind: kind.into(),
                    approved: tally.list(Figure::Approved).into(),
                    returned: tally.list(Figure::Returned).into(),
                })
                .collect(),
        }
    }
}

/// The figures of a unit.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct UnitBriefing {
    #[graphql(skip)]
    id: Option<UnitId>,
    /// Id of the unit; null for what no unit held.
    unit_id: Option<ID>,
    /// Its figures.
    figures: BriefingFigures,
}

#[ComplexObject]
impl UnitBriefing {
    /// The unit; null for what no unit held.
    async fn unit(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
        let Some(id) = self.id else { return Ok(None) };
        Ok(loaders(ctx)?.load_one(id).await?.map(Unit::from))
    }
}

/// The figures of a kind of project.
#[derive(Clone, Debug, SimpleObject)]
pub struct KindBriefing {
    /// The kind; null for what concerns no project, or several.
    kind: Option<ProjectKind>,
    /// Its figures.
    figures: BriefingFigures,
}

/// The decided change requests of a kind.
#[derive(Clone, Debug, SimpleObject)]
pub struct ChangeBriefing {
    /// What they change.
    kind: ChangeKind,
    /// Approved in the month.
    approved: ChangeFigure,
    /// Returned in the month.
    returned: ChangeFigure,
}

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident: $of:ident = $figure:ident,)+) => {
        /// The figures, each with its list.
        #[derive(Clone, Debug, SimpleObject)]
        pub struct BriefingFigures {
            $($(#[$doc])* $name: $of,)+
        }

        impl From<&Tally<Figure>> for BriefingFigures {
            fn from(tally: &Tally<Figure>) -> Self {
                Self { $($name: tally.list(Figure::$figure).into(),)+ }
            }
        }
    };
}

figures! {
    /// Reports due for the month (应报): the five below; waived ones are apart.
    reports_due: TaskFigure = ReportsDue,
    /// Submitted first on or before the due day (按时).
    reports_in_time: TaskFigure = ReportsInTime,
    /// Submitted first after it (迟报).
    reports_late: TaskFigure = ReportsLate,
    /// Not submitted, and the due day has passed (未报).
    reports_missing: TaskFigure = ReportsMissing,
    /// Not submitted, and the due day has not passed.
    reports_pending: TaskFigure = ReportsPending,
    /// Not submitted, and the clock stands still.
    reports_suspended: TaskFigure = ReportsSuspended,
    /// Waived (免报).
    reports_waived: TaskFigure = ReportsWaived,
    /// Milestones with their baseline date in the month, claimed first on or before it; the
    /// claim stood when the month ended.
    milestones_met_baseline: TaskFigure = BaselineMet,
    /// Milestones with their baseline date in the month that were not so met.
    milestones_missed_baseline: TaskFigure = BaselineMissed,
    /// The same by the date in force when the month ended.
    milestones_met_current: TaskFigure = CurrentMet,
    /// Milestones not met by the date in force when the month ended.
    milestones_missed_current: TaskFigure = CurrentMissed,
    /// Milestones with that date in the month whose clock stood still.
    milestones_suspended: TaskFigure = MilestonesSuspended,
    /// Projects whose stage changed, by the day on which the change was recorded.
    projects_moved: ProjectFigure = Moved,
    /// Projects that entered CONSTRUCTION (开工), resumed ones apart.
    projects_started: ProjectFigure = Started,
    /// Projects that entered COMPLETED (建成), resumed ones apart.
    projects_completed: ProjectFigure = Completed,
    /// Projects that were suspended (暂停).
    projects_suspended: ProjectFigure = Suspended,
    /// Projects rated red when the month ended and not a month before (新增红牌).
    newly_red: ProjectFigure = NewlyRed,
    /// Change requests approved.
    changes_approved: ChangeFigure = Approved,
    /// Change requests returned.
    changes_returned: ChangeFigure = Returned,
    /// Orders not closed when the month ended.
    orders_open: TaskFigure = OrdersOpen,
    /// Orders closed in the month (销号).
    orders_closed: TaskFigure = OrdersClosed,
}
