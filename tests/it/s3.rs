//! Lists in S3, tested against an emulator.

use cognito_import::rehearsal::PoolSettings;

use crate::harness::{Bucket, Emulator, Pool, ProgramCommand, TestDir, quick, users};

/// A new bucket in the emulator. `None` without an emulator.
fn bucket(name: &str) -> Option<Bucket> {
    Some(Bucket::new(Emulator::without_auth()?, name, "us-east-1"))
}

/// A list with long rows: one range request reads about a hundred of them.
fn wide_users(count: usize) -> String {
    let notes = "x".repeat(40 * 1024);
    let mut list = String::with_capacity(count * (notes.len() + 80));
    for (at, line) in users(count).lines().enumerate() {
        let last = if at == 0 { "notes" } else { &notes };
        list.extend([line, ",", last, "\n"]);
    }
    list
}

#[test]
fn an_object_is_imported_and_the_run_found_again() {
    let Some(bucket) = bucket("plain") else {
        return;
    };
    let pool = Emulator::without_auth().unwrap().pool(None);
    let dir = TestDir::new();
    let list = bucket.put("exports/2026/users.csv", users(20));
    let import = || {
        bucket
            .with_endpoint(pool.import(&dir, &list))
            .without_flag("--run-dir")
    };
    import().run().exits(0);
    assert_eq!(pool.usernames().len(), 20);
    // The run directory is named after the object's key and found again.
    let runs: Vec<_> = std::fs::read_dir(dir.path("import-runs"))
        .unwrap()
        .map(|run| run.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(runs.len(), 1);
    assert!(
        runs[0].starts_with("users-") && runs[0].ends_with(&pool.id),
        "{runs:?}"
    );
    let results = dir.results_in(&format!("import-runs/{}", runs[0]));
    assert_eq!(results.count("created"), 20);
    assert_eq!(results.summary["list"], list);
    import().run().exits(0);
    assert_eq!(
        dir.results_in(&format!("import-runs/{}", runs[0])).summary["sessions"],
        1,
        "the run was finished"
    );
}

#[test]
fn an_object_of_several_ranges_is_read_completely() {
    let Some(bucket) = bucket("several") else {
        return;
    };
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = wide_users(230);
    assert!(list.len() > 2 * 4 * 1024 * 1024, "three ranges");
    let list = bucket.put("users.csv", list);
    bucket
        .with_endpoint(dir.import(&pool, &list))
        .args(["--ignore-column", "notes"])
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 230);
    assert_eq!(results.row(230)["line"], "231");
    assert_eq!(results.row(230)["username"], "user0230");
}

#[test]
fn a_stopped_run_resumes_with_the_same_object() {
    let Some(bucket) = bucket("stopped") else {
        return;
    };
    let dir = TestDir::new();
    let list = bucket.put("users.csv", users(150));
    for (signal, code) in [("INT", Some(130)), ("KILL", None)] {
        let pool = Pool::start(quick());
        let import = || {
            bucket.with_endpoint(dir.import(&pool, &list)).args([
                "--rate",
                "100",
                "--run-dir",
                signal,
            ])
        };
        let running = import().start();
        pool.wait_for_requests("SignUp", 10);
        running.signal(signal);
        assert_eq!(running.wait().code, code);
        assert!(pool.users().len() < 150);
        import().run().exits(0);
        let users = pool.users();
        assert_eq!(users.len(), 150);
        assert!(users.values().all(|user| user.sign_ups_accepted == 1));
        assert_eq!(dir.results_in(signal).count("created"), 150);
    }
}

#[test]
fn a_replaced_object_starts_another_run() {
    let Some(bucket) = bucket("replaced") else {
        return;
    };
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let import = |list: &str| {
        bucket
            .with_endpoint(dir.import(&pool, list))
            .without_flag("--run-dir")
    };
    let list = bucket.put("users.csv", users(5));
    import(&list).run().exits(0);
    bucket.put("users.csv", users(7));
    let document = import(&list).json().run().exits(0).document();
    assert_eq!(document["summary"]["outcomes"]["existed"], 5);
    assert_eq!(pool.users().len(), 7);
    let runs = std::fs::read_dir(dir.path("import-runs")).unwrap();
    assert_eq!(runs.count(), 2);
    // With `--run-dir`, the ledger of the old run refuses the new list.
    let named = |list: &str| import(list).args(["--run-dir", "named"]);
    named(&list).run().exits(0);
    bucket.put("users.csv", users(8));
    named(&list).run().exits(3).names(["SHA-256"]);
}

