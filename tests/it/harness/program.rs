//! Runs the real binary in a clean environment.

use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::Value;

use super::schemas::check_output;
use super::wait_until;

/// Builds a command line.
pub(crate) struct ProgramCommand {
    command: Command,
    args: Vec<String>,
    default_flags: Vec<(&'static str, String)>,
    input: Option<Vec<u8>>,
}

impl ProgramCommand {
    pub(super) fn new(folder: &Path, subcommand: &str) -> Self {
        let mut command = isolated(env!("CARGO_BIN_EXE_cognito-import"), folder);
        command.arg(subcommand);
        Self::of(command)
    }

    fn of(command: Command) -> Self {
        Self {
            command,
            args: Vec::new(),
            default_flags: Vec::new(),
            input: None,
        }
    }

    /// A Bash script with the binary on its `PATH`.
    pub(super) fn bash(folder: &Path, script: &str) -> Self {
        let binary = Path::new(env!("CARGO_BIN_EXE_cognito-import"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(binary.parent().unwrap().to_owned())
            .chain(std::env::split_paths(&path));
        let mut command = isolated("bash", folder);
        command
            .env("PATH", std::env::join_paths(path).unwrap())
            .args(["-c", script]);
        Self::of(command)
    }

    pub(crate) fn arg(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let args = args.into_iter().map(|arg| arg.as_ref().to_owned());
        self.args.extend(args);
        self
    }

    /// A flag that is passed unless the test sets or removes it.
    pub(crate) fn default_flag(mut self, flag: &'static str, value: &str) -> Self {
        self.default_flags.push((flag, value.to_owned()));
        self
    }

    /// Removes a default flag of the harness.
    pub(crate) fn without_flag(mut self, flag: &str) -> Self {
        self.default_flags.retain(|(other, _)| *other != flag);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Requests the JSON document.
    pub(crate) fn json(self) -> Self {
        self.args(["--output", "json"])
    }

    pub(crate) fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self
    }

    /// Runs shell commands first, then `exec`s the program.
    pub(crate) fn after(self, commands: &str) -> Self {
        self.wrapped_in("sh", &["-c", &format!("{commands}; exec \"$@\""), "sh"])
    }

    /// Redirects standard output to a file.
    pub(crate) fn output_to(self, file: &str) -> Self {
        self.wrapped_in("sh", &["-c", &format!("exec \"$@\" > {file}"), "sh"])
    }

    /// Runs the command through another program, which gets these arguments followed by the
    /// command.
    pub(super) fn wrapped_in(mut self, program: &str, arguments: &[&str]) -> Self {
        let inner = self.command;
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(
                inner
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .current_dir(inner.get_current_dir().unwrap())
            .args(arguments)
            .arg(inner.get_program())
            .args(inner.get_args());
        self.command = command;
        self
    }

    pub(super) fn build(mut self) -> Command {
        for (flag, value) in self.default_flags {
            if !self.args.iter().any(|arg| arg == flag) {
                self.args.extend([flag.to_owned(), value]);
            }
        }
        self.command.args(&self.args);
        self.command
    }

    pub(crate) fn start(mut self) -> RunningProcess {
        let input = self.input.take().unwrap_or_default();
        let prints_json = self
            .args
            .windows(2)
            .any(|pair| pair == ["--output", "json"]);
        let mut child = self
            .build()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let feeder = std::thread::spawn(move || {
            // The program may exit before it has read everything.
            let _ = stdin.write_all(&input);
        });
        RunningProcess {
            stdout: PipeReader::listen(child.stdout.take().unwrap()),
            stderr: PipeReader::listen(child.stderr.take().unwrap()),
            feeder: Some(feeder),
            child,
            prints_json,
        }
    }

    /// Runs the program and waits for it to exit.
    pub(crate) fn run(self) -> ProcessOutput {
        self.start().wait()
    }
}

/// Returns a command with the environment that all tests share.
fn isolated(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        // Ignore the developer's ~/.aws and any EC2 instance credentials.
        .env("HOME", folder)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(folder);
    command
}

/// Collects the output of a pipe in the background.
struct PipeReader {
    text: Arc<Mutex<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl PipeReader {
    fn listen(mut pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&text);
        let thread = std::thread::spawn(move || {
            let mut block = [0; 4_096];
            while let Ok(read @ 1..) = pipe.read(&mut block) {
                to.lock()
                    .unwrap()
                    .extend_from_slice(block.get(..read).unwrap_or_default());
            }
        });
        Self {
            text,
            thread: Some(thread),
        }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().unwrap()).into_owned()
    }

    fn all(&mut self) -> String {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        self.so_far()
    }
}

/// A running process, killed when dropped.
pub(crate) struct RunningProcess {
    child: Child,
    stdout: PipeReader,
    stderr: PipeReader,
    feeder: Option<JoinHandle<()>>,
    prints_json: bool,
}

impl RunningProcess {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal: `INT` or `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(kill.success());
    }

    /// Waits until standard error names this datum.
    #[track_caller]
    pub(crate) fn wait_for_stderr(&self, datum: &str) {
        assert_is_datum(datum);
        wait_until(datum, || self.stderr.so_far().contains(datum).then_some(()));
    }

    /// Standard error so far.
    pub(crate) fn stderr_so_far(&self) -> String {
        self.stderr.so_far()
    }

    /// Waits for the process to exit.
    pub(crate) fn wait(mut self) -> ProcessOutput {
        let status = wait_until("the program to exit", || self.child.try_wait().unwrap());
        if let Some(feeder) = self.feeder.take() {
            feeder.join().unwrap();
        }
        let stdout = self.stdout.all();
        if self.prints_json {
            check_output(&stdout);
        }
        ProcessOutput {
            code: status.code(),
            stdout,
            stderr: self.stderr.all(),
        }
    }
}

impl Drop for RunningProcess {
    fn drop(&mut self) {
        // Already exited if the test passed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The exit code and output of a process.
#[derive(Debug)]
pub(crate) struct ProcessOutput {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl ProcessOutput {
    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "exit code; standard error:\n{}",
            self.stderr
        );
        self
    }

    /// Asserts that standard error names each of these data: codes, flags, paths, values.
    #[track_caller]
    pub(crate) fn names(self, data: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        for datum in data {
            let datum = datum.as_ref();
            assert_is_datum(datum);
            assert!(
                self.stderr.contains(datum),
                "missing: {datum:?}; standard error:\n{}",
                self.stderr
            );
        }
        self
    }

    /// Asserts that nothing panicked. A panic is reported with its place in the source.
    #[track_caller]
    pub(crate) fn assert_no_panic(&self) {
        assert!(!self.stderr.contains(".rs:"), "a panic: {}", self.stderr);
    }

    /// Parses standard output as a JSON document.
    #[track_caller]
    pub(crate) fn document(&self) -> Value {
        let document = serde_json::from_str(&self.stdout);
        assert!(document.is_ok(), "{:?}; {}", self.stdout, self.stderr);
        document.unwrap()
    }
}

/// Words of a location, which is a datum.
const LOCATION: [&str; 6] = ["row", "rows", "line", "lines", "column", "columns"];

/// Fails if the text is wording: several plain words. Wording is asserted by snapshots only.
#[track_caller]
pub(super) fn assert_is_datum(text: &str) {
    let words = text
        .split_whitespace()
        .map(|word| word.trim_matches(['`', '(', ')', ',', ';', ':', '.']));
    let words = words.filter(|word| !word.is_empty() && !LOCATION.contains(word));
    let plain = words.filter(|word| word.chars().all(char::is_alphabetic));
    assert!(
        plain.count() < 2,
        "wording, which belongs in a snapshot: {text:?}"
    );
}

/// The entry with this code among the `notices` or `refusals` of a document.
#[track_caller]
pub(crate) fn with_code<'d>(document: &'d Value, kind: &str, code: &str) -> Option<&'d Value> {
    let entries = document[kind].as_array().unwrap();
    entries.iter().find(|entry| entry["code"] == code)
}

/// The codes of the `notices` or `refusals` of a document.
#[track_caller]
pub(crate) fn codes<'d>(document: &'d Value, kind: &str) -> Vec<&'d str> {
    let entries = document[kind].as_array().unwrap();
    let codes = entries.iter().map(|entry| entry["code"].as_str().unwrap());
    codes.collect()
}
