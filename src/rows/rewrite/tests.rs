//! Rewritten lists yield the same rows when they are read with the same flags.

use std::io::Cursor;
use std::mem::Discriminant;

use proptest::prelude::*;

use super::{LeftOut, Rewriter, Secrets, Selected, Selection};
use crate::rows::tests::arbitrary::bytes;
use crate::rows::{Dialect, Quote, Rows, Unreadable};
use crate::source::OpenSource;

const REASONS: [&str; 5] = ["invalid", "email.format", "no\n\"address\", \\", "1", "2"];

fn read(list: impl Into<Vec<u8>>, dialect: &Dialect) -> Rows {
    let source = OpenSource {
        bytes: Box::new(Cursor::new(list.into())),
        length: None,
    };
    Rows::open("list.csv".into(), source, dialect).unwrap()
}

/// Returns the selected rows and the text they are written as.
fn rewrite(mut rows: Rows, secrets: Secrets) -> (Vec<Selected>, Vec<u8>) {
    let selection = Selection::new(rows.header(), secrets);
    let mut rewriter = Rewriter::begin(Vec::new(), rows.dialect(), rows.header(), false).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        let selected = selection.of(&row);
        rewriter.row(&selected, &REASONS).unwrap();
        all.push(selected);
    }
    (all, rewriter.finish())
}

fn cells(texts: &[&str]) -> Selected {
    Selected::Cells(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// Converts a text to a cell that a list in this dialect can contain.
fn writable(dialect: &Dialect, cell: &str) -> String {
    match dialect.quote {
        Some(Quote::None) => {
            let delimiter = dialect.delimiter.map(char::from);
            cell.replace(|c| Some(c) == delimiter || c == '\r' || c == '\n', "")
        }
        Some(Quote::Mark(_)) | None if dialect.escape.is_some() => cell.replace('\\', "\\\\"),
        Some(Quote::Mark(_)) | None => cell.to_owned(),
    }
}

proptest! {
    #[test]
    fn rewritten_rows_round_trip(
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t'), Just(b'|'), Just(b'^')],
        quote in prop_oneof![Just(Quote::Mark(b'"')), Just(Quote::Mark(b'\'')), Just(Quote::None)],
        is_header_given in any::<bool>(),
        is_escaped in any::<bool>(),
        unwrap_formulas in any::<bool>(),
        skip_lines in 0..3_u64,
        rows in prop::collection::vec(prop::array::uniform3("[a-c,;|\t\"'^ \r\n=\u{e4}\\\\]{0,8}"), 1..6),
    ) {
        let names = ["username", "password", "email"].map(str::to_owned).to_vec();
        let dialect = Dialect {
            delimiter: Some(delimiter),
            quote: Some(quote),
            escape: (is_escaped && quote != Quote::None).then_some(b'\\'),
            columns: is_header_given.then(|| names.clone()),
            skip_lines,
            unwrap_formulas,
            ..Dialect::default()
        };
        // The original list.
        let mark = if let Quote::Mark(mark) = quote { mark } else { b'"' };
        let mut csv = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .quote(mark)
            .quote_style(if quote == Quote::None { csv::QuoteStyle::Never } else { csv::QuoteStyle::Always })
            .from_writer("\"x\n".repeat(skip_lines as usize).into_bytes());
        if !is_header_given {
            csv.write_record(&names).unwrap();
        }
        for row in &rows {
            csv.write_record(row.iter().map(|cell| writable(&dialect, cell))).unwrap();
        }
        let list = csv.into_inner().unwrap();
        let (first, text) = rewrite(read(list, &dialect), Secrets::Written);
        let again = read(text, &dialect);
        prop_assert_eq!(&again.header().names()[..3], &names[..]);
        prop_assert_eq!(again.header().names().len(), 8);
        let (second, _) = rewrite(again, Secrets::Written);
        prop_assert_eq!(second, first);
    }
}

/// Returns each selected row and the kind of its fault.
fn select_all(mut rows: Rows) -> Vec<(Selected, Option<Discriminant<Unreadable>>)> {
    let selection = Selection::new(rows.header(), Secrets::Written);
    let mut all = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        let kind = row.unreadable.as_ref().map(std::mem::discriminant);
        all.push((selection.of(&row), kind));
    }
    all
}

proptest! {
    #[test]
    fn rewriting_neither_repairs_nor_changes_rows(list in bytes(), is_escaped in any::<bool>()) {
        let dialect = Dialect {
            delimiter: Some(b','),
            escape: is_escaped.then_some(b'\\'),
            ..Dialect::default()
        };
        let source = |bytes: Vec<u8>| OpenSource { bytes: Box::new(Cursor::new(bytes)), length: None };
        let Ok(rows) = Rows::open("list.csv".into(), source(list.clone()), &dialect) else {
            return Ok(());
        };
        let first = select_all(rows);
        let (_, text) = rewrite(read(list, &dialect), Secrets::Written);
        let again = select_all(read(text, &dialect));
        prop_assert_eq!(again.len(), first.len());
        for ((first, kind), (again, kind_again)) in first.iter().zip(&again) {
            match first {
                Selected::Cells(cells) if kind.is_none() => {
                    prop_assert_eq!(kind_again, &None);
                    prop_assert_eq!(again, &Selected::Cells(cells.clone()));
                }
                Selected::Cells(_) | Selected::Verbatim(_) => {
                    prop_assert!(kind_again.is_some(), "{:?} became {:?}", first, again);
                }
                Selected::LeftOut(_, columns) => {
                    prop_assert_eq!(again, &Selected::Cells(vec![String::new(); *columns]));
                }
            }
        }
    }
}

#[test]
fn blanks_secrets_and_leaves_out_swallowed_rows() {
    let list = "a,b,c\n1,2,3\n1,2\n1,\"2,3\nx,\"y,3\n";
    let dialect = Dialect::default();
    let (blank, _) = rewrite(read(list, &dialect), Secrets::Blank(vec![1]));
    assert_eq!(
        blank,
        [
            cells(&["1", "", "3"]),
            Selected::LeftOut(LeftOut::Secret, 3),
            Selected::LeftOut(LeftOut::Swallowed, 3)
        ]
    );
    for secrets in [Secrets::Written, Secrets::Blank(Vec::new())] {
        let (written, _) = rewrite(read(list, &dialect), secrets);
        assert_eq!(
            written,
            [
                cells(&["1", "2", "3"]),
                cells(&["1", "2"]),
                Selected::LeftOut(LeftOut::Swallowed, 3)
            ],
            "with as many cells as before"
        );
    }
}

#[test]
fn keeps_line_ends_and_marks_the_encoding_if_needed() {
    let (_, text) = rewrite(
        read("a,b\r\n1,2\r\n", &Dialect::default()),
        Secrets::Written,
    );
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("a,b,reason_outcome,"), "{text}");
    assert_eq!(text.matches("\r\n").count(), 2);
    let dialect = Dialect {
        encoding: Some("windows-1252".parse().unwrap()),
        ..Dialect::default()
    };
    let (_, text) = rewrite(read(*b"a,b\n\xfc,2\n", &dialect), Secrets::Written);
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("\u{feff}a,b,"), "{text}");
}

