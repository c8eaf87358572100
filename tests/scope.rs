//! What the store's conditions select is what the policy lets people read, for everybody
//! and everything in the small world.

use duban::policy::{
    Action, ChangeFacts, EntryFacts, Facts, Principal, ProjectFacts, TaskFacts, UserFacts, decide,
};
use duban::store::ledger::read::{self, EntryFilter, List};
use duban::store::page::{Direction, PageRequest};
use duban::store::projects::{self, ProjectFilter, ProjectOrder};
use duban::store::tasks::{self, TaskFilter, TaskOrder};
use duban::store::today::Today;
use duban::store::{changes, facts, outline, users};
use duban_entities::ids::{
    ApiTokenId, ChangeRequestId, ClauseId, IndicatorId, JurisdictionId, TaskId,
};
use duban_entities::{
    api_token, change_request, clause, indicator, jurisdiction, ledger, plan, project, task, unit,
    user,
};
use sea_orm::EntityTrait;

use crate::support::{NOW, Persona, World, fixture, on_both};

on_both!(
    projects_are_selected_as_the_policy_decides,
    tasks_are_selected_as_the_policy_decides,
    changes_are_selected_as_the_policy_decides,
    the_catalogue_is_selected_as_the_policy_decides,
    users_are_selected_as_the_policy_decides,
    entries_are_selected_as_the_policy_decides,
);

/// Everybody who is signed in.
fn somebody() -> &'static [Persona] {
    &Persona::ALL[1..]
}

fn may(principal: &Principal, action: Action, facts: Facts<'_>) -> bool {
    decide(principal, action, facts).is_ok()
}

/// As many as there are.
fn all() -> PageRequest {
    PageRequest {
        first: Some(200),
        ..PageRequest::default()
    }
}

#[track_caller]
fn assert_same<T: Ord + ToString>(who: Persona, mut selected: Vec<T>, mut allowed: Vec<T>) {
    selected.sort();
    allowed.sort();
    let show = |ids: &[T]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        show(&selected),
        show(&allowed),
        "{who:?}: selected, allowed"
    );
}

async fn db_projects(world: &World) -> Vec<(project::Model, ProjectFacts)> {
    let rows = project::Entity::find().all(&world.db).await.unwrap();
    let mut known = facts::of_projects(&world.db, &rows).await.unwrap();
    let with_facts = rows.into_iter().map(|row| {
        let facts = known.remove(&row.id).unwrap();
        (row, facts)
    });
    with_facts.collect()
}

async fn today(world: &World) -> Today {
    Today::load(&world.db, NOW).await.unwrap()
}

async fn projects_are_selected_as_the_policy_decides(world: &World) {
    let (rows, today) = (db_projects(world).await, today(world).await);
    let (filter, order) = (
        ProjectFilter::default(),
        Some((ProjectOrder::Code, Direction::Ascending)),
    );
    for who in somebody() {
        let principal = world.principal(*who).await;
        let page = projects::page(&world.db, &principal, &filter, order, &all(), &today).await;
        let selected = page
            .unwrap()
            .rows
            .into_iter()
            .map(|(_, row)| row.id)
            .collect();
        let allowed = rows
            .iter()
            .filter(|(_, facts)| may(&principal, Action::ProjectRead, Facts::Project(facts)));
        let allowed: Vec<_> = allowed.map(|(row, _)| row.id).collect();
        let count = projects::count(&world.db, &principal, &filter, &today).await;
        assert_eq!(
            count.unwrap(),
            u64::try_from(allowed.len()).unwrap(),
            "{who:?}"
        );
        assert_same(*who, selected, allowed);
    }
}

async fn tasks_are_selected_as_the_policy_decides(world: &World) {
    let (projects, today) = (db_projects(world).await, today(world).await);
    let rows = task::Entity::find().all(&world.db).await.unwrap();
    let (filter, order) = (
        TaskFilter::default(),
        (TaskOrder::DueDate, Direction::Ascending),
    );
    for who in somebody() {
        let principal = world.principal(*who).await;
        let page = tasks::page(&world.db, &principal, &filter, order, &all(), &today).await;
        let selected = page
            .unwrap()
            .rows
            .into_iter()
            .map(|(_, row)| row.id)
            .collect();
        let allowed = rows.iter().filter(|row| {
            let project = projects
                .iter()
                .find(|(project, _)| Some(project.id) == row.project_id);
            let facts: TaskFacts = facts::task_facts(row, project.map(|(_, facts)| facts.clone()));
            may(&principal, Action::TaskRead, Facts::Task(&facts))
        });
        assert_same(*who, selected, allowed.map(|row| row.id).collect());
    }
}

