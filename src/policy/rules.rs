//! The decision itself.

use std::collections::BTreeSet;

use duban_entities::ids::{AreaId, JurisdictionId, UnitId, UserId};
use duban_entities::vocabulary::{Role, TaskKind};

use super::facts::{
    ChangeFacts, EntryFacts, Facts, OrderFacts, ProjectFacts, TaskFacts, UserFacts,
};
use super::principal::{Actor, Credential, Held, Principal, Scope};

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        /// What can be asked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $($(#[$doc])* $name,)+ }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name used in the ledger and in the matrix.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

actions! {
    /// Read a jurisdiction's areas, units, plans and workflows.
    CatalogueRead = "catalogue.read",
    /// Read a project.
    ProjectRead = "project.read",
    /// Read a task.
    TaskRead = "task.read",
    /// Read a change request.
    ChangeRead = "change.read",
    /// Read the draft of a report.
    DraftRead = "draft.read",
    /// Read what is drawn up for a whole jurisdiction: briefings, assessments.
    SupervisionRead = "supervision.read",
    /// Read the feed of changes, or a project's history.
    FeedRead = "feed.read",
    /// Read the ledger.
    LedgerRead = "ledger.read",
    /// Read the orders that the ladder proposes on visible projects.
    ProposalsRead = "proposals.read",
    /// Assign lead and cooperating units.
    UnitAssign = "unit.assign",
    /// Propose a first schedule.
    MilestonesPlan = "milestones.plan",
    /// Move a project along the pipeline, or propose it.
    ProjectMove = "project.move",
    /// Propose other dates, another lead unit or other contents.
    ChangePropose = "change.propose",
    /// Propose a new work for the bank.
    ProjectPropose = "project.propose",
    /// Make the tasks of the duty to report.
    ReportDuty = "report.duty",
    /// Save the draft of a report.
    ReportSave = "report.save",
    /// Submit a report, or correct an accepted one.
    ReportSubmit = "report.submit",
    /// Waive a report.
    ReportWaive = "report.waive",
    /// Raise an issue on a project.
    IssueRaise = "issue.raise",
    /// Let another unit answer an issue.
    IssueRedirect = "issue.redirect",
    /// Issue an order.
    OrderIssue = "order.issue",
    /// Dismiss a proposed order.
    OrderDismiss = "order.dismiss",
    /// Adopt rating rules.
    RatingAdopt = "rating.adopt",
    /// Set a rating beside the computed one, or end it.
    RatingOverride = "rating.override",
    /// Publish a month's briefing.
    BriefingPublish = "briefing.publish",
    /// Claim a task done.
    TaskClaim = "task.claim",
    /// Verify a claim.
    TaskVerify = "task.verify",
    /// Return a claim.
    TaskReturn = "task.return",
    /// Approve or return a change request.
    ChangeDecide = "change.decide",
    /// Import jurisdictions, units, plans and projects.
    CatalogueImport = "catalogue.import",
    /// Read a user.
    UserRead = "user.read",
    /// Create a user.
    UserCreate = "user.create",
    /// Disable a user: every session ends at once.
    UserDisable = "user.disable",
    /// Enable a user again.
    UserEnable = "user.enable",
    /// Set another's password, to be changed at the next sign-in.
    PasswordReset = "password.reset",
    /// Give a grant.
    GrantAdd = "grant.add",
    /// End a grant.
    GrantEnd = "grant.end",
    /// Issue an API token.
    TokenIssue = "token.issue",
    /// Revoke an API token.
    TokenRevoke = "token.revoke",
    /// Change one's own password.
    PasswordChange = "password.change",
    /// List and end one's own sessions.
    SessionManage = "session.manage",
}

