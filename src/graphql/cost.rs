//! Holds the calculated cost of an operation against the limits of its request.

use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::{ErrorExtensionValues, Response, ServerError, ValidationResult};
use async_trait::async_trait;

use super::Limits;

/// True of a schema's own refusal of an operation that costs too much; it does not say how
/// much that is.
pub fn is_refused(response: &Response) -> bool {
    let first = response.errors.first();
    first.is_some_and(|error| error.message == "Query is too complex." && error.path.is_empty())
}

/// Refuses an operation that costs more than the request's [`Limits`] allow.
#[derive(Debug)]
pub struct CostLimit;

impl ExtensionFactory for CostLimit {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for CostLimit {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await?;
        let limits = ctx
            .data_opt::<Limits>()
            .copied()
            .unwrap_or(Limits::ANONYMOUS);
        if result.complexity <= limits.complexity {
            return Ok(result);
        }
        let message = format!(
            "the operation costs {} points: at most {}",
            result.complexity, limits.complexity
        );
        let mut error = ServerError::new(message, None);
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", "LIMIT_EXCEEDED");
        extensions.set("limit", "complexity");
        error.extensions = Some(extensions);
        Err(vec![error])
    }
}
