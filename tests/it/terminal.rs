//! The confirmation prompt at a terminal, before anything is sent.

use cognito_import::rehearsal::{ExistingUser, PoolSettings};

use crate::harness::{CTRL_C, Pool, TestDir, quick, users};

/// The end of the prompt.
const QUESTION: &str = "[y/N] ";

#[test]
fn anything_but_yes_means_no() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    for answer in ["n\n", "\n", "yeah\n", "\u{4}"] {
        let Some(import) = dir.import(&pool, list).in_terminal(QUESTION, answer) else {
            return;
        };
        import.run().exits(3).shows([QUESTION, "--yes"]);
    }
    assert_eq!(pool.requests("SignUp"), 0);
    assert!(!dir.path("run").exists(), "no run was created");
}

#[test]
fn yes_starts_the_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    for (run, answer) in [("y", "y\n"), ("yes", "YES\n")] {
        let import = dir.import(&pool, list).args(["--run-dir", run]);
        let Some(import) = import.in_terminal(QUESTION, answer) else {
            return;
        };
        import.run().exits(0).shows([QUESTION]);
    }
    assert_eq!(dir.results_in("y").count("created"), 3);
    assert_eq!(dir.results_in("yes").count("existed"), 3);
}

#[test]
fn ctrl_c_at_the_prompt_exits_at_once() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let Some(import) = dir.import(&pool, list).in_terminal(QUESTION, CTRL_C) else {
        return;
    };
    import.run().exits(130);
    assert_eq!(pool.requests("SignUp"), 0);
    assert!(!dir.path("run").exists(), "no run was created");
}

#[test]
fn yes_resumed_runs_and_rehearsals_do_not_prompt() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let quiet = |cli: crate::harness::ProgramCommand| {
        let cli = cli.in_terminal(QUESTION, "n\n")?;
        Some(cli.run().exits(0).stdout)
    };
    let Some(shown) = quiet(dir.import(&pool, list).arg("--yes")) else {
        return;
    };
    assert!(!shown.contains(QUESTION), "{shown}");
    let shown = quiet(dir.import(&pool, list)).unwrap();
    assert!(!shown.contains(QUESTION), "{shown}");
    assert_eq!(pool.requests("SignUp"), 3);
    let rehearse = dir.rehearse(list).args(["--run-dir", "rehearsal"]);
    assert!(!quiet(rehearse).unwrap().contains(QUESTION));
}

#[test]
fn after_a_listing_the_prompt_counts_new_users() {
    let dir = TestDir::new();
    let existing = |number| ExistingUser {
        username: format!("user{number:04}"),
        ..ExistingUser::default()
    };
    let pool = Pool::start(PoolSettings {
        existing: (1..=57).map(existing).collect(),
        ..quick()
    });
    // Of 63 rows, one is invalid, and one repeats a new user.
    let list = users(60)
        + "user0060,Passw0rd!1,a@example.com\nlonely,,b@example.com\nUSER0002,Passw0rd!1,c@example.com\n";
    let list = dir.file("users.csv", list);
    let import = |answer| {
        let import = dir.import(&pool, list).args(["--prescan", "always"]);
        import.in_terminal(QUESTION, answer)
    };
    let Some(declined) = import("n\n") else {
        return;
    };
    let shown = declined.run().exits(3);
    shown.shows(["57 existing", "3 of 63", QUESTION]);
    assert!(!dir.path("run").exists(), "no run was created");
    import("y\n").unwrap().run().exits(1).shows(["3 of 63"]);
    let counts = [
        ("created", 3),
        ("existed", 57),
        ("duplicate", 2),
        ("invalid", 1),
    ];
    assert_eq!(dir.results().counts(), counts.into());
    let last_night = dir.file("last.csv", users(60));
    let import = dir.import(&pool, last_night).args(["--prescan", "always"]);
    let import = import.args(["--run-dir", "nothing-new"]);
    let shown = import.in_terminal(QUESTION, "n\n").unwrap().run();
    let shown = shown.exits(0).stdout;
    assert!(
        !shown.contains(QUESTION),
        "nothing is to be approved: {shown}"
    );
    assert_eq!(pool.requests("SignUp"), 3);
}

#[test]
fn a_refusal_comes_before_the_prompt() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", "username,password\nann,Passw0rd!1\n");
    let Some(import) = dir.import(&pool, list).in_terminal(QUESTION, "y\n") else {
        return;
    };
    let output = import.run().exits(3).shows(["[attribute_required]"]);
    assert!(!output.stdout.contains(QUESTION), "{}", output.stdout);
}

#[test]
fn an_error_is_wrapped_and_colored_at_a_terminal_only() {
    let dir = TestDir::new();
    let report = || dir.cli("report").arg("no-such-directory/of-a-run");
    let piped = report().run().exits(3).stderr;
    assert!(
        piped.starts_with("error: ") && !piped.contains('\u{1b}'),
        "{piped}"
    );
    assert_eq!(piped.lines().count(), 1, "{piped}");
    for (no_color, prefix) in [("", "\u{1b}[1;31merror:\u{1b}[0m "), ("1", "error: ")] {
        let mut cli = report();
        if !no_color.is_empty() {
            cli = cli.env("NO_COLOR", no_color);
        }
        let Some(cli) = cli
            .after("stty cols 50 rows 20")
            .in_terminal("no prompt", "")
        else {
            return;
        };
        let shown = cli.run().exits(3).stdout.replace('\r', "");
        assert!(shown.starts_with(prefix), "{shown:?}");
        let plain = shown.replace(prefix, "error: ");
        assert!(plain.lines().count() > 1, "{plain}");
        assert!(
            plain.lines().all(|line| line.chars().count() <= 50),
            "{plain}"
        );
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(words(&plain), words(&piped));
    }
}
