//! Flags: those that a page mentions exist, and those that exist are documented.

use std::collections::{BTreeMap, BTreeSet};

use super::{help, pages};

/// Flags of other programs that a page may mention.
const FOREIGN_FLAGS: [&str; 34] = [
    "--array",
    "--array-properties",
    "--bench",
    "--capabilities",
    "--container-overrides",
    "--depends-on",
    "--features",
    "--for",
    "--format",
    "--from-file",
    "--input",
    "--job-definition",
    "--job-name",
    "--job-queue",
    "--lib",
    "--now",
    "--parameter-overrides",
    "--parameters",
    "--path",
    "--query",
    "--queue-url",
    "--read-only",
    "--release",
    "--retries",
    "--retry-delay",
    "--rm",
    "--scheduler",
    "--secret-id",
    "--stack-name",
    "--state-machine-arn",
    "--template-file",
    "--test",
    "--timeout",
    "--volume",
];

/// Every `--flag` in the text.
fn flags(text: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("--") {
        let is_inside_a_word = text[..at]
            .chars()
            .next_back()
            .is_some_and(|c| c == '-' || c.is_alphanumeric());
        let rest = &text[at..];
        let end = rest.find(|c: char| c != '-' && !c.is_ascii_alphanumeric());
        let flag = rest[..end.unwrap_or(rest.len())].trim_end_matches('-');
        if !is_inside_a_word && flag.len() > 2 && flag.as_bytes()[2] != b'-' {
            found.insert(flag);
        }
    }
    found
}

/// Each command of the program with the flags that its help defines.
fn commands() -> BTreeMap<String, BTreeSet<String>> {
    let overview = help(&[]);
    let (_, list) = overview.split_once("Commands:\n").unwrap();
    let names = list
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help");
    let mut commands = BTreeMap::new();
    for name in names {
        let help = help(&[name]);
        let defined = help.lines().map(str::trim_start).filter_map(|line| {
            let line = match line.strip_prefix('-') {
                Some(short) if !short.starts_with('-') => line.split_once(", ")?.1,
                _ => line,
            };
            line.starts_with("--")
                .then(|| flags(line).first().copied())?
        });
        commands.insert(name.to_owned(), defined.map(str::to_owned).collect());
    }
    assert!(commands.len() > 8, "{commands:?}");
    commands
}

#[test]
fn every_flag_that_a_page_mentions_exists() {
    let commands = commands();
    let known: BTreeSet<&str> = commands.values().flatten().map(String::as_str).collect();
    for page in pages() {
        for (number, line) in (1..).zip(page.text.lines()) {
            for flag in flags(line) {
                assert!(
                    known.contains(flag) || FOREIGN_FLAGS.contains(&flag) || flag == "--version",
                    "{}:{number}: {flag}",
                    page.path.display()
                );
            }
        }
    }
}

#[test]
fn every_flag_is_documented() {
    let pages = pages();
    let documented: BTreeSet<&str> = pages.iter().flat_map(|page| flags(&page.text)).collect();
    for (command, defined) in commands() {
        for flag in defined.iter().filter(|flag| *flag != "--help") {
            assert!(documented.contains(flag.as_str()), "{command} {flag}");
        }
    }
}

#[test]
fn flags_are_found() {
    let text = "`--no-lookup`, --rate=4 and a--b, |---|, -- or `--fault NAME`";
    let found: Vec<&str> = flags(text).into_iter().collect();
    assert_eq!(found, ["--fault", "--no-lookup", "--rate"]);
}
