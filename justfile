# One recipe a task; `.ci/run` runs `just check`'s recipes by their commands.

# List the recipes.
default:
    @just --list

# Serve the real plans with simulated people on SQLite.
demo:
    cargo run --release -- serve --demo

# Everything, on SQLite, and on PostgreSQL where one can be started.
test *ARGS:
    cargo test --workspace {{ARGS}}

# Write what is made from the code anew: schema.graphql, the matrix, the tables of seeds/README.md.
bless:
    DUBAN_BLESS=1 cargo test --test integration -- schema matrix seeds

# What the pieces cost, beside a reference.
bench:
    cargo bench --bench pieces

# A database to measure with: `just generate 100000 /tmp/load.db`.
generate PROJECTS FILE:
    cargo build --release
    target/release/duban generate --projects {{PROJECTS}} --database-url sqlite://{{FILE}}

# Load over HTTP, duban against the floor: `just load --database /tmp/load.db --seconds 5`.
load *ARGS:
    cargo build --release
    cargo build --release --manifest-path benches/load/Cargo.toml --target-dir target/load
    target/load/release/duban-load {{ARGS}}

# Which documents of the contract would look through a long table of this database; only reads.
explain URL:
    DUBAN_EXPLAIN_URL='{{URL}}' cargo test --test integration -- --ignored --nocapture explain::full

# Everything that must hold before a change lands.
check: fmt lint doc deny test

# Formatting.
fmt:
    cargo fmt --all --check

# Lints, warnings denied. The load bench is a package of its own.
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# Lints of the load bench.
lint-load:
    cargo clippy --manifest-path benches/load/Cargo.toml --target-dir target/load -- -D warnings

# Documentation, warnings denied.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Licences, bans and sources of the dependencies (needs cargo-deny).
deny:
    cargo deny check bans licenses sources
