//! Lists in pages: forwards, backwards, in every order, while others write; and what each
//! filter lets through and keeps out.

use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::known::{
    BIYANG, BRIDGE, BUILDING, CANAL, HERE, LEVEE, PARK, PLAN, PROGRAMME, RESERVOIR, ROAD, SECTION,
    STATION, TRANSPORT, WATER,
};
use crate::support::{Client, Persona, World, on_both};

on_both!(
    pages_of_projects_are_the_whole_list_both_ways_in_every_order,
    pages_of_tasks_are_the_whole_list_both_ways_in_every_order,
    a_page_is_stable_while_others_write,
    a_cursor_belongs_to_its_list,
    an_empty_page_ends_where_it_was_asked_to_begin,
    page_sizes_have_bounds,
    filters_of_projects_let_through_and_keep_out,
    filters_of_projects_combine,
    filters_of_tasks_let_through_and_keep_out,
    filters_of_change_requests_let_through_and_keep_out,
    the_total_is_counted_only_when_asked,
);

const PROJECTS: &str = "query P($first: Int, $after: String, $last: Int, $before: String,
        $filter: ProjectFilter, $orderBy: ProjectOrder) {
    list: projects(first: $first, after: $after, last: $last, before: $before,
            filter: $filter, orderBy: $orderBy) {
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { id }
    }
}";

const TASKS: &str = "query T($first: Int, $after: String, $last: Int, $before: String,
        $filter: TaskFilter, $orderBy: TaskOrder) {
    list: tasks(first: $first, after: $after, last: $last, before: $before,
            filter: $filter, orderBy: $orderBy) {
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { id }
    }
}";

const CHANGES: &str = "query C($filter: ChangeRequestFilter) {
    list: changeRequests(filter: $filter) { nodes { id } }
}";

async fn page(client: &Client, document: &str, variables: &Value) -> Value {
    client
        .ask(document, variables.clone())
        .await
        .at("/list")
        .clone()
}

fn ids(page: &Value) -> Vec<String> {
    let nodes = page["nodes"].as_array().unwrap().iter();
    nodes
        .map(|node| node["id"].as_str().unwrap().to_owned())
        .collect()
}

/// The whole list, three at a time, forwards or backwards.
async fn walk(client: &Client, document: &str, base: &Value, backwards: bool) -> Vec<String> {
    let (size, from, cursor, more) = match backwards {
        false => ("first", "after", "endCursor", "hasNextPage"),
        true => ("last", "before", "startCursor", "hasPreviousPage"),
    };
    let mut variables = base.clone();
    variables[size] = json!(3);
    let mut all = Vec::new();
    loop {
        let page = page(client, document, &variables).await;
        let mut ids = ids(&page);
        match backwards {
            false => all.extend(ids),
            true => {
                ids.extend(all);
                all = ids;
            }
        }
        if page["pageInfo"][more] == json!(false) {
            return all;
        }
        assert!(all.len() < 100, "a list without an end");
        variables[from] = page["pageInfo"][cursor].clone();
    }
}

async fn walk_every_order(world: &World, document: &str, orders: &[&str], expected: usize) {
    let client = world.client_of(Persona::Administrator).await;
    for field in orders {
        let order =
            |direction: &str| json!({ "orderBy": { "field": field, "direction": direction } });
        let up = order("ASC");
        let whole = ids(&page(&client, document, &up).await);
        assert_eq!(whole.len(), expected, "{field}");
        assert_eq!(walk(&client, document, &up, false).await, whole, "{field}");
        assert_eq!(walk(&client, document, &up, true).await, whole, "{field}");
        let down = order("DESC");
        let mut reversed = ids(&page(&client, document, &down).await);
        assert_eq!(
            walk(&client, document, &down, false).await,
            reversed,
            "{field}"
        );
        assert_eq!(
            walk(&client, document, &down, true).await,
            reversed,
            "{field}"
        );
        reversed.reverse();
        assert_eq!(reversed, whole, "{field}");
    }
}

async fn pages_of_projects_are_the_whole_list_both_ways_in_every_order(world: &World) {
    let orders = ["CODE", "TITLE", "DUE_DATE", "DAYS_OVERDUE", "UPDATED"];
    walk_every_order(world, PROJECTS, &orders, 13).await;
}