#[test]
fn replacing_the_object_during_the_run_stops_it() {
    let Some(bucket) = bucket("meanwhile") else {
        return;
    };
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    // More than the roughly 400 rows that are read ahead.
    let list = bucket.put("users.csv", wide_users(700));
    let running = bucket
        .with_endpoint(dir.import(&pool, &list))
        .args(["--ignore-column", "notes", "--rate", "200"])
        .args(["--concurrency", "4"])
        .start();
    pool.wait_for_requests("SignUp", 1);
    bucket.put("users.csv", users(700));
    running.wait().exits(4).names([&list]);
    let results = dir.results();
    assert_eq!(results.summary["read_to_end"], false);
    assert!(results.rows.len() < 700, "{}", results.rows.len());
    assert_eq!(pool.users().len(), results.count("created"));
}

#[test]
fn rejects_of_an_object_can_be_corrected_and_imported() {
    let Some(bucket) = bucket("rejected") else {
        return;
    };
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = bucket.put("users.csv", users(3) + "bob,Passw0rd!,nowhere\n");
    let import = |list: &str, run: &'static str| {
        bucket.with_endpoint(dir.import(&pool, list).args(["--run-dir", run]))
    };
    import(&list, "run")
        .run()
        .exits(1)
        .names(["run/rejects.csv"]);
    let rejects = std::fs::read_to_string(dir.path("run/rejects.csv")).unwrap();
    assert_eq!(rejects.lines().count(), 2, "{rejects}");
    assert!(
        rejects.contains("\nbob,,nowhere,invalid,email.format,"),
        "{rejects}"
    );
    let fixed = rejects.replace("bob,,nowhere,", "bob,Passw0rd!,bob@example.com,");
    let fixed = bucket.put("corrected.csv", fixed);
    import(&fixed, "again").run().exits(0);
    assert_eq!(
        dir.results_in("again").for_user("bob")["outcome"],
        "created"
    );
    assert_eq!(pool.users().len(), 4);
}

#[test]
fn a_replaced_object_gives_no_rejects() {
    let Some(bucket) = bucket("replaced-since") else {
        return;
    };
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let text = users(40) + "bob,Passw0rd!,nowhere\n";
    let list = bucket.put("users.csv", text.clone());
    let running = bucket
        .with_endpoint(dir.import(&pool, &list))
        .args(["--rate", "20"])
        .start();
    // A list of this size is read completely before its first row is sent.
    pool.wait_for_requests("SignUp", 2);
    bucket.put("users.csv", text + "eve,Passw0rd!,eve@example.com\n");
    running
        .wait()
        .exits(1)
        .names(["rejects.csv", "s3://replaced-since/users.csv"]);
    assert!(!dir.path("run/rejects.csv").exists());
    assert_eq!(dir.results().count("created"), 40);
}

#[test]
fn a_bucket_in_another_region_is_found() {
    let Some(emulator) = Emulator::without_auth() else {
        return;
    };
    let bucket = Bucket::new(emulator, "elsewhere", "eu-west-1");
    let dir = TestDir::new();
    let list = bucket.put("users.csv", users(5));
    bucket
        .with_endpoint(dir.rehearse(&list))
        .env("AWS_REGION", "us-east-1")
        .run()
        .exits(0);
    assert_eq!(dir.results().count("created"), 5);
}

#[test]
fn existing_users_of_a_rehearsal_can_come_from_an_object() {
    let Some(bucket) = bucket("beforehand") else {
        return;
    };
    let dir = TestDir::new();
    let existing = bucket.put("existing.csv", users(2));
    let list = dir.file("users.csv", users(3));
    bucket
        .with_endpoint(dir.rehearse(list))
        .args(["--existing", &existing])
        .run()
        .exits(0);
    assert_eq!(dir.results().outcomes(), ["existed", "existed", "created"]);
}

