//! `rejects.csv`: rows that failed are written as they were read, can be corrected, and imported
//! again.

mod edited;
mod round_trip;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use cognito_import::rehearsal::PreSignUp;

use crate::harness::{CsvRow, Pool, TestDir, existing_user, quick, users};

fn rejects(dir: &TestDir) -> String {
    fs::read_to_string(dir.path("run/rejects.csv")).unwrap()
}

/// The rows of a comma-separated `rejects.csv`.
fn rows(dir: &TestDir) -> Vec<CsvRow> {
    let mut csv = csv::Reader::from_path(dir.path("run/rejects.csv")).unwrap();
    csv.deserialize().map(Result::unwrap).collect()
}

#[test]
fn rejects_contain_only_failed_rows_with_reasons() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.existing.push(existing_user("old"));
    let pool = Pool::start(settings);
    let list = "username,password,email\n\
        ann,Passw0rd!,ann@example.com\n\
        =bob,,bob@example.com\n\
        ANN,Passw0rd!,ann@example.com\n\
        weak,password,weak@example.com\n\
        old,Passw0rd!,old@example.com\n";
    let list = dir.file("users.csv", list);
    let output = dir.import(&pool, list).arg("--no-preflight").run();
    output.exits(1).names(["run/rejects.csv"]);
    let rows = rows(&dir);
    let column = |name: &str| {
        rows.iter()
            .map(|row| row[name].as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        column("username"),
        ["=bob", "ANN", "weak"],
        "unchanged, nothing defused"
    );
    assert_eq!(
        column("reason_outcome"),
        ["invalid", "duplicate", "rejected"]
    );
    assert_eq!(
        column("reason_code"),
        [
            "password.missing",
            "username.duplicate",
            "InvalidPasswordException"
        ]
    );
    assert_eq!(column("reason_row"), ["2", "3", "4"]);
    assert_eq!(column("reason_line"), ["3", "4", "5"]);
    assert!(rows[1]["reason_message"].contains("row 1"));
    assert!(
        column("password")
            .iter()
            .all(|password| password.is_empty())
    );
    let header = rejects(&dir).lines().next().unwrap().to_owned();
    assert_eq!(
        header,
        "username,password,email,reason_outcome,reason_code,reason_message,reason_row,reason_line"
    );
    let mode = fs::metadata(dir.path("run/rejects.csv"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn reasons_in_a_list_of_rejects_are_replaced_and_other_columns_kept() {
    let dir = TestDir::new();
    let list = "username,password,reason_code,email\nann,Passw0rd!,x,ann\nbob,Passw0rd!,y,bob@example.com\n";
    let list = dir.file("users.csv", list);
    let rehearse = |list: &str| dir.rehearse(list).arg("--no-preflight");
    let ignore = ["--ignore-column", "reason_code"];
    rehearse(list).args(ignore).run().exits(1);
    let first = rejects(&dir);
    let row = "ann,,x,ann,rejected,";
    assert!(
        first.contains("username,password,reason_code,email,import_reason_outcome,"),
        "{first}"
    );
    assert!(first.contains(row), "{first}");
    let again = dir.file(
        "again.csv",
        first.replace(row, "ann,Passw0rd!,x,Ann,rejected,"),
    );
    rehearse(again).args(ignore).run().exits(1);
    let second = rejects(&dir);
    assert_eq!(second.matches("reason_outcome").count(), 1, "{second}");
    assert!(second.contains("ann,,x,Ann,rejected,"), "{second}");
    assert!(second.contains(",1,2\n"), "the row of that list: {second}");
}

/// Passwords in every place where they may occur.
const LEAKY: &str = "username,password,old_passwd,email\n\
    fine,C4nary#fine,C4nary#old,fine@example.com\n\
    weak,c4nary#weak,C4nary#old,weak\n\
    many,,C4nary#many,C4nary#old,many@example.com\n\
    few,C4nary#few,few@example.com\n\
    one C4nary#one\n\
    quote,\"C4nary#quote,C4nary#old,quote@example.com\n\
    other,\"C4nary#other,C4nary#old,other@example.com\n";

#[test]
fn rejects_contain_passwords_only_on_request() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", LEAKY);
    let import = || {
        let args = ["--ignore-column", "old_passwd", "--no-preflight"];
        dir.import(&pool, list).args(args)
    };
    import().run().exits(1);
    let written = rejects(&dir);
    assert!(!written.to_lowercase().contains("c4nary"), "{written}");
    let rows = rows(&dir);
    assert_eq!(rows.len(), dir.results().rows.len() - 1);
    assert_eq!(
        (rows[0]["username"].as_str(), rows[0]["email"].as_str()),
        ("weak", "weak")
    );
    for row in &rows[1..] {
        assert_eq!(row["username"], "", "any of its cells may be the password");
        let line = format!("line {}", row["reason_line"]);
        assert!(row["reason_message"].contains(&line), "{row:?}");
    }
    // The run is finished, so nothing is sent.
    let output = import()
        .args(["--rejects-with-passwords", "--quiet"])
        .run()
        .exits(1);
    let output = output.names(["warning: run/rejects.csv"]);
    assert!(!output.stderr.contains("C4nary"));
    let written = rejects(&dir);
    for line in [
        "weak,c4nary#weak,C4nary#old,weak,",
        "many,,C4nary#many,C4nary#old,many@example.com,invalid,",
        "few,C4nary#few,few@example.com,invalid,",
    ] {
        assert!(written.contains(line), "{written}");
    }
    assert!(
        !written.contains("C4nary#other"),
        "as one row they would be another user"
    );
    assert_eq!(
        pool.requests("SignUp"),
        2,
        "the valid and the weak row, once"
    );
    import().run().exits(1);
    assert!(!rejects(&dir).contains("4nary"), "blank again");
}

#[test]
fn rows_without_passwords_are_written_in_full_even_if_ragged() {
    let dir = TestDir::new();
    let list = "username,email\nann,ann@example.com,x\nbob\n";
    let list = dir.file("users.csv", list);
    let flags = ["--password", "generate", "--no-preflight"];
    dir.rehearse(list).args(flags).run().exits(1);
    let written = rejects(&dir);
    assert!(
        written.contains("\nann,ann@example.com,x,invalid,row.cell_count,"),
        "{written}"
    );
    assert!(
        written.contains("\nbob,invalid,row.cell_count,"),
        "{written}"
    );
    // Uncorrected, they fail again.
    let again = dir.file("again.csv", &written);
    dir.rehearse(again).args(flags).run().exits(1);
    assert_eq!(dir.results().counts(), [("invalid", 2)].into());
}

#[test]
fn unreadable_rows_stay_unreadable_until_corrected() {
    for (list, flags) in [
        (
            &b"username,email,nickname\nann,ann@example.com,J\xfcrgen\n"[..],
            &[][..],
        ),
        (
            &b"username,email,nickname\nann,ann@example.com,J\xff\n"[..],
            &["--encoding", "shift_jis"][..],
        ),
    ] {
        let dir = TestDir::new();
        let list = dir.file("users.csv", list);
        let rehearse = |list: &str| {
            let cli = dir
                .rehearse(list)
                .args(["--password", "generate", "--no-preflight"]);
            cli.args(flags).run()
        };
        rehearse(list).exits(1);
        let written = rejects(&dir);
        assert!(
            written.contains("\nann,ann@example.com,J\u{fffd}"),
            "{written}"
        );
        let again = dir.file("again.csv", &written);
        rehearse(again).exits(1);
        assert_eq!(dir.results().rows[0]["error_code"], "row.encoding");
        let fixed = dir.file("corrected.csv", written.replace("J\u{fffd}", "Jü"));
        rehearse(fixed).exits(0);
    }
}

#[test]
fn rejects_of_standard_input_are_written_without_passwords() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let import = |list: &str| {
        let args = ["--ignore-column", "old_passwd", "--no-preflight"];
        dir.import(&pool, "-").args(args).input(list)
    };
    let refused = import(LEAKY).arg("--rejects-with-passwords").run().exits(3);
    refused.names(["--rejects-with-passwords"]);
    assert_eq!(pool.requests("SignUp"), 0);
    import(LEAKY).run().exits(1);
    let once = rejects(&dir);
    assert!(!once.to_lowercase().contains("c4nary"), "{once}");
    fs::remove_file(dir.path("run/rejects.csv")).unwrap();
    import(LEAKY).run().exits(1);
    assert_eq!(
        rejects(&dir),
        once,
        "it is read even when the run is finished"
    );
    let list = dir.file("users.csv", LEAKY);
    let file = dir.import(&pool, list).args(["--run-dir", "file"]);
    file.args(["--ignore-column", "old_passwd", "--no-preflight"])
        .run()
        .exits(1);
    let mut of_file = fs::read_to_string(dir.path("file/rejects.csv")).unwrap();
    of_file.retain(|c| c != '\r');
    assert_eq!(of_file, once);
}

#[test]
fn a_run_without_failures_removes_an_older_rejects_file() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.pre_sign_up = PreSignUp::Refuse {
        message: "not today".to_owned(),
    };
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(3));
    let import = |pool: &Pool| dir.import(pool, list).args(["--max-failures", "0"]);
    import(&pool).run().exits(1);
    assert_eq!(rows(&dir).len(), 3);
    let pool = pool.restart_with(|settings| settings.pre_sign_up = PreSignUp::default());
    let output = import(&pool).args(["--retry", "rejected"]).run().exits(0);
    assert!(!output.stderr.contains("rejects.csv"), "{}", output.stderr);
    assert!(!dir.path("run/rejects.csv").exists());
}

