//! Seeded random tests. Each target changes valid input at random for 20 seconds, or for as long as `COGNITO_IMPORT_FUZZ_TIME` says.
//!
//! `COGNITO_IMPORT_FUZZ_TIME=2h cargo test --test fuzz` runs all targets side by side from a random seed. A failure names the seed of its
//! case, with which `COGNITO_IMPORT_FUZZ_SEED` repeats that case first. Each finding becomes a named test elsewhere.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what the harness cannot do fails the test; clippy's exception for tests does not reach into it"
)]

#[expect(
    dead_code,
    unused_imports,
    reason = "the harness of tests/it, of which a part is needed here"
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
