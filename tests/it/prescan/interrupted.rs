//! Runs that list the pool first and are interrupted.

use cognito_import::rehearsal::{PoolSettings, SimulatedLatency};

use super::{existing, lookups, nightly, pages, with_existing};
use crate::harness::{CTRL_C, Pool, TestDir, TestEndpoint, TestReply, quick, users, wait_until};

/// A pool that lists slowly.
fn slow(count: usize) -> Pool {
    Pool::start(PoolSettings {
        existing: existing(count),
        latency: SimulatedLatency {
            base_ms: 150,
            jitter_ms: 0,
        },
        ..quick()
    })
}

#[test]
fn a_signal_during_the_listing_leaves_no_run() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(600));
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let pool = slow(599);
        let import = || nightly(&dir, &pool, list).args(["--run-dir", signal]);
        let running = import().start();
        wait_until("three pages", || (pages(&pool) >= 3).then_some(()));
        running.signal(signal);
        running.wait().exits(code);
        assert!(pages(&pool) < 10);
        assert!(!dir.path(signal).exists(), "no run was created");
        import().run().exits(0);
        let results = dir.results_in(signal);
        assert_eq!(results.counts(), [("created", 1), ("existed", 599)].into());
        assert_eq!(pool.requests("SignUp"), 1);
    }
}

#[test]
fn a_terminal_shows_the_progress_of_the_listing() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(600));
    let pool = slow(599);
    let import = nightly(&dir, &pool, list).arg("--yes");
    // Without TERM the terminal's capabilities are unknown.
    let import = import.env("TERM", "xterm");
    let Some(import) = import.in_terminal(" 599 ", CTRL_C) else {
        return;
    };
    import.run().exits(130);
    assert_eq!(pool.requests("SignUp"), 0);
}

#[test]
fn a_deadline_during_the_listing_leaves_no_run() {
    let dir = TestDir::new();
    let pool = slow(6_000);
    let list = dir.file("users.csv", users(10));
    let import = nightly(&dir, &pool, list).args(["--prescan", "always"]);
    let import = import.args(["--deadline", "4s"]);
    import.run().exits(4).names(["--deadline"]);
    assert!(!dir.path("run").exists(), "no run was created");
    assert_eq!(pool.requests("SignUp"), 0);
    // By default a run does not spend its time on that.
    let longer = dir.file("longer.csv", users(2_000));
    let import = nightly(&dir, &pool, longer).args(["--run-dir", "auto"]);
    let before = pool.requests("ListUsers");
    let running = import.args(["--deadline", "19s"]).start();
    pool.wait_for_requests("SignUp", 1);
    assert_eq!(pool.requests("ListUsers"), before);
    running.signal("INT");
    running.wait().exits(130);
}

#[test]
fn a_run_killed_during_the_listing_lists_again_and_finishes() {
    let dir = TestDir::new();
    let pool = with_existing(900);
    let mut list = String::new();
    for (at, line) in users(900).lines().enumerate() {
        let line = if at % 4 == 3 {
            line.replace("user", "newcomer")
        } else {
            line.to_owned()
        };
        list += &line;
        list.push('\n');
    }
    let list = dir.file("users.csv", list);
    let import = || nightly(&dir, &pool, list);
    let running = import().start();
    pool.wait_for_requests("SignUp", 50);
    running.signal("KILL");
    assert_eq!(running.wait().code, None, "it was killed");
    let before = pages(&pool);
    import().run().exits(0);
    assert!(pages(&pool) > before, "more than half of the rows remained");
    let results = dir.results();
    assert_eq!(
        results.counts(),
        [("created", 225), ("existed", 675)].into()
    );
    let existed = results
        .rows
        .iter()
        .filter(|row| row["outcome"] == "existed");
    assert!(
        existed.clone().all(|row| row["evidence"] == "listing"),
        "no listed row was begun without an outcome"
    );
    let users = pool.users();
    let made = users.values().filter(|user| !user.preexisting);
    assert!(made.clone().all(|user| user.sign_ups_received == 1));
    assert_eq!(made.count(), 225);
}

#[test]
fn a_resumed_run_decides_by_the_remaining_rows() {
    let dir = TestDir::new();
    let pool = with_existing(180);
    let list = dir.file("users.csv", users(240));
    let import = || dir.import(&pool, list).args(["--rate", "100"]);
    let slowly = import().args(["--prescan", "never", "--concurrency", "1"]);
    let running = slowly.start();
    pool.wait_for_requests("SignUp", 225);
    running.signal("INT");
    running.wait().exits(130);
    import().run().exits(0);
    assert_eq!(
        pool.requests("ListUsers"),
        0,
        "three pages cost more than the remaining names"
    );
    assert_eq!(
        dir.results().counts(),
        [("created", 60), ("existed", 180)].into()
    );
}

