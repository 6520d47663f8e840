//! Lists from old systems: compressed, in other encodings, with other delimiters and quotes,
//! without a header, or in the format of AWS's own import.

use cognito_import::rehearsal::PoolSettings;

use crate::harness::{Pool, TestDir, gzip, marked_utf_16, quick, users, utf_16, zstd};

#[test]
fn compressed_lists_are_read_from_files_and_standard_input() {
    for packed in [gzip(users(3).as_bytes()), zstd(users(3).as_bytes())] {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        // The file name does not show the compression.
        let list = dir.file("users.csv", &packed);
        dir.import(&pool, list).run().exits(0);
        assert_eq!(dir.results().count("created"), 3);
        assert_eq!(dir.results().row(3)["line"], "4");

        let dir = TestDir::new();
        dir.rehearse("-").input(packed).run().exits(0);
        assert_eq!(dir.results().count("created"), 3);
    }
}

#[test]
fn a_truncated_archive_stops_the_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let packed = gzip(users(20_000).as_bytes());
    let list = dir.file("users.csv.gz", &packed[..packed.len() / 50]);
    dir.import(&pool, list)
        .run()
        .exits(3)
        .names(["users.csv.gz"]);
    assert_eq!(
        pool.requests("SignUp"),
        0,
        "the list is read before it is sent"
    );
    dir.import(&pool, list)
        .arg("--no-preflight")
        .run()
        .exits(4)
        .names(["users.csv.gz"]);
    let results = dir.results();
    assert_eq!(results.summary["read_to_end"], false);
    assert!(results.rows.len() > 100);
    assert_eq!(results.count("invalid"), 0, "a partial row is not read");
}

#[test]
fn a_decompression_bomb_stops_the_run() {
    let dir = TestDir::new();
    let row = format!("ann,Passw0rd!,{}\n", "x".repeat(60_000));
    let bomb = users(1) + &row.repeat(80 * 1024 * 1024 / row.len());
    let list = dir.file("users.csv.zst", zstd(bomb.as_bytes()));
    dir.rehearse(list)
        .arg("--no-preflight")
        .run()
        .exits(4)
        .names(["users.csv.zst"]);
    let rows = dir.results().rows.len() as u64;
    assert_eq!(rows / 100, (64 * 1024 * 1024 / row.len() as u64) / 100);
}

#[test]
fn the_encoding_comes_from_the_byte_order_mark_or_the_flag() {
    let text = "username,password,email,given_name\nann,Passw0rd!,ann@example.com,Zoë\n";
    let windows: Vec<u8> = text.chars().map(|c| c as u8).collect();
    let marked = marked_utf_16(text);
    for (bytes, encoding) in [
        (windows, Some("Windows-1252")),
        (utf_16(text), Some("utf-16le")),
        (marked.clone(), None),
        (gzip(&marked), None),
    ] {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", bytes);
        let mut import = dir.import(&pool, list);
        if let Some(encoding) = encoding {
            import = import.args(["--encoding", encoding]);
        }
        import.run().exits(0);
        assert_eq!(pool.users()["ann"].attributes["given_name"], "Zoë");
    }
}

#[test]
fn a_header_in_another_encoding_is_refused_with_the_right_flag() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", b"username,password,pr\xe9nom\n");
    dir.rehearse(list)
        .run()
        .exits(3)
        .names(["users.csv: line 1", "--encoding windows-1252"]);
    let list = dir.file("wide.csv", utf_16("username,password\n"));
    dir.rehearse(list)
        .run()
        .exits(3)
        .names(["wide.csv: line 1", "`--encoding utf-16le`"]);
    dir.rehearse(list)
        .args(["--encoding", "latin-9000"])
        .run()
        .exits(2)
        .names(["--encoding", "latin-9000", "windows-1252"]);
}

