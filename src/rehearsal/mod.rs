//! A simulated Cognito user pool on loopback: what the importer rehearses against, and what every test talks to.
//!
//! It owns a user pool's behaviour as a client sees it over the wire: `POST /` with `x-amz-json-1.1` bodies, the
//! checks a pool makes and their answers, quotas, latency, faults on request, and the truth about what really happened
//! (`GET /stats`, `GET /stats/users`). It uses nothing else of this crate, so that it cannot share the importer's
//! bugs. It keeps everything in memory and forgets it when it stops; it verifies no signature, only that there is one.
//!
//! The way of a request: `server` takes it from a `connection` -> `pool` counts it (`stats`), takes its `quota` (which
//! `traffic` changes and shares out), and hands it to its operation (`sign_up`, `admin`, `groups`, `list`, `describe`, `sign_in`,
//! `auth_events`), which reads and changes `users` by the
//! rules of `schema`, `password` and `format` -> `server` waits the latency out and writes the answer, or fails to, as
//! `faults` had it.

mod admin;
mod auth_events;
mod clock;
mod connection;
mod creation;
mod describe;
mod faults;
mod format;
mod groups;
mod list;
mod naming;
mod operation;
mod password;
mod pool;
mod protocol;
mod quota;
mod request;
mod schema;
mod schema_settings;
mod schema_value;
mod seeded;
mod server;
mod settings;
mod sign_in;
mod sign_up;
mod sign_up_request;
mod signed_faults;
mod signing_time;
mod stats;
mod traffic;
mod user;
mod users;
mod web_guard;

#[cfg(test)]
mod tests;

pub use faults::{BurstFault, Faults, LateFault};
pub use password::PasswordRules;
pub use protocol::{ErrorNameStyle, ErrorPlace, ErrorWireForm};
pub use quota::{QuotaCategory, QuotaSetting, Quotas};
pub use schema_settings::{AttributeType, SchemaAttribute};
pub use server::{RehearsalError, RehearsalPool};
pub use settings::{
    DatePrecision, ExistingUser, PoolSettings, PreSignUp, SimulatedLatency, TriggerPair,
};
pub use stats::{AuditedUser, CategoryStats, LiveSignUpStats, OperationStats, SecondCount, Stats};
pub use traffic::{LiveSignUps, QuotaChange};
pub use user::UserStatus;
