//! The words of the domain as closed lists (see the table "Words" in the architecture
//! document). Stored and served under the same upper-case names.

use std::fmt;
use std::str::FromStr;

use sea_orm::{DeriveActiveEnum, EnumIter};

use crate::row::{Cell, Cells};

/// The text is not one of the words of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    /// The words that would have been accepted.
    pub expected: &'static [&'static str],
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected one of {}", self.expected.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum)]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        pub enum $name {
            $($(#[$vdoc])* #[sea_orm(string_value = $word)] $variant,)+
        }

        impl $name {
            /// Every value, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// Every word, in the order of the list.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word under which the value is stored and served.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Cell for $name {
            fn stored<C: Cells>(cells: &mut C) -> Result<Option<Self>, C::Error> {
                cells.text(|word| word.parse().ok())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownWord { expected: Self::WORDS }),
                }
            }
        }
    };
}

vocabulary! {
    /// What sort of area.
    AreaKind {
        /// A county (县).
        County = "COUNTY",
        /// A district (区).
        District = "DISTRICT",
        /// A county-level city (县级市).
        City = "CITY",
        /// A functional zone or development zone (功能区、开发区).
        Zone = "ZONE",
        /// A town or township (乡镇).
        Town = "TOWN",
        /// A street office (街道).
        Street = "STREET",
    }
}

vocabulary! {
    /// What sort of unit.
    UnitKind {
        /// A department of the government (政府部门).
        Department = "DEPARTMENT",
        /// A county or district government (县区政府).
        CountyGovernment = "COUNTY_GOVERNMENT",
        /// An administrative committee of a zone (管委会).
        Committee = "COMMITTEE",
        /// A party or mass organisation (党群部门).
        PartyOrgan = "PARTY_ORGAN",
        /// A company (企业).
        Company = "COMPANY",
        /// A public institution or school (事业单位、院校).
        Institution = "INSTITUTION",
        /// A body under vertical or central management (垂直管理单位).
        Vertical = "VERTICAL",
        /// A town or street office (乡镇、街道).
        TownGovernment = "TOWN_GOVERNMENT",
        /// A collective name (集合称谓): wording that never leads or signs in.
        Collective = "COLLECTIVE",
        /// Any other body.
        Other = "OTHER",
    }
}

vocabulary! {
    /// How far a plan binds.
    PlanStatus {
        /// A draft (草案).
        Draft = "DRAFT",
        /// Issued and in force.
        InForce = "IN_FORCE",
        /// No longer in force.
        Ended = "ENDED",
    }
}

vocabulary! {
    /// Whether a plan's figure binds.
    IndicatorNature {
        /// Binding (约束性).
        Binding = "BINDING",
        /// Anticipated (预期性).
        Anticipated = "ANTICIPATED",
        /// The plan does not say (未注明).
        Unspecified = "UNSPECIFIED",
    }
}

vocabulary! {
    /// What sort of work a project is (类别).
    ProjectKind {
        /// Road (道路).
        Road = "ROAD",
        /// Expressway (高速公路).
        Expressway = "EXPRESSWAY",
        /// Railway (铁路).
        Rail = "RAIL",
        /// Airport (机场).
        Airport = "AIRPORT",
        /// Waterway (航道).
        Waterway = "WATERWAY",
        /// Bridge (桥梁).
        Bridge = "BRIDGE",
        /// Reservoir (水库).
        Reservoir = "RESERVOIR",
        /// Flood control (防洪).
        FloodControl = "FLOOD_CONTROL",
        /// River regulation (河道治理).
        RiverRegulation = "RIVER_REGULATION",
        /// Irrigation (灌溉).
        Irrigation = "IRRIGATION",
        /// Water supply (供水).
        WaterSupply = "WATER_SUPPLY",
        /// Water transfer (调水).
        WaterTransfer = "WATER_TRANSFER",
        /// Drainage (排水).
        Drainage = "DRAINAGE",
        /// Sewage treatment (污水处理).
        Sewage = "SEWAGE",
        /// Park (公园).
        Park = "PARK",
        /// Ecological restoration (生态).
        Ecology = "ECOLOGY",
        /// Power (电力).
        Power = "POWER",
        /// Renewable energy (新能源).
        Renewable = "RENEWABLE",
        /// Gas (燃气).
        Gas = "GAS",
        /// Heating (供热).
        Heating = "HEATING",
        /// Telecommunications (通信).
        Telecom = "TELECOM",
        /// Education (教育).
        Education = "EDUCATION",
        /// Health (卫生).
        Health = "HEALTH",
        /// Culture (文化).
        Culture = "CULTURE",
        /// Sports (体育).
        Sports = "SPORTS",
        /// Housing (住房).
        Housing = "HOUSING",
        /// Urban renewal (城市更新).
        UrbanRenewal = "URBAN_RENEWAL",
        /// Agriculture (农业).
        Agriculture = "AGRICULTURE",
        /// Rural construction (乡村建设).
        Rural = "RURAL",
        /// Logistics (物流).
        Logistics = "LOGISTICS",
        /// Industry (产业).
        Industry = "INDUSTRY",
        /// Tourism (旅游).
        Tourism = "TOURISM",
        /// Environmental protection (环境).
        Environment = "ENVIRONMENT",
        /// Any other work.
        Other = "OTHER",
    }
}

