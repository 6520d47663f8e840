pub(in crate::rows) mod arbitrary;
mod formats;
mod whatever;

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

/// Row, line, first cell, what is wrong: of every row.
fn all(text: impl Into<Vec<u8>>) -> Vec<(u64, u64, String, Option<Unreadable>)> {
    let mut rows = open(text).unwrap();
    let mut seen = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        let first = row.cell(0).unwrap_or("?").to_owned();
        seen.push((row.number, row.line, first, row.unreadable.clone()));
    }
    seen
}

/// The line and all cells of every row, none of which may be broken.
fn cells(mut rows: Rows) -> Vec<(u64, Vec<String>)> {
    let width = rows.header().names().len();
    let mut seen = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        assert_eq!(row.unreadable, None);
        let cell = |column| row.cell(column).unwrap().to_owned();
        seen.push((row.line, (0..width).map(cell).collect()));
        assert_eq!(row.cell(width), None);
    }
    seen
}

#[test]
fn lines_are_counted_over_quoted_newlines_blank_lines_and_crlf() {
    let seen = all("a,b\r\n1,\"x\r\ny\"\r\n\r\n\r\n2,z\r\n3,\"q,\"\"r\"\r\n");
    let lines: Vec<(u64, u64, &str)> = seen
        .iter()
        .map(|(row, line, first, _)| (*row, *line, first.as_str()))
        .collect();
    assert_eq!(lines, [(1, 2, "1"), (2, 6, "2"), (3, 7, "3")]);
    assert!(seen.iter().all(|row| row.3.is_none()));
}

#[test]
fn lines_are_counted_where_each_ends_with_a_return_alone() {
    let seen = all("a,b\r1,\"x\ry\"\r\r\r2,z\r3,\"q\rr\" t\r4\r5,\"v\rw\r");
    let lines: Vec<(u64, u64, &str)> = seen
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
    assert_eq!(seen[2].3, Some(Unreadable::Swallowed { last_line: 8 }));
    assert_eq!(
        seen[3].3,
        Some(Unreadable::Cells {
            expected: 2,
            found: 1,
            last_line: 9,
        })
    );
    assert_eq!(seen[4].3, Some(Unreadable::OpenQuote { last_line: 11 }));
}

#[test]
fn a_record_with_nothing_in_it_is_no_row() {
    let seen = all("a,b\n1,x\n,\n , \n\"\",\"\"\n,,,\n2,y\n,\n");
    let rows: Vec<(u64, u64, &str)> = seen
        .iter()
        .map(|(row, line, first, _)| (*row, *line, first.as_str()))
        .collect();
    assert_eq!(rows, [(1, 2, "1"), (2, 7, "2")]);
    assert_eq!(all("a\n1\n\"\"\n2\n").len(), 2);
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_first_name() {
    let rows = open("\u{feff}username , password\nx,y").unwrap();
    assert_eq!(
        rows.header(),
        &Header::new(vec!["username".into(), "password".into()])
    );
}

#[test]
fn a_last_line_without_a_newline_is_a_row() {
    assert_eq!(all("a\n1\n2").len(), 2);
    assert_eq!(all("a\n1\n2\n\n").len(), 2);
}

#[test]
fn a_row_of_the_wrong_width_or_encoding_is_unreadable_and_the_next_one_is_not() {
    let seen = all(b"a,b\n1\n2,\xff\xfe\n3,x,y\n4,ok\n".to_vec());
    assert_eq!(
        seen[0].3,
        Some(Unreadable::Cells {
            expected: 2,
            found: 1,
            last_line: 2,
        })
    );
    assert_eq!(
        seen[1].3,
        Some(Unreadable::Encoding {
            column: 1,
            valid_bytes: 0
        })
    );
    assert_eq!(
        seen[2].3,
        Some(Unreadable::Cells {
            expected: 2,
            found: 3,
            last_line: 4,
        })
    );
    assert_eq!(seen[3].3, None);
}

#[test]
fn bytes_of_two_cells_do_not_make_one_character() {
    let seen = all(b"a,b\n\xc3,\xa9\n\xc3\xa9,x\n".to_vec());
    assert_eq!(seen[0].2, "?");
    assert_eq!(
        seen[0].3,
        Some(Unreadable::Encoding {
            column: 0,
            valid_bytes: 0
        })
    );
    assert_eq!((seen[1].2.as_str(), &seen[1].3), ("é", &None));
}

#[test]
fn a_quote_that_is_never_closed_is_found_even_where_the_width_is_right() {
    for list in [
        "a,b\n1,x\n2,\"open\n3,y\n4,z\n",
        "a,b\n1,x\n2,\"open\n3,y\n4,z",
    ] {
        let seen = all(list);
        assert_eq!(seen.len(), 2);
        assert_eq!(seen[1].1, 3);
        assert_eq!(seen[1].3, Some(Unreadable::OpenQuote { last_line: 5 }));
    }
}

#[test]
fn a_quote_that_is_never_closed_does_not_pull_a_large_list_into_memory() {
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
fn a_row_that_is_too_long_is_broken_alone_where_its_end_is_found() {
    let long = "x".repeat(MAX_RECORD_BYTES);
    let fits = &long[..MAX_RECORD_BYTES - 1];
    let seen = all(format!("a,b\n1,{fits}\n2,{long}\n3,\"{long}\n\"\n4,z\n"));
    let found: Vec<_> = seen
        .iter()
        .map(|row| (row.1, row.2.as_str(), row.3.clone()))
        .collect();
    let too_long = |bytes, last_line| {
        Some(Unreadable::TooLong {
            bytes: MAX_RECORD_BYTES + bytes,
            last_line,
        })
    };
    assert_eq!(
        found,
        [
            (2, "1", None),
            (3, "2", too_long(1, 3)),
            (4, "3", too_long(2, 5)),
            (6, "4", None)
        ]
    );
}

#[test]
fn a_header_that_does_not_end_is_refused_and_nothing_of_what_it_swallowed_is_said() {
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
fn a_header_with_misplaced_quotes_is_refused() {
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
fn nothing_at_all_is_refused_and_a_bare_header_is_a_list_of_no_rows() {
    assert!(matches!(open(""), Err(RowsError::Empty { .. })));
    assert!(matches!(open("\n\n"), Err(RowsError::Empty { .. })));
    assert!(all("username,password\n").is_empty());
}

#[test]
fn the_debug_form_of_a_row_shows_no_cell() {
    let mut rows = open("username,password\nann,Secret#123\n").unwrap();
    let row = rows.next_row().unwrap().unwrap();
    let shown = format!("{row:?}");
    assert!(
        !shown.contains("Secret") && !shown.contains("ann"),
        "{shown}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn records_are_zeroed_before_the_next_row_and_when_the_reader_is_dropped() {
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
    assert!(first.holds("Tr0ub4dor&3"));
    rows.next_row().unwrap().unwrap();
    assert!(!first.holds("Tr0ub4dor&3"));
    let mut last = [&rows.record, &rows.undecorated].map(|record| CellMemory::of(record));
    assert!(last.iter_mut().all(|memory| memory.holds("c0rrect-h0rse")));
    drop(rows);
    assert!(!last.iter_mut().any(|memory| memory.holds("c0rrect-h0rse")));
}
