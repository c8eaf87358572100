//! The rows: a root field, the thing it is tried on, the document that is sent.

use duban_entities::ids::{JurisdictionId, ProjectId, TaskId, UnitId, UserId};
use serde_json::{Value, json};

use crate::support::client::text;
use crate::support::known::{
    ANSWERED_ISSUE, ANSWERED_ORDER, BRIDGE, BUILDING, BUILDING_OVERRIDE, BUILDING_REPORT, CANAL,
    CANAL_SCHEDULE, CHAPTER, DAM, ELSEWHERE, ENDED_FINISH, FOREIGN, FOREIGN_CLAUSE, FOREIGN_FINISH,
    FOREIGN_OVERRIDE, FOREIGN_PLAN, FOREIGN_REPORT, FOREIGN_SCHEDULE, FOREIGN_UNIT, HERE,
    INTEGRATORS_TOKEN, ISSUE, LAND, LEVEE, OFFICE, OFFICE_ISSUE, ORDER, OTHER_OFFICES_ORDER,
    PINGYU, PLAN, PROGRAMME, PROPOSAL, RESERVOIR, RESERVOIR_FINISH, RESERVOIR_REPORT, ROAD,
    SECTION, SUPPORTED, TRANSPORT, UNGRANTED, VIEWERS_GRANT, VIEWERS_SESSION, WATER, ZONE, key,
};
use crate::support::persona::PASSWORD;
use crate::support::{NOW, Persona, date};

/// One row.
#[derive(Clone, Debug)]
pub struct Case {
    /// The root field.
    pub field: &'static str,
    /// On what.
    pub on: String,
    /// The document.
    pub document: String,
    /// Its variables.
    pub variables: Value,
    /// Where a number or a list is to be counted.
    pub counted: Option<&'static str>,
    /// True where the sign-in is over afterwards.
    pub ends_session: bool,
    /// Codes and ids that name the thing.
    named: Vec<String>,
}

impl Case {
    /// The variables with names that nothing has; none where nothing is named.
    pub fn absent(&self) -> Option<Value> {
        let mut json = self.variables.to_string();
        let mut found = false;
        for name in &self.named {
            let other = match name.split_once('_') {
                Some((prefix, _)) => format!("{prefix}_{}", key(0xffff).simple()),
                None => "NO-SUCH-CODE".to_owned(),
            };
            found |= json.contains(name);
            json = json.replace(name, &other);
        }
        found.then(|| serde_json::from_str(&json).unwrap())
    }

    fn counted(self, counted: &'static str) -> Self {
        Self {
            counted: Some(counted),
            ..self
        }
    }
}

/// A row whose thing is the first of the names.
fn case(field: &'static str, on: &str, document: &str, variables: Value, named: &[Value]) -> Case {
    let named = named.iter().map(|name| name.as_str().unwrap().to_owned());
    Case {
        field,
        on: on.to_owned(),
        document: document.to_owned(),
        variables,
        counted: None,
        ends_session: false,
        named: named.collect(),
    }
}

/// A query of a whole list.
fn list(field: &'static str, document: &str, counted: &'static str) -> Case {
    case(field, "all that is seen", document, json!({}), &[]).counted(counted)
}

/// A mutation by its input's type.
fn mutation(
    field: &'static str,
    on: &str,
    selection: &str,
    input: impl Into<Value>,
    named: &[Value],
) -> Case {
    let (first, rest) = field.split_at(1);
    let of = format!("{}{rest}Input", first.to_uppercase());
    let document =
        format!("mutation M($input: {of}!) {{ {field}(input: $input) {{ {selection} }} }}");
    let variables = json!({ "input": input.into() });
    case(field, on, &document, variables, named)
}

/// Every row, in the order of the file.
pub fn all() -> Vec<Case> {
    let parts = [
        lists(),
        nodes(),
        catalogue(),
        projects(),
        filters(),
        entries(),
        assigning(),
        planning(),
        proposing(),
        entering(),
        moving(),
        claiming(),
        deciding_tasks(),
        deciding_changes(),
        reporting(),
        deciding_reports(),
        rating(),
        asking(),
        answering(),
        proposals(),
        sessions(),
        people(),
        grants(),
        tokens(),
        figures(),
    ];
    parts.into_iter().flatten().collect()
}

