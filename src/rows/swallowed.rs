//! Rows that a quote swallowed: one stray quote opens a cell, and the next stray one, in a later row, closes it. What stands between
//! is read as text of that cell, and where both stand in the same column the record even has the right number of cells.
//!
//! What tells such a record from a cell of several lines is the quote that closes it: text follows it, where a delimiter or the end of
//! the line would.

/// Whether a quoted cell of these bytes goes on behind the quote that closes it.
pub(super) fn has_stray_quote(record: &[u8], delimiter: u8, quote: u8) -> bool {
    let ends_cell = |byte: u8| byte == delimiter || byte == b'\n' || byte == b'\r';
    let mut bytes = record.iter().copied().peekable();
    let mut at_start_of_cell = true;
    while let Some(byte) = bytes.next() {
        if !(at_start_of_cell && byte == quote) {
            at_start_of_cell = ends_cell(byte);
            continue;
        }
        at_start_of_cell = false;
        while let Some(byte) = bytes.next() {
            if byte != quote {
                continue;
            }
            match bytes.peek() {
                Some(next) if *next == quote => {
                    bytes.next();
                }
                Some(next) if !ends_cell(*next) => return true,
                Some(_) | None => break,
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::has_stray_quote;

    #[test]
    fn a_quote_that_closes_too_late_is_told_from_text_of_several_lines() {
        let cases = [
            ("ann,\"Ann,x\nbob,b@example.com,\"Bob,y\n", true),
            ("ann,\"Ann,x\nbob,b,Bob\ncy,c@example.com,\"Cy,z\n", true),
            ("ann,\"1 High St\nFlat 2\",x\n", false),
            ("ann,\"bob,b,Bob\ncy,c,Cy\",x\n", false),
            ("ann,\"she said \"\"hi\"\"\nand left\",x\r\n", false),
            ("ann,5\" pipe,x\n", false),
            ("\"ann\",\"\",\"x\"", false),
            ("\"ann\" lee,x\n", true),
        ];
        for (record, expected) in cases {
            let found = has_stray_quote(record.as_bytes(), b',', b'"');
            assert_eq!(found, expected, "{record:?}");
        }
    }
}
