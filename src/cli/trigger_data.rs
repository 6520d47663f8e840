//! What the pool's triggers are told, as the flags, a file of its own and the mapping file say it: in this order, the first one wins.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::args::{ListArgs, TriggerArgs};
use super::mapping_file::{MappingFile, MappingFileError};
use super::text_file::{WRITTEN_BY_HAND, read_text};
use crate::hints::Hint;
use crate::pool::TriggerData;

/// What a pair looks like. No word of ours repeats what was typed: the value may be a key.
const NO_PAIR: &str = "is not a KEY=VALUE pair";

const PAIR_HINT: &str = "write KEY=VALUE, such as import-key=4711";

/// What is wrong with it: nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum TriggerDataError {
    /// A flag's value is no pair, or one that Cognito does not take.
    #[error("{flag}: {cause}")]
    Flag {
        /// The flag.
        flag: &'static str,
        /// What is wrong.
        cause: String,
    },
    /// The file cannot be read.
    #[error("--validation-data-file {path}: cannot be read: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A line of it is no pair.
    #[error("--validation-data-file {path}: line {line}: {cause}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        cause: String,
    },
    /// The mapping file cannot be used.
    #[error(transparent)]
    Mapping(#[from] MappingFileError),
}

impl Hint for TriggerDataError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::File { .. } => "name a file with one KEY=VALUE a line".to_owned(),
            Self::Mapping(error) => return error.hint(),
            Self::Flag { .. } | Self::Line { .. } => PAIR_HINT.to_owned(),
        })
    }
}

/// For `pool`.
///
/// # Errors
/// Something is no pair, is longer than Cognito takes, or cannot be read.
pub fn trigger_data(args: &TriggerArgs, list: &ListArgs) -> Result<TriggerData, TriggerDataError> {
    let mut data = TriggerData::default();
    for (flag, texts) in [
        ("--validation-data", &args.validation_data),
        ("--client-metadata", &args.client_metadata),
    ] {
        let mut seen: Vec<&str> = Vec::new();
        for text in texts {
            let wrong = |cause| TriggerDataError::Flag { flag, cause };
            let (key, value) = pair(text).map_err(wrong)?;
            if seen.contains(&key) {
                return Err(wrong(format!("the key `{key}` is given twice")));
            }
            seen.push(key);
            if flag == "--validation-data" {
                data.validate(key, value.into()).map_err(wrong)?;
            } else {
                data.add_metadata(key, value.to_owned()).map_err(wrong)?;
            }
        }
    }
    if let Some(path) = &args.validation_data_file {
        of_file(path, &mut data)?;
    }
    if let Some(path) = &list.mapping.mapping {
        MappingFile::read(path)?.tell_triggers(&mut data)?;
    }
    Ok(data)
}

/// Empty lines and those that begin with `#` say nothing.
fn of_file(path: &Path, data: &mut TriggerData) -> Result<(), TriggerDataError> {
    let text = read_text(path, WRITTEN_BY_HAND).map(Zeroizing::new);
    let text = text.map_err(|cause| TriggerDataError::File {
        path: path.to_owned(),
        cause,
    })?;
    for (line, text) in (1..).zip(text.lines()) {
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        let wrong = |cause| TriggerDataError::Line {
            path: path.to_owned(),
            line,
            cause,
        };
        let (key, value) = pair(text).map_err(wrong)?;
        data.validate(key, SecretString::from(value))
            .map_err(wrong)?;
    }
    Ok(())
}

/// The first `=` separates: values may have one. White space around a key means nothing, in a value it counts.
fn pair(text: &str) -> Result<(&str, &str), String> {
    let (key, value) = text.split_once('=').ok_or(NO_PAIR)?;
    Ok((key.trim(), value))
}
