//! What is wrong with a mapping file, in words that name file, line and key.

use std::path::PathBuf;

use crate::hints::Hint;

/// What is wrong with a mapping file: nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum MappingFileError {
    /// It cannot be read.
    #[error("--mapping {path}: cannot be read: {cause}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Invalid TOML.
    #[error("--mapping {path}: line {line}: invalid TOML: {cause}")]
    NoToml {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What was found.
        cause: String,
    },
    /// A key is not known, or takes something else.
    #[error("--mapping {path}: line {line}, {key}: {cause}")]
    Shape {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key, with its table.
        key: String,
        /// What was found.
        cause: String,
        /// What to write.
        hint: String,
    },
    /// A value does not mean anything.
    #[error("--mapping {path}: line {line}, {key}: {cause}")]
    Value {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key, with its table.
        key: String,
        /// What was found, and what to write.
        cause: String,
    },
}

impl Hint for MappingFileError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. } => "give a file of TOML that can be read".to_owned(),
            Self::NoToml { .. } => NO_TOML.to_owned(),
            Self::Shape { hint, .. } => hint.clone(),
            Self::Value { .. } => "correct this line".to_owned(),
        })
    }
}

/// What to do with a line that is invalid TOML.
const NO_TOML: &str = "write each key on a line of its own, texts in quotes, and lists in [ ]";
