//! App clients with a secret: given as it is or as the JSON from Secrets Manager, and kept where DescribeUserPoolClient does not show it.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use cognito_import::rehearsal::PoolSettings;

use crate::harness::{Place, Pool, Ran, quick, users};

const ROWS: usize = 5;
const SECRET: &str = "s3cr3tOfTheClient0000000000";

fn with_secret(managed: bool) -> Pool {
    Pool::start(PoolSettings {
        client_secret: Some(SECRET.to_owned()),
        client_secret_managed: managed,
        ..quick()
    })
}

/// The secret as Secrets Manager keeps it.
fn managed(pool: &Pool, secret: &str) -> String {
    let settings = pool.settings();
    format!(
        r#"{{"userPoolId":"{}","userPoolClientId":"{}","clientSecretValue":"{secret}"}}"#,
        settings.pool_id, settings.client_id
    )
}

/// One row was sent, the run stopped, and the secret was not printed.
#[track_caller]
fn stopped_by<const N: usize>(place: &Place, pool: &Pool, ran: Ran, code: &str, words: [&str; N]) {
    let ran = ran.exits(4).says(["stopped early", code]).says(words);
    assert!(!ran.stderr.contains(SECRET), "{}", ran.stderr);
    let results = place.results();
    assert_eq!(results.row(1)["outcome"], "failed");
    assert_eq!(results.row(1)["error_code"], code);
    assert_eq!(results.count("unsent"), ROWS - 1);
    assert_eq!(pool.asked("SignUp"), 1);
}

#[test]
fn a_secret_that_the_pool_does_not_show_is_needed_all_the_same() {
    let place = Place::new();
    let pool = with_secret(true);
    let list = place.file("users.csv", users(ROWS));
    let ran = place.import(&pool, list).args(["--concurrency", "1"]).run();
    let words = [
        "SECRET_HASH was not received",
        "DescribeUserPoolClient cannot show a secret kept in Secrets Manager",
        "aws secretsmanager get-secret-value --secret-id ARN --query SecretString --output text",
    ];
    stopped_by(&place, &pool, ran, "NotAuthorizedException", words);
    place.file("secret.json", managed(&pool, SECRET) + "\n");
    std::fs::set_permissions(place.path("secret.json"), Permissions::from_mode(0o600)).unwrap();
    let ran = place
        .import(&pool, list)
        .args(["--client-secret-file", "secret.json"])
        .run()
        .exits(0);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    assert_eq!(place.results().count("created"), ROWS);
}

#[test]
fn a_given_secret_is_used_with_a_note_where_none_is_shown() {
    let place = Place::new();
    let pool = with_secret(true);
    let list = place.file("users.csv", users(ROWS));
    for (run, secret) in [
        ("plain", SECRET.to_owned()),
        ("json", managed(&pool, SECRET)),
    ] {
        let pool = with_secret(true);
        place
            .import(&pool, list)
            .args(["--run-dir", run])
            .env("COGNITO_CLIENT_SECRET", &secret)
            .run()
            .exits(0)
            .says(["note", "[secret_not_shown]"]);
        assert_eq!(place.results_in(run).count("created"), ROWS);
        let check = place
            .check(&pool, list)
            .env("COGNITO_CLIENT_SECRET", &secret)
            .run()
            .exits(0)
            .says(["[secret_not_shown]"]);
        assert!(!check.stderr.contains(SECRET));
    }
    // One that is shown needs no note.
    let shown = with_secret(false);
    let ran = place
        .import(&shown, list)
        .env("COGNITO_CLIENT_SECRET", SECRET)
        .run()
        .exits(0);
    assert!(!ran.stderr.contains("secret_not_shown"), "{}", ran.stderr);
}

#[test]
fn a_secret_for_a_client_without_one_stops_the_run_at_the_first_answer() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let list = place.file("users.csv", users(ROWS));
    let ran = place
        .import(&pool, list)
        .args(["--concurrency", "1"])
        .env("COGNITO_CLIENT_SECRET", SECRET)
        .run();
    let words = ["[secret_not_shown]", "unset COGNITO_CLIENT_SECRET"];
    stopped_by(&place, &pool, ran, "InvalidParameterException", words);
    place.import(&pool, list).run().exits(0);
    assert_eq!(place.results().count("created"), ROWS);
}

#[test]
fn a_rejected_secret_may_have_been_rotated() {
    let place = Place::new();
    let pool = with_secret(true);
    let list = place.file("users.csv", users(ROWS));
    let ran = place
        .import(&pool, list)
        .args(["--concurrency", "1"])
        .env("COGNITO_CLIENT_SECRET", &managed(&pool, "theOneOfLastWeek"))
        .run();
    let words = ["Unable to verify secret hash", "rotated"];
    stopped_by(&place, &pool, ran, "NotAuthorizedException", words);
}

