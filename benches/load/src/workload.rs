//! What is asked: documents of the contract, and the paths of the floor that answer the same.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection as Database, OpenFlags};
use serde_json::{Value, json};

use crate::http::{Ask, Connection};
use crate::{Failure, Options};

const PROJECTS: &str = include_str!("../../../tests/contract/projects.graphql");
const PROJECT: &str = include_str!("../../../tests/contract/project.graphql");
const OVERDUE: &str = include_str!("../../../tests/contract/overdue.graphql");
const PORTFOLIO: &str = include_str!("../../../tests/contract/portfolio.graphql");
const CLAIM: &str = include_str!("../../../tests/contract/task-claim.graphql");
const SIGN_IN: &str = include_str!("../../../tests/contract/sign-in.graphql");

/// What `duban generate` gives every user.
const PASSWORD: &str = "duban-generated";
/// How deep the deep page lies.
const DEPTH: u64 = 10_000;
/// Projects that are asked for one by one.
const SAMPLE: u64 = 500;
/// Jurisdictions whose milestones are claimed.
const CLAIMING: usize = 50;
/// The day that claims name.
const DAY: &str = "2026-11-20";

/// Something that is measured.
#[derive(Clone, Debug)]
pub struct Workload {
    pub name: &'static str,
    pub writes: bool,
    asks: Asks,
    distinct: bool,
}

#[derive(Clone, Debug)]
enum Asks {
    /// These, one after the other: of duban the document with variables, of the floor a path.
    Reads {
        token: Arc<str>,
        document: &'static str,
        each: Arc<Vec<(Value, String)>>,
    },
    Claims(Claims),
}

/// Milestones that are open, with the token of somebody who may claim them.
#[derive(Clone, Debug)]
pub struct Claims(Arc<Mutex<VecDeque<Open>>>);

/// The id of a milestone, and the token of who may claim it.
type Open = (String, Arc<str>);

impl Claims {
    /// The claim of the next milestone.
    pub fn ask(&self, is_duban: bool, _: u64) -> Option<Ask> {
        let next = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let (id, token) = next?;
        Some(if is_duban {
            let input = json!({ "taskId": format!("task_{id}"), "completedOn": DAY });
            Ask::graphql(Some(&token), CLAIM, &json!({ "input": input }))
        } else {
            Ask::path(format!("/m1?id={id}&day={DAY}"))
        })
    }

    fn len(&self) -> u64 {
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner).len();
        u64::try_from(left).unwrap_or(u64::MAX)
    }
}

impl Workload {
    /// The n-th request.
    pub fn ask(&self, is_duban: bool, n: u64) -> Option<Ask> {
        match &self.asks {
            Asks::Claims(claims) => claims.ask(is_duban, n),
            Asks::Reads {
                token,
                document,
                each,
            } => {
                let place = usize::try_from(n).unwrap_or(0) % each.len();
                let (variables, path) = &each[place];
                if !is_duban {
                    return Some(Ask::path(path.clone()));
                }
                let mut variables = variables.clone();
                if self.distinct {
                    // A variable that the document does not name changes nothing but the text.
                    variables["distinct"] = json!(n);
                }
                Some(Ask::graphql(Some(token), document, &variables))
            }
        }
    }

    /// How many requests a measurement may make: what is there is shared by all of them.
    pub fn share(&self, options: &Options) -> u64 {
        match &self.asks {
            Asks::Reads { .. } => u64::MAX,
            Asks::Claims(claims) => {
                let rounds = u64::try_from(options.clients.len() * 2).unwrap_or(2);
                (claims.len() / rounds).max(1)
            }
        }
    }
}

/// What the database holds, and who may ask.
pub struct World {
    pub projects: u64,
    administrator: Arc<str>,
    office: Arc<str>,
    jurisdiction: String,
    /// Cursor and code of the row before the deep page.
    deep: (String, String),
    sample: Vec<String>,
    claims: Claims,
}

