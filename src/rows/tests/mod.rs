pub(in crate::rows) mod arbitrary;
mod formats;
mod round_trip;
mod selecting;
mod skip;

#[cfg(target_os = "linux")]
use super::wipe::tests::CellMemory;
use super::{Dialect, Header, MAX_RECORD_BYTES, Rows, RowsError, Unreadable};
use crate::source::OpenSource;

fn open(text: impl Into<Vec<u8>>) -> Result<Rows, RowsError> {
    open_as(text, &Dialect::default())
}

fn open_as(text: impl Into<Vec<u8>>, dialect: &Dialect) -> Result<Rows, RowsError> {
    let bytes: Vec<u8> = text.into();
    let source = OpenSource {
        length: Some(bytes.len() as u64),
        bytes: Box::new(std::io::Cursor::new(bytes)),
    };
    Rows::open("list.csv".to_owned(), source, dialect)
}

/// Returns number, line, first cell and fault of every row.
fn all(text: impl Into<Vec<u8>>) -> Vec<(u64, u64, String, Option<Unreadable>)> {
    let mut rows = open(text).unwrap();
    let mut rows_read = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        let first = row.cell(0).unwrap_or("?").to_owned();
        rows_read.push((row.number, row.line, first, row.unreadable.clone()));
    }
    rows_read
}

/// Returns line and cells of every row. Panics if a row is unreadable.
fn cells(mut rows: Rows) -> Vec<(u64, Vec<String>)> {
    let width = rows.header().names().len();
    let mut rows_read = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        assert_eq!(row.unreadable, None);
        let cell = |column| row.cell(column).unwrap().to_owned();
        rows_read.push((row.line, (0..width).map(cell).collect()));
        assert_eq!(row.cell(width), None);
    }
    rows_read
}

#[test]
fn counts_lines_across_quoted_newlines_blank_lines_and_crlf() {
    let rows = all("a,b\r\n1,\"x\r\ny\"\r\n\r\n\r\n2,z\r\n3,\"q,\"\"r\"\r\n");
    let lines: Vec<(u64, u64, &str)> = rows
        .iter()
        .map(|(row, line, first, _)| (*row, *line, first.as_str()))
        .collect();
    assert_eq!(lines, [(1, 2, "1"), (2, 6, "2"), (3, 7, "3")]);
    assert!(rows.iter().all(|row| row.3.is_none()));
}

#[test]
fn counts_lines_that_end_with_a_bare_return() {
    let rows = all("a,b\r1,\"x\ry\"\r\r\r2,z\r3,\"q\rr\" t\r4\r5,\"v\rw\r");
    let lines: Vec<(u64, u64, &str)> = rows
        .iter()
        .map(|(row, line, first, _)| (*row, *line, first.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            (1, 2, "1"),
            (2, 6, "2"),
            (3, 7, "3"),
            (4, 9, "4"),
            (5, 10, "5")
        ]
    );
    assert_eq!(rows[2].3, Some(Unreadable::Swallowed { last_line: 8 }));
    assert_eq!(
        rows[3].3,
        Some(Unreadable::Cells {
            expected: 2,
            found: 1,
            last_line: 9,
        })
    );
    assert_eq!(rows[4].3, Some(Unreadable::OpenQuote { last_line: 11 }));
}

#[test]
fn skips_records_with_only_empty_cells() {
    let rows = all("a,b\n1,x\n,\n , \n\"\",\"\"\n,,,\n2,y\n,\n");
    let lines: Vec<(u64, u64, &str)> = rows
        .iter()
        .map(|(row, line, first, _)| (*row, *line, first.as_str()))
        .collect();
    assert_eq!(lines, [(1, 2, "1"), (2, 7, "2")]);
    assert_eq!(all("a\n1\n\"\"\n2\n").len(), 2);
}

#[test]
fn drops_a_byte_order_mark() {
    let rows = open("\u{feff}username , password\nx,y").unwrap();
    assert_eq!(
        rows.header(),
        &Header::new(vec!["username".into(), "password".into()])
    );
}

#[test]
fn reads_a_last_line_without_a_newline() {
    assert_eq!(all("a\n1\n2").len(), 2);
    assert_eq!(all("a\n1\n2\n\n").len(), 2);
}

#[test]
fn continues_after_rows_of_the_wrong_width_or_encoding() {
    let rows = all(b"a,b\n1\n2,\xff\xfe\n3,x,y\n4,ok\n".to_vec());
    assert_eq!(
        rows[0].3,
        Some(Unreadable::Cells {
            expected: 2,
            found: 1,
            last_line: 2,
        })
    );
    assert_eq!(
        rows[1].3,
        Some(Unreadable::Encoding {
            column: 1,
            valid_bytes: 0
        })
    );
    assert_eq!(
        rows[2].3,
        Some(Unreadable::Cells {
            expected: 2,
            found: 3,
            last_line: 4,
        })
    );
    assert_eq!(rows[3].3, None);
}

