use super::{
    Dialect, LineEnd, Quote, QuoteChars, ResolvedDialect, first_line, may_separate, sep_delimiter,
};
use crate::source::TextEncoding;

fn resolve(line: &str, dialect: &Dialect) -> ResolvedDialect {
    ResolvedDialect::of(
        line.as_bytes(),
        LineEnd::Newline,
        TextEncoding::UTF_8,
        dialect,
    )
}

fn detected_delimiter(line: &str) -> char {
    char::from(resolve(line, &Dialect::default()).delimiter)
}

#[test]
fn detects_the_most_frequent_delimiter_outside_of_quotes() {
    for (line, delimiter) in [
        ("username,password", ','),
        ("username;password", ';'),
        ("username\tpassword", '\t'),
        ("username|password", '|'),
        ("username;last name, first name;password", ';'),
        ("username,\"a;b;c;d\",password", ','),
        ("\"a,\"\"b,\"\"c,\nd\";password", ';'),
        // A quote within a value is text.
        ("size 5\";a,b;c\"", ';'),
        ("username", ','),
        ("", ','),
        // On a tie, the more common one.
        ("a,b;c", ','),
        ("a|b\tc", '\t'),
    ] {
        assert_eq!(detected_delimiter(line), delimiter, "{line}");
    }
}

#[test]
fn without_a_header_detects_the_delimiter_that_yields_the_named_columns() {
    let columns = |count: usize| Dialect {
        columns: Some(vec!["x".to_owned(); count]),
        ..Dialect::default()
    };
    for (line, count, delimiter) in [
        ("ann;Pass,word;ann@example.com", 3, b';'),
        ("ann,a|b|c|d", 2, b','),
        ("ann", 1, b','),
        ("ann", 5, b','),
        // Empty cells at the end of a row are ignored, and some may be missing.
        ("ann;Pass,word;ann@example.com;;", 3, b';'),
        ("ann;a;Pass,word", 4, b';'),
    ] {
        assert_eq!(
            resolve(line, &columns(count)).delimiter,
            delimiter,
            "{line}"
        );
    }
}

#[test]
fn parses_a_sep_line() {
    for (line, delimiter) in [
        ("sep=;", Some(b';')),
        ("SEP=\t", Some(b'\t')),
        ("\"sep=,\"", Some(b',')),
        ("sep=", None),
        ("sep=a", None),
        ("sep=;;", None),
        ("sep=;name", None),
        ("step=;", None),
        ("", None),
    ] {
        assert_eq!(sep_delimiter(line.as_bytes()), delimiter, "{line}");
    }
}

#[test]
fn options_disable_detection() {
    let dialect = Dialect {
        delimiter: Some(b'^'),
        ..Dialect::default()
    };
    let resolved = resolve("a;b;c", &dialect);
    assert_eq!(resolved.delimiter, b'^');
    assert_eq!(resolved.notices(), [""; 0]);
    // The quote character is not a delimiter.
    let dialect = Dialect {
        quote: Some(Quote::Mark(b'|')),
        ..Dialect::default()
    };
    assert_eq!(resolve("a b|c|d|e", &dialect).delimiter, b',');
}

#[test]
fn detects_the_template_by_two_columns_unless_options_contradict() {
    let header = "cognito:username,name,email_verified,COGNITO:MFA_ENABLED ";
    assert!(resolve(header, &Dialect::default()).template);
    for (header, dialect) in [
        ("cognito:username,password", Dialect::default()),
        ("cognito:mfa_enabled,username", Dialect::default()),
        (
            "\"cognito:username\",\"cognito:mfa_enabled\"",
            Dialect::default(),
        ),
        (
            "cognito:username;name;cognito:mfa_enabled",
            Dialect::default(),
        ),
        (
            header,
            Dialect {
                quote: Some(Quote::Mark(b'"')),
                ..Dialect::default()
            },
        ),
        (
            header,
            Dialect {
                columns: Some(vec!["username".to_owned()]),
                ..Dialect::default()
            },
        ),
    ] {
        assert!(!resolve(header, &dialect).template, "{header} {dialect:?}");
    }
}

