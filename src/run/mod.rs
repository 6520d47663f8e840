//! Shared by import, undo and verification: requests that only read, retry policy, signals, request
//! counts.

mod read_requests;
mod requests;
mod retry;
mod signals;

pub use read_requests::ReadRequests;
pub use requests::RequestCounts;
pub use retry::{FORBIDDEN_TRIES, RetryPolicy};
pub use signals::{Grace, Signal, Signals};