fn lists() -> Vec<Case> {
    let nodes = |field| {
        let document = format!("{{ {field}(first: 100) {{ nodes {{ id }} }} }}");
        case(field, "all that is seen", &document, json!({}), &[])
    };
    vec![
        list(
            "jurisdictions",
            "{ jurisdictions { id } }",
            "/jurisdictions",
        ),
        list("plans", "{ plans { id } }", "/plans"),
        nodes("units").counted("/units/nodes"),
        nodes("projects").counted("/projects/nodes"),
        nodes("tasks").counted("/tasks/nodes"),
        nodes("changeRequests").counted("/changeRequests/nodes"),
        nodes("users").counted("/users/nodes"),
        list(
            "portfolio",
            "{ portfolio { projectCount } }",
            "/portfolio/projectCount",
        ),
        list(
            "changes",
            "{ changes { totalCount } }",
            "/changes/totalCount",
        ),
        list("ledger", "{ ledger { totalCount } }", "/ledger/totalCount"),
        case(
            "ledgerHead",
            "the chain's end",
            "{ ledgerHead { hash } }",
            json!({}),
            &[],
        ),
        list("workflows", "{ workflows { code } }", "/workflows"),
        list(
            "milestoneTemplates",
            "{ milestoneTemplates { code } }",
            "/milestoneTemplates",
        ),
        nodes_of_reports("missingReports", "count"),
        nodes_of_reports("submissionLog", "number"),
        case(
            "reportingRules",
            "all",
            "{ reportingRules { rules { day } } }",
            json!({}),
            &[],
        ),
        case("viewer", "oneself", "{ viewer { id } }", json!({}), &[]),
    ]
}

fn nodes_of_reports(field: &'static str, leaf: &str) -> Case {
    let document = format!("{{ {field}(first: 100) {{ nodes {{ {leaf} }} }} }}");
    let counted = match field {
        "missingReports" => "/missingReports/nodes",
        _ => "/submissionLog/nodes",
    };
    case(field, "all that is seen", &document, json!({}), &[]).counted(counted)
}

/// What is drawn up for one person, or for a whole jurisdiction.
fn figures() -> Vec<Case> {
    let of = |field, on, id: Value, selection: &str| {
        let document = format!("query Q($id: ID!) {{ {field}(jurisdictionId: $id, {selection} }}");
        case(field, on, &document, json!({ "id": id }), &[id])
    };
    let month = "month: \"2026-11\") { live { month } published { id } }";
    let months = "from: \"2026-10\", to: \"2026-11\") { units { score } }";
    let published = "first: 100) { nodes { id } }";
    let publish = |on, id: Value| {
        let input = json!({ "jurisdictionId": id, "month": "2026-10" });
        mutation("briefingPublish", on, "briefing { id }", input, &[id])
    };
    let both = [("here", text(HERE)), ("elsewhere", text(ELSEWHERE))];
    let rows = both.into_iter().flat_map(|(on, id)| {
        [
            of("briefing", on, id.clone(), month),
            of("briefings", on, id.clone(), published).counted("/briefings/nodes"),
            of("assessment", on, id.clone(), months),
            publish(on, id),
        ]
    });
    let inbox = "{ inbox(first: 100) { nodes { mutation } } }";
    let inbox = case("inbox", "one's own", inbox, json!({}), &[]).counted("/inbox/nodes");
    rows.chain([inbox]).collect()
}

fn nodes() -> Vec<Case> {
    let node = |on, id: Value| {
        let document = "query Q($id: ID!) { node(id: $id) { id } }";
        case("node", on, document, json!({ "id": id }), &[id])
    };
    vec![
        node("jurisdiction here", text(HERE)),
        node("jurisdiction elsewhere", text(ELSEWHERE)),
        node("area here", text(PINGYU)),
        node("area elsewhere", text(ZONE)),
        node("unit elsewhere", text(FOREIGN_UNIT)),
        node("plan elsewhere", text(FOREIGN_PLAN)),
        node("clause here", text(CHAPTER)),
        node("clause elsewhere", text(FOREIGN_CLAUSE)),
        node("project", text(RESERVOIR)),
        node("project elsewhere", text(FOREIGN)),
        node("milestone", text(LAND)),
        node("milestone elsewhere", text(FOREIGN_FINISH)),
        node("report", text(RESERVOIR_REPORT)),
        node("report elsewhere", text(FOREIGN_REPORT)),
        node("change request", text(CANAL_SCHEDULE)),
        node("change request elsewhere", text(FOREIGN_SCHEDULE)),
        node("proposed work of the lead unit", text(PROPOSAL)),
        node("user without a grant", text(UNGRANTED)),
    ]
}