impl World {
    pub async fn read(options: &Options, duban: SocketAddr) -> Result<Self, Failure> {
        let mut connection = Connection::open(duban).await?;
        let administrator = sign_in(&mut connection, "administrator").await?;
        let office = sign_in(&mut connection, "office-0001").await?;
        let database = Database::open_with_flags(
            &options.database,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        let projects = number(&database, "SELECT max(rowid) FROM projects")?;
        let sample = sample(&database, projects)?;
        let deep = deep(&database, &mut connection, &administrator, projects).await?;
        let jurisdiction: String = database.query_row(
            "SELECT lower(hex(id)) FROM jurisdictions WHERE code = 'J0001'",
            [],
            |row| row.get(0),
        )?;
        let claims = claims(&database, &mut connection, options.claimed).await?;
        Ok(Self {
            projects,
            administrator,
            office,
            jurisdiction,
            deep,
            sample,
            claims,
        })
    }

    pub fn claims(&self) -> Claims {
        self.claims.clone()
    }

    pub fn workloads(&self, options: &Options) -> Vec<Workload> {
        let all = |name, document, variables: Value, path: String| {
            self.reads(name, &self.administrator, document, vec![(variables, path)])
        };
        let one = |name, document, variables: Value, path: String| {
            self.reads(name, &self.office, document, vec![(variables, path)])
        };
        let of = &self.jurisdiction;
        let (cursor, code) = &self.deep;
        let overdue = || json!({ "filter": { "due": "OVERDUE" } });
        let text = |text: &str| json!({ "filter": { "text": text } });
        let each = self.sample.iter().map(|id| {
            let by = json!({ "by": { "id": format!("project_{id}") } });
            (by, format!("/q3?id={id}"))
        });
        let mut workloads = vec![
            all("Q1 first page", PROJECTS, json!({}), "/q1?after=".to_owned()),
            all("Q1 deep page", PROJECTS, json!({ "after": cursor }), format!("/q1?after={code}")),
            one("Q1 of a jurisdiction", PROJECTS, json!({}), format!("/q1?after=&of={of}")),
            one("Q2 of a jurisdiction", OVERDUE, overdue(), format!("/q2?of={of}")),
            all("Q2 of everything", OVERDUE, overdue(), "/q2?of=".to_owned()),
            self.reads("Q3 one project", &self.administrator, PROJECT, each.collect()),
            one("Q4 of a jurisdiction", PORTFOLIO, json!({}), format!("/q4?of={of}")),
            all("Q4 of everything", PORTFOLIO, json!({}), "/q4?of=".to_owned()),
            all("Q5 水库", PROJECTS, text("水库"), "/q5?text=%E6%B0%B4%E5%BA%93".to_owned()),
            all("Q5 国道107", PROJECTS, text("国道107"), "/q5?text=%E5%9B%BD%E9%81%93107".to_owned()),
            Workload {
                name: "M1 claim",
                writes: true,
                asks: Asks::Claims(self.claims()),
                distinct: false,
            },
        ];
        for workload in &mut workloads {
            workload.distinct = options.distinct;
        }
        let wanted = |name: &str| {
            options.only.is_empty() || options.only.iter().any(|part| name.starts_with(part))
        };
        workloads.retain(|workload| wanted(workload.name));
        workloads
    }

    fn reads(
        &self,
        name: &'static str,
        token: &Arc<str>,
        document: &'static str,
        each: Vec<(Value, String)>,
    ) -> Workload {
        Workload {
            name,
            writes: false,
            asks: Asks::Reads {
                token: Arc::clone(token),
                document,
                each: Arc::new(each),
            },
            distinct: false,
        }
    }
}

async fn sign_in(connection: &mut Connection, username: &str) -> Result<Arc<str>, Failure> {
    let input = json!({ "input": { "username": username, "password": PASSWORD } });
    let answer = connection.json(Ask::graphql(None, SIGN_IN, &input)).await?;
    let token = answer["data"]["signIn"]["accessToken"].as_str();
    Ok(Arc::from(token.ok_or("no token")?))
}

fn number(database: &Database, sql: &str) -> Result<u64, Failure> {
    let number: i64 = database.query_row(sql, [], |row| row.get(0))?;
    Ok(u64::try_from(number)?)
}

/// Projects that lie evenly in the whole, in an order that is not theirs.
fn sample(database: &Database, projects: u64) -> Result<Vec<String>, Failure> {
    let size = SAMPLE.min(projects);
    let sql = "SELECT lower(hex(id)) FROM projects WHERE rowid = ?";
    let mut select = database.prepare(sql)?;
    let ids = (0..size).map(|n| {
        let place = (n * 7_919) % size * (projects / size) + 1;
        Ok(select.query_row([i64::try_from(place)?], |row| row.get(0))?)
    });
    ids.collect()
}

/// Goes to the deep page as a client would, so that its cursor is the server's own.
async fn deep(
    database: &Database,
    connection: &mut Connection,
    token: &str,
    projects: u64,
) -> Result<(String, String), Failure> {
    const STEP: &str = "query($first: Int, $after: String) { projects(first: $first, after: $after) \
        { pageInfo { endCursor } nodes { code } } }";
    let depth = DEPTH.min(projects.saturating_sub(100)).max(1);
    let (mut walked, mut cursor, mut code) = (0, Value::Null, Value::Null);
    while walked < depth {
        let first = (depth - walked).min(200);
        let variables = json!({ "first": first, "after": cursor });
        let answer = connection.json(Ask::graphql(Some(token), STEP, &variables)).await?;
        let page = &answer["data"]["projects"];
        cursor = page["pageInfo"]["endCursor"].clone();
        code = page["nodes"][usize::try_from(first)? - 1]["code"].clone();
        walked += first;
    }
    let sql = "SELECT code FROM projects ORDER BY code LIMIT 1 OFFSET ?";
    let there: String = database.query_row(sql, [i64::try_from(depth - 1)?], |row| row.get(0))?;
    if code != there {
        return Err("the deep page is not where it should be".into());
    }
    let cursor = cursor.as_str().ok_or("no cursor")?.to_owned();
    Ok((cursor, there))
}

async fn claims(
    database: &Database,
    connection: &mut Connection,
    claimed: usize,
) -> Result<Claims, Failure> {
    let mut queue = VecDeque::new();
    for n in 1..=CLAIMING {
        let code = format!("J{n:04}");
        let sql = "SELECT lower(hex(id)) FROM tasks WHERE state = 'OPEN' AND kind = 'MILESTONE' \
            AND unit_id IS NOT NULL AND jurisdiction_id = \
            (SELECT id FROM jurisdictions WHERE code = ?) ORDER BY due_date, id";
        let mut select = database.prepare(sql)?;
        let ids = select.query_map([&code], |row| row.get(0))?;
        let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
        if ids.is_empty() {
            break;
        }
        let token = sign_in(connection, &format!("units-{n:04}")).await?;
        queue.extend(ids.into_iter().map(|id| (id, Arc::clone(&token))));
    }
    // Claims of all jurisdictions take turns.
    let mut mixed: Vec<Open> = queue.into();
    mixed.sort_by_cached_key(|(id, _)| id.chars().rev().collect::<String>());
    mixed.drain(..claimed.min(mixed.len()));
    Ok(Claims(Arc::new(Mutex::new(mixed.into()))))
}
