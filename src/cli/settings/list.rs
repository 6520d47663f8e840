//! The list: where it is, its dialect, and the meaning of its columns.

use std::path::{Path, PathBuf};

use clap::Parser as _;

use super::SettingsError;
use crate::cli::args::{Cli, Command, ListArgs};
use crate::cli::mapping_file::MappingFile;
use crate::cli::mapping_options::{follow_up_of_flags, of_flags, over};
use crate::mapping::MappingOptions;
use crate::rows::{Dialect, Quote};
use crate::s3::S3Access;

pub struct ListSettings {
    pub path: PathBuf,
    pub access: S3Access,
    pub dialect: Dialect,
    pub mapping: MappingOptions,
    /// Steps also apply to users that existed before the run.
    pub follow_up_existing: bool,
}

impl ListSettings {
    pub(super) fn of(args: &ListArgs, access: S3Access) -> Result<Self, SettingsError> {
        Ok(Self {
            path: args.list.clone(),
            access,
            mapping: mapping(args)?,
            dialect: dialect(args)?,
            follow_up_existing: args.follow_up.follow_up_existing,
        })
    }
}

impl ListSettings {
    /// The settings of another list with the flags of a run, from the words of the command that
    /// began the run.
    ///
    /// # Errors
    /// The words are not an import, or its mapping file cannot be used.
    pub fn of_run(
        command: &[String],
        list: &Path,
        access: S3Access,
    ) -> Result<Self, SettingsError> {
        let parsed = Cli::try_parse_from(command).map(|cli| cli.command);
        let Ok(Command::Import(args)) = parsed else {
            return Err(SettingsError::RunCommand);
        };
        Ok(Self {
            path: list.to_owned(),
            ..Self::of(&args.shared.list, access)?
        })
    }
}

/// Flags override the mapping file.
fn mapping(args: &ListArgs) -> Result<MappingOptions, SettingsError> {
    let from_flags = MappingOptions {
        password: args.password,
        follow_up: follow_up_of_flags(&args.follow_up),
        ..of_flags(&args.mapping)
    };
    match &args.mapping.mapping {
        Some(path) => Ok(over(from_flags, MappingFile::read(path)?.options()?)),
        None => Ok(from_flags),
    }
}

/// Flags override the mapping file.
fn dialect(args: &ListArgs) -> Result<Dialect, SettingsError> {
    let format = &args.format;
    let file = match &args.mapping.mapping {
        Some(path) => MappingFile::read(path)?.dialect()?,
        None => Dialect::default(),
    };
    let dialect = Dialect {
        encoding: format.encoding.or(file.encoding),
        delimiter: format.delimiter.or(file.delimiter),
        quote: format.quote.or(file.quote),
        escape: format.escape.or(file.escape),
        columns: format
            .no_headers
            .then(|| format.columns.clone())
            .or(file.columns),
        skip_lines: format.skip_lines.unwrap_or(file.skip_lines),
        flexible: format.flexible || file.flexible,
        drop_apostrophe: format.drop_apostrophe || file.drop_apostrophe,
        unwrap_formulas: format.unwrap_formulas || file.unwrap_formulas,
    };
    // If the delimiter is detected, it may turn out to be a comma.
    let delimiter = dialect.delimiter.unwrap_or(b',');
    let quote = dialect.quote.unwrap_or_default();
    if quote == Quote::Mark(delimiter) {
        return Err(SettingsError::QuoteSeparates(char::from(delimiter)));
    }
    if let Some(escape) = dialect.escape {
        if quote == Quote::None {
            return Err(SettingsError::EscapeUnquoted(char::from(escape)));
        }
        if escape == delimiter || quote == Quote::Mark(escape) {
            return Err(SettingsError::EscapeTaken(char::from(escape)));
        }
    }
    Ok(dialect)
}