#[test]
fn a_secret_of_another_client_or_in_another_form_is_refused_and_not_repeated() {
    let place = Place::new();
    let pool = with_secret(true);
    let list = place.file("users.csv", users(ROWS));
    let right = managed(&pool, SECRET);
    let settings = pool.settings();
    for (secret, words) in [
        (
            right.replace(&settings.client_id, "anotherclient"),
            "--client-id",
        ),
        (
            right.replace(&settings.pool_id, "us-east-1_Other"),
            "--user-pool-id",
        ),
        (
            right.replace("clientSecretValue", "clientSecret"),
            "clientSecretValue",
        ),
        (right.replace('}', ""), "malformed JSON"),
        (format!("{:?}", right), "--output text"),
        (
            format!(r#"{{"SecretString":{right:?}}}"#),
            "--query SecretString",
        ),
        (format!("{SECRET} {SECRET}"), "white space"),
        ("\u{feff}".to_owned(), "is empty"),
        (SECRET.repeat(4_000), "64 KiB"),
    ] {
        place.file("secret", &secret);
        for cli in [place.import(&pool, list), place.check(&pool, list)] {
            let ran = cli
                .args(["--client-secret-file", "secret", "--output", "json"])
                .run()
                .exits(3)
                .says(["--client-secret-file secret: ", words]);
            for told in [&ran.stdout, &ran.stderr] {
                assert!(!told.contains(SECRET), "{told}");
            }
        }
        if secret.len() < 10_000 {
            let ran = place
                .import(&pool, list)
                .env("COGNITO_CLIENT_SECRET", &secret)
                .run()
                .exits(3)
                .says(["COGNITO_CLIENT_SECRET: ", words]);
            assert!(!ran.stderr.contains(SECRET), "{}", ran.stderr);
        }
    }
    let device = place
        .import(&pool, list)
        .args(["--client-secret-file", "/dev/zero"]);
    device.run().exits(3).says(["64 KiB"]);
    assert_eq!(pool.stats().operations.len(), 0, "nothing was asked");
    assert!(!place.path("run").exists());
}

#[test]
fn a_secret_file_that_others_can_read_is_warned_about() {
    let place = Place::new();
    let pool = with_secret(false);
    let list = place.file("users.csv", users(ROWS));
    place.file("secret", SECRET);
    let warning = "warning: --client-secret-file secret: other users of this machine can read it";
    for (run, mode, warned) in [
        ("all", 0o644, true),
        ("group", 0o640, true),
        ("others", 0o604, true),
        ("owner", 0o600, false),
        ("read-only", 0o400, false),
    ] {
        std::fs::set_permissions(place.path("secret"), Permissions::from_mode(mode)).unwrap();
        let ran = place
            .import(&pool, list)
            .args([
                "--client-secret-file",
                "secret",
                "--run-dir",
                run,
                "--quiet",
            ])
            .run()
            .exits(0);
        assert_eq!(
            ran.stderr.contains(warning),
            warned,
            "{mode:o}: {}",
            ran.stderr
        );
        let checked = place
            .check(&pool, list)
            .args(["--client-secret-file", "secret"])
            .run()
            .exits(0);
        assert_eq!(checked.stderr.contains(warning), warned, "{mode:o}");
    }
}

#[test]
fn a_pool_file_says_that_there_is_a_secret_or_nothing() {
    let place = Place::new();
    let list = place.file("users.csv", users(ROWS));
    for (managed, said) in [(true, false), (false, true)] {
        let pool = with_secret(managed);
        let described = place.asking("describe", &pool).run().exits(0).stdout;
        assert_eq!(described.contains("has_secret = true"), said, "{described}");
        assert!(!described.contains("has_secret = false"), "{described}");
        place.file("pool.toml", &described);
        let import = || place.import(&pool, list).args(["--pool", "pool.toml"]);
        let without = import().args(["--concurrency", "1"]).run();
        if said {
            without.exits(3).says(["[secret_missing]"]);
        } else {
            without.exits(4).says(["SECRET_HASH was not received"]);
        }
        let with = import().env("COGNITO_CLIENT_SECRET", SECRET);
        let ran = with.args(["--restart"]).run().exits(0);
        assert_eq!(ran.stderr.contains("[secret_not_shown]"), !said);
        place
            .cli("check")
            .args([list, "--pool", "pool.toml"])
            .run()
            .exits(0);
        std::fs::remove_dir_all(place.path("run")).unwrap();
    }
    // Written by an earlier version, which took a secret that is not shown for one that does not exist.
    let pool = with_secret(true);
    place.file("pool.toml", "[client]\nhas_secret = false\n");
    place
        .import(&pool, list)
        .args(["--pool", "pool.toml"])
        .env("COGNITO_CLIENT_SECRET", SECRET)
        .run()
        .exits(0)
        .says(["[secret_not_shown]"]);
}

#[test]
fn commands_that_sign_nobody_up_need_no_secret() {
    let place = Place::new();
    let pool = with_secret(true);
    let list = place.file("users.csv", users(ROWS));
    let secret = managed(&pool, SECRET);
    place
        .import(&pool, list)
        .env("COGNITO_CLIENT_SECRET", &secret)
        .run()
        .exits(0);
    let other = secret.replace(&pool.settings().client_id, "anotherclient");
    place
        .asking("describe", &pool)
        .env("COGNITO_CLIENT_SECRET", &other)
        .run()
        .exits(0);
    place
        .cli("undo")
        .args(["run", "--dry-run", "--endpoint-url", &pool.url()])
        .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
        .env("AWS_SECRET_ACCESS_KEY", "made-up")
        .env("COGNITO_CLIENT_SECRET", &other)
        .run()
        .exits(0);
}
