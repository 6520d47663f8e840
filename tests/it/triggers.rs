//! Data passed to the pool's triggers with every sign-up, which is part of the identity of a run.

use cognito_import::rehearsal::{PoolSettings, PreSignUp, TriggerPair, UserStatus};

use crate::harness::{Pool, TestDir, quick, users};

const KEY: &str = "import-key=4711=a b";

fn pair() -> TriggerPair {
    TriggerPair {
        key: "import-key".to_owned(),
        value: "4711=a b".to_owned(),
    }
}

fn pool(pre_sign_up: fn(TriggerPair) -> PreSignUp) -> Pool {
    Pool::start(PoolSettings {
        pre_sign_up: pre_sign_up(pair()),
        ..quick()
    })
}

/// Whether the trigger confirmed and verified every user.
#[track_caller]
fn confirmed(pool: &Pool) -> bool {
    let users = pool.users();
    assert!(!users.is_empty());
    let all = |by: fn(&cognito_import::rehearsal::AuditedUser) -> bool| users.values().all(by);
    let status = all(|user| user.status == UserStatus::Confirmed);
    let verified = all(|user| {
        let flag = user.attributes.get("email_verified");
        flag.is_some_and(|flag| flag == "true")
    });
    assert_eq!(status, verified);
    status
}

#[test]
fn validation_data_comes_from_a_flag_a_file_or_the_mapping_file() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(3));
    let file = dir.file("key.txt", format!("# for the trigger\n\n{KEY}\n"));
    let mapping = dir.file(
        "mapping.toml",
        "[validation_data]\nimport-key = \"4711=a b\"\nbatch = \"7\"\n",
    );
    for (run, arguments) in [
        ("flag", ["--validation-data", KEY]),
        ("file", ["--validation-data-file", file]),
        ("mapping", ["--mapping", mapping]),
    ] {
        let pool = pool(PreSignUp::OnValidationData);
        dir.import(&pool, list)
            .args(arguments)
            .args(["--run-dir", run])
            .run()
            .exits(0);
        assert!(confirmed(&pool), "{run}");
        let result = &dir.results_in(run).rows[0];
        assert_eq!(result["confirmed"], "true", "{run}");
    }
    // A flag overrides a file.
    let pool = pool(PreSignUp::OnValidationData);
    dir.import(&pool, list)
        .args(["--validation-data", "import-key=other"])
        .args(["--validation-data-file", file])
        .run()
        .exits(0);
    assert!(!confirmed(&pool));
}

#[cfg(unix)]
#[test]
fn a_file_that_other_users_can_read_is_warned_about() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    let dir = TestDir::new();
    let list = dir.file("users.csv", users(1));
    let file = dir.file("key.txt", format!("{KEY}\n"));
    for (mode, is_warned) in [(0o644, true), (0o600, false)] {
        set_permissions(dir.path(file), Permissions::from_mode(mode)).unwrap();
        let output = dir
            .rehearse(list)
            .args(["--validation-data-file", file])
            .run()
            .exits(0);
        let is_named = output.stderr.contains("--validation-data-file key.txt");
        assert_eq!(is_named, is_warned, "{mode:o}: {}", output.stderr);
    }
}

#[test]
fn client_metadata_reaches_the_trigger_separately() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(3));
    let metadata = ["--client-metadata", KEY];
    let mapping = dir.file(
        "mapping.toml",
        "[client_metadata]\nimport-key = \"4711=a b\"\n",
    );
    for (run, pool, arguments, expected) in [
        ("flag", pool(PreSignUp::OnClientMetadata), metadata, true),
        (
            "mapping",
            pool(PreSignUp::OnClientMetadata),
            ["--mapping", mapping],
            true,
        ),
        ("other", pool(PreSignUp::OnValidationData), metadata, false),
    ] {
        let import = dir.import(&pool, list).args(arguments);
        import.args(["--run-dir", run]).run().exits(0);
        assert_eq!(confirmed(&pool), expected, "{run}");
    }
}