fn catalogue() -> Vec<Case> {
    let unit = |on, id: Value| {
        let document = "query Q($by: UnitBy!) { unit(by: $by) { id } }";
        case("unit", on, document, json!({ "by": { "id": id } }), &[id])
    };
    let plan = |on, id: Value| {
        let document = "query Q($by: PlanBy!) { plan(by: $by) { id } }";
        case("plan", on, document, json!({ "by": { "id": id } }), &[id])
    };
    let by_code = |field: &'static str, of: &str, code: &str| {
        let document = format!("query Q($by: {of}!) {{ {field}(by: $by) {{ id }} }}");
        let code = json!(code);
        case(
            field,
            "elsewhere, by code",
            &document,
            json!({ "by": { "code": code } }),
            &[code],
        )
    };
    let plans = "query Q($id: ID!) { plans(jurisdictionId: $id) { id } }";
    let elsewhere = text(ELSEWHERE);
    vec![
        unit("here", text(WATER)),
        unit("elsewhere", text(FOREIGN_UNIT)),
        by_code("unit", "UnitBy", "LHJ-JSJ"),
        plan("here", text(PLAN)),
        plan("elsewhere", text(FOREIGN_PLAN)),
        by_code("plan", "PlanBy", "LHJ-PLAN"),
        case(
            "plans",
            "of elsewhere",
            plans,
            json!({ "id": elsewhere }),
            &[elsewhere],
        )
        .counted("/plans"),
    ]
}

fn projects() -> Vec<Case> {
    let project = |on, id: ProjectId| {
        let document = "query Q($by: ProjectBy!) { project(by: $by) { id } }";
        let id = text(id);
        case(
            "project",
            on,
            document,
            json!({ "by": { "id": id } }),
            &[id],
        )
    };
    let task = |on, id: TaskId| {
        let document = "query Q($id: ID!) { task(id: $id) { id } }";
        case("task", on, document, json!({ "id": text(id) }), &[text(id)])
    };
    vec![
        project("in two areas, led by the lead unit", RESERVOIR),
        project("in the second area, led by nobody", BRIDGE),
        project("led by the other unit", ROAD),
        project("led by a unit below the lead unit", LEVEE),
        project("elsewhere", FOREIGN),
        task("that the cooperating unit owes", LAND),
        task("cancelled", ENDED_FINISH),
        task("elsewhere", FOREIGN_FINISH),
    ]
}

/// Lists whose filter names something.
fn filters() -> Vec<Case> {
    let filtered = |field: &'static str, of: &str, on, name: &str, id: Value| {
        let document = format!(
            "query Q($f: {of}Filter) {{ {field}(filter: $f, first: 100) {{ nodes {{ id }} }} }}"
        );
        case(field, on, &document, json!({ "f": { name: id } }), &[id])
    };
    let projects = |on, name: &str, id| {
        filtered("projects", "Project", on, name, id).counted("/projects/nodes")
    };
    let tasks = filtered(
        "tasks",
        "Task",
        "of a project in two areas",
        "projectId",
        text(RESERVOIR),
    );
    let changes = filtered(
        "changeRequests",
        "ChangeRequest",
        "of a project in two areas",
        "projectId",
        text(CANAL),
    );
    let counts = "query Q($f: ProjectFilter) { portfolio(filter: $f) { projectCount } }";
    let clause = json!({ "f": { "clauseId": text(FOREIGN_CLAUSE) } });
    vec![
        projects("with a clause here", "clauseId", text(SECTION)),
        projects("in an area elsewhere", "areaId", text(ZONE)),
        projects("of a unit elsewhere", "unitId", text(FOREIGN_UNIT)),
        case(
            "portfolio",
            "of a clause elsewhere",
            counts,
            clause,
            &[text(FOREIGN_CLAUSE)],
        )
        .counted("/portfolio/projectCount"),
        tasks.counted("/tasks/nodes"),
        changes.counted("/changeRequests/nodes"),
    ]
}

