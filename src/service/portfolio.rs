//! The counts of a portfolio.

use super::{Call, Services};
use crate::error::Result;
use crate::store::portfolio::{self, Counts};
use crate::store::projects::ProjectFilter;

impl Services {
    /// Counts what the filter selects among what the caller may see.
    ///
    /// # Errors
    /// [`crate::error::Error::NotFound`] when the filter names something out of reach.
    pub async fn portfolio(&self, call: &Call, filter: &ProjectFilter) -> Result<Counts> {
        Self::signed_in(call)?;
        self.check_named(call, filter).await?;
        let today = self.today().await?;
        portfolio::counts(self.store.read(), &call.principal, filter, &today).await
    }
}
