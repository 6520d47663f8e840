//! The lines after the one that was read as the header. If that line is refused, one of them may be
//! the header.

use std::fmt;

use super::dialect::{Dialect, detect_delimiter, ends_line};

pub(super) const MAX_LINES: usize = 20;

/// Numbered lines, each split into cells by its most frequent delimiter. Cells may hold passwords,
/// so `Debug` shows none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FirstLines(Vec<(u64, Vec<String>)>);

impl FirstLines {
    /// Returns the lines of a text after its first line, which has the number `first`.
    pub(super) fn after(text: &[u8], first: u64, dialect: &Dialect) -> Self {
        let mut lines = Vec::new();
        let mut rest = text;
        for number in first.. {
            let end = rest.iter().position(|byte| ends_line(*byte));
            let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            if number > first && !line.trim_ascii().is_empty() {
                lines.push((number, cells(line, dialect)));
            }
            let Some(end) = end.filter(|_| lines.len() < MAX_LINES) else {
                break;
            };
            let line_end = if rest
                .get(end..)
                .is_some_and(|rest| rest.starts_with(b"\r\n"))
            {
                2
            } else {
                1
            };
            rest = rest.get(end + line_end..).unwrap_or_default();
        }
        Self(lines)
    }

    pub fn lines(&self) -> impl Iterator<Item = (u64, &[String])> {
        self.0
            .iter()
            .map(|(number, cells)| (*number, cells.as_slice()))
    }
}

impl fmt::Debug for FirstLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FirstLines").finish_non_exhaustive()
    }
}

fn cells(line: &[u8], dialect: &Dialect) -> Vec<String> {
    let chars = dialect.quote_chars();
    let delimiter = dialect
        .delimiter
        .unwrap_or_else(|| detect_delimiter(line, chars, None));
    let mut record = csv::ByteRecord::new();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .escape(dialect.escape)
        .from_reader(line);
    match reader.read_byte_record(&mut record) {
        Ok(true) => record
            .iter()
            .map(|cell| String::from_utf8_lossy(cell).trim().to_owned())
            .collect(),
        Ok(false) | Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{FirstLines, MAX_LINES};
    use crate::rows::Dialect;

    #[test]
    fn splits_each_line_by_its_own_delimiter() {
        let text = "Title, 2026\r\n\r\nversion|1\nusername;\"e mail\"\rx";
        let first_lines = FirstLines::after(text.as_bytes(), 3, &Dialect::default());
        let lines: Vec<(u64, Vec<&str>)> = first_lines
            .lines()
            .map(|(number, cells)| (number, cells.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(
            lines,
            [
                (5, vec!["version", "1"]),
                (6, vec!["username", "e mail"]),
                (7, vec!["x"])
            ]
        );
        assert!(!format!("{first_lines:?}").contains("e mail"));
        let many = FirstLines::after("a\n".repeat(100).as_bytes(), 1, &Dialect::default());
        assert_eq!(many.lines().count(), MAX_LINES);
    }
}