/// The feed, the ledger and the past, of something that is named.
fn entries() -> Vec<Case> {
    let filtered = |field: &'static str, of: &str, on, name: &str, id: Value| {
        let document =
            format!("query Q($f: {of}) {{ {field}(filter: $f, first: 100) {{ totalCount }} }}");
        let variables = json!({ "f": { name: id } });
        case(field, on, &document, variables, &[id])
    };
    let changes = |on, name, id| {
        filtered("changes", "ChangesFilter", on, name, id).counted("/changes/totalCount")
    };
    let ledger = |on, name, id| {
        filtered("ledger", "LedgerFilter", on, name, id).counted("/ledger/totalCount")
    };
    let at = NOW.to_rfc3339();
    let then = "query Q($by: ProjectBy!, $at: DateTime!) {
        project(by: $by) { asOf(at: $at) { code } history(first: 100) { totalCount } } }";
    let elsewhere = json!({ "by": { "id": text(FOREIGN) }, "at": at });
    let here = json!({ "by": { "id": text(RESERVOIR) }, "at": at });
    vec![
        changes("of a project in two areas", "projectId", text(RESERVOIR)),
        changes("of elsewhere", "jurisdictionId", text(ELSEWHERE)),
        ledger("of a project in two areas", "projectId", text(RESERVOIR)),
        ledger("of here", "jurisdictionId", text(HERE)),
        ledger("of elsewhere", "jurisdictionId", text(ELSEWHERE)),
        ledger("of a project elsewhere", "subjectId", text(FOREIGN)),
        ledger("of a grant here", "subjectId", text(VIEWERS_GRANT)),
        ledger("of a user without a grant", "subjectId", text(UNGRANTED)),
        ledger(
            "by somebody elsewhere",
            "actorId",
            text(Persona::SupervisorElsewhere.user()),
        ),
        case(
            "project",
            "in two areas, its history",
            then,
            here,
            &[text(RESERVOIR)],
        )
        .counted("/project/history/totalCount"),
        case(
            "project",
            "elsewhere, its history",
            then,
            elsewhere,
            &[text(FOREIGN)],
        )
        .counted("/project/history/totalCount"),
    ]
}

fn assigning() -> Vec<Case> {
    let one = |on, project: ProjectId| {
        let input = json!({ "projectId": text(project), "leadUnitId": text(TRANSPORT) });
        mutation("unitAssign", on, "assignedCount", input, &[text(project)])
    };
    let unit = json!({ "projectId": text(BRIDGE), "leadUnitId": text(FOREIGN_UNIT) });
    vec![
        one("a project in two areas without a schedule", CANAL),
        one("a project in the second area", BRIDGE),
        one("a project elsewhere", FOREIGN),
        mutation(
            "unitAssign",
            "a unit elsewhere to a project in the second area",
            "assignedCount",
            unit,
            &[text(FOREIGN_UNIT), text(BRIDGE)],
        ),
        mutation(
            "unitAssign",
            "all projects of an area elsewhere",
            "assignedCount",
            json!({
                "filter": { "areaId": text(ZONE) },
                "leadUnitId": text(FOREIGN_UNIT),
                "expectedCount": 1,
            }),
            &[text(ZONE), text(FOREIGN_UNIT)],
        ),
    ]
}

fn planning() -> Vec<Case> {
    let plan = |on, project: ProjectId| {
        let milestones = json!([
            { "title": "开工", "dueDate": date(2026, 12, 1), "weight": "40" },
            { "title": "建成", "dueDate": date(2027, 12, 1), "weight": "60" },
        ]);
        let input =
            json!({ "projectId": text(project), "milestones": milestones, "reason": "首次排期" });
        mutation(
            "milestonesPlan",
            on,
            "changeRequest { id }",
            input,
            &[text(project)],
        )
    };
    vec![
        plan("a project in two areas", PROGRAMME),
        plan("a project of the other unit", ROAD),
        plan("a project elsewhere", FOREIGN),
    ]
}

fn proposing() -> Vec<Case> {
    let propose = |on, kind: &str, project: ProjectId, what: Value| {
        let mut change = json!({ "projectId": text(project), "reason": "征地滞后" });
        for (name, value) in what.as_object().unwrap() {
            change[name] = value.clone();
        }
        let input = json!({ kind: change });
        let selection = "changeRequest { id }";
        mutation("changePropose", on, selection, input, &[text(project)])
    };
    let dates = |task: TaskId| {
        let due = date(2028, 3, 31);
        json!({ "milestones": [{ "taskId": text(task), "dueDate": due }] })
    };
    let lead = |unit: Value| json!({ "leadUnitId": unit });
    let title = json!({ "title": "一个新名称" });
    vec![
        propose(
            "another date for a project in two areas",
            "reschedule",
            RESERVOIR,
            dates(RESERVOIR_FINISH),
        ),
        propose(
            "another lead for a project in two areas",
            "reassign",
            RESERVOIR,
            lead(text(TRANSPORT)),
        ),
        propose(
            "another title for a project of the other unit",
            "amend",
            ROAD,
            title.clone(),
        ),
        propose(
            "another title for a project of a unit below",
            "amend",
            LEVEE,
            title.clone(),
        ),
        propose(
            "another title for a project elsewhere",
            "amend",
            FOREIGN,
            title,
        ),
    ]
}

