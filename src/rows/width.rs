//! Checks the number of cells of rows. Empty cells at the end do not matter, because programs add a
//! delimiter to each line or omit trailing ones. Other differences do, because cells may be
//! shifted.

use csv::ByteRecord;

use super::reasons::{REASONS, are_reasons, reason_columns};
use super::{Header, ResolvedDialect};

/// The number of cells that a row may have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Width {
    /// The number of columns in the header.
    columns: usize,
    /// The number of columns up to the last one with a name.
    named: usize,
    /// Treat missing cells at the end as empty.
    flexible: bool,
    /// The last columns are the reason columns of a list of rejects.
    ends_with_reasons: bool,
}

impl Width {
    pub(super) fn of(header: &Header, dialect: &ResolvedDialect) -> Self {
        let names = header.names();
        let last = names.iter().rposition(|name| !name.is_empty());
        let reasons = reason_columns(names);
        let last_columns = names.len().saturating_sub(REASONS.len())..names.len();
        Self {
            columns: names.len(),
            named: last.map_or(0, |last| last + 1),
            flexible: dialect.flexible,
            ends_with_reasons: !reasons.is_empty() && last_columns.eq(reasons),
        }
    }

    pub(super) fn columns(self) -> usize {
        self.columns
    }

    /// Returns whether the record has an acceptable number of cells.
    pub(super) fn fits(self, record: &ByteRecord) -> bool {
        let found = record.len();
        if found <= self.columns {
            return found >= self.named || self.flexible;
        }
        let mut extra = record.iter().skip(self.columns);
        extra.all(|cell| cell.trim_ascii().is_empty())
    }

    /// Inserts the missing cells of a short reject before its reasons.
    pub(super) fn fill(self, record: &mut ByteRecord, scratch: &mut ByteRecord) {
        let found = record.len();
        let (true, true, Some(cells)) = (
            self.flexible && found < self.columns,
            self.ends_with_reasons,
            found.checked_sub(REASONS.len()),
        ) else {
            return;
        };
        if !are_reasons(record.iter().skip(cells)) {
            return;
        }
        scratch.clear();
        let missing = std::iter::repeat_n(&b""[..], self.columns - found);
        let (before, reasons) = (record.iter().take(cells), record.iter().skip(cells));
        scratch.extend(before.chain(missing).chain(reasons));
        std::mem::swap(record, scratch);
    }
}

#[cfg(test)]
mod tests {
    use super::{Header, Width};
    use crate::rows::dialect::LineEnd;
    use crate::rows::reasons::REASONS;
    use crate::rows::{Dialect, ResolvedDialect};
    use crate::source::TextEncoding;
    use csv::ByteRecord;

    fn width(names: &[&str], flexible: bool) -> Width {
        let dialect = Dialect {
            flexible,
            ..Dialect::default()
        };
        let dialect = ResolvedDialect::of(b"a,b", LineEnd::Newline, TextEncoding::UTF_8, &dialect);
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Width::of(&Header::new(names), &dialect)
    }

    #[test]
    fn ignores_only_empty_cells_at_the_end() {
        for (names, cells, fits, flexibly) in [
            (&["a", "b"][..], &["1", "2"][..], true, true),
            (&["a", "b"], &["1", "2", "", " "], true, true),
            (&["a", "b"], &["1", "2", "", "3"], false, false),
            (&["a", "b"], &["1"], false, true),
            // The header may end with a delimiter.
            (&["a", "b", "", ""], &["1", "2"], true, true),
            (&["a", "b", "", ""], &["1", "2", "x"], true, true),
            (&["a", "b", ""], &["1"], false, true),
            (&["", "a"], &["1"], false, true),
        ] {
            let record = ByteRecord::from(cells.to_vec());
            for (flexible, expected) in [(false, fits), (true, flexibly)] {
                let width = width(names, flexible);
                assert_eq!(width.fits(&record), expected, "{names:?} {cells:?}");
            }
        }
    }

    #[test]
    fn inserts_missing_cells_of_a_reject_before_its_reasons() {
        let names = [&["a", "b", "c"][..], &REASONS].concat();
        let reasons = ["invalid", "row.cell_count", "short", "7", "8"];
        let short = ByteRecord::from([&["1"][..], &reasons].concat());
        let filled = ByteRecord::from([&["1", "", ""][..], &reasons].concat());
        for (flexible, from, to) in [
            (true, &short, &filled),
            (false, &short, &short),
            (true, &filled, &filled),
        ] {
            let mut record = from.clone();
            width(&names, flexible).fill(&mut record, &mut ByteRecord::new());
            assert_eq!(&record, to);
        }
        // A row added by hand has no reasons.
        let added = ByteRecord::from(vec!["1", "2", "3", "4", "5", "6"]);
        let mut record = added.clone();
        width(&names, true).fill(&mut record, &mut ByteRecord::new());
        assert_eq!(record, added);
    }
}