impl Action {
    /// True for an action that changes nothing.
    #[must_use]
    pub const fn is_read(self) -> bool {
        match self {
            Self::CatalogueRead
            | Self::ProjectRead
            | Self::TaskRead
            | Self::ChangeRead
            | Self::DraftRead
            | Self::SupervisionRead
            | Self::FeedRead
            | Self::LedgerRead
            | Self::ProposalsRead
            | Self::UserRead => true,
            Self::UnitAssign
            | Self::MilestonesPlan
            | Self::ProjectMove
            | Self::ChangePropose
            | Self::ProjectPropose
            | Self::ReportDuty
            | Self::ReportSave
            | Self::ReportSubmit
            | Self::ReportWaive
            | Self::IssueRaise
            | Self::IssueRedirect
            | Self::OrderIssue
            | Self::OrderDismiss
            | Self::RatingAdopt
            | Self::RatingOverride
            | Self::BriefingPublish
            | Self::TaskClaim
            | Self::TaskVerify
            | Self::TaskReturn
            | Self::ChangeDecide
            | Self::CatalogueImport
            | Self::UserCreate
            | Self::UserDisable
            | Self::UserEnable
            | Self::PasswordReset
            | Self::GrantAdd
            | Self::GrantEnd
            | Self::TokenIssue
            | Self::TokenRevoke
            | Self::PasswordChange
            | Self::SessionManage => false,
        }
    }

    /// True for what a person does with their own sign-in, which needs no grant.
    const fn is_own_affair(self) -> bool {
        matches!(self, Self::PasswordChange | Self::SessionManage)
    }
}

/// Proof that the policy allowed an action. Only [`decide`] makes one.
#[derive(Clone, Debug)]
pub struct Permit {
    action: Action,
    role: Option<Role>,
}

impl Permit {
    /// What was allowed.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// The role that allowed it; none for the system and for a person's own affairs.
    #[must_use]
    pub const fn role(&self) -> Option<Role> {
        self.role
    }
}

/// Why the policy refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// Nobody is signed in.
    Unauthenticated,
    /// The person may not know of it.
    Unseen,
    /// The person sees it but may not do this. Carries the reason for the person.
    Refused(&'static str),
}

/// Decides whether the principal may do this to that.
///
/// # Errors
/// A [`Denial`], in the order: not signed in, not visible, not allowed.
pub fn decide(principal: &Principal, action: Action, facts: Facts<'_>) -> Result<Permit, Denial> {
    if principal.actor == Actor::Anonymous {
        return Err(Denial::Unauthenticated);
    }
    if action.is_own_affair() {
        return own_affairs(principal, action, facts);
    }
    if principal.must_change_password {
        return Err(Denial::Refused("change your password first"));
    }
    let seeing: Vec<&Held> = principal
        .grants
        .iter()
        .filter(|held| sees(held, facts))
        .collect();
    if seeing.is_empty() && !is_own(principal, facts) {
        return Err(Denial::Unseen);
    }
    if !action.is_read() && matches!(principal.credential, Credential::ApiToken(_)) {
        return Err(Denial::Refused("an API token only reads"));
    }
    if is_own(principal, facts) && own_allows(principal, action) {
        return Ok(Permit { action, role: None });
    }
    let mut reason = "your role does not allow this";
    for held in seeing.iter().filter(|held| role_allows(held.role, action)) {
        match refusal(principal, held, action, facts) {
            None => {
                let role = match principal.actor {
                    Actor::System(_) | Actor::Anonymous => None,
                    Actor::User { .. } => Some(held.role),
                };
                return Ok(Permit { action, role });
            }
            Some(why) => reason = why,
        }
    }
    Err(Denial::Refused(reason))
}

/// The grants of a principal that each allow this, beside the rules about who asks; whichever
/// of them [`decide`] rests on.
pub fn allowing<'a>(
    principal: &'a Principal,
    action: Action,
    facts: Facts<'a>,
) -> impl Iterator<Item = &'a Held> {
    principal.grants.iter().filter(move |held| {
        sees(held, facts)
            && role_allows(held.role, action)
            && refusal(principal, held, action, facts).is_none()
    })
}

/// A person's own password, sessions and tokens need no grant, but a session: a program
/// that holds an API token does not act as the person.
fn own_affairs(principal: &Principal, action: Action, facts: Facts<'_>) -> Result<Permit, Denial> {
    if !is_own(principal, facts) {
        return Err(Denial::Unseen);
    }
    if matches!(principal.credential, Credential::ApiToken(_)) {
        return Err(Denial::Refused("an API token only reads"));
    }
    Ok(Permit { action, role: None })
}

