//! Continuing a session: a refresh token is exchanged once, and a second time only where
//! the reply to the first was evidently lost.

use duban_entities::ids::RefreshTokenId;
use duban_entities::{refresh_token, session, user};

use super::credential::{Claims, Kind, Opaque, SessionLives};
use super::{Call, RequestInfo, Services, SignedIn};
use crate::error::{Error, Result};
use crate::store::{Work, sessions, users};

/// The one refusal of a refresh token.
const REFUSED: Error = Error::Unauthenticated("the session is over: sign in again");

/// What the unit of work found.
enum Outcome {
    /// The token was exchanged.
    Continued(Claims, Box<user::Model>),
    /// The token had been exchanged before, and the exchange was used: two hold it. The
    /// session has been ended.
    Reused(session::Model),
    /// The session or the token is over.
    Over,
}

/// The token that takes the place of the presented one.
struct Successor {
    id: RefreshTokenId,
    hash: String,
    lives: SessionLives,
}

impl Services {
    /// Exchanges a refresh token for a new pair.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], the same whether the token is unknown, over, revoked or
    /// used before. Used before and its successor used too, the session ends.
    pub async fn refresh(&self, request: &RequestInfo, refresh_token: &str) -> Result<SignedIn> {
        let hash = Opaque::lookup(Kind::Refresh, refresh_token).ok_or(REFUSED)?;
        let token = Opaque::generate(Kind::Refresh)?;
        let successor = Successor {
            id: crate::clock::new_id(self.clock.as_ref()),
            hash: token.hash,
            lives: self.credentials.lives,
        };
        let context = Call::anonymous(request.clone()).write(None);
        let outcome = self
            .store
            .write(context, move |work| {
                Box::pin(async move { exchange(work, &hash, successor).await })
            })
            .await?;
        match outcome {
            Outcome::Continued(claims, user) => self.answer(claims, *user, token.secret).await,
            Outcome::Reused(session) => {
                tracing::warn!(
                    target: "security", event = "refresh_reused", session = %session.id,
                    user = %session.user_id, peer = request.peer,
                );
                Err(REFUSED)
            }
            Outcome::Over => {
                tracing::info!(target: "security", event = "refresh_refused", peer = request.peer);
                Err(REFUSED)
            }
        }
    }
}

/// Every exchange of a session queues for the lock on the session, and reads its tokens
/// behind it.
async fn exchange(work: &Work, hash: &str, successor: Successor) -> Result<Outcome> {
    let Some(found) = sessions::of_token(work.connection(), hash).await? else {
        return Ok(Outcome::Over);
    };
    let session = sessions::lock(work, found.session_id).await?;
    let token = sessions::token(work, found.id).await?;
    let user = users::find(work.connection(), session.user_id).await?;
    if is_over(work, &session, &user, successor.lives) {
        return Ok(Outcome::Over);
    }
    if token.used_at.is_some() {
        return exchange_again(work, session, user, &token, successor).await;
    }
    if token.expires_at <= work.at() {
        return Ok(Outcome::Over);
    }
    sessions::mark_used(work, token.id).await?;
    proceed(work, &session, user, &token, successor).await
}

fn is_over(work: &Work, session: &session::Model, user: &user::Model, lives: SessionLives) -> bool {
    session.ended_at.is_some()
        || session.expires_at <= work.at()
        || session.last_used_at + lives.idle <= work.at()
        || user.disabled_at.is_some()
}

/// A used token: where neither its successor nor the access token made with it was used,
/// the reply was lost and is made again; otherwise somebody else has it too.
async fn exchange_again(
    work: &Work,
    session: session::Model,
    user: user::Model,
    token: &refresh_token::Model,
    successor: Successor,
) -> Result<Outcome> {
    let unused = sessions::unused_successor(work, token.id).await?;
    let lost = unused.filter(|unused| unused.access_used_at.is_none());
    let Some(lost) = lost else {
        sessions::end(work, session.id).await?;
        return Ok(Outcome::Reused(session));
    };
    sessions::revoke(work, lost.id).await?;
    proceed(work, &session, user, token, successor).await
}

async fn proceed(
    work: &Work,
    session: &session::Model,
    user: user::Model,
    parent: &refresh_token::Model,
    successor: Successor,
) -> Result<Outcome> {
    let claims = Claims {
        user: user.id,
        session: session.id,
        refresh: successor.id,
    };
    let token = refresh_token::Model {
        id: successor.id,
        session_id: session.id,
        parent_id: Some(parent.id),
        token_hash: successor.hash,
        created_at: work.at(),
        expires_at: (work.at() + successor.lives.refresh).min(session.expires_at),
        used_at: None,
        access_used_at: None,
    };
    sessions::insert_token(work, token).await?;
    sessions::touch(work, session.id).await?;
    Ok(Outcome::Continued(claims, Box::new(user)))
}
