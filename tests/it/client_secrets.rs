//! App client secrets: given directly or as JSON from Secrets Manager, and not shown by
//! DescribeUserPoolClient.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use cognito_import::rehearsal::PoolSettings;

use crate::harness::{Pool, ProcessOutput, TestDir, quick, users};

const ROWS: usize = 5;
const SECRET: &str = "s3cr3tOfTheClient0000000000";

fn with_secret(managed: bool) -> Pool {
    Pool::start(PoolSettings {
        client_secret: Some(SECRET.to_owned()),
        client_secret_managed: managed,
        ..quick()
    })
}

/// The secret in the JSON form of Secrets Manager.
fn managed(pool: &Pool, secret: &str) -> String {
    let settings = pool.settings();
    format!(
        r#"{{"userPoolId":"{}","userPoolClientId":"{}","clientSecretValue":"{secret}"}}"#,
        settings.pool_id, settings.client_id
    )
}

/// Asserts that one row was sent, the run stopped, and the secret was not printed.
#[track_caller]
fn assert_stopped_by(dir: &TestDir, pool: &Pool, output: ProcessOutput, code: &str, data: &[&str]) {
    let output = output.exits(4).names([code]).names(data);
    assert!(!output.stderr.contains(SECRET), "{}", output.stderr);
    let results = dir.results();
    assert_eq!(results.row(1)["outcome"], "failed");
    assert_eq!(results.row(1)["error_code"], code);
    assert_eq!(results.count("unsent"), ROWS - 1);
    assert_eq!(pool.requests("SignUp"), 1);
}

#[test]
fn a_hidden_secret_is_still_required() {
    let dir = TestDir::new();
    let pool = with_secret(true);
    let list = dir.file("users.csv", users(ROWS));
    let output = dir.import(&pool, list).args(["--concurrency", "1"]).run();
    let data = ["SECRET_HASH", "secretsmanager get-secret-value"];
    assert_stopped_by(&dir, &pool, output, "NotAuthorizedException", &data);
    dir.file("secret.json", managed(&pool, SECRET) + "\n");
    std::fs::set_permissions(dir.path("secret.json"), Permissions::from_mode(0o600)).unwrap();
    let output = dir
        .import(&pool, list)
        .args(["--client-secret-file", "secret.json"])
        .run()
        .exits(0);
    assert!(!output.stderr.contains("warning"), "{}", output.stderr);
    assert_eq!(dir.results().count("created"), ROWS);
}

