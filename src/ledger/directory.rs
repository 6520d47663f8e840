//! A run's directory: its name, lock and permissions.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::certificate::CERTIFICATE;
use super::integrity::presence::{self, LEDGER, UNDO};
use super::lock::{LOCK_FILE, LedgerLock};
use super::run_path::{is_in_s3, with_suffix};
use super::{Exposure, LedgerError, RunPath, exposure, leftovers};

/// The parent of run directories unless `--run-dir` is given.
pub const RUNS: &str = "import-runs";

/// The write-ahead log of the ledger.
const LOG: &str = "ledger.db-wal";

/// Files that `--restart` renames, in this order. The ledger comes before the undo, so that an
/// interrupted restart never makes an undone run look like one that was not. A database comes
/// before its log, because a log alone cannot be mistaken for a ledger. The certificate comes
/// before the ledger, because a certificate alone continues the run.
const KEPT_ASIDE: [&str; 13] = [
    "results.csv",
    "vanished.csv",
    "results.jsonl",
    "summary.json",
    "report.html",
    CERTIFICATE,
    LEDGER,
    LOG,
    UNDO,
    "undo.db-wal",
    "undo-results.csv",
    "undo-dry-run.csv",
    "verify.csv",
];

/// A run's directory, locked until this process ends.
#[derive(Debug)]
pub struct RunDirectory {
    path: RunPath,
    /// The directory itself, locked. Unlike a lock file, this lock cannot be removed while the
    /// directory stays.
    #[cfg(unix)]
    handle: File,
    /// Also locked, because on some network file systems the lock of a directory is local to one
    /// machine.
    lock: File,
}

impl RunDirectory {
    /// Returns the default directory for a list, a pool, and the conditions of `--where`.
    #[must_use]
    pub fn default_path(
        list: &str,
        fingerprint: &str,
        pool: &str,
        selection: Option<&str>,
    ) -> PathBuf {
        let short = fingerprint.get(..12).unwrap_or(fingerprint);
        let plain: String = list
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || "-_.".contains(c) {
                    c
                } else {
                    '-'
                }
            })
            .take(60)
            .collect();
        let mut name = format!("{plain}-{short}-{pool}");
        if let Some(selection) = selection {
            let hash = Sha256::digest(selection);
            name.push_str("-where-");
            for byte in hash.iter().take(4) {
                let _ = write!(name, "{byte:02x}");
            }
        }
        Path::new(RUNS).join(name)
    }

    /// Creates the directory if it is missing (mode 0700) and locks it.
    pub fn hold(path: impl Into<RunPath>) -> Result<Self, LedgerError> {
        let path = path.into();
        let failed = |cause| LedgerError::Directory {
            path: path.shown().to_owned(),
            cause,
        };
        let locked = |file: File| match lock_alone(&file) {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(LedgerError::Busy(path.shown().to_owned())),
            Err(TryLockError::Error(cause)) => Err(failed(cause)),
        };
        create_durably(&path).map_err(failed)?;
        #[cfg(unix)]
        let handle = locked(File::open(&path).map_err(failed)?)?;
        let lock = locked(private_file(&path.join(LOCK_FILE)).map_err(failed)?)?;
        leftovers::remove(&path).map_err(failed)?;
        Ok(Self {
            path,
            #[cfg(unix)]
            handle,
            lock,
        })
    }

    /// Returns whether a process has locked the directory. Changes nothing.
    pub fn is_used(path: &Path) -> std::io::Result<bool> {
        let is_locked = |file: File| match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(cause)) => Err(cause),
        };
        #[cfg(unix)]
        if is_locked(File::open(path)?)? {
            return Ok(true);
        }
        match File::open(path.join(LOCK_FILE)) {
            Ok(file) => is_locked(file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Remembers how the databases in this directory are locked, for all later commands.
    pub fn choose_lock(&self, lock: LedgerLock) -> Result<(), LedgerError> {
        let Some(content) = lock.remembered() else {
            return Ok(());
        };
        let mut file = &self.lock;
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(content.as_bytes()))
            .map_err(|cause| self.failed(cause))
    }

    /// Returns a duplicate handle, which shares the lock.
    #[cfg(unix)]
    pub(super) fn handle(&self) -> std::io::Result<File> {
        self.handle.try_clone()
    }

    /// Checks that the directory could be created, before the confirmation prompt.
    /// Leaves nothing behind.
    pub fn check_creatable(path: &Path) -> Result<(), LedgerError> {
        let here = Path::new(".");
        let parent = path
            .ancestors()
            .find(|parent| parent.symlink_metadata().is_ok())
            .unwrap_or(here);
        let trial = parent.join(format!(".cognito-import-{}", std::process::id()));
        create_private(&trial)
            .and_then(|()| fs::remove_dir(&trial))
            .map_err(|cause| LedgerError::Directory {
                path: path.to_owned(),
                cause,
            })
    }

    /// Returns the other users that can change the directory or its ledger, or `None` if only the
    /// owner can.
    pub fn exposure(&self) -> Result<Option<Exposure>, LedgerError> {
        exposure::of(self).map_err(|cause| self.failed(cause))
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path or address in messages.
    #[must_use]
    pub fn shown(&self) -> &Path {
        self.path.shown()
    }

    /// Returns whether this is a temporary copy of a directory in S3.
    #[must_use]
    pub fn is_copy(&self) -> bool {
        is_in_s3(self.shown())
    }

    #[must_use]
    pub fn location(&self) -> &RunPath {
        &self.path
    }

    #[must_use]
    pub fn database(&self) -> RunPath {
        database_in(&self.path)
    }

    /// Renames the files of the run, so that a new one can start, and returns the new names.
    pub fn set_aside(&self) -> Result<Vec<PathBuf>, LedgerError> {
        // An intact ledger becomes a single file first. A damaged one is kept as it is.
        presence::make_one_file(&self.database());
        presence::make_one_file(&self.path.join(UNDO));
        let kept = self.rename_aside(&KEPT_ASIDE)?;
        for name in [LEDGER, UNDO] {
            self.remove_index_of_log(&self.path.join(name))?;
        }
        self.sync();
        Ok(kept)
    }

    /// Renames the log of a ledger that is lost, so that a new ledger can start, and returns the
    /// new name.
    pub fn set_log_aside(&self) -> Result<Option<PathBuf>, LedgerError> {
        self.remove_index_of_log(&self.database())?;
        Ok(self.rename_aside(&[LOG])?.pop())
    }

    /// Renames the files with these names, and returns the new names.
    fn rename_aside(&self, names: &[&str]) -> Result<Vec<PathBuf>, LedgerError> {
        let exists = |name: &str| self.path().join(name).symlink_metadata().is_ok();
        let number = (1..)
            .find(|number| {
                !KEPT_ASIDE
                    .iter()
                    .any(|name| exists(&aside_name(name, *number)))
            })
            .unwrap_or(0);
        let mut kept = Vec::new();
        for &name in names {
            if exists(name) {
                let to = self.path().join(aside_name(name, number));
                fs::rename(self.path().join(name), &to).map_err(|cause| self.failed(cause))?;
                kept.push(to);
            }
        }
        Ok(kept)
    }

    /// Makes the ledger a single file, so that a new one can replace it. For rehearsals and merged
    /// ledgers, which are not resumed.
    pub fn make_ledger_replaceable(&self) {
        presence::make_one_file(&self.database());
    }

    /// Makes the undo's ledger, which is closed, a single file that can be copied.
    pub fn make_undo_one_file(&self) {
        presence::make_one_file(&self.path.join(UNDO));
    }

    /// Syncs the names of the files to the disk. Errors are ignored, because some file systems
    /// cannot sync a directory.
    pub(super) fn sync(&self) {
        sync_directory(&self.path);
    }

    /// Removes the index of the log, which SQLite rebuilds.
    fn remove_index_of_log(&self, database: &Path) -> Result<(), LedgerError> {
        let file = with_suffix(database, "-shm");
        if file.exists() {
            fs::remove_file(&file).map_err(|cause| self.failed(cause))?;
        }
        Ok(())
    }

    fn failed(&self, cause: std::io::Error) -> LedgerError {
        LedgerError::Directory {
            path: self.path.shown().to_owned(),
            cause,
        }
    }
}

/// The longest time for which [`RunDirectory::is_used`] can hold a lock, unless its process is
/// suspended.
const MAX_CHECK_TIME: Duration = Duration::from_secs(1);

/// Locks the file for this process alone. Another process that checks whether the file is locked
/// holds a shared lock for a moment.
fn lock_alone(file: &File) -> Result<(), TryLockError> {
    lock_within(file, MAX_CHECK_TIME)
}

fn lock_within(file: &File, check_time: Duration) -> Result<(), TryLockError> {
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock)
                if started.elapsed() < check_time && file.try_lock_shared().is_ok() =>
            {
                file.unlock().map_err(TryLockError::Error)?;
                std::thread::yield_now();
            }
            locked => return locked,
        }
    }
}