async fn changes_are_selected_as_the_policy_decides(world: &World) {
    let projects = db_projects(world).await;
    let rows = change_request::Entity::find().all(&world.db).await.unwrap();
    for who in somebody() {
        let principal = world.principal(*who).await;
        let filter = changes::ChangeRequestFilter::default();
        let page = changes::page(&world.db, &principal, &filter, &all())
            .await
            .unwrap();
        let selected = page.rows.into_iter().map(|(_, row)| row.id).collect();
        let allowed = rows.iter().filter(|row| {
            let project = projects
                .iter()
                .find(|(project, _)| Some(project.id) == row.project_id);
            let project = project.map(|(_, facts)| facts.clone());
            let project = project.unwrap_or_else(|| facts::proposed_facts(row));
            let facts: ChangeFacts = facts::change_facts(row, project);
            may(&principal, Action::ChangeRead, Facts::Change(&facts))
        });
        assert_same(*who, selected, allowed.map(|row| row.id).collect());
    }
}

async fn the_catalogue_is_selected_as_the_policy_decides(world: &World) {
    let jurisdictions = jurisdiction::Entity::find().all(&world.db).await.unwrap();
    let plans = plan::Entity::find().all(&world.db).await.unwrap();
    let units = unit::Entity::find().all(&world.db).await.unwrap();
    for who in somebody() {
        let principal = world.principal(*who).await;
        let reads = |id| may(&principal, Action::CatalogueRead, Facts::Jurisdiction(id));
        let selected = outline::jurisdictions(&world.db, &principal).await.unwrap();
        let allowed = jurisdictions
            .iter()
            .filter(|row| reads(row.id))
            .map(|row| row.id);
        // Until the password is changed the service refuses before it selects.
        if *who == Persona::MustChange {
            assert_eq!(allowed.count(), 0);
            continue;
        }
        assert_same(
            *who,
            selected.iter().map(|row| row.id).collect(),
            allowed.collect(),
        );
        let selected = outline::plans(&world.db, &principal, None).await.unwrap();
        let allowed = plans
            .iter()
            .filter(|row| reads(row.jurisdiction_id))
            .map(|row| row.id);
        assert_same(
            *who,
            selected.iter().map(|row| row.id).collect(),
            allowed.collect(),
        );
        let filter = outline::UnitFilter::default();
        let selected = outline::units(&world.db, &principal, &filter, &all())
            .await
            .unwrap();
        let allowed = units
            .iter()
            .filter(|row| reads(row.jurisdiction_id))
            .map(|row| row.id);
        let selected = selected.rows.iter().map(|(_, row)| row.id).collect();
        assert_same(*who, selected, allowed.collect());
    }
}

async fn users_are_selected_as_the_policy_decides(world: &World) {
    let rows = user::Entity::find().all(&world.db).await.unwrap();
    for who in somebody() {
        let principal = world.principal(*who).await;
        let page = users::page(&world.db, &principal, &all()).await.unwrap();
        let selected: Vec<_> = page.rows.into_iter().map(|(_, row)| row.id).collect();
        let mut allowed = Vec::new();
        for row in &rows {
            let facts: UserFacts = facts::of_user(&world.db, row.id).await.unwrap();
            // Everybody may read themselves; the list is the administrator's.
            let own = principal.user_id() == Some(row.id);
            if may(&principal, Action::UserRead, Facts::User(&facts)) && !own {
                allowed.push(row.id);
            }
        }
        let others = selected
            .into_iter()
            .filter(|id| principal.user_id() != Some(*id));
        assert_same(*who, others.collect(), allowed);
    }
}

