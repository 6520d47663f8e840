//! Round trips: the rejects of every kind of list can be corrected and imported.

use super::rejects;
use crate::harness::{Pool, TestDir, gzip, quick};

/// Imports a list, corrects its rejects as a person would, and imports those with the same flags.
/// Then every user exists.
#[track_caller]
fn round_trip(
    list: impl AsRef<[u8]>,
    flags: &[&str],
    created: usize,
    corrections: &[(&str, &str)],
) {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", list);
    let import = |list: &str, run: &'static str| {
        let cli = dir.import(&pool, list).args(["--run-dir", run]);
        cli.args(flags)
    };
    import(list, "run").arg("--no-preflight").run().exits(1);
    let results = dir.results();
    assert_eq!(results.count("created"), created, "{:?}", results.counts());
    let rejected = rejects(&dir);
    let lines = rejected.lines().count();
    assert!(lines > 1, "{rejected}");
    let mut corrected = rejected.clone();
    for (broken, fixed) in corrections {
        assert!(corrected.contains(broken), "{broken:?} in\n{rejected}");
        corrected = corrected.replace(broken, fixed);
    }
    let corrected = dir.file("corrected.csv", corrected);
    import(corrected, "again").run().exits(0);
    let again = dir.results_in("again");
    assert_eq!(again.count("created"), again.rows.len());
    assert_eq!(again.rows.len() + created, results.rows.len(), "all rows");
    assert!(!dir.path("again/rejects.csv").exists());
    for user in pool.users().values() {
        assert!(!user.attributes.contains_key("reason_code"));
    }
}

#[test]
fn semicolons_quotes_multiline_cells_and_crlf_are_preserved() {
    let list = "username;password;email;address\r\n\
        ann;Passw0rd!;ann@example.com;\"High St; 1\"\r\n\
        bob;Passw0rd!;bob-example.com;\"\"\"Villa\"\" Bob;\r\nFlat 2\"\r\n\
        cy;short;cy@example.com; Low St \r\n";
    let corrections = [
        (
            "bob;;bob-example.com;\"\"\"Villa\"\" Bob;\r\nFlat 2\";rejected;InvalidParameterException;",
            "bob;Passw0rd!;bob@example.com;\"\"\"Villa\"\" Bob;\r\nFlat 2\";;;",
        ),
        (
            "cy;;cy@example.com; Low St ;rejected;",
            "cy;Passw0rd!;cy@example.com; Low St ;rejected;",
        ),
        (";reason_row;reason_line\r\n", ";reason_row;reason_line\r\n"),
    ];
    round_trip(list, &[], 1, &corrections);
}

#[test]
fn tabs_and_unquoted_lists_are_preserved() {
    let list = "username\tpassword\temail\tnickname\nann\tPassw0rd!\tann@example.com\tAn \"A\" Lee\nbob\tPassw0rd!\tbob\t\"Bob\n";
    let corrections = [(
        "bob\t\tbob\t\"Bob\t",
        "bob\tPassw0rd!\tbob@example.com\t\"Bob\t",
    )];
    round_trip(list, &["--quote", "none"], 1, &corrections);
    let list = "username|password|email\nann|Passw0rd!|ann@example.com\nbob|Passw0rd!|bob\n";
    let corrections = [("bob||bob|", "bob|Passw0rd!|bob@example.com|")];
    round_trip(list, &["--delimiter", "|", "--quote", "'"], 1, &corrections);
}

#[test]
fn the_aws_template_is_preserved() {
    let list = "cognito:username,password,email,address,cognito:mfa_enabled\n\
        ann,Passw0rd!,ann@example.com,1\\, High \"St\",\n\
        bob,Passw0rd!,bob,2\\, High St,a\\\n";
    let corrections = [(
        "bob,,bob,2\\, High St,a\\ ,rejected,",
        "bob,Passw0rd!,bob@example.com,2\\, High St,a\\ ,rejected,",
    )];
    round_trip(
        list,
        &["--ignore-column", "cognito:mfa_enabled"],
        1,
        &corrections,
    );
}

#[test]
fn other_encodings_become_utf_8_and_are_recognized() {
    let list = b"username;password;email;nickname\nann;Passw0rd!;ann@example.com;J\xfcrgen\nbob;Passw0rd!;bob;Zo\xeb \x80\n";
    let corrections = [
        ("\u{feff}username;", "\u{feff}username;"),
        ("bob;;bob;Zoë €;", "bob;Passw0rd!;bob@example.com;Zoë €;"),
    ];
    round_trip(list, &["--encoding", "windows-1252"], 1, &corrections);
}

#[test]
fn a_list_without_a_header_gets_a_recognized_header() {
    let list = "Passw0rd!;ann;ann@example.com\nPassw0rd!;bob;bob\n";
    let columns = ["--no-headers", "--columns", "password,username,email"];
    let corrections = [
        (
            "password;username;email;reason_outcome;",
            "password;username;email;reason_outcome;",
        ),
        (";bob;bob;", "Passw0rd!;bob;bob@example.com;"),
    ];
    round_trip(list, &columns, 1, &corrections);
    // The header names the columns, so it can be read without the flags too. A spreadsheet may
    // quote every cell.
    let quoted = "\"password\",\"username\",\"email\",\"reason_outcome\",\"reason_code\",\"reason_message\",\"reason_row\",\"reason_line\"\n\
        \"Passw0rd!\",\"bob\",\"bob@example.com\",\"invalid\",\"email.format\",\"no\",\"2\",\"2\"\n";
    let dir = TestDir::new();
    let list = dir.file("quoted.csv", quoted);
    dir.rehearse(list).run().exits(0);
    dir.rehearse(list).args(columns).run().exits(0);
    assert_eq!(dir.results().counts().get("created"), Some(&1));
}

#[test]
fn a_sep_line_is_repeated_if_needed() {
    let list = "sep=;\nusername;password;email;a,b,c,d,e,f,g,h,i,j,k,l\nann;Passw0rd!;ann@example.com;x\nbob;Passw0rd!;bob;y\n";
    let corrections = [
        ("sep=;\n", "sep=;\n"),
        ("bob;;bob;y;", "bob;Passw0rd!;bob@example.com;y;"),
    ];
    round_trip(list, &["--ignore-unknown"], 1, &corrections);
}

#[test]
fn columns_of_a_mapping_file_keep_their_names() {
    let dir = TestDir::new();
    let mapping = "ignore = [\"Shoe size\"]\n[columns]\nLogin = \"username\"\nKey = \"password\"\n[list]\ndelimiter = \";\"\n";
    let mapping = dir.path(dir.file("mapping.toml", mapping));
    let list = "Login;Shoe size;Key;E-mail;email\nann;38;Passw0rd!;;ann@example.com\nbob;44;Passw0rd!;;bob\n";
    let corrections = [("bob;44;;;bob;", "bob;44;Passw0rd!;;bob@example.com;")];
    let flags = [
        "--mapping",
        mapping.to_str().unwrap(),
        "--ignore-column",
        "E-mail",
    ];
    round_trip(list, &flags, 1, &corrections);
}

#[test]
fn rejects_of_a_compressed_list_are_plain_text() {
    let list = "username,password,email\nann,Passw0rd!,ann@example.com\nbob,Passw0rd!,bob\n";
    let corrections = [("bob,,bob,", "bob,Passw0rd!,bob@example.com,")];
    round_trip(gzip(list), &[], 1, &corrections);
}
