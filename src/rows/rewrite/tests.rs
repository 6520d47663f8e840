//! Whatever stands in a list comes back when its rewriting is read in the same way.

use std::io::Cursor;
use std::mem::Discriminant;

use proptest::prelude::*;

use super::{LeftOut, Rewriter, Secrets, Selected, Selection};
use crate::rows::tests::arbitrary::bytes;
use crate::rows::{Dialect, Quote, Rows, Unreadable};
use crate::source::OpenSource;

const WHY: [&str; 5] = ["invalid", "email.format", "no\n\"address\", \\", "1", "2"];

fn read(list: impl Into<Vec<u8>>, dialect: &Dialect) -> Rows {
    let source = OpenSource {
        bytes: Box::new(Cursor::new(list.into())),
        length: None,
    };
    Rows::open("list.csv".into(), source, dialect).unwrap()
}

/// The rows as they are written, and that text.
fn rewritten(mut rows: Rows, secrets: Secrets) -> (Vec<Selected>, Vec<u8>) {
    let selection = Selection::new(rows.header(), secrets);
    let mut to = Rewriter::begin(Vec::new(), rows.reading(), rows.header(), false).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        let selected = selection.of(&row);
        to.row(&selected, &WHY).unwrap();
        all.push(selected);
    }
    (all, to.finish())
}

fn cells(texts: &[&str]) -> Selected {
    Selected::Cells(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// Cells that a list in this dialect can hold.
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
    fn rows_are_the_same_after_they_were_written_and_read(
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t'), Just(b'|'), Just(b'^')],
        quote in prop_oneof![Just(Quote::Mark(b'"')), Just(Quote::Mark(b'\'')), Just(Quote::None)],
        header_is_given in any::<bool>(),
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
            columns: header_is_given.then(|| names.clone()),
            skip_lines,
            unwrap_formulas,
            ..Dialect::default()
        };
        // As a list that somebody else wrote.
        let mark = if let Quote::Mark(mark) = quote { mark } else { b'"' };
        let mut csv = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .quote(mark)
            .quote_style(if quote == Quote::None { csv::QuoteStyle::Never } else { csv::QuoteStyle::Always })
            .from_writer("\"x\n".repeat(skip_lines as usize).into_bytes());
        if !header_is_given {
            csv.write_record(&names).unwrap();
        }
        for row in &rows {
            csv.write_record(row.iter().map(|cell| writable(&dialect, cell))).unwrap();
        }
        let list = csv.into_inner().unwrap();
        let (first, text) = rewritten(read(list, &dialect), Secrets::Written);
        let again = read(text, &dialect);
        prop_assert_eq!(&again.header().names()[..3], &names[..]);
        prop_assert_eq!(again.header().names().len(), 8);
        let (second, _) = rewritten(again, Secrets::Written);
        prop_assert_eq!(second, first);
    }
}

/// What each row is written as, and the kind of what is wrong with it.
fn told(mut rows: Rows) -> Vec<(Selected, Option<Discriminant<Unreadable>>)> {
    let selection = Selection::new(rows.header(), Secrets::Written);
    let mut told = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        let kind = row.unreadable.as_ref().map(std::mem::discriminant);
        told.push((selection.of(&row), kind));
    }
    told
}

proptest! {
    #[test]
    fn whatever_a_list_holds_its_rejects_are_no_sounder_and_no_other_rows(list in bytes(), is_escaped in any::<bool>()) {
        let dialect = Dialect {
            delimiter: Some(b','),
            escape: is_escaped.then_some(b'\\'),
            ..Dialect::default()
        };
        let source = |bytes: Vec<u8>| OpenSource { bytes: Box::new(Cursor::new(bytes)), length: None };
        let Ok(rows) = Rows::open("list.csv".into(), source(list.clone()), &dialect) else {
            return Ok(());
        };
        let first = told(rows);
        let (_, text) = rewritten(read(list, &dialect), Secrets::Written);
        let again = told(read(text, &dialect));
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
fn cells_of_secrets_are_blank_and_those_of_rows_that_hold_other_rows_are_left_out() {
    let list = "a,b,c\n1,2,3\n1,2\n1,\"2,3\nx,\"y,3\n";
    let dialect = Dialect::default();
    let (blank, _) = rewritten(read(list, &dialect), Secrets::Blank(vec![1]));
    assert_eq!(
        blank,
        [
            cells(&["1", "", "3"]),
            Selected::LeftOut(LeftOut::Secret, 3),
            Selected::LeftOut(LeftOut::Swallowed, 3)
        ]
    );
    for secrets in [Secrets::Written, Secrets::Blank(Vec::new())] {
        let (written, _) = rewritten(read(list, &dialect), secrets);
        assert_eq!(
            written,
            [
                cells(&["1", "2", "3"]),
                cells(&["1", "2"]),
                Selected::LeftOut(LeftOut::Swallowed, 3)
            ],
            "as many as came in"
        );
    }
}

#[test]
fn line_ends_and_a_byte_order_mark_are_those_that_the_next_reader_needs() {
    let (_, text) = rewritten(
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
    let (_, text) = rewritten(read(*b"a,b\n\xfc,2\n", &dialect), Secrets::Written);
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("\u{feff}a,b,"), "{text}");
}

#[test]
fn a_row_with_misplaced_quotes_stays_as_it_is_and_invalid() {
    let list = "a,b,c\r\n1,\"x\"y,3\r\n1, \"2\",3\r\n";
    let dialect = Dialect::default();
    let (blank, _) = rewritten(read(list, &dialect), Secrets::Blank(vec![0]));
    let secret = Selected::LeftOut(LeftOut::Secret, 3);
    assert_eq!(blank, [secret.clone(), secret]);
    let verbatim = |text: &str| Selected::Verbatim(text.to_owned());
    let (first, text) = rewritten(read(list, &dialect), Secrets::Written);
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
fn a_row_that_is_short_is_filled_only_where_that_is_asked_for() {
    let list = "a,b,c,d\n1,2\n1,2,3,4,,\n";
    let (first, text) = rewritten(read(list, &Dialect::default()), Secrets::Written);
    assert_eq!(first, [cells(&["1", "2"]), cells(&["1", "2", "3", "4"])]);
    let mut strict = read(text.clone(), &Dialect::default());
    let row = strict.next_row().unwrap().unwrap();
    assert!(matches!(row.unreadable, Some(Unreadable::Cells { .. })));
    let flexible = Dialect {
        flexible: true,
        ..Dialect::default()
    };
    let (filled, _) = rewritten(read(text, &flexible), Secrets::Written);
    assert_eq!(
        filled,
        [cells(&["1", "2", "", ""]), cells(&["1", "2", "3", "4"])]
    );
}

#[test]
fn lines_that_are_skipped_are_blank_in_the_file() {
    let dialect = Dialect {
        skip_lines: 2,
        ..Dialect::default()
    };
    let list = "Users, all of them\n\"\na;b\n1;2\n";
    let (first, text) = rewritten(read(list, &dialect), Secrets::Written);
    assert_eq!(first, [cells(&["1", "2"])]);
    for dialect in [dialect, Dialect::default()] {
        let (again, _) = rewritten(read(text.clone(), &dialect), Secrets::Written);
        assert_eq!(again, first);
    }
}