#[test]
fn a_given_secret_is_used_with_a_note_if_the_pool_hides_it() {
    let dir = TestDir::new();
    let pool = with_secret(true);
    let list = dir.file("users.csv", users(ROWS));
    for (run, secret) in [
        ("plain", SECRET.to_owned()),
        ("json", managed(&pool, SECRET)),
    ] {
        let pool = with_secret(true);
        dir.import(&pool, list)
            .args(["--run-dir", run])
            .env("COGNITO_CLIENT_SECRET", &secret)
            .run()
            .exits(0)
            .names(["[secret_not_shown]"]);
        assert_eq!(dir.results_in(run).count("created"), ROWS);
        let check = dir
            .check(&pool, list)
            .env("COGNITO_CLIENT_SECRET", &secret)
            .run()
            .exits(0)
            .names(["[secret_not_shown]"]);
        assert!(!check.stderr.contains(SECRET));
    }
    // A secret that the pool shows needs no note.
    let shown = with_secret(false);
    let output = dir
        .import(&shown, list)
        .env("COGNITO_CLIENT_SECRET", SECRET)
        .run()
        .exits(0);
    assert!(
        !output.stderr.contains("secret_not_shown"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_secret_for_a_client_without_one_stops_the_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(ROWS));
    let output = dir
        .import(&pool, list)
        .args(["--concurrency", "1"])
        .env("COGNITO_CLIENT_SECRET", SECRET)
        .run();
    let data = ["[secret_not_shown]", "COGNITO_CLIENT_SECRET"];
    assert_stopped_by(&dir, &pool, output, "InvalidParameterException", &data);
    dir.import(&pool, list).run().exits(0);
    assert_eq!(dir.results().count("created"), ROWS);
}

#[test]
fn a_secret_that_the_pool_rejects_stops_the_run() {
    let dir = TestDir::new();
    let pool = with_secret(true);
    let list = dir.file("users.csv", users(ROWS));
    let output = dir
        .import(&pool, list)
        .args(["--concurrency", "1"])
        .env("COGNITO_CLIENT_SECRET", &managed(&pool, "theOneOfLastWeek"))
        .run();
    assert_stopped_by(&dir, &pool, output, "NotAuthorizedException", &[]);
}

#[test]
fn a_wrong_or_malformed_secret_is_refused_and_not_printed() {
    let dir = TestDir::new();
    let pool = with_secret(true);
    let list = dir.file("users.csv", users(ROWS));
    let right = managed(&pool, SECRET);
    let settings = pool.settings();
    for (secret, data) in [
        (
            right.replace(&settings.client_id, "anotherclient"),
            &["--client-id"][..],
        ),
        (
            right.replace(&settings.pool_id, "us-east-1_Other"),
            &["--user-pool-id"],
        ),
        (
            right.replace("clientSecretValue", "clientSecret"),
            &["clientSecretValue"],
        ),
        (right.replace('}', ""), &["JSON"]),
        (format!("{:?}", right), &["--output text"]),
        (
            format!(r#"{{"SecretString":{right:?}}}"#),
            &["--query SecretString"],
        ),
        (format!("{SECRET} {SECRET}"), &[]),
        ("\u{feff}".to_owned(), &[]),
        (SECRET.repeat(4_000), &["64 KiB"]),
    ] {
        dir.file("secret", &secret);
        for cli in [dir.import(&pool, list), dir.check(&pool, list)] {
            let output = cli
                .args(["--client-secret-file", "secret", "--output", "json"])
                .run()
                .exits(3)
                .names(["--client-secret-file secret"])
                .names(data);
            for stream in [&output.stdout, &output.stderr] {
                assert!(!stream.contains(SECRET), "{stream}");
            }
        }
        if secret.len() < 10_000 {
            let output = dir
                .import(&pool, list)
                .env("COGNITO_CLIENT_SECRET", &secret)
                .run()
                .exits(3)
                .names(["COGNITO_CLIENT_SECRET"])
                .names(data);
            assert!(!output.stderr.contains(SECRET), "{}", output.stderr);
        }
    }
    let device = dir
        .import(&pool, list)
        .args(["--client-secret-file", "/dev/zero"]);
    device.run().exits(3).names(["64 KiB"]);
    assert_eq!(pool.stats().operations.len(), 0, "no request was sent");
    assert!(!dir.path("run").exists());
}

#[test]
fn warns_about_a_secret_file_readable_by_others() {
    let dir = TestDir::new();
    let pool = with_secret(false);
    let list = dir.file("users.csv", users(ROWS));
    dir.file("secret", SECRET);
    let warning = "warning: --client-secret-file secret: ";
    for (run, mode, warned) in [
        ("all", 0o644, true),
        ("group", 0o640, true),
        ("others", 0o604, true),
        ("owner", 0o600, false),
        ("read-only", 0o400, false),
    ] {
        std::fs::set_permissions(dir.path("secret"), Permissions::from_mode(mode)).unwrap();
        let output = dir
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
            output.stderr.contains(warning),
            warned,
            "{mode:o}: {}",
            output.stderr
        );
        let checked = dir
            .check(&pool, list)
            .args(["--client-secret-file", "secret"])
            .run()
            .exits(0);
        assert_eq!(checked.stderr.contains(warning), warned, "{mode:o}");
    }
}

#[test]
fn a_pool_file_says_that_a_secret_exists_or_omits_it() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(ROWS));
    for (managed, has_secret) in [(true, false), (false, true)] {
        let pool = with_secret(managed);
        let described = dir.read_only("describe", &pool).run().exits(0).stdout;
        assert_eq!(
            described.contains("has_secret = true"),
            has_secret,
            "{described}"
        );
        assert!(!described.contains("has_secret = false"), "{described}");
        dir.file("pool.toml", &described);
        let import = || dir.import(&pool, list).args(["--pool", "pool.toml"]);
        let without = import().args(["--concurrency", "1"]).run();
        if has_secret {
            without.exits(3).names(["[secret_missing]"]);
        } else {
            without.exits(4).names(["NotAuthorizedException"]);
        }
        let with = import().env("COGNITO_CLIENT_SECRET", SECRET);
        let output = with.args(["--restart"]).run().exits(0);
        assert_eq!(output.stderr.contains("[secret_not_shown]"), !has_secret);
        dir.cli("check")
            .args([list, "--pool", "pool.toml"])
            .run()
            .exits(0);
        std::fs::remove_dir_all(dir.path("run")).unwrap();
    }
    // As written by an earlier version, which recorded a hidden secret as absent.
    let pool = with_secret(true);
    dir.file("pool.toml", "[client]\nhas_secret = false\n");
    dir.import(&pool, list)
        .args(["--pool", "pool.toml"])
        .env("COGNITO_CLIENT_SECRET", SECRET)
        .run()
        .exits(0)
        .names(["[secret_not_shown]"]);
}

#[test]
fn commands_that_sign_up_no_users_need_no_secret() {
    let dir = TestDir::new();
    let pool = with_secret(true);
    let list = dir.file("users.csv", users(ROWS));
    let secret = managed(&pool, SECRET);
    dir.import(&pool, list)
        .env("COGNITO_CLIENT_SECRET", &secret)
        .run()
        .exits(0);
    let other = secret.replace(&pool.settings().client_id, "anotherclient");
    dir.read_only("describe", &pool)
        .env("COGNITO_CLIENT_SECRET", &other)
        .run()
        .exits(0);
    dir.dry_undo(&pool)
        .env("COGNITO_CLIENT_SECRET", &other)
        .run()
        .exits(0);
}