async fn pages_of_tasks_are_the_whole_list_both_ways_in_every_order(world: &World) {
    walk_every_order(world, TASKS, &["DUE_DATE", "DAYS_OVERDUE", "TITLE"], 26).await;
}

async fn a_page_is_stable_while_others_write(world: &World) {
    let client = world.client_of(Persona::Supervisor).await;
    let whole = ids(&page(&client, PROJECTS, &json!({})).await);
    let mut variables = json!({ "first": 4 });
    let first = page(&client, PROJECTS, &variables).await;
    // Before the cursor and behind it.
    db_copy_project(world, "ZMD-AAA-0001", 0xf001).await;
    db_copy_project(world, "ZMD-ZZZ-0001", 0xf002).await;
    variables["after"] = first["pageInfo"]["endCursor"].clone();
    variables["first"] = json!(50);
    let rest = ids(&page(&client, PROJECTS, &variables).await);
    let mut seen = ids(&first);
    seen.extend(rest);
    let new = seen.pop().unwrap();
    assert_eq!(seen, whole, "nothing twice, nothing lost");
    assert_eq!(
        new,
        format!("project_{}", crate::support::known::key(0xf002).simple())
    );
}

async fn db_copy_project(world: &World, code: &str, n: u128) {
    use crate::support::fixture::db_insert;
    use duban_entities::project;
    use sea_orm::EntityTrait as _;
    let row = project::Entity::find_by_id(BRIDGE)
        .one(&world.db)
        .await
        .unwrap()
        .unwrap();
    let copy = project::Model {
        id: duban_entities::ids::ProjectId(crate::support::known::key(n)),
        code: code.to_owned(),
        ..row
    };
    db_insert::<project::Entity>(&world.db, vec![copy]).await;
}

async fn a_cursor_belongs_to_its_list(world: &World) {
    let client = world.client_of(Persona::Supervisor).await;
    let codes = page(&client, PROJECTS, &json!({ "first": 1 })).await;
    let cursor = codes["pageInfo"]["endCursor"].clone();
    let by_title = json!({ "field": "TITLE", "direction": "ASC" });
    for (document, variables) in [
        (TASKS, json!({ "after": cursor })),
        (PROJECTS, json!({ "after": cursor, "orderBy": by_title })),
        (PROJECTS, json!({ "after": "not a cursor" })),
        (PROJECTS, json!({ "after": "ff" })),
    ] {
        assert_eq!(client.ask(document, variables).await.fields(), ["after"]);
    }
    let before = client.ask(TASKS, json!({ "before": cursor })).await;
    assert_eq!(before.fields(), ["before"]);
}

async fn an_empty_page_ends_where_it_was_asked_to_begin(world: &World) {
    let client = world.client_of(Persona::Supervisor).await;
    let whole = page(&client, PROJECTS, &json!({})).await;
    let cursor = whole["pageInfo"]["endCursor"].clone();
    let empty = page(&client, PROJECTS, &json!({ "after": cursor })).await;
    assert_eq!(ids(&empty), Vec::<String>::new());
    assert_eq!(empty["pageInfo"]["endCursor"], cursor);
    assert_eq!(empty["pageInfo"]["hasNextPage"], json!(false));
    db_copy_project(world, "ZMD-ZZZ-0001", 0xf002).await;
    let later = page(&client, PROJECTS, &json!({ "after": cursor })).await;
    assert_eq!(ids(&later).len(), 1);
}

async fn the_total_is_counted_only_when_asked(world: &World) {
    let client = world.client_of(Persona::Supervisor).await;
    let store = &world.services.store;
    for field in ["projects", "tasks", "changeRequests"] {
        let mut taken = Vec::new();
        for selection in ["nodes { id }", "totalCount nodes { id }"] {
            // Once, so that what a first request notes is noted.
            let document = format!("{{ {field}(first: 1) {{ {selection} }} }}");
            client.query(&document).await.data();
            let before = store.statements();
            let answer = client.query(&document).await;
            taken.push(store.statements() - before);
            if selection.starts_with("total") {
                let total = answer.at(&format!("/{field}/totalCount")).as_u64().unwrap();
                assert!(total > 1, "{field}: {total}");
            }
        }
        assert!(taken[1] > taken[0], "{field}: {taken:?} statements");
    }
}