/// What a person may do with their own account without being an administrator: read it,
/// and revoke its tokens; an integrator also issues them.
fn own_allows(principal: &Principal, action: Action) -> bool {
    match action {
        Action::UserRead | Action::TokenRevoke => true,
        Action::TokenIssue => {
            let mut roles = principal.grants.iter().map(|held| held.role);
            roles.any(|role| role == Role::Integrator)
        }
        _ => false,
    }
}

fn is_own(principal: &Principal, facts: Facts<'_>) -> bool {
    match facts {
        Facts::User(user) => principal.user_id() == Some(user.id),
        Facts::Everything
        | Facts::Jurisdiction(_)
        | Facts::Unit(..)
        | Facts::Project(_)
        | Facts::Task(_)
        | Facts::Order(_)
        | Facts::Entry(_)
        | Facts::Change(_) => false,
    }
}

/// What each role may do at all: the table "Roles".
const fn role_allows(role: Role, action: Action) -> bool {
    match action {
        Action::CatalogueRead
        | Action::ProjectRead
        | Action::TaskRead
        | Action::ChangeRead
        | Action::FeedRead => true,
        Action::LedgerRead => {
            matches!(role, Role::Supervisor | Role::Auditor | Role::Administrator)
        }
        Action::SupervisionRead | Action::ProposalsRead => {
            !matches!(role, Role::Reporter | Role::Signatory)
        }
        Action::DraftRead | Action::ReportSave | Action::IssueRaise => {
            matches!(role, Role::Reporter | Role::Signatory)
        }
        Action::MilestonesPlan
        | Action::ProjectMove
        | Action::ChangePropose
        | Action::ProjectPropose
        | Action::ReportSubmit => matches!(role, Role::Signatory),
        // An issue is owed by the office at times, and decided by whoever raised it.
        Action::TaskClaim | Action::TaskVerify | Action::TaskReturn => {
            matches!(role, Role::Reporter | Role::Signatory | Role::Supervisor)
        }
        Action::UnitAssign
        | Action::ChangeDecide
        | Action::ReportWaive
        | Action::IssueRedirect
        | Action::OrderIssue
        | Action::OrderDismiss
        | Action::RatingAdopt
        | Action::RatingOverride
        | Action::BriefingPublish => matches!(role, Role::Supervisor),
        Action::ReportDuty
        | Action::CatalogueImport
        | Action::UserRead
        | Action::UserCreate
        | Action::UserDisable
        | Action::UserEnable
        | Action::PasswordReset
        | Action::GrantAdd
        | Action::GrantEnd
        | Action::TokenIssue
        | Action::TokenRevoke => matches!(role, Role::Administrator),
        Action::PasswordChange | Action::SessionManage => false,
    }
}

/// Whether a grant lets its holder know of the thing.
fn sees(held: &Held, facts: Facts<'_>) -> bool {
    match facts {
        Facts::Everything => held.scope == Scope::Everything,
        Facts::Jurisdiction(jurisdiction) => in_jurisdiction(held, jurisdiction),
        // Units are wording of the catalogue, which everybody in the jurisdiction reads.
        Facts::Unit(jurisdiction, _) => in_jurisdiction(held, jurisdiction),
        Facts::Project(project) => sees_project(held, project),
        Facts::Order(order) => sees_order(held, order),
        Facts::Task(task) => match (&task.project, &held.scope) {
            (_, Scope::Unit { within, .. }) if owed_or_raised(task, within) => true,
            (Some(project), _) => sees_project(held, project),
            (None, Scope::Everything | Scope::Jurisdiction(_)) => {
                in_jurisdiction(held, task.jurisdiction)
            }
            (None, Scope::Area { .. } | Scope::Unit { .. }) => false,
        },
        Facts::Change(change) => sees_project(held, &change.project),
        Facts::User(user) => held.role == Role::Administrator && administers(held, user),
        Facts::Entry(entry) => sees_entry(held, entry),
    }
}

