//! What is wrong with a mapping file, in words that name file, line and key.

use std::path::PathBuf;

/// What is wrong with a mapping file: nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum MappingFileError {
    /// It cannot be read.
    #[error("--mapping {path}: cannot be read: {cause}; give a file of TOML that can be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// It is no TOML.
    #[error("--mapping {path}: line {line}: is no TOML: {cause}; {NO_TOML}")]
    NoToml {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What was found.
        cause: String,
    },
    /// A key is not known, or takes something else.
    #[error("--mapping {path}: line {line}, {key}: {cause}; {hint}")]
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
    #[error("--mapping {path}: line {line}, {key}: {cause}; mend this line")]
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

/// What to do with a line that is no TOML.
const NO_TOML: &str = "write each key on a line of its own, texts in quotes, and lists in [ ]";