#[test]
fn a_resumed_run_has_the_rejects_of_all_its_sessions() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let broken = |number| format!("broken{number},Passw0rd!,nowhere\n");
    let list = users(200).replacen('\n', &format!("\n{}", broken(1)), 1) + &broken(2);
    let list = dir.file("users.csv", list);
    let running = dir.import(&pool, list).args(["--rate", "100"]).start();
    pool.wait_for_requests("SignUp", 10);
    running.signal("TERM");
    running.wait().exits(143);
    assert!(dir.results().count("unsent") > 0);
    assert_eq!(
        rows(&dir)[0]["username"],
        "broken1",
        "unsent rows are left to the resumed run"
    );
    dir.import(&pool, list).run().exits(1);
    let names: Vec<String> = rows(&dir)
        .into_iter()
        .map(|row| row["username"].clone())
        .collect();
    assert_eq!(names, ["broken1", "broken2"]);
}

#[test]
fn a_list_changed_during_the_run_gives_no_rejects() {
    for change in ["appended", "removed"] {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let text = users(40) + "broken,Passw0rd!,nowhere\n";
        let list = dir.file("users.csv", &text);
        let running = dir
            .import(&pool, list)
            .args(["--rate", "20", "--output", "json"])
            .start();
        pool.wait_for_requests("SignUp", 2);
        if change == "appended" {
            fs::write(dir.path(list), text + "new,Passw0rd!,new@example.com\n").unwrap();
        } else {
            fs::remove_file(dir.path(list)).unwrap();
        }
        let output = running.wait().exits(1).names(["rejects.csv", "users.csv"]);
        let document = output.document();
        assert_eq!(document["rejects"]["file"], serde_json::Value::Null);
        let error = document["rejects"]["error"].as_str().unwrap();
        assert!(error.contains("users.csv"), "{error}");
        assert!(!dir.path("run/rejects.csv").exists());
        assert_eq!(dir.results().count("created"), 40);
    }
}

