//! The main job: a list becomes users, with a result for every row.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use cognito_import::rehearsal::{PoolSettings, PreSignUp};

use crate::harness::{Pool, TestDir, quick, users};

/// A list in `samples/`.
pub(crate) fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("samples")
        .join(name)
}

const COLUMNS: &str = "row,line,username,outcome,evidence,user_sub,user_status,confirmed,enabled,created_at,delivery_medium,\
     delivery_destination,error_code,error_message,attempts,duration_ms,same_as_row,delivery,follow_up,confirmed_at_sign_up,differs,updated,new,known";

#[test]
fn a_rehearsal_of_the_sample_creates_every_user_locally() {
    let dir = TestDir::new();
    let output = dir
        .rehearse(sample("users.csv"))
        .run()
        .exits(0)
        .names(["run/results.csv"]);
    assert_eq!(output.stdout, "", "messages go to standard error");
    let results = dir.results();
    assert_eq!(results.header.join(","), COLUMNS);
    assert_eq!(results.count("created"), 40);
    assert_eq!(results.summary["state"], "finished");
    assert_eq!(results.summary["read_to_end"], true);
    assert_eq!(results.summary["requests"]["UserCreation"]["sent"], 40);
    assert_eq!(results.summary["requests"]["UserCreation"]["throttled"], 0);
    let rate = results.summary["rates"]["UserCreation"].as_f64().unwrap();
    // `tests/timed` checks the actual rate.
    assert!(rate > 0.0 && rate <= 40.5, "the default is 40/s: {rate}");
    for time in ["started", "finished"] {
        let text = results.summary[time].as_str().unwrap();
        assert!(text.ends_with('Z') && text.contains('T'), "{time}: {text}");
    }
}

#[test]
fn results_follow_the_list_with_row_and_line_numbers() {
    let dir = TestDir::new();
    dir.rehearse(sample("users.csv"))
        .arg("--quiet")
        .run()
        .exits(0);
    let results = dir.results();
    let listed: Vec<String> = csv::Reader::from_path(sample("users.csv"))
        .unwrap()
        .records()
        .map(|record| record.unwrap().get(0).unwrap().to_owned())
        .collect();
    let reported: Vec<&str> = results
        .rows
        .iter()
        .map(|row| row["username"].as_str())
        .collect();
    assert_eq!(reported, listed);
    // Row 33 has a cell with a line break, so later rows are one line further down.
    let lines: Vec<usize> = results
        .rows
        .iter()
        .map(|row| row["line"].parse().unwrap())
        .collect();
    let expected: Vec<usize> = (2..=34).chain(36..=42).collect();
    assert_eq!(lines, expected);
    for row in &results.rows {
        assert_eq!(row["evidence"], "answer");
        assert_eq!(row["attempts"], "1");
        assert_eq!(row["confirmed"], "false");
        assert_eq!(row["delivery"], "none");
        assert_eq!(row["user_sub"].len(), 36, "{}", row["user_sub"]);
        assert!(row["duration_ms"].parse::<u64>().is_ok());
    }
}

#[test]
fn quiet_prints_nothing() {
    let dir = TestDir::new();
    let output = dir
        .rehearse(sample("users.csv"))
        .arg("--quiet")
        .run()
        .exits(0);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
}

#[test]
fn run_files_are_private() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", crate::harness::users(3));
    dir.rehearse(list).run().exits(0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir.path("run")), 0o700);
    let files: Vec<PathBuf> = fs::read_dir(dir.path("run"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    for name in ["ledger.db", "results.csv", "results.jsonl", "summary.json"] {
        assert!(files.contains(&dir.path("run").join(name)), "{name}");
    }
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn attributes_and_passwords_arrive_unchanged() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        pre_sign_up: PreSignUp::AutoConfirm,
        ..quick()
    });
    let list = sample("users.csv");
    dir.import(&pool, &list).run().exits(0);
    let users = pool.users();
    assert_eq!(users.len(), 40);
    let sdk = pool.sdk();
    let mut reader = csv::Reader::from_path(&list).unwrap();
    let header = reader.headers().unwrap().clone();
    for record in reader.records() {
        let record = record.unwrap();
        let (username, password) = (record.get(0).unwrap(), record.get(1).unwrap());
        let user = &users[username];
        for (name, cell) in header.iter().zip(&record).skip(2) {
            let arrived = user.attributes.get(name).map(String::as_str);
            // Empty cells are omitted.
            assert_eq!(
                arrived,
                Some(cell).filter(|cell| !cell.is_empty()),
                "{username}: {name}"
            );
        }
        let client = &pool.settings().client_id;
        assert_eq!(
            sdk.sign_in(client, username, password),
            Ok(()),
            "{username}"
        );
        let other = format!("{password}x");
        assert!(sdk.sign_in(client, username, &other).is_err());
    }
}