#[must_use]
pub fn database_in(directory: &RunPath) -> RunPath {
    directory.join(LEDGER)
}

/// Returns `results-before-1.csv` for `results.csv`.
fn aside_name(name: &str, number: u32) -> String {
    let (stem, rest) = name.split_once('.').unwrap_or((name, ""));
    format!("{stem}-before-{number}.{rest}")
}

pub(super) fn sync_directory(path: &Path) {
    if let Ok(directory) = File::open(path) {
        let _ = directory.sync_all();
    }
}

/// Like [`create_private`], and syncs the names of new directories to the disk.
fn create_durably(path: &Path) -> std::io::Result<()> {
    let made: Vec<&Path> = path.ancestors().take_while(|it| !it.is_dir()).collect();
    create_private(path)?;
    for folder in made {
        match folder.parent() {
            Some(above) if above.as_os_str().is_empty() => sync_directory(Path::new(".")),
            Some(above) => sync_directory(above),
            None => {}
        }
    }
    Ok(())
}

/// Creates a directory that only its owner can read. An existing directory keeps its mode.
pub(super) fn create_private(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Opens a file, or creates one that only its owner can read.
pub fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).read(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::lock_within;
    use std::fs::{File, TryLockError};
    use std::time::Duration;

    #[test]
    fn a_process_that_checks_the_lock_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let open = || File::open(folder.path()).unwrap();
        let (lock, check) = (open(), open());
        check.try_lock_shared().unwrap();
        assert!(matches!(
            lock_within(&lock, Duration::ZERO),
            Err(TryLockError::WouldBlock)
        ));
        let (about_to_lock, locking) = std::sync::mpsc::sync_channel(1);
        std::thread::scope(|scope| {
            let locked = scope.spawn(|| {
                about_to_lock.send(()).unwrap();
                lock_within(&lock, Duration::from_secs(3_600))
            });
            locking.recv().unwrap();
            std::thread::yield_now();
            check.unlock().unwrap();
            locked.join().unwrap().unwrap();
        });
        assert!(matches!(
            check.try_lock_shared(),
            Err(TryLockError::WouldBlock)
        ));
    }
}
