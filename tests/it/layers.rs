//! The allowed dependencies between the folders of `src/`. The test reads the sources to check this
//! table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each folder or file of `src/` and the others it may use. Unit tests are not checked.
const MAY_USE: [(&str, &[&str]); 31] = [
    ("hints", &[]),
    ("part", &[]),
    ("outcome", &[]),
    ("sanitize", &[]),
    ("plural", &[]),
    ("process", &["hints"]),
    ("detail", &[]),
    ("temporary", &[]),
    ("spill", &["temporary"]),
    ("pace", &[]),
    // Shares no code with the importer, so that it cannot share its bugs.
    ("rehearsal", &[]),
    ("aws", &["hints"]),
    ("s3", &["hints", "aws"]),
    ("source", &["hints", "s3"]),
    ("rows", &["hints", "source"]),
    ("user", &["plural", "rows", "sanitize"]),
    ("mapping", &["plural", "rows", "user", "sanitize"]),
    ("pool", &["hints", "aws", "pace", "process", "user"]),
    ("ledger", &["hints", "outcome", "part", "spill"]),
    ("run", &["outcome", "pace", "pool"]),
    // Reports are projections of the ledger. Error explanations are defined next to the errors.
    (
        "report",
        &[
            "plural", "hints", "ledger", "outcome", "pool", "user", "sanitize",
        ],
    ),
    // Queries the pool and reads the list before anything is sent.
    (
        "preflight",
        &[
            "plural", "hints", "mapping", "pace", "part", "pool", "rows", "run", "spill", "user",
            "sanitize",
        ],
    ),
    (
        "import",
        &[
            "plural", "hints", "detail", "ledger", "outcome", "pace", "pool", "rows", "run", "user",
        ],
    ),
    // Like an import, undo reads the ledger, retries by the same rules and stops in the same way.
    (
        "undo",
        &[
            "detail", "ledger", "outcome", "pace", "pool", "process", "run",
        ],
    ),
    // Reads the ledger and the pool, and changes neither.
    (
        "verify",
        &[
            "hints", "ledger", "outcome", "pace", "plural", "pool", "process", "run", "user",
        ],
    ),
    // Displays the events of a run.
    (
        "progress",
        &["plural", "import", "outcome", "pace", "sanitize"],
    ),
    // Log lines share standard error with the bar and contain untrusted text.
    ("logs", &["hints", "detail", "progress", "sanitize"]),
    // Resolves arguments into settings for each stage, and the end of a run into an exit code.
    (
        "cli",
        &[
            "hints",
            "mapping",
            "import",
            "ledger",
            "logs",
            "outcome",
            "pace",
            "part",
            "pool",
            "preflight",
            "process",
            "progress",
            "rehearsal",
            "rows",
            "report",
            "run",
            "s3",
            "source",
            "user",
            "sanitize",
        ],
    ),
    (
        "command",
        &[
            "hints",
            "mapping",
            "cli",
            "import",
            "ledger",
            "logs",
            "outcome",
            "pace",
            "part",
            "plural",
            "pool",
            "preflight",
            "process",
            "progress",
            "rehearsal",
            "report",
            "rows",
            "run",
            "s3",
            "source",
            "temporary",
            "undo",
            "user",
            "verify",
            "sanitize",
        ],
    ),
    ("main", &["cli", "command", "process"]),
    ("lib", &[]),
];

/// Third-party crates that only some folders may use.
const CRATES: [(&str, &[&str]); 21] = [
    ("aws_", &["aws", "pool", "s3"]),
    // Each AWS service has one folder.
    ("aws_sdk_cognitoidentityprovider", &["pool"]),
    ("object_store", &["s3"]),
    ("rusqlite", &["ledger"]),
    ("rustix", &["ledger", "process"]),
    ("signal_hook", &["process"]),
    ("temp_env", &["main"]),
    // Files that replace others, or appear at once, are made next to them.
    ("tempfile", &["ledger", "s3", "temporary"]),
    ("governor", &["pace"]),
    ("axum", &["rehearsal"]),
    ("clap", &["cli", "main"]),
    ("toml", &["cli"]),
    ("phonenumber", &["mapping"]),
    ("flate2", &["source"]),
    ("zstd", &["source"]),
    ("encoding_rs", &["source"]),
    ("encoding_rs_io", &["source"]),
    ("csv", &["report", "rows"]),
    ("indicatif", &["progress"]),
    ("console", &["cli", "progress", "report"]),
    ("tracing_subscriber", &["logs"]),
];

