//! The words of the domain as GraphQL enums, one for one with `duban_entities::vocabulary`:
//! a value missing on either side does not compile.

use async_graphql::Enum;
use duban_entities::vocabulary as words;

/// What sort of area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::AreaKind")]
pub enum AreaKind {
    /// A county (县).
    County,
    /// A district (区).
    District,
    /// A county-level city (县级市).
    City,
    /// A functional zone or development zone (功能区、开发区).
    Zone,
    /// A town or township (乡镇).
    Town,
    /// A street office (街道).
    Street,
}

/// What sort of unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::UnitKind")]
pub enum UnitKind {
    /// A department of the government (政府部门).
    Department,
    /// A county or district government (县区政府).
    CountyGovernment,
    /// An administrative committee of a zone (管委会).
    Committee,
    /// A party or mass organisation (党群部门).
    PartyOrgan,
    /// A company (企业).
    Company,
    /// A public institution or school (事业单位、院校).
    Institution,
    /// A body under vertical or central management (垂直管理单位).
    Vertical,
    /// A town or street office (乡镇、街道).
    TownGovernment,
    /// A collective name (集合称谓): wording that never leads or signs in.
    Collective,
    /// Any other body.
    Other,
}

/// How far a plan binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::PlanStatus")]
pub enum PlanStatus {
    /// A draft (草案).
    Draft,
    /// Issued and in force.
    InForce,
    /// No longer in force.
    Ended,
}

/// Whether a plan's figure binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::IndicatorNature")]
pub enum IndicatorNature {
    /// Binding (约束性).
    Binding,
    /// Anticipated (预期性).
    Anticipated,
    /// The plan does not say (未注明).
    Unspecified,
}

/// What sort of work a project is (类别).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::ProjectKind")]
pub enum ProjectKind {
    /// Road (道路).
    Road,
    /// Expressway (高速公路).
    Expressway,
    /// Railway (铁路).
    Rail,
    /// Airport (机场).
    Airport,
    /// Waterway (航道).
    Waterway,
    /// Bridge (桥梁).
    Bridge,
    /// Reservoir (水库).
    Reservoir,
    /// Flood control (防洪).
    FloodControl,
    /// River regulation (河道治理).
    RiverRegulation,
    /// Irrigation (灌溉).
    Irrigation,
    /// Water supply (供水).
    WaterSupply,
    /// Water transfer (调水).
    WaterTransfer,
    /// Drainage (排水).
    Drainage,
    /// Sewage treatment (污水处理).
    Sewage,
    /// Park (公园).
    Park,
    /// Ecological restoration (生态).
    Ecology,
    /// Power (电力).
    Power,
    /// Renewable energy (新能源).
    Renewable,
    /// Gas (燃气).
    Gas,
    /// Heating (供热).
    Heating,
    /// Telecommunications (通信).
    Telecom,
    /// Education (教育).
    Education,
    /// Health (卫生).
    Health,
    /// Culture (文化).
    Culture,
    /// Sports (体育).
    Sports,
    /// Housing (住房).
    Housing,
    /// Urban renewal (城市更新).
    UrbanRenewal,
    /// Agriculture (农业).
    Agriculture,
    /// Rural construction (乡村建设).
    Rural,
    /// Logistics (物流).
    Logistics,
    /// Industry (产业).
    Industry,
    /// Tourism (旅游).
    Tourism,
    /// Environmental protection (环境).
    Environment,
    /// Any other work.
    Other,
}

/// A jurisdiction's part in a project (参与方式).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::Participation")]
pub enum Participation {
    /// It builds the work.
    Leads,
    /// Another government builds it: only the support is owed (配合).
    Supports,
}

/// Where a project stands on the pipeline (阶段).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::Stage")]
pub enum Stage {
    /// Proposed (谋划).
    Proposed,
    /// In reserve (储备).
    InReserve,
    /// In preparation (前期).
    Preparation,
    /// Under construction (建设).
    Construction,
    /// Completed (建成).
    Completed,
    /// In operation (投用).
    Operation,
    /// Suspended (暂停).
    Suspended,
    /// Cancelled (终止).
    Cancelled,
}

/// Where a project's stage comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::StageBasis")]
pub enum StageBasis {
    /// The plan's wording: nobody has reported or confirmed it.
    PlanWording,
    /// Reported by the lead unit.
    Reported,
}

/// Where a project's lead unit comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::LeadBasis")]
pub enum LeadBasis {
    /// A text states it.
    Stated,
    /// A supervisor assigned it.
    Assigned,
}

/// Whether a project may be shown to the public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::Disclosure")]
pub enum Disclosure {
    /// Published actively (主动公开).
    Public,
    /// Disclosed on request (依申请公开).
    OnRequest,
    /// Not public (不予公开).
    NotPublic,
}

/// Where a due date comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::DueBasis")]
pub enum DueBasis {
    /// The plan states it.
    Stated,
    /// The end of the plan's period: never overdue, only PERIOD_ENDED once past.
    PlanPeriod,
    /// An approved schedule set it.
    Scheduled,
    /// The jurisdiction's reporting day sets it.
    ReportingDay,
    /// Whoever raised the issue or issued the order set it.
    Demanded,
}

