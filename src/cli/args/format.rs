//! How the list is written, where its first bytes and its first line do not tell.

use clap::Args;

use crate::rows::{Quote, may_separate};
use crate::source::TextEncoding;

/// How the list is written.
#[derive(Debug, Args)]
#[command(next_help_heading = "List")]
pub struct FormatArgs {
    /// What the list is written in: windows-1252, iso-8859-15, utf-16le, shift_jis, ...; by default UTF-8, or what its byte order
    /// mark says
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<TextEncoding>,
    /// What separates its columns, or `tab`; by default what a first line such as `sep=;` names, or the one of , ; tab | that is most
    /// frequent in the header line
    #[arg(long, value_name = "CHAR", value_parser = delimiter, allow_hyphen_values = true)]
    pub delimiter: Option<u8>,
    /// What its values are quoted with, or `none`; by default ", and `none` for AWS's import template
    #[arg(long, value_name = "CHAR", value_parser = quote, allow_hyphen_values = true)]
    pub quote: Option<Quote>,
    /// The character that escapes another one within quotes, often a backslash: `"5\" pipe"`. A doubled quote still is one quote
    #[arg(long, value_name = "CHAR", value_parser = escape, allow_hyphen_values = true)]
    pub escape: Option<u8>,
    /// The list has no header line: its columns are named with --columns
    #[arg(long, requires = "columns")]
    pub no_headers: bool,
    /// The names of the columns of a list without a header line, in their order
    #[arg(
        long,
        value_name = "NAME,...",
        value_delimiter = ',',
        requires = "no_headers"
    )]
    pub columns: Vec<String>,
    /// Lines of the file above the header line, such as a title. (`sep=...`, PowerShell's `#TYPE ...` and blank lines are skipped
    /// without it)
    #[arg(long, value_name = "N")]
    pub skip_lines: Option<u64>,
    /// Read missing cells at the end of a row as empty. (Extra ones that are empty are always ignored)
    #[arg(long)]
    pub flexible: bool,
    /// Take away the apostrophe that begins a cell: Auth0's and some other exports put one before every text, to keep spreadsheets
    /// from taking it for a formula
    #[arg(long)]
    pub drop_apostrophe: bool,
    /// Read a cell that is a spreadsheet formula for a text, `="0049"`, as that text
    #[arg(long)]
    pub unwrap_formulas: bool,
}

pub(in crate::cli) fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        _ => separating(text).ok_or_else(|| {
            "is not one ASCII character other than a letter, a digit or a line end; for a tab write `tab`"
                .to_owned()
        }),
    }
}

pub(in crate::cli) fn quote(text: &str) -> Result<Quote, String> {
    match text {
        "none" => Ok(Quote::None),
        _ => separating(text).map(Quote::Mark).ok_or_else(|| {
            "is not one ASCII character other than a letter, a digit or a line end; where nothing is quoted write `none`"
                .to_owned()
        }),
    }
}

pub(in crate::cli) fn escape(text: &str) -> Result<u8, String> {
    separating(text).ok_or_else(|| {
        "is not one ASCII character other than a letter, a digit or a line end".to_owned()
    })
}

fn separating(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [character] if may_separate(*character) => Some(*character),
        _ => None,
    }
}
