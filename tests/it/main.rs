//! The program as its users meet it: the real binary against simulated pools on this machine, one file for each behaviour.
//!
//! `harness` starts things and reads what they left behind; it knows nothing of what a test expects. Nothing leaves this
//! machine, nothing of the developer's own AWS configuration is seen, and every process is ended with its test.

#![expect(
    clippy::unwrap_used,
    reason = "what the harness cannot do fails the test where it stands; clippy's exception for tests does not reach into it"
)]

mod harness;

mod agreeing;
mod answers;
mod beginnings;
mod cells;
mod certificates;
mod check;
mod client_secrets;
mod cognito_export;
mod comparing;
mod describe;
mod disk;
mod displaced;
mod docs;
mod endpoints;
mod errors;
mod existing;
mod follow_up;
mod formats;
mod generated;
mod guards;
mod help;
mod hints;
mod hostile_text;
mod kept;
mod kill;
mod layers;
mod leftovers;
mod listing;
mod locked;
mod logs;
mod lost;
mod main_job;
mod mapping;
mod metrics;
mod ministack;
mod notes;
mod other_formats;
mod output_json;
mod passwords;
mod plan;
mod planted;
mod preflight;
mod prescan;
mod process;
mod progress;
mod quotes;
mod rates;
mod reading;
mod refusals;
mod rehearsal_pool;
mod rejects;
mod remedies;
mod report;
mod requests;
mod resume;
mod run_level;
#[cfg(feature = "s3")]
mod s3;
mod samples;
mod schema;
mod shared;
mod skipping;
mod stopping;
mod suggested_flags;
mod suspicious;
mod terminal;
mod threat_model;
mod triggers;
mod undo;
mod unknown_requests;
mod usernames;
mod values;
