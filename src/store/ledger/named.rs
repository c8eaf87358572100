//! The rows that entries are about, by their ids: whoever may see an entry may see its
//! subject.

use duban_entities::ids::{
    BriefingId, OrderDismissalId, RatingAdoptionId, RatingOverrideId, ReportRevisionId,
};
use duban_entities::{
    briefing, order_dismissal, rating_adoption, rating_override, report_revision,
};
use sea_orm::{ColumnTrait, QueryFilter};

use crate::error::Result;
use crate::store::{Reads, reader};

macro_rules! by_ids {
    ($($(#[$doc:meta])* $name:ident($module:ident: $key:ty);)+) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// [`crate::error::Error::Internal`] when the database cannot be read.
            pub async fn $name(
                connection: &impl Reads,
                ids: Vec<$key>,
            ) -> Result<Vec<$module::Model>> {
                let select = reader::find::<$module::Entity>()
                    .filter($module::Column::Id.is_in(ids));
                reader::all(connection, select).await
            }
        )+
    };
}

by_ids! {
    /// The published briefings of these ids.
    briefings(briefing: BriefingId);
    /// The submissions of reports of these ids.
    revisions(report_revision: ReportRevisionId);
    /// The dismissed proposals of these ids.
    dismissals(order_dismissal: OrderDismissalId);
    /// The adoptions of these ids.
    adoptions(rating_adoption: RatingAdoptionId);
    /// The overrides of these ids.
    overrides(rating_override: RatingOverrideId);
}
