//! Reports.

use super::common::task_object;

task_object! {
    /// A unit's report on one project for one month (月报): a task.
    Report {
        /// The month, `YYYY-MM`.
        async fn period(&self) -> String {
            self.row.period.clone().unwrap_or_default()
        }
    }
}
