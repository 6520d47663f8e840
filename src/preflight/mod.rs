//! Everything that happens before a run's first sign-up: querying the pool, surveying the list,
//! refusing the run or planning it.
//!
//! Only [`groups`] writes to the pool: it creates missing groups on request.

pub mod attempts;
pub mod calls;
pub mod groups;
pub mod iam_policy;
pub mod plan;
pub mod prescan;
mod probes;
pub mod problems;
pub mod queries;
pub mod rates;
pub mod survey;
