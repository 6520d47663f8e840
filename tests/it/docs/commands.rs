//! Code blocks: commands run as the page shows, or parse if they need AWS.

use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::thread;

use super::{Block, pages, root};

/// Commands that always need AWS, or a run in AWS.
const NEED_AWS: [&str; 4] = ["import", "undo", "verify", "describe"];

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
fn numbers_and_padding_are_ignored() {
    assert_eq!(without_numbers("  2 of  40 in 1.07s"), "0 of 0 in 0.0s");
}
