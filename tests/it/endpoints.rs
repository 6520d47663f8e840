//! Endpoint settings: which one applies, and that a run resumed at another endpoint says so.

use crate::harness::{Pool, TestDir, quick, users};

#[test]
fn an_endpoint_in_the_environment_is_used() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    for (run, variable) in [
        ("all", "AWS_ENDPOINT_URL"),
        ("one", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"),
    ] {
        dir.import(&pool, list)
            .without_flag("--endpoint-url")
            .env(variable, &pool.url())
            .args(["--run-dir", run])
            .run()
            .exits(0);
    }
    assert_eq!(pool.requests("SignUp"), 6);
}

/// Writes `~/.aws/config`; the test directory is the program's home.
fn configure(dir: &TestDir, config: &str) {
    std::fs::create_dir_all(dir.path(".aws")).unwrap();
    dir.file(".aws/config", config);
}

#[test]
fn an_endpoint_of_a_profile_is_used() {
    let dir = TestDir::new();
    let (pool, other) = (Pool::start(quick()), Pool::start(quick()));
    let list = dir.file("users.csv", users(3));
    let (url, elsewhere) = (pool.url(), other.url());
    let services = |profile: &str, keys: &[(&str, &str)]| {
        let keys = keys
            .iter()
            .map(|(key, url)| format!("{key} =\n  endpoint_url = {url}\n"))
            .collect::<String>();
        format!("[profile work]\nservices = local\n{profile}[services local]\n{keys}")
    };
    let (documented, of_sdk) = ("cognito_identity_provider", "cognito-identity-provider");
    let for_all = format!("endpoint_url = {elsewhere}\n");
    let configs = [
        format!("[profile work]\nendpoint_url = {url}\n"),
        services("", &[(documented, &url)]),
        services("", &[(of_sdk, &url)]),
        services("", &[(of_sdk, &elsewhere), (documented, &url)]),
        services(&for_all, &[(documented, &url)]),
        services(&for_all, &[(of_sdk, &url)]),
        services("", &[("s3", &elsewhere), (documented, &url)]),
    ];
    for (number, config) in configs.iter().enumerate() {
        configure(&dir, config);
        let import = dir.import(&pool, list).without_flag("--endpoint-url");
        let run = ["--run-dir", &format!("run-{number}")];
        let import = if number % 2 == 0 {
            import.args(["--profile", "work"])
        } else {
            import.env("AWS_PROFILE", "work")
        };
        import
            .args(run)
            .args(["--no-lookup", "--allow-messages"])
            .run()
            .exits(0);
        assert_eq!(pool.requests("SignUp"), 3 * (number as u64 + 1), "{config}");
    }
    assert_eq!(other.requests("SignUp"), 0);
}

#[test]
fn the_flag_overrides_the_environment_which_overrides_the_profile() {
    let dir = TestDir::new();
    let (pool, other) = (Pool::start(quick()), Pool::start(quick()));
    let list = dir.file("users.csv", users(3));
    let section = "[services local]\ncognito_identity_provider =\n  endpoint_url = ";
    let config = format!("[default]\nservices = local\n{section}{}\n", other.url());
    configure(&dir, &config);
    let import = |run: &str| dir.import(&pool, list).args(["--run-dir", run]);
    import("flag").run().exits(0);
    let in_environment = import("environment").without_flag("--endpoint-url");
    let in_environment = in_environment.env("AWS_ENDPOINT_URL", &pool.url());
    in_environment.run().exits(0);
    assert_eq!((pool.requests("SignUp"), other.requests("SignUp")), (6, 0));
}

#[test]
fn plain_http_to_another_machine_is_refused_from_any_setting() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    for key in ["cognito_identity_provider", "cognito-identity-provider"] {
        let section =
            format!("[services local]\n{key} =\n  endpoint_url = http://192.0.2.1:5000\n");
        configure(&dir, &format!("[default]\nservices = local\n{section}"));
        let import = || dir.import(&pool, list).without_flag("--endpoint-url");
        import().run().exits(3).names(["http://192.0.2.1:5000"]);
    }
    for variable in [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
    ] {
        let import = dir.import(&pool, list).without_flag("--endpoint-url");
        let import = import.env(variable, "http://192.0.2.1:5000");
        import.run().exits(3).names(["http://192.0.2.1:5000"]);
    }
    assert_eq!(pool.requests("SignUp"), 0);
}

#[test]
fn ignored_endpoint_settings_are_not_used() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let section = "[services local]\ncognito_identity_provider =\n  endpoint_url = ";
    let config = |more: &str| {
        let url = pool.url();
        format!("[default]\n{more}services = local\n{section}{url}\n")
    };
    // A proxy that accepts no connection keeps the requests from reaching AWS.
    let describe = || {
        dir.read_only("describe", &pool)
            .without_flag("--endpoint-url")
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .args(["--preflight-timeout", "1s"])
    };
    configure(&dir, &config(""));
    let ignoring = describe().env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    ignoring.run().exits(3);
    configure(&dir, &config("ignore_configured_endpoint_urls = true\n"));
    describe().run().exits(3);
    assert_eq!(pool.requests("DescribeUserPool"), 0);
    configure(&dir, &config(""));
    describe().run().exits(0);
    assert_eq!(pool.requests("DescribeUserPool"), 1);
}

#[test]
fn resuming_at_another_endpoint_prints_a_note() {
    let dir = TestDir::new();
    let (first, other) = (Pool::start(quick()), Pool::start(quick()));
    let list = dir.file("users.csv", users(60));
    let import = |pool: &Pool| dir.import(pool, list).args(["--rate", "45"]);
    let stopped = |pool: &Pool, more: u64| {
        let before = pool.requests("SignUp");
        let running = import(pool).start();
        pool.wait_for_requests("SignUp", before + more);
        running.signal("INT");
        running.wait().exits(130)
    };
    stopped(&first, 10);
    let same = stopped(&first, 10);
    // Only the command that resumes names it.
    let names = same.stderr.matches(&first.url()).count();
    assert_eq!(names, 1, "{}", same.stderr);
    let resumed = import(&other).run().exits(0);
    resumed.names([first.url(), other.url()]);
    assert_eq!(first.users().len() + other.users().len(), 60);
}