#[test]
fn an_undecodable_cell_only_invalidates_its_row() {
    let dir = TestDir::new();
    let list = b"username,password,email,name\nann,Passw0rd!,ann@example.com,\x83\x41\nbob,Passw0rd!,,\x83\n";
    let list = dir.file("users.csv", list);
    dir.rehearse(list)
        .args(["--encoding", "shift_jis"])
        .run()
        .exits(1);
    let results = dir.results();
    assert_eq!(results.outcomes(), ["created", "invalid"]);
    let row = results.row(2);
    assert_eq!(row["username"], "bob");
    assert_eq!(row["error_code"], "row.encoding");
    for datum in ["column name", "Shift_JIS"] {
        assert!(row["error_message"].contains(datum), "{row:?}");
    }
}

#[test]
fn a_guessed_delimiter_is_reported_and_a_given_one_is_not() {
    let dir = TestDir::new();
    let list = "username;password;email\nann;\"Pass;w0rd!\";ann@example.com\n";
    let list = dir.file("users.csv", list);
    // The note is the only line that quotes the delimiter.
    let notes = |stderr: &str| stderr.matches("`;`").count();
    let output = dir.rehearse(list).run().exits(0);
    assert_eq!(notes(&output.stderr), 1, "{}", output.stderr);
    assert_eq!(dir.results().count("created"), 1);
    for flags in [["--delimiter", ";"], ["--password", "column"]] {
        let mut rehearse = dir.rehearse(list).args(flags);
        if flags[0] != "--delimiter" {
            rehearse = rehearse.arg("--quiet");
        }
        let output = rehearse.run().exits(0);
        assert_eq!(notes(&output.stderr), 0, "{}", output.stderr);
    }
    let list = dir.file("commas.csv", users(1));
    let output = dir.rehearse(list).run().exits(0);
    assert!(!output.stderr.contains("commas.csv:"), "{}", output.stderr);
}

#[test]
fn the_given_delimiter_and_quote_are_used() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = "username\tpassword\temail\tname\nann\tPassw0rd!\tann@example.com\t'Ann \"A\"\tB'\n";
    let list = dir.file("users.tsv", list);
    dir.import(&pool, list)
        .args(["--delimiter", "tab", "--quote", "'"])
        .run()
        .exits(0);
    assert_eq!(pool.users()["ann"].attributes["name"], "Ann \"A\"\tB");

    let list = dir.file(
        "plain.csv",
        "username,password,email,name\nbob,Passw0rd!,bob@example.com,\"B\n",
    );
    dir.import(&pool, list)
        .args(["--quote", "none", "--run-dir", "plain"])
        .run()
        .exits(0);
    assert_eq!(pool.users()["bob"].attributes["name"], "\"B");

    dir.import(&pool, list)
        .args(["--quote", ",", "--run-dir", "both"])
        .run()
        .exits(3)
        .names(["--delimiter", "--quote"]);
    assert!(!dir.path("both").exists());
}

#[test]
fn columns_can_be_named_for_a_list_without_a_header() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "ann;Passw0rd!;ann@example.com\nbob;Passw0rd!\n",
    );
    dir.import(&pool, list)
        .args(["--no-headers", "--columns", "username, password,email"])
        .run()
        .exits(1);
    assert_eq!(pool.users()["ann"].attributes["email"], "ann@example.com");
    let results = dir.results();
    assert_eq!(results.row(1)["line"], "1");
    assert_eq!(results.row(2)["error_code"], "row.cell_count");
    dir.import(&pool, list)
        .arg("--no-headers")
        .run()
        .exits(2)
        .names(["--columns"]);
}

