//! What a resolver finds in its context: the call, the services, the loaders.

use std::any::TypeId;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_graphql::{Context, ID, Request};
use tokio::sync::OnceCell;

use super::Limits;
use super::error::{Result, public};
use super::loader::Source;
use super::lots::{Key, Loader, Lots};
use crate::error::Error;
use crate::service::{Call, Services};
use crate::store::today::Today;

/// What a request asks for by keys: what it has read once, it keeps.
pub type Loaders = Lots<Source>;

/// The version of the ledger at which the caller was authenticated.
#[derive(Clone, Copy, Debug)]
pub struct Version(pub i64);

/// A mark on a request that changes nothing: it may be shown what was read before and has not
/// changed until it came.
#[derive(Clone, Copy, Debug)]
pub struct Reading;

/// A mark on a request whose document asks for nothing twice in one place: no two members are
/// ever merged into one, so that each may be written as soon as it is there.
#[derive(Clone, Copy, Debug)]
pub struct Unrepeated;

/// A mark on an answer that shows what the ledger does not hold, such as when a session was
/// last used: the ledger's version says nothing about it.
#[derive(Clone, Debug, Default)]
pub struct Fleeting(Arc<AtomicBool>);

impl Fleeting {
    /// True once a field has marked it.
    #[must_use]
    pub fn is_marked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Marks the answer under way: it shows what the ledger does not hold.
pub fn fleeting(ctx: &Context<'_>) {
    if let Some(mark) = ctx.data_opt::<Fleeting>() {
        mark.0.store(true, Ordering::Relaxed);
    }
}

/// Puts the call and its loaders into a request. Loaders live as long as the request, so
/// that nothing loaded for one person is ever shown to another.
pub fn attach(request: Request, services: &Services, call: Call) -> (Request, Loaders) {
    let call = Arc::new(call);
    let known_at = given::<Reading>(&request).and(call.version);
    let source = Source::new(services.clone(), Arc::clone(&call), known_at);
    let loaders = Loaders::new(source);
    let request = request
        .data(call)
        .data(OnceCell::<Today>::new())
        .data(Brought::default())
        .data(loaders.clone());
    (request, loaders)
}

/// The call under way.
pub fn call<'a>(ctx: &Context<'a>) -> Result<&'a Call> {
    ctx.data::<Arc<Call>>().map(Arc::as_ref)
}

/// The services.
pub fn services<'a>(ctx: &Context<'a>) -> Result<&'a Services> {
    ctx.data::<Services>()
}

/// Today in every jurisdiction, read once a request.
pub async fn today<'a>(ctx: &Context<'a>) -> Result<&'a Today> {
    let cell = ctx.data::<OnceCell<Today>>()?;
    let (services, call) = (services(ctx)?, call(ctx)?);
    cell.get_or_try_init(|| services.today_for(call))
        .await
        .map_err(public)
}

/// A value that was put into a request's data.
pub fn given<T: Clone + 'static>(request: &Request) -> Option<T> {
    let value = request.data.get(&TypeId::of::<T>())?;
    value.downcast_ref::<T>().cloned()
}

/// The loaders of this request.
pub fn loaders<'a>(ctx: &Context<'a>) -> Result<&'a Loaders> {
    ctx.data::<Loaders>()
}

/// How many objects the plain lists of a request have brought so far.
#[derive(Debug, Default)]
pub struct Brought(AtomicU64);

/// Loads the rows that hang on a parent, and counts them: plain lists can be nested in a
/// circle, so that their product is known only while they are read.
///
/// # Errors
/// LIMIT_EXCEEDED once a request has brought over [`Limits::LISTED`] of them.
pub async fn children<K: Key, V>(ctx: &Context<'_>, key: K) -> Result<Vec<V>>
where
    Source: Loader<K, Value = Vec<V>>,
{
    let rows = loaders(ctx)?.load_one(key).await?.unwrap_or_default();
    count_brought(ctx, rows.len())?;
    Ok(rows)
}

/// Counts objects that a plain list brings, whatever loaded them.
///
/// # Errors
/// LIMIT_EXCEEDED once a request has brought over [`Limits::LISTED`] of them.
pub fn count_brought(ctx: &Context<'_>, rows: usize) -> Result<()> {
    let more = rows as u64;
    let brought = ctx.data::<Brought>()?.0.fetch_add(more, Ordering::Relaxed) + more;
    if brought > Limits::LISTED {
        return Err(public(Error::LimitExceeded {
            limit: "listed",
            message: format!(
                "the lists bring over {} objects: ask for fewer",
                Limits::LISTED
            ),
        }));
    }
    Ok(())
}

/// An id of this type. Anything else reads like a thing that is not there.
pub fn parse<T: FromStr>(id: &ID) -> Result<T> {
    id.as_str().parse().map_err(|_| public(Error::NotFound))
}

/// As [`parse`], for an optional id.
pub fn parse_option<T: FromStr>(id: Option<&ID>) -> Result<Option<T>> {
    id.map(parse).transpose()
}
