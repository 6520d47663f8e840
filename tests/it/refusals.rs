//! What is refused before anything is sent: exit code 3, and a pool that was asked nothing.

use crate::harness::{Cli, Pool, TestDir, quick, users};

/// Runs it; it is refused, and the pool saw no sign-up.
#[track_caller]
fn refused<const N: usize>(cli: Cli, pool: &Pool, words: [&str; N]) {
    cli.run().exits(3).says(words);
    assert_eq!(pool.stats().operations.len(), 0, "nothing was asked");
}

#[test]
fn no_credentials_are_noticed_before_the_first_row_and_no_lookup_needs_none() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let bare = || {
        dir.import(&pool, list)
            .without_env("AWS_ACCESS_KEY_ID")
            .without_env("AWS_SECRET_ACCESS_KEY")
    };
    refused(bare(), &pool, ["no AWS credentials", "--no-lookup"]);
    bare()
        .args(["--no-lookup", "--allow-messages"])
        .run()
        .exits(0);
    assert_eq!(pool.requests("SignUp"), 3);
    assert_eq!(pool.stats().operations.len(), 1, "nothing else was asked");
}

#[test]
fn a_machine_without_certificates_is_told_so_before_the_first_request() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    dir.file("empty.pem", "");
    for (file, why) in [
        ("nowhere.pem", "No such file"),
        ("empty.pem", "none was found"),
    ] {
        let named = format!("SSL_CERT_FILE={file}: there is no CA certificate");
        let without_any = || {
            dir.import(&pool, list)
                .env("SSL_CERT_FILE", file)
                .without_env("SSL_CERT_DIR")
        };
        let encrypted = without_any().without_flag("--endpoint-url");
        refused(encrypted, &pool, [&*named, why, "unset the variable"]);
        let unsigned = without_any()
            .without_flag("--endpoint-url")
            .arg("--no-lookup");
        refused(unsigned, &pool, [&*named, why]);
    }
    // Plain http needs none.
    let plain = dir.import(&pool, list).env("SSL_CERT_FILE", "empty.pem");
    plain.run().exits(0);
}

#[test]
fn plain_http_to_another_machine_is_refused_wherever_it_is_named() {
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
        refused(cli, &pool, [endpoint]);
        let cli = dir
            .import(&pool, list)
            .without_flag("--endpoint-url")
            .env("AWS_ENDPOINT_URL", endpoint);
        refused(cli, &pool, [endpoint]);
    }
}

#[test]
fn no_proxy_stands_between_the_program_and_this_machine() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    // Nobody listens at port 1.
    let nobody = "http://127.0.0.1:1";
    dir.import(&pool, list)
        .env("HTTP_PROXY", nobody)
        .env("http_proxy", nobody)
        .env("ALL_PROXY", nobody)
        .run()
        .exits(0);
}

#[test]
fn a_region_that_is_not_the_pool_s_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let cli = dir.import(&pool, list).args(["--region", "eu-west-1"]);
    refused(cli, &pool, ["eu-west-1", "us-east-1"]);
    let cli = dir.import(&pool, list).env("AWS_REGION", "eu-west-1");
    refused(cli, &pool, ["eu-west-1", "us-east-1"]);
    dir.import(&pool, list)
        .args(["--region", "us-east-1"])
        .run()
        .exits(0);
}

#[test]
fn what_is_no_id_of_a_pool_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    for id in ["MyPool", "us-east-1_", "_AbC"] {
        let cli = dir.import(&pool, list).args(["--user-pool-id", id]);
        refused(cli, &pool, [id, "is not an id of a user pool"]);
    }
}

#[test]
fn a_secret_file_that_is_missing_or_empty_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let with = |file: &str| dir.import(&pool, list).args(["--client-secret-file", file]);
    refused(
        with("nowhere"),
        &pool,
        ["--client-secret-file nowhere: cannot be read"],
    );
    dir.file("empty", "\n");
    refused(
        with("empty"),
        &pool,
        ["--client-secret-file empty: is empty"],
    );
}

#[test]
fn the_secret_itself_is_no_flag() {
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
    refused(cli, &pool, ["LOG_SENSITIVE_BODIES", "unset it"]);
    dir.rehearse(list)
        .env("LOG_SENSITIVE_BODIES", "true")
        .run()
        .exits(3)
        .says(["LOG_SENSITIVE_BODIES"]);
}

#[test]
fn a_pool_that_nobody_listens_for_is_refused_before_a_run_is_begun() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let cli = dir.import(&pool, list);
    pool.stop();
    let waiting = cli.args(["--preflight-timeout", "1s"]);
    waiting
        .run()
        .exits(3)
        .says(["DescribeUserPool", "ConnectFailed"]);
    assert!(!dir.path("run/ledger.db").exists());
}

#[test]
fn a_rehearsal_whose_settings_are_wrong_is_refused() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(3));
    dir.rehearse(list)
        .args(["--fault", "gremlins=0.5"])
        .run()
        .exits(3)
        .says(["--fault gremlins=0.5", "commit_then_drop"]);
    dir.rehearse(list)
        .args(["--fault", "throttle=5"])
        .run()
        .exits(3)
        .says(["fault throttle: 5 is no probability", "in --fault,"]);
    dir.file("pool.json", r#"{"colour": "red"}"#);
    dir.rehearse(list)
        .args(["--pool-settings", "pool.json"])
        .run()
        .exits(3)
        .says(["--pool-settings pool.json", "colour"]);
    assert!(!dir.path("run").exists());
}

#[test]
fn a_value_that_is_no_time_or_address_is_told_how_one_is_written() {
    let dir = TestDir::new();
    for (flag, value, example) in [
        ("--latency", "fast", "250ms"),
        ("--listen", "9329", "127.0.0.1:9329"),
    ] {
        dir.cli("rehearsal-pool")
            .args([flag, value])
            .run()
            .exits(2)
            .says([flag, value, "write it like", example]);
    }
}

#[test]
fn files_that_flags_name_are_read_up_to_a_limit() {
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
        let told = format!("{flag} {file}: ");
        assert!(
            output.stderr.contains(&told),
            "{flag} {file}: {}",
            output.stderr
        );
    }
    // What fits is read in no time: the line of each key is looked up, not counted.
    let keys: String = (0..50_000)
        .map(|key| format!("c{key} = \"name\"\n"))
        .collect();
    let mapping = dir.file("mapping.toml", format!("[columns]\n{keys}"));
    dir.rehearse(list)
        .args(["--mapping", mapping])
        .run()
        .exits(3)
        .says(["mapping.toml: line 2, columns.\"c0\""]);
}
