//! Signing in and out, and what a person sees of themselves.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use duban_entities::session;

use super::connection::list_cost;
use super::context::{call, fleeting, loaders, parse, services};
use super::error::{Result, public};
use super::grant::Grant;
use super::loader::ApiTokensOf;
use super::scalar::DateTime;
use super::token::ApiToken;
use super::user::User;
use crate::policy::{Credential, Principal};
use crate::service::{Call, Person, SignedIn};

/// You: the person who is signed in.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Viewer {
    #[graphql(skip)]
    person: Person,
    #[graphql(skip)]
    principal: Principal,
    /// Opaque id of the user.
    id: ID,
    /// Login name.
    username: String,
    /// Display name.
    name: String,
    /// True while nothing is allowed but `passwordChange`, because somebody else set the
    /// password.
    must_change_password: bool,
    /// True for a demonstration user.
    simulated: bool,
}

impl Viewer {
    fn of(person: Person, principal: Principal) -> Self {
        Self {
            id: ID(person.user.id.to_string()),
            username: person.user.username.clone(),
            name: person.user.name.clone(),
            must_change_password: person.user.must_change_password,
            simulated: person.user.simulated,
            person,
            principal,
        }
    }
}

#[ComplexObject]
impl Viewer {
    /// Your grants in force, in the order given.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn grants(&self) -> Vec<Grant> {
        let rows = self.person.grants.iter();
        rows.cloned().map(Grant::from).collect()
    }

    /// Your sessions that are not over, the latest first.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>> {
        fleeting(ctx);
        let by_viewer = Call {
            principal: self.principal.clone(),
            ..call(ctx)?.clone()
        };
        let rows = services(ctx)?.sessions(&by_viewer).await.map_err(public)?;
        let of = |row| Session::of(row, &self.principal);
        Ok(rows.into_iter().map(of).collect())
    }

    /// Your API tokens, revoked and expired ones too, the latest first.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn api_tokens(&self, ctx: &Context<'_>) -> Result<Vec<ApiToken>> {
        let rows = loaders(ctx)?
            .load_one(ApiTokensOf(self.person.user.id))
            .await?;
        let rows = rows.unwrap_or_default();
        Ok(rows.into_iter().map(ApiToken::from).collect())
    }
}

/// One of your sign-ins.
#[derive(Clone, Debug, SimpleObject)]
pub struct Session {
    /// Opaque id.
    id: ID,
    /// When you signed in.
    created_at: DateTime,
    /// When it was last refreshed.
    last_used_at: DateTime,
    /// When it ends at the latest.
    expires_at: DateTime,
    /// When it was ended.
    ended_at: Option<DateTime>,
    /// Network address of the sign-in.
    peer: Option<String>,
    /// User agent of the sign-in.
    user_agent: Option<String>,
    /// True for the session of this request.
    current: bool,
}

impl Session {
    fn of(row: session::Model, principal: &Principal) -> Self {
        Self {
            id: ID(row.id.to_string()),
            created_at: DateTime(row.created_at),
            last_used_at: DateTime(row.last_used_at),
            expires_at: DateTime(row.expires_at),
            ended_at: row.ended_at.map(DateTime),
            current: principal.credential == Credential::Session(row.id),
            peer: row.peer,
            user_agent: row.user_agent,
        }
    }
}

/// Root fields on the person who is signed in.
#[derive(Debug, Default)]
pub struct SessionQuery;

#[Object]
impl SessionQuery {
    /// You.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        let call = call(ctx)?;
        let person = services(ctx)?.viewer(call).await.map_err(public)?;
        Ok(Viewer::of(person, call.principal.clone()))
    }
}

/// User name and password.
#[derive(Clone, Debug, InputObject)]
pub struct SignInInput {
    /// Login name.
    username: String,
    /// Password.
    #[graphql(secret)]
    password: String,
}

/// The tokens of a session, and whose it is.
#[derive(Clone, Debug, SimpleObject)]
pub struct SignInPayload {
    /// For the `Authorization: Bearer` header.
    access_token: String,
    /// For `sessionRefresh`, once.
    refresh_token: String,
    /// Seconds until the access token ends.
    expires_in: i64,
    /// You.
    viewer: Viewer,
}