fn entering() -> Vec<Case> {
    let propose = |on, here: Value, unit: Value, named: &[Value]| {
        let input = json!({
            "jurisdictionId": here, "unitId": unit, "title": "汝河大桥", "kind": "BRIDGE",
            "areaIds": [], "document": { "title": "会议纪要" }, "reason": "急需",
        });
        mutation("projectPropose", on, "changeRequest { id }", input, named)
    };
    let (here, elsewhere) = (text(HERE), text(ELSEWHERE));
    vec![
        propose(
            "a work of the lead unit",
            here.clone(),
            text(WATER),
            &[here.clone(), text(WATER)],
        ),
        propose(
            "a work of the other unit",
            here.clone(),
            text(TRANSPORT),
            &[here, text(TRANSPORT)],
        ),
        propose(
            "a work elsewhere",
            elsewhere.clone(),
            text(FOREIGN_UNIT),
            &[elsewhere, text(FOREIGN_UNIT)],
        ),
    ]
}

fn moving() -> Vec<Case> {
    let move_to = |on, project: ProjectId, to: &str, review: Value| {
        let input = json!({
            "projectId": text(project),
            "to": to,
            "reason": "资金未落实",
            "reviewOn": review,
        });
        let selection = "project { id } changeRequest { id }";
        mutation("projectMove", on, selection, input, &[text(project)])
    };
    let review = json!(date(2027, 1, 1));
    vec![
        move_to("into construction", RESERVOIR, "CONSTRUCTION", Value::Null),
        move_to(
            "to suspend, which needs approval",
            RESERVOIR,
            "SUSPENDED",
            review,
        ),
        move_to(
            "a project of a unit below",
            LEVEE,
            "CONSTRUCTION",
            Value::Null,
        ),
        move_to(
            "the other unit's support",
            SUPPORTED,
            "PREPARATION",
            Value::Null,
        ),
        move_to("a project elsewhere", FOREIGN, "PREPARATION", Value::Null),
    ]
}

fn claiming() -> Vec<Case> {
    let claim = |on, task: TaskId| {
        let input = json!({ "taskId": text(task), "note": "已完成" });
        mutation("taskClaim", on, "task { id }", input, &[text(task)])
    };
    vec![
        claim("a task of the lead unit", RESERVOIR_FINISH),
        claim("a task of the cooperating unit", LAND),
        claim("a task elsewhere", FOREIGN_FINISH),
    ]
}

fn deciding_tasks() -> Vec<Case> {
    let verify = |on, task: TaskId| {
        let input = json!({ "taskId": text(task) });
        mutation("taskVerify", on, "task { id }", input, &[text(task)])
    };
    let send_back = |on, task: TaskId| {
        let input = json!({ "taskId": text(task), "reason": "缺少验收材料" });
        mutation("taskReturn", on, "task { id }", input, &[text(task)])
    };
    vec![
        verify("the lead unit's claim in two areas", DAM),
        send_back("the lead unit's claim in two areas", DAM),
    ]
}

fn reporting() -> Vec<Case> {
    let says = |task: TaskId| {
        json!({
            "taskId": text(task), "percentComplete": "13", "investmentThisMonth": "50",
            "investmentToDate": "950", "narrative": "主坝填筑",
        })
    };
    let report =
        |field, on, task: TaskId| mutation(field, on, "report { id }", says(task), &[text(task)]);
    let many = |on, tasks: &[TaskId]| {
        let rows: Vec<Value> = tasks.iter().map(|task| says(*task)).collect();
        let input = json!({ "reports": rows });
        let named = text(tasks.last().unwrap());
        mutation("reportsSubmit", on, "reports { id }", input, &[named])
    };
    let log = |on, name: &str, id: Value| {
        let document = "query Q($f: SubmissionFilter) {
            submissionLog(filter: $f, first: 100) { nodes { number } } }";
        let filter = json!({ "f": { name: id } });
        case("submissionLog", on, document, filter, &[id]).counted("/submissionLog/nodes")
    };
    let missing = "query Q($f: MissingReportsFilter) {
        missingReports(filter: $f, first: 100) { nodes { count } } }";
    let foreign = text(FOREIGN_UNIT);
    vec![
        report("reportSave", "of the lead unit", RESERVOIR_REPORT),
        report("reportSave", "elsewhere", FOREIGN_REPORT),
        report("reportSubmit", "of the lead unit", RESERVOIR_REPORT),
        report("reportSubmit", "elsewhere", FOREIGN_REPORT),
        many("one of the lead unit", &[RESERVOIR_REPORT]),
        many(
            "one of the lead unit, one elsewhere",
            &[RESERVOIR_REPORT, FOREIGN_REPORT],
        ),
        log("of a project in two areas", "projectId", text(BUILDING)),
        log("of a project elsewhere", "projectId", text(FOREIGN)),
        log("of a unit elsewhere", "unitId", text(FOREIGN_UNIT)),
        case(
            "missingReports",
            "of a unit elsewhere",
            missing,
            json!({ "f": { "unitId": foreign } }),
            &[foreign],
        )
        .counted("/missingReports/nodes"),
    ]
}

