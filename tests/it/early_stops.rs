//! Runs that stop early: on a signal, at a deadline, or because continuing is pointless. The same
//! command resumes.

use cognito_import::rehearsal::{Faults, LateFault, PoolSettings};

use crate::harness::{Pool, TestDir, quick, users};

/// Asserts that the pool created each user with exactly one request.
#[track_caller]
fn assert_each_created_once(pool: &Pool, rows: usize) {
    let users = pool.users();
    assert_eq!(users.len(), rows);
    for user in users.values() {
        assert_eq!(
            (user.sign_ups_received, user.sign_ups_accepted),
            (1, 1),
            "{}",
            user.username
        );
    }
}

#[test]
fn a_signal_stops_the_run_cleanly_and_the_same_command_resumes() {
    let dir = TestDir::new();
    for (signal, code, name) in [("INT", 130, "SIGINT"), ("TERM", 143, "SIGTERM")] {
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", users(150));
        let import = || {
            dir.import(&pool, list)
                .args(["--rate", "100", "--run-dir", name])
        };
        let running = import().start();
        pool.wait_for_requests("SignUp", 10);
        running.signal(signal);
        running.wait().exits(code);
        let results = dir.results_in(name);
        let created = results.count("created");
        assert_eq!(
            created,
            pool.users().len(),
            "requests in flight were waited for"
        );
        assert_eq!(results.count("unsent"), 150 - created);
        assert!((10..150).contains(&created));
        assert_eq!(results.summary["state"], "stopped");
        assert_eq!(results.summary["stopped_because"], name);
        import().run().exits(0);
        let results = dir.results_in(name);
        assert_eq!(results.summary["sessions"], 2);
        assert_eq!(results.count("created"), 150);
        assert_each_created_once(&pool, 150);
    }
}

#[test]
fn a_second_signal_aborts_and_rows_in_flight_are_looked_up_later() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.faults.answer_late = LateFault {
        probability: 1.0,
        delay_ms: 60_000,
    };
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(10));
    let running = dir.import(&pool, list).start();
    pool.wait_for_requests("SignUp", 10);
    running.signal("INT");
    running.wait_for_stderr("Ctrl-C");
    running.signal("INT");
    running.wait().exits(130);
    // The ledger records that they may have been sent.
    dir.cli("report").arg("run").run().exits(4);
    assert_eq!(dir.results().count("in_doubt"), 10);

    dir.import(&pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 10, "and not `existed`");
    assert!(results.rows.iter().all(|row| row["evidence"] == "lookup"));
    assert_each_created_once(&pool, 10);
}

#[test]
fn a_deadline_before_the_first_row_suggests_a_longer_one() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list)
        .args(["--deadline", "50ms"])
        .run()
        .exits(4)
        .names(["`--deadline 1m`"]);
    assert_eq!(pool.requests("SignUp"), 0);
    assert_eq!(dir.results().count("unsent"), 3);
}

/// A list in which the users with these numbers have passwords that no pool accepts.
fn list_with_weak_passwords(rows: usize, is_weak: impl Fn(usize) -> bool) -> String {
    let row = |(number, row): (usize, &str)| {
        if is_weak(number) {
            row.replace("Passw0rd!", "passwordx") + "\n"
        } else {
            format!("{row}\n")
        }
    };
    users(rows).lines().enumerate().map(row).collect()
}

#[test]
fn the_same_error_on_the_first_20_rows_stops_the_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        list_with_weak_passwords(60, |number| number > 0),
    );
    dir.import(&pool, list)
        .arg("--no-preflight")
        .args(["--concurrency", "1"])
        .run()
        .exits(4)
        .names(["InvalidPasswordException", "--max-failures"]);
    assert_eq!(pool.requests("SignUp"), 20);
    let results = dir.results();
    assert_eq!(
        (results.count("rejected"), results.count("unsent")),
        (20, 40)
    );
    dir.import(&pool, list)
        .arg("--no-preflight")
        .args(["--max-failures", "0"])
        .run()
        .exits(1);
    assert_eq!(dir.results().count("rejected"), 60);
    assert_eq!(pool.requests("SignUp"), 60);
}

