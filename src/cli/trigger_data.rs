//! ValidationData and ClientMetadata for the pool's triggers. Flags take precedence over
//! `--validation-data-file`, which takes precedence over the mapping file.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::args::{ListArgs, TriggerArgs};
use super::mapping_file::{MappingFile, MappingFileError};
use super::text_file::{WRITTEN_BY_HAND, mode_warning, read_text};
use crate::hints::Hint;
use crate::pool::TriggerData;

/// Does not quote the input: the value may be a secret.
const NOT_A_PAIR: &str = "not a KEY=VALUE pair";

const PAIR_HINT: &str = "write KEY=VALUE, such as import-key=4711";

/// Trigger data that cannot be used. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum TriggerDataError {
    /// A flag's value is not a pair, or Cognito would not accept it.
    #[error("{flag}: {cause}")]
    Flag {
        /// The flag.
        flag: &'static str,
        /// The problem.
        cause: String,
    },
    /// The file cannot be read.
    #[error("--validation-data-file {path}: cannot be read: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// The I/O error.
        cause: std::io::Error,
    },
    /// A line of the file is not a pair, or Cognito would not accept it.
    #[error("--validation-data-file {path}: line {line}: {cause}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The problem.
        cause: String,
    },
    /// The mapping file cannot be used.
    #[error(transparent)]
    Mapping(#[from] MappingFileError),
}

impl Hint for TriggerDataError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::File { .. } => "name a file with one KEY=VALUE pair per line".to_owned(),
            Self::Mapping(error) => return error.hint(),
            Self::Flag { .. } | Self::Line { .. } => PAIR_HINT.to_owned(),
        })
    }
}

/// Collects the trigger data of the flags and files, and a warning if other users can read the
/// file.
///
/// # Errors
/// A file cannot be read, or a pair is malformed or not accepted by Cognito.
pub fn trigger_data(
    args: &TriggerArgs,
    list: &ListArgs,
) -> Result<(TriggerData, Option<String>), TriggerDataError> {
    let mut data = TriggerData::default();
    for (flag, texts) in [
        ("--validation-data", &args.validation_data),
        ("--client-metadata", &args.client_metadata),
    ] {
        let mut seen: Vec<&str> = Vec::new();
        for text in texts {
            let error = |cause| TriggerDataError::Flag { flag, cause };
            let (key, value) = pair(text).map_err(error)?;
            if seen.contains(&key) {
                return Err(error(format!("the key `{key}` is given twice")));
            }
            seen.push(key);
            if flag == "--validation-data" {
                data.add_validation(key, value.into()).map_err(error)?;
            } else {
                data.add_metadata(key, value.to_owned()).map_err(error)?;
            }
        }
    }
    let mut warning = None;
    if let Some(path) = &args.validation_data_file {
        warning = add_file(path, &mut data)?;
    }
    if let Some(path) = &list.mapping.mapping {
        MappingFile::read(path)?.tell_triggers(&mut data)?;
    }
    Ok((data, warning))
}

/// Adds the pairs of a file, except blank lines and comments, which start with `#`.
fn add_file(path: &Path, data: &mut TriggerData) -> Result<Option<String>, TriggerDataError> {
    let unreadable = |cause| TriggerDataError::File {
        path: path.to_owned(),
        cause,
    };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    let text = read_text(path, WRITTEN_BY_HAND).map_err(unreadable)?;
    let text = Zeroizing::new(text);
    for (line, text) in (1..).zip(text.lines()) {
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        let error = |cause| TriggerDataError::Line {
            path: path.to_owned(),
            line,
            cause,
        };
        let (key, value) = pair(text).map_err(error)?;
        data.add_validation(key, SecretString::from(value))
            .map_err(error)?;
    }
    Ok(mode_warning("--validation-data-file", path, &metadata))
}

/// Splits at the first `=`, because a value may contain one. Only the key is trimmed.
fn pair(text: &str) -> Result<(&str, &str), String> {
    let (key, value) = text.split_once('=').ok_or(NOT_A_PAIR)?;
    Ok((key.trim(), value))
}