fn deciding_reports() -> Vec<Case> {
    let decide = |field, task: TaskId, reason: Option<&str>| {
        let input = json!({ "taskId": text(task), "reason": reason });
        let input = match reason {
            Some(_) => input,
            None => json!({ "taskId": text(task) }),
        };
        let selection = match field {
            "reportWaive" => "report { id }",
            _ => "task { id }",
        };
        let on = "a report of the lead unit";
        mutation(field, on, selection, input, &[text(task)])
    };
    let elsewhere = json!({ "taskId": text(FOREIGN_REPORT), "reason": "免报" });
    vec![
        decide("taskVerify", BUILDING_REPORT, None),
        decide("taskReturn", BUILDING_REPORT, Some("数字不符")),
        decide("reportWaive", RESERVOIR_REPORT, Some("免报")),
        mutation(
            "reportWaive",
            "a report elsewhere",
            "report { id }",
            elsewhere,
            &[text(FOREIGN_REPORT)],
        ),
    ]
}

fn deciding_changes() -> Vec<Case> {
    let decide = |on, change, decision: &str| {
        let input =
            json!({ "changeRequestId": text(change), "decision": decision, "note": "经研究" });
        mutation(
            "changeDecide",
            on,
            "changeRequest { id }",
            input,
            &[text(change)],
        )
    };
    vec![
        decide(
            "to approve the lead unit's schedule",
            CANAL_SCHEDULE,
            "APPROVE",
        ),
        decide(
            "to return the lead unit's schedule",
            CANAL_SCHEDULE,
            "RETURN",
        ),
        decide(
            "to approve a new work of the lead unit",
            PROPOSAL,
            "APPROVE",
        ),
        decide(
            "a request elsewhere, to return it",
            FOREIGN_SCHEDULE,
            "RETURN",
        ),
    ]
}

fn rating() -> Vec<Case> {
    let rules = |on, id: Value| {
        let document = "query Q($id: ID) { ratingRules(jurisdictionId: $id) { adopted { id } } }";
        case("ratingRules", on, document, json!({ "id": id }), &[id])
            .counted("/ratingRules/adopted")
    };
    let adopt = |on, id: Value| {
        let input = json!({
            "jurisdictionId": id, "code": "STANDARD", "effectiveFrom": date(2026, 12, 1),
            "document": { "title": "重点项目红黄绿评定办法" },
        });
        mutation("ratingRulesAdopt", on, "adoption { id }", input, &[id])
    };
    let set = |on, project: ProjectId| {
        let input = json!({
            "projectId": text(project), "rating": "RED", "reason": "领导小组研究决定",
            "expiresOn": date(2026, 12, 31),
        });
        mutation("ratingOverride", on, "overrideId", input, &[text(project)])
    };
    let end = |on, id: Value| {
        let input = json!({ "overrideId": id, "reason": "已整改" });
        mutation("ratingOverrideEnd", on, "project { id }", input, &[id])
    };
    vec![
        list(
            "ratingRules",
            "{ ratingRules { adopted { id } } }",
            "/ratingRules/adopted",
        ),
        rules("adopted here", text(HERE)),
        rules("adopted elsewhere", text(ELSEWHERE)),
        adopt("for here", text(HERE)),
        adopt("for elsewhere", text(ELSEWHERE)),
        set("of a project in two areas", RESERVOIR),
        set("of a project of the other unit", ROAD),
        set("of a project elsewhere", FOREIGN),
        end("of a project in two areas", text(BUILDING_OVERRIDE)),
        end("of a project elsewhere", text(FOREIGN_OVERRIDE)),
    ]
}

