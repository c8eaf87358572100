use std::fmt::Write as _;

use async_graphql::Variables;
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use serde_json::json;

use super::{Checked, LIMITS, OperationKind, check};
use crate::error::{Error, Result};

fn ask(text: &str) -> Result<Checked> {
    check(text, None, &Variables::default())
}

#[track_caller]
fn limit_of(text: &str) -> &'static str {
    match ask(text) {
        Err(Error::LimitExceeded { limit, .. }) => limit,
        Err(other) => panic!("{other:?}"),
        Ok(passed) => panic!("passed: {:?}", passed.sizes),
    }
}

#[track_caller]
fn problem_of(text: &str, operation: Option<&str>) -> (String, String) {
    match check(text, operation, &Variables::default()) {
        Err(Error::Invalid(mut problems)) => {
            let problem = problems.remove(0);
            (problem.field, problem.message)
        }
        other => panic!("{other:?}"),
    }
}

fn fragment_bomb(links: usize) -> String {
    let mut text = "{ ...f0 }".to_owned();
    for link in 0..links {
        let next = link + 1;
        write!(text, " fragment f{link} on Q {{ ...f{next} ...f{next} }}").unwrap();
    }
    write!(text, " fragment f{links} on Q {{ a }}").unwrap();
    text
}

const INTROSPECTION: &str = "query IntrospectionQuery { __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types { ...FullType }
    directives { name description locations args { ...InputValue } } } }
    fragment FullType on __Type { kind name description
      fields(includeDeprecated: true) { name description args { ...InputValue }
        type { ...TypeRef } isDeprecated deprecationReason }
      inputFields { ...InputValue } interfaces { ...TypeRef }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
      possibleTypes { ...TypeRef } }
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType {
      kind name ofType { kind name ofType { kind name ofType { kind name ofType {
      kind name ofType { kind name ofType { kind name } } } } } } } } } }";

#[test]
fn an_ordinary_document_passes_with_its_sizes() {
    let text = "query Q($n: Int = 20) { # a comment with ((( brackets
        projects(first: $n, filter: {text: \"[[[[ {{{ \\\" (((\", all: [1, 2]}) @include(if: true) {
            nodes { id name: title ...T } } }
        fragment T on Project { tasks { edges { node { id } } } }";
    let checked = ask(text).unwrap();
    assert_eq!(checked.operation, OperationKind::Query);
    assert!(!checked.introspection);
    let sizes = checked.sizes;
    assert_eq!((sizes.aliases, sizes.directives), (1, 1));
    assert_eq!((sizes.depth, sizes.brackets), (6, 4));
    assert_eq!(sizes.selections, 9);
    assert_eq!(sizes.nodes, 20 + 20 * 50);
}

/// Which limit is named tells how far each came: the first two are no GraphQL, which the
/// parser would have said; the third has 2^24 selections when its fragments are expanded.
#[test]
fn five_hostile_documents_are_refused_before_they_cost_anything() {
    let brackets = format!("{{ a(b: {}", "[".repeat(2_000));
    let objects = format!("{{ a(b: {}", "{a:".repeat(1_500));
    let repeated = format!("{{ n {{ {} }} }}", "v ".repeat(1_900));
    let aliases = (0..101).fold("{ ".to_owned(), |text, n| {
        text + &format!("a{n}:__typename ")
    }) + "}";
    let cases = [
        (brackets.as_str(), "brackets"),
        (&objects, "brackets"),
        (&fragment_bomb(24), "selections"),
        (&repeated, "repeated"),
        (&aliases, "aliases"),
    ];
    for (text, limit) in cases {
        assert_eq!(limit_of(text), limit);
    }
}

#[test]
fn long_chains_of_fragments_are_refused_without_walking_them() {
    // Walked, they would never end.
    assert_eq!(limit_of(&fragment_bomb(30)), "selections");
    assert_eq!(limit_of(&fragment_bomb(150)), "depth");
    // The chain is as long where the fragment was measured at a shallow place first.
    let deep = "{ ...a x { y { z { ...a } } } } fragment a on Q ".to_owned()
        + &"{ ... ".repeat(30)
        + "{ b }"
        + &" }".repeat(30);
    assert_eq!(limit_of(&deep), "depth");
}

