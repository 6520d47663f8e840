//! End-to-end tests: the real binary against simulated pools, one file per behavior.
//!
//! `harness` starts things and reads their output; it knows nothing about what a test expects. All
//! traffic stays on this machine, the developer's AWS configuration is ignored, and every process
//! ends with its test.

#![expect(
    clippy::unwrap_used,
    reason = "a failure in the harness fails the test, and clippy's exception for tests does not cover it"
)]

/// Compares text that users read with its file in `snapshots/messages`. After a change of wording,
/// `INSTA_UPDATE=always cargo test` writes the files, and the diff shows every message that
/// changed.
macro_rules! assert_messages {
    ($name:literal, $text:expr) => {{
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/it/snapshots/messages"
        ));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!($name, $text));
    }};
}

mod harness;

mod answers;
mod certificates;
mod check;
mod client_secrets;
mod cognito_export;
mod compare;
mod counts;
mod csv_quirks;
mod deploy;
mod describe;
mod differs;
mod disk;
mod docs;
mod early_stops;
mod endpoints;
#[cfg(target_os = "linux")]
mod engines;
mod errors;
mod excel;
mod existing_users;
mod follow_up;
mod formats;
mod generated_passwords;
mod guards;
mod help;
mod hints;
mod hostile_text;
mod kept_columns;
mod kill;
mod layers;
mod ledger_lock;
mod leftovers;
mod listing;
mod locked;
mod logs;
mod lost_ledger;
mod main_job;
mod mapping;
mod messages;
mod metrics;
mod ministack;
mod moved_runs;
mod nights;
mod notes;
mod other_formats;
mod output_json;
mod parts;
mod passwords;
mod plan;
mod planted;
mod preambles;
mod preflight;
mod prescan;
mod previous;
mod process;
mod progress;
mod quotes;
mod random_lists;
mod rates;
mod reading;
mod refusals;
mod rehearsal_pool;
mod rejects;
mod report;
mod requests;
mod resume;
mod run_level;
mod runs;
mod s3;
mod s3_folders;
mod samples;
mod schedulers;
mod schema;
mod selected_rows;
mod shared_values;
mod skipped_rows;
mod stored_errors;
mod stored_imports;
mod stored_runs;
mod stored_undo;
mod suggested_flags;
mod suspicious_passwords;
mod temporary;
mod terminal;
mod threat_model;
mod triggers;
mod undo;
mod unknown_requests;
mod update_existing;
mod usernames;
mod values;
mod verify;
mod wrapping;
