//! Reads lists of arbitrary bytes, and compares the rows with those of the csv crate.

use proptest::prelude::*;

use super::formats::{gzip, utf_16le};
use super::{all, cells, open, open_as};
use crate::rows::quote_guard::SENTINEL;
use crate::rows::{Dialect, Quote, Rows, RowsError, Unreadable};

/// Generates bytes that are hard to read, including the sentinel.
pub(in crate::rows) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        6 => prop::sample::select(vec![",", "\n", "\r\n", "\"", "a", "b"]),
        2 => prop::sample::select(vec!["\r", "\"\"", "\",", ",\"", "\"\n", " ", "\\", "\\\"", "é", ""]),
        1 => prop::sample::select(vec![SENTINEL, "\n\0endoflist\0\n", "\"\0endoflist\0\"", "\0"]),
    ];
    let token = prop_oneof![
        20 => token.prop_map(|token| token.as_bytes().to_vec()),
        1 => Just(vec![0xff]),
    ];
    prop::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat())
}

fn is_blank(record: &csv::ByteRecord) -> bool {
    record.as_slice().trim_ascii().is_empty()
}

/// Returns the text from its first line that has more than delimiters.
fn skip_blank_lines(mut text: &[u8]) -> &[u8] {
    while let Some(end) = text.iter().position(|byte| b"\r\n".contains(byte))
        && text[..end].iter().all(|byte| b" ,".contains(byte))
    {
        text = &text[end + 1..];
    }
    text
}

/// Returns the records that the csv crate reads after the header, without blank ones.
fn reference(text: &[u8], dialect: &Dialect) -> Vec<csv::ByteRecord> {
    let (quoting, quote) = match dialect.quote.unwrap_or_default() {
        Quote::Mark(mark) => (true, mark),
        Quote::None => (false, b'"'),
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(dialect.delimiter.unwrap_or(b','))
        .quoting(quoting)
        .quote(quote)
        .escape(dialect.escape)
        .from_reader(skip_blank_lines(text));
    let records = reader.byte_records().map(Result::unwrap);
    records.skip(1).filter(|record| !is_blank(record)).collect()
}

/// Asserts that no row is missing, and that each readable row equals the reference except for empty
/// cells at its end.
fn assert_same(mut rows: Rows, reference: &[csv::ByteRecord]) {
    let columns = rows.header().names().len();
    let is_named = !rows.header().names().last().unwrap().is_empty();
    let mut count = 0;
    while let Some(row) = rows.next_row().unwrap() {
        match reference.get(count) {
            Some(expected) if row.unreadable.is_none() => {
                assert_eq!(row.record, expected);
                let mut extra = expected.iter().skip(columns);
                assert!(extra.all(|cell| cell.trim_ascii().is_empty()));
                assert!(expected.len() >= columns || !is_named);
            }
            Some(_) => {}
            // An opening quote without text.
            None => assert!(matches!(row.unreadable, Some(Unreadable::OpenQuote { .. }))),
        }
        count += 1;
        assert_eq!(row.number, count as u64);
        if row.unreadable.is_none()
            && let Some(check) = rows.quote_check
        {
            let record = rows.raw_record().unwrap();
            assert_eq!(check.misquoted(record), None, "{record:?}");
        }
    }
    assert!(count >= reference.len());
}

#[test]
fn a_sentinel_in_the_list_does_not_end_it() {
    for list in [
        "a,b\n1,x\n\0endoflist\0\n2,y\n",
        "a,b\n1,x\n\"\0endoflist\0\"\n2,y\n",
        "a,b\r\n1,x\r\n\0endoflist\0\r\n2,y\r\n",
        "a,b\r1,x\r\0endoflist\0\r2,y\r",
        "a,b\n1,x\n\n\0endoflist\0\n\n2,y",
    ] {
        let marked = format!("\u{feff}{list}");
        for bytes in [
            list.as_bytes().to_vec(),
            utf_16le(&marked),
            gzip(list.as_bytes()),
        ] {
            let rows = all(bytes);
            let first: Vec<&str> = rows.iter().map(|row| row.2.as_str()).collect();
            assert_eq!(first, ["1", SENTINEL, "2"], "{list:?}");
            assert!(rows[1].3.is_some());
        }
    }
    // On the last line, without a line end, and without quotes.
    assert_eq!(all("a\n1\n\0endoflist\0").len(), 2);
    assert_eq!(all("a\n1\n\0endoflist\0\n").len(), 2);
    let unquoted = Dialect {
        quote: Some(Quote::None),
        ..Dialect::default()
    };
    let rows = cells(open_as("a\n1\n\0endoflist\0\n2\n", &unquoted).unwrap());
    assert_eq!(rows.len(), 3);
}

#[test]
fn a_cell_may_end_with_the_sentinel() {
    let list = "a,b\n1,\"x\n\0endoflist\0\n\"\n2,y\n";
    let rows = cells(open(list).unwrap());
    assert_eq!(rows[0], (2, vec!["1".into(), "x\n\0endoflist\0\n".into()]));
    assert_eq!(rows[1].0, 5);
    // Also at the end of the list.
    let rows = cells(open("a,b\n1,\"x\n\0endoflist\0\n\"").unwrap());
    assert_eq!(rows.len(), 1);
}

#[test]
fn skips_any_number_of_blank_lines() {
    for end in ["\n", "\r\n", "\r"] {
        let blank = end.repeat(1_000_000);
        let list = format!("a,b{end}1,x{end}{blank}2,\"y{end}z\"{end}{blank}3,z{end}{blank}");
        let lines: Vec<u64> = all(list).iter().map(|row| row.1).collect();
        assert_eq!(lines, [2, 1_000_003, 2_000_005], "{end:?}");
        for list in [blank.clone().into_bytes(), gzip(blank.as_bytes())] {
            assert!(matches!(open(list), Err(RowsError::Empty { .. })));
        }
    }
}

proptest! {
    #[test]
    fn readable_rows_equal_those_of_the_csv_crate(
        list in bytes(),
        quote in prop::sample::select(vec![Quote::Mark(b'"'), Quote::Mark(b'\''), Quote::None]),
        is_escaped in any::<bool>(),
        is_packed in any::<bool>(),
    ) {
        let escape = (is_escaped && quote != Quote::None).then_some(b'\\');
        let dialect = Dialect { delimiter: Some(b','), quote: Some(quote), escape, ..Dialect::default() };
        let rows_of_csv = reference(&list, &dialect);
        let bytes = if is_packed { gzip(&list) } else { list.clone() };
        // The list is refused if its header is unreadable.
        if let Ok(rows) = open_as(bytes, &dialect) {
            assert_same(rows, &rows_of_csv);
        }
        if let Ok(text) = String::from_utf8(list)
            && let Ok(rows) = open_as(utf_16le(&format!("\u{feff}{text}")), &dialect)
        {
            assert_same(rows, &rows_of_csv);
        }
    }
}
