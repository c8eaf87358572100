//! Milestones.

use super::common::task_object;
use crate::graphql::scalar::Decimal;
use crate::graphql::vocabulary::MilestoneRole;
use crate::store::record::decimal_of_hundredths;

task_object! {
    /// A dated, weighted step of a project (节点): a task.
    Milestone {
        /// Its part in the schedule.
        async fn role(&self) -> Option<MilestoneRole> {
            self.row.role().map(Into::into)
        }

        /// Weight; only its share of the schedule's sum matters.
        async fn weight(&self) -> Decimal {
            Decimal(decimal_of_hundredths(self.row.weight().into()))
        }
    }
}
