//! The README and the pages of `docs/`: their commands run, their links lead somewhere, and their
//! flags exist. `docs/CONTRIBUTING.md` describes the conventions for code blocks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use crate::harness::TestDir;

/// Flags of other programs that a page may mention.
const FOREIGN_FLAGS: [&str; 8] = [
    "--bench",
    "--features",
    "--format",
    "--lib",
    "--path",
    "--query",
    "--secret-id",
    "--test",
];

/// Commands that always need AWS, or a run in AWS.
const NEED_AWS: [&str; 3] = ["import", "undo", "describe"];

struct Page {
    /// Relative to the repository.
    path: PathBuf,
    text: String,
}

/// A fenced code block.
struct Block {
    language: String,
    /// Its first line in the page.
    line: usize,
    lines: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<Page> {
    let mut paths = vec![PathBuf::from("README.md")];
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path.strip_prefix(root()).unwrap().to_owned());
        }
    }
    let read = |path: PathBuf| Page {
        text: fs::read_to_string(root().join(&path)).unwrap(),
        path,
    };
    paths.into_iter().map(read).collect()
}

impl Page {
    /// The code blocks, and the lines outside of them with their numbers.
    fn parts(&self) -> (Vec<Block>, Vec<(usize, &str)>) {
        let mut blocks = Vec::new();
        let mut prose = Vec::new();
        let mut open: Option<Block> = None;
        for (number, line) in (1..).zip(self.text.lines()) {
            match (line.strip_prefix("```"), &mut open) {
                (Some(language), None) => {
                    open = Some(Block {
                        language: language.to_owned(),
                        line: number,
                        lines: Vec::new(),
                    });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (None, Some(block)) => block.lines.push(line.to_owned()),
                (None, None) => prose.push((number, line)),
            }
        }
        assert!(open.is_none(), "{}: open code block", self.path.display());
        (blocks, prose)
    }

    fn blocks(&self) -> Vec<Block> {
        self.parts().0
    }

    /// The anchors of the headings of this page, as GitHub derives them.
    fn anchors(&self) -> BTreeSet<String> {
        let mut anchors = BTreeSet::new();
        for (_, line) in self.parts().1 {
            let title = line.trim_start_matches('#');
            if title.len() < line.len() && title.starts_with(' ') {
                let anchor = slug(title.trim());
                assert!(anchors.insert(anchor), "{}: {line}", self.path.display());
            }
        }
        anchors
    }
}

fn slug(title: &str) -> String {
    let kept = |c: char| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c),
        _ => None,
    };
    title.to_lowercase().chars().filter_map(kept).collect()
}

/// The targets of a line's `[text](target)`.
fn links(line: &str) -> Vec<&str> {
    let targets = line.split("](").skip(1);
    targets
        .filter_map(|rest| Some(rest.split_once(')')?.0))
        .collect()
}

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

