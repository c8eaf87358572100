//! Text search over HTTP: what is found, in which order, by whom, and how fresh; held against
//! a search that looks at every text.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use duban::store::page::PageRequest;
use duban::store::projects::{self, ProjectFilter};
use duban::store::search::fold;
use duban::store::today::Today;
use duban_entities::ids::{CitationId, ProjectAliasId, ProjectId, UnitId};
use duban_entities::vocabulary::LeadBasis;
use duban_entities::{
    citation, project, project_alias, search_gram, search_unit, unit, unit_alias,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, Statement, TransactionTrait,
};
use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::dump::texts;
use crate::support::fixture::{self, db_insert};
use crate::support::known::{BRIDGE, COUNTY, RESERVOIR_CITATION, TRANSPORT, key};
use crate::support::{Client, Content, Engine, NOW, Persona, World, on_both, on_world};

on_both!(
    words_of_two_characters_are_found,
    numbers_are_found_in_either_case_and_width,
    the_best_place_comes_first_and_then_the_code,
    a_change_is_found_at_once,
    what_you_may_not_see_is_not_found,
    one_character_is_answered_and_too_much_is_refused,
    wildcards_are_plain_characters,
    text_combines_with_the_rest_of_the_filter,
    many_hits_are_read_no_further_than_the_page,
    many_titles_that_begin_with_a_long_term_are_found,
    more_units_than_a_statement_binds_are_indexed,
    a_ranked_list_is_stable_while_rows_change,
    the_index_is_what_the_database_reads,
    units_are_looked_at_only_where_the_page_reaches_them,
);
on_both!(engine:
    the_index_finds_what_a_look_at_every_text_finds,
    a_database_without_an_index_gets_one,
);

const SEARCH: &str = "query S($f: ProjectFilter, $first: Int, $after: String, $last: Int,
        $before: String, $o: ProjectOrder) {
    list: projects(filter: $f, first: $first, after: $after, last: $last, before: $before,
            orderBy: $o) {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        nodes { code }
    }
}";

fn codes(list: &Value) -> Vec<String> {
    let nodes = list["nodes"].as_array().unwrap().iter();
    nodes
        .map(|node| node["code"].as_str().unwrap().to_owned())
        .collect()
}

async fn ask(client: &Client, variables: Value) -> Value {
    client.ask(SEARCH, variables).await.at("/list").clone()
}

/// What is found, in order; the total says the same.
async fn found(client: &Client, term: &str) -> Vec<String> {
    let list = ask(client, json!({ "f": { "text": term }, "first": 200 })).await;
    let codes = codes(&list);
    if list["pageInfo"]["hasNextPage"] == json!(false) {
        assert_eq!(list["totalCount"], json!(codes.len()), "{term}");
    }
    codes
}

async fn found_by(world: &World, who: Persona, term: &str) -> Vec<String> {
    found(&world.client_of(who).await, term).await
}

async fn db_bridge(world: &World) -> project::Model {
    let row = project::Entity::find_by_id(BRIDGE).one(&world.db).await;
    row.unwrap().unwrap()
}

/// A project like BRIDGE, which nobody leads.
async fn titled(world: &World, n: u128, code: &str, title: &str) -> project::Model {
    project::Model {
        id: ProjectId(key(n)),
        code: code.to_owned(),
        title: title.to_owned(),
        ..db_bridge(world).await
    }
}

async fn add(world: &World, rows: &[(u128, &str, &str)]) {
    let mut all = Vec::new();
    for (n, code, title) in rows {
        all.push(titled(world, *n, code, title).await);
    }
    fixture::add(&world.services.store, all).await;
}

async fn words_of_two_characters_are_found(world: &World) {
    let client = world.client_of(Persona::Supervisor).await;
    let titled_and_quoted = ["ZMD-RES-0001", "ZMD-PAR-0001"];
    assert_eq!(found(&client, "水库").await, titled_and_quoted);
    assert_eq!(found(&client, "道路").await, ["ZMD-ROA-0001"]);
    assert_eq!(found(&client, "大桥").await, ["ZMD-BRI-0001"]);
    assert_eq!(found(&client, "湖清").await, ["ZMD-RES-0001"], "an alias");
    let led = found(&client, "交通").await;
    assert_eq!(
        led,
        ["ZMD-RAI-0001", "ZMD-ROA-0001"],
        "the lead unit's name"
    );
    assert_eq!(found(&client, "市交通局").await, led, "and its alias");
    assert_eq!(found(&client, "库水").await, [""; 0]);
    assert_eq!(
        found(&client, "宿鸭清淤").await,
        [""; 0],
        "its pairs are there"
    );
}

