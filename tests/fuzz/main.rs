//! Seeded random tests. Each target mutates valid input for 20 seconds, or for as long as
//! `COGNITO_IMPORT_FUZZ_TIME` says.
//!
//! `COGNITO_IMPORT_FUZZ_TIME=2h cargo test --test fuzz` runs all targets in parallel from a random
//! seed. A failure prints the seed of its case; set `COGNITO_IMPORT_FUZZ_SEED` to repeat that case
//! first. Each bug found becomes a named test elsewhere.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failure in the harness fails the test, and clippy's exception for tests does not cover it"
)]

#[expect(
    dead_code,
    unused_imports,
    reason = "the harness of tests/it, part of which is used here"
)]
#[path = "../it/harness/mod.rs"]
mod harness;

mod answers;
mod case;
mod config_files;
mod hostile;
mod ledgers;
mod lists;
mod mutate;
mod runs;
mod undos;
