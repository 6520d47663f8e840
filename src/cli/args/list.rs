//! The list, and what its columns mean.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::follow_up::FollowUpArgs;
use super::format::FormatArgs;
use super::mapping::MappingArgs;

/// The list, its columns, and what becomes of its users.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The list: CSV with a header line; `-` reads standard input, s3://bucket/key an object (in a build with the feature s3)
    ///
    /// It may be compressed with gzip or zstd.
    ///
    /// Columns are known by name, whatever their case and order: username (or cognito:username), password, Cognito's standard
    /// attributes (email, phone_number, given_name, ...) and custom:NAME; --map says what others mean. Empty cells are left out.
    #[arg(value_name = "USERS.csv")]
    pub list: PathBuf,
    /// How it is written.
    #[command(flatten)]
    pub format: FormatArgs,
    /// Where passwords come from [default: column]
    #[arg(long, value_enum, help_heading = "List")]
    pub password: Option<PasswordSource>,
    /// What its columns mean.
    #[command(flatten)]
    pub mapping: MappingArgs,
    /// What is done with its users after their sign-up.
    #[command(flatten)]
    pub follow_up: FollowUpArgs,
}

/// Where passwords come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PasswordSource {
    /// The column `password`
    Column,
    /// Random ones that are written nowhere: each user resets theirs by "forgot password"
    Generate,
    /// The column `password`, and random ones for users whose cell is empty
    ColumnOrGenerate,
    /// Nowhere: for pools with a passwordless factor
    None,
}
