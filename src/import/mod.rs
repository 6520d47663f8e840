//! The run: sends the rows of the list and records their outcomes.
//!
//! `run` is the loop that owns all state. [`registration`] decides what to do for one user, and
//! `register` does it; [`resolve`] decides who created a user that was found, and [`differences`]
//! how one that existed differs from its row. `follow_up` sends one step after a sign-up.
//! [`prescan`] reads the pool before the first row. `docs/architecture.md` explains the design.

mod breaker;
pub mod differences;
mod follow_up;
pub mod prescan;
pub mod progress;
mod rate_recorder;
mod register;
pub mod registration;
mod request;
pub mod resolve;
mod run;
mod run_log;
pub mod slots;
pub mod stop;
mod update;

pub use breaker::BreakerLimits;
pub use progress::{Bottleneck, OutcomeCounts, Progress, Watch};
pub use run::{Deadline, ImportRow, Run, RunEnd, SessionPlan};
pub use stop::StopReason;
