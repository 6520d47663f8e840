use std::path::PathBuf;

use crate::hints::Hint;

/// A mapping file that cannot be used. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum MappingFileError {
    /// The file cannot be read.
    #[error("--mapping {path}: cannot be read: {cause}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The I/O error.
        cause: std::io::Error,
    },
    /// Invalid TOML.
    #[error("--mapping {path}: line {line}: invalid TOML: {cause}")]
    InvalidToml {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The parser's message.
        cause: String,
    },
    /// A key is unknown, or its value is invalid.
    #[error("--mapping {path}: line {line}, {key}: {cause}")]
    InvalidKey {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key with its table.
        key: String,
        /// The problem.
        cause: String,
        /// The fix.
        hint: String,
    },
}

impl Hint for MappingFileError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. } => "name a readable TOML file".to_owned(),
            Self::InvalidToml { .. } => TOML_HINT.to_owned(),
            Self::InvalidKey { hint, .. } => hint.clone(),
        })
    }
}

const TOML_HINT: &str = "write each key on its own line, strings in quotes, and lists in [ ]";