/// An entry is seen as its subject is; what is of people's accounts by those who keep them
/// and by the auditor, who also knows that drafts are there.
fn sees_entry(held: &Held, entry: &EntryFacts) -> bool {
    let unit = matches!(held.scope, Scope::Unit { .. });
    let area = matches!(held.scope, Scope::Area { .. });
    let audits = held.role == Role::Auditor;
    match entry {
        EntryFacts::Project(project) => sees_project(held, project),
        EntryFacts::Task(task) => sees(held, Facts::Task(task)),
        EntryFacts::Change(change) => sees(held, Facts::Change(change)),
        EntryFacts::Dismissal(project) => !unit && sees_project(held, project),
        EntryFacts::Catalogue(jurisdiction) => in_jurisdiction(held, *jurisdiction),
        EntryFacts::Briefing(jurisdiction) => {
            !unit && !area && in_jurisdiction(held, *jurisdiction)
        }
        EntryFacts::Draft(project) => audits && sees_project(held, project),
        EntryFacts::Account(user) => match held.role {
            Role::Auditor => held.scope.jurisdiction().map_or_else(
                || held.scope == Scope::Everything,
                |own| user.jurisdictions.contains(&Some(own)),
            ),
            Role::Administrator => administers(held, user),
            _ => false,
        },
        EntryFacts::Grant(jurisdiction) => {
            let keeps = audits || held.role == Role::Administrator;
            let inside = jurisdiction.map_or_else(
                || held.scope == Scope::Everything,
                |jurisdiction| in_jurisdiction(held, jurisdiction),
            );
            keeps && inside
        }
    }
}

/// A unit sees what it owes, and an issue that it raised, whatever its part in the project
/// is by now.
fn owed_or_raised(task: &TaskFacts, within: &BTreeSet<UnitId>) -> bool {
    let raised = task.raised_unit.filter(|_| task.kind == TaskKind::Issue);
    let units = task.unit.iter().chain(&raised);
    units.into_iter().any(|unit| within.contains(unit))
}

/// Whoever sees every project of an order, and its jurisdiction, sees what is asked for.
fn sees_order(held: &Held, order: &OrderFacts) -> bool {
    let mut projects = order.projects.iter();
    in_jurisdiction(held, order.jurisdiction) && projects.all(|one| sees_project(held, one))
}

fn in_jurisdiction(held: &Held, jurisdiction: JurisdictionId) -> bool {
    held.scope
        .jurisdiction()
        .is_none_or(|own| own == jurisdiction)
}

fn sees_project(held: &Held, project: &ProjectFacts) -> bool {
    match &held.scope {
        Scope::Everything => true,
        Scope::Jurisdiction(jurisdiction) => *jurisdiction == project.jurisdiction,
        Scope::Area { area, .. } => project.areas.contains(area),
        Scope::Unit { within, .. } => project.units().any(|unit| within.contains(&unit)),
    }
}

/// A scoped administrator reaches a user only if every grant of the user lies in scope.
fn administers(held: &Held, user: &UserFacts) -> bool {
    match held.scope.jurisdiction() {
        None => held.scope == Scope::Everything,
        Some(own) => {
            !user.jurisdictions.is_empty() && user.jurisdictions.iter().all(|j| *j == Some(own))
        }
    }
}

/// Why a grant whose role allows the action still does not, here.
fn refusal(
    principal: &Principal,
    held: &Held,
    action: Action,
    facts: Facts<'_>,
) -> Option<&'static str> {
    match facts {
        Facts::Everything => (action == Action::ReportDuty
            && !matches!(principal.actor, Actor::System(_)))
        .then_some("only the program itself does this"),
        Facts::Jurisdiction(_) => jurisdiction_refusal(held, action),
        Facts::Unit(_, unit) => {
            (!unit_acts(held, Some(unit))).then_some("only the unit itself may do this")
        }
        Facts::User(user) => (matches!(action, Action::GrantAdd | Action::GrantEnd)
            && principal.user_id() == Some(user.id))
        .then_some("nobody changes their own grants"),
        Facts::Project(project) => project_refusal(principal, held, action, project),
        Facts::Task(task) => task_refusal(principal, held, action, task),
        Facts::Order(order) if action == Action::OrderDismiss => {
            dismissal_refusal(principal, held, order)
        }
        Facts::Order(order) => order_refusal(principal, held, order),
        Facts::Change(change) if action == Action::ChangeDecide => {
            let outside = !covers_areas(principal, held, &change.project);
            outside
                .then_some(PARTLY_OUTSIDE)
                .or_else(|| leads_outside(principal, held, change))
                .or_else(|| office_refusal(principal, change.project.lead))
                .or_else(|| office_refusal(principal, change.proposed_for))
                .or_else(|| office_refusal(principal, change.new_lead))
                .or_else(|| {
                    own_hand(principal, Some(change.proposed_by))
                        .then_some("nobody decides what they proposed themselves")
                })
        }
        Facts::Change(_) => None,
        Facts::Entry(entry) => entry_refusal(held, action, entry),
    }
}