fn help(arguments: &[&str]) -> String {
    let program = Command::new(env!("CARGO_BIN_EXE_cognito-import"))
        .args(arguments)
        .arg("--help")
        .output()
        .unwrap();
    assert!(program.status.success(), "{arguments:?}");
    String::from_utf8(program.stdout).unwrap()
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

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Runs the commands of a block in one shell; the other lines must be part of their output.
fn run(block: &Block, location: &str) {
    let programs = tempfile::tempdir().unwrap();
    let program = programs.path().join("cognito-import");
    symlink(env!("CARGO_BIN_EXE_cognito-import"), &program).unwrap();
    let folder = tempfile::tempdir().unwrap();
    symlink(root().join("samples"), folder.path().join("samples")).unwrap();
    let free_port = free_port().to_string();

    let mut script = String::new();
    for line in &block.lines {
        let Some(command) = line.strip_prefix("$ ") else {
            continue;
        };
        let (_, code) = command.split_once("# exit ").unwrap_or((command, "0"));
        let command = command
            .replace("cargo run -- ", "cognito-import ")
            .replace("9329", &free_port);
        script += &format!(
            "{command}\ncode=$?; [ $code = {code} ] || {{ echo 'exit code' $code; exit 99; }}\n"
        );
    }
    assert!(!script.is_empty(), "{location}: no command");
    let path = std::env::var("PATH").unwrap();
    let shell = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{script}")])
        .env_clear()
        .env("PATH", format!("{}:{path}", programs.path().display()))
        .env("HOME", folder.path())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let group = format!("-{}", shell.id());
    let ran = shell.wait_with_output();
    // A script that failed may have left a pool in the background.
    let _ = Command::new("kill")
        .args(["-s", "KILL", "--", &group])
        .stderr(Stdio::null())
        .status();
    let ran = ran.unwrap();
    let output = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{location}:\n{script}\n{output}");
    let shown: Vec<String> = output.lines().map(without_numbers).collect();
    for line in block.lines.iter().filter(|line| !line.starts_with("$ ")) {
        let expected = without_numbers(line);
        assert!(
            line == "..." || shown.iter().any(|shown| shown.contains(&expected)),
            "{location}: not in the output: {line:?}; it was:\n{output}"
        );
    }
}

/// Numbers change from run to run, and the padding of a table with them.
fn without_numbers(line: &str) -> String {
    let words = line.split_whitespace().map(|word| {
        let mut text = word.replace(|c: char| c.is_ascii_digit(), "0");
        while text.contains("00") {
            text = text.replace("00", "0");
        }
        text
    });
    words.collect::<Vec<String>>().join(" ")
}

#[test]
fn every_command_that_needs_no_aws_runs_as_the_pages_show() {
    let pages = pages();
    thread::scope(|scope| {
        for page in &pages {
            for block in page.blocks() {
                let location = format!("{}:{}", page.path.display(), block.line);
                if block.language == "console" {
                    scope.spawn(move || run(&block, &location));
                }
            }
        }
    });
}

/// The program's own commands in a block that is not run.
fn own_commands(block: &Block) -> Vec<String> {
    let text = block.lines.join("\n").replace("\\\n", " ");
    let found = text.lines().filter_map(|line| {
        let command = &line[line.find("cognito-import ")?..];
        let end = command.find(['|', '>', ';', '&', '#']);
        Some(command[..end.unwrap_or(command.len())].trim().to_owned())
    });
    found.collect()
}

#[test]
fn every_command_that_needs_aws_is_valid() {
    let mut seen = 0;
    for page in pages() {
        for block in page.blocks() {
            let location = format!("{}:{}", page.path.display(), block.line);
            if block.language == "console" {
                continue;
            }
            let commands = own_commands(&block);
            for command in &commands {
                // With --help the arguments before it are parsed, and nothing else happens.
                let joined =
                    command.replacen("cognito-import", env!("CARGO_BIN_EXE_cognito-import"), 1);
                let parsed = Command::new("sh")
                    .args(["-c", &format!("exec {joined} --help")])
                    .env("HOME", "/nonexistent")
                    .output()
                    .unwrap();
                let error = String::from_utf8_lossy(&parsed.stderr).into_owned();
                assert!(parsed.status.success(), "{location}: {command}\n{error}");
                seen += 1;
            }
            let need_aws = |command: &String| {
                let name = command.split(' ').nth(1).unwrap_or_default();
                NEED_AWS.contains(&name)
            };
            let own = !commands.is_empty() && commands.len() == block.lines.len();
            assert!(
                !own || commands.iter().any(need_aws),
                "{location}: needs no AWS, and should be marked `console`"
            );
        }
    }
    assert!(seen > 5, "{seen}");
}

#[test]
fn every_link_has_a_target() {
    let mut seen = 0;
    for page in pages() {
        let folder = page.path.parent().unwrap().to_owned();
        for (number, line) in page.parts().1 {
            for target in links(line) {
                let location = format!("{}:{number}: {target}", page.path.display());
                if target.starts_with("https://") {
                    continue;
                }
                seen += 1;
                let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
                let path = if path.is_empty() {
                    root().join(&page.path)
                } else {
                    root().join(&folder).join(path)
                };
                assert!(path.exists(), "{location}: no such file");
                if !anchor.is_empty() {
                    let text = fs::read_to_string(&path).unwrap();
                    let anchors = Page { path, text }.anchors();
                    assert!(anchors.contains(anchor), "{location}: no such heading");
                }
            }
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn the_readme_links_to_every_page_and_is_short() {
    let pages = pages();
    let (readme, docs) = pages.split_first().unwrap();
    let lines = readme.text.lines().count();
    assert!(lines <= 200, "README.md has {lines} lines");
    for page in docs {
        let target = format!("]({}", page.path.display());
        assert!(readme.text.contains(&target), "{}", page.path.display());
    }
}

#[test]
fn every_file_that_a_page_names_exists() {
    let mut seen = 0;
    for page in pages() {
        for (number, line) in page.parts().1 {
            for code in line.split('`').skip(1).step_by(2) {
                let is_path = ["src/", "tests/", "benches/", "samples/", ".ci/"]
                    .iter()
                    .any(|folder| code.starts_with(folder) && !code.contains(' '));
                if is_path {
                    let location = page.path.display();
                    assert!(root().join(code).exists(), "{location}:{number}: {code}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn the_architecture_describes_every_folder() {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, table) = page.split_once("| name | responsibility |\n").unwrap();
    let described: BTreeSet<String> = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| Some(line.split('`').nth(1)?.to_owned()))
        .collect();
    let entries = fs::read_dir(root().join("src")).unwrap();
    let mut exist: BTreeSet<String> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    exist.retain(|name| !["main", "lib"].contains(&name.as_str()));
    assert_eq!(described, exist);
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

/// The only code block of a page in this language.
fn file_in(page: &str, language: &str) -> String {
    let page = pages()
        .into_iter()
        .find(|other| other.path == Path::new(page))
        .unwrap();
    let mut blocks = page.blocks();
    blocks.retain(|block| block.language == language);
    assert_eq!(blocks.len(), 1, "{}", page.path.display());
    blocks.remove(0).lines.join("\n")
}

#[test]
fn the_mapping_file_and_the_pool_settings_of_the_pages_are_accepted() {
    let dir = TestDir::new();
    symlink(root().join("samples"), dir.path("samples")).unwrap();
    let list = "E-Mail,Remarks,ID,Status,First Name,Last Name,birthdate,Department\n\
        Ann@example.com,x,1,active,Ann,Lee,01.02.1990,Vertrieb\n\
        bo@example.com,NULL,2,blocked,Bo,Fry,31.12.1981,\n\
        cy@example.com,,3,deleted,Cy,,,Einkauf\n";
    let list = dir.file("users.csv", list);
    let mapping = dir.file("mapping.toml", file_in("docs/mapping.md", "toml"));
    dir.cli("check")
        .arg(list)
        .args(["--mapping", mapping, "--pool", "samples/pool.toml"])
        .run()
        .exits(0);
    let settings = dir.file("pool.json", file_in("docs/rehearsal.md", "json"));
    dir.rehearse("samples/users.csv")
        .args(["--pool-settings", settings, "--allow-messages"])
        .run()
        .exits(0);
}

/// Every `code` in the pages.
fn documented_names(pages: &[Page]) -> BTreeSet<&str> {
    let quoted = pages
        .iter()
        .flat_map(|page| page.text.lines())
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    quoted
        .map(|code| code.split(['=', ' ']).next().unwrap_or(code))
        .collect()
}

#[test]
fn every_rule_outcome_fault_and_pool_setting_is_documented() {
    let dir = TestDir::new();
    symlink(root().join("samples"), dir.path("samples")).unwrap();
    let json = |command: &str, arguments: &[&str], code: i32| -> serde_json::Value {
        let cli = arguments
            .iter()
            .fold(dir.cli(command), |cli, argument| cli.arg(argument));
        let ran = cli.json().run().exits(code);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let mut names = BTreeSet::new();

    let broken = "samples/users-broken.csv";
    let checked = json("check", &[broken, "--pool", "samples/pool.toml"], 3);
    let rules = checked["findings_by_rule"].as_array().unwrap();
    names.extend(rules.iter().map(|rule| rule["rule"].to_string()));
    let refusals = checked["refusals"].as_array().unwrap();
    names.extend(refusals.iter().map(|refusal| refusal["code"].to_string()));

    let rehearsed = json("rehearse", &["samples/users.csv"], 0);
    for table in ["summary", "files"] {
        names.extend(rehearsed[table].as_object().unwrap().keys().cloned());
    }
    let outcomes = rehearsed["summary"]["outcomes"].as_object().unwrap();
    names.extend(outcomes.keys().cloned());
    names.remove("schema_version");

    // Both errors list the names that exist.
    let unknown = json("rehearse", &["samples/users.csv", "--fault", "x=1"], 3);
    names.extend(snake_case(&unknown["error"]["message"].to_string()));
    let settings = dir.file("pool.json", r#"{"x": 1}"#);
    let unknown = ["samples/users.csv", "--pool-settings", settings];
    let unknown = json("rehearse", &unknown, 3);
    names.extend(snake_case(&unknown["error"]["message"].to_string()));

    assert!(names.len() > 80, "{names:?}");
    let pages = pages();
    let documented = documented_names(&pages);
    let missing: Vec<&String> = names
        .iter()
        .filter(|name| !documented.contains(name.trim_matches('"')))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_exit_code_is_in_the_table_of_its_page() {
    for (command, page) in [
        ("import", "README.md"),
        ("rehearse", "README.md"),
        ("check", "docs/preflight.md"),
        ("undo", "docs/resume-and-undo.md"),
        ("report", "docs/results.md"),
    ] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let (_, table) = text.split_once("| exit code | meaning |\n").unwrap();
        let rows = table.lines().take_while(|line| line.starts_with('|'));
        let documented: BTreeSet<u8> = rows
            .filter_map(|row| row.split('|').nth(1))
            .flat_map(|codes| codes.split(','))
            .filter_map(|code| code.trim().parse().ok())
            .collect();
        let help = help(&[command]);
        let (_, codes) = help.split_once("Exit codes:\n").unwrap();
        let listed: BTreeSet<u8> = codes
            .lines()
            .filter_map(|line| line.split_whitespace().next()?.parse().ok())
            .collect();
        assert_eq!(documented, listed, "{command}: {page}");
    }
}

/// The words of a text that have an underscore.
fn snake_case(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c != '_' && !c.is_ascii_alphanumeric());
    words
        .filter(|word| word.contains('_'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn flags_links_and_anchors_are_found() {
    let text = "`--no-lookup`, --rate=4 and a--b, |---|, -- or `--fault NAME`";
    let found: Vec<&str> = flags(text).into_iter().collect();
    assert_eq!(found, ["--fault", "--no-lookup", "--rate"]);
    assert_eq!(links("[a](b.md#c) and [d](#e)"), ["b.md#c", "#e"]);
    assert_eq!(slug("AWS's own `results.csv`"), "awss-own-resultscsv");
    assert_eq!(without_numbers("  2 of  40 in 1.07s"), "0 of 0 in 0.0s");
}
