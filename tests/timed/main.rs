//! What is held to figures of time: the pace, and how long a run takes. `cargo test` runs these behind all others, and beside nothing
//! but one another: they take time and next to no CPU, and a machine that does something else as well makes requests late.

#![expect(
    clippy::unwrap_used,
    reason = "what the harness cannot do fails the test where it stands; clippy's exception for tests does not reach into it"
)]

#[expect(
    dead_code,
    unused_imports,
    reason = "the harness of tests/it, of which little is needed here"
)]
#[path = "../it/harness/mod.rs"]
mod harness;

mod adapting;
mod deadline;
mod pacing;