/// The feed carries facts, not drafts and administration; an area supervisor's ledger is
/// that of the projects in sight.
fn entry_refusal(held: &Held, action: Action, entry: &EntryFacts) -> Option<&'static str> {
    match (action, entry) {
        (
            Action::FeedRead,
            EntryFacts::Draft(_) | EntryFacts::Account(_) | EntryFacts::Grant(_),
        ) => Some("the feed carries facts alone"),
        (Action::LedgerRead, EntryFacts::Catalogue(_)) => {
            let area = matches!(held.scope, Scope::Area { .. });
            area.then_some("your grant does not cover the whole jurisdiction")
        }
        _ => None,
    }
}

const PARTLY_OUTSIDE: &str = "the project lies partly outside your area";

/// What concerns a whole jurisdiction is for those whose grant covers all of it.
fn jurisdiction_refusal(held: &Held, action: Action) -> Option<&'static str> {
    let whole = matches!(held.scope, Scope::Everything | Scope::Jurisdiction(_));
    let wants_whole = matches!(
        action,
        Action::SupervisionRead | Action::RatingAdopt | Action::BriefingPublish
    );
    (wants_whole && !whole).then_some("your grant does not cover the whole jurisdiction")
}

/// An order that an area supervisor issues is about one project, so that it stays in sight.
/// Nobody could ever close an order to the home unit of the office that issued it.
fn order_refusal(principal: &Principal, held: &Held, order: &OrderFacts) -> Option<&'static str> {
    let mut projects = order.projects.iter();
    if held.home.contains(&order.unit) {
        Some("an office issues no order to itself or a unit below it")
    } else if matches!(held.scope, Scope::Area { .. }) && order.projects.len() != 1 {
        Some("an area supervisor's order is about one project")
    } else if projects.all(|project| covers_areas(principal, held, project)) {
        None
    } else {
        Some(PARTLY_OUTSIDE)
    }
}

/// Whoever dismisses a proposed order spares the unit that it would press: never their own.
fn dismissal_refusal(
    principal: &Principal,
    held: &Held,
    order: &OrderFacts,
) -> Option<&'static str> {
    let mut projects = order.projects.iter();
    let covered = projects.all(|project| covers_areas(principal, held, project));
    (!covered)
        .then_some(PARTLY_OUTSIDE)
        .or_else(|| office_refusal(principal, Some(order.unit)))
}

fn task_refusal(
    principal: &Principal,
    held: &Held,
    action: Action,
    task: &TaskFacts,
) -> Option<&'static str> {
    match action {
        Action::TaskClaim => claim_refusal(principal, held, task),
        Action::DraftRead | Action::ReportSave | Action::ReportSubmit => {
            (!unit_acts(held, task.unit)).then_some("only the unit that owes it may do this")
        }
        Action::TaskVerify | Action::TaskReturn => {
            let decider = match task.kind {
                TaskKind::Issue => raiser_refusal(held, task),
                TaskKind::Milestone | TaskKind::Report | TaskKind::Order => {
                    supervisor_refusal(principal, held, task)
                }
            };
            decider.or_else(|| {
                own_hand(principal, task.submitted_by)
                    .then_some("nobody decides what they submitted themselves")
            })
        }
        Action::ReportWaive | Action::IssueRedirect => supervisor_refusal(principal, held, task),
        _ => None,
    }
}

/// The unit that owes a task claims it; the office answers an issue that it owes itself.
fn claim_refusal(principal: &Principal, held: &Held, task: &TaskFacts) -> Option<&'static str> {
    let by_office = task.kind == TaskKind::Issue && task.unit.is_none();
    if by_office && held.role == Role::Supervisor {
        return task
            .project
            .as_ref()
            .filter(|project| !covers_areas(principal, held, project))
            .map(|_| PARTLY_OUTSIDE);
    }
    (held.role == Role::Supervisor || !unit_acts(held, task.unit))
        .then_some("only the unit that owes it may do this")
}

