//! How each kind of row stands in the ledger: its name, its project, its fields.
//!
//! A row is destructured field by field: a new column does not compile until it is placed
//! under `recorded`, with the API's name, or under `silent`.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use duban_entities::ids::{
    AreaId, ChangeRequestId, ClauseId, JurisdictionId, PlanId, ProjectId, TaskId, UnitId, UserId,
};
use duban_entities::row::FromCells;
use duban_entities::vocabulary::{
    AreaKind, ChangeKind, ChangeState, Disclosure, DueBasis, IndicatorNature, LeadBasis,
    MilestoneRole, OrderLevel, Participation, PlanStatus, ProjectKind, Rating, RevisionState, Role,
    ScopeType, Stage, StageBasis, TaskKind, TaskState, UnitKind,
};
use duban_entities::{
    api_token, area, briefing, change_request, clause, grant, indicator, jurisdiction,
    order_dismissal, plan, project, rating_adoption, rating_override, report_draft,
    report_revision, task, unit, user,
};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, EntityTrait, IntoActiveModel, ModelTrait, Value,
};

use super::ledger::FieldChange;
use crate::error::{Error, Result};

/// Field names and values as the ledger keeps them.
pub type Fields = BTreeMap<&'static str, Option<String>>;

/// A row that is a subject of the ledger and carries a version.
pub trait Row:
    ModelTrait<Entity = Self::Table>
    + IntoActiveModel<Self::Active>
    + FromCells
    + Clone
    + Send
    + Sync
    + 'static
{
    /// The entity.
    type Table: EntityTrait<Model = Self, ActiveModel = Self::Active>;
    /// The active model.
    type Active: ActiveModelTrait<Entity = Self::Table> + ActiveModelBehavior + Send;
    /// The subject's type, in the API's name.
    const SUBJECT: &'static str;

    /// The primary key's column.
    fn key_column() -> <Self::Table as EntityTrait>::Column;
    /// The version's column.
    fn version_column() -> <Self::Table as EntityTrait>::Column;
    /// The primary key.
    fn key(&self) -> Value;
    /// The subject's id on the wire.
    fn subject_id(&self) -> String;
    /// The project it concerns.
    fn project(&self) -> Option<ProjectId>;
    /// The jurisdiction it concerns.
    fn jurisdiction(&self) -> Option<JurisdictionId>;
    /// The version of the row.
    fn version(&self) -> i32;
    /// Sets the version, and when it changed.
    fn touch(&mut self, version: i32, at: DateTime<Utc>);
    /// The recorded fields.
    fn fields(&self) -> Fields;
}

/// What differs between two states of a row, in the order of the names.
#[must_use]
pub fn difference(before: &Fields, after: &Fields) -> Vec<FieldChange> {
    let names = before
        .keys()
        .chain(after.keys().filter(|name| !before.contains_key(*name)));
    let mut changes: Vec<FieldChange> = names
        .map(|name| FieldChange {
            field: (*name).into(),
            from: before.get(name).cloned().flatten(),
            to: after.get(name).cloned().flatten(),
        })
        .filter(|change| change.from != change.to || before.is_empty())
        .collect();
    changes.sort_by(|a, b| a.field.cmp(&b.field));
    changes
}

/// Every field of a new row from null: what [`difference`] says of a row that was not there.
#[must_use]
pub fn creation(fields: Fields) -> Vec<FieldChange> {
    let fields = fields.into_iter().map(|(name, value)| FieldChange {
        field: name.into(),
        from: None,
        to: value,
    });
    fields.collect()
}

/// A number of hundredths as a decimal: 1250 is `12.5`.
#[must_use]
pub fn decimal_of_hundredths(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, rest) = (hundredths.abs() / 100, hundredths.abs() % 100);
    match (rest, rest % 10) {
        (0, _) => format!("{sign}{whole}"),
        (_, 0) => format!("{sign}{whole}.{}", rest / 10),
        _ => format!("{sign}{whole}.{rest:02}"),
    }
}

/// The number of hundredths that a decimal says, as [`decimal_of_hundredths`] writes it.
#[must_use]
pub fn hundredths_of_decimal(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction: i64 = format!("{fraction:0<2}").parse().ok()?;
    let whole: i64 = whole.parse().ok()?;
    whole
        .checked_mul(100)?
        .checked_add(fraction)?
        .checked_mul(sign)
}