async fn numbers_are_found_in_either_case_and_width(world: &World) {
    let rows = [
        (0x7001, "ZMD-ROA-0101", "国道107改建"),
        (0x7002, "ZMD-ROA-0102", "Ｇ１０７快速路"),
        (0x7003, "ZMD-ROA-0103", "S107 连接线"),
    ];
    add(world, &rows).await;
    let client = world.client_of(Persona::Supervisor).await;
    let all = ["ZMD-ROA-0101", "ZMD-ROA-0102", "ZMD-ROA-0103"];
    for (term, expected) in [
        ("国道107", &all[..1]),
        ("国道１０７", &all[..1]),
        ("G107", &all[1..2]),
        ("g107快", &all[1..2]),
        ("ｇ１０７", &all[1..2]),
        ("107", &all[..]),
        ("s107\u{3000}连", &all[2..]),
        ("zmd-roa-010", &all[..]),
        ("ＲＯＡ-0102", &all[1..2]),
    ] {
        assert_eq!(found(&client, term).await, expected, "{term}");
    }
}

async fn db_name(world: &World, project_id: ProjectId, alias: &str) {
    let row = project_alias::Model {
        id: ProjectAliasId(key(0x7f01)),
        project_id,
        alias: alias.to_owned(),
        source_file: None,
        source_line: None,
    };
    db_insert::<project_alias::Entity>(&world.db, vec![row]).await;
}

async fn db_quote(world: &World, project_id: ProjectId, quote: &str) {
    let row = citation::Entity::find_by_id(RESERVOIR_CITATION);
    let row = row.one(&world.db).await.unwrap().unwrap();
    let row = citation::Model {
        id: CitationId(key(0x7f02)),
        project_id,
        quote: quote.to_owned(),
        position: 90,
        ..row
    };
    db_insert::<citation::Entity>(&world.db, vec![row]).await;
}

async fn the_best_place_comes_first_and_then_the_code(world: &World) {
    let rows = [
        (0x7001, "ZMD-AAA-0001", "引黄入某湖"),
        (0x7002, "ZMD-AAA-0002", "某地qx7调蓄"),
        (0x7003, "ZMD-AAA-0003", "QX7灌区"),
        (0x7004, "ZMD-AAA-0004", "另一工程"),
        (0x7005, "QX7-ZZZ-0002", "末一工程"),
        (0x7006, "QX7-ZZZ-0001", "又一工程QX7"),
        (0x7007, "ZMD-AAA-0005", "某处QX7"),
        (0x7008, "ZMD-QX7-0001", "再一工程"),
    ];
    add(world, &rows).await;
    db_quote(world, ProjectId(key(0x7001)), "实施Ｑｘ７工程").await;
    db_name(world, ProjectId(key(0x7004)), "qx7别名").await;
    world.services.store.index_search().await.unwrap();
    let ranked = [
        "QX7-ZZZ-0001",
        "QX7-ZZZ-0002",
        "ZMD-AAA-0003",
        "ZMD-AAA-0002",
        "ZMD-AAA-0005",
        "ZMD-AAA-0004",
        "ZMD-QX7-0001",
        "ZMD-AAA-0001",
    ];
    let client = world.client_of(Persona::Supervisor).await;
    assert_eq!(found(&client, "qx7").await, ranked);
    assert_eq!(walk(&client, "qx7", 3, false).await, ranked);
    assert_eq!(walk(&client, "qx7", 3, true).await, ranked);
    let by_code = json!({ "field": "CODE", "direction": "ASC" });
    let asked = json!({ "f": { "text": "qx7" }, "o": by_code });
    let mut sorted = ranked.map(str::to_owned);
    sorted.sort();
    assert_eq!(codes(&ask(&client, asked).await), sorted, "an order wins");
    let below = json!({ "f": { "and": [{ "text": "qx7" }] } });
    assert_eq!(
        codes(&ask(&client, below).await),
        sorted,
        "a mere condition"
    );
}

