//! A temporary directory for one test: its lists and its runs.

use std::fmt::Write as _;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::schemas::check_runs;
use super::{CsvRow, Pool, ProgramCommand, Results};

/// Tests run in parallel, so default limits are generous: no test may depend on the machine's load.
pub(crate) struct TestDir {
    folder: tempfile::TempDir,
}

impl TestDir {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and returns its name. The program runs in this directory.
    pub(crate) fn file<'n>(&self, name: &'n str, content: impl AsRef<[u8]>) -> &'n str {
        fs::write(self.path(name), content).unwrap();
        name
    }

    pub(crate) fn cli(&self, command: &str) -> ProgramCommand {
        ProgramCommand::new(self.folder.path(), command)
    }

    /// A Bash script that runs in this directory.
    pub(crate) fn bash(&self, script: &str) -> ProgramCommand {
        ProgramCommand::bash(self.folder.path(), script)
    }

    /// `rehearse` with short delays. The run directory is `run`.
    pub(crate) fn rehearse(&self, list: impl AsRef<Path>) -> ProgramCommand {
        self.cli("rehearse")
            .arg(list.as_ref().to_str().unwrap())
            .default_flag("--run-dir", "run")
            .default_flag("--latency", "1ms")
            .default_flag("--settle-time", "1s")
    }

    /// `import` with short delays and fake credentials. The run directory is `run`.
    pub(crate) fn import(&self, pool: &Pool, list: impl AsRef<Path>) -> ProgramCommand {
        self.cli("import")
            .arg(list.as_ref().to_str().unwrap())
            .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
            .env("AWS_SECRET_ACCESS_KEY", "made-up")
            .default_flag("--run-dir", "run")
            .default_flag("--settle-time", "1s")
            .default_flag("--rate", "1000")
            .default_flag("--lookup-rate", "1000")
            .default_flag("--update-rate", "1000")
            .default_flag("--user-pool-id", &pool.settings().pool_id)
            .default_flag("--client-id", &pool.settings().client_id)
            .default_flag("--endpoint-url", &pool.url())
    }

    /// `undo` of `run` with fake credentials and without a prompt.
    pub(crate) fn undo(&self, pool: &Pool) -> ProgramCommand {
        self.undo_in(pool, "run")
    }

    /// Like `undo`, for another run directory.
    pub(crate) fn undo_in(&self, pool: &Pool, directory: &str) -> ProgramCommand {
        self.cli("undo")
            .arg(directory)
            .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
            .env("AWS_SECRET_ACCESS_KEY", "made-up")
            .default_flag("--endpoint-url", &pool.url())
            .default_flag("--yes-delete", &pool.settings().pool_id)
    }

    /// A dry run of `undo`.
    pub(crate) fn dry_undo(&self, pool: &Pool) -> ProgramCommand {
        self.undo(pool)
            .without_flag("--yes-delete")
            .arg("--dry-run")
    }

    /// `verify` of `run` with fake credentials.
    pub(crate) fn verify(&self, pool: &Pool) -> ProgramCommand {
        self.verify_in(pool, "run")
    }

    /// Like `verify`, for another run directory.
    pub(crate) fn verify_in(&self, pool: &Pool, directory: &str) -> ProgramCommand {
        self.cli("verify")
            .arg(directory)
            .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
            .env("AWS_SECRET_ACCESS_KEY", "made-up")
            .default_flag("--list-rate", "1000")
            .default_flag("--lookup-rate", "1000")
            .default_flag("--endpoint-url", &pool.url())
    }

    /// A command that only reads from a pool, with fake credentials.
    pub(crate) fn read_only(&self, command: &str, pool: &Pool) -> ProgramCommand {
        self.cli(command)
            .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
            .env("AWS_SECRET_ACCESS_KEY", "made-up")
            .default_flag("--user-pool-id", &pool.settings().pool_id)
            .default_flag("--client-id", &pool.settings().client_id)
            .default_flag("--endpoint-url", &pool.url())
    }

    /// `check` against a pool.
    pub(crate) fn check(&self, pool: &Pool, list: impl AsRef<Path>) -> ProgramCommand {
        self.read_only("check", pool)
            .arg(list.as_ref().to_str().unwrap())
    }

    /// The rows of `findings.csv`.
    pub(crate) fn findings(&self) -> Vec<CsvRow> {
        let mut csv = csv::Reader::from_path(self.path("findings.csv")).unwrap();
        csv.deserialize().map(Result::unwrap).collect()
    }

    /// The results in `run`.
    pub(crate) fn results(&self) -> Results {
        self.results_in("run")
    }

    /// The results in `run`, which is a run of some rows of its list.
    pub(crate) fn selected_results(&self) -> Results {
        Results::read_selected(&self.path("run"))
    }

    pub(crate) fn results_in(&self, run: &str) -> Results {
        Results::read(&self.path(run))
    }
}

impl Drop for TestDir {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            check_runs(self.folder.path());
        }
    }
}

/// A list of `count` users with valid passwords.
pub(crate) fn users(count: usize) -> String {
    users_numbered(1..=count)
}

/// A list of the users with these numbers: `user0001` and so on.
pub(crate) fn users_numbered(numbers: RangeInclusive<usize>) -> String {
    let mut list = String::from("username,password,email\n");
    for number in numbers {
        writeln!(
            list,
            "user{number:04},Passw0rd!{number},user{number:04}@example.com"
        )
        .unwrap();
    }
    list
}
