//! Trusted CAs come from `AWS_CA_BUNDLE`, then `ca_bundle` in the profile, then the system.

use std::fs;

use crate::harness::{CertificateAuthority, Pool, ProgramCommand, TestDir, Tls, quick, users};

const ROWS: usize = 3;

/// A pool behind TLS. Its CA certificate is in `ca.pem`, another CA's in `other.pem`.
fn encrypted(dir: &TestDir) -> (Pool, Tls) {
    let pool = Pool::start(quick());
    let authority = CertificateAuthority::new("The right CA");
    dir.file("ca.pem", authority.pem());
    dir.file("other.pem", CertificateAuthority::new("Another CA").pem());
    dir.file("users.csv", users(ROWS));
    let tls = Tls::start(&pool, &authority, &["localhost"]);
    (pool, tls)
}

fn import(dir: &TestDir, pool: &Pool, tls: &Tls) -> ProgramCommand {
    dir.import(pool, "users.csv")
        .args(["--endpoint-url", &tls.url()])
}

/// Writes a profile that contains this line.
fn profile(dir: &TestDir, line: &str) {
    dir.file("aws-config", format!("[default]\n{line}\n"));
}

#[test]
fn a_truncated_bundle_is_refused_in_readable_text() {
    let dir = TestDir::new();
    let (pool, tls) = encrypted(&dir);
    let pem = CertificateAuthority::new("A CA").pem();
    dir.file("cut.pem", &pem[..pem.len() / 2]);
    let output = import(&dir, &pool, &tls)
        .env("AWS_CA_BUNDLE", "cut.pem")
        .run()
        .exits(3)
        .names(["cut.pem", "`CERTIFICATE`"]);
    assert!(!output.stderr.contains("[67, "), "{}", output.stderr);
}

#[test]
fn the_first_setting_replaces_all_others() {
    let dir = TestDir::new();
    let (pool, tls) = encrypted(&dir);
    profile(&dir, "region = us-east-1");
    dir.file("nothing.pem", "");
    // AWS_CA_BUNDLE, ca_bundle, SSL_CERT_FILE, and whether the server should be trusted.
    for (number, (variable, in_profile, system, trusted)) in [
        ("ca.pem", "", "other.pem", true),
        ("ca.pem", "other.pem", "other.pem", true),
        ("ca.pem", "nowhere.pem", "nothing.pem", true),
        ("", "ca.pem", "other.pem", true),
        ("", "", "ca.pem", true),
        ("other.pem", "ca.pem", "ca.pem", false),
        ("", "other.pem", "ca.pem", false),
        ("", "", "other.pem", false),
    ]
    .into_iter()
    .enumerate()
    {
        let line = match in_profile {
            "" => "region = us-east-1".to_owned(),
            path => format!("ca_bundle = {path}"),
        };
        profile(&dir, &line);
        let before = pool.requests("SignUp");
        let run = format!("run{number}");
        let output = import(&dir, &pool, &tls)
            .args(["--run-dir", &run])
            .env("AWS_CONFIG_FILE", "aws-config")
            .env("AWS_CA_BUNDLE", variable)
            .env("SSL_CERT_FILE", system)
            .run();
        if trusted {
            output.exits(0);
            assert_eq!(pool.requests("SignUp"), before + ROWS as u64);
        } else {
            output
                .exits(3)
                .names(["UnknownIssuer", "AWS_CA_BUNDLE", "ca_bundle"]);
            assert_eq!(pool.requests("SignUp"), before);
        }
    }
}

#[test]
fn an_untrusted_server_stops_a_run_at_once() {
    let dir = TestDir::new();
    let (pool, tls) = encrypted(&dir);
    let unchecked = |bundle: &str| {
        import(&dir, &pool, &tls)
            .args(["--no-lookup", "--no-preflight", "--concurrency", "1"])
            .env("AWS_CA_BUNDLE", bundle)
            .run()
    };
    unchecked("other.pem").exits(4).names(["AWS_CA_BUNDLE"]);
    let results = dir.results();
    assert_eq!(results.row(1)["error_code"], "CertificateRefused");
    assert_eq!(results.count("unsent"), ROWS - 1);
    unchecked("ca.pem").exits(0);
    assert_eq!(dir.results().count("created"), ROWS);
}

