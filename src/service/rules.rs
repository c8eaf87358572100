//! The rules that are data, loaded and checked once.

use crate::domain::assessment::{self, AssessmentRules};
use crate::domain::calendar::{self, Calendar};
use crate::domain::ladder::{self, Ladder};
use crate::domain::rating::{self, RatingRules};
use crate::domain::reporting::{self, ReportingRules};
use crate::domain::template::{self, Template};
use crate::domain::workflow::{self, Workflow};
use crate::error::{Error, Result};

/// Workflow, templates, calendar, rating rules and the duty to report, and the numbers
/// beside them.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The workflow of projects.
    pub workflow: Workflow,
    /// Milestone templates.
    pub templates: Vec<Template>,
    /// Working days.
    pub calendar: Calendar,
    /// Rating rules that an office can adopt.
    pub ratings: RatingRules,
    /// The duty to report.
    pub reporting: ReportingRules,
    /// Which order of supervision is proposed next.
    pub ladder: Ladder,
    /// What counts with which weight when units are assessed.
    pub assessment: AssessmentRules,
    /// Days before its date from which a task counts as due soon.
    pub due_soon_days: u16,
    /// Working days that a returned claim gets, where the office names no date.
    pub return_days: u16,
}

impl Rules {
    /// The rules compiled into the program.
    ///
    /// # Errors
    /// [`Error::Internal`] naming what does not hold in which file.
    pub fn embedded() -> Result<Self> {
        let workflow = workflow::embedded()?.into_iter().next();
        Ok(Self {
            workflow: workflow.ok_or_else(|| Error::internal("no workflow"))?,
            templates: template::embedded()?,
            calendar: calendar::embedded()?,
            ratings: rating::embedded()?,
            reporting: reporting::embedded()?,
            ladder: ladder::embedded()?,
            assessment: assessment::embedded()?,
            due_soon_days: 3,
            return_days: 3,
        })
    }
}