/// The whole list, some at a time, forwards or backwards.
async fn walk(client: &Client, term: &str, size: usize, backwards: bool) -> Vec<String> {
    walk_all(client, json!({ "text": term }), size, backwards).await
}

async fn walk_all(client: &Client, filter: Value, size: usize, backwards: bool) -> Vec<String> {
    let (of, from, cursor, more) = match backwards {
        false => ("first", "after", "endCursor", "hasNextPage"),
        true => ("last", "before", "startCursor", "hasPreviousPage"),
    };
    let document = SEARCH.replace("totalCount", "");
    let mut variables = json!({ "f": filter, of: size });
    let mut all = Vec::new();
    loop {
        let answer = client.ask(&document, variables.clone()).await;
        let list = answer.at("/list");
        let mut codes = codes(list);
        match backwards {
            false => all.extend(codes),
            true => {
                codes.extend(all);
                all = codes;
            }
        }
        if list["pageInfo"][more] == json!(false) {
            return all;
        }
        assert!(all.len() < 5_000, "a list without an end");
        variables[from] = list["pageInfo"][cursor].clone();
    }
}

async fn a_change_is_found_at_once(world: &World) {
    let client = world.client_of(Persona::Supervisor).await;
    let store = &world.services.store;
    let before = db_bridge(world).await;
    let after = project::Model {
        title: "西平跨河通道".to_owned(),
        ..before.clone()
    };
    fixture::change(store, before, after).await;
    assert_eq!(found(&client, "跨河").await, ["ZMD-BRI-0001"]);
    assert_eq!(
        found(&client, "大桥").await,
        [""; 0],
        "the old title is gone"
    );
    let assign = "mutation A($input: UnitAssignInput!) { unitAssign(input: $input) {
        project { code leadUnit { id } } } }";
    let input = json!({ "projectId": text(BRIDGE), "leadUnitId": text(COUNTY) });
    let answer = client.ask(assign, json!({ "input": input })).await;
    assert_eq!(answer.at("/unitAssign/project/code"), "ZMD-BRI-0001");
    assert_eq!(found(&client, "平舆县人").await, ["ZMD-BRI-0001"]);
    let county = unit::Entity::find_by_id(COUNTY).one(&world.db).await;
    let county = county.unwrap().unwrap();
    let renamed = unit::Model {
        name: "平舆新区".to_owned(),
        full_name: Some("平舆新区管理委员会".to_owned()),
        ..county.clone()
    };
    fixture::change(store, county, renamed).await;
    assert_eq!(found(&client, "平舆县人").await, [""; 0]);
    assert_eq!(found(&client, "新区管").await, ["ZMD-BRI-0001"]);
    let answer = client
        .ask(
            assign,
            json!({ "input": { "projectId": text(BRIDGE), "leadUnitId": text(TRANSPORT) } }),
        )
        .await;
    answer.data();
    assert_eq!(found(&client, "新区管").await, [""; 0]);
    assert_eq!(
        found(&client, "交通").await,
        ["ZMD-BRI-0001", "ZMD-RAI-0001", "ZMD-ROA-0001"]
    );
    db_index_is_whole(world).await;
}

/// The index is what one made anew would be.
async fn db_index_is_whole(world: &World) {
    let kept = db_index(&world.db).await;
    world.services.store.index_search().await.unwrap();
    assert_eq!(kept, db_index(&world.db).await);
}

async fn db_index(db: &DatabaseConnection) -> Vec<String> {
    let mut all = Vec::new();
    for sql in [
        "SELECT code || '|' || title || '|' || names || '|' || quotes AS v FROM search_texts ORDER BY code",
        "SELECT code || '|' || names AS v FROM search_units ORDER BY code",
        "SELECT CAST(gram AS text) || '|' || CAST(tier AS text) || '|' || code AS v FROM search_grams ORDER BY gram, tier, code",
    ] {
        let rows = texts(db, sql).await;
        assert!(!rows.is_empty(), "{sql}");
        all.extend(rows);
    }
    all
}

