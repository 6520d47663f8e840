//! The list, and what its columns mean.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::mapping::MappingArgs;

/// The list and its columns.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The list: CSV with a header line; `-` reads standard input
    ///
    /// Columns are known by name, whatever their case and order: username (or cognito:username), password, Cognito's standard
    /// attributes (email, phone_number, given_name, ...) and custom:NAME; --map says what others mean. Empty cells are left out.
    #[arg(value_name = "USERS.csv")]
    pub list: PathBuf,
    /// Where passwords come from
    #[arg(long, value_enum, default_value_t = PasswordSource::Column, help_heading = "List")]
    pub password: PasswordSource,
    /// What its columns mean.
    #[command(flatten)]
    pub mapping: MappingArgs,
}

/// Where passwords come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PasswordSource {
    /// The column `password`
    Column,
    /// Nowhere: for pools with a passwordless factor
    None,
}
