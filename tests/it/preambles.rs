//! Lines before the first row of a list: none, titles, and the preambles of other programs.

use crate::harness::{Pool, TestDir, gzip, marked_utf_16, quick, users, zstd};

/// A comma-separated list in the forms that other programs write.
fn variants(list: &str) -> Vec<Vec<u8>> {
    let windows = list.replace('\n', "\r\n");
    let quoted = list.replace(
        "username,password,email",
        "\"username\",\"password\",\"email\"",
    );
    vec![
        list.into(),
        list.trim_end().into(),
        quoted.clone().into(),
        windows.clone().into(),
        list.replace('\n', "\r").into(),
        list.replace(',', "\t").into(),
        format!("\u{feff}{windows}").into(),
        marked_utf_16(&quoted.replace(',', ";")),
        gzip(marked_utf_16(&windows)),
        zstd(windows.trim_end().as_bytes()),
    ]
}

#[test]
fn preambles_of_other_programs_are_skipped() {
    for above in ["#TYPE Example.Export.User\n", "\n#type System.Object\n \n"] {
        for list in variants(&format!("{above}{}", users(2))) {
            let dir = TestDir::new();
            let list = dir.file("users.csv", list);
            dir.rehearse(list).run().exits(0);
            let results = dir.results();
            assert_eq!(results.count("created"), 2);
            let line = 2 + above.matches('\n').count();
            assert_eq!(results.row(1)["line"], line.to_string());
        }
    }
}

#[test]
fn skip_lines_skips_that_many_lines_and_keeps_line_numbers() {
    let title = "Users, \"all of them\nexported: 2026-11-23\n\n";
    for list in variants(&format!("{title}{}bad name,x,y\n", users(1))) {
        let dir = TestDir::new();
        let list = dir.file("users.csv", list);
        dir.file("mapping.toml", "[list]\nskip_lines = 2\n");
        for (run, flags) in [
            ("flag", ["--skip-lines", "2"]),
            ("file", ["--mapping", "mapping.toml"]),
        ] {
            let rehearse = dir.rehearse(list).args(["--run-dir", run]);
            rehearse.args(flags).run().exits(1);
            let results = dir.results_in(run);
            assert_eq!(results.outcomes(), ["created", "invalid"]);
            assert_eq!(results.row(1)["line"], "5");
            assert_eq!(results.row(2)["line"], "6");
        }
        // Its rejects can be read with and without the flag.
        let rejects = dir.path("flag/rejects.csv");
        for (run, lines) in [("with", "2"), ("without", "0")] {
            let again = dir.rehearse(&rejects).args(["--skip-lines", lines]);
            let again = again.args(["--run-dir", run]).arg("--no-preflight");
            again.run().exits(1);
            assert_eq!(dir.results_in(run).outcomes(), ["invalid"]);
        }
    }
}

#[test]
fn resuming_requires_the_same_skipped_lines() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", format!("Users\n{}", users(1)));
    let import = || dir.import(&pool, list).args(["--skip-lines", "1"]);
    import().run().exits(0);
    import().run().exits(0);
    assert_eq!(pool.requests("SignUp"), 1, "the run was finished");
    let other = dir.import(&pool, list).args(["--skip-lines", "2"]);
    let other = other.args(["--no-headers", "--columns", "username,password,email"]);
    other
        .arg("--no-preflight")
        .run()
        .exits(3)
        .names(["skip_lines=1"]);
}

#[test]
fn a_header_below_other_lines_is_found_and_the_flag_suggested() {
    for (above, line) in [
        ("Export of users; 2026\nversion:1.0\n\n", 4),
        ("version:1.0\n", 2),
        ("\"Users\" of 2026\n", 2),
        ("\"Users of 2026\n\n\n", 4),
        ("Users,,,\n,,,\n", 3),
    ] {
        let list = format!(
            "{above}User Name;E-Mail;Pass word;Department\nann;ann@example.com;Secret#1;x\n"
        );
        for list in [
            list.clone().into_bytes(),
            marked_utf_16(&list),
            gzip(list.as_bytes()),
        ] {
            let dir = TestDir::new();
            let list = dir.file("users.csv", list);
            let flag = format!("--skip-lines {}", line - 1);
            let data = [&format!("line {line} "), flag.as_str()];
            let output = dir.rehearse(list).run().exits(3).names(data);
            assert!(!output.stderr.contains("Secret"), "{}", output.stderr);
            assert!(!dir.path("run").exists());
        }
    }
    // A valid header is not questioned because of a row below it.
    let dir = TestDir::new();
    let list = dir.file("users.csv", "name,mail\nusername,password\n");
    let output = dir.rehearse(list).run().exits(3);
    assert!(!output.stderr.contains("--skip-lines"), "{}", output.stderr);
}

#[test]
fn a_list_without_lines_is_empty_in_any_compression() {
    let blank = "\r\n".repeat(300_000);
    for text in [
        "",
        "\n\n\n",
        " \n\t\n",
        &blank,
        "sep=;\n",
        "#TYPE Example\n",
    ] {
        for list in [
            text.as_bytes().to_vec(),
            gzip(text.as_bytes()),
            zstd(text.as_bytes()),
            marked_utf_16(text),
            gzip(marked_utf_16(text)),
        ] {
            let dir = TestDir::new();
            let name = dir.file("users.csv", &list);
            dir.rehearse(name).run().exits(3).names(["users.csv: "]);
            dir.rehearse("-").input(list).run().exits(3);
        }
    }
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(1));
    let skipped = dir.rehearse(list).args(["--skip-lines", "9"]);
    skipped.run().exits(3).names(["users.csv: ", "9 "]);
}
