//! Shared by import and undo: retry policy, signals, request counts.

mod requests;
mod retry;
mod signals;

pub use requests::RequestCounts;
pub use retry::{FORBIDDEN_TRIES, RetryPolicy};
pub use signals::{Grace, Signal, Signals};
