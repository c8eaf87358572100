//! What a demonstration needs and nothing else may use: acting as a simulated user, and
//! knowing how far the demonstration has been set up.

use duban_entities::ids::UserId;

use super::{Call, RequestInfo, Services};
use crate::error::{Error, Result};
use crate::policy::{Actor, Credential};
use crate::store::{demonstration, users};

/// How far a demonstration has been set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demonstration {
    /// The database is empty: it can become one.
    Empty,
    /// It was begun and not ended.
    Begun,
    /// It is complete.
    Complete,
    /// The database holds generated data, whose passwords are known as well.
    Generated,
    /// The database holds something else.
    Foreign,
}

impl Services {
    /// How the database stands to a demonstration.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database cannot be read.
    pub async fn demonstration(&self) -> Result<Demonstration> {
        let connection = self.store.read();
        Ok(match demonstration::mark(connection).await?.as_deref() {
            Some("complete") => Demonstration::Complete,
            Some(demonstration::GENERATED | demonstration::GENERATING) => Demonstration::Generated,
            Some(_) => Demonstration::Begun,
            None if demonstration::is_empty(connection).await? => Demonstration::Empty,
            None => Demonstration::Foreign,
        })
    }

    /// Notes how far the demonstration is.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database refuses.
    pub async fn mark_demonstration(&self, call: &Call, complete: bool) -> Result<()> {
        let mark = if complete { "complete" } else { "begun" };
        self.store
            .write(call.write(None), move |work| {
                Box::pin(async move { demonstration::set_mark(work, mark).await })
            })
            .await
    }

    /// A call as a simulated user. Everything that it writes says that it is simulated.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a user who is none or is not simulated.
    pub async fn act_as_simulated(&self, username: &str, request_id: String) -> Result<Call> {
        let connection = self.store.read();
        let user = users::by_username(connection, username).await?;
        let user = user.filter(|user| user.simulated).ok_or(Error::NotFound)?;
        let grants = users::grants_in_force(connection, user.id, self.clock.now()).await?;
        let actor = Actor::User {
            id: user.id,
            name: user.name,
        };
        Ok(Call {
            principal: self
                .principal(actor, Credential::Internal, false, &grants)
                .await?,
            request: RequestInfo {
                request_id,
                peer: "internal".to_owned(),
                user_agent: None,
            },
            simulated: true,
            version: None,
        })
    }

    /// The simulated user of this name, if there is one.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database cannot be read.
    pub async fn simulated_user(&self, username: &str) -> Result<Option<UserId>> {
        let user = users::by_username(self.store.read(), username).await?;
        Ok(user.filter(|user| user.simulated).map(|user| user.id))
    }
}