/// What the ledger says of a subject, folded up to some entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The subject's id on the wire.
    pub subject_id: String,
    /// Its type, in the API's name.
    pub subject_type: String,
    /// The last value of each field that was ever recorded.
    pub fields: BTreeMap<String, Option<String>>,
    /// How many entries it has.
    pub version: i32,
    /// When its first entry was made.
    pub created_at: DateTime<Utc>,
    /// When its last entry was made.
    pub updated_at: DateTime<Utc>,
}

impl Known {
    /// The value of a field; none where it is null or was not recorded yet.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Option::as_deref)
    }

    fn read<T>(&self, name: &str, read: impl Fn(Option<&str>) -> Option<T>) -> Result<T> {
        read(self.field(name)).ok_or_else(|| {
            let subject = &self.subject_id;
            Error::internal(format!("the ledger's {name} of {subject} cannot be read"))
        })
    }
}

/// A row that can be made again from the ledger alone.
pub trait Restore: Sized {
    /// The row as it stood then.
    ///
    /// # Errors
    /// [`Error::Internal`] when a field is missing or is not of its type.
    fn restore(known: &Known) -> Result<Self>;
}

/// A value as the ledger shows it.
trait Shown: Sized {
    fn shown(&self) -> Option<String>;
    fn read(text: Option<&str>) -> Option<Self>;
}

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> Option<String> {
        self.as_ref().and_then(Shown::shown)
    }

    fn read(text: Option<&str>) -> Option<Self> {
        match text {
            None => Some(None),
            some => T::read(some).map(Some),
        }
    }
}

