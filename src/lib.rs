//! Moves a list of users into an Amazon Cognito user pool, and tells the truth about every row.
//!
//! One row's way through the program, and the folder of each stage:
//!
//! ```text
//! open --> decode --> map + check --> begin (ledger) --> permit --> SignUp --> look up / resolve --> settled (ledger) --> follow up --> done (ledger) --> results
//! source/  rows/      user/           ledger/            pace/      pool/      import/               ledger/             import/       ledger/          report/
//! ```
//!
//! Before the first row is begun, [`preflight`] asks the pool for its rules, reads the list to its end and says what stands against the
//! run; and where most of a list may exist already, [`import::prescan`] reads the pool, so that nothing is sent for those who do. Only [`import`] knows all of the stages; [`command`] wires them up for a subcommand; [`aws`] is what the clients of AWS have in
//! common; [`visible`] makes text of others harmless to look at; [`undo`] deletes what a run made; [`progress`] and [`logs`] are what people
//! see meanwhile, and later; [`rehearsal`] is a simulated pool that uses nothing of the rest. Who may use whom is checked by
//! `tests/it/layers.rs`.

pub mod aws;

pub mod source;

pub mod rows;

pub mod user;

pub mod ledger;

pub mod pace;

pub mod pool;

pub mod import;

pub mod undo;

pub mod outcome;

pub mod report;

pub mod visible;

pub mod process;

pub mod run;

mod detail;

pub mod progress;

pub mod logs;

pub mod preflight;

pub mod rehearsal;

pub mod cli;

pub mod command;