#[test]
fn a_rehearsal_passes_data_to_its_trigger_too() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(2));
    let settings = dir.file(
        "pool.json",
        r#"{"pre_sign_up": {"on_validation_data": {"key": "import-key", "value": "4711=a b"}}}"#,
    );
    dir.rehearse(list)
        .args(["--pool-settings", settings, "--validation-data", KEY])
        .run()
        .exits(0);
    for row in &dir.results().rows {
        assert_eq!(row["confirmed"], "true");
    }
}

#[test]
fn malformed_pairs_are_refused_by_flag_and_not_printed() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(1));
    let lines = dir.file("key.txt", "import-key=1\nHidden-42\n");
    let mapping = dir.file(
        "mapping.toml",
        "[validation_data]\n\"a b\" = \"Hidden-42\"\n",
    );
    let typed = dir.file("typed.toml", "[validation_data]\nkey = [\"Hidden-42\"]\n");
    let open = dir.file("open.toml", "[validation_data]\nkey = Hidden-42\n");
    let long = format!("import-key={}", "Hidden-42".repeat(300));
    for (arguments, data) in [
        (
            vec!["--validation-data", "Hidden-42"],
            ["--validation-data: ", "KEY=VALUE"],
        ),
        (
            vec!["--validation-data", "=Hidden-42"],
            ["--validation-data: ", "KEY=VALUE"],
        ),
        (
            vec!["--validation-data", "-Hidden-42"],
            ["--validation-data: ", "KEY=VALUE"],
        ),
        (
            vec!["--client-metadata", "--Hidden-42"],
            ["--client-metadata: ", "KEY=VALUE"],
        ),
        (
            vec!["--mapping", typed],
            ["--mapping typed.toml: line 2", "validation_data.\"key\""],
        ),
        (
            vec!["--mapping", open],
            ["--mapping open.toml: line 2", "open.toml"],
        ),
        (
            vec!["--validation-data", &long],
            ["--validation-data: ", "2048"],
        ),
        (
            vec!["--client-metadata", "batch="],
            ["--client-metadata: ", "KEY=VALUE"],
        ),
        (
            vec!["--client-metadata", "a=1", "--client-metadata", "a=2"],
            ["--client-metadata: ", "`a`"],
        ),
        (
            vec!["--validation-data-file", lines],
            ["--validation-data-file key.txt: line 2", "KEY=VALUE"],
        ),
        (
            vec!["--validation-data-file", "missing.txt"],
            ["--validation-data-file", "missing.txt"],
        ),
        (
            vec!["--mapping", mapping],
            ["--mapping mapping.toml: line 2", "validation_data.\"a b\""],
        ),
    ] {
        let import = dir.import(&pool, list).args(&arguments);
        let output = import.run().exits(3).names(data);
        assert!(!output.stderr.contains("Hidden-42"), "{}", output.stderr);
    }
    assert_eq!(pool.requests("SignUp"), 0);
    assert!(!dir.path("run").exists());
}

#[test]
fn the_unquoted_rest_of_a_value_is_not_printed() {
    let dir = TestDir::new();
    let output = dir
        .rehearse("users.csv")
        .args(["--validation-data", "key", "=", "Hidden-42"])
        .run()
        .exits(2)
        .names(["--validation-data"]);
    assert!(!output.stderr.contains("Hidden-42"), "{}", output.stderr);
}

#[test]
fn resuming_requires_the_same_data_and_files_do_not_contain_it() {
    let dir = TestDir::new();
    let pool = pool(PreSignUp::OnValidationData);
    let list = dir.file("users.csv", users(3));
    let import = |value: Option<&str>| {
        let import = dir.import(&pool, list);
        match value {
            Some(value) => import.args(["--validation-data", value]),
            None => import,
        }
    };
    import(Some(KEY)).run().exits(0);
    let before = pool.requests("SignUp");
    for other in [Some("import-key=4712"), None] {
        import(other).run().exits(3).names([
            "--validation-data",
            "--client-metadata",
            "import-key",
            "--restart",
        ]);
    }
    import(Some(KEY)).run().exits(0);
    assert_eq!(pool.requests("SignUp"), before);
    for file in std::fs::read_dir(dir.path("run")).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(8).any(|part| part == b"4711=a b");
        assert!(!found, "{}", path.display());
    }
}
