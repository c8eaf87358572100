//! The seeds.
