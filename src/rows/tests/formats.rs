//! Reads lists as other tools write them.

use std::io::Write as _;

use super::{all, cells, open, open_as};
use crate::hints::Hint as _;
use crate::rows::{Dialect, Quote, RowsError, Unreadable};

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

pub(super) fn utf_16le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn encoding(label: &str) -> Dialect {
    Dialect {
        encoding: Some(label.parse().unwrap()),
        ..Dialect::default()
    }
}

#[test]
fn detects_the_delimiter_from_the_first_non_blank_line() {
    for (list, expected) in [
        ("a;b\n1,5;2\n", ["1,5", "2"]),
        ("\r\n\na\tb\r\n1\t\"2\tx\"\r\n", ["1", "2\tx"]),
        ("a|\"b,c,d\"\n1|2", ["1", "2"]),
    ] {
        let rows = cells(open(list).unwrap());
        assert_eq!(rows[0].1, expected, "{list}");
    }
}

#[test]
fn uses_the_given_delimiter_and_quote() {
    let dialect = |delimiter, quote| Dialect {
        delimiter: Some(delimiter),
        quote: Some(quote),
        ..Dialect::default()
    };
    for (list, dialect, expected) in [
        (
            "a;b\n'1;''x''';\"2\n",
            dialect(b';', Quote::Mark(b'\'')),
            ["1;'x'", "\"2"],
        ),
        ("a,b\n\"1,2\"\n", dialect(b',', Quote::None), ["\"1", "2\""]),
        (
            "a b\n1 \"2 x\"\n",
            dialect(b' ', Quote::default()),
            ["1", "2 x"],
        ),
        ("a\x01b\n1\x012\n", dialect(1, Quote::default()), ["1", "2"]),
    ] {
        let rows = cells(open_as(list, &dialect).unwrap());
        assert_eq!(rows, [(2, expected.map(str::to_owned).to_vec())], "{list}");
    }
}

#[test]
fn skips_a_sep_line_above_the_header() {
    for list in [
        "sep=;\r\na,b;c\r\n1;2\r\n",
        "\u{feff}sep=;\na,b;c\n1;2",
        "\"sep=;\"\na,b;c\n1;2",
    ] {
        let rows = open(list).unwrap();
        assert_eq!(rows.header().names(), ["a,b", "c"], "{list}");
        assert!(rows.dialect().notices().is_empty(), "nothing is detected");
        assert_eq!(cells(rows), [(3, vec!["1".into(), "2".into()])], "{list}");
    }
    // Options override it. It may also precede a list without a header.
    let dialect = Dialect {
        delimiter: Some(b','),
        columns: Some(vec!["x".into(), "y".into()]),
        ..Dialect::default()
    };
    let rows = open_as("sep=;\n1;,2\n", &dialect).unwrap();
    assert_eq!(cells(rows), [(2, vec!["1;".into(), "2".into()])]);
    assert!(matches!(open("sep=;\n"), Err(RowsError::Empty { .. })));
}

#[test]
fn drops_one_apostrophe_per_cell_if_requested() {
    let list = "'Id,\"'Email\"\n\"'auth0|1\",\"'ann@example.com\"\n''2',o'neil@example.com\n',\n";
    let rows = open(list).unwrap();
    assert_eq!(rows.header().names(), ["'Id", "'Email"]);
    assert_eq!(cells(rows)[0].1, ["'auth0|1", "'ann@example.com"]);
    let dialect = Dialect {
        drop_apostrophe: true,
        ..Dialect::default()
    };
    let rows = open_as(list, &dialect).unwrap();
    assert_eq!(rows.header().names(), ["Id", "Email"]);
    let cells: Vec<_> = cells(rows).into_iter().map(|(_, row)| row).collect();
    assert_eq!(
        cells,
        [
            ["auth0|1", "ann@example.com"],
            ["'2'", "o'neil@example.com"],
            ["", ""],
        ]
    );
}

#[test]
fn without_quoting_quotes_are_text() {
    let dialect = Dialect {
        quote: Some(Quote::None),
        ..Dialect::default()
    };
    let rows = cells(open_as("a,b\n1,\"x\n2,y", &dialect).unwrap());
    assert_eq!(rows[0].1, ["1", "\"x"]);
    assert_eq!(rows[1].0, 3);
}

#[test]
fn detects_an_unclosed_quote_in_any_dialect() {
    let dialect = Dialect {
        delimiter: Some(b' '),
        quote: Some(Quote::Mark(b'\'')),
        ..Dialect::default()
    };
    let mut rows = open_as("a b\n1 'x\n2 y\n", &dialect).unwrap();
    let row = rows.next_row().unwrap().unwrap();
    assert_eq!(row.unreadable, Some(Unreadable::OpenQuote { last_line: 3 }));
    assert!(rows.next_row().unwrap().is_none());
}

#[test]
fn without_a_header_the_first_line_is_a_row() {
    let dialect = |names: &[&str]| Dialect {
        columns: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..Dialect::default()
    };
    let rows = open_as("1;x,y,z\n2;z\n", &dialect(&["a", " b "])).unwrap();
    assert_eq!(rows.header().names(), ["a", "b"]);
    let seen = cells(rows);
    assert_eq!(seen[0], (1, vec!["1".to_owned(), "x,y,z".to_owned()]));
    assert_eq!(seen[1].0, 2);

    let mut short = open_as("1\n", &dialect(&["a", "b"])).unwrap();
    let row = short.next_row().unwrap().unwrap();
    assert_eq!(
        row.unreadable,
        Some(Unreadable::Cells {
            expected: 2,
            found: 1,
            last_line: 1,
        })
    );
    assert!(cells(open_as("", &dialect(&["a"])).unwrap()).is_empty());
}