/// A refresh token.
#[derive(Clone, Debug, InputObject)]
pub struct SessionRefreshInput {
    /// The refresh token of the last `signIn` or `sessionRefresh`.
    #[graphql(secret)]
    refresh_token: String,
}

/// The tokens that take the place of the last ones.
#[derive(Clone, Debug, SimpleObject)]
pub struct SessionRefreshPayload {
    /// For the `Authorization: Bearer` header.
    access_token: String,
    /// For the next `sessionRefresh`, once.
    refresh_token: String,
    /// Seconds until the access token ends.
    expires_in: i64,
    /// You.
    viewer: Viewer,
}

/// Which session to end.
#[derive(Clone, Debug, Default, InputObject)]
pub struct SignOutInput {
    /// A refresh token of the session; the session of this request where absent.
    #[graphql(secret)]
    refresh_token: Option<String>,
}

/// What `signOut` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct SignOutPayload {
    /// True: the session is over.
    signed_out: bool,
}

/// Which of your sessions to end.
#[derive(Clone, Debug, InputObject)]
pub struct SessionEndInput {
    /// The session.
    session_id: ID,
}

/// What `sessionEnd` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct SessionEndPayload {
    /// The session as it is now.
    session: Session,
}

/// Your password, and the one that takes its place.
#[derive(Clone, Debug, InputObject)]
pub struct PasswordChangeInput {
    /// The password in use.
    #[graphql(secret)]
    current_password: String,
    /// The new one, 12 characters to 256 bytes.
    #[graphql(secret)]
    new_password: String,
}

/// What `passwordChange` did.
#[derive(Clone, Debug, SimpleObject)]
pub struct PasswordChangePayload {
    /// You, as a user.
    user: User,
}

/// Mutations on sessions.
#[derive(Debug, Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Signs in. Failures are limited by address and by account.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SignInInput,
    ) -> Result<SignInPayload> {
        let request = &call(ctx)?.request;
        let services = services(ctx)?;
        let signed_in = services.sign_in(request, &input.username, &input.password);
        let SignedIn {
            access_token,
            refresh_token,
            expires_in,
            person,
            principal,
        } = signed_in.await.map_err(public)?;
        Ok(SignInPayload {
            access_token: access_token.expose().to_owned(),
            refresh_token: refresh_token.expose().to_owned(),
            expires_in,
            viewer: Viewer::of(person, principal),
        })
    }

    /// Exchanges a refresh token for new tokens. A token that comes back after its
    /// successor was used ends the session: somebody else has it too.
    async fn session_refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SessionRefreshInput,
    ) -> Result<SessionRefreshPayload> {
        let request = &call(ctx)?.request;
        let refreshed = services(ctx)?.refresh(request, &input.refresh_token).await;
        let SignedIn {
            access_token,
            refresh_token,
            expires_in,
            person,
            principal,
        } = refreshed.map_err(public)?;
        Ok(SessionRefreshPayload {
            access_token: access_token.expose().to_owned(),
            refresh_token: refresh_token.expose().to_owned(),
            expires_in,
            viewer: Viewer::of(person, principal),
        })
    }

    /// Ends the session of this request, or that of a refresh token.
    async fn sign_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session; the one of this request where nothing is said.")]
        input: Option<SignOutInput>,
    ) -> Result<SignOutPayload> {
        let token = input.unwrap_or_default().refresh_token;
        let ended = services(ctx)?.sign_out(call(ctx)?, token.as_deref()).await;
        ended.map_err(public)?;
        Ok(SignOutPayload { signed_out: true })
    }

    /// Ends one of your sessions.
    async fn session_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SessionEndInput,
    ) -> Result<SessionEndPayload> {
        let call = call(ctx)?;
        let ended = services(ctx)?
            .end_session(call, parse(&input.session_id)?)
            .await;
        let session = Session::of(ended.map_err(public)?, &call.principal);
        Ok(SessionEndPayload { session })
    }

    /// Changes your password and ends your other sessions.
    async fn password_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: PasswordChangeInput,
    ) -> Result<PasswordChangePayload> {
        let (services, call) = (services(ctx)?, call(ctx)?);
        let changed = services.change_password(call, &input.current_password, &input.new_password);
        let user = changed.await.map_err(public)?.into();
        Ok(PasswordChangePayload { user })
    }
}
