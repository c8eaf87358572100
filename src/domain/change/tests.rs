//! Proposed changes against tables.
