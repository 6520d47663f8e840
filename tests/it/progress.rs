//! Progress of a run: a bar at a terminal, lines elsewhere.

use std::time::Instant;

use cognito_import::rehearsal::QuotaSetting;

use crate::harness::{
    CTRL_C, Pool, TerminalScreen, TestDir, gzip, quick, silent, users, wait_until,
};

/// The characters of a bar.
const FULL: char = '█';
const EMPTY: char = '░';

fn is_bar(row: &str) -> bool {
    row.contains([FULL, EMPTY])
}

/// The number and percentage of processed rows that a bar shows.
fn processed(rows: &[String]) -> (u64, u64) {
    let text = rows.join(" ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let of = words.iter().rposition(|word| *word == "of").unwrap();
    let percent = words.iter().rfind(|word| word.ends_with('%')).unwrap();
    (
        words[of - 1].parse().unwrap(),
        percent.trim_end_matches('%').parse().unwrap(),
    )
}

/// Waits until the bar is shown, and this datum in it or below it. Returns these rows.
fn wait_for_bar(screen: &TerminalScreen, datum: &str) -> Vec<String> {
    wait_until(datum, || {
        let rows = screen.rows();
        let bar = rows.get(rows.iter().position(|row| is_bar(row))?..)?;
        let is_shown = bar.iter().any(|row| row.contains(datum));
        is_shown.then(|| bar.to_vec())
    })
}

/// Starts a rehearsal at 50 rows per second and waits until it has created some.
fn start_rehearsal(dir: &TestDir, count: usize, columns: u16) -> TerminalScreen {
    let list = dir.file("users.csv", users(count));
    let screen = dir.rehearse(list).args(["--rate", "50"]).on_screen(columns);
    screen.wait_for_text("created ");
    screen
}

#[test]
fn a_terminal_shows_a_bar_and_finally_only_the_table() {
    let dir = TestDir::new();
    let mut screen = start_rehearsal(&dir, 150, 100);
    let rows = screen.rows();
    let at = rows.iter().position(|row| is_bar(row)).unwrap();
    for part in ["150 rows", "/s (limit 50/s)", "eta "] {
        assert!(rows[at].contains(part), "{part}: {rows:#?}");
    }
    assert!(rows[at + 1].starts_with("created "), "{rows:#?}");
    let (settled, percent) = processed(&rows[at..=at]);
    assert_eq!(percent, settled * 100 / 150, "{rows:#?}");
    assert_eq!(screen.wait(), Some(0));
    let rows = screen.rows();
    assert!(!rows.iter().any(|row| is_bar(row)), "{rows:#?}");
    for datum in ["│ created    150", "run/results.csv", "run/report.html"] {
        assert!(
            rows.iter().any(|row| row.contains(datum)),
            "{datum}: {rows:#?}"
        );
    }
    assert!(screen.cursor_is_restored());
}

#[test]
fn the_bar_fits_forty_columns() {
    let dir = TestDir::new();
    let mut screen = start_rehearsal(&dir, 150, 40);
    let rows = screen.rows();
    let at = rows.iter().position(|row| is_bar(row)).unwrap();
    assert!(rows[at].ends_with("150 rows"), "{rows:#?}");
    assert!(rows[at + 1].contains("/s (limit 50/s)  eta "), "{rows:#?}");
    assert!(rows[at + 2].starts_with("created "), "{rows:#?}");
    assert_eq!(screen.wait(), Some(0));
    let rows = screen.rows();
    let borders: Vec<&String> = rows
        .iter()
        .filter(|row| row.starts_with(['┌', '│', '└']))
        .collect();
    assert!(borders.len() > 5, "{rows:#?}");
    assert!(
        borders.iter().all(|row| row.ends_with(['┐', '│', '┘'])),
        "{rows:#?}"
    );
}

#[test]
fn the_bar_is_redrawn_when_the_terminal_is_resized() {
    let dir = TestDir::new();
    let mut screen = start_rehearsal(&dir, 300, 110);
    for (columns, next) in [(70, "eta "), (40, ""), (90, "created ")] {
        screen.resize(columns);
        // The wrapped part starts a new row. Torn output would remain visible.
        wait_until("one bar in its new size", || {
            let rows = screen.rows();
            let at = rows.iter().position(|row| is_bar(row))?;
            let once = |part: &str| rows.iter().filter(|row| row.contains(part)).count() == 1;
            let complete = ["/s (limit ", "eta ", "of 300 rows", "created "]
                .into_iter()
                .all(once);
            let one = rows.iter().filter(|row| is_bar(row)).count() == 1;
            (rows.get(at + 1)?.starts_with(next) && complete && one).then_some(())
        });
    }
    assert_eq!(screen.wait(), Some(0));
    assert!(!screen.rows().iter().any(|row| is_bar(row)));
}

#[test]
fn colors_are_disabled_on_request() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(40));
    let output_with = |variable: (&str, &str), run| {
        let rehearse = dir
            .rehearse(list)
            .args(["--run-dir", run, "--rate", "50", "-v"]);
        let mut screen = rehearse.env(variable.0, variable.1).on_screen(100);
        assert_eq!(screen.wait(), Some(0));
        screen.raw_output()
    };
    let colored = output_with(("LANG", "C"), "a");
    assert!(colored.contains("\u{1b}[32m█"), "{colored:?}");
    for variable in [("NO_COLOR", "1"), ("CLICOLOR", "0")] {
        let plain = output_with(variable, "b");
        assert!(plain.contains(FULL), "{plain:?}");
        // Color sequences end with `m`; `J` erases.
        let codes = plain.split("\u{1b}[").skip(1);
        let mut ends =
            codes.map(|code| code.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';'));
        assert!(ends.all(|code| !code.starts_with('m')), "{plain:?}");
    }
    let dumb = output_with(("TERM", "dumb"), "c");
    assert!(!dumb.contains('\u{1b}') && !dumb.contains(FULL), "{dumb:?}");
}

