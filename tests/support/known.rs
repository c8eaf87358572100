//! The small world by name: the keys of what `fixture` puts into it.

use duban_entities::ids::{
    ApiTokenId, AreaId, ChangeRequestId, CitationId, ClauseId, GrantId, JurisdictionId, PlanId,
    ProjectId, RatingAdoptionId, RatingOverrideId, SessionId, TaskId, UnitId, UserId,
};
use uuid::Uuid;

/// A key that is the same in every run.
pub const fn key(n: u128) -> Uuid {
    Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 + n)
}

macro_rules! known {
    ($($(#[$doc:meta])* $name:ident: $id:ident = $n:literal;)+) => {
        $($(#[$doc])* pub const $name: $id = $id(key($n));)+
    };
}

known! {
    /// 驻马店市: the jurisdiction of everything that is not said to lie elsewhere.
    HERE: JurisdictionId = 0x01;
    /// 漯河经济技术开发区.
    ELSEWHERE: JurisdictionId = 0x02;

    /// 平舆县.
    PINGYU: AreaId = 0x11;
    /// 西平县.
    XIPING: AreaId = 0x12;
    /// 泌阳县.
    BIYANG: AreaId = 0x13;
    /// The zone of the other jurisdiction.
    ZONE: AreaId = 0x14;

    /// 市水利局: leads most projects here.
    WATER: UnitId = 0x21;
    /// 市水利工程站, below it.
    STATION: UnitId = 0x22;
    /// 平舆县人民政府: cooperates.
    COUNTY: UnitId = 0x23;
    /// 市交通运输局: another unit.
    TRANSPORT: UnitId = 0x24;
    /// 市发展改革委: the supervisors' home.
    OFFICE: UnitId = 0x25;
    /// 各县区人民政府: a collective name.
    COUNTIES: UnitId = 0x26;
    /// 经开区建设局, of the other jurisdiction.
    FOREIGN_UNIT: UnitId = 0x27;

    /// The plan here.
    PLAN: PlanId = 0x31;
    /// The plan of the other jurisdiction.
    FOREIGN_PLAN: PlanId = 0x32;
    /// A chapter, which no project cites.
    CHAPTER: ClauseId = 0x41;
    /// A section below it, which projects cite.
    SECTION: ClauseId = 0x42;
    /// A clause of the other jurisdiction.
    FOREIGN_CLAUSE: ClauseId = 0x43;

    /// Led by WATER, with COUNTY, in two areas; scheduled, in preparation.
    RESERVOIR: ProjectId = 0x51;
    /// Led by WATER, in two areas; unscheduled, stated date past, a schedule proposed.
    CANAL: ProjectId = 0x52;
    /// Led by TRANSPORT in BIYANG; unscheduled, due soon.
    ROAD: ProjectId = 0x53;
    /// Nobody leads it; TRANSPORT is suggested; its plan period has ended.
    PARK: ProjectId = 0x54;
    /// Nobody leads it and nothing is suggested.
    BRIDGE: ProjectId = 0x55;
    /// Led by STATION, below WATER; scheduled.
    LEVEE: ProjectId = 0x56;
    /// Led by WATER; suspended.
    HALTED: ProjectId = 0x57;
    /// Led by WATER; cancelled.
    ENDED: ProjectId = 0x58;
    /// Led by WATER; under construction, all done but the finish.
    BUILDING: ProjectId = 0x59;
    /// A programme that WATER leads.
    PROGRAMME: ProjectId = 0x5a;
    /// Its only member, which nobody leads.
    MEMBER: ProjectId = 0x5b;
    /// Another government builds it; TRANSPORT owes the support.
    SUPPORTED: ProjectId = 0x5c;
    /// Of the other jurisdiction.
    FOREIGN: ProjectId = 0x5d;

    /// RESERVOIR's start, done.
    SURVEY: TaskId = 0x61;
    /// RESERVOIR's land, owed by COUNTY, overdue by 20 days.
    LAND: TaskId = 0x62;
    /// RESERVOIR's dam, submitted by the lead's signatory.
    DAM: TaskId = 0x63;
    /// RESERVOIR's finish, open.
    RESERVOIR_FINISH: TaskId = 0x64;
    /// CANAL's imported completion, overdue by 21 days.
    CANAL_FINISH: TaskId = 0x65;
    /// ROAD's imported completion, due in two days.
    ROAD_FINISH: TaskId = 0x66;
    /// PARK's imported completion: its period has ended.
    PARK_FINISH: TaskId = 0x67;
    /// BRIDGE's imported completion, at the end of a period that runs.
    BRIDGE_FINISH: TaskId = 0x68;
    /// LEVEE's start and finish.
    LEVEE_START: TaskId = 0x69;
    /// LEVEE's finish.
    LEVEE_FINISH: TaskId = 0x6a;
    /// HALTED's finish, its clock stopped.
    HALTED_FINISH: TaskId = 0x6b;
    /// The review of HALTED's suspension.
    HALTED_REVIEW: TaskId = 0x6c;
    /// ENDED's finish, cancelled.
    ENDED_FINISH: TaskId = 0x6d;
    /// BUILDING's start, done.
    BUILDING_START: TaskId = 0x6e;
    /// BUILDING's finish, open.
    BUILDING_FINISH: TaskId = 0x6f;
    /// SUPPORTED's support.
    SUPPORT: TaskId = 0x70;
    /// The other jurisdiction's task.
    FOREIGN_FINISH: TaskId = 0x71;

    /// RESERVOIR's report for September, returned once, open.
    RESERVOIR_REPORT: TaskId = 0x7a;
    /// BUILDING's report for October, submitted by the lead's signatory.
    BUILDING_REPORT: TaskId = 0x7b;
    /// A report of the other jurisdiction, open.
    FOREIGN_REPORT: TaskId = 0x7c;

    /// RESERVOIR's issue, raised by WATER, owed by COUNTY.
    ISSUE: TaskId = 0xc1;
    /// RESERVOIR's issue that COUNTY has answered.
    ANSWERED_ISSUE: TaskId = 0xc2;
    /// RESERVOIR's issue that the office owes.
    OFFICE_ISSUE: TaskId = 0xc3;
    /// OFFICE's order to WATER about RESERVOIR: 督〔2026〕1号.
    ORDER: TaskId = 0xc4;
    /// OFFICE's order to TRANSPORT about no project, answered: 督〔2026〕2号.
    ANSWERED_ORDER: TaskId = 0xc5;
    /// An order that WATER's supervisor issued to COUNTY, answered: 督〔2026〕3号.
    OTHER_OFFICES_ORDER: TaskId = 0xc6;

    /// CANAL's proposed schedule.
    CANAL_SCHEDULE: ChangeRequestId = 0x81;
    /// RESERVOIR's schedule, approved.
    RESERVOIR_SCHEDULE: ChangeRequestId = 0x82;
    /// The other jurisdiction's request.
    FOREIGN_SCHEDULE: ChangeRequestId = 0x83;
    /// A work that WATER proposes for the bank.
    PROPOSAL: ChangeRequestId = 0x84;

    /// BUILDING's rating, overridden.
    BUILDING_OVERRIDE: RatingOverrideId = 0x84;
    /// FOREIGN's rating, overridden.
    FOREIGN_OVERRIDE: RatingOverrideId = 0x85;
    /// The rating rules that the other jurisdiction has adopted.
    FOREIGN_RULES: RatingAdoptionId = 0x86;

    /// PARK's mention, which suggests TRANSPORT.
    PARK_CITATION: CitationId = 0x91;
    /// RESERVOIR's mention.
    RESERVOIR_CITATION: CitationId = 0x92;

    /// Somebody who has left: their sign-in is disabled.
    DISABLED: UserId = 0xa1;
    /// A user whom nothing but an unscoped administrator reaches: without a grant.
    UNGRANTED: UserId = 0xa2;
    /// A token of the integrator that nobody holds.
    INTEGRATORS_TOKEN: ApiTokenId = 0xb1;
    /// A session of the viewer.
    VIEWERS_SESSION: SessionId = 0xb2;
    /// The viewer's grant.
    VIEWERS_GRANT: GrantId = 0x20f0;
}