vocabulary! {
    /// A jurisdiction's part in a project (参与方式).
    Participation {
        /// It builds the work.
        Leads = "LEADS",
        /// Another government builds it: only the support is owed (配合).
        Supports = "SUPPORTS",
    }
}

vocabulary! {
    /// Where a project stands on the pipeline (阶段).
    Stage {
        /// Proposed (谋划).
        Proposed = "PROPOSED",
        /// In reserve (储备).
        InReserve = "IN_RESERVE",
        /// In preparation (前期).
        Preparation = "PREPARATION",
        /// Under construction (建设).
        Construction = "CONSTRUCTION",
        /// Completed (建成).
        Completed = "COMPLETED",
        /// In operation (投用).
        Operation = "OPERATION",
        /// Suspended (暂停).
        Suspended = "SUSPENDED",
        /// Cancelled (终止).
        Cancelled = "CANCELLED",
    }
}

vocabulary! {
    /// Where a project's stage comes from.
    StageBasis {
        /// The plan's wording: nobody has reported or confirmed it.
        PlanWording = "PLAN_WORDING",
        /// Reported by the lead unit.
        Reported = "REPORTED",
    }
}

vocabulary! {
    /// Where a project's lead unit comes from.
    LeadBasis {
        /// A text states it.
        Stated = "STATED",
        /// A supervisor assigned it.
        Assigned = "ASSIGNED",
    }
}

vocabulary! {
    /// Whether a project may be shown to the public.
    Disclosure {
        /// Published actively (主动公开).
        Public = "PUBLIC",
        /// Disclosed on request (依申请公开).
        OnRequest = "ON_REQUEST",
        /// Not public (不予公开).
        NotPublic = "NOT_PUBLIC",
    }
}

vocabulary! {
    /// Where a due date comes from.
    DueBasis {
        /// The plan states it.
        Stated = "STATED",
        /// The end of the plan's period: never overdue, only PERIOD_ENDED once past.
        PlanPeriod = "PLAN_PERIOD",
        /// An approved schedule set it.
        Scheduled = "SCHEDULED",
        /// The jurisdiction's reporting day sets it.
        ReportingDay = "REPORTING_DAY",
        /// Whoever raised the issue or issued the order set it.
        Demanded = "DEMANDED",
    }
}

vocabulary! {
    /// How a target's number is meant.
    Qualifier {
        /// Exactly.
        Exact = "EXACT",
        /// At least (以上).
        AtLeast = "AT_LEAST",
        /// At most (以内).
        AtMost = "AT_MOST",
        /// About (左右).
        About = "ABOUT",
        /// From `quantity` to `quantityTo`.
        Range = "RANGE",
    }
}

vocabulary! {
    /// What a mention in a plan demands (规划要求).
    Demand {
        /// Study or plan it (研究谋划).
        Study = "STUDY",
        /// Push the preparatory work (前期).
        Prepare = "PREPARE",
        /// Start it (开工).
        Start = "START",
        /// Build it (建设实施).
        Build = "BUILD",
        /// Complete it (建成).
        Complete = "COMPLETE",
        /// Put it into use (投用).
        Operate = "OPERATE",
        /// Support another's work (配合).
        Support = "SUPPORT",
        /// Named without a demand.
        Unspecified = "UNSPECIFIED",
    }
}

vocabulary! {
    /// What sort of task.
    TaskKind {
        /// A dated, weighted step of a project (节点).
        Milestone = "MILESTONE",
        /// A unit's report on one project for one month (月报).
        Report = "REPORT",
        /// A difficulty that a unit raises, owed by the unit that must help (困难问题).
        Issue = "ISSUE",
        /// A supervisor's written demand with a deadline (督办单).
        Order = "ORDER",
    }
}

vocabulary! {
    /// A milestone's part in its schedule.
    MilestoneRole {
        /// The first step.
        Start = "START",
        /// A step between.
        Step = "STEP",
        /// The completion: its date is the project's due date.
        Finish = "FINISH",
        /// What is owed to another government's work (配合).
        Support = "SUPPORT",
        /// The review of a suspension: suspension does not stop its clock.
        Review = "REVIEW",
    }
}

vocabulary! {
    /// Where a task stands.
    TaskState {
        /// Owed.
        Open = "OPEN",
        /// Claimed; waits for the office.
        Submitted = "SUBMITTED",
        /// Verified.
        Done = "DONE",
        /// No longer owed.
        Cancelled = "CANCELLED",
    }
}

vocabulary! {
    /// What a change request changes.
    ChangeKind {
        /// A first schedule, which becomes the baseline.
        Schedule = "SCHEDULE",
        /// A stage move that needs approval.
        Stage = "STAGE",
        /// Other dates of milestones (调整时间).
        Reschedule = "RESCHEDULE",
        /// Another lead unit (调整牵头单位).
        Reassign = "REASSIGN",
        /// Title, kind, areas, targets or yearly investment (调整内容).
        Amend = "AMEND",
        /// A new work for the bank (入库).
        Propose = "PROPOSE",
    }
}

