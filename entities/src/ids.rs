//! Typed keys: UUIDv7 in the database, `kind_` and 32 hexadecimal digits on the wire.
//!
//! ```
//! use duban_entities::ids::ProjectId;
//!
//! let id: ProjectId = "project_0192f0c14b1e7b3c8a55d3c1f0a9e001".parse()?;
//! assert_eq!(id.to_string(), "project_0192f0c14b1e7b3c8a55d3c1f0a9e001");
//! assert!("unit_0192f0c14b1e7b3c8a55d3c1f0a9e001".parse::<ProjectId>().is_err());
//! # Ok::<(), duban_entities::ids::ParseIdError>(())
//! ```

use std::fmt;
use std::str::FromStr;

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use uuid::Uuid;

use crate::row::{Cell, Cells};

/// The text is not an id of the wanted type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseIdError;

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id of this type")
    }
}

impl std::error::Error for ParseIdError {}

/// The part of a wire id before the underscore, if the text has the shape of one.
#[must_use]
pub fn prefix(text: &str) -> Option<&str> {
    text.split_once('_').map(|(prefix, _)| prefix)
}

fn parse(prefix: &str, text: &str) -> Result<Uuid, ParseIdError> {
    let hex = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .filter(|hex| hex.len() == 32 && !hex.bytes().any(|b| b.is_ascii_uppercase()))
        .ok_or(ParseIdError)?;
    Uuid::try_parse(hex).map_err(|_| ParseIdError)
}

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
        pub struct $name(pub Uuid);

        impl $name {
            /// What stands before the underscore on the wire.
            pub const PREFIX: &'static str = $prefix;
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($prefix, "_"))?;
                let mut digits = Uuid::encode_buffer();
                f.write_str(self.0.simple().encode_lower(&mut digits))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse($prefix, text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl Cell for $name {
            fn stored<C: Cells>(cells: &mut C) -> Result<Option<Self>, C::Error> {
                Ok(cells.uuid()?.map(Self))
            }
        }

        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    };
}

typed_id!(
    /// Key of a jurisdiction.
    JurisdictionId,
    "jurisdiction"
);
typed_id!(
    /// Key of an area.
    AreaId,
    "area"
);
typed_id!(
    /// Key of a unit.
    UnitId,
    "unit"
);
typed_id!(
    /// Key of a unit alias.
    UnitAliasId,
    "unitalias"
);
typed_id!(
    /// Key of a plan.
    PlanId,
    "plan"
);
typed_id!(
    /// Key of a clause.
    ClauseId,
    "clause"
);
typed_id!(
    /// Key of an indicator.
    IndicatorId,
    "indicator"
);
typed_id!(
    /// Key of a project.
    ProjectId,
    "project"
);
typed_id!(
    /// Key of a project alias.
    ProjectAliasId,
    "projectalias"
);
typed_id!(
    /// Key of a target.
    TargetId,
    "target"
);
typed_id!(
    /// Key of a citation.
    CitationId,
    "citation"
);
typed_id!(
    /// Key of a task.
    TaskId,
    "task"
);
typed_id!(
    /// Key of a task evidence.
    TaskEvidenceId,
    "evidence"
);
typed_id!(
    /// Key of a change request.
    ChangeRequestId,
    "change"
);
typed_id!(
    /// Key of a user.
    UserId,
    "user"
);
typed_id!(
    /// Key of a grant.
    GrantId,
    "grant"
);
typed_id!(
    /// Key of a session.
    SessionId,
    "session"
);
typed_id!(
    /// Key of a refresh token.
    RefreshTokenId,
    "refresh"
);
typed_id!(
    /// Key of an api token.
    ApiTokenId,
    "apitoken"
);
typed_id!(
    /// Key of a report draft.
    ReportDraftId,
    "reportdraft"
);
typed_id!(
    /// Key of a submission of a report.
    ReportRevisionId,
    "revision"
);
typed_id!(
    /// Key of a dismissed proposal of an order.
    OrderDismissalId,
    "dismissal"
);
typed_id!(
    /// Key of a rating adoption.
    RatingAdoptionId,
    "adoption"
);
typed_id!(
    /// Key of a rating override.
    RatingOverrideId,
    "override"
);
typed_id!(
    /// Key of a published briefing.
    BriefingId,
    "briefing"
);