#[test]
fn characters_do_not_span_cells() {
    let rows = all(b"a,b\n\xc3,\xa9\n\xc3\xa9,x\n".to_vec());
    assert_eq!(rows[0].2, "?");
    assert_eq!(
        rows[0].3,
        Some(Unreadable::Encoding {
            column: 0,
            valid_bytes: 0
        })
    );
    assert_eq!((rows[1].2.as_str(), &rows[1].3), ("é", &None));
}

#[test]
fn detects_an_unclosed_quote_even_if_the_width_is_right() {
    for list in [
        "a,b\n1,x\n2,\"open\n3,y\n4,z\n",
        "a,b\n1,x\n2,\"open\n3,y\n4,z",
    ] {
        let rows = all(list);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1].1, 3);
        assert_eq!(rows[1].3, Some(Unreadable::OpenQuote { last_line: 5 }));
    }
}

#[test]
fn an_unclosed_quote_does_not_load_a_large_list_into_memory() {
    for end in ["\n", "\r\n"] {
        let mut text = format!("a,b{end}1,x{end}2,\"open{end}");
        text.push_str(&"3,y\n".repeat(1_000_000));
        let mut rows = open(text).unwrap();
        assert!(rows.next_row().unwrap().is_some());
        let error = rows.next_row().unwrap_err();
        assert!(matches!(error, RowsError::RecordTooLong { line: 3, .. }));
        assert!(error.to_string().contains("line 3"), "{error}");
    }
}

#[test]
fn continues_after_a_row_that_is_too_long() {
    let long = "x".repeat(MAX_RECORD_BYTES);
    let fits = &long[..MAX_RECORD_BYTES - 1];
    let rows = all(format!("a,b\n1,{fits}\n2,{long}\n3,\"{long}\n\"\n4,z\n"));
    let summary: Vec<_> = rows
        .iter()
        .map(|row| (row.1, row.2.as_str(), row.3.clone()))
        .collect();
    let too_long = |extra, last_line| {
        Some(Unreadable::TooLong {
            bytes: MAX_RECORD_BYTES + extra,
            last_line,
        })
    };
    assert_eq!(
        summary,
        [
            (2, "1", None),
            (3, "2", too_long(1, 3)),
            (4, "3", too_long(2, 5)),
            (6, "4", None)
        ]
    );
}

#[test]
fn refuses_a_header_that_does_not_end_without_quoting_it() {
    let long = format!("username,\"{}\"\nann,x\n", "Secret#1".repeat(10_000));
    for list in [
        "username,\"password\nann,Secret#1\nbob,Secret#2\n",
        long.as_str(),
    ] {
        let error = open(list).err().unwrap();
        assert!(matches!(error, RowsError::HeaderOpen { .. }));
        assert!(!error.to_string().contains("Secret"));
    }
}

#[test]
fn refuses_a_header_with_misplaced_quotes() {
    for header in ["\"user\"name,password", "username, \"password\"", "a\n"] {
        let opened = open(format!("{header}\nann,x\n"));
        match opened.err() {
            Some(RowsError::HeaderQuotes {
                line: 1, column, ..
            }) => {
                let expected = if header.starts_with('"') { 1 } else { 2 };
                assert_eq!(column, expected);
            }
            other => assert!(other.is_none() && header == "a\n"),
        }
    }
    let escaped = Dialect {
        escape: Some(b'\\'),
        ..Dialect::default()
    };
    let rows = open_as("\"the \\\"name\\\"\",b\n1,2\n", &escaped).unwrap();
    assert_eq!(rows.header().names(), ["the \"name\"", "b"]);
}

#[test]
fn refuses_an_empty_list_but_reads_a_bare_header() {
    assert!(matches!(open(""), Err(RowsError::Empty { .. })));
    assert!(matches!(open("\n\n"), Err(RowsError::Empty { .. })));
    assert!(all("username,password\n").is_empty());
}

#[test]
fn debug_output_shows_no_cells() {
    let mut rows = open("username,password\nann,Secret#123\n").unwrap();
    let row = rows.next_row().unwrap().unwrap();
    let debug = format!("{row:?}");
    assert!(
        !debug.contains("Secret") && !debug.contains("ann"),
        "{debug}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn zeroes_records_before_the_next_row_and_on_drop() {
    let filler = "x".repeat(100);
    let list = format!("a,b,c\n1,{filler},'Tr0ub4dor&3\n2,{filler},'c0rrect-h0rse\n");
    let dialect = Dialect {
        drop_apostrophe: true,
        ..Dialect::default()
    };
    let mut rows = open_as(list, &dialect).unwrap();
    assert_eq!(
        rows.next_row().unwrap().unwrap().cell(2),
        Some("Tr0ub4dor&3")
    );
    let mut first = CellMemory::of(&rows.undecorated);
    assert!(first.contains("Tr0ub4dor&3"));
    rows.next_row().unwrap().unwrap();
    assert!(!first.contains("Tr0ub4dor&3"));
    let mut last = [&rows.record, &rows.undecorated].map(|record| CellMemory::of(record));
    assert!(
        last.iter_mut()
            .all(|memory| memory.contains("c0rrect-h0rse"))
    );
    drop(rows);
    assert!(
        !last
            .iter_mut()
            .any(|memory| memory.contains("c0rrect-h0rse"))
    );
}
