//! The wording of the messages of whole commands, in snapshots. All other tests assert exit codes,
//! codes and data, so that a message can be reworded without changing a test.

mod lists;
mod previous;
mod runs;
mod s3;
mod settings;
mod undo;
mod verify;

use std::fmt::Write as _;

use crate::harness::{Pool, ProcessOutput, ProgramCommand, TestDir, quick, users};

/// The messages of several commands.
#[derive(Default)]
struct Transcript(String);

impl Transcript {
    /// Runs the command and adds its messages under this title.
    fn run(&mut self, dir: &TestDir, title: &str, cli: ProgramCommand) {
        self.add(dir, title, &cli.run());
    }

    /// Adds the error of a command, without the messages before it.
    fn add_error(&mut self, dir: &TestDir, title: &str, mut output: ProcessOutput) {
        let (before, error) = output
            .stderr
            .split_at(output.stderr.find("error: ").unwrap());
        assert!(before.is_empty() || before.ends_with('\n'), "{before}");
        output.stderr = error.to_owned();
        self.add(dir, title, &output);
    }

    /// Adds the messages of a command: its exit code and standard error, without tables and
    /// measurements.
    fn add(&mut self, dir: &TestDir, title: &str, output: &ProcessOutput) {
        let code = output.code.unwrap_or_default();
        writeln!(self.0, "$ {title}   # exit {code}").unwrap();
        let folder = dir.path(".").display().to_string();
        let folder = folder.trim_end_matches('.');
        let text = output.stderr.replace(folder, "DIR/");
        let text = text.replace(env!("CARGO_BIN_EXE_cognito-import"), "cognito-import");
        for line in text.lines() {
            let is_table = line.starts_with(['┌', '│', '╞', '└']);
            let is_measured = line.starts_with("  active ") || line.starts_with("  User");
            if !is_table && !is_measured {
                writeln!(self.0, "{}", without_age(&without_ports(line))).unwrap();
            }
        }
        self.0.push('\n');
    }
}

/// Replaces the ports of addresses on this machine.
fn without_ports(line: &str) -> String {
    let mut parts = line.split("127.0.0.1:");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        text += "127.0.0.1:PORT";
        text += rest;
    }
    text
}

/// Replaces the time since a run finished.
fn without_age(line: &str) -> String {
    let Some((before, after)) = line.split_once(" finished ") else {
        return line.to_owned();
    };
    match after.split_once(" ago") {
        Some((_, rest)) => format!("{before} finished SOME TIME ago{rest}"),
        None => line.to_owned(),
    }
}

/// A directory with a list of three users, and a pool.
fn prepared() -> (TestDir, Pool) {
    let dir = TestDir::new();
    dir.file("users.csv", users(3));
    (dir, Pool::start(quick()))
}