async fn page_sizes_have_bounds(world: &World) {
    let client = world.client_of(Persona::Supervisor).await;
    let ask = |variables| client.ask(PROJECTS, variables);
    assert_eq!(
        ask(json!({ "first": 201 })).await.refused("LIMIT_EXCEEDED")["limit"],
        "page"
    );
    assert_eq!(ask(json!({ "first": -1 })).await.fields(), ["first"]);
    assert_eq!(
        ask(json!({ "first": 1, "last": 1 })).await.fields(),
        ["last"]
    );
    let none = ask(json!({ "first": 0 })).await;
    assert_eq!(none.at("/list/nodes"), &json!([]));
}

/// Fails unless the filter selects the first thing and not the second.
async fn tell_apart(client: &Client, document: &str, filter: Value, with: Value, without: Value) {
    let variables = json!({ "filter": filter });
    let found = ids(&page(client, document, &variables).await);
    let has = |id: &Value| found.contains(&id.as_str().unwrap().to_owned());
    assert!(
        has(&with),
        "{filter} keeps out what it must let through: {found:?}"
    );
    assert!(
        !has(&without),
        "{filter} lets through what it must keep out"
    );
}

async fn filters_of_projects_let_through_and_keep_out(world: &World) {
    let client = world.client_of(Persona::Administrator).await;
    let foreign = crate::support::known::FOREIGN;
    let member = crate::support::known::MEMBER;
    for (filter, with, without) in [
        (json!({ "jurisdictionId": text(HERE) }), RESERVOIR, foreign),
        (json!({ "areaId": text(BIYANG) }), ROAD, RESERVOIR),
        (json!({ "kind": ["RESERVOIR", "ROAD"] }), ROAD, CANAL),
        (json!({ "stage": ["CONSTRUCTION"] }), BUILDING, CANAL),
        (json!({ "leadUnitId": text(WATER) }), RESERVOIR, LEVEE),
        (
            json!({ "unitId": text(crate::support::known::COUNTY) }),
            RESERVOIR,
            ROAD,
        ),
        (json!({ "unitId": text(STATION) }), LEVEE, RESERVOIR),
        (json!({ "unassigned": true }), BRIDGE, ROAD),
        (json!({ "unassigned": false }), ROAD, BRIDGE),
        (json!({ "unscheduled": true }), CANAL, RESERVOIR),
        (json!({ "unscheduled": false }), RESERVOIR, CANAL),
        (json!({ "hasSuggestedLead": true }), PARK, BRIDGE),
        (json!({ "planId": text(PLAN) }), PARK, BRIDGE),
        (json!({ "clauseId": text(SECTION) }), RESERVOIR, CANAL),
        (json!({ "parentId": text(PROGRAMME) }), member, PROGRAMME),
        (
            json!({ "dueFrom": "2026-11-01", "dueTo": "2026-11-23" }),
            ROAD,
            CANAL,
        ),
        (json!({ "dueTo": "2026-10-31" }), CANAL, ROAD),
        (json!({ "overdue": true }), CANAL, ROAD),
        (json!({ "overdue": false }), PARK, CANAL),
        (json!({ "periodEnded": true }), PARK, CANAL),
        (json!({ "periodEnded": false }), BRIDGE, PARK),
        (json!({ "simulated": true }), member, PARK),
        (json!({ "simulated": false }), PARK, member),
        (json!({ "text": "水库" }), RESERVOIR, CANAL),
        (json!({ "text": "宿鸭湖清淤" }), RESERVOIR, CANAL),
        (json!({ "text": "zmd-roa" }), ROAD, CANAL),
        (json!({ "text": "市交通局" }), ROAD, CANAL),
    ] {
        tell_apart(&client, PROJECTS, filter, text(with), text(without)).await;
    }
    // What LIKE would take for any text is itself.
    let percent = page(&client, PROJECTS, &json!({ "filter": { "text": "%" } })).await;
    assert_eq!(ids(&percent).len(), 0);
}