#[test]
fn each_limit_has_its_boundary() {
    let padded = |length: usize| format!("{{ a }}{}", " ".repeat(length - 5));
    assert!(ask(&padded(10_000)).is_ok());
    assert_eq!(limit_of(&padded(10_001)), "characters");
    assert!(ask(&format!("{{ a }} # {}", "督".repeat(9_900))).is_ok());

    let deep = |depth: usize| format!("{}a{}", "{ a ".repeat(depth - 1) + "{ ", " }".repeat(depth));
    assert!(ask(&deep(15)).is_ok());
    assert_eq!(limit_of(&deep(16)), "depth");

    let nested = |depth: usize| format!("{{ a(b: {}{}) }}", "[".repeat(depth), "]".repeat(depth));
    assert!(ask(&nested(46)).is_ok());
    assert_eq!(limit_of(&nested(47)), "brackets");

    let repeated = |times: usize| {
        format!(
            "{{ n {{ {} ...F }} }} fragment F on Q {{ v }}",
            "v ".repeat(times - 1)
        )
    };
    assert!(ask(&repeated(10)).is_ok());
    assert_eq!(limit_of(&repeated(11)), "repeated");

    let directives = |times: usize| format!("query {} {{ a }}", "@d ".repeat(times));
    assert!(ask(&directives(50)).is_ok());
    assert_eq!(limit_of(&directives(51)), "directives");

    let fields =
        |count: usize| (0..count).fold("{".to_owned(), |text, n| text + &format!(" a{n}")) + " }";
    assert!(ask(&fields(1_000)).is_ok());
    assert!(ask("{ a(b: \"").is_err());
    assert_eq!(limit_of(&"a ".repeat(2_001)), "tokens");
}

#[test]
fn nodes_multiply_along_connections() {
    let nested = "query Q($a: Int!, $b: Int = 300, $c: Int) {
        x(first: $a) { nodes { y(last: $b) { edges { z(first: $c) { ... on Z { nodes { id } } } } } } } }";
    let with = |variables| check(nested, None, &Variables::from_json(variables));
    let small = with(json!({"a": 2, "b": 3})).unwrap();
    assert_eq!(small.sizes.nodes, 2 + 6 + 300);
    let defaults = with(json!({"a": 3, "c": 1})).unwrap();
    assert_eq!(defaults.sizes.nodes, 3 + 900 + 900);
    assert!(matches!(
        with(json!({"a": 100})),
        Err(Error::LimitExceeded { limit: "nodes", .. })
    ));
    assert!(with(json!({"a": u64::MAX, "c": u64::MAX})).is_err());
    assert_eq!(
        ask("{ x(first: 0) { nodes { y { nodes { id } } } } }")
            .unwrap()
            .sizes
            .nodes,
        0
    );
    assert_eq!(
        ask("{ x(first: null) { n: nodes { id } } }")
            .unwrap()
            .sizes
            .nodes,
        50
    );
    assert_eq!(ask("{ plain { id } }").unwrap().sizes.nodes, 0);
}

#[test]
fn a_mutation_has_one_root_field() {
    let one = ask("mutation { ...F } fragment F on Mutation { act { id } }").unwrap();
    assert_eq!(one.operation, OperationKind::Mutation);
    assert_eq!(limit_of("mutation { a b }"), "mutationFields");
    assert_eq!(limit_of("mutation { act act }"), "mutationFields");
    assert_eq!(
        limit_of("mutation { ...F ... { c } } fragment F on Mutation { b }"),
        "mutationFields"
    );
    let both = "mutation M { a b } query Q { a b }";
    assert!(check(both, Some("Q"), &Variables::default()).is_ok());
    assert!(check(both, Some("M"), &Variables::default()).is_err());
}

