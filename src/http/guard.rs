//! What a GraphQL document may look like before anything is executed.
//!
//! The parser of async-graphql follows nested values without a bound, its validators
//! walk every fragment again at each spread, and a field written twice is executed twice:
//! a few hundred bytes can take a core for minutes or the process for good. So a document
//! is held against [`LIMITS`] in this order, each step safe because of those before it:
//!
//! 1. the text's length, then a scan of its bytes for brackets and tokens (`scan`);
//! 2. the one parse, whose document the executor gets;
//! 3. aliases and directives as written, and the selections that the fragments expand to,
//!    each fragment measured once (`measure`);
//! 4. a walk of the expanded operations, now known to be short (`walk`): depth, repeated
//!    keys, and for the operation that will run its root fields and nodes.
//!
//! What passed the first three is remembered by its text (`known`), which clients send again
//! and again, and so is the walk of a single operation in which no variable says how large a page
//! is. Sizes are those of the whole document; nodes, introspection and the rule of one root field a
//! mutation look at the chosen operation. Pure: no request, no schema.

mod known;
mod measure;
mod scan;
mod walk;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
};
use async_graphql::parser::{self, parse_query};
use async_graphql::{Value as ConstValue, Variables};

use crate::error::{Error, Result};
use crate::graphql::Limits;

pub(super) use known::Documents;

use walk::Walked;

/// How large a document is, or may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Characters of the text.
    pub characters: u64,
    /// The deepest nesting of `[`, `{` and `(` outside strings and comments.
    pub brackets: u64,
    /// Lexical tokens, punctuation included, commas not.
    pub tokens: u64,
    /// Aliases, as written.
    pub aliases: u64,
    /// Directives, as written.
    pub directives: u64,
    /// Fields, spreads and inline fragments after expanding every spread.
    pub selections: u64,
    /// How often one response key stands in one expanded selection set.
    pub repeated: u64,
    /// The deepest field; a root field has depth 1.
    pub depth: u64,
    /// Root fields, where the operation is a mutation.
    pub mutation_fields: u64,
    /// Nodes that the operation's connections may return together.
    pub nodes: u64,
}

/// The most that is accepted.
pub const LIMITS: Sizes = Sizes {
    characters: 10_000,
    brackets: 48,
    tokens: 2_000,
    aliases: 30,
    directives: 50,
    selections: 5_000,
    repeated: 10,
    depth: Limits::SIGNED_IN.depth as u64,
    mutation_fields: 1,
    nodes: Limits::SIGNED_IN.nodes,
};

/// Nodes of a connection that does not say how many it wants.
pub const DEFAULT_PAGE: u64 = 50;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// It reads.
    Query,
    /// It writes.
    Mutation,
    /// It listens.
    Subscription,
}

impl From<OperationType> for OperationKind {
    fn from(kind: OperationType) -> Self {
        match kind {
            OperationType::Query => Self::Query,
            OperationType::Mutation => Self::Mutation,
            OperationType::Subscription => Self::Subscription,
        }
    }
}

/// A document that may be executed.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The parsed text, so that it is not parsed twice.
    pub document: ExecutableDocument,
    /// What the chosen operation does.
    pub operation: OperationKind,
    /// True if the chosen operation asks about the schema, among other things or alone.
    pub introspection: bool,
    /// How large it is.
    pub sizes: Sizes,
}

/// A document that is parsed and measured, as far as neither the variables nor the chosen
/// operation matter.
#[derive(Debug)]
struct Measured {
    document: ExecutableDocument,
    sizes: Sizes,
    /// What its walk came to, where neither of them matters to that either.
    walked: OnceLock<Walked>,
}

/// Holds a document against the limits.
///
/// `variables` matter for page sizes alone. Never panics, whatever the text.
///
/// # Errors
/// [`Error::LimitExceeded`] naming the limit; [`Error::Invalid`] naming `query` or
/// `operationName` where the text is no GraphQL, a fragment is unknown or spreads itself,
/// or no operation is chosen. No message repeats the text.
pub fn check(text: &str, operation_name: Option<&str>, variables: &Variables) -> Result<Checked> {
    Measured::of(text)?.check(operation_name, variables)
}

impl Measured {
    fn of(text: &str) -> Result<Self> {
        let mut sizes = Sizes {
            characters: characters(text)?,
            ..Sizes::default()
        };
        refuse_nul(text)?;
        scan::scan(text, &mut sizes)?;
        let document = parse_query(text).map_err(|error| unparsable(&error))?;
        measure::measure(&document, &mut sizes)?;
        Ok(Self {
            document,
            sizes,
            walked: OnceLock::new(),
        })
    }

