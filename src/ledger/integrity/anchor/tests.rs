use std::fs;
use std::path::Path;

use super::Displaced;
use crate::ledger::directory::RunDirectory;
use crate::ledger::run_path::with_suffix;
use crate::ledger::tests::{create, ending, identity, to_begin};
use crate::ledger::{Durability, Ledger, LedgerError, LedgerReader};

struct AtWork {
    folder: tempfile::TempDir,
    directory: RunDirectory,
    ledger: Ledger,
}

impl AtWork {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
        let ledger = create(&directory);
        let at_work = Self {
            folder,
            directory,
            ledger,
        };
        at_work.begin(1).await.unwrap();
        at_work
    }

    fn run(&self) -> &Path {
        self.directory.path()
    }

    async fn begin(&self, row: u64) -> Result<(), ()> {
        let group = vec![to_begin(row, &format!("user{row}"))];
        let begun = self.ledger.begin(group, 5).await.await;
        begun.map(drop).map_err(drop)
    }

    /// Returns the error when the next group is not acknowledged.
    async fn fails(mut self) -> (tempfile::TempDir, Displaced, Option<std::path::PathBuf>) {
        self.begin(2).await.unwrap_err();
        let failure = self.ledger.failure().await;
        let LedgerError::Displaced { what, saved, .. } = failure else {
            panic!("{failure}");
        };
        (self.folder, what, saved)
    }
}

/// The run resumes in this directory.
fn resumes_in(path: &Path) {
    let directory = RunDirectory::hold(path).unwrap();
    assert!(Ledger::is_there(&directory, Durability::Power).unwrap());
    Ledger::peek(&directory, &identity(), &[]).unwrap();
    let mut rows = 0;
    LedgerReader::open(path)
        .unwrap()
        .each_row(|_| {
            rows += 1;
            Ok::<(), LedgerError>(())
        })
        .unwrap();
    assert_eq!(rows, 2);
}

#[tokio::test]
async fn saves_the_ledger_when_the_directory_is_removed() {
    let at_work = AtWork::new().await;
    let run = at_work.run().to_owned();
    fs::remove_dir_all(&run).unwrap();
    let (_folder, what, saved) = at_work.fails().await;
    assert_eq!(what, Displaced::Removed(run));
    resumes_in(&saved.unwrap());
}

#[tokio::test]
async fn reports_the_new_path_of_a_moved_directory() {
    let at_work = AtWork::new().await;
    let run = at_work.run().to_owned();
    let to = at_work.folder.path().join("elsewhere");
    fs::rename(&run, &to).unwrap();
    fs::create_dir(&run).unwrap();
    let (_folder, what, saved) = at_work.fails().await;
    if cfg!(target_os = "linux") {
        let to = fs::canonicalize(to).unwrap();
        assert_eq!(
            what,
            Displaced::Moved {
                from: run,
                to: to.clone()
            }
        );
        assert_eq!(saved, None);
        resumes_in(&to);
    } else {
        assert_eq!(what, Displaced::Replaced(run));
    }
}

#[tokio::test]
async fn saves_the_ledger_when_the_database_is_removed_or_replaced() {
    for replaced in [false, true] {
        let at_work = AtWork::new().await;
        let database = at_work.directory.database();
        if replaced {
            fs::copy(&database, at_work.run().join("copy")).unwrap();
            fs::rename(at_work.run().join("copy"), &database).unwrap();
        } else {
            fs::remove_file(&database).unwrap();
        }
        let (_folder, what, saved) = at_work.fails().await;
        assert_eq!(
            what,
            if replaced {
                Displaced::Replaced(database.to_path_buf())
            } else {
                Displaced::Removed(database.to_path_buf())
            }
        );
        resumes_in(&saved.unwrap());
    }
}

#[tokio::test]
async fn saves_the_ledger_when_the_log_is_removed() {
    let at_work = AtWork::new().await;
    let log = with_suffix(&at_work.directory.database(), "-wal");
    fs::remove_file(&log).unwrap();
    let (_folder, what, saved) = at_work.fails().await;
    assert_eq!(what, Displaced::Removed(log));
    resumes_in(&saved.unwrap());
}

#[tokio::test]
async fn closing_fails_if_the_directory_was_removed() {
    let at_work = AtWork::new().await;
    fs::remove_dir_all(at_work.run()).unwrap();
    let AtWork { folder, ledger, .. } = at_work;
    let error = ledger.close(ending(true)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Displaced { .. }), "{error}");
    drop(folder);
}

#[test]
fn directory_stays_locked_if_the_lock_file_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let held = RunDirectory::hold(&run).unwrap();
    fs::remove_file(run.join("ledger.lock")).unwrap();
    let second = RunDirectory::hold(&run);
    assert!(matches!(second, Err(LedgerError::Busy(_))), "{second:?}");
    drop(held);
    RunDirectory::hold(&run).unwrap();
}
