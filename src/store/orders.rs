//! Selects of orders and of what they name.

use duban_entities::ids::{JurisdictionId, ProjectId, TaskId};
use duban_entities::{order, order_project, order_task};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::Work;
use crate::error::Result;
use crate::store::Reads;
use crate::store::reader;
use crate::store::writes::insert_all;

/// Adds what makes a task an order. It is recorded with the creation of the task.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database refuses.
pub async fn add(
    work: &Work,
    row: order::Model,
    projects: &[ProjectId],
    tasks: &[TaskId],
) -> Result<()> {
    let task_id = row.task_id;
    let connection = work.connection();
    insert_all::<order::Entity>(connection, vec![row]).await?;
    let projects = projects.iter().map(|id| order_project::Model {
        task_id,
        project_id: *id,
    });
    insert_all::<order_project::Entity>(connection, projects.collect()).await?;
    let tasks = tasks.iter().map(|id| order_task::Model {
        order_id: task_id,
        task_id: *id,
    });
    insert_all::<order_task::Entity>(connection, tasks.collect()).await
}

/// What makes these tasks orders.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn by_tasks(connection: &impl Reads, tasks: Vec<TaskId>) -> Result<Vec<order::Model>> {
    let select = reader::find::<order::Entity>().filter(order::Column::TaskId.is_in(tasks));
    reader::all(connection, select).await
}

/// The order of this number.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn by_number(
    connection: &impl Reads,
    jurisdiction: JurisdictionId,
    year: i32,
    sequence: i32,
) -> Result<Option<order::Model>> {
    let select = reader::find::<order::Entity>()
        .filter(order::Column::JurisdictionId.eq(jurisdiction))
        .filter(order::Column::Year.eq(year))
        .filter(order::Column::Sequence.eq(sequence));
    reader::one(connection, select).await
}

/// The orders that follow these, in the order of their numbers.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn following(connection: &impl Reads, orders: Vec<TaskId>) -> Result<Vec<order::Model>> {
    let select = reader::find::<order::Entity>()
        .filter(order::Column::FollowsId.is_in(orders))
        .order_by_asc(order::Column::Year)
        .order_by_asc(order::Column::Sequence);
    reader::all(connection, select).await
}

/// The projects that these orders name.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn projects_of(
    connection: &impl Reads,
    orders: Vec<TaskId>,
) -> Result<Vec<order_project::Model>> {
    let select =
        reader::find::<order_project::Entity>().filter(order_project::Column::TaskId.is_in(orders));
    reader::all(connection, select).await
}

/// The tasks that these orders name.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub async fn tasks_of(
    connection: &impl Reads,
    orders: Vec<TaskId>,
) -> Result<Vec<order_task::Model>> {
    let select =
        reader::find::<order_task::Entity>().filter(order_task::Column::OrderId.is_in(orders));
    reader::all(connection, select).await
}
