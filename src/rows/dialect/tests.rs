use super::{Dialect, Quote, QuoteChars, ResolvedDialect, announced, first_line, may_separate};
use crate::source::TextEncoding;

fn reading(line: &str, dialect: &Dialect) -> ResolvedDialect {
    ResolvedDialect::of(line.as_bytes(), TextEncoding::UTF_8, dialect)
}

fn guessed(line: &str) -> char {
    char::from(reading(line, &Dialect::default()).delimiter)
}

#[test]
fn the_delimiter_is_what_the_header_has_most_of_outside_of_quotes() {
    for (line, delimiter) in [
        ("username,password", ','),
        ("username;password", ';'),
        ("username\tpassword", '\t'),
        ("username|password", '|'),
        ("username;last name, first name;password", ';'),
        ("username,\"a;b;c;d\",password", ','),
        ("\"a,\"\"b,\"\"c,\nd\";password", ';'),
        // A quote within a value opens nothing.
        ("size 5\";a,b;c\"", ';'),
        ("username", ','),
        ("", ','),
        // Of equals, the likelier one.
        ("a,b;c", ','),
        ("a|b\tc", '\t'),
    ] {
        assert_eq!(guessed(line), delimiter, "{line}");
    }
}

#[test]
fn without_a_header_the_delimiter_is_what_makes_the_columns_that_are_named() {
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
            reading(line, &columns(count)).delimiter,
            delimiter,
            "{line}"
        );
    }
}

#[test]
fn a_delimiter_is_announced_by_a_line_that_says_nothing_else() {
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
        assert_eq!(announced(line.as_bytes()), delimiter, "{line}");
    }
}

#[test]
fn what_the_command_line_says_is_not_guessed() {
    let dialect = Dialect {
        delimiter: Some(b'^'),
        ..Dialect::default()
    };
    let found = reading("a;b;c", &dialect);
    assert_eq!(found.delimiter, b'^');
    assert_eq!(found.notices(), [""; 0]);
    // A character that quotes does not separate.
    let dialect = Dialect {
        quote: Some(Quote::Mark(b'|')),
        ..Dialect::default()
    };
    assert_eq!(reading("a b|c|d|e", &dialect).delimiter, b',');
}

#[test]
fn the_template_is_known_by_two_names_and_not_where_something_else_was_said() {
    let header = "cognito:username,name,email_verified,COGNITO:MFA_ENABLED ";
    assert!(reading(header, &Dialect::default()).template);
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
        assert!(!reading(header, &dialect).template, "{header} {dialect:?}");
    }
}

#[test]
fn an_ordinary_list_adds_nothing_to_what_a_run_is_bound_to_and_others_do() {
    let of = |line: &str, encoding: &str, dialect: Dialect| {
        let encoding = encoding.parse().unwrap();
        ResolvedDialect::of(line.as_bytes(), encoding, &dialect).identity()
    };
    assert_eq!(of("username,password", "utf-8", Dialect::default()), "");
    assert_eq!(of("a\tb", "utf-8", Dialect::default()), "delimiter=tab");
    // A guess and a flag that say the same are the same run.
    let semicolon = Dialect {
        delimiter: Some(b';'),
        quote: Some(Quote::default()),
        ..Dialect::default()
    };
    assert_eq!(of("a;b", "utf-8", semicolon), "delimiter=;");
    assert_eq!(of("a;b", "utf-8", Dialect::default()), "delimiter=;");
    assert_eq!(
        of(
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
        of("", "windows-1252", all),
        r"encoding=windows-1252 delimiter=\x01 quote=\' escape=\\ skip_lines=3 header=none flexible apostrophe=dropped formulas=unwrapped"
    );
    let unquoted = Dialect {
        quote: Some(Quote::None),
        ..Dialect::default()
    };
    assert_eq!(of("a", "utf-8", unquoted), "quote=none");
}

#[test]
fn people_are_told_what_was_guessed_and_what_was_passed_over() {
    let semicolon = reading("a;b", &Dialect::default()).notices();
    assert_eq!(semicolon.len(), 1);
    assert!(
        semicolon[0].contains("`;`") && semicolon[0].contains("--delimiter"),
        "{semicolon:?}"
    );
    assert!(
        reading("a,b", &Dialect::default()).notices().is_empty(),
        "nobody expects anything else"
    );
    let asked = Dialect {
        encoding: Some("windows-1252".parse().unwrap()),
        ..Dialect::default()
    };
    let overruled = reading("a,b", &asked).notices();
    assert!(
        overruled[0].contains("UTF-8") && overruled[0].contains("--encoding windows-1252"),
        "{overruled:?}"
    );
}

#[test]
fn the_first_line_ends_outside_of_quotes_and_blank_ones_are_none() {
    let ends = |text: &str| {
        let line = first_line(text.as_bytes(), QuoteChars::default());
        line.map(|line| String::from_utf8(line.to_vec()).unwrap())
    };
    assert_eq!(ends("\r\n\n a,b\r\nc").as_deref(), Some(" a,b"));
    assert_eq!(ends("\"a\r\nb\",c\rd").as_deref(), Some("\"a\r\nb\",c"));
    for open in ["", "\n\n", "a,b", "\"a\nb"] {
        assert_eq!(ends(open), None, "{open:?}");
    }
    let escaped = QuoteChars {
        escape: Some(b'\\'),
        ..QuoteChars::default()
    };
    let line = first_line(b"\"a\\\"\nb\",c\nd", escaped);
    assert_eq!(line, Some(&b"\"a\\\"\nb\",c"[..]));
}

#[test]
fn what_may_stand_between_columns_is_nothing_that_a_name_or_a_line_end_is_made_of() {
    for character in *b",;|\t ^~\x01\x1f'\"" {
        assert!(may_separate(character), "{character}");
    }
    for character in *b"aZ9\0\r\n\x80\xff" {
        assert!(!may_separate(character), "{character}");
    }
}
