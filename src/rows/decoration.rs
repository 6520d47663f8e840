//! Removes decoration that some exports add so that spreadsheets do not change a text, if
//! requested: an apostrophe before it (OWASP, "CSV Injection"), or a formula around it (`="0049"`).

use std::borrow::Cow;

use csv::ByteRecord;
use zeroize::Zeroizing;

use super::ResolvedDialect;

const APOSTROPHE: &[u8] = b"'";

/// The start of a formula that is only a text.
const FORMULA_START: &[u8] = b"=\"";

/// Writes the cells without decoration to `to`. Returns false if no cell is decorated.
pub(super) fn remove(dialect: &ResolvedDialect, record: &ByteRecord, to: &mut ByteRecord) -> bool {
    let is_decorated = |cell: &[u8]| {
        (dialect.drop_apostrophe && cell.starts_with(APOSTROPHE))
            || (dialect.unwrap_formulas && cell.starts_with(FORMULA_START))
    };
    if !(dialect.drop_apostrophe || dialect.unwrap_formulas) || !record.iter().any(is_decorated) {
        return false;
    }
    to.clear();
    for cell in record {
        match undecorated(dialect, cell) {
            Cow::Borrowed(text) => to.push_field(text),
            Cow::Owned(text) => to.push_field(&Zeroizing::new(text)),
        }
    }
    true
}

fn undecorated<'c>(dialect: &ResolvedDialect, cell: &'c [u8]) -> Cow<'c, [u8]> {
    let cell = match cell.strip_prefix(APOSTROPHE) {
        Some(text) if dialect.drop_apostrophe => text,
        Some(_) | None => cell,
    };
    let text = dialect.unwrap_formulas.then(|| unwrapped(cell)).flatten();
    text.unwrap_or(Cow::Borrowed(cell))
}

/// Returns the text of a formula that is only a text, with doubled quotes resolved.
fn unwrapped(cell: &[u8]) -> Option<Cow<'_, [u8]>> {
    let quoted = cell.strip_prefix(FORMULA_START)?.strip_suffix(b"\"")?;
    if !quoted.contains(&b'"') {
        return Some(Cow::Borrowed(quoted));
    }
    let mut text = Vec::with_capacity(quoted.len());
    let mut bytes = quoted.iter();
    while let Some(byte) = bytes.next() {
        if *byte == b'"' && bytes.next() != Some(&b'"') {
            return None;
        }
        text.push(*byte);
    }
    Some(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::{remove, unwrapped};
    use crate::rows::dialect::LineEnd;
    use crate::rows::{Dialect, ResolvedDialect};
    use crate::source::TextEncoding;
    use csv::ByteRecord;

    #[test]
    fn unwraps_formulas_that_are_only_a_text() {
        for (cell, text) in [
            ("=\"dan\"", Some("dan")),
            ("=\"\"", Some("")),
            ("=\" 0049\"", Some(" 0049")),
            ("=\"a\"\"b\"\"\"", Some("a\"b\"")),
            ("=\"'x\"", Some("'x")),
            ("=\"a\"&\"b\"", None),
            ("=\"a\"&B2&\"\"", None),
            ("=\"\"\"", None),
            ("=\"", None),
            ("=\"a", None),
            (" =\"a\"", None),
            ("=a", None),
            ("\"a\"", None),
        ] {
            let unwrapped = unwrapped(cell.as_bytes());
            assert_eq!(unwrapped.as_deref(), text.map(str::as_bytes), "{cell}");
        }
    }

    #[test]
    fn removes_only_requested_decoration_and_the_apostrophe_first() {
        let record = ByteRecord::from(vec!["'a", "''b", "=\"'c\"", "'=\"d\"", "o'e"]);
        for (drop_apostrophe, unwrap_formulas, expected) in [
            (false, false, None),
            (true, false, Some(["a", "'b", "=\"'c\"", "=\"d\"", "o'e"])),
            (false, true, Some(["'a", "''b", "'c", "'=\"d\"", "o'e"])),
            (true, true, Some(["a", "'b", "'c", "d", "o'e"])),
        ] {
            let dialect = Dialect {
                drop_apostrophe,
                unwrap_formulas,
                ..Dialect::default()
            };
            let dialect =
                ResolvedDialect::of(b"a,b", LineEnd::Newline, TextEncoding::UTF_8, &dialect);
            let mut cells = ByteRecord::new();
            let removed = remove(&dialect, &record, &mut cells).then_some(cells);
            assert_eq!(
                removed,
                expected.map(|cells| ByteRecord::from(cells.to_vec()))
            );
        }
    }
}
