//! Refusals before anything is sent: exit code 3, and no call to the pool.

use crate::harness::{Pool, ProgramCommand, TestDir, quick, users};

/// Asserts that the command is refused and no sign-up was sent.
#[track_caller]
fn assert_refused(cli: ProgramCommand, pool: &Pool, data: &[&str]) {
    cli.run().exits(3).names(data);
    assert_eq!(pool.stats().operations.len(), 0, "no request was sent");
}

#[test]
fn missing_credentials_are_refused_unless_no_lookup() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let bare = || {
        dir.import(&pool, list)
            .without_env("AWS_ACCESS_KEY_ID")
            .without_env("AWS_SECRET_ACCESS_KEY")
    };
    assert_refused(bare(), &pool, &["--no-lookup"]);
    bare()
        .args(["--no-lookup", "--allow-messages"])
        .run()
        .exits(0);
    assert_eq!(pool.requests("SignUp"), 3);
    assert_eq!(
        pool.stats().operations.len(),
        1,
        "no other request was sent"
    );
}

#[test]
fn missing_system_certificates_are_refused_before_the_first_request() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    dir.file("empty.pem", "");
    for file in ["nowhere.pem", "empty.pem"] {
        let named = format!("SSL_CERT_FILE={file}: ");
        let without_any = || {
            dir.import(&pool, list)
                .env("SSL_CERT_FILE", file)
                .without_env("SSL_CERT_DIR")
        };
        let encrypted = without_any().without_flag("--endpoint-url");
        assert_refused(encrypted, &pool, &[&named]);
        let unsigned = without_any()
            .without_flag("--endpoint-url")
            .arg("--no-lookup");
        assert_refused(unsigned, &pool, &[&named]);
    }
    let plain = dir.import(&pool, list).env("SSL_CERT_FILE", "empty.pem");
    plain.run().exits(0);
}

#[test]
fn plain_http_to_another_machine_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    for endpoint in [
        "http://cognito-idp.us-east-1.amazonaws.com",
        "http://10.0.0.1:9229",
        "http://localhost.example.com",
        "http://127.0.0.1@example.com",
        "ftp://127.0.0.1",
        "localhost:9229",
    ] {
        let cli = dir.import(&pool, list).args(["--endpoint-url", endpoint]);
        assert_refused(cli, &pool, &[endpoint]);
        let cli = dir
            .import(&pool, list)
            .without_flag("--endpoint-url")
            .env("AWS_ENDPOINT_URL", endpoint);
        assert_refused(cli, &pool, &[endpoint]);
    }
}

#[test]
fn localhost_bypasses_proxies() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    // Nothing listens on port 1.
    let closed = "http://127.0.0.1:1";
    dir.import(&pool, list)
        .env("HTTP_PROXY", closed)
        .env("http_proxy", closed)
        .env("ALL_PROXY", closed)
        .run()
        .exits(0);
}

#[test]
fn a_region_other_than_the_pool_s_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let cli = dir.import(&pool, list).args(["--region", "eu-west-1"]);
    assert_refused(cli, &pool, &["eu-west-1", "us-east-1"]);
    let cli = dir.import(&pool, list).env("AWS_REGION", "eu-west-1");
    assert_refused(cli, &pool, &["eu-west-1", "us-east-1"]);
    dir.import(&pool, list)
        .args(["--region", "us-east-1"])
        .run()
        .exits(0);
}

#[test]
fn an_invalid_pool_id_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    for id in ["MyPool", "us-east-1_", "_AbC"] {
        let cli = dir.import(&pool, list).args(["--user-pool-id", id]);
        assert_refused(cli, &pool, &["--user-pool-id", id]);
    }
}

#[test]
fn a_missing_or_empty_secret_file_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let with = |file: &str| dir.import(&pool, list).args(["--client-secret-file", file]);
    dir.file("empty", "\n");
    for file in ["nowhere", "empty"] {
        let named = format!("--client-secret-file {file}: ");
        assert_refused(with(file), &pool, &[&named]);
    }
}

#[test]
fn the_secret_cannot_be_passed_as_a_flag() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let output = dir
        .import(&pool, list)
        .args(["--client-secret", "s3cr3t"])
        .run()
        .exits(2);
    assert!(!output.stderr.contains("s3cr3t"), "{}", output.stderr);
    assert_eq!(pool.stats().operations.len(), 0);
}

#[test]
fn an_sdk_that_would_log_bodies_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let cli = dir.import(&pool, list).env("LOG_SENSITIVE_BODIES", "true");
    assert_refused(cli, &pool, &["LOG_SENSITIVE_BODIES"]);
    dir.rehearse(list)
        .env("LOG_SENSITIVE_BODIES", "true")
        .run()
        .exits(3)
        .names(["LOG_SENSITIVE_BODIES"]);
}

#[test]
fn an_unreachable_pool_is_refused_before_a_run_is_created() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let cli = dir.import(&pool, list);
    pool.stop();
    let waiting = cli.args(["--preflight-timeout", "1s"]);
    waiting
        .run()
        .exits(4)
        .names(["DescribeUserPool", "ConnectFailed"]);
    assert!(!dir.path("run/ledger.db").exists());
}

#[test]
fn invalid_rehearsal_settings_are_refused() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(3));
    dir.rehearse(list)
        .args(["--fault", "gremlins=0.5"])
        .run()
        .exits(3)
        .names(["--fault gremlins=0.5", "commit_then_drop"]);
    dir.rehearse(list)
        .args(["--fault", "throttle=5"])
        .run()
        .exits(3)
        .names(["throttle", "5", "--fault"]);
    dir.file("pool.json", r#"{"color": "red"}"#);
    dir.rehearse(list)
        .args(["--pool-settings", "pool.json"])
        .run()
        .exits(3)
        .names(["--pool-settings pool.json", "color"]);
    assert!(!dir.path("run").exists());
}

#[test]
fn invalid_durations_and_addresses_are_refused_with_the_syntax() {
    let dir = TestDir::new();
    for (flag, value, example) in [
        ("--latency", "fast", "250ms"),
        ("--listen", "9329", "127.0.0.1:9329"),
    ] {
        dir.cli("rehearsal-pool")
            .args([flag, value])
            .run()
            .exits(2)
            .names([flag, value, example]);
    }
}

#[test]
fn files_named_by_flags_have_a_size_limit() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(1));
    let mut keys = String::from("[columns]\n");
    for key in 0..300_000 {
        keys.push_str(&format!("c{key} = \"name\"\n"));
    }
    let mapping = dir.file("mapping.toml", keys);
    for (flag, file) in [
        ("--mapping", mapping),
        ("--mapping", "/dev/zero"),
        ("--pool", "/dev/zero"),
        ("--validation-data-file", "/dev/zero"),
        ("--pool-settings", "/dev/zero"),
        ("--existing", "/dev/zero"),
    ] {
        let output = dir.rehearse(list).args([flag, file]).run().exits(3);
        let prefix = format!("{flag} {file}: ");
        assert!(
            output.stderr.contains(&prefix),
            "{flag} {file}: {}",
            output.stderr
        );
    }
    // Files within the limit are read quickly: the line of each key is found without recounting.
    let keys: String = (0..50_000)
        .map(|key| format!("c{key} = \"name\"\n"))
        .collect();
    let mapping = dir.file("mapping.toml", format!("[columns]\n{keys}"));
    dir.rehearse(list)
        .args(["--mapping", mapping])
        .run()
        .exits(3)
        .names(["mapping.toml: line 2, columns.\"c0\""]);
}