/// How a target's number is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::Qualifier")]
pub enum Qualifier {
    /// Exactly.
    Exact,
    /// At least (以上).
    AtLeast,
    /// At most (以内).
    AtMost,
    /// About (左右).
    About,
    /// From `quantity` to `quantityTo`.
    Range,
}

/// What a mention in a plan demands (规划要求).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::Demand")]
pub enum Demand {
    /// Study or plan it (研究谋划).
    Study,
    /// Push the preparatory work (前期).
    Prepare,
    /// Start it (开工).
    Start,
    /// Build it (建设实施).
    Build,
    /// Complete it (建成).
    Complete,
    /// Put it into use (投用).
    Operate,
    /// Support another's work (配合).
    Support,
    /// Named without a demand.
    Unspecified,
}

/// What sort of task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::TaskKind")]
pub enum TaskKind {
    /// A dated, weighted step of a project (节点).
    Milestone,
    /// A unit's report on one project for one month (月报).
    Report,
    /// A difficulty that a unit raises, owed by the unit that must help (困难问题).
    Issue,
    /// A supervisor's written demand with a deadline (督办单).
    Order,
}

/// A milestone's part in its schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::MilestoneRole")]
pub enum MilestoneRole {
    /// The first step.
    Start,
    /// A step between.
    Step,
    /// The completion: its date is the project's due date.
    Finish,
    /// What is owed to another government's work (配合).
    Support,
    /// The review of a suspension: suspension does not stop its clock.
    Review,
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::TaskState")]
pub enum TaskState {
    /// Owed.
    Open,
    /// Claimed; waits for the office.
    Submitted,
    /// Verified.
    Done,
    /// No longer owed.
    Cancelled,
}

/// What a change request changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::ChangeKind")]
pub enum ChangeKind {
    /// A first schedule, which becomes the baseline.
    Schedule,
    /// A stage move that needs approval.
    Stage,
    /// Other dates of milestones (调整时间).
    Reschedule,
    /// Another lead unit (调整牵头单位).
    Reassign,
    /// Title, kind, areas, targets or yearly investment (调整内容).
    Amend,
    /// A new work for the bank (入库).
    Propose,
}

/// Where a change request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::ChangeState")]
pub enum ChangeState {
    /// Waits for a decision.
    Proposed,
    /// Approved and applied.
    Approved,
    /// Returned; nothing was applied.
    Returned,
}

/// Where a submission of a report stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::RevisionState")]
pub enum RevisionState {
    /// Waits for the office.
    Submitted,
    /// Accepted: its figures count.
    Accepted,
    /// Returned with a reason.
    Returned,
    /// Accepted once; an accepted correction took its place.
    Superseded,
}

/// How hard an order presses, from the mildest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::OrderLevel")]
pub enum OrderLevel {
    /// A reminder (提醒函).
    Reminder,
    /// A supervision order (督办单).
    Order,
    /// A circular that names the unit (通报).
    Circular,
    /// A summons (约谈).
    Summons,
}

/// What an order comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::OrderSource")]
pub enum OrderSource {
    /// A meeting's decision (会议议定).
    Meeting,
    /// A leader's instruction (领导批示).
    Instruction,
    /// An inspection (督查检查).
    Inspection,
    /// A rule of supervision, such as days overdue (规则).
    Rule,
}

/// What the ladder of supervision proposes an order on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::OrderGround")]
pub enum OrderGround {
    /// A milestone is overdue (节点逾期).
    MilestoneOverdue,
    /// Reports were missed in a row (连续未报).
    ReportsMissed,
    /// The project is rated red (红灯).
    RatingRed,
}

/// How a project stands (红黄绿).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::Rating")]
pub enum Rating {
    /// Not rated: no approved schedule, or no adopted rules (未排期).
    None,
    /// On course (绿).
    Green,
    /// At risk (黄).
    Yellow,
    /// Behind (红).
    Red,
}

/// A role that a grant gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::Role")]
pub enum Role {
    /// 经办人: drafts reports, raises issues, claims tasks of the unit.
    Reporter,
    /// 审签人: all a reporter may; signs reports, moves stages and proposes changes where the unit leads.
    Signatory,
    /// 督查: assigns, verifies and returns, decides change requests.
    Supervisor,
    /// 审计: reads all but drafts and the whole ledger; writes nothing.
    Auditor,
    /// Reads all but drafts.
    Viewer,
    /// Reads all but drafts by API token.
    Integrator,
    /// Users, grants, units, plans, workflows, tokens; reports nothing and approves nothing.
    Administrator,
}

/// What sort of scope a grant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::ScopeType")]
pub enum ScopeType {
    /// Every jurisdiction.
    Everything,
    /// One jurisdiction.
    Jurisdiction,
    /// One area of a jurisdiction.
    Area,
    /// One unit and those below it.
    Unit,
}

/// Who or what acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "words::ActorKind")]
pub enum ActorKind {
    /// A person.
    User,
    /// A part of the system, such as the importer.
    System,
}

/// Which way a list runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::store::page::Direction")]
pub enum OrderDirection {
    /// Smallest first.
    #[graphql(name = "ASC")]
    Ascending,
    /// Largest first.
    #[graphql(name = "DESC")]
    Descending,
}
