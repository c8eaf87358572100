//! Change requests: proposed by one person, decided by another. A file for each kind of
//! change; what a request holds stands in `content`.

mod amend;
mod content;
mod decide;
mod document;
mod entry;
mod propose;
mod reassign;
mod reschedule;

use duban_entities::change_request;
use duban_entities::ids::ChangeRequestId;

use super::{Call, Services};
use crate::error::{Error, Result};
use crate::policy::{Action, Facts};
use crate::store::changes::{self, ChangeRequestFilter};
use crate::store::page::{Page, PageRequest};
use crate::store::{facts, projects};

pub use content::{
    Content, Document, MovedDate, NewDate, Parts, PlannedTarget, ProposalContent, ReassignContent,
    StageContent, YearAmount, content,
};
pub use decide::{ChangeDecide, Decision};
pub use entry::ProjectPropose;
pub use propose::{ChangePropose, Wanted};
pub(super) use propose::{Proposal, expect_changeable, propose};
pub(super) use reschedule::{date_of, dated, expect_unchanged, moved_date, placed, with_finish};

impl Services {
    /// One change request.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none or the caller may not see it.
    pub async fn change(&self, call: &Call, id: ChangeRequestId) -> Result<change_request::Model> {
        Self::signed_in(call)?;
        let connection = self.store.read();
        let row = changes::by_id(connection, id)
            .await?
            .ok_or(Error::NotFound)?;
        let project = match row.project_id {
            Some(id) => projects::by(connection, &projects::ProjectBy::Id(id)).await?,
            None => None,
        };
        let facts = facts::of_change(connection, &row, project.as_ref()).await?;
        crate::store::authorise(&call.principal, Action::ChangeRead, Facts::Change(&facts))?;
        Ok(row)
    }

    /// One page of change requests, oldest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the filter names something out of reach; as
    /// [`PageRequest::window`].
    pub async fn changes(
        &self,
        call: &Call,
        filter: &ChangeRequestFilter,
        request: &PageRequest,
    ) -> Result<Page<change_request::Model>> {
        self.check_named_in_changes(call, filter).await?;
        changes::page(self.store.read(), &call.principal, filter, request).await
    }

    /// How many change requests the filter selects among those that the caller may see.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the filter names something out of reach.
    pub async fn count_changes(&self, call: &Call, filter: &ChangeRequestFilter) -> Result<u64> {
        self.check_named_in_changes(call, filter).await?;
        changes::count(self.store.read(), &call.principal, filter).await
    }

    async fn check_named_in_changes(
        &self,
        call: &Call,
        filter: &ChangeRequestFilter,
    ) -> Result<()> {
        Self::signed_in(call)?;
        if let Some(id) = filter.jurisdiction {
            self.named_jurisdiction(call, id).await?;
        }
        if let Some(id) = filter.project {
            self.named_project(call, id).await?;
        }
        Ok(())
    }
}
