//! An undo that stops early resumes with the same command. A run that was undone cannot be resumed.

use cognito_import::rehearsal::{Faults, PoolSettings, QuotaSetting};

use super::{import, results, settings, undo};
use crate::harness::{Pool, TestDir, TestEndpoint, TestReply, head, users};

#[test]
fn a_signal_stops_an_undo_and_the_same_command_resumes() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", users(60));
    import(&dir, &pool, list).run().exits(0);
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let deleted = pool.requests("AdminDeleteUser");
        let running = undo(&dir, &pool).args(["--delete-rate", "20"]).start();
        pool.wait_for_requests("AdminDeleteUser", deleted + 3);
        running.signal(signal);
        let left = pool.users().len();
        running.wait().exits(code);
        assert!(left > 0);
        // Requests in flight were waited for and recorded.
        let outcomes = results(&dir);
        let deleted = outcomes
            .values()
            .filter(|outcome| *outcome == "deleted")
            .count();
        assert_eq!(60 - deleted, pool.users().len());
    }
    undo(&dir, &pool).run().exits(0);
    assert!(pool.users().is_empty());
    assert!(results(&dir).values().all(|outcome| outcome == "deleted"));
    assert_eq!(pool.requests("AdminDeleteUser"), 60);
}

#[test]
fn a_dry_run_shows_what_an_undo_has_left() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", users(40));
    import(&dir, &pool, list).run().exits(0);
    let dry_run = || {
        let undo = undo(&dir, &pool).without_flag("--yes-delete");
        let dry_run = undo.arg("--dry-run").json().run();
        dry_run.exits(0).document()["users"].clone()
    };
    let running = undo(&dir, &pool).args(["--delete-rate", "20"]).start();
    pool.wait_for_requests("AdminDeleteUser", 3);
    running.signal("TERM");
    running.wait().exits(143);
    let left = pool.users().len();
    assert!(left > 0);
    let users = dry_run();
    assert_eq!(
        (&users["deleted"], &users["gone"]),
        (&left.into(), &0.into())
    );
    undo(&dir, &pool).run().exits(0);
    let lookups = pool.requests("AdminGetUser");
    let users = dry_run();
    assert!(users.as_object().unwrap().values().all(|users| *users == 0));
    assert_eq!(pool.requests("AdminGetUser"), lookups);
    // The results of the undo stay.
    assert_eq!(results(&dir).len(), 40);
}

#[test]
fn a_pool_that_does_not_answer_is_reported() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", users(3));
    import(&dir, &pool, list).run().exits(0);
    let endpoint = TestEndpoint::start(&pool, |request| match request.operation.as_str() {
        "AdminGetUser" => TestReply::Drip(head(200, "x: y")),
        _ => TestReply::Forward,
    });
    let undo = undo(&dir, &pool).without_flag("--endpoint-url");
    let undo = undo.args(["--endpoint-url", &endpoint.url(), "--grace", "1s"]);
    let running = undo.start();
    running.wait_for_stderr("settled;");
    running.signal("INT");
    running.wait().exits(130);
}

#[test]
fn expired_credentials_stop_an_undo_without_failing_users() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        faults: Faults {
            expired_credentials_after: Some(9),
            ..Faults::default()
        },
        ..settings()
    });
    let list = dir.file("users.csv", users(20));
    import(&dir, &pool, list).run().exits(0);
    undo(&dir, &pool)
        .run()
        .exits(4)
        .names(["ExpiredTokenException"]);
    let outcomes = results(&dir);
    assert!(
        outcomes
            .values()
            .all(|outcome| outcome == "deleted" || outcome == "open")
    );
    let deleted = outcomes
        .values()
        .filter(|outcome| *outcome == "deleted")
        .count();
    assert_eq!(20 - deleted, pool.users().len());
}

