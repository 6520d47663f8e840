//! The flags of the CSV dialect, for files whose dialect cannot be detected.

use clap::Args;

use super::whole_number;
use crate::rows::{Quote, may_separate};
use crate::source::TextEncoding;

/// The CSV dialect.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub struct FormatArgs {
    /// Set the text encoding
    ///
    /// Examples: windows-1252, iso-8859-15, utf-16le, shift_jis. The default is UTF-8, or the
    /// encoding of the byte order mark.
    #[arg(long, value_name = "ENCODING", hide_short_help = true)]
    pub encoding: Option<TextEncoding>,
    /// Set the column delimiter, or `tab`
    ///
    /// By default it is detected: a first line such as `sep=;` names it; otherwise it is the most
    /// frequent of `,` `;` `|` and tab in the header line.
    #[arg(long, value_name = "CHAR", value_parser = delimiter, allow_hyphen_values = true, hide_short_help = true)]
    pub delimiter: Option<u8>,
    /// Set the quote character, or `none`
    ///
    /// The default is `"`, and `none` for files in the format of AWS's import jobs.
    #[arg(long, value_name = "CHAR", value_parser = quote, allow_hyphen_values = true, hide_short_help = true)]
    pub quote: Option<Quote>,
    /// Set the escape character inside quotes, such as a backslash
    ///
    /// With `--escape '\'`, `"5\" pipe"` reads as `5" pipe`. Doubled quotes still work.
    #[arg(long, value_name = "CHAR", value_parser = escape, allow_hyphen_values = true, hide_short_help = true)]
    pub escape: Option<u8>,
    /// Read a file that has no header line; requires --columns
    #[arg(long, requires = "columns", hide_short_help = true)]
    pub no_headers: bool,
    /// Name the columns of a file without a header line, in order
    #[arg(
        long,
        value_name = "NAME,...",
        value_delimiter = ',',
        requires = "no_headers",
        hide_short_help = true
    )]
    pub columns: Vec<String>,
    /// Skip N lines above the header line, such as a title
    ///
    /// Blank lines, `sep=...` and PowerShell's `#TYPE ...` are skipped automatically.
    #[arg(long, value_name = "N", value_parser = whole_number::<u64>, hide_short_help = true)]
    pub skip_lines: Option<u64>,
    /// Treat missing cells at the end of a row as empty
    ///
    /// Extra empty cells are always ignored.
    #[arg(long, hide_short_help = true)]
    pub flexible: bool,
    /// Remove a leading apostrophe from every cell
    ///
    /// Auth0 and some other systems add one so that spreadsheets do not evaluate the cell.
    #[arg(long, hide_short_help = true)]
    pub drop_apostrophe: bool,
    /// Replace spreadsheet text formulas with their text: `="0049"` becomes `0049`
    #[arg(long, hide_short_help = true)]
    pub unwrap_formulas: bool,
}

pub(in crate::cli) fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        _ => separator(text).ok_or_else(|| format!("{SEPARATOR}, or `tab`")),
    }
}

pub(in crate::cli) fn quote(text: &str) -> Result<Quote, String> {
    match text {
        "none" => Ok(Quote::None),
        _ => separator(text)
            .map(Quote::Mark)
            .ok_or_else(|| format!("{SEPARATOR}, or `none` if no cell is quoted")),
    }
}

pub(in crate::cli) fn escape(text: &str) -> Result<u8, String> {
    separator(text).ok_or_else(|| SEPARATOR.to_owned())
}

const SEPARATOR: &str =
    "expected a single ASCII character that is not a letter, digit or line break";

fn separator(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [character] if may_separate(*character) => Some(*character),
        _ => None,
    }
}
