//! Orders.

use super::common::task_object;

task_object! {
    /// A supervisor's written demand with a deadline (督办单): a task.
    Order {
        /// What is demanded.
        async fn instruction(&self) -> Option<String> {
            self.row.description.clone()
        }
    }
}
