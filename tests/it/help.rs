//! `-h`, `--help`, completions and manual pages.

mod examples;
mod shell_integration;

use crate::harness::TestDir;

/// The subcommands; the empty one is the program itself.
const COMMANDS: [&str; 14] = [
    "",
    "import",
    "check",
    "rehearse",
    "rehearsal-pool",
    "report",
    "runs",
    "undo",
    "verify",
    "describe",
    "template",
    "iam-policy",
    "completions",
    "man",
];

/// What a command prints for `-h` or `--help` at this width. Lines end without spaces.
fn help(command: &str, flag: &str, columns: usize) -> String {
    let dir = TestDir::new();
    let cli = match command {
        "" => dir.cli(flag),
        _ => dir.cli(command).arg(flag),
    };
    let output = cli.env("COLUMNS", &columns.to_string()).run().exits(0);
    assert_eq!(output.stderr, "");
    let lines = output.stdout.lines().map(str::trim_end);
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn snapshots() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/help");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _bound = settings.bind_to_scope();
    for command in COMMANDS {
        for flag in ["-h", "--help"] {
            let name = format!("cognito-import {command} {flag}").replace("  ", " ");
            insta::assert_snapshot!(name, help(command, flag, 100));
        }
    }
}

#[test]
fn the_main_help_lists_every_command() {
    let help = help("", "-h", 80);
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let listed: Vec<&str> = commands
        .lines()
        .map_while(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| *name != "help")
        .collect();
    assert_eq!(listed, COMMANDS[1..]);
}

#[test]
fn short_help_fits_one_screen() {
    for command in COMMANDS {
        let help = help(command, "-h", 80);
        // A terminal breaks usage lines that are too long.
        let lines: usize = help
            .lines()
            .map(|line| line.chars().count().div_ceil(80).max(1))
            .sum();
        assert!(lines <= 40, "{command}: {lines} lines\n{help}");
        assert!(help.contains("--help"), "{command}");
    }
}

#[test]
fn every_flag_has_a_short_summary() {
    for command in COMMANDS {
        for [flag, summary] in flags(command) {
            assert!(!summary.is_empty(), "{command}: {flag}");
            assert!(!summary.ends_with('.'), "{command}: {summary}");
            let first = summary.chars().next().unwrap();
            assert!(first.is_uppercase(), "{command}: {summary}");
        }
    }
}

/// The flags of a command, each with the first line that `--help` has about it.
fn flags(command: &str) -> Vec<[String; 2]> {
    let help = help(command, "--help", 100);
    let (help, _) = help.split_once("\nExamples:\n").unwrap();
    let lines: Vec<&str> = help.lines().collect();
    let is_flag = |line: &str| line.starts_with("  -") || line.starts_with("      --");
    let pairs = lines.windows(2).filter(|pair| is_flag(pair[0]));
    let flags: Vec<[String; 2]> = pairs
        .map(|pair| [pair[0], pair[1]].map(|line| line.trim().to_owned()))
        .collect();
    assert!(!flags.is_empty(), "{command}");
    flags
}

#[test]
fn help_uses_plain_words() {
    let unwanted = [
        "nobody",
        "somebody",
        "whoever",
        "whom",
        "anew",
        "thereby",
        "mend",
        "in vain",
        "on its way",
        "behind",
        "stands",
    ];
    for command in COMMANDS {
        let help = help(command, "--help", 110).to_lowercase();
        let words: Vec<&str> = help.split(|c: char| !c.is_alphabetic()).collect();
        for unwanted in unwanted {
            let phrase: Vec<&str> = unwanted.split(' ').collect();
            let found = words.windows(phrase.len()).any(|words| words == phrase);
            assert!(!found, "{command}: {unwanted}");
        }
    }
}

#[test]
fn a_wrong_command_line_exits_2() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", crate::harness::users(1));
    for arguments in [
        ["--frobnicate", "1"],
        ["--rate", "0"],
        ["--rate", "fast"],
        ["--max-failure-rate", "2"],
        ["--deadline", "soon"],
        ["--concurrency", "0"],
        ["--encoding", "latin-9000"],
        ["--delimiter", "a"],
        ["--delimiter", "::"],
        ["--quote", "é"],
        ["--columns", "username"],
    ] {
        let cli = dir.cli("rehearse").arg(list).args(arguments);
        assert!(
            cli.run().exits(2).stderr.contains(arguments[0]),
            "{arguments:?}"
        );
    }
    dir.cli("import")
        .arg(list)
        .run()
        .exits(2)
        .names(["--user-pool-id", "--client-id"]);
    dir.cli("conquer").run().exits(2);
    assert!(!dir.path("import-runs").exists());
}

#[test]
fn prints_the_crate_version() {
    let output = TestDir::new().cli("--version").run().exits(0);
    assert_eq!(
        output.stdout.trim(),
        concat!("cognito-import ", env!("CARGO_PKG_VERSION"))
    );
}
