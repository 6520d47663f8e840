//! A folder for one test: its lists, and the runs that it makes.

use std::fmt::Write as _;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::schemas::check_runs;
use super::{Cli, Pool, Results, Row};

/// See the module's words. Tests run side by side: no bound of theirs may hang on what else the machine does.
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

    /// Writes a file, and returns its name: the program runs in this folder.
    pub(crate) fn file<'n>(&self, name: &'n str, content: impl AsRef<[u8]>) -> &'n str {
        fs::write(self.path(name), content).unwrap();
        name
    }

    pub(crate) fn cli(&self, command: &str) -> Cli {
        Cli::new(self.folder.path(), command)
    }

    /// A script for Bash, which runs in this folder.
    pub(crate) fn bash(&self, script: &str) -> Cli {
        Cli::bash(self.folder.path(), script)
    }

    /// `rehearse` of a list, quick, with the run in `run`.
    pub(crate) fn rehearse(&self, list: impl AsRef<Path>) -> Cli {
        self.cli("rehearse")
            .arg(list.as_ref().to_str().unwrap())
            .default_flag("--run-dir", "run")
            .default_flag("--latency", "1ms")
            .default_flag("--settle-time", "1s")
    }

    /// `import` of a list into a pool, quick, with made-up credentials and the run in `run`.
    pub(crate) fn import(&self, pool: &Pool, list: impl AsRef<Path>) -> Cli {
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

    /// A command that asks a pool and writes nothing to it, with made-up credentials.
    pub(crate) fn read_only(&self, command: &str, pool: &Pool) -> Cli {
        self.cli(command)
            .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
            .env("AWS_SECRET_ACCESS_KEY", "made-up")
            .default_flag("--user-pool-id", &pool.settings().pool_id)
            .default_flag("--client-id", &pool.settings().client_id)
            .default_flag("--endpoint-url", &pool.url())
    }

    /// `check` of a list, with the pool asked.
    pub(crate) fn check(&self, pool: &Pool, list: impl AsRef<Path>) -> Cli {
        self.read_only("check", pool)
            .arg(list.as_ref().to_str().unwrap())
    }

    /// The lines of `findings.csv`.
    pub(crate) fn findings(&self) -> Vec<Row> {
        let mut csv = csv::Reader::from_path(self.path("findings.csv")).unwrap();
        csv.deserialize().map(Result::unwrap).collect()
    }

    /// What a run left in the folder `run`.
    pub(crate) fn results(&self) -> Results {
        self.results_in("run")
    }

    /// What a run left in this folder.
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

/// A list of so many users with good passwords.
pub(crate) fn users(count: usize) -> String {
    users_numbered(1..=count)
}

/// A list of users by their numbers: `user0001` and so on.
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