#[test]
fn the_same_error_on_most_of_200_rows_stops_the_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    // Two of three are rejected, but not the first.
    let list = dir.file(
        "users.csv",
        list_with_weak_passwords(300, |number| number % 3 != 1),
    );
    dir.import(&pool, list)
        .arg("--no-preflight")
        .args(["--concurrency", "1"])
        .run()
        .exits(4)
        .names(["InvalidPasswordException", "--max-failure-rate"]);
    assert_eq!(pool.requests("SignUp"), 200);
    dir.import(&pool, list)
        .arg("--no-preflight")
        .args(["--max-failure-rate", "0.7"])
        .run()
        .exits(1);
    assert_eq!(dir.results().count("created"), 100);
}

#[test]
fn a_few_refused_rows_do_not_stop_a_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        list_with_weak_passwords(300, |number| number % 3 == 1),
    );
    dir.import(&pool, list).arg("--no-preflight").run().exits(1);
    assert_eq!(dir.results().count("rejected"), 100);
}

#[test]
fn an_unreachable_pool_stops_the_run_without_failing_rows() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(400));
    let running = dir.import(&pool, list).args(["--rate", "100"]).start();
    pool.wait_for_requests("SignUp", 10);
    // The pool stops, and returns at another address with the same users.
    let address = pool.url().replace("http://", "");
    let pool = pool.restart_with(|_| {});
    running.wait().exits(4).names([
        address.as_str(),
        "--region",
        "--endpoint-url",
        "HTTPS_PROXY",
    ]);
    let results = dir.results();
    // A user whose sign-up reached the pool is created, or in doubt if its answer was lost with the
    // pool.
    assert!(
        results.count("created") + results.count("in_doubt") >= 10,
        "{:?}",
        results.counts()
    );
    assert_eq!(
        results.count("failed"),
        0,
        "they are resumed: {:?}",
        results.counts()
    );
    let before = results.count("created");
    dir.import(&pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.count("created") + results.count("existed"), 400);
    assert!(results.count("created") >= before);
    assert_eq!(pool.users().len(), 400);
    assert!(
        pool.users()
            .values()
            .all(|user| user.sign_ups_received <= 1)
    );
}

#[test]
fn a_killed_run_resumes_where_it_was() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings::default());
    let list = dir.file("users.csv", users(60));
    let import = || {
        dir.import(&pool, list)
            .args(["--rate", "45", "--lookup-rate", "100"])
    };
    let running = import().start();
    pool.wait_for_requests("SignUp", 20);
    running.signal("KILL");
    assert_eq!(running.wait().code, None, "it was killed");
    let report = dir.cli("report").arg("run").run();
    report.exits(4);
    assert_eq!(dir.results().summary["state"], "interrupted");
    import().run().exits(0);
    let results = dir.results();
    assert_eq!(results.summary["sessions"], 2);
    assert_eq!(
        results.count("created"),
        60,
        "no user is reported as existing"
    );
    assert_each_created_once(&pool, 60);
}

#[test]
fn signals_work_before_the_pool_responds() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    // It accepts connections and never responds.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", mute.local_addr().unwrap());
    let running = dir
        .import(&pool, list)
        .args(["--endpoint-url", &url])
        .start();
    let connection = mute.accept().unwrap();
    running.signal("TERM");
    let began = std::time::Instant::now();
    running.wait().exits(143);
    assert!(
        began.elapsed().as_secs() < 10,
        "it did not wait for the pool"
    );
    drop(connection);
}