#[test]
fn keeps_rows_with_misplaced_quotes_verbatim() {
    let list = "a,b,c\r\n1,\"x\"y,3\r\n1, \"2\",3\r\n";
    let dialect = Dialect::default();
    let (blank, _) = rewrite(read(list, &dialect), Secrets::Blank(vec![0]));
    let secret = Selected::LeftOut(LeftOut::Secret, 3);
    assert_eq!(blank, [secret.clone(), secret]);
    let verbatim = |text: &str| Selected::Verbatim(text.to_owned());
    let (first, text) = rewrite(read(list, &dialect), Secrets::Written);
    assert_eq!(first, [verbatim("1,\"x\"y,3"), verbatim("1, \"2\",3")]);
    let mut again = read(text, &dialect);
    let mut rows = 0;
    while let Some(row) = again.next_row().unwrap() {
        assert!(matches!(row.unreadable, Some(Unreadable::Quotes { .. })));
        rows += 1;
    }
    assert_eq!(rows, 2);
}

#[test]
fn fills_short_rows_only_if_flexible() {
    let list = "a,b,c,d\n1,2\n1,2,3,4,,\n";
    let (first, text) = rewrite(read(list, &Dialect::default()), Secrets::Written);
    assert_eq!(first, [cells(&["1", "2"]), cells(&["1", "2", "3", "4"])]);
    let mut strict = read(text.clone(), &Dialect::default());
    let row = strict.next_row().unwrap().unwrap();
    assert!(matches!(row.unreadable, Some(Unreadable::Cells { .. })));
    let flexible = Dialect {
        flexible: true,
        ..Dialect::default()
    };
    let (filled, _) = rewrite(read(text, &flexible), Secrets::Written);
    assert_eq!(
        filled,
        [cells(&["1", "2", "", ""]), cells(&["1", "2", "3", "4"])]
    );
}

#[test]
fn writes_blank_lines_for_skipped_ones() {
    let dialect = Dialect {
        skip_lines: 2,
        ..Dialect::default()
    };
    let list = "Users, all of them\n\"\na;b\n1;2\n";
    let (first, text) = rewrite(read(list, &dialect), Secrets::Written);
    assert_eq!(first, [cells(&["1", "2"])]);
    for dialect in [dialect, Dialect::default()] {
        let (again, _) = rewrite(read(text.clone(), &dialect), Secrets::Written);
        assert_eq!(again, first);
    }
}