#[test]
fn without_rejects_the_list_is_not_read_again() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(40));
    let running = dir.import(&pool, list).args(["--rate", "20"]).start();
    pool.wait_for_requests("SignUp", 2);
    fs::remove_file(dir.path(list)).unwrap();
    let output = running.wait().exits(0);
    assert!(!output.stderr.contains("rejects.csv"), "{}", output.stderr);
}

#[test]
fn the_document_of_a_run_names_the_rejects_file() {
    let dir = TestDir::new();
    let list = dir.file(
        "users.csv",
        "username,password,email\nann,Passw0rd!,ann\nbob,Passw0rd!,bob@example.com\n",
    );
    let output = dir.rehearse(list).json().run().exits(1);
    let document = output.document();
    let rejects = serde_json::json!({"file": "run/rejects.csv", "rows": 1, "with_passwords": false, "error": null, "edited_file": null});
    assert_eq!(document["rejects"], rejects);
    assert_eq!(document["files"]["rejects.csv"], "run/rejects.csv");
}

#[test]
fn a_shortened_list_leaves_no_partial_file() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = users(3) + "broken,Passw0rd!,nowhere\n";
    let import = |list: String| dir.import(&pool, "-").input(list).run();
    import(list).exits(1);
    assert_eq!(rows(&dir).len(), 1);
    import(users(2)).names(["rejects.csv", "row 4"]);
    assert!(!dir.path("run/rejects.csv").exists());
}