/// A source file without comments and unit tests.
struct SourceFile {
    path: PathBuf,
    folder: String,
    text: String,
}

fn sources() -> Vec<SourceFile> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_test = path.file_stem().is_some_and(|name| name == "tests");
            if is_test {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let within = path.strip_prefix(&src).unwrap();
            let first = Path::new(within.components().next().unwrap().as_os_str());
            found.push(SourceFile {
                folder: first.file_stem().unwrap().to_str().unwrap().to_owned(),
                text: code(&fs::read_to_string(&path).unwrap()),
                path: within.to_owned(),
            });
        }
    }
    found
}

fn code(file: &str) -> String {
    let without_tests = file
        .split_once("#[cfg(test)]\nmod ")
        .map_or(file, |(code, _)| code);
    let lines = without_tests
        .lines()
        .map(|line| line.split("//").next().unwrap_or(line));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Returns the first segments of paths with this beginning, such as `crate::a::b` and
/// `crate::{a, b::{c, d}}`.
fn named<'t>(text: &'t str, beginning: &str) -> BTreeSet<&'t str> {
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices(beginning) {
        let rest = &text[at + beginning.len()..];
        match rest.strip_prefix('{') {
            None => {
                names.insert(word(rest));
            }
            Some(group) => {
                let mut depth = 0;
                let mut expecting = true;
                for (at, character) in group.char_indices() {
                    match character {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => expecting = true,
                        _ if expecting && depth == 0 && character.is_alphabetic() => {
                            names.insert(word(&group[at..]));
                            expecting = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    names
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

#[test]
fn folders_use_only_allowed_folders() {
    let table: BTreeMap<&str, &[&str]> = MAY_USE.into_iter().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let path = source.path.display();
        let Some(may) = table.get(source.folder.as_str()) else {
            wrong.push(format!(
                "{path}: the folder {} is not in the table",
                source.folder
            ));
            continue;
        };
        for beginning in ["crate::", "cognito_import::", "super::super::"] {
            for name in named(&source.text, beginning) {
                let known = table.contains_key(name);
                if known && name != source.folder && !may.contains(&name) {
                    wrong.push(format!("{path}: {} may not use {name}", source.folder));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn restricted_crates_are_used_only_in_allowed_folders() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, folders) in CRATES {
            let used = source.text.match_indices(name).any(|(at, _)| {
                let before = source.text[..at].chars().next_back();
                let rest = &source.text[at..];
                let path = rest[word(rest).len()..].starts_with("::");
                // Values of flags derive their parser where they are defined.
                let path = path && !rest.starts_with("clap::ValueEnum;");
                path && before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
            });
            if used && !folders.contains(&source.folder.as_str()) {
                wrong.push(format!("{}: uses {name}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_cli_uses_arguments() {
    let wrong: Vec<String> = sources()
        .into_iter()
        .filter(|source| source.folder != "cli" && source.text.contains("cli::args"))
        .map(|source| source.path.display().to_string())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_of_the_table_exists() {
    let folders: BTreeSet<String> = sources().into_iter().map(|source| source.folder).collect();
    let table: BTreeSet<String> = MAY_USE
        .iter()
        .map(|(folder, _)| (*folder).to_owned())
        .collect();
    assert_eq!(folders, table);
}

#[test]
fn paths_in_use_groups_are_parsed() {
    let text = "use crate::{pool::{A, b}, user, ledger as l};\nlet x = crate::pace::P;";
    let names: Vec<&str> = named(text, "crate::").into_iter().collect();
    assert_eq!(names, ["ledger", "pace", "pool", "user"]);
    assert_eq!(
        code("a\nb // crate::x\n#[cfg(test)]\nmod tests {"),
        "a\nb \n"
    );
}
