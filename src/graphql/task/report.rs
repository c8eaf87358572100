//! Reports.

use async_graphql::Context;

use super::common::task_object;
use crate::graphql::context::{call, children, loaders};
use crate::graphql::error::{Result, public};
use crate::graphql::loader::{DraftsOf, FactsOf, RevisionsOf};
use crate::graphql::report::{
    AchievedQuantity, ReportDraft, ReportPermissions, ReportRevision, latest,
};
use crate::graphql::scalar::{Date, Decimal};
use crate::service::ReportView;
use crate::store::record::decimal_of_hundredths;

task_object! {
    /// A unit's report on one project for one month (月报): a task. Its figures are those of
    /// the last revision that was submitted and not returned; null before the first.
    Report {
        lists {
            /// Quantities achieved by target.
            fn achieved(&self, ctx) -> Vec<AchievedQuantity> {
                match self.latest(ctx).await? {
                    Some(row) => AchievedQuantity::of(&row),
                    None => Ok(Vec::new()),
                }
            }

            /// Everything that was submitted, in order: returned revisions and corrections
            /// too.
            fn revisions(&self, ctx) -> Vec<ReportRevision> {
                let rows = match &self.then {
                    Some(then) => then.revisions.to_vec(),
                    None => children(ctx, RevisionsOf(self.row.id())).await?,
                };
                Ok(rows.into_iter().map(ReportRevision::from).collect())
            }
        }

        /// The month, `YYYY-MM`.
        async fn period(&self) -> Result<String> {
            Ok(self.row.whole()?.period.clone().unwrap_or_default())
        }

        /// How far the unit says the work is, in percent, 0 to 100.
        async fn reported_percent(&self, ctx: &Context<'_>) -> Result<Option<Decimal>> {
            let row = self.latest(ctx).await?;
            Ok(row.map(|row| Decimal(decimal_of_hundredths(row.percent_complete.into()))))
        }

        /// Investment of the month, in yuan.
        async fn investment_this_month(&self, ctx: &Context<'_>) -> Result<Option<Decimal>> {
            let row = self.latest(ctx).await?;
            Ok(row.map(|row| Decimal(decimal_of_hundredths(row.investment_this_month))))
        }

        /// Investment since the start, in yuan.
        async fn investment_to_date(&self, ctx: &Context<'_>) -> Result<Option<Decimal>> {
            let row = self.latest(ctx).await?;
            Ok(row.map(|row| Decimal(decimal_of_hundredths(row.investment_to_date))))
        }

        /// What was done (进展情况); empty where nothing changed.
        async fn narrative(&self, ctx: &Context<'_>) -> Result<Option<String>> {
            Ok(self.latest(ctx).await?.map(|row| row.narrative))
        }

        /// What comes next (下步打算).
        async fn next_steps(&self, ctx: &Context<'_>) -> Result<Option<String>> {
            Ok(self.latest(ctx).await?.map(|row| row.next_steps))
        }

        /// When the unit expects to complete (预计完成时间).
        async fn forecast_completion(&self, ctx: &Context<'_>) -> Result<Option<Date>> {
            let row = self.latest(ctx).await?;
            Ok(row.and_then(|row| row.forecast_completion).map(Date))
        }

        /// True where the unit said that nothing changed since the last month.
        async fn unchanged(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
            Ok(self.latest(ctx).await?.map(|row| row.unchanged))
        }

        /// Why a figure fell, or why an accepted report was corrected.
        async fn reason(&self, ctx: &Context<'_>) -> Result<Option<String>> {
            Ok(self.latest(ctx).await?.and_then(|row| row.reason))
        }

        /// True where the first submission was late; it stays so.
        async fn late(&self) -> Result<bool> {
            Ok(self.row.whole()?.days_late.is_some_and(|days| days > 0))
        }

        /// True where a supervisor waived it (免报).
        async fn waived(&self) -> Result<bool> {
            Ok(self.row.whole()?.waived_at.is_some())
        }

        /// Why it was waived.
        async fn waive_reason(&self) -> Result<Option<String>> {
            let row = self.row.whole()?;
            Ok(row.waived_at.and(row.decision_note.clone()))
        }

        /// What the unit has written and not submitted; null for everybody else.
        async fn draft(&self, ctx: &Context<'_>) -> Result<Option<ReportDraft>> {
            if self.then.is_some() || !self.view(ctx).await?.read_draft {
                return Ok(None);
            }
            let rows = loaders(ctx)?.load_one(DraftsOf(self.row.id())).await?;
            let row = rows.unwrap_or_default().into_iter().next();
            match row {
                Some(row) => ReportDraft::of(row),
                None => Ok(None),
            }
        }

        /// What you may do with it now.
        async fn permissions(&self, ctx: &Context<'_>) -> Result<ReportPermissions> {
            Ok(self.view(ctx).await?.into())
        }
    }
}

impl Report {
    async fn latest(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Option<duban_entities::report_revision::Model>> {
        if let Some(then) = &self.then {
            return Ok(latest(&then.revisions));
        }
        let rows = loaders(ctx)?.load_one(RevisionsOf(self.row.id())).await?;
        Ok(latest(&rows.unwrap_or_default()))
    }

    async fn view(&self, ctx: &Context<'_>) -> Result<ReportView> {
        let Some(project) = self.row.whole()?.project_id else {
            return Ok(ReportView::default());
        };
        let facts = loaders(ctx)?.load_one(FactsOf(project)).await?;
        let facts = facts.ok_or_else(|| public(crate::error::Error::NotFound))?;
        let principal = &call(ctx)?.principal;
        Ok(ReportView::of(
            principal,
            self.row.whole()?,
            facts.as_ref().clone(),
        ))
    }
}
