//! Tests with time limits: the rate, and how long a run takes. `cargo test` runs them after all
//! others and only in parallel with each other. They take time but little CPU, and a busy machine
//! would make requests late.

#![expect(
    clippy::unwrap_used,
    reason = "a failure in the harness fails the test, and clippy's exception for tests does not cover it"
)]

#[expect(
    dead_code,
    unused_imports,
    reason = "the harness of tests/it, little of which is used here"
)]
#[path = "../it/harness/mod.rs"]
mod harness;

mod adapting;
mod deadline;
mod grace;
mod pacing;
