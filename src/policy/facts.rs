//! What the policy needs to know of a thing to decide about it.

use duban_entities::ids::{AreaId, JurisdictionId, UnitId, UserId};
use duban_entities::vocabulary::TaskKind;

/// Facts of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectFacts {
    /// Its jurisdiction.
    pub jurisdiction: JurisdictionId,
    /// The areas it lies in.
    pub areas: Vec<AreaId>,
    /// The lead unit.
    pub lead: Option<UnitId>,
    /// The cooperating units.
    pub cooperating: Vec<UnitId>,
    /// The units that owe a task on it.
    pub owing: Vec<UnitId>,
}

impl ProjectFacts {
    /// Every unit that has a part in the project.
    pub fn units(&self) -> impl Iterator<Item = UnitId> {
        let all = self.lead.iter().chain(&self.cooperating).chain(&self.owing);
        all.copied()
    }
}

/// Facts of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskFacts {
    /// What sort of task: a milestone and a report are decided by the office, an issue by
    /// whoever raised it, an order by the office that issued it.
    pub kind: TaskKind,
    /// Its jurisdiction.
    pub jurisdiction: JurisdictionId,
    /// The project, if it belongs to one.
    pub project: Option<ProjectFacts>,
    /// The unit that owes it; an issue without one is owed by the office.
    pub unit: Option<UnitId>,
    /// The unit that raised the issue, or the office that issued the order, where it is a
    /// unit.
    pub raised_unit: Option<UnitId>,
    /// Who submitted it last.
    pub submitted_by: Option<UserId>,
}

/// Facts of an order that is to be issued, or whose proposal is to be dismissed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFacts {
    /// Its jurisdiction.
    pub jurisdiction: JurisdictionId,
    /// The unit that shall answer.
    pub unit: UnitId,
    /// The projects that it is about.
    pub projects: Vec<ProjectFacts>,
}

/// Facts of a change request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeFacts {
    /// The project; for a proposed work what it would be.
    pub project: ProjectFacts,
    /// Who proposed it.
    pub proposed_by: UserId,
    /// For which unit.
    pub proposed_for: Option<UnitId>,
    /// The unit that it would let lead, where it proposes another lead.
    pub new_lead: Option<UnitId>,
    /// The areas that the project would lie in, where it proposes others.
    pub new_areas: Option<Vec<AreaId>>,
}

/// Facts of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserFacts {
    /// The user.
    pub id: UserId,
    /// The jurisdiction of each grant, past ones too; none for a grant over everything.
    pub jurisdictions: Vec<Option<JurisdictionId>>,
}

/// Facts of an entry of the ledger: what its subject is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryFacts {
    /// A project, or what hangs on one, apart from those named below.
    Project(ProjectFacts),
    /// A task that belongs to no project.
    Task(TaskFacts),
    /// A change request that belongs to no project yet.
    Change(ChangeFacts),
    /// A dismissed proposal of an order on a project.
    Dismissal(ProjectFacts),
    /// What everybody in a jurisdiction reads: areas, units, plans, adopted rating rules.
    Catalogue(JurisdictionId),
    /// A published briefing of a jurisdiction.
    Briefing(JurisdictionId),
    /// The draft of a report on a project.
    Draft(ProjectFacts),
    /// A user, or an API token of one.
    Account(UserFacts),
    /// A grant over a jurisdiction, or over everything.
    Grant(Option<JurisdictionId>),
}

/// The thing that is asked about.
#[derive(Clone, Copy, Debug)]
pub enum Facts<'a> {
    /// The whole installation.
    Everything,
    /// A jurisdiction, or something that every grant in it may read.
    Jurisdiction(JurisdictionId),
    /// A project.
    Project(&'a ProjectFacts),
    /// A unit of a jurisdiction, on whose behalf somebody acts.
    Unit(JurisdictionId, UnitId),
    /// A task.
    Task(&'a TaskFacts),
    /// An order that is to be issued, or dismissed where it is proposed.
    Order(&'a OrderFacts),
    /// A change request.
    Change(&'a ChangeFacts),
    /// A user, with the grants, sessions and tokens that belong to it.
    User(&'a UserFacts),
    /// An entry of the ledger.
    Entry(&'a EntryFacts),
}
