//! The list, and what its columns mean.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::format::FormatArgs;

/// The list and its columns.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The list: CSV with a header line; `-` reads standard input
    ///
    /// It may be compressed with gzip or zstd.
    ///
    /// Columns are known by name, whatever their case and order: username (or cognito:username), password, Cognito's standard
    /// attributes (email, phone_number, given_name, ...) and custom:NAME. Empty cells are left out.
    #[arg(value_name = "USERS.csv")]
    pub list: PathBuf,
    /// How it is written.
    #[command(flatten)]
    pub format: FormatArgs,
    /// Drop a column; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "List")]
    pub ignore_column: Vec<String>,
    /// Where passwords come from
    #[arg(long, value_enum, default_value_t = PasswordSource::Column, help_heading = "List")]
    pub password: PasswordSource,
}

/// Where passwords come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PasswordSource {
    /// The column `password`
    Column,
    /// Nowhere: for pools with a passwordless factor
    None,
}
