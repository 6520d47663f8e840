//! Skipping to a row yields the same rows as reading the list up to it.

use proptest::prelude::*;

use super::arbitrary::bytes;
use super::formats::{gzip, utf_16le};
use super::open_as;
use crate::rows::{Dialect, Quote, Rows, Unreadable};

#[derive(Debug, PartialEq)]
struct RowContent {
    number: u64,
    line: u64,
    end_byte: u64,
    unreadable: Option<Unreadable>,
    record: csv::ByteRecord,
}

fn read(mut rows: Rows) -> Vec<RowContent> {
    let mut rows_read = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        rows_read.push(RowContent {
            number: row.number,
            line: row.line,
            end_byte: row.end_byte,
            unreadable: row.unreadable.clone(),
            record: row.record.clone(),
        });
    }
    rows_read
}

/// Asserts that the rows after a skip to any row are those of the whole list.
fn assert_skips(open: impl Fn() -> Rows) {
    let all = read(open());
    for (index, row) in all.iter().enumerate() {
        if let Some(rows) = open().skip_to(row.line, row.number).unwrap() {
            assert_eq!(rows.rows_before(), index as u64);
            assert_eq!(read(rows), all[index..]);
        }
    }
}

#[test]
fn skips_quoted_newlines_blank_lines_and_lines_above_the_header() {
    let list = "Users\n\na,b\r\n1,\"x\r\ny\"\r\n\r\n2,\n,\n3,z\r\n5,\"r\n\ns\"";
    let dialect = Dialect {
        skip_lines: 2,
        ..Dialect::default()
    };
    assert_skips(|| open_as(list, &dialect).unwrap());
    assert_eq!(read(open_as(list, &dialect).unwrap()).len(), 4);
    let long: String = (0..9_000).map(|row| format!("{row},\"x\ny\"\n")).collect();
    let open = || open_as(format!("a,b\n{long}"), &Dialect::default()).unwrap();
    let rows = open().skip_to(17_000, 8_500).unwrap().unwrap();
    assert_eq!(read(rows), read(open())[8_499..]);
}

#[test]
fn lines_that_end_with_a_bare_return_are_not_skipped() {
    for list in ["a,b\r1,x\r2,y\r", "a,b\n1,x\r2,y\n3,z\n"] {
        let rows = open_as(list, &Dialect::default()).unwrap();
        assert!(rows.skip_to(3, 2).unwrap().is_none());
    }
}

proptest! {
    #[test]
    fn rows_after_a_skip_are_the_same(
        list in bytes(),
        quote in prop::sample::select(vec![Quote::Mark(b'"'), Quote::None]),
        is_packed in any::<bool>(),
        has_header in any::<bool>(),
    ) {
        let columns = (!has_header).then(|| vec!["a".to_owned(), "b".to_owned()]);
        let dialect = Dialect { delimiter: Some(b','), quote: Some(quote), columns, ..Dialect::default() };
        let bytes = if is_packed { gzip(&list) } else { list.clone() };
        if open_as(bytes.clone(), &dialect).is_ok() {
            assert_skips(|| open_as(bytes.clone(), &dialect).unwrap());
        }
        if let Ok(text) = String::from_utf8(list) {
            let text = utf_16le(&format!("\u{feff}{text}"));
            if open_as(text.clone(), &dialect).is_ok() {
                assert_skips(|| open_as(text.clone(), &dialect).unwrap());
            }
        }
    }
}