async fn filters_of_projects_combine(world: &World) {
    let client = world.client_of(Persona::Administrator).await;
    let led = json!({ "leadUnitId": text(WATER) });
    let road = json!({ "kind": ["ROAD"] });
    for (filter, with, without) in [
        (
            json!({ "and": [led, { "unscheduled": true }] }),
            CANAL,
            RESERVOIR,
        ),
        (json!({ "or": [led, road] }), ROAD, BRIDGE),
        (json!({ "not": led }), ROAD, CANAL),
        (json!({ "not": { "or": [led, road] } }), BRIDGE, ROAD),
    ] {
        tell_apart(&client, PROJECTS, filter, text(with), text(without)).await;
    }
    let nothing = page(&client, PROJECTS, &json!({ "filter": { "or": [] } })).await;
    assert_eq!(ids(&nothing).len(), 0, "none of no alternatives holds");
    let mut deep = json!({ "overdue": true });
    for _ in 0..5 {
        deep = json!({ "not": deep });
    }
    let refused = client.ask(PROJECTS, json!({ "filter": deep })).await;
    refused.refused("LIMIT_EXCEEDED");
    let wide: Vec<Value> = (0..51).map(|_| json!({ "overdue": true })).collect();
    let refused = client
        .ask(PROJECTS, json!({ "filter": { "or": wide } }))
        .await;
    refused.refused("LIMIT_EXCEEDED");
}

async fn filters_of_tasks_let_through_and_keep_out(world: &World) {
    use crate::support::known::{
        BRIDGE_FINISH, CANAL_FINISH, DAM, FOREIGN_FINISH, LAND, PARK_FINISH, RESERVOIR_FINISH,
        ROAD_FINISH, SURVEY,
    };
    let client = world.client_of(Persona::Administrator).await;
    for (filter, with, without) in [
        (
            json!({ "jurisdictionId": text(HERE) }),
            LAND,
            FOREIGN_FINISH,
        ),
        (json!({ "state": ["SUBMITTED"] }), DAM, LAND),
        (json!({ "due": "OPEN" }), DAM, SURVEY),
        (json!({ "due": "DUE_SOON" }), ROAD_FINISH, LAND),
        (json!({ "due": "OVERDUE" }), LAND, PARK_FINISH),
        (json!({ "due": "PERIOD_ENDED" }), PARK_FINISH, BRIDGE_FINISH),
        (json!({ "due": "DONE" }), SURVEY, DAM),
        (json!({ "dueBasis": ["STATED"] }), CANAL_FINISH, LAND),
        (json!({ "unitId": text(TRANSPORT) }), ROAD_FINISH, LAND),
        (json!({ "projectId": text(RESERVOIR) }), LAND, CANAL_FINISH),
    ] {
        tell_apart(&client, TASKS, filter, text(with), text(without)).await;
    }
    let kind = json!({ "filter": { "kind": ["MILESTONE"] } });
    assert_eq!(ids(&page(&client, TASKS, &kind).await).len(), 17);
    let reporter = world.client_of(Persona::Reporter).await;
    let mine = json!({ "mine": true });
    tell_apart(&reporter, TASKS, mine, text(RESERVOIR_FINISH), text(LAND)).await;
    let others = json!({ "mine": false });
    tell_apart(&reporter, TASKS, others, text(LAND), text(RESERVOIR_FINISH)).await;
}

async fn filters_of_change_requests_let_through_and_keep_out(world: &World) {
    use crate::support::known::{CANAL_SCHEDULE, FOREIGN_SCHEDULE, RESERVOIR_SCHEDULE};
    let client = world.client_of(Persona::Administrator).await;
    for (filter, with, without) in [
        (
            json!({ "jurisdictionId": text(HERE) }),
            CANAL_SCHEDULE,
            FOREIGN_SCHEDULE,
        ),
        (
            json!({ "projectId": text(CANAL) }),
            CANAL_SCHEDULE,
            RESERVOIR_SCHEDULE,
        ),
        (
            json!({ "state": ["APPROVED"] }),
            RESERVOIR_SCHEDULE,
            CANAL_SCHEDULE,
        ),
    ] {
        tell_apart(&client, CHANGES, filter, text(with), text(without)).await;
    }
    let stage = page(
        &client,
        CHANGES,
        &json!({ "filter": { "kind": ["STAGE"] } }),
    )
    .await;
    assert_eq!(ids(&stage).len(), 0);
}