    fn check(&self, name: Option<&str>, variables: &Variables) -> Result<Checked> {
        if variables.values().any(holds_nul) {
            return Err(Error::invalid("variables", "no NUL characters"));
        }
        let chosen = choose(&self.document.operations, name)?;
        let walked = match self.walked.get() {
            Some(walked) => *walked,
            None => self.walk(chosen, variables)?,
        };
        Ok(Checked {
            document: self.document.clone(),
            operation: chosen.ty.into(),
            introspection: walked.introspection,
            sizes: walked.sizes,
        })
    }

    /// Walks the document, and remembers what that came to where it will be the same again.
    fn walk(&self, chosen: &OperationDefinition, variables: &Variables) -> Result<Walked> {
        let walked = walk::walk(&self.document, chosen, variables, self.sizes)?;
        if self.document.operations.iter().count() == 1 && !walked.varies {
            // Another thread may have come first, with the same.
            let _ = self.walked.set(walked);
        }
        Ok(walked)
    }
}

/// No text may hold a NUL: PostgreSQL cannot keep one, and nobody types one.
fn refuse_nul(text: &str) -> Result<()> {
    let escaped = |escape| text.contains(escape);
    if text.contains('\0') || escaped("\\u0000") || escaped("\\u{0") {
        return Err(Error::invalid("query", "no NUL characters"));
    }
    Ok(())
}

fn holds_nul(value: &ConstValue) -> bool {
    match value {
        ConstValue::String(text) => text.contains('\0'),
        ConstValue::List(values) => values.iter().any(holds_nul),
        ConstValue::Object(members) => members.values().any(holds_nul),
        _ => false,
    }
}

fn characters(text: &str) -> Result<u64> {
    // A character has at most four bytes: an enormous text need not be counted.
    let count = if text.len() as u64 > LIMITS.characters * 4 {
        u64::MAX
    } else {
        text.chars().count() as u64
    };
    within("characters", count, LIMITS.characters)?;
    Ok(count)
}

fn choose<'a>(
    operations: &'a DocumentOperations,
    name: Option<&str>,
) -> Result<&'a OperationDefinition> {
    let chosen = match (operations, name) {
        (DocumentOperations::Single(only), None) => Some(only),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(named), Some(name)) => named.get(name),
        (DocumentOperations::Multiple(named), None) => {
            let mut all = named.values();
            all.next().filter(|_| all.next().is_none())
        }
    };
    let problem = if name.is_some() {
        "the document has no operation of this name"
    } else {
        "the document has several operations: name one"
    };
    chosen
        .map(|operation| &operation.node)
        .ok_or_else(|| Error::invalid("operationName", problem))
}

/// The parser's own message repeats the line of the text: only its place is told.
fn unparsable(error: &parser::Error) -> Error {
    if matches!(error, parser::Error::RecursionLimitExceeded) {
        return exceeded("depth", LIMITS.depth);
    }
    let problem = match error {
        parser::Error::MultipleOperations { .. } => "several operations and one without a name",
        parser::Error::OperationDuplicated { .. } => "two operations of one name",
        parser::Error::FragmentDuplicated { .. } => "two fragments of one name",
        parser::Error::MissingOperation => "no operation",
        _ => "a syntax error",
    };
    let place = error.positions().next().map_or_else(String::new, |at| {
        format!(" at line {}, column {}", at.line, at.column)
    });
    malformed(format!("the query has {problem}{place}"))
}

fn malformed(message: impl Into<String>) -> Error {
    Error::invalid("query", message)
}

fn within(limit: &'static str, count: u64, most: u64) -> Result<()> {
    if count > most {
        Err(exceeded(limit, most))
    } else {
        Ok(())
    }
}

fn exceeded(limit: &'static str, most: u64) -> Error {
    let what = match limit {
        "brackets" => "nested brackets",
        "selections" => "selections, fragments expanded",
        "repeated" => "times one response key in one selection set",
        "depth" => "levels of depth",
        "mutationFields" => "root field in a mutation",
        "nodes" => "nodes in its pages together",
        other => other,
    };
    Error::LimitExceeded {
        limit,
        message: format!("the query is too large: at most {most} {what}"),
    }
}