#[test]
fn results_include_sub_and_confirmation_by_a_trigger() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        pre_sign_up: PreSignUp::AutoConfirm,
        ..quick()
    });
    let list = dir.file("users.csv", crate::harness::users(5));
    dir.import(&pool, list).run().exits(0);
    let users = pool.users();
    for row in &dir.results().rows {
        assert_eq!(row["confirmed"], "true");
        assert_eq!(row["user_sub"], users[&row["username"]].sub);
    }
}

#[test]
fn results_include_where_a_code_was_sent() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        auto_verified_attributes: vec!["email".to_owned(), "phone_number".to_owned()],
        daily_messages: Some(2),
        ..quick()
    });
    let list = dir.file(
        "users.csv",
        "username,password,email,phone_number\n\
         mail,Passw0rd!,mail@example.com,\n\
         phone,Passw0rd!,phone@example.com,+12025550123\n\
         late,Passw0rd!,late@example.com,\n",
    );
    dir.import(&pool, list)
        .args(["--concurrency", "1", "--allow-messages"])
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(results.summary["deliveries"]["sent"], 2);
    assert_eq!(results.summary["deliveries"]["refused"], 1);
    let mail = results.for_user("mail");
    assert_eq!(
        (mail["delivery"].as_str(), mail["delivery_medium"].as_str()),
        ("sent", "EMAIL")
    );
    assert_eq!(mail["delivery_destination"], "m***@e***");
    let phone = results.for_user("phone");
    assert_eq!(
        (
            phone["delivery"].as_str(),
            phone["delivery_medium"].as_str()
        ),
        ("sent", "SMS")
    );
    // A spreadsheet would treat a destination that starts with + as a formula.
    assert!(phone["delivery_destination"].starts_with("'+"), "{phone:?}");
    // The third message exceeds the pool's limit, but the user is created.
    let late = results.for_user("late");
    assert_eq!(late["outcome"], "created");
    assert_eq!(late["evidence"], "lookup");
    assert_eq!(late["delivery"], "refused");
    assert_eq!(late["error_code"], "LimitExceededException");
    assert_eq!(
        pool.users()["late"].sign_ups_received,
        1,
        "retrying does not help"
    );
}

#[test]
fn formulas_are_defused_in_csv_and_unchanged_elsewhere() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "username,password,email\n=1+1,Passw0rd!,a@example.com\n@sum,Passw0rd!,b@example.com\n",
    );
    dir.import(&pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.row(1)["username"], "'=1+1");
    assert_eq!(results.row(2)["username"], "'@sum");
    assert!(pool.users().contains_key("=1+1"));
    assert_eq!(results.lines[0]["username"], "=1+1");
}

#[test]
fn the_client_secret_comes_from_a_file_or_the_environment() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        client_secret: Some("s3cr3t-of-the-client".to_owned()),
        ..quick()
    });
    let list = dir.file("users.csv", crate::harness::users(3));
    dir.file("secret", "s3cr3t-of-the-client\n");
    dir.import(&pool, list)
        .args(["--client-secret-file", "secret"])
        .run()
        .exits(0);
    let more = dir.file("more.csv", crate::harness::users_numbered(4..=6));
    dir.import(&pool, more)
        .env("COGNITO_CLIENT_SECRET", "s3cr3t-of-the-client")
        .args(["--run-dir", "more"])
        .run()
        .exits(0);
    assert_eq!(pool.users().len(), 6);
}

#[test]
fn without_run_dir_a_run_is_named_after_its_list_and_pool() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("my users.csv", crate::harness::users(2));
    dir.import(&pool, list)
        .without_flag("--run-dir")
        .run()
        .exits(0);
    let runs: Vec<String> = fs::read_dir(dir.path("import-runs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(runs.len(), 1);
    assert!(
        runs[0].starts_with("my-users-") && runs[0].ends_with("-us-east-1_Rehearsal"),
        "{runs:?}"
    );
}

#[test]
fn plain_http_to_localhost_does_not_load_certificates() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let certificates = dir.path("certificates.pem");
    let made = Command::new("mkfifo").arg(&certificates).status().unwrap();
    assert!(made.success());
    let (tell, opened_receiver) = mpsc::sync_channel(1);
    let pipe = certificates.clone();
    let writer = thread::spawn(move || {
        // Opening a pipe for writing waits for a reader.
        let opened = File::options().write(true).open(pipe).unwrap();
        tell.send(()).unwrap();
        drop(opened);
    });
    dir.import(&pool, list)
        .env("SSL_CERT_FILE", certificates.to_str().unwrap())
        .run()
        .exits(0);
    assert!(opened_receiver.try_recv().is_err(), "they were read");
    drop(File::open(&certificates).unwrap());
    writer.join().unwrap();
}