#[test]
fn reads_the_aws_template_unless_a_quote_is_given() {
    let list = "cognito:username,name,address,cognito:mfa_enabled\r\n\
                ann,Ann \"A\\, B\",\"1\\, High St\\, London,false\r\n\
                bob,,,false\r\n";
    let rows = cells(open(list).unwrap());
    assert_eq!(
        rows[0].1,
        ["ann", "Ann \"A, B\"", "\"1, High St, London", "false"]
    );
    assert_eq!(
        rows[1],
        (3, ["bob", "", "", "false"].map(str::to_owned).to_vec())
    );

    let quoted = Dialect {
        quote: Some(Quote::default()),
        ..Dialect::default()
    };
    let list = "cognito:username,cognito:mfa_enabled\nann\\,\"a,b\"\n";
    let rows = cells(open_as(list, &quoted).unwrap());
    assert_eq!(rows[0].1, ["ann\\", "a,b"]);
}

#[test]
fn checks_the_width_of_template_rows_after_rejoining_commas() {
    let rows = all("cognito:username,cognito:mfa_enabled\nann\\,x\nbob\\,x,false\n");
    assert_eq!(
        rows[0].3,
        Some(Unreadable::Cells {
            expected: 2,
            found: 1,
            last_line: 2,
        })
    );
    assert_eq!((rows[1].2.as_str(), &rows[1].3), ("bob,x", &None));
}

#[test]
fn continues_after_a_row_with_undecodable_bytes() {
    let list = b"a,b\n1,\x83\x41\n2,\xff\n3,z\n".to_vec();
    let mut rows = open_as(list, &encoding("shift_jis")).unwrap();
    let mut seen = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        seen.push((row.cell(1).map(str::to_owned), row.unreadable.clone()));
    }
    let undecodable = Unreadable::Transcoding {
        column: 1,
        encoding: "Shift_JIS",
    };
    assert_eq!(
        seen,
        [
            (Some("ア".to_owned()), None),
            (Some("\u{fffd}".to_owned()), Some(undecodable)),
            (Some("z".to_owned()), None)
        ]
    );
    // In UTF-8 it is an ordinary character.
    assert_eq!(all("a\n\u{fffd}\n")[0].3, None);
}

#[test]
fn refuses_a_header_in_another_encoding_and_suggests_the_flag() {
    let list = "username,password\nann,x\n";
    let little = utf_16le(list);
    let big: Vec<u8> = list.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (bytes, label) in [(little, "utf-16le"), (big, "utf-16be")] {
        let error = open(bytes.clone()).err().unwrap().with_hint();
        assert!(
            error.contains("list.csv: line 1") && error.contains(&format!("--encoding {label}")),
            "{error}"
        );
        assert_eq!(cells(open_as(bytes, &encoding(label)).unwrap()).len(), 1);
    }
    let error = open(b"username,pr\xe9nom\n".to_vec()).err().unwrap();
    assert!(
        error.with_hint().contains("is not valid UTF-8 (column 2)")
            && error.with_hint().contains("--encoding windows-1252"),
        "{error}"
    );
    let error = open_as(b"a,\xff\n".to_vec(), &encoding("shift_jis")).err();
    assert!(matches!(
        error,
        Some(RowsError::HeaderEncoding {
            encoding: "Shift_JIS",
            column: 2,
            ..
        })
    ));
}

#[test]
fn positions_count_the_bytes_of_the_file() {
    let mut list = "a,b\n".to_owned();
    for row in 0..50_000 {
        list.push_str(&format!("{row},{}\n", row * 7_919));
    }
    let marked = format!("\u{feff}{list}");
    for bytes in [
        list.clone().into_bytes(),
        marked.clone().into_bytes(),
        utf_16le(&marked),
        gzip(list.as_bytes()),
        zstd(&utf_16le(&marked)),
    ] {
        let length = bytes.len() as u64;
        let mut rows = open(bytes).unwrap();
        let mut last = 0;
        let mut half = None;
        while let Some(row) = rows.next_row().unwrap() {
            assert!((last..=length).contains(&row.end_byte));
            last = row.end_byte;
            if row.number == 25_000 {
                half = Some(last);
            }
        }
        assert_eq!(last, length);
        assert!(half.unwrap() < length, "{half:?} of {length}");
    }
}

#[test]
fn a_truncated_archive_is_an_error_with_the_last_line() {
    let mut list = "a,b\n".to_owned();
    for row in 0..50_000 {
        list.push_str(&format!("{row},{}\n", row * 7_919));
    }
    for packed in [gzip(list.as_bytes()), zstd(list.as_bytes())] {
        let mut rows = open(&packed[..packed.len() / 2]).unwrap();
        let mut read = 0;
        let error = loop {
            match rows.next_row() {
                Ok(Some(row)) => {
                    assert_eq!(row.unreadable, None, "no partial row");
                    read = row.line;
                }
                Ok(None) => panic!("the truncation is not detected"),
                Err(error) => break error.to_string(),
            }
        };
        assert!(read > 1_000);
        assert!(
            error.starts_with(&format!("list.csv: after line {read}: ")),
            "{error}"
        );
        assert!(error.contains("truncated"), "{error}");
        let error = open(&packed[..5]).err().unwrap().to_string();
        assert!(error.starts_with("list.csv: cannot be read: "), "{error}");
    }
}