async fn what_you_may_not_see_is_not_found(world: &World) {
    let none = [""; 0];
    assert_eq!(
        found_by(world, Persona::Administrator, "产业").await,
        ["LHJ-IND-0001"]
    );
    for who in [Persona::Supervisor, Persona::Viewer, Persona::Reporter] {
        assert_eq!(found_by(world, who, "产业").await, none, "{who:?}");
        assert_eq!(found_by(world, who, "lhj-").await, none, "{who:?}");
        assert_eq!(found_by(world, who, "建设局").await, none, "{who:?}");
    }
    let reservoir = ["ZMD-RES-0001"];
    assert_eq!(
        found_by(world, Persona::Reporter, "湖清").await,
        reservoir,
        "it leads"
    );
    assert_eq!(
        found_by(world, Persona::CoopReporter, "湖清").await,
        reservoir
    );
    assert_eq!(found_by(world, Persona::OtherReporter, "湖清").await, none);
    assert_eq!(
        found_by(world, Persona::SupervisorOneArea, "湖清").await,
        reservoir
    );
    assert_eq!(
        found_by(world, Persona::SupervisorOtherArea, "湖清").await,
        none
    );
    assert_eq!(
        found_by(world, Persona::SupervisorElsewhere, "湖清").await,
        none
    );
}

async fn one_character_is_answered_and_too_much_is_refused(world: &World) {
    let client = world.client_of(Persona::Supervisor).await;
    assert_eq!(found(&client, "桥").await, ["ZMD-BRI-0001"]);
    assert_eq!(found(&client, "泌").await, ["ZMD-ROA-0001"]);
    assert_eq!(found(&client, "龘").await, [""; 0]);
    assert_eq!(found(&client, &"水".repeat(100)).await, [""; 0]);
    let nul = client
        .ask(SEARCH, json!({ "f": { "text": "水\0库" } }))
        .await;
    assert_eq!(nul.fields(), ["variables"]);
    for odd in ["", " \u{3000}\n", &"水库".repeat(250)] {
        let asked = client.ask(SEARCH, json!({ "f": { "text": odd } })).await;
        assert_eq!(asked.fields(), ["filter.text"], "{odd}");
    }
}

