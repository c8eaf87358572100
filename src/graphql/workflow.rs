//! The rules that are data: workflows and milestone templates.

use async_graphql::{Context, Object, SimpleObject};

use super::connection::list_cost;
use super::context::{call, services};
use super::error::{Result, public};
use super::ready::ReadyList;
use super::scalar::Decimal;
use super::vocabulary::{MilestoneRole, ProjectKind, Role, Stage};
use crate::domain::{template, workflow};
use crate::error;

/// Something that must happen first.
#[derive(Clone, Debug, SimpleObject)]
pub struct Blocker {
    /// Stable name of the rule.
    code: String,
    /// What is missing.
    message: String,
}

impl Blocker {
    /// Blockers as the API shows them.
    pub(super) fn all(blockers: Vec<error::Blocker>) -> ReadyList<Self> {
        let shown = blockers.into_iter().map(|blocker| Self {
            code: blocker.code.to_owned(),
            message: blocker.message,
        });
        shown.collect()
    }
}

/// The stages of a project and the steps between them, as data.
#[derive(Clone, Debug, SimpleObject)]
pub struct Workflow {
    /// Code.
    code: String,
    /// Title.
    title: String,
    /// The stages, in the order of the pipeline.
    #[graphql(complexity = "list_cost(child_complexity)")]
    stages: Vec<WorkflowStage>,
    /// The steps.
    #[graphql(complexity = "list_cost(child_complexity)")]
    transitions: Vec<WorkflowTransition>,
}

/// A stage of a workflow.
#[derive(Clone, Debug, SimpleObject)]
pub struct WorkflowStage {
    /// The stage.
    stage: Stage,
    /// What it is called.
    title: String,
    /// True where nothing follows.
    #[graphql(name = "final")]
    is_final: bool,
}

/// A step of a workflow.
#[derive(Clone, Debug, SimpleObject)]
pub struct WorkflowTransition {
    /// From which stage.
    from: Stage,
    /// To which stage.
    to: Stage,
    /// What the step is called.
    title: String,
    /// Who may take it.
    roles: Vec<Role>,
    /// True where a supervisor must approve it.
    requires_approval: bool,
    /// What must hold first.
    #[graphql(complexity = "list_cost(child_complexity)")]
    guards: Vec<WorkflowGuard>,
}

/// A rule that must hold before a step.
#[derive(Clone, Debug, SimpleObject)]
pub struct WorkflowGuard {
    /// Stable name of the rule.
    code: String,
    /// What it asks.
    description: String,
}

impl From<&workflow::Workflow> for Workflow {
    fn from(workflow: &workflow::Workflow) -> Self {
        let stages = workflow.stages.iter().map(|entry| WorkflowStage {
            stage: entry.stage.into(),
            title: entry.title.clone(),
            is_final: entry.is_final,
        });
        Self {
            code: workflow.code.clone(),
            title: workflow.title.clone(),
            stages: stages.collect(),
            transitions: workflow.transitions.iter().map(Into::into).collect(),
        }
    }
}

impl From<&workflow::Transition> for WorkflowTransition {
    fn from(transition: &workflow::Transition) -> Self {
        let guards = transition.guards.iter().map(|guard| WorkflowGuard {
            code: guard.code().to_owned(),
            description: guard.description().to_owned(),
        });
        Self {
            from: transition.from.into(),
            to: transition.to.into(),
            title: transition.title.clone(),
            roles: transition.roles.iter().copied().map(Role::from).collect(),
            requires_approval: transition.requires_approval,
            guards: guards.collect(),
        }
    }
}

/// The usual steps of a kind of work, for a first schedule.
#[derive(Clone, Debug, SimpleObject)]
pub struct MilestoneTemplate {
    /// Code.
    code: String,
    /// Title.
    title: String,
    /// The kinds of work it suits.
    kinds: Vec<ProjectKind>,
    /// Where the steps come from.
    source: String,
    /// The steps, in order.
    #[graphql(complexity = "list_cost(child_complexity)")]
    steps: Vec<TemplateStep>,
}

/// A step of a milestone template.
#[derive(Clone, Debug, SimpleObject)]
pub struct TemplateStep {
    /// Title.
    title: String,
    /// Weight; the weights of a template sum to 100.
    weight: Decimal,
    /// Days after the first day.
    offset_days: i32,
    /// Its part in the schedule.
    role: MilestoneRole,
}

impl From<&template::Template> for MilestoneTemplate {
    fn from(template: &template::Template) -> Self {
        let steps = template.steps.iter().map(|step| TemplateStep {
            title: step.title.clone(),
            weight: Decimal(step.weight.to_string()),
            offset_days: i32::from(step.offset_days),
            role: step.role.into(),
        });
        Self {
            code: template.code.clone(),
            title: template.title.clone(),
            kinds: template
                .kinds
                .iter()
                .copied()
                .map(ProjectKind::from)
                .collect(),
            source: template.source.clone(),
            steps: steps.collect(),
        }
    }
}

/// Root fields on rules.
#[derive(Debug, Default)]
pub struct WorkflowQuery;

#[Object]
impl WorkflowQuery {
    /// The workflows in force.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn workflows(&self, ctx: &Context<'_>) -> Result<Vec<Workflow>> {
        let rules = services(ctx)?.rules_for(call(ctx)?).map_err(public)?;
        Ok(vec![Workflow::from(&rules.workflow)])
    }

    /// The milestone templates, those of one kind of work if it is named.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn milestone_templates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For this kind of work; all where nothing is said.")] kind: Option<
            ProjectKind,
        >,
    ) -> Result<Vec<MilestoneTemplate>> {
        let rules = services(ctx)?.rules_for(call(ctx)?).map_err(public)?;
        Ok(match kind {
            Some(kind) => template::for_kind(&rules.templates, kind.into())
                .map(MilestoneTemplate::from)
                .collect(),
            None => rules
                .templates
                .iter()
                .map(MilestoneTemplate::from)
                .collect(),
        })
    }
}