/// Asserts that the command is refused and names these data.
#[track_caller]
fn assert_refused(cli: ProgramCommand, data: &[&str]) {
    cli.run().exits(3).names(data);
}

#[test]
fn a_missing_bucket_or_object_is_refused() {
    let Some(bucket) = bucket("nothing") else {
        return;
    };
    let dir = TestDir::new();
    for list in ["s3://nothing/users.csv", "s3://no-such-bucket/users.csv"] {
        assert_refused(bucket.with_endpoint(dir.rehearse(list)), &[list, "s3 ls"]);
        assert_refused(
            bucket
                .with_endpoint(dir.rehearse(dir.file("users.csv", users(1))))
                .args(["--existing", list]),
            &["--existing", list],
        );
    }
    assert!(!dir.path("run").exists(), "no run was created");
}

#[test]
fn an_object_without_credentials_is_refused_with_a_hint() {
    let Some(bucket) = bucket("unsigned") else {
        return;
    };
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = bucket.put("users.csv", users(1));
    let cli = bucket
        .with_endpoint(dir.import(&pool, &list))
        .arg("--no-lookup")
        .without_env("AWS_ACCESS_KEY_ID");
    assert_refused(cli, &["s3://unsigned/users.csv", "AWS_PROFILE"]);
    assert_eq!(pool.stats().operations.len(), 0, "no request was sent");
}

#[test]
fn a_key_without_permission_is_refused_and_the_permission_named() {
    let Some(emulator) = Emulator::with_auth() else {
        return;
    };
    let bucket = Bucket::new(emulator, "guarded", "us-east-1");
    let dir = TestDir::new();
    let list = bucket.put("users.csv", users(1));
    let (key, secret) = emulator.key_without_permissions("reader");
    let rehearse = |secret: &str| {
        bucket
            .with_endpoint(dir.rehearse(&list))
            .env("AWS_ACCESS_KEY_ID", &key)
            .env("AWS_SECRET_ACCESS_KEY", secret)
    };
    let denied = ["s3://guarded/users.csv", "s3:GetObject"];
    assert_refused(rehearse(&secret), &denied);
    let unsigned = rehearse("made-up").run().exits(3);
    assert!(
        !unsigned.stderr.contains("s3:GetObject"),
        "{}",
        unsigned.stderr
    );
}

#[test]
fn the_selected_profile_is_used_for_s3() {
    let Some(emulator) = Emulator::with_auth() else {
        return;
    };
    let bucket = Bucket::new(emulator, "profiled", "us-east-1");
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = bucket.put("users.csv", users(3));
    std::fs::create_dir(dir.path(".aws")).unwrap();
    dir.file(
        ".aws/credentials",
        "[lists]\naws_access_key_id = test\naws_secret_access_key = test\n",
    );
    // The key in the environment is invalid.
    let import = || {
        bucket
            .with_endpoint(dir.import(&pool, &list))
            .env("AWS_ACCESS_KEY_ID", "AKIANOBODYS")
    };
    assert_refused(import(), &[&list]);
    import().args(["--profile", "lists"]).run().exits(0);
    assert_eq!(pool.users().len(), 3);
}

#[test]
fn plain_http_to_another_machine_is_refused_for_objects_too() {
    let dir = TestDir::new();
    for variable in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"] {
        assert_refused(
            dir.rehearse("s3://lists/users.csv")
                .env(variable, "http://example.com"),
            &["s3://lists/users.csv", "http://example.com"],
        );
    }
}

#[test]
fn signals_work_while_s3_does_not_respond() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings::default());
    // It never accepts connections.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let running = dir
        .import(&pool, "s3://lists/users.csv")
        .env("AWS_ENDPOINT_URL_S3", &url)
        .start();
    let _asked = silent.accept().unwrap();
    running.signal("TERM");
    running.wait().exits(143);
    assert_eq!(pool.stats().operations.len(), 0, "no request was sent");
}