vocabulary! {
    /// Where a change request stands.
    ChangeState {
        /// Waits for a decision.
        Proposed = "PROPOSED",
        /// Approved and applied.
        Approved = "APPROVED",
        /// Returned; nothing was applied.
        Returned = "RETURNED",
    }
}

vocabulary! {
    /// Where a submission of a report stands.
    RevisionState {
        /// Waits for the office.
        Submitted = "SUBMITTED",
        /// Accepted: its figures count.
        Accepted = "ACCEPTED",
        /// Returned with a reason.
        Returned = "RETURNED",
        /// Accepted once; an accepted correction took its place.
        Superseded = "SUPERSEDED",
    }
}

vocabulary! {
    /// How hard an order presses, from the mildest.
    OrderLevel {
        /// A reminder (提醒函).
        Reminder = "REMINDER",
        /// A supervision order (督办单).
        Order = "ORDER",
        /// A circular that names the unit (通报).
        Circular = "CIRCULAR",
        /// A summons (约谈).
        Summons = "SUMMONS",
    }
}

vocabulary! {
    /// What an order comes from.
    OrderSource {
        /// A meeting's decision (会议议定).
        Meeting = "MEETING",
        /// A leader's instruction (领导批示).
        Instruction = "INSTRUCTION",
        /// An inspection (督查检查).
        Inspection = "INSPECTION",
        /// A rule of supervision, such as days overdue (规则).
        Rule = "RULE",
    }
}

vocabulary! {
    /// What the ladder of supervision proposes an order on.
    OrderGround {
        /// A milestone is overdue (节点逾期).
        MilestoneOverdue = "MILESTONE_OVERDUE",
        /// Reports were missed in a row (连续未报).
        ReportsMissed = "REPORTS_MISSED",
        /// The project is rated red (红灯).
        RatingRed = "RATING_RED",
    }
}

vocabulary! {
    /// How a project stands (红黄绿).
    Rating {
        /// Not rated: no approved schedule, or no adopted rules (未排期).
        None = "NONE",
        /// On course (绿).
        Green = "GREEN",
        /// At risk (黄).
        Yellow = "YELLOW",
        /// Behind (红).
        Red = "RED",
    }
}

vocabulary! {
    /// A role that a grant gives.
    Role {
        /// 经办人: drafts reports, raises issues, claims tasks of the unit.
        Reporter = "REPORTER",
        /// 审签人: all a reporter may; signs reports, moves stages and proposes changes where the unit leads.
        Signatory = "SIGNATORY",
        /// 督查: assigns, verifies and returns, decides change requests.
        Supervisor = "SUPERVISOR",
        /// 审计: reads all but drafts and the whole ledger; writes nothing.
        Auditor = "AUDITOR",
        /// Reads all but drafts.
        Viewer = "VIEWER",
        /// Reads all but drafts by API token.
        Integrator = "INTEGRATOR",
        /// Users, grants, units, plans, workflows, tokens; reports nothing and approves nothing.
        Administrator = "ADMINISTRATOR",
    }
}

vocabulary! {
    /// What sort of scope a grant has.
    ScopeType {
        /// Every jurisdiction.
        Everything = "EVERYTHING",
        /// One jurisdiction.
        Jurisdiction = "JURISDICTION",
        /// One area of a jurisdiction.
        Area = "AREA",
        /// One unit and those below it.
        Unit = "UNIT",
    }
}

vocabulary! {
    /// Who or what acted.
    ActorKind {
        /// A person.
        User = "USER",
        /// A part of the system, such as the importer.
        System = "SYSTEM",
    }
}

impl ProjectKind {
    /// The three letters that stand for the kind in a project's code (`ZMD-RES-0012`).
    #[must_use]
    pub const fn letters(self) -> &'static str {
        match self {
            Self::Road => "ROA",
            Self::Expressway => "EXP",
            Self::Rail => "RAI",
            Self::Airport => "AIR",
            Self::Waterway => "WAT",
            Self::Bridge => "BRI",
            Self::Reservoir => "RES",
            Self::FloodControl => "FLO",
            Self::RiverRegulation => "RIV",
            Self::Irrigation => "IRR",
            Self::WaterSupply => "WSU",
            Self::WaterTransfer => "WTR",
            Self::Drainage => "DRA",
            Self::Sewage => "SEW",
            Self::Park => "PAR",
            Self::Ecology => "ECO",
            Self::Power => "POW",
            Self::Renewable => "REN",
            Self::Gas => "GAS",
            Self::Heating => "HEA",
            Self::Telecom => "TEL",
            Self::Education => "EDU",
            Self::Health => "HLT",
            Self::Culture => "CUL",
            Self::Sports => "SPO",
            Self::Housing => "HOU",
            Self::UrbanRenewal => "URB",
            Self::Agriculture => "AGR",
            Self::Rural => "RUR",
            Self::Logistics => "LOG",
            Self::Industry => "IND",
            Self::Tourism => "TOU",
            Self::Environment => "ENV",
            Self::Other => "OTH",
        }
    }
}
