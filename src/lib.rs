//! Imports a list of users into an Amazon Cognito user pool.
//!
//! The path of one row, and the module of each stage:
//!
//! ```text
//! open     decode   map       check  begin    permit  SignUp  look up  settle   follow up  report
//! source/  rows/    mapping/  user/  ledger/  pace/   pool/   import/  ledger/  import/    report/
//! ```
//!
//! Before the first sign-up, [`preflight`] queries the pool for its rules and reads the whole list.
//! [`import`] is the only stage that knows all the others; [`command`] wires them together for each
//! subcommand. [`undo`] deletes the users that a run created. [`rehearsal`] is a simulated user
//! pool that shares no code with the importer. `tests/it/layers.rs` checks the dependencies between
//! modules.

/// Compares text that users read with its file in `tests/it/snapshots/messages`. After a change of
/// wording, `INSTA_UPDATE=always cargo test` writes the files, and the diff shows every message
/// that changed.
#[cfg(test)]
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

/// Defines `ALL`, the array of all variants of an enum, with an example value for those with data.
/// Does not compile if the list misses a variant.
macro_rules! all_variants {
    ($visibility:vis $name:ident { $($variant:ident $(($example:expr))?),+ $(,)? }) => {
        impl $name {
            /// All variants, in the order of reports.
            $visibility const ALL: [Self; [$(stringify!($variant)),+].len()] =
                [$(Self::$variant $(($example))?),+];
        }

        const _: fn($name) = |variant| match variant {
            $($name::$variant { .. })|+ => {}
        };
    };
}

pub mod aws;
pub mod cli;
pub mod command;
mod detail;
pub mod hints;
pub mod import;
pub mod ledger;
pub mod logs;
pub mod mapping;
pub mod outcome;
pub mod pace;
pub mod part;
mod plural;
pub mod pool;
pub mod preflight;
pub mod process;
pub mod progress;
pub mod rehearsal;
pub mod report;
pub mod rows;
pub mod run;
pub mod s3;
pub mod sanitize;
pub mod source;
mod spill;
pub mod temporary;
pub mod undo;
pub mod user;
pub mod verify;
