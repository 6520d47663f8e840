//! Whatever is written comes back.

use proptest::prelude::*;

use super::formats::{gzip, utf_16le, zstd};
use super::{cells, open_as};
use crate::rows::Dialect;

/// Cells with much of what dialects stumble over.
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

/// The list, and the line on which each row begins.
fn written(rows: &[Vec<String>], delimiter: u8, terminator: csv::Terminator) -> (String, Vec<u64>) {
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
enum WrittenCell {
    Utf8,
    Utf8Marked,
    Utf16,
    Windows1252,
}

/// Bytes, and what has to be said of them. What windows-1252 does not have stays UTF-8.
fn encoded(list: &str, written: WrittenCell) -> (Vec<u8>, Dialect) {
    let said = |label: &str| Dialect {
        encoding: Some(label.parse().unwrap()),
        ..Dialect::default()
    };
    match written {
        WrittenCell::Utf8 => (list.as_bytes().to_vec(), Dialect::default()),
        WrittenCell::Utf8Marked => (format!("\u{feff}{list}").into_bytes(), Dialect::default()),
        WrittenCell::Utf16 => (utf_16le(&format!("\u{feff}{list}")), Dialect::default()),
        WrittenCell::Windows1252 => match encoding_rs::WINDOWS_1252.encode(list) {
            (bytes, _, false) => (bytes.into_owned(), said("windows-1252")),
            (_, _, true) => (list.as_bytes().to_vec(), said("utf-8")),
        },
    }
}

/// Was once read as another row's beginning.
#[test]
fn a_quoted_cell_of_a_line_end_and_delimiters_comes_back_at_the_end_of_a_list() {
    let rows = vec![vec![String::new(), "\n,,".to_owned(), String::new()]];
    let (list, _) = written(&rows, b',', csv::Terminator::Any(b'\n'));
    for list in [list.trim_end(), &list] {
        let read = cells(open_as(list, &Dialect::default()).unwrap());
        assert_eq!(read, [(2, rows[0].clone())], "{list:?}");
    }
}

proptest! {
    #[test]
    fn cells_and_lines_come_back_whatever_the_dialect_encoding_and_packing(
        rows in table(),
        delimiter in prop::sample::select(&b",;\t|"[..]),
        crlf in any::<bool>(),
        encoding in prop::sample::select(vec![WrittenCell::Utf8, WrittenCell::Utf8Marked, WrittenCell::Utf16, WrittenCell::Windows1252]),
        pack in prop::sample::select(vec![<[u8]>::to_vec as fn(&[u8]) -> Vec<u8>, gzip, zstd]),
        last_line_ends in any::<bool>(),
    ) {
        let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        // A header of one column has no delimiter to guess.
        let delimiter = if rows[0].len() == 1 { b',' } else { delimiter };
        let (mut list, lines) = written(&rows, delimiter, terminator);
        if !last_line_ends {
            list.truncate(list.len() - if crlf { 2 } else { 1 });
        }
        let (bytes, dialect) = encoded(&list, encoding);
        let read = cells(open_as(pack(&bytes), &dialect).unwrap());
        // One with nothing in it is no row.
        let is_row = |cells: &Vec<String>| !cells.concat().trim_ascii().is_empty();
        let expected: Vec<(u64, Vec<String>)> =
            lines.into_iter().zip(rows).filter(|(_, cells)| is_row(cells)).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn values_of_a_template_come_back(rows in prop::collection::vec(prop::collection::vec("[ab\"',;\\\\ é]{0,8}", 2), 1..8)) {
        // A value that ends in a backslash cannot be told from one that goes on with a comma.
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
