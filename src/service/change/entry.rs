//! A new work for the bank (入库): proposed by the unit that would lead it, with the clause or
//! the document that calls for it; approved, it becomes a project.

use duban_entities::ids::{ChangeRequestId, ClauseId, JurisdictionId, ProjectId, UnitId};
use duban_entities::vocabulary::{
    ChangeKind, Demand, Disclosure, DueBasis, LeadBasis, MilestoneRole, Participation, ProjectKind,
    Stage, StageBasis,
};
use duban_entities::{change_request, citation, clause, plan, project, task};
use serde::Serialize;

use super::content::{Content, Document, Parts, ProposalContent};
use super::propose::{Proposal, record};
use super::{amend, document};
use crate::domain::change::{check_due, check_money, plain_title};
use crate::error::{Error, Problems, Result};
use crate::policy::{Action, Facts, Permit};
use crate::service::idempotency::{self, Key};
use crate::service::stage::blank_milestone;
use crate::service::task::as_text;
use crate::service::{Call, Services, fetch};
use crate::store::record::Fields;
use crate::store::today::Today;
use crate::store::{Work, bank, outline};

/// The whole weight of a schedule, in hundredths of a percent.
const WHOLE: i32 = 10_000;

/// A unit proposes a new work that it would lead.
#[derive(Clone, Debug, Serialize)]
pub struct ProjectPropose {
    /// Whose bank.
    #[serde(serialize_with = "as_text")]
    pub jurisdiction: JurisdictionId,
    /// The unit that proposes it and would lead it.
    #[serde(serialize_with = "as_text")]
    pub unit: UnitId,
    /// What is proposed.
    pub content: ProposalContent,
    /// Why; required.
    pub reason: String,
    /// See `idempotency`.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

impl Services {
    /// Proposes a new work for the bank.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every problem, for a title that a project has already, and
    /// without clause or document; [`Error::NotFound`] for what is not of the jurisdiction;
    /// [`Error::Forbidden`].
    pub async fn propose_project(
        &self,
        call: &Call,
        input: ProjectPropose,
    ) -> Result<ChangeRequestId> {
        Self::signed_in(call)?;
        let key = Key::of("projectPropose", input.idempotency_key.as_deref(), &input)?;
        let id = self
            .store
            .write(
                call.write(Some(input.reason.trim().to_owned())),
                move |work| Box::pin(async move { run(work, input, key).await }),
            )
            .await?;
        id.parse().map_err(Error::internal)
    }
}

async fn run(work: &mut Work, input: ProjectPropose, key: Option<Key>) -> Result<String> {
    let (of, unit) = (input.jurisdiction, input.unit);
    let known = outline::units_by_id(work.connection(), vec![unit]).await?;
    if known.first().is_none_or(|unit| unit.jurisdiction_id != of) {
        return Err(Error::NotFound);
    }
    let permit = work.permit(Action::ProjectPropose, Facts::Unit(of, unit))?;
    if let Some(id) = idempotency::replay(work, key.as_ref()).await? {
        return Ok(id);
    }
    let reason = fetch::required_note("reason", Some(&input.reason))?;
    fetch::unit(work, of, unit, "unitId").await?;
    let content = checked(work, of, input.content).await?;
    expect_unique(work, of, None, &content.title).await?;
    let proposal = Proposal {
        kind: ChangeKind::Propose,
        content: Content::Propose(content),
        reason: Some(reason),
        late: false,
    };
    let row = record(work, &permit, (of, None, Some(unit)), proposal).await?;
    let id = row.id.to_string();
    idempotency::remember(work, key, &id).await?;
    Ok(id)
}

/// The content, tidied, with every problem of it.
async fn checked(
    work: &Work,
    of: JurisdictionId,
    content: ProposalContent,
) -> Result<ProposalContent> {
    let mut parts = Parts {
        title: Some(content.title.clone()),
        targets: Some(content.targets.clone()),
        ..Parts::default()
    };
    amend::tidy(&mut parts);
    let areas = amend::known_areas(work, of, &content.areas).await?;
    if let Some(id) = &content.clause {
        source(work, of, id).await?;
    }
    let document = document::checked("document", content.document.clone())?;
    let quote = fetch::note("quote", content.quote.as_deref())?;
    let today = Today::load(work.connection(), work.at()).await?;
    let mut problems = Problems::default();
    amend::check(&parts, &mut problems);
    check_money(content.investment_total, None, &mut problems);
    check_due(content.due_date, today.of(of), &mut problems);
    problems.require(
        content.clause.is_some() || document.is_some(),
        "clauseId",
        "a clause or a document that calls for the work is required",
    );
    let loose = content.clause.is_none() && (quote.is_some() || content.demand.is_some());
    problems.require(!loose, "quote", "quote and demand belong to a clause");
    problems.finish()?;
    Ok(ProposalContent {
        title: parts.title.unwrap_or_default(),
        targets: parts.targets.unwrap_or_default(),
        areas,
        document,
        quote,
        ..content
    })
}

/// The clause, if its plan is of the jurisdiction.
async fn source(work: &Work, of: JurisdictionId, id: &str) -> Result<(clause::Model, plan::Model)> {
    let id: ClauseId = id.parse().map_err(|_| Error::NotFound)?;
    let clause = outline::clauses_by_id(work.connection(), vec![id]).await?;
    let clause = clause.into_iter().next().ok_or(Error::NotFound)?;
    let plan = outline::plans_by_id(work.connection(), vec![clause.plan_id]).await?;
    let plan = plan.into_iter().find(|plan| plan.jurisdiction_id == of);
    Ok((clause, plan.ok_or(Error::NotFound)?))
}

/// Refuses a title that another project of the jurisdiction has, under whatever spelling.
pub(super) async fn expect_unique(
    work: &Work,
    of: JurisdictionId,
    itself: Option<ProjectId>,
    title: &str,
) -> Result<()> {
    match namesake(work, of, itself, title).await? {
        Some(code) => Err(Error::invalid(
            "title",
            format!("{code} has this title: amend it instead, or tell the works apart"),
        )),
        None => Ok(()),
    }
}

/// As [`expect_unique`], at the decision: the title was free when this was proposed. The
/// jurisdiction is locked, so that of two who want it one wins.
pub(super) async fn expect_still_unique(
    work: &Work,
    of: JurisdictionId,
    itself: Option<ProjectId>,
    title: &str,
) -> Result<()> {
    match namesake(work, of, itself, title).await? {
        Some(code) => Err(Error::blocked(
            "DUPLICATE",
            format!("{code} has this title since this was proposed: return it"),
        )),
        None => Ok(()),
    }
}

async fn namesake(
    work: &Work,
    of: JurisdictionId,
    itself: Option<ProjectId>,
    title: &str,
) -> Result<Option<String>> {
    let wanted = plain_title(title);
    let names = bank::names(work.connection(), of).await?;
    let mut others = names.into_iter().filter(|(id, ..)| Some(*id) != itself);
    Ok(others
        .find(|(_, _, name)| plain_title(name) == wanted)
        .map(|(_, code, _)| code))
}

/// Makes the project; its key goes into the request. The jurisdiction is locked.
pub(super) async fn apply(
    work: &mut Work,
    permit: &Permit,
    row: &change_request::Model,
    content: &ProposalContent,
) -> Result<ProjectId> {
    let of = row.jurisdiction_id;
    expect_still_unique(work, of, None, &content.title).await?;
    let lead = row.proposed_unit_id.ok_or(Error::NotFound)?;
    let fit = fetch::unit(work, of, lead, "unitId").await;
    fit.map_err(|_| {
        let message = "the unit that proposed it has ended since: return it";
        Error::blocked("UNIT_CHANGED", message)
    })?;
    let source = match &content.clause {
        Some(id) => Some(source(work, of, id).await?),
        None => None,
    };
    let project = blank_project(work, row, content).await?;
    let project = dated(project, content, source.as_ref().map(|(_, plan)| plan));
    let parts = listed(content, source.as_ref())?;
    let project = work.create(permit, project, parts).await?;
    let contents = Parts {
        areas: Some(content.areas.clone()),
        targets: Some(content.targets.clone()),
        ..Parts::default()
    };
    amend::write(work, &project, &contents).await?;
    if let Some((clause, _)) = &source {
        let citation = mention(work, &project, content, clause)?;
        work.add_citations(vec![citation]).await?;
    }
    let finish = completion(work, &project);
    work.create(permit, finish, Fields::new()).await?;
    Ok(project.id)
}

/// The new project, without a date.
async fn blank_project(
    work: &Work,
    row: &change_request::Model,
    content: &ProposalContent,
) -> Result<project::Model> {
    let kind: ProjectKind = content.kind.parse().map_err(Error::internal)?;
    let today = Today::load(work.connection(), work.at()).await?;
    Ok(project::Model {
        id: work.new_id(),
        jurisdiction_id: row.jurisdiction_id,
        code: free_code(work, row.jurisdiction_id, kind).await?,
        title: content.title.clone(),
        kind,
        participation: Participation::Leads,
        stage: Stage::InReserve,
        stage_basis: StageBasis::Reported,
        stage_since: Some(today.of(row.jurisdiction_id)),
        suspended_from: None,
        parent_id: None,
        lead_unit_id: row.proposed_unit_id,
        lead_basis: Some(LeadBasis::Assigned),
        lead_role_words: None,
        disclosure: Disclosure::NotPublic,
        declared_members: None,
        due_words: None,
        due_date: None,
        baseline_due_date: None,
        due_basis: None,
        schedule_approved_at: None,
        percent_complete: 0,
        investment_total: content.investment_total,
        simulated: work.simulated() || row.simulated,
        version: 1,
        created_at: work.at(),
        updated_at: work.at(),
    })
}

/// The next number behind the highest of jurisdiction and kind.
async fn free_code(work: &Work, of: JurisdictionId, kind: ProjectKind) -> Result<String> {
    let known = outline::jurisdictions_by_id(work.connection(), vec![of]).await?;
    let jurisdiction = known.first().ok_or(Error::NotFound)?;
    let prefix = format!("{}-{}-", jurisdiction.code, kind.letters());
    let codes = bank::codes_from(work.connection(), &prefix).await?;
    let numbers = codes.iter().filter_map(|code| {
        let number: u32 = code.strip_prefix(&prefix)?.parse().ok()?;
        Some(number)
    });
    let next = numbers.max().unwrap_or(0) + 1;
    Ok(format!("{prefix}{next:04}"))
}

/// The stated date, or else the end of the period of the plan that calls for it, as an import
/// has it.
fn dated(
    mut project: project::Model,
    content: &ProposalContent,
    plan: Option<&plan::Model>,
) -> project::Model {
    if let Some(due) = content.due_date {
        project.due_date = Some(due);
        project.baseline_due_date = Some(due);
        project.due_basis = Some(DueBasis::Stated);
    } else {
        project.due_date = plan.and_then(|plan| plan.period_to);
        project.due_basis = project.due_date.map(|_| DueBasis::PlanPeriod);
    }
    project
}

/// The lists of the creation's entry, in the form that an import uses too; the document
/// under `entryDocument`.
fn listed(
    content: &ProposalContent,
    source: Option<&(clause::Model, plan::Model)>,
) -> Result<Fields> {
    let mut fields = Fields::new();
    let areas = (!content.areas.is_empty()).then(|| content.areas.join(" "));
    fields.insert("areas", areas);
    fields.insert("targets", amend::shown_planned(&content.targets)?);
    if let Some((clause, _)) = source {
        let cells = [
            ("clause", clause.id.to_string()),
            ("demand", demand(content)?.to_string()),
            ("quote", quote(content, clause)),
            ("source_file", clause.source_file.clone()),
            ("source_line", clause.source_line.to_string()),
        ];
        fields.insert("citations", amend::shown(&[cells.into()])?);
    }
    if let Some(document) = &content.document {
        let text = serde_json::to_string::<Document>(document).map_err(Error::internal)?;
        fields.insert("entryDocument", Some(text));
    }
    fields.retain(|_, value| value.is_some());
    Ok(fields)
}

fn demand(content: &ProposalContent) -> Result<Demand> {
    let word = content.demand.as_deref().map(str::parse).transpose();
    let word: Option<Demand> = word.map_err(Error::internal)?;
    Ok(word.unwrap_or(Demand::Unspecified))
}

/// The clause's words that name the work; its heading where none are given.
fn quote(content: &ProposalContent, clause: &clause::Model) -> String {
    let given = content.quote.clone();
    given.unwrap_or_else(|| clause.heading.clone())
}

fn mention(
    work: &Work,
    project: &project::Model,
    content: &ProposalContent,
    clause: &clause::Model,
) -> Result<citation::Model> {
    Ok(citation::Model {
        id: work.new_id(),
        project_id: project.id,
        clause_id: clause.id,
        position: 0,
        quote: quote(content, clause),
        phrase: None,
        demand: demand(content)?,
        source_file: clause.source_file.clone(),
        source_line: clause.source_line,
    })
}

/// The completion that the lead owes, as an import makes it.
fn completion(work: &Work, project: &project::Model) -> task::Model {
    task::Model {
        title: "建成".to_owned(),
        role: Some(MilestoneRole::Finish),
        weight: WHOLE,
        unit_id: project.lead_unit_id,
        due_date: project.due_date,
        baseline_due_date: project.baseline_due_date,
        due_basis: project.due_basis,
        counted_due_date: project.due_date,
        simulated: project.simulated,
        ..blank_milestone(work, project)
    }
}
