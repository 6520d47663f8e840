//! Findings about records that cannot be read as rows.

use super::Mapping;
use crate::plural::counted;
use crate::rows::{MAX_RECORD_BYTES, QuoteFault, RawRow, Unreadable};
use crate::user::finding::{Finding, Rule};

impl Mapping {
    /// Describes why a record is unreadable.
    pub(super) fn unreadable(&self, raw: &RawRow<'_>, reason: &Unreadable) -> Finding {
        let (rule, column, message) = match reason {
            Unreadable::Cells {
                expected,
                found,
                last_line,
            } => (
                Rule::CellCount,
                self.owned_column_name(*(found.min(expected))),
                format!(
                    "the row has {}, but the header has {}{}{}",
                    counted(*found as u64, "cell", "cells"),
                    counted(*expected as u64, "column", "columns"),
                    several_lines(raw.line, *last_line),
                    if *last_line > raw.line {
                        ", perhaps because of a stray quote"
                    } else {
                        ""
                    }
                ),
            ),
            Unreadable::Quotes { column, fault } => (
                Rule::Quotes,
                self.owned_column_name(*column),
                quote_message(*fault).to_owned(),
            ),
            Unreadable::Swallowed { last_line } => (
                Rule::SwallowedRows,
                None,
                format!(
                    "lines {} to {last_line} were read as one row: a quote opened in it is \
                     closed in the middle of a later cell",
                    raw.line
                ),
            ),
            Unreadable::Encoding {
                column,
                valid_bytes,
            } => (
                Rule::Encoding,
                self.owned_column_name(*column),
                format!("invalid UTF-8 after byte {valid_bytes}"),
            ),
            Unreadable::Transcoding { column, encoding } => (
                Rule::Encoding,
                self.owned_column_name(*column),
                format!(
                    "the cell cannot be read as {encoding}; correct it, or {}",
                    if self.flags.has("--encoding") {
                        "correct --encoding"
                    } else {
                        "set the list's encoding with --encoding"
                    }
                ),
            ),
            Unreadable::TooLong { bytes, last_line } => (
                Rule::TooLong,
                None,
                format!(
                    "the row has {bytes} bytes, more than the maximum of {MAX_RECORD_BYTES}{}; \
                     close any open quote in it, or shorten it",
                    several_lines(raw.line, *last_line)
                ),
            ),
            Unreadable::OpenQuote { last_line } => (
                Rule::OpenQuote,
                None,
                format!(
                    "a quote opened in this row is never closed{}; close it and run again",
                    several_lines(raw.line, *last_line)
                ),
            ),
        };
        Finding {
            rule,
            column,
            message,
        }
    }
}

/// Returns whether cells may be in the wrong columns.
pub(super) fn cells_may_have_moved(raw: &RawRow<'_>) -> bool {
    match &raw.unreadable {
        Some(
            Unreadable::Cells { .. }
            | Unreadable::OpenQuote { .. }
            | Unreadable::Quotes { .. }
            | Unreadable::Swallowed { .. }
            | Unreadable::TooLong { .. },
        ) => true,
        Some(Unreadable::Encoding { .. } | Unreadable::Transcoding { .. }) | None => false,
    }
}

/// Describes a misplaced quote. The cell is not repeated, because it may be a password.
fn quote_message(fault: QuoteFault) -> &'static str {
    match fault {
        QuoteFault::TextAfter { backslash: false } => {
            "text follows the closing quote; double any quote that belongs to the value"
        }
        QuoteFault::TextAfter { backslash: true } => {
            "text follows the closing quote, and a backslash precedes that quote; if the list \
             escapes quotes with backslashes, pass the backslash with --escape"
        }
        QuoteFault::SpaceBefore => {
            "whitespace precedes the opening quote; remove it, or put it inside the quotes"
        }
        QuoteFault::EscapedLetter => {
            "a letter or digit is escaped, which programs interpret differently; write the \
             character itself, or double the escape character"
        }
        QuoteFault::EscapeOutside => {
            "an escape character is used outside quotes, where it has no effect; quote the cell"
        }
    }
}

/// Mentions the lines of a record that has several.
fn several_lines(line: u64, last_line: u64) -> String {
    if last_line > line {
        format!("; lines {line} to {last_line} were read as one row")
    } else {
        String::new()
    }
}
