//! The mapping file: the mapping flags and the CSV dialect in TOML.

mod error;
mod keys;
mod options;
mod shape;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::de::{DeTable, Deserializer};

use super::args::format::{delimiter, escape, quote};
use super::text_file::{WRITTEN_BY_HAND, read_text};
use crate::mapping::Sourced;
use crate::pool::TriggerData;
use crate::rows::Dialect;
use crate::source::UnknownEncoding;

pub use error::MappingFileError;
use keys::Located;
pub(crate) use keys::MappingFileKeys;

/// A mapping file that parsed successfully. The conversions validate its values.
#[derive(Debug)]
pub struct MappingFile {
    path: PathBuf,
    lines: LineStarts,
    keys: MappingFileKeys,
}

impl MappingFile {
    /// Reads the file.
    ///
    /// # Errors
    /// The file cannot be read, is invalid TOML, or has an unknown key.
    pub fn read(path: &Path) -> Result<Self, MappingFileError> {
        let text = read_text(path, WRITTEN_BY_HAND).map_err(|cause| MappingFileError::Read {
            path: path.to_owned(),
            cause,
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, MappingFileError> {
        let lines = LineStarts::of(text);
        let line = |span: &Range<usize>| lines.line_of(span.start);
        let invalid_toml = |error: toml::de::Error| MappingFileError::InvalidToml {
            path: path.to_owned(),
            line: line(&error.span().unwrap_or_default()),
            cause: error.message().to_owned(),
        };
        let table = DeTable::parse(text).map_err(invalid_toml)?;
        if let Some(error) = shape::first_error(table.get_ref()) {
            return Err(MappingFileError::InvalidKey {
                path: path.to_owned(),
                line: line(&error.span),
                key: error.key,
                cause: error.cause,
                hint: error.hint,
            });
        }
        let keys = MappingFileKeys::deserialize(Deserializer::from(table)).map_err(invalid_toml)?;
        Ok(Self {
            path: path.to_owned(),
            lines,
            keys,
        })
    }

    /// Returns the CSV dialect from the table `list`.
    ///
    /// # Errors
    /// A value is invalid.
    pub fn dialect(&self) -> Result<Dialect, MappingFileError> {
        let keys = &self.keys.list;
        Ok(Dialect {
            encoding: self.parse_value("list.encoding", keys.encoding.as_ref(), |name| {
                name.parse()
                    .map_err(|error: UnknownEncoding| error.to_string())
            })?,
            delimiter: self.parse_value("list.delimiter", keys.delimiter.as_ref(), delimiter)?,
            quote: self.parse_value("list.quote", keys.quote.as_ref(), quote)?,
            escape: self.parse_value("list.escape", keys.escape.as_ref(), escape)?,
            columns: keys.columns.clone(),
            skip_lines: keys.skip_lines.unwrap_or_default(),
            flexible: keys.flexible,
            drop_apostrophe: keys.drop_apostrophe,
            unwrap_formulas: keys.unwrap_formulas,
        })
    }

    /// Adds the file's ValidationData and ClientMetadata.
    ///
    /// # Errors
    /// Cognito would not accept a pair.
    pub fn tell_triggers(&self, data: &mut TriggerData) -> Result<(), MappingFileError> {
        for (name, value) in &self.keys.validation_data {
            data.add_validation(name, value.get_ref().as_str().into())
                .map_err(|cause| {
                    self.invalid(value, &format!("validation_data.\"{name}\""), cause)
                })?;
        }
        for (name, value) in &self.keys.client_metadata {
            data.add_metadata(name, value.get_ref().clone())
                .map_err(|cause| {
                    self.invalid(value, &format!("client_metadata.\"{name}\""), cause)
                })?;
        }
        Ok(())
    }

    /// Parses an optional value with the parser of the corresponding flag.
    fn parse_value<T>(
        &self,
        key: &str,
        value: Option<&Located<String>>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, MappingFileError> {
        value
            .map(|value| parse(value.get_ref()).map_err(|cause| self.invalid(value, key, cause)))
            .transpose()
    }

    /// Attaches file, line and key to a value.
    fn sourced<T, U>(&self, at: &Located<U>, key: impl fmt::Display, value: T) -> Sourced<T> {
        let line = self.line(at);
        Sourced::new(
            value,
            format!("{}: line {line}, {key}", self.path.display()),
        )
    }

    fn invalid<T>(&self, at: &Located<T>, key: &str, cause: String) -> MappingFileError {
        self.error(at, key, cause, "correct this line")
    }

    fn conflicting<T>(&self, at: &Located<T>, key: &str, other: &str) -> MappingFileError {
        let cause = format!("cannot be combined with `{other}`");
        self.error(at, key, cause, "remove one of the two")
    }

    fn error<T>(&self, at: &Located<T>, key: &str, cause: String, hint: &str) -> MappingFileError {
        MappingFileError::InvalidKey {
            path: self.path.clone(),
            line: self.line(at),
            key: key.to_owned(),
            cause,
            hint: hint.to_owned(),
        }
    }

    fn line<T>(&self, at: &Located<T>) -> usize {
        self.lines.line_of(at.span().start)
    }
}

/// The byte offsets at which lines start, without the first line.
#[derive(Debug)]
struct LineStarts(Vec<usize>);

impl LineStarts {
    fn of(text: &str) -> Self {
        let newlines = text.match_indices('\n');
        Self(newlines.map(|(offset, _)| offset + 1).collect())
    }

    /// Returns the line of this byte, from 1.
    fn line_of(&self, byte: usize) -> usize {
        1 + self.0.partition_point(|start| *start <= byte)
    }
}

#[cfg(test)]
mod tests;
