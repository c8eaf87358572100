//! The counts of a portfolio: read from the tallies where these answer, else counted.

use duban_entities::ids::UnitId;

use super::{Call, Services};
use crate::error::Result;
use crate::store::portfolio::{self, Counts, UnitCounts};
use crate::store::projects::ProjectFilter;
use crate::store::tallies::{self, Reading, UnitOrder};

/// A portfolio whose units are still to be asked for.
#[derive(Clone, Debug)]
pub struct Portfolio {
    /// The figures; those of the units only where they were counted.
    pub counts: Counts,
    /// Where the units are read, where they were not counted.
    reading: Option<Reading>,
}

impl Portfolio {
    /// True where the tallies answered, false where rows were counted.
    #[must_use]
    pub const fn is_read(&self) -> bool {
        self.reading.is_some()
    }
}

impl From<Counts> for Portfolio {
    fn from(counts: Counts) -> Self {
        Self {
            counts,
            reading: None,
        }
    }
}

impl Services {
    /// What the filter selects among what the caller may see.
    ///
    /// # Errors
    /// [`crate::error::Error::NotFound`] when the filter names something out of reach.
    pub async fn portfolio(&self, call: &Call, filter: &ProjectFilter) -> Result<Portfolio> {
        Self::signed_in(call)?;
        self.check_named(call, filter).await?;
        let (connection, today) = (self.store.read(), self.today().await?);
        match tallies::reading(connection, &call.principal, filter, &today).await? {
            Some(reading) => Ok(Portfolio {
                counts: tallies::totals(connection, &reading).await?,
                reading: Some(reading),
            }),
            None => {
                let counts = portfolio::counts(connection, &call.principal, filter, &today);
                Ok(counts.await?.into())
            }
        }
    }

    /// The same, counted row by row whatever the tallies say.
    ///
    /// # Errors
    /// As [`Services::portfolio`].
    pub async fn portfolio_counted(&self, call: &Call, filter: &ProjectFilter) -> Result<Counts> {
        Self::signed_in(call)?;
        self.check_named(call, filter).await?;
        let today = self.today().await?;
        portfolio::counts(self.store.read(), &call.principal, filter, &today).await
    }

    /// The first units of a portfolio in an order.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database cannot be read.
    pub async fn portfolio_units(
        &self,
        portfolio: &Portfolio,
        order: UnitOrder,
        first: u64,
    ) -> Result<Vec<(UnitId, UnitCounts)>> {
        match &portfolio.reading {
            Some(reading) => tallies::units(self.store.read(), reading, order, first).await,
            None => Ok(portfolio::first_units(&portfolio.counts, order, first)),
        }
    }

    /// Brings the tallies of every jurisdiction to its day, and fills those that are not kept
    /// yet; tells how many that were. Running it again changes nothing. One that fails stops
    /// none behind it.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database fails.
    pub async fn keep_tallies(&self, call: &Call) -> Result<usize> {
        let today = self.today().await?;
        tallies::keep(&self.store, &call.write(None), &today).await
    }

    /// What the tallies say otherwise than a fresh count, a line each. Nobody else writes
    /// meanwhile.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database fails.
    pub async fn check_tallies(&self, call: &Call) -> Result<Vec<String>> {
        let run = self.store.write_alone(call.write(None), |work| {
            Box::pin(async move { tallies::differences(work).await })
        });
        run.await
    }
}
