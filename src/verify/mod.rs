//! Compares the users of a run with the pool. Only reads.
//!
//! `expected` derives from the run's results what the pool should contain, and `compare`
//! compares that with a user. Both are pure. `read_pool` lists the pool's users and the members
//! of the run's groups, and `look_up` looks up users that the listing does not show, because it
//! lags behind.
//!
//! A user is identified by its `sub`, which Cognito never reuses. If the run did not learn it, the
//! username decides.

mod compare;
mod expected;
mod look_up;
mod problems;
mod read_pool;
mod verification;

pub use expected::{RunGroups, add_groups, presence_after_undo, presence_of, restoration_of};
pub use problems::{Lag, collect_lookups, each_problem};
pub use verification::{Verification, VerifyContext, VerifyEnd, VerifyOptions, VerifyStopReason};