/// Issues and orders.
fn asking() -> Vec<Case> {
    let raise = |on, project: ProjectId, help: Value| {
        let input = json!({
            "projectId": text(project), "title": "安置", "description": "资金缺口",
            "helpFromUnitId": help, "dueDate": date(2026, 12, 10),
        });
        mutation("issueRaise", on, "issue { id }", input, &[text(project)])
    };
    let redirect = |on, task: TaskId| {
        let input = json!({ "taskId": text(task), "unitId": text(TRANSPORT), "reason": "转办" });
        mutation("issueRedirect", on, "issue { id }", input, &[text(task)])
    };
    let issue = |on, unit: UnitId, projects: &[ProjectId]| {
        let named: Vec<Value> = projects.iter().map(text).collect();
        let input = json!({
            "unitId": text(unit), "projectIds": named, "level": "ORDER", "source": "MEETING",
            "instruction": "月底前完成", "dueDate": date(2026, 12, 31),
        });
        let named: Vec<Value> = named.into_iter().chain([text(unit)]).collect();
        mutation("orderIssue", on, "order { id }", input, &named)
    };
    let order = |on, id: TaskId| {
        let document = "query Q($by: OrderBy!) { order(by: $by) { id } }";
        case(
            "order",
            on,
            document,
            json!({ "by": { "id": text(id) } }),
            &[text(id)],
        )
    };
    vec![
        raise("to the office", RESERVOIR, Value::Null),
        raise("to a unit without a part in it", RESERVOIR, text(OFFICE)),
        raise("on a project of the other unit", ROAD, Value::Null),
        raise("on a project elsewhere", FOREIGN, Value::Null),
        redirect("that the cooperating unit owes", ISSUE),
        redirect("that the office owes", OFFICE_ISSUE),
        issue("to the other unit, about nothing", TRANSPORT, &[]),
        issue(
            "to the lead unit, about a project in two areas",
            WATER,
            &[RESERVOIR],
        ),
        issue("to the lead unit, about two", WATER, &[RESERVOIR, CANAL]),
        issue("to the office itself", OFFICE, &[]),
        issue("about a project elsewhere", WATER, &[FOREIGN]),
        issue("to a unit elsewhere", FOREIGN_UNIT, &[]),
        order("about a project in two areas", ORDER),
        order("to the other unit, about nothing", ANSWERED_ORDER),
        order("of another office", OTHER_OFFICES_ORDER),
    ]
}

/// Issues and orders as the tasks that they are.
fn answering() -> Vec<Case> {
    let act = |field: &'static str, on, task: TaskId| {
        let input = match field {
            "taskReturn" => json!({ "taskId": text(task), "reason": "不符" }),
            _ => json!({ "taskId": text(task), "note": "已办" }),
        };
        mutation(field, on, "task { id }", input, &[text(task)])
    };
    vec![
        act("taskClaim", "an issue of the cooperating unit", ISSUE),
        act("taskClaim", "an issue that the office owes", OFFICE_ISSUE),
        act("taskClaim", "an order to the lead unit", ORDER),
        act(
            "taskVerify",
            "an issue that the lead unit raised",
            ANSWERED_ISSUE,
        ),
        act(
            "taskReturn",
            "an issue that the lead unit raised",
            ANSWERED_ISSUE,
        ),
        act("taskVerify", "an order about nothing", ANSWERED_ORDER),
        act("taskReturn", "an order about nothing", ANSWERED_ORDER),
        act(
            "taskVerify",
            "an order of another office",
            OTHER_OFFICES_ORDER,
        ),
        act(
            "taskReturn",
            "an order of another office",
            OTHER_OFFICES_ORDER,
        ),
    ]
}

fn proposals() -> Vec<Case> {
    let of = |on, jurisdiction: JurisdictionId| {
        let document = "query Q($f: OrderProposalFilter) {
            orderProposals(filter: $f) { totalCount } }";
        let id = text(jurisdiction);
        let filter = json!({ "f": { "jurisdictionId": id } });
        case("orderProposals", on, document, filter, &[id]).counted("/orderProposals/totalCount")
    };
    let dismiss = |on, task: TaskId| {
        let id = format!("proposal_MILESTONE_OVERDUE.REMINDER.{}", task.0.simple());
        let input = json!({ "proposalId": id, "reason": "已沟通" });
        mutation("orderDismiss", on, "dismissal { id }", input, &[json!(id)])
    };
    vec![
        list(
            "orderProposals",
            "{ orderProposals(first: 100) { totalCount } }",
            "/orderProposals/totalCount",
        ),
        of("of here", HERE),
        of("of elsewhere", ELSEWHERE),
        dismiss("on a step of the cooperating unit", LAND),
        dismiss("on a milestone elsewhere", FOREIGN_FINISH),
    ]
}

