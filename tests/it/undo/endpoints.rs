//! An undo deletes where the run created its users, unless `--endpoint-url` names another place.

use super::{import, settings, undo};
use crate::harness::{Cli, Place, Pool, users};

/// `undo` without `--endpoint-url`.
fn unnamed(place: &Place, pool: &Pool) -> Cli {
    undo(place, pool).without_flag("--endpoint-url")
}

/// A run of three users in `first`, and the same users in `other`, where another program made them.
fn twins(place: &Place) -> (Pool, Pool) {
    let (first, other) = (Pool::start(settings()), Pool::start(settings()));
    let list = place.file("users.csv", users(3));
    import(place, &other, list)
        .args(["--run-dir", "other"])
        .run()
        .exits(0);
    import(place, &first, list).run().exits(0);
    (first, other)
}

#[test]
fn the_recorded_endpoint_is_used_whatever_the_environment_says() {
    let place = Place::new();
    let (first, other) = twins(&place);
    for variable in [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
    ] {
        unnamed(&place, &first)
            .without_flag("--yes-delete")
            .arg("--dry-run")
            .env(variable, &other.url())
            .run()
            .exits(0)
            .says([
                &*format!("this run created its users at {}", first.url()),
                variable,
                &other.url(),
                "--endpoint-url",
            ]);
    }
    let files = "[default]\nendpoint_url = URL\nservices = s\n[services s]\ncognito_identity_provider =\n  endpoint_url = URL\n";
    place.file("aws-config", files.replace("URL", &other.url()));
    unnamed(&place, &first)
        .env("AWS_CONFIG_FILE", "aws-config")
        .run()
        .exits(0)
        .says([&*format!("endpoint: {}", first.url())]);
    assert_eq!((first.users().len(), other.users().len()), (0, 3));
    assert_eq!(other.asked("AdminGetUser"), 0);
}

#[test]
fn another_endpoint_is_used_where_the_flag_names_it() {
    let place = Place::new();
    let (first, other) = twins(&place);
    undo(&place, &other).arg("--even-if-used").run().says([
        &*format!("this run created its users at {}", first.url()),
        &*format!("--endpoint-url names {}", other.url()),
    ]);
    assert_eq!(first.asked("AdminGetUser"), 0);
    assert!(other.asked("AdminGetUser") > 0);
    // The one that is recorded may be named as well, with or without a slash at its end.
    let named = format!("{}/", first.url());
    let ran = undo(&place, &first)
        .without_flag("--yes-delete")
        .args(["--dry-run", "--endpoint-url", &named])
        .run();
    assert!(!ran.stderr.contains("names"), "{}", ran.stderr);
}

#[test]
fn a_run_that_does_not_know_its_endpoint_needs_one() {
    let place = Place::new();
    let (first, other) = twins(&place);
    let ledger = rusqlite::Connection::open(place.path("run/ledger.db")).unwrap();
    let changed = ledger.execute("DELETE FROM run WHERE name = 'endpoint'", []);
    assert_eq!(changed.unwrap(), 1);
    ledger.close().unwrap();
    unnamed(&place, &first)
        .env("AWS_ENDPOINT_URL", &other.url())
        .run()
        .exits(3)
        .says(["nothing was deleted", "--endpoint-url"]);
    assert!(!place.path("run/undo.db").exists());
    assert_eq!(other.users().len(), 3);
    undo(&place, &first).run().exits(0);
    assert!(first.users().is_empty());
}