#[test]
fn the_identity_is_empty_for_an_ordinary_list() {
    let identity = |line: &str, encoding: &str, dialect: Dialect| {
        let encoding = encoding.parse().unwrap();
        ResolvedDialect::of(line.as_bytes(), LineEnd::Newline, encoding, &dialect).identity()
    };
    assert_eq!(
        identity("username,password", "utf-8", Dialect::default()),
        ""
    );
    assert_eq!(
        identity("a\tb", "utf-8", Dialect::default()),
        "delimiter=tab"
    );
    // A detected delimiter equals the same delimiter as a flag.
    let semicolon = Dialect {
        delimiter: Some(b';'),
        quote: Some(Quote::default()),
        ..Dialect::default()
    };
    assert_eq!(identity("a;b", "utf-8", semicolon), "delimiter=;");
    assert_eq!(identity("a;b", "utf-8", Dialect::default()), "delimiter=;");
    assert_eq!(
        identity(
            "cognito:username,cognito:mfa_enabled",
            "utf-8",
            Dialect::default()
        ),
        "template=aws"
    );
    let all = Dialect {
        delimiter: Some(1),
        quote: Some(Quote::Mark(b'\'')),
        escape: Some(b'\\'),
        columns: Some(vec![]),
        skip_lines: 3,
        flexible: true,
        drop_apostrophe: true,
        unwrap_formulas: true,
        ..Dialect::default()
    };
    assert_eq!(
        identity("", "windows-1252", all),
        r"encoding=windows-1252 delimiter=\x01 quote=\' escape=\\ skip_lines=3 header=none flexible apostrophe=dropped formulas=unwrapped"
    );
    let unquoted = Dialect {
        quote: Some(Quote::None),
        ..Dialect::default()
    };
    assert_eq!(identity("a", "utf-8", unquoted), "quote=none");
}

#[test]
fn notices_name_detected_and_ignored_options() {
    let semicolon = resolve("a;b", &Dialect::default()).notices();
    assert_eq!(semicolon.len(), 1);
    assert!(
        semicolon[0].contains("`;`") && semicolon[0].contains("--delimiter"),
        "{semicolon:?}"
    );
    assert!(
        resolve("a,b", &Dialect::default()).notices().is_empty(),
        "commas are expected"
    );
    let windows = Dialect {
        encoding: Some("windows-1252".parse().unwrap()),
        ..Dialect::default()
    };
    let overridden = resolve("a,b", &windows).notices();
    assert!(
        overridden[0].contains("UTF-8") && overridden[0].contains("--encoding windows-1252"),
        "{overridden:?}"
    );
}

#[test]
fn first_line_skips_blank_lines_and_ends_outside_of_quotes() {
    let first = |text: &str| {
        let line = first_line(text.as_bytes(), QuoteChars::default());
        line.map(|line| String::from_utf8(line.to_vec()).unwrap())
    };
    assert_eq!(first("\r\n\n a,b\r\nc").as_deref(), Some(" a,b"));
    assert_eq!(first("\"a\r\nb\",c\rd").as_deref(), Some("\"a\r\nb\",c"));
    for open in ["", "\n\n", "a,b", "\"a\nb"] {
        assert_eq!(first(open), None, "{open:?}");
    }
    let escaped = QuoteChars {
        escape: Some(b'\\'),
        ..QuoteChars::default()
    };
    let line = first_line(b"\"a\\\"\nb\",c\nd", escaped);
    assert_eq!(line, Some(&b"\"a\\\"\nb\",c"[..]));
}

#[test]
fn separators_are_ascii_and_not_alphanumeric_or_line_ends() {
    for character in *b",;|\t ^~\x01\x1f'\"" {
        assert!(may_separate(character), "{character}");
    }
    for character in *b"aZ9\0\r\n\x80\xff" {
        assert!(!may_separate(character), "{character}");
    }
}
