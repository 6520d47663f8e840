//! A simulated Cognito user pool on loopback, for rehearsals and for every test.
//!
//! It behaves like a user pool over the wire: `POST /` with `x-amz-json-1.1` bodies, Cognito's
//! checks and responses, quotas, latency and configurable faults. `GET /stats` and
//! `GET /stats/users` report what really happened. It uses nothing else from this crate, so it
//! cannot share the importer's bugs. State is in memory only. Signatures must be present, but are
//! not verified.
//!
//! The path of a request: `server` accepts it from a `connection`. `dispatch` counts it (`stats`),
//! checks its `quota` (which `traffic` changes and shares with other clients) and calls one of the
//! `operations`, which read and change the `state` according to `schema`, `password` and `format`.
//! `server` waits for the latency and writes the response, unless one of the `faults` prevents it.

mod clock;
mod connection;
mod dispatch;
mod faults;
mod format;
mod operation;
mod operations;
mod password;
mod protocol;
mod quota;
mod reply;
mod request;
mod schema;
mod schema_settings;
mod schema_value;
mod seeded;
mod server;
mod settings;
mod signed_faults;
mod signing_time;
mod state;
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
