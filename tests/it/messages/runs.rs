//! Runs that are refused, resumed, stopped or already finished.

use std::fs;

use cognito_import::rehearsal::{Faults, PoolSettings};

use super::{Transcript, prepared};
use crate::harness::{Pool, TestDir, existing_user, quick, silent, users};

/// Commands that do not match the run in the directory.
#[test]
fn other_runs() {
    let (dir, pool) = prepared();
    dir.import(&pool, "users.csv").run().exits(0);
    let mut transcript = Transcript::default();
    for flags in [
        "",
        "--user-pool-id us-east-1_Another",
        "--client-id anotherclient",
        "--ignore-column email --no-preflight",
        "--keep email",
        "--trim",
        "--confirm --no-preflight",
        "--validation-data key=4711 --no-preflight",
    ] {
        let title = format!("import users.csv {flags}");
        let import = dir
            .import(&pool, "users.csv")
            .args(flags.split_whitespace());
        transcript.run(&dir, title.trim_end(), import);
    }
    transcript.run(&dir, "rehearse users.csv", dir.rehearse("users.csv"));
    dir.file("users.csv", users(4));
    let import = || dir.import(&pool, "users.csv");
    transcript.run(&dir, "import another-list.csv", import());
    let restart = import().arg("--restart");
    transcript.run(&dir, "import another-list.csv --restart", restart);
    let kinds = dir.cli("report").args(["--compare", "rehearsed", "run"]);
    let rehearse = dir.rehearse("users.csv").args(["--run-dir", "rehearsed"]);
    rehearse.run().exits(0);
    transcript.run(&dir, "report --compare rehearsed run", kinds);
    // The list is identified by its hash.
    assert_messages!("other_runs", without_hashes(&transcript.0));
}

/// Replaces hashes: hexadecimal numbers of at least eight digits.
fn without_hashes(text: &str) -> String {
    let mut replaced = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_hash = digits.len() >= 8 && digits.chars().all(|c| c.is_ascii_hexdigit());
        replaced += if is_hash { "HASH" } else { digits };
        replaced += &word[digits.len()..];
    }
    replaced
}

#[test]
fn damaged_runs() {
    let mut transcript = Transcript::default();
    let mut damage = |title: &str, change: &dyn Fn(&TestDir)| {
        let (dir, pool) = prepared();
        dir.import(&pool, "users.csv").run().exits(0);
        change(&dir);
        transcript.run(&dir, title, dir.import(&pool, "users.csv"));
    };
    damage("not a database", &|dir| {
        fs::write(dir.path("run/ledger.db"), "not a database").unwrap();
    });
    damage("a later version", &|dir| {
        let ledger = rusqlite::Connection::open(dir.path("run/ledger.db")).unwrap();
        ledger.pragma_update(None, "user_version", 1_000).unwrap();
    });
    damage("an empty ledger", &|dir| {
        fs::write(dir.path("run/ledger.db"), "").unwrap();
    });
    damage("a missing row", &|dir| {
        let ledger = rusqlite::Connection::open(dir.path("run/ledger.db")).unwrap();
        let delete = "DELETE FROM rows WHERE row = 2; DELETE FROM results WHERE row = 2";
        ledger.execute_batch(delete).unwrap();
    });
    damage("results without a ledger", &|dir| {
        fs::remove_file(dir.path("run/ledger.db")).unwrap();
    });
    assert_messages!("damaged_runs", transcript.0);
}

#[test]
fn stopped_and_resumed_runs() {
    let (dir, pool) = prepared();
    let mut transcript = Transcript::default();
    let import = |pool: &Pool| {
        dir.import(pool, "users.csv")
            .args(["--concurrency", "1", "--no-preflight"])
    };
    let deadline = import(&pool).args(["--deadline", "50ms"]);
    transcript.run(&dir, "--deadline 50ms", deadline);
    transcript.run(&dir, "the same command", import(&pool));
    transcript.run(&dir, "the same command again", import(&pool));
    let lost = Pool::start(PoolSettings {
        faults: Faults {
            lost_pool_after: Some(2),
            ..Faults::default()
        },
        ..quick()
    });
    let lost = import(&lost).args(["--run-dir", "lost"]);
    transcript.run(&dir, "a deleted pool", lost);
    let weak = users(30).replace("Passw0rd!", "passwordx");
    dir.file("weak.csv", weak);
    let weak = dir.import(&pool, "weak.csv").args(["--run-dir", "weak"]);
    let weak = weak.args(["--concurrency", "1", "--no-preflight"]);
    transcript.run(&dir, "weak passwords", weak);
    let rehearsal = dir.rehearse("users.csv").args(["--run-dir", "rehearsed"]);
    let rehearsal = rehearsal.args(["--concurrency", "1", "--no-preflight"]);
    let rehearsal = rehearsal.args(["--fault", "lost_pool_after=2"]);
    transcript.run(&dir, "a stopped rehearsal", rehearsal);
    assert_messages!("stopped_and_resumed_runs", transcript.0);
}