/// What an entry is of, as the policy asks for it.
async fn db_entry_facts(
    world: &World,
    projects: &[(project::Model, ProjectFacts)],
    entry: &ledger::Model,
) -> EntryFacts {
    let hangs_on = projects
        .iter()
        .find(|(project, _)| Some(project.id) == entry.project_id);
    let subject = entry.subject_id.as_str();
    match (entry.subject_type.as_str(), hangs_on) {
        ("ReportDraft", Some((_, facts))) => EntryFacts::Draft(facts.clone()),
        ("OrderDismissal", Some((_, facts))) => EntryFacts::Dismissal(facts.clone()),
        (_, Some((_, facts))) => EntryFacts::Project(facts.clone()),
        ("Task", None) => {
            let row = task::Entity::find_by_id(subject.parse::<TaskId>().unwrap());
            let row = row.one(&world.db).await.unwrap().unwrap();
            EntryFacts::Task(facts::task_facts(&row, None))
        }
        ("ChangeRequest", None) => {
            let row =
                change_request::Entity::find_by_id(subject.parse::<ChangeRequestId>().unwrap());
            let row = row.one(&world.db).await.unwrap().unwrap();
            EntryFacts::Change(facts::change_facts(&row, facts::proposed_facts(&row)))
        }
        ("Clause" | "Indicator", None) => {
            EntryFacts::Catalogue(db_jurisdiction_of(world, subject).await)
        }
        ("Briefing", None) => EntryFacts::Briefing(entry.jurisdiction_id.unwrap()),
        ("User", None) => {
            let id = subject.parse().unwrap();
            EntryFacts::Account(facts::of_user(&world.db, id).await.unwrap())
        }
        ("ApiToken", None) => {
            let row = api_token::Entity::find_by_id(subject.parse::<ApiTokenId>().unwrap());
            let user = row.one(&world.db).await.unwrap().unwrap().user_id;
            EntryFacts::Account(facts::of_user(&world.db, user).await.unwrap())
        }
        ("Grant", None) => EntryFacts::Grant(entry.jurisdiction_id),
        _ => EntryFacts::Catalogue(entry.jurisdiction_id.unwrap()),
    }
}

/// Of a clause or an indicator: its plan's.
async fn db_jurisdiction_of(world: &World, subject: &str) -> JurisdictionId {
    let of = match subject.parse::<ClauseId>() {
        Ok(id) => {
            let row = clause::Entity::find_by_id(id).one(&world.db).await;
            row.unwrap().unwrap().plan_id
        }
        Err(_) => {
            let id: IndicatorId = subject.parse().unwrap();
            let row = indicator::Entity::find_by_id(id).one(&world.db).await;
            row.unwrap().unwrap().plan_id
        }
    };
    let row = plan::Entity::find_by_id(of).one(&world.db).await;
    row.unwrap().unwrap().jurisdiction_id
}

async fn entries_are_selected_as_the_policy_decides(world: &World) {
    fixture::add_supervision(&world.services.store).await;
    // Everybody's sign-in first: a program's token leaves an entry too.
    let mut principals = Vec::new();
    for who in somebody() {
        principals.push((*who, world.principal(*who).await));
    }
    let projects = db_projects(world).await;
    let entries = ledger::Entity::find().all(&world.db).await.unwrap();
    let mut known = Vec::new();
    for entry in &entries {
        known.push((entry.seq, db_entry_facts(world, &projects, entry).await));
    }
    let lists = [
        (List::Feed, Action::FeedRead),
        (List::Ledger(Direction::Ascending), Action::LedgerRead),
    ];
    for (who, principal) in principals {
        for (list, action) in lists {
            let of = (list, &EntryFilter::default());
            let page = read::page(&world.db, &principal, of, &all()).await.unwrap();
            let selected: Vec<i64> = page.rows.into_iter().map(|(_, row)| row.seq).collect();
            let allowed = known
                .iter()
                .filter(|(_, facts)| may(&principal, action, Facts::Entry(facts)));
            let allowed: Vec<i64> = allowed.map(|(seq, _)| *seq).collect();
            let count = read::count(&world.db, &principal, of).await.unwrap();
            assert_eq!(count, allowed.len() as u64, "{who:?} {action:?}");
            assert_same(who, selected, allowed);
        }
    }
}
