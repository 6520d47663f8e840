//! The examples in `--help` run as printed, in a folder with the samples. A rehearsal pool answers
//! those that call AWS.

use std::fs;
use std::path::Path;

use cognito_import::rehearsal::PoolSettings;

use super::{COMMANDS, help};
use crate::harness::{Pool, ProgramCommand, TestDir, quick};

/// The commands in the examples of a subcommand, with their continuation lines.
fn examples(command: &str) -> Vec<String> {
    let help = help(command, "--help", 80);
    let (_, examples) = help.split_once("\nExamples:\n").unwrap();
    let lines = examples
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with(' '))
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with('#'));
    let mut commands: Vec<String> = Vec::new();
    for line in lines {
        match commands.last_mut() {
            Some(command) if command.ends_with('\\') => {
                command.push('\n');
                command.push_str(line);
            }
            Some(_) | None => commands.push(line.to_owned()),
        }
    }
    commands
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A folder with the samples, two runs of a list and one in parts, and the pool they imported into.
struct ExampleFolder {
    dir: TestDir,
    pool: Pool,
}

impl ExampleFolder {
    fn new(with_runs: bool) -> Self {
        let dir = TestDir::new();
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("samples"),
            &dir.path("."),
        );
        fs::create_dir(dir.path(".aws")).unwrap();
        let profile =
            "[profile staging]\naws_access_key_id = AKIAMADEUP\naws_secret_access_key = made-up\n";
        dir.file(".aws/config", profile);
        let pool = Pool::start(PoolSettings {
            pool_id: "us-east-1_EXAMPLE".to_owned(),
            client_id: "1example23456789".to_owned(),
            groups: vec!["staff".to_owned()],
            ..quick()
        });
        if with_runs {
            let import = dir.import(&pool, "users.csv");
            let in_parts = ["--run-dir", "runs/in-parts", "--part", "0/1"];
            import.args(in_parts).run().exits(0);
            for run in ["runs/monday", "runs/tuesday"] {
                let import = dir.import(&pool, "users.csv").args(["--run-dir", run]);
                import.run().exits(0);
            }
        }
        Self { dir, pool }
    }

    fn bash(&self, script: &str) -> ProgramCommand {
        self.dir
            .bash(script)
            .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
            .env("AWS_SECRET_ACCESS_KEY", "made-up")
            .env("AWS_ENDPOINT_URL", &self.pool.url())
    }
}

#[test]
fn every_command_has_two_to_four_examples() {
    for command in COMMANDS {
        let count = examples(command).len();
        assert!((2..=4).contains(&count), "{command}: {count}");
    }
}

/// Runs every example of a command and asserts that it succeeds.
fn run(command: &str) {
    for example in examples(command) {
        let prepared = ExampleFolder::new(example.contains("runs/"));
        let output = prepared.bash(&example).run();
        assert_eq!(output.code, Some(0), "{example}\n{}", output.stderr);
    }
}

#[test]
fn the_program() {
    run("");
}

#[test]
fn import() {
    run("import");
}

#[test]
fn check() {
    run("check");
}

#[test]
fn rehearse() {
    run("rehearse");
}

#[test]
fn rehearsal_pool() {
    for example in examples("rehearsal-pool") {
        let prepared = ExampleFolder::new(false);
        let running = prepared.bash(&example).start();
        running.wait_for_stderr("/stats");
        running.signal("INT");
        running.wait().exits(130);
    }
}

#[test]
fn report() {
    run("report");
}

#[test]
fn runs() {
    run("runs");
}

#[test]
fn undo() {
    run("undo");
}

#[test]
fn commands_that_print_an_answer() {
    for command in ["describe", "template", "iam-policy", "completions", "man"] {
        run(command);
    }
}
