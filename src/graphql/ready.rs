//! Objects and lists that are resolved as far as they go at once, and written at once.
//!
//! async-graphql makes a future for every field of every object of a list before it asks the
//! first of them, each as large as the largest resolver of its type and each in a queue of its
//! own: megabytes for a page of projects, most of whose fields wait for nothing. Here a future
//! is asked as soon as it is made, and only those that have to wait are kept, side by side. What
//! they come to is written in the order of the document, as the part of the answer that it is.
//!
//! An object that may still be merged with another of the same name is left to async-graphql.

use std::borrow::Cow;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use async_graphql::parser::types::{Field, Selection};
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::resolve_container;
use async_graphql::{
    ContainerType, ContextSelectionSet, Error, OutputType, Pos, Positioned, ServerError,
    ServerResult, Value,
};
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::context::Unrepeated;
use super::order::arrange;
use super::written::{Object, list};

/// An object.
#[derive(Clone, Debug)]
pub struct Ready<T>(pub T);

/// A list of objects.
#[derive(Clone, Debug)]
pub struct ReadyList<T>(pub Vec<T>);

/// A list of objects that belong to somebody else.
#[derive(Clone, Debug)]
pub struct LentList<'a, T>(pub Vec<&'a T>);

impl<T> FromIterator<T> for ReadyList<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<T: ContainerType> OutputType for Ready<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        if is_plain(ctx) {
            Ok(object(ctx, &self.0).await)
        } else {
            resolve_container(ctx, &self.0).await
        }
    }
}

impl<T: OutputType + ContainerType> OutputType for ReadyList<T> {
    fn type_name() -> Cow<'static, str> {
        <Vec<T> as OutputType>::type_name()
    }

    fn qualified_type_name() -> String {
        <Vec<T> as OutputType>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Vec<T> as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        if is_plain(ctx) {
            objects(ctx, field, self.0.iter()).await
        } else {
            self.0.resolve(ctx, field).await
        }
    }
}

impl<T: ContainerType> OutputType for LentList<'_, T> {
    fn type_name() -> Cow<'static, str> {
        <Vec<&T> as OutputType>::type_name()
    }

    fn qualified_type_name() -> String {
        <Vec<&T> as OutputType>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Vec<&T> as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        if is_plain(ctx) {
            objects(ctx, field, self.0.iter().copied()).await
        } else {
            self.0.resolve(ctx, field).await
        }
    }
}

type Running<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// True where every selection is a field that stands once and bears no directive; `@skip` and
/// `@include` are gone before anything is resolved.
fn is_plain(ctx: &ContextSelectionSet<'_>) -> bool {
    let mut selections = ctx.item.node.items.iter();
    ctx.data_opt::<Unrepeated>().is_some()
        && selections.all(|selection| match &selection.node {
            Selection::Field(field) => field.node.directives.is_empty(),
            _ => false,
        })
}

/// The objects of a list whose selections are plain.
async fn objects<'a, T: ContainerType + 'a>(
    ctx: &ContextSelectionSet<'_>,
    field: &Positioned<Field>,
    items: impl Iterator<Item = &'a T>,
) -> ServerResult<Value> {
    let items = items.enumerate();
    let items = items.map(|(index, item)| element(ctx, index, item));
    list(&all(items).await).map_err(|error| told(error, field.pos))
}

fn element<'a, T: ContainerType>(
    ctx: &'a ContextSelectionSet<'a>,
    index: usize,
    item: &'a T,
) -> Running<'a, Value> {
    Box::pin(async move { object(&ctx.with_index(index), item).await })
}

/// An object whose selections are plain; a field that fails is left out, and told.
async fn object<T: ContainerType>(ctx: &ContextSelectionSet<'_>, root: &T) -> Value {
    let fields = || {
        let selections = ctx.item.node.items.iter();
        selections.filter_map(|selection| match &selection.node {
            Selection::Field(field) => Some(field),
            _ => None,
        })
    };
    let values = all(fields().map(|field| member(ctx, root, field))).await;
    let mut object = Object::default();
    for (field, value) in fields().zip(values) {
        let written = value.and_then(|mut value| {
            let asked = &field.node.selection_set.node;
            arrange(&mut value, asked, &ctx.query_env.fragments);
            let name = &field.node.response_key().node;
            object
                .member(name, &value)
                .map_err(|error| told(error, field.pos))
        });
        if let Err(error) = written {
            ctx.add_error(error);
        }
    }
    object.end()
}

/// A value that cannot be written is a fault of ours.
fn told(error: serde_json::Error, at: Pos) -> ServerError {
    Error::from(error).into_server_error(at)
}

fn member<'a, T: ContainerType>(
    ctx: &'a ContextSelectionSet<'a>,
    root: &'a T,
    field: &'a Positioned<Field>,
) -> Running<'a, ServerResult<Value>> {
    Box::pin(async move {
        if field.node.name.node == "__typename" {
            return Ok(Value::String(root.introspection_type_name().into_owned()));
        }
        let ctx = ctx.with_field(field);
        Ok(root.resolve_field(&ctx).await?.unwrap_or_default())
    })
}

/// What each comes to, in order: each is asked as it is made, and those that have to wait do so
/// together.
async fn all<'a, T: Send>(futures: impl Iterator<Item = Running<'a, T>>) -> Vec<T> {
    let mut done = Vec::with_capacity(futures.size_hint().0);
    let mut waiting = FuturesUnordered::new();
    for mut future in futures {
        let asked = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
        match asked {
            Poll::Ready(value) => done.push(Some(value)),
            Poll::Pending => {
                let place = done.len();
                done.push(None);
                waiting.push(async move { (place, future.await) });
            }
        }
    }
    while let Some((place, value)) = waiting.next().await {
        done[place] = Some(value);
    }
    done.into_iter().flatten().collect()
}