#[test]
fn introspection_is_known_by_its_content() {
    for text in [
        INTROSPECTION,
        "{ x: __schema { types { name } } }",
        "{ a ...F } fragment F on Query { ... { t: __type(name: \"A\") { name } } }",
        "mutation { __schema { types { name } } }",
    ] {
        assert!(ask(text).unwrap().introspection, "{text}");
    }
    assert_eq!(ask(INTROSPECTION).unwrap().sizes.depth, 15);
    assert!(!ask("query __schema { __typename }").unwrap().introspection);
    assert!(!ask("{ __schema: a { __type } }").unwrap().introspection);
    let two = "query A { __schema { types { name } } } query B { a }";
    assert!(
        !check(two, Some("B"), &Variables::default())
            .unwrap()
            .introspection
    );
}

#[test]
fn what_is_no_graphql_is_invalid_and_not_repeated() {
    for text in [
        "",
        "secretword",
        "{ secretword(",
        "{ a(b: \"secretword) }",
        "{ a(b: \"\"\" [[ \" [[",
        "{ a(b: \"x\n\") }",
        "{ ...secretword }",
        "{ a } fragment F on Q { ...F }",
        "{ ...F } fragment F on Q { x { ...G } } fragment G on Q { ...F }",
        "{ a } { b }",
        "query A { a } query A { b }",
        "fragment secretword on Q { a }",
    ] {
        let (field, message) = problem_of(text, None);
        assert_eq!(field, "query", "{text}");
        assert!(!message.contains("secretword"), "{message}");
    }
    assert_eq!(problem_of("{ a }", Some("Q")).0, "operationName");
    assert_eq!(
        problem_of("query A { a } query B { b }", None).0,
        "operationName"
    );
    assert_eq!(
        problem_of("query A { a } query B { b }", Some("C")).0,
        "operationName"
    );
    assert!(ask("query A { a }").is_ok());
}

#[test]
fn the_whole_document_is_measured_whatever_is_chosen() {
    let bomb = fragment_bomb(24).replacen('{', "query B {", 1) + " query A { a }";
    let refused = check(&bomb, Some("A"), &Variables::default()).unwrap_err();
    assert!(matches!(
        refused,
        Error::LimitExceeded {
            limit: "selections",
            ..
        }
    ));
    let unused = fragment_bomb(24).replacen("{ ...f0 }", "{ a }", 1);
    assert_eq!(limit_of(&unused), "selections");
}

const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "...",
    "on ",
    "a",
    " b ",
    ":",
    "$",
    "!",
    "=",
    "@skip",
    "#",
    "\n",
    "\"",
    "\"\"\"",
    "\\",
    "query ",
    "mutation ",
    "fragment F ",
    "...F",
    "nodes",
    "first",
    "1",
    "-",
    "9999999999999999999",
    ",",
    "督办",
    "\u{feff}",
    "\0",
    "__schema",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        let _ = ask(&text);
    }

    #[test]
    fn any_graphql_like_text_is_answered(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..120)) {
        let _ = ask(&pieces.concat());
    }

    #[test]
    fn what_passes_is_within_the_limits(depth in 0_usize..60, width in 1_usize..12, links in 0_usize..40) {
        let inner = "a ".repeat(width) + &fragment_chain_spread(links);
        let text = "{ x ".repeat(depth) + "{ " + &inner + "}" + &" }".repeat(depth) + &fragment_chain(links);
        if let Ok(checked) = ask(&text) {
            assert!(checked.sizes.depth <= LIMITS.depth);
            assert!(checked.sizes.repeated <= LIMITS.repeated);
            assert!(checked.sizes.selections <= LIMITS.selections);
        }
    }
}

fn fragment_chain_spread(links: usize) -> String {
    if links == 0 {
        String::new()
    } else {
        "...f0 ".to_owned()
    }
}

fn fragment_chain(links: usize) -> String {
    (0..links).fold(String::new(), |text, link| {
        let next = if link + 1 == links {
            "y".to_owned()
        } else {
            format!("...f{}", link + 1)
        };
        text + &format!(" fragment f{link} on Q {{ {next} }}")
    })
}
