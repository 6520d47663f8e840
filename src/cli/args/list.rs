//! The CSV file, its columns, and the steps after sign-up.

use std::path::PathBuf;

use clap::Args;
use clap::builder::Resettable;

use super::follow_up::FollowUpArgs;
use super::format::FormatArgs;
use super::mapping::MappingArgs;
use crate::mapping::PasswordFrom;

/// The CSV file, its columns, and the steps after sign-up.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// CSV file with a header line, or `-` for standard input
    ///
    /// Also s3://BUCKET/KEY. The file may be compressed with gzip or zstd.
    ///
    /// Columns are matched by name, in any order and case: username (or cognito:username),
    /// password, Cognito's standard attributes (email, phone_number, given_name, ...) and
    /// custom:NAME. Use --map or --mapping for other names. Empty cells set nothing.
    #[arg(value_name = "USERS.csv", help_heading = Resettable::Reset)]
    pub list: PathBuf,
    /// The CSV dialect.
    #[command(flatten)]
    pub format: FormatArgs,
    /// Choose the source of passwords
    #[arg(long, value_enum, value_name = "SOURCE", help_heading = "Mapping")]
    pub password: Option<PasswordFrom>,
    /// Columns and attributes.
    #[command(flatten)]
    pub mapping: MappingArgs,
    /// Steps after sign-up.
    #[command(flatten)]
    pub follow_up: FollowUpArgs,
}
