//! Stage 7: the run. The only folder that knows all the others.
//!
//! [`prescan`] reads the pool before the first row; `run` is the loop that owns the truth; [`registration`] decides one user's way, and its driver walks it; [`resolve`]
//! judges whose a found user is; `follow_up` takes one step after a sign-up; `run::retry` and the breaker say when to go on and when not, [`slots`] how many at once, and `lent` which of them another may use; `record` keeps the rate, and `logged` is what goes into the log.
//! `docs/architecture.md` says why it is built like this.

mod breaker;
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

pub use breaker::BreakerLimits;
pub use progress::{Bottleneck, OutcomeCounts, Progress, Watch};
pub use run::{Deadline, ImportRow, Run, RunEnd, SessionPlan};
pub use stop::StopReason;