#[test]
fn the_bar_shows_throttling() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.quotas.user_creation = QuotaSetting::per_second(20.0);
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(150));
    let screen = dir
        .import(&pool, list)
        .args(["--rate", "60", "--yes"])
        .on_screen(100);
    let rows = wait_for_bar(&screen, "by throttling");
    assert!(
        rows.iter().any(|row| row.contains("/s (limit 60/s)")),
        "{rows:#?}"
    );
}

#[test]
fn the_bar_shows_an_unresponsive_pool() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(3));
    let mut screen = dir.import(&pool, list).arg("--yes").on_screen(100);
    wait_for_bar(&screen, "(3 rows");
    screen.press(CTRL_C);
    let rows = wait_for_bar(&screen, "stopping");
    assert!(!rows.iter().any(|row| row.contains("eta ")), "{rows:#?}");
    screen.press(CTRL_C);
    assert_eq!(screen.wait(), Some(130));
    let rows = screen.rows();
    assert!(!rows.iter().any(|row| is_bar(row)), "{rows:#?}");
    assert!(screen.cursor_is_restored());
}

#[test]
fn log_lines_and_notices_do_not_tear_the_bar() {
    let dir = TestDir::new();
    let mut list = users(40);
    for number in 0..30 {
        writeln_row(
            &mut list,
            &format!("weak{number},weakweak,weak{number}@example.com"),
        );
    }
    let list = dir.file("users.csv", list);
    let mut screen = dir
        .rehearse(list)
        .args([
            "--rate",
            "50",
            "-v",
            "--no-preflight",
            "--max-failures",
            "0",
        ])
        .env("NO_COLOR", "1")
        .on_screen(200);
    assert_eq!(screen.wait(), Some(1));
    let rows = screen.rows();
    let lines: Vec<&String> = rows.iter().filter(|row| row.contains("outcome=")).collect();
    assert_eq!(lines.len(), 30, "{rows:#?}");
    for line in lines {
        let complete =
            line.starts_with("20") && line.ends_with("code=\"InvalidPasswordException\"");
        assert!(complete, "{line}");
    }
    assert!(!rows.iter().any(|row| is_bar(row)), "{rows:#?}");
}

fn writeln_row(list: &mut String, row: &str) {
    list.push_str(row);
    list.push('\n');
}

#[test]
fn the_bar_of_a_resumed_run_starts_at_its_position() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(200));
    let import = |rate| dir.import(&pool, list).args(["--rate", rate, "--yes"]);
    // Too slow to end before the key is pressed.
    let mut first = import("5").on_screen(100);
    first.wait_for_text("created 2");
    first.press(CTRL_C);
    assert_eq!(first.wait(), Some(130));
    let created = dir.results().count("created") as u64;
    let mut second = import("50").on_screen(100);
    let rows = wait_for_bar(&second, "200 rows");
    let (settled, percent) = processed(&rows[..1]);
    assert!(settled >= created && settled < 200, "{created}: {rows:#?}");
    assert_eq!(percent, settled * 100 / 200);
    assert_eq!(second.wait(), Some(0));
    let rows = second.rows();
    assert!(
        rows.iter().any(|row| row.contains("2 sessions")),
        "{rows:#?}"
    );
}

#[test]
fn the_bar_of_a_compressed_list_counts_rows() {
    let dir = TestDir::new();
    let list = dir.file("users.csv.gz", gzip(users(200)));
    let screen = dir.rehearse(list).args(["--rate", "50"]).on_screen(100);
    let rows = screen.wait_for_text("created ");
    let at = rows.iter().position(|row| is_bar(row)).unwrap();
    let (settled, percent) = processed(&rows[at..=at]);
    assert_eq!(percent, settled * 100 / 200, "{rows:#?}");
}

#[test]
fn the_bar_can_be_disabled() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(3));
    let stopped = |mode: &str, run: &str| {
        let import = dir.import(&pool, list).args(["--yes", "--run-dir", run]);
        let before = pool.requests("SignUp");
        let screen = import.args(["--progress", mode]).on_screen(100);
        pool.wait_for_requests("SignUp", before + 3);
        screen.press(CTRL_C);
        screen.wait_for_text("Ctrl-C");
        screen.raw_output()
    };
    for mode in ["none", "lines"] {
        let output = stopped(mode, mode);
        assert!(!output.contains([FULL, EMPTY, '\u{1b}']), "{output:?}");
    }
    let mut quiet = dir.rehearse(list).arg("--quiet").on_screen(100);
    assert_eq!(quiet.wait(), Some(0));
    assert_eq!(quiet.raw_output(), "");
}

#[test]
fn without_a_terminal_a_line_is_printed_every_ten_seconds() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(260));
    let began = Instant::now();
    let output = dir.rehearse(list).args(["--rate", "25"]).run().exits(0);
    // The run takes at least ten seconds, and longer on a busy machine.
    let most = usize::try_from(began.elapsed().as_secs() / 10).unwrap();
    let lines: Vec<&str> = output
        .stderr
        .lines()
        .filter(|line| line.contains(" 260 rows ("))
        .collect();
    assert!((1..=most).contains(&lines.len()), "{}", output.stderr);
    for part in ["/s (limit 25/s)", "created "] {
        assert!(lines[0].contains(part), "{part}: {}", lines[0]);
    }
    assert!(!output.stderr.contains('\u{1b}'));
}
