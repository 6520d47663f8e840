//! The command line: arguments, their resolution into settings, exit codes, and printing.

pub mod args;
pub mod client_secret;
pub mod completions;
pub mod exit;
pub mod help;
pub mod man;
pub mod mapping_file;
mod mapping_options;
mod output;
pub mod parse;
pub mod rehearsal;
pub mod settings;
pub mod terminal;
mod text_file;
pub mod trigger_data;

pub use output::{OutputFormat, Printer};