#[test]
fn an_incomplete_listing_stops_only_a_run_with_forced_prescan() {
    let dir = TestDir::new();
    // No user of the list exists, so none is looked up.
    let list = users(100)
        .replace("user", "newcomer")
        .replacen("newcomername", "username", 1);
    let list = dir.file("users.csv", list);
    let pool = || {
        let mut settings = PoolSettings {
            existing: existing(600),
            ..quick()
        };
        // Three Describe calls, the permission probe, and some pages.
        settings.faults.expired_credentials_after = Some(8);
        Pool::start(settings)
    };
    let forced = pool();
    let named = |pool: &Pool, flags: [&str; 2]| {
        let import = dir.import(pool, list).args(["--list-rate", "1000"]);
        import
            .args(["--rate", "50", "--lookup-rate", "50"])
            .args(flags)
    };
    let always = named(&forced, ["--prescan", "always"]).args(["--run-dir", "always"]);
    always.run().exits(4).names([
        "--prescan always",
        "ExpiredTokenException",
        "cognito-idp:ListUsers",
    ]);
    assert_eq!(forced.requests("SignUp"), 0);
    assert!(!dir.path("always").exists(), "no run was created");
    let auto = pool();
    named(&auto, ["--run-dir", "auto"])
        .run()
        .exits(0)
        .names(["ExpiredTokenException"]);
    assert_eq!(dir.results_in("auto").count("created"), 100);
    assert_eq!(lookups(&auto), 0);
    let terminal = pool();
    let at_terminal = named(&terminal, ["--run-dir", "terminal"])
        .args(["--progress", "lines", "--yes"])
        .after("stty cols 50 rows 20")
        .in_terminal("no prompt", "");
    let Some(at_terminal) = at_terminal else {
        return;
    };
    let shown = at_terminal.run().exits(0).stdout.replace('\r', "");
    let named = shown
        .lines()
        .position(|line| line.contains("ExpiredTokenException"));
    // The lines of a wrapped note are indented.
    let is_wrapped = |line: &&str| line.starts_with("      ");
    assert!(
        shown
            .lines()
            .nth(named.unwrap())
            .as_ref()
            .is_some_and(is_wrapped),
        "{shown}"
    );
    assert!(
        shown
            .lines()
            .filter(is_wrapped)
            .all(|line| line.chars().count() <= 50),
        "{shown}"
    );
}

#[test]
fn listed_users_do_not_hide_that_all_other_rows_fail() {
    let dir = TestDir::new();
    let pool = with_existing(300);
    // Of ten rows, nine exist, and the tenth has a password that no pool accepts.
    let weak = |at: usize, line: &str| {
        if at > 0 && at.is_multiple_of(10) {
            line.replace("user", "newcomer")
                .replace("Passw0rd!", "passwordx")
        } else {
            line.to_owned()
        }
    };
    let list: Vec<String> = users(300)
        .lines()
        .enumerate()
        .map(|(at, line)| weak(at, line))
        .collect();
    let list = dir.file("users.csv", list.join("\n"));
    let import = nightly(&dir, &pool, list).args(["--prescan", "always"]);
    let import = import.args(["--no-preflight", "--concurrency", "1"]);
    import
        .run()
        .exits(4)
        .names(["InvalidPasswordException", "--max-failures"]);
    assert_eq!(pool.requests("SignUp"), 20);
}

#[test]
fn lost_pages_are_requested_again() {
    let dir = TestDir::new();
    let mut settings = PoolSettings {
        existing: existing(1_199),
        seed: 5,
        ..quick()
    };
    settings.faults.list_drop = 0.2;
    settings.faults.list_500 = 0.15;
    settings.faults.list_throttle = 0.15;
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(1_200));
    nightly(&dir, &pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(
        results.counts(),
        [("created", 1), ("existed", 1_199)].into()
    );
    assert_eq!(pool.requests("SignUp"), 1);
    let drawn = pool.stats().faults;
    for fault in ["list_drop", "list_500", "list_throttle"] {
        assert!(drawn.contains_key(fault), "{drawn:?}");
    }
    let sent = &results.summary["requests"]["UserList"]["sent"];
    assert!(sent.as_u64() > Some(20), "twenty pages and the failed ones");
}

#[test]
fn an_unresponsive_listing_is_detected_before_the_run() {
    let dir = TestDir::new();
    let mut settings = PoolSettings {
        existing: existing(60),
        ..quick()
    };
    settings.faults.list_500 = 1.0;
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(61));
    let auto = nightly(&dir, &pool, list)
        .args(["--run-dir", "auto"])
        .args(["--preflight-timeout", "1s"]);
    auto.run()
        .exits(0)
        .names(["ListUsers", "InternalErrorException"]);
    assert_eq!(pool.requests("SignUp"), 61);
    let always = || {
        nightly(&dir, &pool, list)
            .args(["--prescan", "always"])
            .args(["--preflight-timeout", "1s"])
    };
    let refused =
        always()
            .run()
            .exits(4)
            .names(["ListUsers", "InternalErrorException", "[call_failed]"]);
    assert!(
        !refused.stderr.contains("permission_missing"),
        "{}",
        refused.stderr
    );
    always()
        .arg("--no-preflight")
        .run()
        .exits(4)
        .names(["InternalErrorException", "--prescan never"]);
    assert_eq!(pool.requests("SignUp"), 61);
    // Without prescan the run proceeds.
    let never = nightly(&dir, &pool, list).args(["--prescan", "never"]);
    never.run().exits(0);
    assert_eq!(dir.results().count("existed"), 61);
}

#[test]
fn a_list_that_changes_before_its_first_row_is_sent_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(9));
    let path = dir.path(list);
    let endpoint = TestEndpoint::start(&pool, move |request| {
        if request.operation == "ListUsers" {
            // An export replaces it by one that is not complete yet.
            std::fs::write(&path, users(2)).unwrap();
        }
        TestReply::Forward
    });
    dir.import(&pool, list)
        .without_flag("--endpoint-url")
        .args(["--endpoint-url", &endpoint.url()])
        .args(["--prescan", "always"])
        .run()
        .exits(3)
        .names([list]);
    assert_eq!(pool.requests("SignUp"), 0);
}