#[test]
fn a_stopped_rehearsal_does_not_suggest_resuming() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(200));
    let running = dir
        .rehearse(list)
        .args(["--rate", "20", "--fault", "commit_then_drop=0.2"])
        .args(["--output", "json", "--verbose"])
        .start();
    running.wait_for_stderr("run_directory=");
    running.signal("INT");
    let output = running.wait().exits(130);
    // The hint of a stopped import is the command that resumes it.
    let hint = output.document()["error"]["what_to_do"].to_string();
    assert!(!hint.contains("users.csv"), "{hint}");
    assert!(!output.stderr.contains("--run-dir"), "{}", output.stderr);
    let again = dir
        .cli("report")
        .args(["run", "--output", "json"])
        .run()
        .exits(4);
    let read = |name: &str| std::fs::read_to_string(dir.path(name)).unwrap();
    for text in [
        output.stdout,
        output.stderr,
        again.stdout,
        again.stderr,
        read("run/report.html"),
        read("run/summary.json"),
        read("run/results.csv"),
    ] {
        assert!(!text.contains("--retry"), "{text}");
    }
    dir.rehearse(list)
        .args(["--run-dir", "other", "--fault", "lost_pool_after=5"])
        .run()
        .exits(4);
}

#[test]
fn only_an_import_in_doubt_suggests_retrying() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(3));
    let flags = ["--no-lookup", "--no-preflight", "--max-failures", "0"];
    let rehearsal = dir.rehearse(list).args(["--fault", "commit_then_drop=1"]);
    let rehearsal = rehearsal.args(flags).args(["--run-dir", "rehearsed"]).run();
    let rehearsal = rehearsal.exits(5);
    assert!(
        !rehearsal.stderr.contains("--retry"),
        "{}",
        rehearsal.stderr
    );
    let pool = Pool::start(PoolSettings {
        faults: Faults {
            commit_then_drop: 1.0,
            ..Faults::default()
        },
        ..quick()
    });
    let import = dir.import(&pool, list).args(flags).run();
    import.exits(5).names(["--retry"]);
}

#[test]
fn a_run_can_stop_after_its_first_rows_and_their_steps() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(90));
    let import = || dir.import(&pool, list).arg("--confirm");
    let first = import().args(["--stop-after", "25"]).run().exits(4);
    first.names(["--stop-after 25"]);
    let results = dir.results();
    assert_eq!(results.counts(), [("created", 25), ("unsent", 65)].into());
    assert_eq!(results.summary["state"], "stopped");
    // Each session first asks whether it may confirm users.
    let sent = |sessions| {
        let confirmed = pool.requests("AdminConfirmSignUp") - sessions;
        (pool.requests("SignUp"), confirmed)
    };
    assert_eq!(sent(1), (25, 25));
    import().arg("--stop-after=5").run().exits(4);
    assert_eq!(dir.results().count("created"), 30);
    assert_eq!(sent(2), (30, 30));
    import().run().exits(0);
    assert_eq!(dir.results().counts(), [("created", 90)].into());
    assert_eq!(sent(3), (90, 90));
    assert_each_created_once(&pool, 90);
}

#[test]
fn rows_of_every_outcome_count_for_stop_after() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = users(3) + "user0001,Passw0rd!1,a@example.com\nweak,short,b@example.com\n";
    let list = dir.file(
        "users.csv",
        list + &users(9)["username,password,email\n".len()..],
    );
    let import = |run, rows| {
        let import = dir.import(&pool, list).args(["--run-dir", run]);
        import.args(["--stop-after", rows]).run()
    };
    import("five", "5").exits(4);
    let counts = [
        ("created", 3),
        ("duplicate", 1),
        ("invalid", 1),
        ("unsent", 9),
    ];
    assert_eq!(dir.results_in("five").counts(), counts.into());
    // The last row is the limit.
    import("all", "14").exits(1);
    assert_eq!(dir.results_in("all").count("unsent"), 0);
    let zero = import("zero", "0");
    zero.exits(2).names(["--stop-after"]);
}