#[test]
fn the_aws_import_template_is_recognized() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "template.csv",
        "cognito:username,name,address,email,email_verified,cognito:mfa_enabled\n\
         ann,Ann \"A\\, B\",\"1\\, High St,ann@example.com,true,false\n",
    );
    // The template has no password column, and this pool requires one.
    dir.import(&pool, list)
        .args(["--password", "none"])
        .run()
        .exits(3)
        .names(["[password_needed]", "--quote", "--password generate"]);
    let passwordless = Pool::start(PoolSettings {
        allowed_first_auth_factors: vec!["PASSWORD".to_owned(), "EMAIL_OTP".to_owned()],
        ..quick()
    });
    dir.import(&passwordless, list)
        .args(["--password", "none"])
        .run()
        .exits(0);
    let users = passwordless.users();
    assert_eq!(users["ann"].attributes["address"], "\"1, High St");

    let list = dir.file(
        "with-passwords.csv",
        "cognito:username,name,address,password,email,email_verified,cognito:mfa_enabled\n\
         ann,Ann \"A\\, B\",\"1\\, High St,Passw0rd\\,1!,ann@example.com,true,false\n",
    );
    dir.import(&pool, list)
        .args(["--run-dir", "passwords"])
        .run()
        .exits(0);
    let ann = &pool.users()["ann"];
    assert_eq!(ann.attributes["name"], "Ann \"A, B\"");
    assert_eq!(ann.attributes["address"], "\"1, High St");

    // Like any other list, it may have an unclosed quote.
    let output = dir
        .import(&pool, list)
        .args(["--quote", "\"", "--run-dir", "quoted"])
        .arg("--no-preflight")
        .run()
        .exits(1);
    assert!(!output.stderr.contains("--quote"), "{}", output.stderr);
}

#[test]
fn the_excel_sep_line_is_skipped() {
    let dir = TestDir::new();
    let list = format!("sep=;\r\n{}", users(2).replace(',', ";"));
    let list = dir.file("users.csv", list);
    dir.rehearse(list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 2);
    assert_eq!(results.row(1)["line"], "3");
}

#[test]
fn leading_apostrophes_are_refused_unless_dropped() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = "username,password,email,Id\n\
                ann,Passw0rd!,\"'ann@example.com\",\"'auth0|1\"\n\
                o'neil,Passw0rd!,\"'o'neil@example.com\",\"'auth0|2\"\n";
    let list = dir.file("users.csv", list);
    let import = || dir.import(&pool, list).args(["--keep", "Id"]);
    import()
        .run()
        .exits(3)
        .names(["[apostrophes]", "--drop-apostrophe"]);
    assert_eq!(pool.requests("SignUp"), 0);
    import().arg("--drop-apostrophe").run().exits(0);
    let users = pool.users();
    assert_eq!(users["ann"].attributes["email"], "ann@example.com");
    assert_eq!(users["o'neil"].attributes["email"], "o'neil@example.com");
    assert_eq!(dir.results().row(1)["Id"], "auth0|1");
    // The flag is part of the identity of a run.
    import()
        .arg("--no-preflight")
        .run()
        .exits(3)
        .names(["apostrophe=dropped"]);
}

#[test]
fn apostrophes_are_reported_even_if_the_rows_are_invalid() {
    let dir = TestDir::new();
    let rows: String = (1..=5)
        .map(|n| format!("'u{n},'Passw0rd!{n},'u{n}@example.com,030 1234567{n}\n"))
        .collect();
    let list = dir.file(
        "users.csv",
        format!("username,password,email,phone_number\n{rows}"),
    );
    dir.rehearse(list).run().exits(3).names([
        "[apostrophes]",
        "--drop-apostrophe",
        "[mostly_invalid]",
    ]);
}

#[test]
fn an_overlong_row_only_invalidates_itself() {
    let dir = TestDir::new();
    let long = "x".repeat(70_000);
    let list = format!(
        "{}ann,Passw0rd!,{long}\nbob,Passw0rd!,bob@example.com\n",
        users(1)
    );
    let list = dir.file("users.csv", list);
    dir.rehearse(list).run().exits(1);
    let results = dir.results();
    assert_eq!(results.outcomes(), ["created", "invalid", "created"]);
    let row = results.row(2);
    assert_eq!(row["error_code"], "row.too_long");
    for datum in ["70012", "65536"] {
        assert!(row["error_message"].contains(datum), "{row:?}");
    }
}

#[test]
fn resuming_requires_the_same_format_flags() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(2).replace(',', ";"));
    dir.import(&pool, list).run().exits(0);
    // A guessed delimiter and the same one as a flag are equivalent.
    dir.import(&pool, list)
        .args(["--delimiter", ";"])
        .run()
        .exits(0);
    assert_eq!(pool.requests("SignUp"), 2, "the run was finished");
    dir.import(&pool, list)
        .args(["--quote", "none"])
        .run()
        .exits(3)
        .names(["delimiter=;", "quote=none"]);
}