async fn wildcards_are_plain_characters(world: &World) {
    let rows = [
        (0x7001, "ZMD-AAA-0001", "增长50%工程"),
        (0x7002, "ZMD-AAA-0002", "五零_工程"),
        (0x7003, "ZMD-AAA-0003", r"甲\乙工程"),
        (0x7004, "ZMD-AAA-0004", "增长50个工程"),
    ];
    add(world, &rows).await;
    let client = world.client_of(Persona::Supervisor).await;
    for (term, code) in [
        ("%", "ZMD-AAA-0001"),
        ("50%工", "ZMD-AAA-0001"),
        ("_", "ZMD-AAA-0002"),
        ("零_工", "ZMD-AAA-0002"),
        (r"\", "ZMD-AAA-0003"),
        (r"甲\乙工", "ZMD-AAA-0003"),
    ] {
        assert_eq!(found(&client, term).await, [code], "{term}");
    }
    for term in ["五%工程", "甲_乙工程", "''", "水' OR '1"] {
        assert_eq!(found(&client, term).await, [""; 0], "{term}");
    }
}

async fn text_combines_with_the_rest_of_the_filter(world: &World) {
    let client = world.client_of(Persona::Supervisor).await;
    let asked = async |filter: Value| codes(&ask(&client, json!({ "f": filter })).await);
    let water = found(&client, "水利").await;
    assert!(water.len() > 3, "led by 市水利局: {water:?}");
    let roads = asked(json!({ "text": "市", "kind": ["ROAD"] })).await;
    assert_eq!(roads, ["ZMD-ROA-0001"]);
    let either = json!({ "or": [{ "text": "湖清" }, { "text": "道路" }] });
    assert_eq!(asked(either).await, ["ZMD-RES-0001", "ZMD-ROA-0001"]);
    let rest = asked(json!({ "not": { "text": "水利" }, "text": "zmd" })).await;
    let all = asked(json!({ "text": "zmd" })).await;
    assert_eq!(rest.len() + water.len(), all.len());
    let led = asked(json!({ "text": "水", "leadUnitId": text(TRANSPORT) })).await;
    assert_eq!(led, [""; 0]);
    let counts = client
        .ask(
            "query($f: ProjectFilter) { portfolio(filter: $f) { projectCount } }",
            json!({ "f": { "text": "水利" } }),
        )
        .await;
    assert_eq!(*counts.at("/portfolio/projectCount"), json!(water.len()));
}

/// So many projects that the index is read in its order.
const CROWD: u128 = 1_400;

/// Fills a world with reservoirs, one in ten of them led.
async fn crowd(world: &World) {
    let title = |n: u128| match n % 4 {
        0 => format!("水库{n}除险加固"),
        1 => format!("新建水库{n}"),
        2 => format!("扩建灌区水库{n}"),
        _ => format!("加固除险的水库{n}"),
    };
    crowd_of(world, title).await;
}

async fn crowd_of(world: &World, title: impl Fn(u128) -> String) {
    let row = db_bridge(world).await;
    let rows = (0..CROWD).map(|n| project::Model {
        id: ProjectId(key(0x1_0000 + n)),
        code: format!("ZMD-CRD-{n:04}"),
        title: title(n),
        lead_unit_id: (n % 10 == 0).then_some(TRANSPORT),
        lead_basis: (n % 10 == 0).then_some(LeadBasis::Stated),
        ..row.clone()
    });
    let rows: Vec<project::Model> = rows.collect();
    for chunk in rows.chunks(500) {
        db_insert::<project::Entity>(&world.db, chunk.to_vec()).await;
    }
    world.services.store.index_search().await.unwrap();
}

/// The rarest pair of the term is not its first, and has more rows than are sorted.
async fn many_titles_that_begin_with_a_long_term_are_found(world: &World) {
    let title = |n: u128| match n % 20 {
        0 => format!("新建灌区{n}"),
        1 => format!("某地新建水库{n}"),
        _ => format!("新建水库{n}"),
    };
    crowd_of(world, title).await;
    let oracle = Oracle::read(&world.db).await;
    let client = world.client_of(Persona::Administrator).await;
    for term in ["新建水库", "建水库"] {
        let expected = oracle.find(term, |_| true);
        assert_eq!(walk(&client, term, 200, false).await, expected, "{term}");
        assert_eq!(walk(&client, term, 200, true).await, expected, "{term}");
    }
}

async fn more_units_than_a_statement_binds_are_indexed(world: &World) {
    let bound: u128 = match world.database.engine {
        Engine::Sqlite => 32_766,
        Engine::Postgres => 65_535,
    };
    let row = unit::Entity::find_by_id(COUNTY).one(&world.db).await;
    let row = row.unwrap().unwrap();
    let rows = (0..=bound).map(|n| unit::Model {
        id: UnitId(key(0x10_0000 + n)),
        code: format!("ZMD-MANY-{n}"),
        name: "众".to_owned(),
        full_name: None,
        ..row.clone()
    });
    let rows: Vec<unit::Model> = rows.collect();
    for chunk in rows.chunks(1_000) {
        db_insert::<unit::Entity>(&world.db, chunk.to_vec()).await;
    }
    world.services.store.index_search().await.unwrap();
    let indexed = search_unit::Entity::find().count(&world.db).await.unwrap();
    assert!(u128::from(indexed) > bound, "{indexed}");
}

async fn many_hits_are_read_no_further_than_the_page(world: &World) {
    crowd(world).await;
    let oracle = Oracle::read(&world.db).await;
    for who in [
        Persona::Administrator,
        Persona::Supervisor,
        Persona::OtherReporter,
    ] {
        let client = world.client_of(who).await;
        let visible: HashSet<String> = walk_all(&client, json!({}), 200, false)
            .await
            .into_iter()
            .collect();
        for term in ["水库", "库1", "建灌区水", "交通运", "crd", "0"] {
            let expected = oracle.find(term, |row| visible.contains(&row.code));
            let list = ask(&client, json!({ "f": { "text": term }, "first": 1 })).await;
            assert_eq!(list["totalCount"], json!(expected.len()), "{who:?} {term}");
            assert_eq!(
                walk(&client, term, 200, false).await,
                expected,
                "{who:?} {term}"
            );
            assert_eq!(
                walk(&client, term, 200, true).await,
                expected,
                "{who:?} {term}"
            );
        }
    }
    let client = world.client_of(Persona::Administrator).await;
    let mut bounds = HashSet::new();
    for term in ["水库", "水库1", "新建", "加固除险的"] {
        let page =
            "query($f: ProjectFilter) { projects(filter: $f, first: 20) { nodes { code } } }";
        let before = world.services.store.statements();
        let answer = client.ask(page, json!({ "f": { "text": term } })).await;
        assert_eq!(answer.at("/projects/nodes").as_array().unwrap().len(), 20);
        bounds.insert(world.services.store.statements() - before);
    }
    let most = bounds.into_iter().max().unwrap();
    assert!(most <= 16, "{most} statements for a page");
}

async fn a_ranked_list_is_stable_while_rows_change(world: &World) {
    crowd(world).await;
    let client = world.client_of(Persona::Administrator).await;
    let whole = walk(&client, "水库", 200, false).await;
    let mut variables = json!({ "f": { "text": "水库" }, "first": 200 });
    let first = ask(&client, variables.clone()).await;
    let mut seen = codes(&first);
    // One that was seen moves behind, one behind moves away, one comes before the cursor.
    let moved = ProjectId(key(0x1_0000));
    let gone = ProjectId(key(0x1_0001));
    for (id, title) in [(moved, "末位水库"), (gone, "别的工程")] {
        let row = project::Entity::find_by_id(id).one(&world.db).await;
        let row = row.unwrap().unwrap();
        let after = project::Model {
            title: title.to_owned(),
            ..row.clone()
        };
        fixture::change(&world.services.store, row, after).await;
    }
    add(world, &[(0x7001, "ZMD-AAA-0001", "水库之首")]).await;
    let mut last = first;
    while last["pageInfo"]["hasNextPage"] == json!(true) {
        variables["after"] = last["pageInfo"]["endCursor"].clone();
        last = ask(&client, variables.clone()).await;
        seen.extend(codes(&last));
    }
    seen.retain(|code| code != "ZMD-CRD-0000");
    let mut expected = whole;
    expected.retain(|code| !["ZMD-CRD-0000", "ZMD-CRD-0001"].contains(&code.as_str()));
    assert_eq!(
        seen, expected,
        "the others stand still: none twice, none lost"
    );
}

/// The statements that the first page of each of these terms takes.
async fn statements(world: &World, who: Persona, terms: &[&str]) -> Vec<Statement> {
    let asked: Arc<Mutex<Vec<Statement>>> = Arc::default();
    let mut connection = world.database.connect().await;
    let noted = Arc::clone(&asked);
    connection.set_metric_callback(move |info| {
        noted.lock().unwrap().push(info.statement.clone());
    });
    let today = Today::load(&world.db, NOW).await.unwrap();
    let principal = world.principal(who).await;
    for term in terms {
        let filter = ProjectFilter {
            text: Some((*term).to_owned()),
            ..ProjectFilter::default()
        };
        let request = PageRequest::default();
        let page = projects::page(&connection, &principal, &filter, None, &request, &today);
        assert!(!page.await.unwrap().rows.is_empty(), "{who:?} {term}");
    }
    connection.close().await.unwrap();
    asked.lock().unwrap().clone()
}

/// What units lead costs nothing where the titles fill the page.
async fn units_are_looked_at_only_where_the_page_reaches_them(world: &World) {
    crowd_of(world, |n| format!("交通枢纽{n}")).await;
    let of_units = async |term| {
        let asked = statements(world, Persona::Administrator, &[term]).await;
        let asked = asked.iter().map(ToString::to_string);
        let of_units = asked.filter(|sql| sql.contains("search_units"));
        of_units.count()
    };
    assert_eq!(of_units("交通").await, 0);
    assert!(of_units("交通运输").await > 0);
}

async fn the_index_is_what_the_database_reads(world: &World) {
    crowd(world).await;
    let terms = ["水库", "新建水库", "交通运输"];
    let mut asked = statements(world, Persona::Administrator, &terms).await;
    asked.extend(statements(world, Persona::Supervisor, &terms).await);
    assert!(asked.len() > 6);
    let mut by_gram = 0;
    // What was measured on a few rows says nothing of many.
    if world.database.engine == Engine::Sqlite {
        let forget = "DROP TABLE IF EXISTS sqlite_stat1";
        world.db.execute_unprepared(forget).await.unwrap();
    }
    let blind = world.database.connect().await;
    for statement in asked {
        let plan = db_plan(&blind, world.database.engine, &statement.to_string()).await;
        for scan in [
            "SCAN search_grams",
            "SCAN projects",
            "Seq Scan on search_grams",
        ] {
            let all = scan == "SCAN projects" && statement.to_string().contains("MIN(");
            assert!(all || !plan.contains(scan), "{statement}\n{plan}");
        }
        let index = [
            "search_grams USING PRIMARY KEY (gram=?",
            "search_grams_pkey",
        ];
        by_gram += usize::from(index.iter().any(|index| plan.contains(index)));
    }
    assert!(by_gram > 6, "{by_gram} statements read the index");
}

async fn db_plan(connection: &DatabaseConnection, engine: Engine, sql: &str) -> String {
    let (explain, column) = match engine {
        Engine::Sqlite => ("EXPLAIN QUERY PLAN", "detail"),
        Engine::Postgres => ("EXPLAIN", "QUERY PLAN"),
    };
    let backend = connection.get_database_backend();
    let statement = Statement::from_string(backend, format!("{explain} {sql}"));
    let rows = connection.query_all_raw(statement).await.unwrap();
    let lines = rows
        .iter()
        .map(|row| row.try_get::<String>("", column).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// Every text of every project, looked at one by one.
struct Oracle {
    rows: Vec<project::Model>,
    names: HashMap<ProjectId, Vec<String>>,
    quotes: HashMap<ProjectId, Vec<String>>,
    units: HashMap<UnitId, Vec<String>>,
}

impl Oracle {
    async fn read(db: &DatabaseConnection) -> Self {
        let rows = project::Entity::find().order_by_asc(project::Column::Code);
        let mut names: HashMap<ProjectId, Vec<String>> = HashMap::new();
        for row in project_alias::Entity::find().all(db).await.unwrap() {
            names
                .entry(row.project_id)
                .or_default()
                .push(fold(&row.alias));
        }
        let mut quotes: HashMap<ProjectId, Vec<String>> = HashMap::new();
        for row in citation::Entity::find().all(db).await.unwrap() {
            quotes
                .entry(row.project_id)
                .or_default()
                .push(fold(&row.quote));
        }
        let mut units: HashMap<UnitId, Vec<String>> = HashMap::new();
        for row in unit::Entity::find().all(db).await.unwrap() {
            let own = units.entry(row.id).or_default();
            own.push(fold(&row.name));
            own.extend(row.full_name.as_deref().map(fold));
        }
        for row in unit_alias::Entity::find().all(db).await.unwrap() {
            units.entry(row.unit_id).or_default().push(fold(&row.alias));
        }
        Self {
            rows: rows.all(db).await.unwrap(),
            names,
            quotes,
            units,
        }
    }

    /// The codes of those in which the term stands, as they are to be ranked.
    fn find(&self, term: &str, seen: impl Fn(&&project::Model) -> bool) -> Vec<String> {
        let term = fold(term);
        let seen = self.rows.iter().filter(seen);
        let mut all: Vec<(usize, &str)> = seen
            .filter_map(|row| Some((self.place(&term, row)?, row.code.as_str())))
            .collect();
        all.sort_unstable();
        all.into_iter().map(|(_, code)| code.to_owned()).collect()
    }

    fn place(&self, term: &str, row: &project::Model) -> Option<usize> {
        let any = |texts: Option<&Vec<String>>| {
            texts.is_some_and(|texts| texts.iter().any(|text| text.contains(term)))
        };
        let (code, title) = (fold(&row.code), fold(&row.title));
        let lead = row.lead_unit_id.and_then(|id| self.units.get(&id));
        let places = [
            code.starts_with(term),
            title.starts_with(term),
            title.contains(term),
            code.contains(term) || any(self.names.get(&row.id)) || any(lead),
            any(self.quotes.get(&row.id)),
        ];
        places.into_iter().position(|holds| holds)
    }

    /// Some part of some text, the same at each run.
    fn term(&self, n: usize) -> String {
        let texts: Vec<&String> = match n % 6 {
            0 | 1 => self.rows.iter().map(|row| &row.title).collect(),
            2 => self.rows.iter().map(|row| &row.code).collect(),
            3 => sorted(self.names.values().flatten().collect()),
            4 => sorted(self.units.values().flatten().collect()),
            _ => sorted(self.quotes.values().flatten().collect()),
        };
        let text: Vec<char> = texts[n * 7_919 % texts.len()].chars().collect();
        let length = (1 + n % 5).min(text.len());
        let from = n * 31 % (text.len() - length + 1);
        text[from..from + length].iter().collect()
    }
}

fn sorted(mut texts: Vec<&String>) -> Vec<&String> {
    texts.sort();
    texts
}

async fn the_index_finds_what_a_look_at_every_text_finds(engine: Engine) {
    let world = World::of(engine.database(Content::Plans).await).await;
    let oracle = Oracle::read(&world.db).await;
    let client = world.client_of(Persona::Administrator).await;
    let terms = [
        "水库",
        "道路",
        "国道107",
        "G107",
        "工程",
        "-0",
        "zmd-res",
        "不存在的工程",
    ];
    let terms = terms.map(str::to_owned).into_iter();
    for term in terms.chain((0..150).map(|n| oracle.term(n))) {
        if fold(&term).is_empty() {
            continue;
        }
        let expected = oracle.find(&term, |_| true);
        let list = ask(&client, json!({ "f": { "text": term }, "first": 200 })).await;
        assert_eq!(list["totalCount"], json!(expected.len()), "{term}");
        let shown = expected.len().min(200);
        assert_eq!(codes(&list), expected[..shown], "{term}");
    }
    db_index_is_whole(&world).await;
    world.close().await;
}

/// On PostgreSQL others write meanwhile: whoever changes a text waits until the index is
/// made.
#[test]
fn an_index_is_made_beside_a_writer() {
    on_world(Engine::Postgres, async |world| {
        let store = &world.services.store;
        #[expect(
            clippy::disallowed_methods,
            reason = "the gate is no unit of work, and PostgreSQL's alone"
        )]
        let gate = world.db.begin().await.unwrap();
        let shut = "LOCK TABLE project_aliases IN ACCESS EXCLUSIVE MODE";
        gate.execute_unprepared(shut).await.unwrap();
        let indexing = Arc::clone(store);
        let indexing = tokio::spawn(async move { indexing.index_search().await });
        until_waiting(world, 1).await;
        let before = db_bridge(world).await;
        let after = project::Model {
            title: "西平跨河通道".to_owned(),
            ..before.clone()
        };
        let writing = Arc::clone(store);
        let writing = tokio::spawn(async move { fixture::change(&writing, before, after).await });
        until_waiting(world, 2).await;
        gate.rollback().await.unwrap();
        indexing.await.unwrap().unwrap();
        writing.await.unwrap();
        assert_eq!(
            found_by(world, Persona::Supervisor, "跨河").await,
            ["ZMD-BRI-0001"]
        );
        db_index_is_whole(world).await;
    });
}

/// Waits until so many connections wait for a lock.
async fn until_waiting(world: &World, connections: usize) {
    let sql = "SELECT 'v' AS v FROM pg_stat_activity \
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while texts(&world.db, sql).await.len() != connections {
        tokio::task::yield_now().await;
    }
}

async fn a_database_without_an_index_gets_one(engine: Engine) {
    use duban::store::migrate::SchemaState;
    let world = World::of(engine.database(Content::World).await).await;
    let whole = db_index(&world.db).await;
    for table in [
        "search_marks",
        "search_grams",
        "search_texts",
        "search_units",
    ] {
        let sql = format!("DELETE FROM {table}");
        world.db.execute_unprepared(&sql).await.unwrap();
    }
    let store = &world.services.store;
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Older(1));
    store.migrate().await.unwrap();
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Current);
    assert_eq!(db_index(&world.db).await, whole);
    let rows = search_gram::Entity::find().filter(search_gram::Column::Tier.eq(6));
    assert!(
        !rows.all(&world.db).await.unwrap().is_empty(),
        "names of units"
    );
    world.close().await;
}
