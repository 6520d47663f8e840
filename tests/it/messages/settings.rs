//! Settings that are refused: flags, variables and the files that they name.

use super::{Transcript, prepared};

#[test]
fn refused_settings() {
    let (dir, pool) = prepared();
    dir.file("empty.txt", "");
    dir.file("hidden.txt", "s3cr3t s3cr3t");
    dir.file("unknown.toml", "trim = true\nkep = [\"ID\"]\n");
    dir.file("target.toml", "[columns]\nMail = \"mail\"\n");
    dir.file("column.toml", "keep = [\"Old ID\"]\n");
    dir.file("typed.toml", "[validation_data]\nkey = [\"Hidden-42\"]\n");
    dir.file("lines.txt", "import-key=1\nHidden-42\n");
    let mut transcript = Transcript::default();
    for flags in [
        "--user-pool-id pool",
        "--region eu-west-1",
        "--endpoint-url http://example.com",
        "--pool missing.toml",
        "--pool unknown.toml",
        "--mapping missing.toml",
        "--mapping unknown.toml",
        "--mapping target.toml",
        "--mapping column.toml",
        "--mapping typed.toml",
        "--client-secret-file missing.txt",
        "--client-secret-file empty.txt",
        "--client-secret-file hidden.txt",
        "--client-secret-file /dev/zero",
        "--validation-data x",
        "--validation-data =x",
        "--client-metadata a=1 --client-metadata a=2",
        "--validation-data-file lines.txt",
        "--lookup none --prescan always",
        "--lookup none --confirm",
        "--follow-up-existing",
        "--create-groups",
        "--create-groups --group a --no-preflight",
        "--metrics-file no/such.prom",
        "--log-file no/such.log",
        "--run-dir users.csv",
    ] {
        let title = format!("import users.csv {flags}");
        let import = dir
            .import(&pool, "users.csv")
            .args(flags.split_whitespace());
        transcript.run(&dir, &title, import);
    }
    assert_eq!(pool.requests("SignUp"), 0);
    assert_messages!("refused_settings", transcript.0);
}

#[test]
fn refused_variables() {
    let (dir, pool) = prepared();
    dir.file("empty.pem", "");
    dir.file("cut.pem", "-----BEGIN CERTIFICATE-----\nAAECAwQF\n");
    dir.file(
        "garbage.pem",
        "-----BEGIN CERTIFICATE-----\nAAECAwQF\n-----END CERTIFICATE-----\n",
    );
    let mut transcript = Transcript::default();
    for (variable, value) in [
        ("AWS_ENDPOINT_URL", "http://example.com"),
        ("AWS_CA_BUNDLE", "missing.pem"),
        ("AWS_CA_BUNDLE", "empty.pem"),
        ("AWS_CA_BUNDLE", "cut.pem"),
        ("AWS_CA_BUNDLE", "garbage.pem"),
        ("AWS_CA_BUNDLE", "/dev/zero"),
        ("SSL_CERT_FILE", "empty.pem"),
        ("COGNITO_CLIENT_SECRET", "s3cr3t s3cr3t"),
        ("LOG_SENSITIVE_BODIES", "true"),
    ] {
        let import = dir
            .import(&pool, "users.csv")
            .without_flag("--endpoint-url")
            .env(variable, value);
        transcript.run(
            &dir,
            &format!("{variable}={value} import users.csv"),
            import,
        );
    }
    assert_messages!("refused_variables", transcript.0);
}

#[test]
fn refused_arguments_of_other_commands() {
    let (dir, _) = prepared();
    dir.file("pool.json", r#"{"color": "red"}"#);
    let mut transcript = Transcript::default();
    for (command, arguments) in [
        ("report", "nowhere"),
        ("report", "--compare nowhere nowhere"),
        ("undo", "nowhere"),
        ("iam-policy", "--user-pool-id x"),
        (
            "iam-policy",
            "--user-pool-id us-east-1_Ab1 --list users.csv",
        ),
        ("iam-policy", "--user-pool-id us-east-1_Ab1 --no-lookup"),
        ("template", "--pool missing.toml"),
        ("rehearse", "users.csv --fault gremlins=0.5"),
        ("rehearse", "users.csv --fault throttle=5"),
        ("rehearse", "users.csv --pool-settings pool.json"),
        ("rehearse", "users.csv --existing users.json"),
        ("rehearsal-pool", "--listen 192.0.2.1:80"),
        ("rehearsal-pool", "--pool-settings missing.json"),
    ] {
        let title = format!("{command} {arguments}");
        transcript.run(
            &dir,
            &title,
            dir.cli(command).args(arguments.split_whitespace()),
        );
    }
    assert_messages!("refused_arguments", transcript.0);
}

#[test]
fn wrong_command_lines() {
    let (dir, _) = prepared();
    let mut transcript = Transcript::default();
    for flags in [
        "--map Mail",
        "--map Mail=mail",
        "--set custom:source",
        "--join name",
        "--value Status=true",
        "--rate 0",
        "--rate -5",
        "--max-failures many",
        "--skip-lines 1.5",
        "--concurrency 0",
        "--concurrency 99999999999",
        "--share 1.5",
        "--latency fast",
        "--encoding latin-9000",
        "--delimiter ::",
        "--no-headers",
        "--confirm --confirm-where email=x",
        "--validation-data key = Hidden-42",
        "--metrics-file run.txt",
    ] {
        let title = format!("rehearse users.csv {flags}");
        let cli = dir.cli("rehearse").arg("users.csv");
        transcript.run(&dir, &title, cli.args(flags.split_whitespace()));
    }
    let group = dir
        .cli("rehearse")
        .args(["users.csv", "--group", "night shift"]);
    transcript.run(&dir, "rehearse users.csv --group 'night shift'", group);
    assert_messages!("wrong_command_lines", transcript.0);
}

#[test]
fn the_hint_of_an_error_is_a_separate_field_for_programs() {
    let (dir, pool) = prepared();
    for flags in [
        "--region eu-west-1",
        "--mapping missing.toml",
        "--log-file no/such.log",
    ] {
        let import = dir
            .import(&pool, "users.csv")
            .args(flags.split_whitespace());
        let output = import.json().run().exits(3);
        let document = output.document();
        let text = |field: &str| document["error"][field].as_str().unwrap();
        let (message, hint) = (text("message"), text("what_to_do"));
        assert!(!hint.is_empty() && message.contains(hint), "{message}");
        assert!(output.stderr.contains(message), "{}", output.stderr);
    }
}

#[test]
fn an_unwritable_run_directory_is_refused_before_the_pool_is_queried() {
    let (dir, pool) = prepared();
    let taken = dir.file("taken", "not a directory");
    for run in [taken, "taken/run", "taken/runs/one"] {
        let import = dir.import(&pool, "users.csv").args(["--run-dir", run]);
        import.run().exits(3).names([run, "--run-dir"]);
    }
    let operations = pool.stats().operations;
    assert!(operations.is_empty(), "{operations:?}");
    // A directory that could be created is not created for a refused run.
    let import = || {
        dir.import(&pool, "users.csv")
            .args(["--run-dir", "new/run"])
    };
    import().args(["--confirm-where", "No=1"]).run().exits(3);
    let missing = import().args(["--group", "crew"]).run().exits(3);
    missing.names(["[group_missing]"]);
    let mut files: Vec<_> = std::fs::read_dir(dir.path("."))
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    files.sort();
    assert_eq!(files, ["taken", "users.csv"]);
}