/// An issue is closed by the unit that raised it.
fn raiser_refusal(held: &Held, task: &TaskFacts) -> Option<&'static str> {
    (held.role == Role::Supervisor || !unit_acts(held, task.raised_unit))
        .then_some("only the unit that raised it may do this")
}

/// The office decides, never for its own unit; an order is its issuing office's alone.
fn supervisor_refusal(
    principal: &Principal,
    held: &Held,
    task: &TaskFacts,
) -> Option<&'static str> {
    if held.role != Role::Supervisor {
        return Some("your role does not allow this");
    }
    let project = task.project.as_ref();
    project
        .filter(|project| !covers_areas(principal, held, project))
        .map(|_| PARTLY_OUTSIDE)
        .or_else(|| office_refusal(principal, task.unit))
        .or_else(|| {
            let issues = task.raised_unit.map_or_else(
                || held.home.is_empty(),
                |office| held.home.contains(&office),
            );
            (task.kind == TaskKind::Order && !issues)
                .then_some("only the office that issued it may do this")
        })
}

fn project_refusal(
    principal: &Principal,
    held: &Held,
    action: Action,
    project: &ProjectFacts,
) -> Option<&'static str> {
    match action {
        Action::ProjectMove | Action::MilestonesPlan | Action::ChangePropose => {
            (!unit_acts(held, project.lead)).then_some("only the lead unit may do this")
        }
        Action::IssueRaise => (!project.units().any(|unit| unit_acts(held, Some(unit))))
            .then_some("only a unit with a part in the project may do this"),
        Action::UnitAssign => (!covers_areas(principal, held, project)).then_some(PARTLY_OUTSIDE),
        Action::RatingOverride => {
            let outside = !covers_areas(principal, held, project);
            outside
                .then_some(PARTLY_OUTSIDE)
                .or_else(|| office_refusal(principal, project.lead))
        }
        _ => None,
    }
}

fn unit_acts(held: &Held, unit: Option<UnitId>) -> bool {
    match &held.scope {
        Scope::Unit { within, .. } => unit.is_some_and(|unit| within.contains(&unit)),
        Scope::Everything | Scope::Jurisdiction(_) | Scope::Area { .. } => false,
    }
}

/// An area supervisor does not decide that a project lies elsewhere, or nowhere: it would be
/// out of sight.
fn leads_outside(principal: &Principal, held: &Held, change: &ChangeFacts) -> Option<&'static str> {
    let areas = change.new_areas.as_ref()?;
    let nowhere = areas.is_empty() && matches!(held.scope, Scope::Area { .. });
    (nowhere || !covers(principal, held, areas))
        .then_some("the project would lie partly outside your area")
}

/// An area supervisor acts only where every area of the project is in the person's scope.
fn covers_areas(principal: &Principal, held: &Held, project: &ProjectFacts) -> bool {
    covers(principal, held, &project.areas)
}

fn covers(principal: &Principal, held: &Held, areas: &[AreaId]) -> bool {
    let covered = |wanted| {
        principal.grants.iter().any(|other| {
            other.role == held.role
                && matches!(&other.scope, Scope::Area { area, .. } if *area == wanted)
        })
    };
    match &held.scope {
        Scope::Area { .. } => areas.iter().all(|area| covered(*area)),
        Scope::Everything | Scope::Jurisdiction(_) | Scope::Unit { .. } => true,
    }
}

/// The office never decides for its own unit, nor do the unit's own people.
fn office_refusal(principal: &Principal, unit: Option<UnitId>) -> Option<&'static str> {
    let unit = unit?;
    // Whichever grant names it: a home unit is the person's, not the grant's.
    if principal
        .grants
        .iter()
        .any(|held| held.home.contains(&unit))
    {
        Some("nobody decides for their home unit or one below it")
    } else if principal.belongs_to(unit) {
        Some("nobody decides for a unit of their own")
    } else {
        None
    }
}

fn own_hand(principal: &Principal, author: Option<UserId>) -> bool {
    author.is_some() && author == principal.user_id()
}
