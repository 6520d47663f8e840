//! Lists in any dialect, encoding and compression are read as they were written.

use proptest::prelude::*;

use super::formats::{gzip, utf_16le, zstd};
use super::{cells, open_as};
use crate::rows::Dialect;

/// Generates cells that are hard to write in a dialect.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9@.]{0,8}",
        "[ab ,;|\t\"'\\\\\r\né€漢😀\u{0}]{0,12}",
        any::<String>()
    ]
    .prop_map(|cell| cell.replace(char::REPLACEMENT_CHARACTER, "?"))
}

fn table() -> impl Strategy<Value = Vec<Vec<String>>> {
    (1..5_usize)
        .prop_flat_map(|width| prop::collection::vec(prop::collection::vec(cell(), width), 1..12))
}

fn names(width: usize) -> Vec<String> {
    (0..width).map(|column| format!("c{column}")).collect()
}

/// Writes a list, and returns the first line of each row.
fn write(rows: &[Vec<String>], delimiter: u8, terminator: csv::Terminator) -> (String, Vec<u64>) {
    let mut list = Vec::new();
    let mut lines = Vec::new();
    for record in std::iter::once(&names(rows[0].len())).chain(rows) {
        let before = list.iter().filter(|byte| **byte == b'\n').count() as u64;
        lines.push(before + 1);
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(terminator)
            .from_writer(&mut list);
        writer.write_record(record).unwrap();
        writer.flush().unwrap();
    }
    lines.remove(0);
    (String::from_utf8(list).unwrap(), lines)
}

#[derive(Debug, Clone, Copy)]
enum WrittenEncoding {
    Utf8,
    Utf8Marked,
    Utf16,
    Windows1252,
}

/// Encodes a list, and returns the options to read it. A list that windows-1252 cannot represent
/// stays UTF-8.
fn encode(list: &str, encoding: WrittenEncoding) -> (Vec<u8>, Dialect) {
    let options = |label: &str| Dialect {
        encoding: Some(label.parse().unwrap()),
        ..Dialect::default()
    };
    match encoding {
        WrittenEncoding::Utf8 => (list.as_bytes().to_vec(), Dialect::default()),
        WrittenEncoding::Utf8Marked => (format!("\u{feff}{list}").into_bytes(), Dialect::default()),
        WrittenEncoding::Utf16 => (utf_16le(&format!("\u{feff}{list}")), Dialect::default()),
        WrittenEncoding::Windows1252 => match encoding_rs::WINDOWS_1252.encode(list) {
            (bytes, _, false) => (bytes.into_owned(), options("windows-1252")),
            (_, _, true) => (list.as_bytes().to_vec(), options("utf-8")),
        },
    }
}

/// A regression test: the cell was read as the start of another row.
#[test]
fn reads_a_quoted_cell_of_line_end_and_delimiters_at_the_end() {
    let rows = vec![vec![String::new(), "\n,,".to_owned(), String::new()]];
    let (list, _) = write(&rows, b',', csv::Terminator::Any(b'\n'));
    for list in [list.trim_end(), &list] {
        let read = cells(open_as(list, &Dialect::default()).unwrap());
        assert_eq!(read, [(2, rows[0].clone())], "{list:?}");
    }
}

proptest! {
    #[test]
    fn cells_and_lines_round_trip(
        rows in table(),
        delimiter in prop::sample::select(&b",;\t|"[..]),
        crlf in any::<bool>(),
        encoding in prop::sample::select(vec![WrittenEncoding::Utf8, WrittenEncoding::Utf8Marked, WrittenEncoding::Utf16, WrittenEncoding::Windows1252]),
        pack in prop::sample::select(vec![<[u8]>::to_vec as fn(&[u8]) -> Vec<u8>, gzip, zstd]),
        has_final_newline in any::<bool>(),
    ) {
        let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        // A header of one column has no delimiter to detect.
        let delimiter = if rows[0].len() == 1 { b',' } else { delimiter };
        let (mut list, lines) = write(&rows, delimiter, terminator);
        if !has_final_newline {
            list.truncate(list.len() - if crlf { 2 } else { 1 });
        }
        let (bytes, dialect) = encode(&list, encoding);
        let read = cells(open_as(pack(&bytes), &dialect).unwrap());
        // Empty rows are skipped.
        let is_row = |cells: &Vec<String>| !cells.concat().trim_ascii().is_empty();
        let expected: Vec<(u64, Vec<String>)> =
            lines.into_iter().zip(rows).filter(|(_, cells)| is_row(cells)).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn template_values_round_trip(rows in prop::collection::vec(prop::collection::vec("[ab\"',;\\\\ é]{0,8}", 2), 1..8)) {
        // A final backslash is ambiguous, because a comma might follow it.
        let rows: Vec<Vec<String>> = rows
            .into_iter()
            .map(|row| row.into_iter().map(|cell| cell + "x").collect())
            .collect();
        let mut list = "cognito:username,cognito:mfa_enabled\n".to_owned();
        for row in &rows {
            let cells: Vec<String> = row.iter().map(|cell| cell.replace(',', "\\,")).collect();
            list.push_str(&cells.join(","));
            list.push('\n');
        }
        let read: Vec<Vec<String>> = cells(super::open(list).unwrap()).into_iter().map(|(_, cells)| cells).collect();
        prop_assert_eq!(read, rows);
    }
}