#[test]
fn signals() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    dir.file("users.csv", users(3));
    let mut transcript = Transcript::default();
    let import = || {
        dir.import(&pool, "users.csv")
            .args(["--no-preflight", "--no-lookup"])
    };
    let running = import().start();
    pool.wait_for_requests("SignUp", 3);
    transcript.run(&dir, "a directory in use", import());
    let waiting = import().args(["--wait-for-lock", "20ms"]);
    transcript.run(&dir, "--wait-for-lock 20ms", waiting);
    running.signal("INT");
    running.wait_for_stderr("Ctrl-C");
    running.signal("INT");
    transcript.add(&dir, "two signals", &running.wait());
    transcript.run(&dir, "report run", dir.cli("report").arg("run"));
    assert_messages!("signals", transcript.0);
}

/// The errors of runs that lose their ledger or their pool.
#[test]
fn lost_runs() {
    let mut transcript = Transcript::default();
    let mut lose = |title: &str, change: &dyn Fn(&TestDir)| {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", users(200));
        let running = dir.import(&pool, list).args(["--rate", "100"]).start();
        pool.wait_for_requests("SignUp", 20);
        change(&dir);
        transcript.add_error(&dir, title, running.wait());
    };
    lose("a removed ledger", &|dir| {
        fs::remove_file(dir.path("run/ledger.db")).unwrap();
    });
    lose("a replaced ledger", &|dir| {
        fs::copy(dir.path("run/ledger.db"), dir.path("copy.db")).unwrap();
        fs::rename(dir.path("copy.db"), dir.path("run/ledger.db")).unwrap();
    });
    lose("a removed directory", &|dir| {
        fs::remove_dir_all(dir.path("run")).unwrap();
    });
    let (dir, pool) = prepared();
    let import = dir.import(&pool, "users.csv").arg("--no-preflight");
    pool.stop();
    dir.file("users.csv", users(40));
    let unreachable = import.args(["--no-lookup", "--concurrency", "1"]);
    transcript.add_error(&dir, "an unreachable pool", unreachable.run());
    assert_messages!("lost_runs", transcript.0);
}

#[test]
fn prescans() {
    let dir = TestDir::new();
    dir.file("users.csv", users(3));
    let existing = |number| existing_user(&format!("user{number:04}"));
    let pool = Pool::start(PoolSettings {
        existing: (1..=2).map(existing).collect(),
        ..quick()
    });
    let import = |pool: &Pool, run: &str| {
        let import = dir.import(pool, "users.csv").args(["--run-dir", run]);
        import.args(["--prescan", "always", "--concurrency", "1"])
    };
    let mut transcript = Transcript::default();
    transcript.run(&dir, "--prescan always", import(&pool, "run"));
    let mut settings = quick();
    settings.faults.list_500 = 1.0;
    let failing = Pool::start(settings);
    let unlisted = import(&failing, "failing").arg("--no-preflight");
    transcript.add_error(&dir, "a failing listing", unlisted.run());
    assert_messages!("prescans", transcript.0);
}

#[test]
fn rejects() {
    let (dir, pool) = prepared();
    let mut transcript = Transcript::default();
    let list = users(2) + "ann,,ann@example.com\nuser0001,Passw0rd!,x@example.com\n";
    dir.file("users.csv", list.clone());
    let import = || dir.import(&pool, "users.csv").arg("--no-preflight");
    transcript.run(&dir, "import users.csv", import());
    let with_passwords = import().arg("--rejects-with-passwords");
    transcript.run(&dir, "--rejects-with-passwords", with_passwords);
    let piped = || dir.import(&pool, "-").args(["--run-dir", "piped"]);
    let refused = piped().arg("--rejects-with-passwords").input(&*list);
    transcript.run(&dir, "import - --rejects-with-passwords", refused);
    piped().input(&*list).run().exits(1);
    let shorter = piped().input(users(2));
    transcript.run(&dir, "import - (a shorter list)", shorter);
    fs::write(dir.path("run/rejects.csv"), "edited").unwrap();
    transcript.run(&dir, "import users.csv (edited)", import());
    assert_messages!("rejects", transcript.0);
}

/// Which rows `--retry` selects.
#[test]
fn retries() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.faults.commit_then_drop = 1.0;
    let pool = Pool::start(settings);
    let list = users(2) + "weak,Passw0rd,weak@example.com\n,Passw0rd!,x@example.com\n";
    dir.file("users.csv", list);
    let import = |pool: &Pool, flags: &str| {
        let import = dir.import(pool, "users.csv");
        let import = import.args(["--no-preflight", "--allow-messages"]);
        import.args(flags.split_whitespace())
    };
    import(&pool, "--no-lookup").run().exits(5);
    let pool = pool.restart_with(|settings| settings.faults.commit_then_drop = 0.0);
    let mut transcript = Transcript::default();
    for flags in [
        "--retry failed,follow-up",
        "--retry in-doubt,failed",
        "--retry all",
    ] {
        transcript.run(&dir, flags, import(&pool, flags));
    }
    assert_messages!("retries", transcript.0);
}