impl Shown for DateTime<Utc> {
    fn shown(&self) -> Option<String> {
        Some(self.to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    fn read(text: Option<&str>) -> Option<Self> {
        let at = DateTime::parse_from_rfc3339(text?).ok()?;
        Some(at.with_timezone(&Utc))
    }
}

/// A number of hundredths, shown as a decimal.
trait AsDecimal: Sized {
    fn decimal(&self) -> Option<String>;
    fn read(text: Option<&str>) -> Option<Self>;
}

impl AsDecimal for i64 {
    fn decimal(&self) -> Option<String> {
        Some(decimal_of_hundredths(*self))
    }

    fn read(text: Option<&str>) -> Option<Self> {
        hundredths_of_decimal(text?)
    }
}

impl AsDecimal for i32 {
    fn decimal(&self) -> Option<String> {
        i64::from(*self).decimal()
    }

    fn read(text: Option<&str>) -> Option<Self> {
        Self::try_from(<i64 as AsDecimal>::read(text)?).ok()
    }
}

impl<T: AsDecimal> AsDecimal for Option<T> {
    fn decimal(&self) -> Option<String> {
        self.as_ref().and_then(AsDecimal::decimal)
    }

    fn read(text: Option<&str>) -> Option<Self> {
        match text {
            None => Some(None),
            some => T::read(some).map(Some),
        }
    }
}

macro_rules! shown {
    ($($type:ty),+ $(,)?) => {
        $(impl Shown for $type {
            fn shown(&self) -> Option<String> {
                Some(self.to_string())
            }

            fn read(text: Option<&str>) -> Option<Self> {
                text?.parse().ok()
            }
        })+
    };
}

shown!(
    String,
    i32,
    i64,
    bool,
    NaiveDate,
    AreaId,
    ChangeRequestId,
    ClauseId,
    JurisdictionId,
    PlanId,
    ProjectId,
    TaskId,
    UnitId,
    UserId,
    AreaKind,
    ChangeKind,
    ChangeState,
    Disclosure,
    DueBasis,
    IndicatorNature,
    LeadBasis,
    MilestoneRole,
    OrderLevel,
    Participation,
    PlanStatus,
    ProjectKind,
    Rating,
    RevisionState,
    Role,
    ScopeType,
    Stage,
    StageBasis,
    TaskKind,
    TaskState,
    UnitKind,
);

macro_rules! show {
    ($value:ident) => {
        $value.shown()
    };
    ($value:ident, Hundredths) => {
        $value.decimal()
    };
}

macro_rules! touch_row {
    // Who waited for a row's lock may bring an earlier instant than the row has.
    ($row:ident, $at:ident, updated_at) => {
        $row.updated_at = $row.updated_at.max($at)
    };
}

/// Makes a row of what the ledger says of it; the inverse of `Row::fields`.
macro_rules! restore_row {
    ($module:ident [] [$($rest:tt)*]) => {};
    ($module:ident [restored] [$($field:ident [$($form:ident)?] $name:literal)+]) => {
        impl Restore for $module::Model {
            fn restore(known: &Known) -> Result<Self> {
                Ok(Self {
                    id: known.subject_id.parse().map_err(Error::internal)?,
                    $($field: read!(known, $name $(, $form)?)?,)+
                    version: known.version,
                    created_at: known.created_at,
                    updated_at: known.updated_at,
                })
            }
        }
    };
}

macro_rules! read {
    ($known:ident, $name:literal) => {
        $known.read($name, Shown::read)
    };
    ($known:ident, $name:literal, $form:ident) => {
        $known.read($name, AsDecimal::read)
    };
}

macro_rules! row {
    (
        $module:ident as $subject:literal, |$row:ident| project: $project:expr,
        jurisdiction: $jurisdiction:expr;
        recorded { $($field:ident $(: $form:ident)? = $name:literal,)+ }
        silent { $($silent:ident),+ }
        $(touched $touched:ident)?
        $(, $restored:ident)?
    ) => {
        restore_row! { $module [$($restored)?] [$($field [$($form)?] $name)+] }

        impl Row for $module::Model {
            type Table = $module::Entity;
            type Active = $module::ActiveModel;

            const SUBJECT: &'static str = $subject;

            fn key_column() -> $module::Column {
                $module::Column::Id
            }

            fn version_column() -> $module::Column {
                $module::Column::Version
            }

            fn key(&self) -> Value {
                self.id.into()
            }

            fn subject_id(&self) -> String {
                self.id.to_string()
            }

            fn project(&self) -> Option<ProjectId> {
                let $row = self;
                let _ = $row;
                $project
            }

            fn jurisdiction(&self) -> Option<JurisdictionId> {
                let $row = self;
                let _ = $row;
                $jurisdiction
            }

            fn version(&self) -> i32 {
                self.version
            }

            fn touch(&mut self, version: i32, at: DateTime<Utc>) {
                self.version = version;
                let _ = at;
                $(touch_row!(self, at, $touched);)?
            }

            fn fields(&self) -> Fields {
                let Self { $($field,)+ $($silent: _,)+ } = self;
                Fields::from([$(($name, show!($field $(, $form)?)),)+])
            }
        }
    };
}

row! {
    jurisdiction as "Jurisdiction", |row| project: None, jurisdiction: Some(row.id);
    recorded {
        code = "code",
        name = "name",
        time_zone = "timeZone",
    }
    silent { id, version, created_at, updated_at }
    touched updated_at
}

row! {
    area as "Area", |row| project: None, jurisdiction: Some(row.jurisdiction_id);
    recorded {
        jurisdiction_id = "jurisdiction",
        code = "code",
        name = "name",
        kind = "kind",
        source_file = "sourceFile",
        source_line = "sourceLine",
    }
    silent { id, version, created_at, updated_at }
    touched updated_at
}

row! {
    unit as "Unit", |row| project: None, jurisdiction: Some(row.jurisdiction_id);
    recorded {
        jurisdiction_id = "jurisdiction",
        code = "code",
        name = "name",
        full_name = "fullName",
        kind = "kind",
        parent_id = "parent",
        area_id = "area",
        valid_from = "validFrom",
        valid_to = "validTo",
        simulated = "simulated",
        source_file = "sourceFile",
        source_line = "sourceLine",
    }
    silent { id, version, created_at, updated_at }
    touched updated_at, restored
}

row! {
    plan as "Plan", |row| project: None, jurisdiction: Some(row.jurisdiction_id);
    recorded {
        jurisdiction_id = "jurisdiction",
        code = "code",
        title = "title",
        status = "status",
        document_number = "documentNumber",
        issued_on = "issuedOn",
        issued_by = "issuedBy",
        issuing_document = "issuingDocument",
        period_from = "periodFrom",
        period_to = "periodTo",
        source_file = "sourceFile",
        source_line = "sourceLine",
    }
    silent { id, version, created_at, updated_at }
    touched updated_at
}

row! {
    clause as "Clause", |row| project: None, jurisdiction: None;
    recorded {
        plan_id = "plan",
        code = "code",
        parent_id = "parent",
        number = "number",
        heading = "heading",
        position = "position",
        source_file = "sourceFile",
        source_line = "sourceLine",
    }
    silent { id, version, created_at, updated_at }
    touched updated_at
}

row! {
    indicator as "Indicator", |row| project: None, jurisdiction: None;
    recorded {
        plan_id = "plan",
        code = "code",
        group_name = "group",
        name = "name",
        unit_of_measure = "unitOfMeasure",
        base_value = "baseValue",
        base_year = "baseYear",
        target_value = "targetValue",
        target_year = "targetYear",
        annual_growth = "annualGrowth",
        nature = "nature",
        note = "note",
        source_file = "sourceFile",
        source_line = "sourceLine",
    }
    silent { id, version, created_at, updated_at }
    touched updated_at
}

row! {
    project as "Project", |row| project: Some(row.id), jurisdiction: Some(row.jurisdiction_id);
    recorded {
        jurisdiction_id = "jurisdiction",
        code = "code",
        title = "title",
        kind = "kind",
        participation = "participation",
        stage = "stage",
        stage_basis = "stageBasis",
        stage_since = "stageSince",
        suspended_from = "suspendedFrom",
        parent_id = "parent",
        lead_unit_id = "leadUnit",
        lead_basis = "leadBasis",
        lead_role_words = "leadRoleWords",
        disclosure = "disclosure",
        declared_members = "declaredMembers",
        due_words = "dueWords",
        due_date = "dueDate",
        baseline_due_date = "baselineDueDate",
        due_basis = "dueBasis",
        schedule_approved_at = "scheduleApprovedAt",
        percent_complete: Hundredths = "percentComplete",
        investment_total: Hundredths = "investmentTotal",
        simulated = "simulated",
    }
    silent { id, version, created_at, updated_at }
    touched updated_at, restored
}

row! {
    task as "Task", |row| project: row.project_id, jurisdiction: Some(row.jurisdiction_id);
    recorded {
        jurisdiction_id = "jurisdiction",
        kind = "kind",
        project_id = "project",
        unit_id = "unit",
        title = "title",
        role = "role",
        weight: Hundredths = "weight",
        position = "position",
        due_date = "dueDate",
        baseline_due_date = "baselineDueDate",
        due_basis = "dueBasis",
        counted_due_date = "countedDueDate",
        clock_stopped_on = "clockStoppedOn",
        state = "state",
        completed_on = "completedOn",
        claim_note = "claimNote",
        submitted_by = "submittedBy",
        submitted_at = "submittedAt",
        first_submitted_on = "firstSubmittedOn",
        days_late = "daysLate",
        decided_by = "decidedBy",
        decided_at = "decidedAt",
        decision_note = "decisionNote",
        return_count = "returnCount",
        period = "period",
        description = "description",
        raised_by = "raisedBy",
        raised_unit_id = "raisedUnit",
        waived_at = "waivedAt",
        pending_change_id = "pendingChange",
        carried_days_late = "carriedDaysLate",
        simulated = "simulated",
    }
    silent { id, version, created_at, updated_at }
    touched updated_at, restored
}

row! {
    change_request as "ChangeRequest", |row| project: row.project_id, jurisdiction: Some(row.jurisdiction_id);
    recorded {
        jurisdiction_id = "jurisdiction",
        project_id = "project",
        kind = "kind",
        state = "state",
        content = "content",
        reason = "reason",
        late = "late",
        proposed_by = "proposedBy",
        proposed_unit_id = "proposedUnit",
        proposed_at = "proposedAt",
        decided_by = "decidedBy",
        decided_at = "decidedAt",
        note = "note",
        document_title = "documentTitle",
        document_number = "documentNumber",
        document_date = "documentDate",
        simulated = "simulated",
    }
    silent { id, version, created_at, updated_at }
    touched updated_at, restored
}

row! {
    report_draft as "ReportDraft", |row| project: Some(row.project_id), jurisdiction: Some(row.jurisdiction_id);
    recorded {
        task_id = "task",
        saved_by = "savedBy",
        saved_at = "savedAt",
        simulated = "simulated",
    }
    silent { id, jurisdiction_id, project_id, content, version, created_at, updated_at }
    touched updated_at
}

row! {
    report_revision as "ReportRevision", |row| project: Some(row.project_id), jurisdiction: Some(row.jurisdiction_id);
    recorded {
        task_id = "task",
        project_id = "project",
        jurisdiction_id = "jurisdiction",
        period = "period",
        number = "number",
        state = "state",
        percent_complete: Hundredths = "percentComplete",
        investment_this_month: Hundredths = "investmentThisMonth",
        investment_to_date: Hundredths = "investmentToDate",
        narrative = "narrative",
        next_steps = "nextSteps",
        forecast_completion = "forecastCompletion",
        achieved = "achieved",
        evidence = "evidence",
        unchanged = "unchanged",
        reason = "reason",
        submitted_by = "submittedBy",
        submitted_at = "submittedAt",
        submitted_on = "submittedOn",
        decided_by = "decidedBy",
        decided_at = "decidedAt",
        decision_note = "decisionNote",
        simulated = "simulated",
    }
    silent { id, version, created_at, updated_at }
    touched updated_at, restored
}

row! {
    order_dismissal as "OrderDismissal", |row| project: Some(row.project_id), jurisdiction: Some(row.jurisdiction_id);
    recorded {
        jurisdiction_id = "jurisdiction",
        project_id = "project",
        task_id = "task",
        ground = "ground",
        level = "level",
        reason = "reason",
        dismissed_by = "dismissedBy",
        dismissed_at = "dismissedAt",
        simulated = "simulated",
    }
    silent { id, version, created_at, updated_at }
    touched updated_at, restored
}

row! {
    rating_adoption as "RatingAdoption", |row| project: None, jurisdiction: Some(row.jurisdiction_id);
    recorded {
        jurisdiction_id = "jurisdiction",
        code = "code",
        rules_version = "rulesVersion",
        rules = "rules",
        effective_from = "effectiveFrom",
        document_title = "documentTitle",
        document_number = "documentNumber",
        adopted_by = "adoptedBy",
        adopted_at = "adoptedAt",
        simulated = "simulated",
    }
    silent { id, version, created_at, updated_at }
    touched updated_at, restored
}

row! {
    rating_override as "RatingOverride", |row| project: Some(row.project_id), jurisdiction: Some(row.jurisdiction_id);
    recorded {
        jurisdiction_id = "jurisdiction",
        project_id = "project",
        rating = "rating",
        reason = "reason",
        expires_on = "expiresOn",
        overridden_by = "overriddenBy",
        overridden_at = "overriddenAt",
        ended_at = "endedAt",
        simulated = "simulated",
    }
    silent { id, version, created_at, updated_at }
    touched updated_at, restored
}

row! {
    briefing as "Briefing", |row| project: None, jurisdiction: Some(row.jurisdiction_id);
    recorded {
        jurisdiction_id = "jurisdiction",
        period = "period",
        year = "year",
        sequence = "sequence",
        ledger_seq = "ledgerSeq",
        ledger_hash = "ledgerHash",
        content = "content",
        published_by = "publishedBy",
        published_at = "publishedAt",
        simulated = "simulated",
    }
    silent { id, version, created_at, updated_at }
    touched updated_at, restored
}

row! {
    user as "User", |row| project: None, jurisdiction: None;
    recorded {
        username = "username",
        name = "name",
        must_change_password = "mustChangePassword",
        disabled_at = "disabledAt",
        simulated = "simulated",
    }
    silent { id, password_hash, version, created_at, updated_at }
    touched updated_at
}

row! {
    grant as "Grant", |row| project: None, jurisdiction: row.jurisdiction_id;
    recorded {
        user_id = "user",
        role = "role",
        scope_type = "scopeType",
        jurisdiction_id = "jurisdiction",
        area_id = "area",
        unit_id = "unit",
        home_unit_id = "homeUnit",
        valid_from = "validFrom",
        valid_to = "validTo",
        simulated = "simulated",
    }
    silent { id, version, created_at, updated_at }
    touched updated_at
}

row! {
    api_token as "ApiToken", |row| project: None, jurisdiction: None;
    recorded {
        user_id = "user",
        name = "name",
        created_at = "createdAt",
        expires_at = "expiresAt",
        revoked_at = "revokedAt",
    }
    silent { id, token_hash, last_used_at, last_used_peer, version }
}
