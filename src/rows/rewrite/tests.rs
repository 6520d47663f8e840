//! Whatever stands in a list comes back when its rewriting is read in the same way.

use std::io::Cursor;

use proptest::prelude::*;

use super::{LeftOut, Rewriter, Secrets, Selected, Selection};
use crate::rows::{Dialect, Quote, Rows};
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
    let mut to = Rewriter::begin(Vec::new(), rows.reading(), rows.header()).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        let selected = selection.of(&row);
        to.row(&selected.cells, &WHY).unwrap();
        all.push(selected);
    }
    (all, to.finish().unwrap())
}

fn cells(rows: &[Selected]) -> Vec<&[String]> {
    rows.iter().map(|row| row.cells.as_slice()).collect()
}

/// Cells that a list in this dialect can hold.
fn writable(dialect: &Dialect, cell: &str) -> String {
    match dialect.quote {
        Some(Quote::None) => {
            let delimiter = dialect.delimiter.map(char::from);
            cell.replace(|c| Some(c) == delimiter || c == '\r' || c == '\n', "")
        }
        Some(Quote::Mark(_)) | None => cell.to_owned(),
    }
}

proptest! {
    #[test]
    fn rows_are_the_same_after_they_were_written_and_read(
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t'), Just(b'|'), Just(b'^')],
        quote in prop_oneof![Just(Quote::Mark(b'"')), Just(Quote::Mark(b'\'')), Just(Quote::None)],
        header_is_given in any::<bool>(),
        rows in prop::collection::vec(prop::array::uniform3("[a-c,;|\t\"'^ \r\n=\u{e4}\\\\]{0,8}"), 1..6),
    ) {
        let names = ["username", "password", "email"].map(str::to_owned).to_vec();
        let dialect = Dialect {
            delimiter: Some(delimiter),
            quote: Some(quote),
            columns: header_is_given.then(|| names.clone()),
            ..Dialect::default()
        };
        // As a list that somebody else wrote.
        let mark = if let Quote::Mark(mark) = quote { mark } else { b'"' };
        let mut csv = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .quote(mark)
            .quote_style(if quote == Quote::None { csv::QuoteStyle::Never } else { csv::QuoteStyle::Always })
            .from_writer(Vec::new());
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
        prop_assert_eq!(cells(&second), cells(&first));
    }
}

#[test]
fn cells_of_secrets_are_blank_and_those_of_rows_that_hold_other_rows_are_left_out() {
    let list = "a,b,c\n1,2,3\n1,2\n1,\"2,3\nx,\"y,3\n";
    let dialect = Dialect::default();
    let (blank, _) = rewritten(read(list, &dialect), Secrets::Blank(vec![1]));
    let empty = ["", "", ""].map(str::to_owned);
    assert_eq!(blank[0].cells, ["1", "", "3"]);
    assert_eq!(
        (&blank[1].cells[..], blank[1].left_out),
        (&empty[..], Some(LeftOut::Secret))
    );
    assert_eq!(
        (&blank[2].cells[..], blank[2].left_out),
        (&empty[..], Some(LeftOut::Swallowed))
    );
    for secrets in [Secrets::Written, Secrets::Blank(Vec::new())] {
        let (written, _) = rewritten(read(list, &dialect), secrets);
        assert_eq!(written[0].cells, ["1", "2", "3"]);
        assert_eq!(written[1].cells, ["1", "2"], "as many as came in");
        assert_eq!(written[2].left_out, Some(LeftOut::Swallowed));
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
