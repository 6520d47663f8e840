//! How the list is written, from the flags and the mapping file.

use super::args::ListArgs;
use super::mapping_file::MappingFile;
use super::settings::SettingsError;
use crate::rows::{Dialect, Quote};

/// For `rows`: the flags, and under them what the mapping file says.
///
/// # Errors
/// One character is to do two things, or the mapping file cannot be used.
pub fn dialect(list: &ListArgs) -> Result<Dialect, SettingsError> {
    let format = &list.format;
    let file = match &list.mapping.mapping {
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
    // A delimiter that is not named may become a comma.
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