#[test]
fn an_unreachable_pool_stops_an_undo_after_ten_users() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", users(40));
    import(&dir, &pool, list).run().exits(0);
    let other = Pool::start(settings());
    let nowhere = other.url();
    let address = nowhere.replace("http://", "");
    other.stop();
    undo(&dir, &pool)
        .args(["--endpoint-url", &nowhere])
        .run()
        .exits(4)
        .names([&address]);
    assert_eq!(pool.users().len(), 40);
    undo(&dir, &pool).run().exits(0);
    assert!(pool.users().is_empty());
}

#[test]
fn an_undone_run_only_continues_with_restart() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", users(3));
    import(&dir, &pool, list).run().exits(0);
    undo(&dir, &pool).run().exits(0);
    for more in [["--retry", "failed"], ["--retry", "all"]] {
        import(&dir, &pool, list)
            .args(more)
            .run()
            .exits(3)
            .names(["--restart"]);
    }
    import(&dir, &pool, list)
        .run()
        .exits(3)
        .names(["--restart"]);
    let report = dir.cli("report").arg("run").run();
    report.exits(0).names(["undo-results.csv"]);
    let page = std::fs::read_to_string(dir.path("run/report.html")).unwrap();
    assert!(page.contains("undo-results.csv"));
    assert!(pool.users().is_empty());

    import(&dir, &pool, list).arg("--restart").run().exits(0);
    assert_eq!(dir.results().count("created"), 3);
    assert_eq!(pool.users().len(), 3);
    assert!(dir.path("run").join("undo-before-1.db").exists());
    let before = pool.stats().operations;
    import(&dir, &pool, list).run().exits(0);
    assert_eq!(pool.stats().operations, before, "the run was finished");
    // The new run can be undone too.
    undo(&dir, &pool).run().exits(0);
    assert!(pool.users().is_empty());
}

#[test]
fn rows_in_doubt_are_reported_and_kept() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        faults: Faults {
            commit_then_drop: 1.0,
            ..Faults::default()
        },
        ..settings()
    });
    let list = dir.file("users.csv", users(2));
    import(&dir, &pool, list)
        .args(["--max-failures", "0"])
        .run()
        .exits(5);
    undo(&dir, &pool).run().exits(0);
    assert_eq!(pool.requests("AdminDeleteUser"), 0);
    assert_eq!(pool.users().len(), 2);
}

#[test]
fn verbose_undo_logs_every_answer_and_failure() {
    let dir = TestDir::new();
    let mut few = settings();
    few.quotas.user_update = QuotaSetting::per_second(20.0);
    let pool = Pool::start(few);
    let list = dir.file("users.csv", users(40));
    import(&dir, &pool, list).run().exits(0);
    let log = undo(&dir, &pool).arg("-vvv").run().exits(0).stderr;
    let lines_with = |data: [&str; 2]| {
        let has_all = |line: &&str| data.iter().all(|datum| line.contains(datum));
        log.lines().filter(has_all).count() as u64
    };
    assert_eq!(lines_with(["TRACE", " row="]), 40, "{log}");
    let throttled = pool.requests("AdminDeleteUser") - 40;
    assert!(throttled > 0);
    assert_eq!(
        lines_with(["DEBUG", "code=\"TooManyRequestsException\""]),
        throttled
    );
    assert!(
        !log.contains("user0001"),
        "rows are identified by number: {log}"
    );
}

#[test]
fn removing_the_undo_log_stops_the_undo() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", users(60));
    import(&dir, &pool, list).run().exits(0);
    let running = undo(&dir, &pool).args(["--delete-rate", "20"]).start();
    pool.wait_for_requests("AdminDeleteUser", 6);
    std::fs::remove_file(dir.path("run/undo.db")).unwrap();
    running.wait().exits(4).names(["run/undo.db"]);
    assert!(pool.users().len() > 20, "it stops");
    // The same command does not start over.
    undo(&dir, &pool).run().exits(3).names(["undo.db"]);
}
