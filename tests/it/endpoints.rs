//! Where a run is sent to, and that a run which goes on somewhere else says so.

use crate::harness::{Place, Pool, quick, until, users};

#[test]
fn an_endpoint_in_the_environment_is_used() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let list = place.file("users.csv", users(3));
    for (run, variable) in [
        ("all", "AWS_ENDPOINT_URL"),
        ("one", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"),
    ] {
        place
            .import(&pool, list)
            .without_flag("--endpoint-url")
            .env(variable, &pool.url())
            .args(["--run-dir", run])
            .run()
            .exits(0);
    }
    assert_eq!(pool.asked("SignUp"), 6);
}

/// `~/.aws/config` of the place, which is the program's home.
fn configure(place: &Place, config: &str) {
    std::fs::create_dir_all(place.path(".aws")).unwrap();
    place.file(".aws/config", config);
}

#[test]
fn an_endpoint_of_a_profile_is_used() {
    let place = Place::new();
    let (pool, other) = (Pool::start(quick()), Pool::start(quick()));
    let list = place.file("users.csv", users(3));
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
        configure(&place, config);
        let import = place.import(&pool, list).without_flag("--endpoint-url");
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
        assert_eq!(pool.asked("SignUp"), 3 * (number as u64 + 1), "{config}");
    }
    assert_eq!(other.asked("SignUp"), 0);
}

#[test]
fn the_environment_goes_before_a_profile_and_a_flag_before_both() {
    let place = Place::new();
    let (pool, other) = (Pool::start(quick()), Pool::start(quick()));
    let list = place.file("users.csv", users(3));
    let section = "[services local]\ncognito_identity_provider =\n  endpoint_url = ";
    let config = format!("[default]\nservices = local\n{section}{}\n", other.url());
    configure(&place, &config);
    let import = |run: &str| place.import(&pool, list).args(["--run-dir", run]);
    import("flag").run().exits(0);
    let in_environment = import("environment").without_flag("--endpoint-url");
    let in_environment = in_environment.env("AWS_ENDPOINT_URL", &pool.url());
    in_environment.run().exits(0);
    assert_eq!((pool.asked("SignUp"), other.asked("SignUp")), (6, 0));
}

#[test]
fn plain_http_to_another_machine_is_refused_whatever_names_it() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let list = place.file("users.csv", users(3));
    for key in ["cognito_identity_provider", "cognito-identity-provider"] {
        let section =
            format!("[services local]\n{key} =\n  endpoint_url = http://192.0.2.1:5000\n");
        configure(&place, &format!("[default]\nservices = local\n{section}"));
        let import = || place.import(&pool, list).without_flag("--endpoint-url");
        import().run().exits(3).says(["http://192.0.2.1:5000"]);
    }
    for variable in [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
    ] {
        let import = place.import(&pool, list).without_flag("--endpoint-url");
        let import = import.env(variable, "http://192.0.2.1:5000");
        import.run().exits(3).says(["http://192.0.2.1:5000"]);
    }
    assert_eq!(pool.asked("SignUp"), 0);
}

#[test]
fn endpoints_that_are_to_be_ignored_are_ignored() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let section = "[services local]\ncognito_identity_provider =\n  endpoint_url = ";
    let config = |more: &str| {
        let url = pool.url();
        format!("[default]\n{more}services = local\n{section}{url}\n")
    };
    // A proxy that takes no connection keeps the requests from going to AWS.
    let describe = || {
        place
            .asking("describe", &pool)
            .without_flag("--endpoint-url")
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
    };
    configure(&place, &config(""));
    let ignoring = describe().env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    ignoring.run().exits(3);
    configure(&place, &config("ignore_configured_endpoint_urls = true\n"));
    describe().run().exits(3);
    assert_eq!(pool.asked("DescribeUserPool"), 0);
    configure(&place, &config(""));
    describe().run().exits(0);
    assert_eq!(pool.asked("DescribeUserPool"), 1);
}

#[test]
fn a_run_that_goes_on_at_another_endpoint_says_so() {
    let place = Place::new();
    let (first, other) = (Pool::start(quick()), Pool::start(quick()));
    let list = place.file("users.csv", users(60));
    let import = |pool: &Pool| place.import(pool, list).args(["--rate", "45"]);
    let stopped = |pool: &Pool, more: u64| {
        let before = pool.asked("SignUp");
        let running = import(pool).start();
        until("some sign-ups", || {
            (pool.asked("SignUp") >= before + more).then_some(())
        });
        running.signal("INT");
        running.end().exits(130)
    };
    stopped(&first, 10);
    let same = stopped(&first, 10);
    assert!(!same.stderr.contains("goes on at"), "{}", same.stderr);
    let (from, to) = (first.url(), other.url());
    let said = format!("this run was begun at {from}, and goes on at {to}");
    import(&other).run().exits(0).says([&said]);
    assert_eq!(first.users().len() + other.users().len(), 60);
}