#[test]
fn the_bundle_comes_from_the_selected_profile() {
    let dir = TestDir::new();
    let (pool, tls) = encrypted(&dir);
    let keys = "aws_access_key_id = AKIAMADEUP\naws_secret_access_key = made-up";
    dir.file(
        "aws-config",
        format!("[default]\nca_bundle = other.pem\n[profile corp]\nca_bundle = ca.pem\n{keys}\n"),
    );
    let named = |run: &str| {
        import(&dir, &pool, &tls)
            .env("AWS_CONFIG_FILE", "aws-config")
            .args(["--run-dir", run])
    };
    named("flag").args(["--profile", "corp"]).run().exits(0);
    named("variable").env("AWS_PROFILE", "corp").run().exits(0);
    named("default").run().exits(3).names(["UnknownIssuer"]);
}

#[test]
fn an_unusable_bundle_is_refused_and_its_setting_named() {
    let dir = TestDir::new();
    let (pool, tls) = encrypted(&dir);
    let pem = fs::read_to_string(dir.path("ca.pem")).unwrap();
    fs::create_dir(dir.path("folder.pem")).unwrap();
    dir.file("empty.pem", "");
    dir.file("text.pem", "my company's CA");
    dir.file("cut.pem", pem.get(..pem.len() / 2).unwrap());
    dir.file(
        "garbage.pem",
        "-----BEGIN CERTIFICATE-----\nAAECAwQF\n-----END CERTIFICATE-----\n",
    );
    dir.file(
        "no-base64.pem",
        "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
    );
    for path in [
        "nowhere.pem",
        "folder.pem",
        "empty.pem",
        "text.pem",
        "cut.pem",
        "garbage.pem",
        "no-base64.pem",
        "/dev/zero",
    ] {
        let bad = || import(&dir, &pool, &tls).env("AWS_CONFIG_FILE", "aws-config");
        profile(&dir, "region = us-east-1");
        let named = format!("AWS_CA_BUNDLE={path}");
        for flag in ["--yes", "--no-lookup"] {
            bad()
                .arg(flag)
                .env("AWS_CA_BUNDLE", path)
                .run()
                .exits(3)
                .names([&named]);
        }
        profile(&dir, &format!("ca_bundle = {path}"));
        let named = format!("ca_bundle={path}");
        bad().run().exits(3).names([&named]);
    }
    assert_eq!(pool.stats().operations.len(), 0);
    assert!(!dir.path("run").exists());
}

#[test]
fn a_bundle_may_contain_comments_and_unusable_certificates() {
    let dir = TestDir::new();
    let (pool, tls) = encrypted(&dir);
    let read = |name: &str| fs::read_to_string(dir.path(name)).unwrap();
    let (right, other) = (read("ca.pem"), read("other.pem"));
    let unusable = "-----BEGIN CERTIFICATE-----\nAAECAwQF\n-----END CERTIFICATE-----\n";
    dir.file(
        "all.pem",
        format!("# Another CA\n{other}\n{unusable}\nThe right CA:\r\n{right}"),
    );
    import(&dir, &pool, &tls)
        .env("AWS_CA_BUNDLE", "all.pem")
        .run()
        .exits(0);
    // A replacement for the system's certificates is checked just as closely.
    dir.file("unusable.pem", unusable);
    import(&dir, &pool, &tls)
        .env("SSL_CERT_FILE", "unusable.pem")
        .args(["--run-dir", "again"])
        .run()
        .exits(3)
        .names(["SSL_CERT_FILE=unusable.pem"]);
}

#[test]
fn an_expired_certificate_may_mean_a_wrong_local_clock() {
    let dir = TestDir::new();
    let (pool, _) = encrypted(&dir);
    let authority = CertificateAuthority::new("A CA");
    dir.file("ca.pem", authority.pem());
    let tls = Tls::start_until(&pool, &authority, &["localhost"], 2020);
    import(&dir, &pool, &tls)
        .env("AWS_CA_BUNDLE", "ca.pem")
        .run()
        .exits(3)
        .names(["clock"]);
}

/// The names in the certificate of the intercepting proxy.
const AWS: [&str; 2] = [
    "cognito-idp.us-east-1.amazonaws.com",
    "sts.us-east-1.amazonaws.com",
];