fn sessions() -> Vec<Case> {
    let end = |case| Case {
        ends_session: true,
        ..case
    };
    let somebody = json!({ "username": Persona::Viewer.name(), "password": PASSWORD });
    let unknown = json!({ "username": "nobody-at-all", "password": PASSWORD });
    let disabled = json!({ "username": "disabled", "password": PASSWORD });
    let token = json!({ "refreshToken": "not a token" });
    let session = json!({ "sessionId": text(VIEWERS_SESSION) });
    let change =
        json!({ "currentPassword": PASSWORD, "newPassword": "quite another long sentence" });
    vec![
        mutation(
            "signIn",
            "with a right password",
            "expiresIn",
            somebody,
            &[],
        ),
        mutation("signIn", "as nobody known", "expiresIn", unknown, &[]),
        mutation("signIn", "as somebody disabled", "expiresIn", disabled, &[]),
        mutation(
            "sessionRefresh",
            "with something else",
            "expiresIn",
            token,
            &[],
        ),
        mutation(
            "sessionEnd",
            "the viewer's session",
            "session { id }",
            session,
            &[text(VIEWERS_SESSION)],
        ),
        end(mutation(
            "passwordChange",
            "one's own",
            "user { id }",
            change,
            &[],
        )),
        end(case(
            "signOut",
            "of this session",
            "mutation { signOut { signedOut } }",
            json!({}),
            &[],
        )),
    ]
}

fn people() -> Vec<Case> {
    let user = |on, id: Value| {
        let document = "query Q($id: ID!) { user(id: $id) { id } }";
        case("user", on, document, json!({ "id": id }), &[id])
    };
    let viewer = text(Persona::Viewer.user());
    let elsewhere = text(Persona::SupervisorElsewhere.user());
    let change = |field, on, input: Value, id: &Value| {
        mutation(field, on, "user { id }", input, std::slice::from_ref(id))
    };
    let new = |grants: Value| {
        json!({
            "username": "new-one",
            "name": "新用户",
            "password": "a first long password",
            "grants": grants,
        })
    };
    let here = json!([{ "role": "VIEWER", "scope": { "jurisdictionId": text(HERE) } }]);
    let there = json!([{ "role": "VIEWER", "scope": { "jurisdictionId": text(ELSEWHERE) } }]);
    let reset = json!({ "userId": viewer, "password": "a second long password" });
    vec![
        user("the viewer", viewer.clone()),
        user("the supervisor elsewhere", elsewhere.clone()),
        user("without a grant", text(UNGRANTED)),
        mutation(
            "userCreate",
            "a viewer here",
            "user { id }",
            new(here),
            &[text(HERE)],
        ),
        mutation(
            "userCreate",
            "a viewer elsewhere",
            "user { id }",
            new(there),
            &[text(ELSEWHERE)],
        ),
        change(
            "userDisable",
            "the viewer",
            json!({ "userId": viewer }),
            &viewer,
        ),
        change(
            "userDisable",
            "the supervisor elsewhere",
            json!({ "userId": elsewhere }),
            &elsewhere,
        ),
        change(
            "userEnable",
            "the viewer",
            json!({ "userId": viewer }),
            &viewer,
        ),
        change("passwordReset", "the viewer's", reset, &viewer),
    ]
}

fn grants() -> Vec<Case> {
    let add = |on, user: UserId, role: &str, scope: Value, named: &[Value]| {
        let user = text(user);
        let grant = json!({ "role": role, "scope": scope });
        let input = json!({ "userId": user, "grant": grant });
        let named: Vec<Value> = named.iter().cloned().chain([user]).collect();
        mutation("grantAdd", on, "grant { id }", input, &named)
    };
    let unit = json!({ "unitId": text(WATER) });
    let elsewhere = json!({ "jurisdictionId": text(ELSEWHERE) });
    let everything = json!({ "everything": true });
    let end = json!({ "grantId": text(VIEWERS_GRANT) });
    vec![
        add(
            "a unit here to the viewer",
            Persona::Viewer.user(),
            "REPORTER",
            unit,
            &[text(WATER)],
        ),
        add(
            "elsewhere to the administrator of here",
            Persona::ScopedAdministrator.user(),
            "ADMINISTRATOR",
            elsewhere,
            &[text(ELSEWHERE)],
        ),
        add(
            "everything to the user without a grant",
            UNGRANTED,
            "ADMINISTRATOR",
            everything,
            &[],
        ),
        mutation(
            "grantEnd",
            "the viewer's",
            "grant { id }",
            end,
            &[text(VIEWERS_GRANT)],
        ),
    ]
}

fn tokens() -> Vec<Case> {
    let user = text(Persona::Integrator.user());
    let own = json!({ "name": "for a program" });
    let others = json!({ "name": "for a program", "userId": user });
    let token = json!({ "apiTokenId": text(INTEGRATORS_TOKEN) });
    vec![
        mutation("apiTokenIssue", "for oneself", "apiToken { id }", own, &[]),
        mutation(
            "apiTokenIssue",
            "for the integrator",
            "apiToken { id }",
            others,
            &[user],
        ),
        mutation(
            "apiTokenRevoke",
            "the integrator's",
            "apiToken { id }",
            token,
            &[text(INTEGRATORS_TOKEN)],
        ),
    ]
}
