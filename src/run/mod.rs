//! Shared by import, undo and verification: requests that only read, retry policy, signals, request
//! counts, and how long the pool has not answered.

mod read_requests;
mod requests;
mod retry;
mod signals;
mod silence;

pub use read_requests::ReadRequests;
pub use requests::RequestCounts;
pub use retry::{FORBIDDEN_TRIES, RetryPolicy};
pub use signals::{Grace, Signal, Signals};
pub use silence::Silence;