#[test]
fn undo_of_a_run_in_aws_ignores_a_configured_endpoint() {
    let dir = TestDir::new();
    let (aws, emulator) = (Pool::start(quick()), Pool::start(quick()));
    let authority = CertificateAuthority::new("The proxy's CA");
    dir.file("ca.pem", authority.pem());
    let proxy = Tls::start(&aws, &authority, &AWS);
    let list = dir.file("users.csv", users(ROWS));
    let through_proxy = |cli: ProgramCommand| {
        cli.without_flag("--endpoint-url")
            .env("HTTPS_PROXY", &proxy.proxy())
            .env("AWS_CA_BUNDLE", "ca.pem")
    };
    through_proxy(dir.import(&aws, list)).run().exits(0);
    assert_eq!(aws.users().len(), ROWS);
    let host = format!("{}:443", AWS[0]);
    assert!(proxy.hosts().contains(&host), "{:?}", proxy.hosts());
    // The same users also exist in an emulator.
    dir.import(&emulator, list)
        .args(["--run-dir", "emulated"])
        .run()
        .exits(0);
    let before = emulator.requests("AdminGetUser");

    let undo = dir.undo(&aws).env("AWS_ENDPOINT_URL", &emulator.url());
    through_proxy(undo)
        .run()
        .exits(0)
        .names(["AWS_ENDPOINT_URL"]);
    assert_eq!((aws.users().len(), emulator.users().len()), (0, ROWS));
    assert_eq!(emulator.requests("AdminGetUser"), before);
}

#[test]
fn a_profile_that_requires_mfa_is_named_with_a_workaround() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let authority = CertificateAuthority::new("The proxy's CA");
    dir.file("ca.pem", authority.pem());
    let proxy = Tls::start(&pool, &authority, &AWS);
    let list = dir.file("users.csv", users(ROWS));
    let sts = format!("{}:443", AWS[1]);
    let keys = "aws_access_key_id = AKIAMADEUP\naws_secret_access_key = made-up\n";
    let role = "role_arn = arn:aws:iam::123456789012:role/admin\n";
    let mfa = "mfa_serial = arn:aws:iam::123456789012:mfa/ann\n";
    for (config, named) in [
        (
            format!("[profile base]\n{keys}[profile corp]\n{role}{mfa}source_profile = base\n"),
            Some("corp"),
        ),
        (
            format!("[profile corp]\n{role}{mfa}{keys}source_profile = corp\n"),
            Some("corp"),
        ),
        (
            format!(
                "[profile base]\n{keys}[profile middle]\n{role}{mfa}source_profile = base\n[profile corp]\n{role}source_profile = middle\n"
            ),
            Some("middle"),
        ),
        // Without a role, only the AWS CLI uses the MFA device.
        (
            format!("[profile base]\n{mfa}{keys}[profile corp]\n{role}source_profile = base\n"),
            None,
        ),
        (
            format!("[profile base]\n{keys}[profile corp]\n{role}source_profile = base\n"),
            None,
        ),
        (
            format!(
                "[profile a]\n{role}source_profile = corp\n[profile corp]\n{role}source_profile = a\n"
            ),
            None,
        ),
    ] {
        let is_loop = config.contains("[profile a]");
        dir.file("aws-config", config);
        let import = || {
            dir.import(&pool, list)
                .without_env("AWS_ACCESS_KEY_ID")
                .without_env("AWS_SECRET_ACCESS_KEY")
                .env("AWS_CONFIG_FILE", "aws-config")
                .env("AWS_CA_BUNDLE", "ca.pem")
                .env("HTTPS_PROXY", &proxy.proxy())
        };
        let calls_of_sts = || proxy.hosts().iter().filter(|host| **host == sts).count();
        for cli in [
            import().args(["--profile", "corp"]),
            import().env("AWS_PROFILE", "corp"),
        ] {
            let before = calls_of_sts();
            let output = cli.run().exits(3);
            // The bundle was used to verify its certificate.
            assert_eq!(
                calls_of_sts() > before,
                !is_loop,
                "STS was called: {}",
                output.stderr
            );
            assert_eq!(
                output.stderr.contains("mfa_serial"),
                named.is_some(),
                "{}",
                output.stderr
            );
            if let Some(named) = named {
                output.names([named, "arn:aws:iam::123456789012:mfa/ann", "--profile corp"]);
            }
        }
    }
    assert_eq!(pool.requests("DescribeUserPool"), 0);
}
