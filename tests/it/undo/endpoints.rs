//! Undo uses the endpoint recorded by the run, unless `--endpoint-url` is given.

use super::{import, settings, undo};
use crate::harness::{Pool, ProgramCommand, TestDir, users};

/// `undo` without `--endpoint-url`.
fn undo_without_endpoint(dir: &TestDir, pool: &Pool) -> ProgramCommand {
    undo(dir, pool).without_flag("--endpoint-url")
}

/// Imports three users into `first`, and creates the same users in `other` independently.
fn twins(dir: &TestDir) -> (Pool, Pool) {
    let (first, other) = (Pool::start(settings()), Pool::start(settings()));
    let list = dir.file("users.csv", users(3));
    import(dir, &other, list)
        .args(["--run-dir", "other"])
        .run()
        .exits(0);
    import(dir, &first, list).run().exits(0);
    (first, other)
}

#[test]
fn the_recorded_endpoint_overrides_the_environment() {
    let dir = TestDir::new();
    let (first, other) = twins(&dir);
    for variable in [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
    ] {
        undo_without_endpoint(&dir, &first)
            .without_flag("--yes-delete")
            .arg("--dry-run")
            .env(variable, &other.url())
            .run()
            .exits(0)
            .names([&first.url(), variable, &other.url(), "--endpoint-url"]);
    }
    let files = "[default]\nendpoint_url = URL\nservices = s\n[services s]\ncognito_identity_provider =\n  endpoint_url = URL\n";
    dir.file("aws-config", files.replace("URL", &other.url()));
    undo_without_endpoint(&dir, &first)
        .env("AWS_CONFIG_FILE", "aws-config")
        .run()
        .exits(0)
        .names([first.url()]);
    assert_eq!((first.users().len(), other.users().len()), (0, 3));
    assert_eq!(other.requests("AdminGetUser"), 0);
}

#[test]
fn another_endpoint_can_be_given_by_flag() {
    let dir = TestDir::new();
    let (first, other) = twins(&dir);
    undo(&dir, &other).arg("--even-if-used").run().names([
        &first.url(),
        "--endpoint-url",
        &other.url(),
    ]);
    assert_eq!(first.requests("AdminGetUser"), 0);
    assert!(other.requests("AdminGetUser") > 0);
    // The recorded endpoint may be given explicitly, with or without a trailing slash.
    let named = format!("{}/", first.url());
    let output = undo(&dir, &first)
        .without_flag("--yes-delete")
        .args(["--dry-run", "--endpoint-url", &named])
        .run();
    assert!(
        !output.stderr.contains("--endpoint-url"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_run_without_a_recorded_endpoint_needs_the_flag() {
    let dir = TestDir::new();
    let (first, other) = twins(&dir);
    let ledger = rusqlite::Connection::open(dir.path("run/ledger.db")).unwrap();
    let changed = ledger.execute("DELETE FROM run WHERE name = 'endpoint'", []);
    assert_eq!(changed.unwrap(), 1);
    ledger.close().unwrap();
    undo_without_endpoint(&dir, &first)
        .env("AWS_ENDPOINT_URL", &other.url())
        .run()
        .exits(3)
        .names(["--endpoint-url"]);
    assert!(!dir.path("run/undo.db").exists());
    assert_eq!(other.users().len(), 3);
    undo(&dir, &first).run().exits(0);
    assert!(first.users().is_empty());
}
