//! What every kind of task has: the fields of the interface `Task`, written once.

/// Defines an object type that is a task: the fields that all have, then its own. Plain lists
/// of its own stand first, under `lists`: what they cost is said here, where the name that
/// async-graphql gives to the cost of an item is known.
macro_rules! task_object {
    ($(#[$doc:meta])* $name:ident {
        lists { $(
            $(#[$list_doc:meta])*
            fn $list:ident(&$me:ident, $ctx:ident) -> Vec<$item:ty> $body:block
        )* }
        $($own:tt)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            row: $crate::graphql::task::Row,
            /// What it is shown with where it is as it stood at an earlier instant.
            then: Option<$crate::graphql::task::Then>,
        }

        impl<R: Into<$crate::graphql::task::Row>> From<R> for $name {
            fn from(row: R) -> Self {
                let row = row.into();
                Self { row, then: None }
            }
        }

        impl $name {
            /// As it stood at an earlier instant.
            pub fn then(
                row: duban_entities::task::Model,
                then: $crate::graphql::task::Then,
            ) -> Self {
                let (row, then) = (row.into(), Some(then));
                Self { row, then }
            }

            /// The local date against which it is late.
            async fn today(
                &self,
                ctx: &async_graphql::Context<'_>,
            ) -> $crate::graphql::error::Result<chrono::NaiveDate> {
                match &self.then {
                    Some(then) => Ok(then.today),
                    None => $crate::graphql::task::today_of(ctx, self.row.whole()?).await,
                }
            }
        }

        $(#[$doc])*
        #[async_graphql::Object]
        impl $name {
            /// Opaque id.
            pub(in crate::graphql) async fn id(&self) -> async_graphql::ID {
                async_graphql::ID(self.row.id().to_string())
            }

            /// What sort of task.
            pub(in crate::graphql) async fn kind(&self) -> $crate::graphql::vocabulary::TaskKind {
                self.row.kind().into()
            }

            /// Title.
            pub(in crate::graphql) async fn title(&self) -> String {
                self.row.title().to_owned()
            }

            /// Where it stands.
            pub(in crate::graphql) async fn state(&self) -> $crate::graphql::vocabulary::TaskState {
                self.row.state().into()
            }

            /// Current due date.
            pub(in crate::graphql) async fn due_date(&self) -> Option<$crate::graphql::scalar::Date> {
                self.row.due_date().map($crate::graphql::scalar::Date)
            }

            /// First approved date.
            pub(in crate::graphql) async fn baseline_due_date(&self) -> $crate::graphql::error::Result<Option<$crate::graphql::scalar::Date>> {
                Ok(self.row.whole()?.baseline_due_date.map($crate::graphql::scalar::Date))
            }

            /// Where the date comes from; PLAN_PERIOD is never overdue.
            pub(in crate::graphql) async fn due_basis(&self) -> $crate::graphql::error::Result<Option<$crate::graphql::vocabulary::DueBasis>> {
                Ok(self.row.whole()?.due_basis.map(Into::into))
            }

            /// Days overdue: 0 when not overdue; a DONE task keeps its days late.
            pub(in crate::graphql) async fn days_overdue(&self, ctx: &async_graphql::Context<'_>) -> $crate::graphql::error::Result<i32> {
                let today = self.today(ctx).await?;
                Ok($crate::service::due_facts(self.row.whole()?).days_overdue(today))
            }

            /// True when OPEN and past its date, days under suspension apart.
            pub(in crate::graphql) async fn overdue(&self, ctx: &async_graphql::Context<'_>) -> $crate::graphql::error::Result<bool> {
                let today = self.today(ctx).await?;
                Ok($crate::service::due_facts(self.row.whole()?).is_overdue(today))
            }

            /// The day on which the unit says it was done.
            pub(in crate::graphql) async fn completed_on(&self) -> $crate::graphql::error::Result<Option<$crate::graphql::scalar::Date>> {
                Ok(self.row.whole()?.completed_on.map($crate::graphql::scalar::Date))
            }

            /// The note of the last claim.
            pub(in crate::graphql) async fn claim_note(&self) -> $crate::graphql::error::Result<Option<String>> {
                Ok(self.row.whole()?.claim_note.clone())
            }

            /// The unit that owes it; null where none leads yet, and where the office owes an issue.
            pub(in crate::graphql) async fn unit(&self, ctx: &async_graphql::Context<'_>) -> $crate::graphql::error::Result<Option<$crate::graphql::ready::Ready<$crate::graphql::unit::Unit>>> {
                let Some(id) = self.row.whole()?.unit_id else {
                    return Ok(None);
                };
                let unit = $crate::graphql::context::loaders(ctx)?.load_one(id).await?;
                Ok(unit.map($crate::graphql::unit::Unit::from).map($crate::graphql::ready::Ready))
            }

            /// The project it belongs to.
            pub(in crate::graphql) async fn project(&self, ctx: &async_graphql::Context<'_>) -> $crate::graphql::error::Result<Option<$crate::graphql::ready::Ready<$crate::graphql::project::Project>>> {
                let Some(id) = self.row.whole()?.project_id else {
                    return Ok(None);
                };
                let project = $crate::graphql::context::loaders(ctx)?.load_one(id).await?;
                Ok(project.map($crate::graphql::project::Project::from).map($crate::graphql::ready::Ready))
            }

            /// Who submitted it last.
            pub(in crate::graphql) async fn submitted_by(&self, ctx: &async_graphql::Context<'_>) -> $crate::graphql::error::Result<Option<$crate::graphql::person::Person>> {
                $crate::graphql::person::Person::load(ctx, self.row.whole()?.submitted_by).await
            }

            /// When it was submitted last.
            pub(in crate::graphql) async fn submitted_at(&self) -> $crate::graphql::error::Result<Option<$crate::graphql::scalar::DateTime>> {
                Ok(self.row.whole()?.submitted_at.map($crate::graphql::scalar::DateTime))
            }

            /// Local day of the first submission; lateness is judged on it.
            pub(in crate::graphql) async fn first_submitted_on(&self) -> $crate::graphql::error::Result<Option<$crate::graphql::scalar::Date>> {
                Ok(self.row.whole()?.first_submitted_on.map($crate::graphql::scalar::Date))
            }

            /// Who verified or returned it last.
            pub(in crate::graphql) async fn decided_by(&self, ctx: &async_graphql::Context<'_>) -> $crate::graphql::error::Result<Option<$crate::graphql::person::Person>> {
                $crate::graphql::person::Person::load(ctx, self.row.whole()?.decided_by).await
            }

            /// When it was verified or returned last.
            pub(in crate::graphql) async fn decided_at(&self) -> $crate::graphql::error::Result<Option<$crate::graphql::scalar::DateTime>> {
                Ok(self.row.whole()?.decided_at.map($crate::graphql::scalar::DateTime))
            }

            /// The verifier's note, or the reason of the return or the redirection.
            pub(in crate::graphql) async fn decision_note(&self) -> $crate::graphql::error::Result<Option<String>> {
                Ok(self.row.whole()?.decision_note.clone())
            }

            /// How often it was returned.
            pub(in crate::graphql) async fn return_count(&self) -> $crate::graphql::error::Result<i32> {
                Ok(self.row.whole()?.return_count)
            }

            /// References that support the last claim.
            #[graphql(complexity = "crate::graphql::connection::list_cost(child_complexity)")]
            pub(in crate::graphql) async fn evidence(&self, ctx: &async_graphql::Context<'_>) -> $crate::graphql::error::Result<Vec<$crate::graphql::task::Evidence>> {
                if let Some(then) = &self.then {
                    return Ok(then.evidence.to_vec());
                }
                let rows = $crate::graphql::context::children(ctx, $crate::graphql::loader::EvidenceOf(self.row.id())).await?;
                Ok(rows.into_iter().map($crate::graphql::task::Evidence::from).collect())
            }

            /// True for a demonstration record.
            pub(in crate::graphql) async fn simulated(&self) -> $crate::graphql::error::Result<bool> {
                Ok(self.row.whole()?.simulated)
            }

            /// Grows by one at each change.
            pub(in crate::graphql) async fn version(&self) -> $crate::graphql::error::Result<i32> {
                Ok(self.row.whole()?.version)
            }

            /// The request for another date, made in time, that waits for a decision: while it
            /// does, the office's age counts and the task is not overdue.
            pub(in crate::graphql) async fn pending_change(
                &self,
                ctx: &async_graphql::Context<'_>,
            ) -> $crate::graphql::error::Result<Option<$crate::graphql::change::ChangeRequest>> {
                let Some(id) = self.row.whole()?.pending_change_id else {
                    return Ok(None);
                };
                let row = $crate::graphql::context::loaders(ctx)?.load_one(id).await?;
                Ok(row.map(Into::into))
            }

            /// Days late on a date that a late request replaced: they stay counted.
            pub(in crate::graphql) async fn carried_days_late(&self) -> $crate::graphql::error::Result<i32> {
                Ok(self.row.whole()?.carried_days_late.unwrap_or(0))
            }

            /// When a supervisor waived it (免报); then it is CANCELLED.
            pub(in crate::graphql) async fn waived_at(&self) -> $crate::graphql::error::Result<Option<$crate::graphql::scalar::DateTime>> {
                Ok(self.row.whole()?.waived_at.map($crate::graphql::scalar::DateTime))
            }

            $(
                $(#[$list_doc])*
                #[graphql(complexity = "crate::graphql::connection::list_cost(child_complexity)")]
                pub(in crate::graphql) async fn $list(
                    &$me,
                    $ctx: &async_graphql::Context<'_>,
                ) -> $crate::graphql::error::Result<Vec<$item>> $body
            )*

            $($own)*
        }
    };
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $crate::graphql::task::common::task_object! {
            $(#[$doc])* $name { lists {} $($own)* }
        }
    };
}

pub(super) use task_object;
