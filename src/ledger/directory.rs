//! A run's folder: its name, its lock, and who may read it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::LedgerError;

/// Where runs go unless `--run-dir` says otherwise.
pub const RUNS: &str = "import-runs";

/// A run's folder, held by this process: a second process is refused until it ends, however it ends.
#[derive(Debug)]
pub struct RunDirectory {
    path: PathBuf,
    _lock: File,
}

impl RunDirectory {
    /// The folder's name for a list and a pool: the same ones, the same name.
    #[must_use]
    pub fn default_path(list: &str, fingerprint: &str, pool: &str) -> PathBuf {
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
        Path::new(RUNS).join(format!("{plain}-{short}-{pool}"))
    }

    /// Makes the folder where it is missing (mode 0700) and takes its lock.
    ///
    /// # Errors
    /// The folder cannot be made, or another process holds it.
    pub fn hold(path: &Path) -> Result<Self, LedgerError> {
        let failed = |cause| LedgerError::Directory {
            path: path.to_owned(),
            cause,
        };
        make_private(path).map_err(failed)?;
        let lock = private_file(&path.join("ledger.lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(LedgerError::Busy(path.to_owned())),
            Err(TryLockError::Error(cause)) => Err(failed(cause)),
        }
    }

    /// Whether the folder, which is not there yet, could be made: to be known before anybody is asked anything. Leaves no trace.
    ///
    /// # Errors
    /// It could not.
    pub fn could_be_made(path: &Path) -> Result<(), LedgerError> {
        let here = Path::new(".");
        let above = path
            .ancestors()
            .find(|above| above.symlink_metadata().is_ok())
            .unwrap_or(here);
        let trial = above.join(format!(".cognito-import-{}", std::process::id()));
        make_private(&trial)
            .and_then(|()| fs::remove_dir(&trial))
            .map_err(|cause| LedgerError::Directory {
                path: path.to_owned(),
                cause,
            })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        database_in(&self.path)
    }

    /// Puts the ledger aside under a name of its own, so that a run can begin anew. Returns that name; none where there
    /// was no ledger.
    ///
    /// # Errors
    /// A file cannot be renamed.
    pub fn put_ledger_aside(&self) -> Result<Option<PathBuf>, LedgerError> {
        self.put_aside("ledger")
    }

    /// The same for the ledger of an undo.
    ///
    /// # Errors
    /// A file cannot be renamed.
    pub(super) fn put_undo_aside(&self) -> Result<Option<PathBuf>, LedgerError> {
        self.put_aside("undo")
    }

    /// Puts the database with this name aside.
    fn put_aside(&self, name: &str) -> Result<Option<PathBuf>, LedgerError> {
        let database = self.path.join(format!("{name}.db"));
        let log = with_suffix(&database, "-wal");
        if !database.exists() && !log.exists() {
            return Ok(None);
        }
        // A ledger that is in order becomes one file first. One that is damaged is kept as it is.
        super::schema::empty_the_log(&database);
        let aside = (1..)
            .map(|number| self.path.join(format!("{name}-before-{number}.db")))
            .find(|aside| !aside.exists() && !with_suffix(aside, "-wal").exists())
            .unwrap_or_default();
        // The log goes first: left behind alone, it would come back to life in the new ledger.
        for suffix in ["-wal", ""] {
            let from = with_suffix(&database, suffix);
            if from.exists() {
                fs::rename(&from, with_suffix(&aside, suffix))
                    .map_err(|cause| self.failed(cause))?;
            }
        }
        self.remove_index_of_log(&database)?;
        Ok(Some(aside))
    }

    /// Removes the ledger. For rehearsals, whose pool is gone with them.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn remove_ledger(&self) -> Result<(), LedgerError> {
        // The log goes first: see above.
        for suffix in ["-wal", ""] {
            let file = with_suffix(&self.database(), suffix);
            if file.exists() {
                fs::remove_file(&file).map_err(|cause| self.failed(cause))?;
            }
        }
        self.remove_index_of_log(&self.database())
    }

    /// SQLite makes it again from the log; it holds nothing of its own.
    fn remove_index_of_log(&self, database: &Path) -> Result<(), LedgerError> {
        let file = with_suffix(database, "-shm");
        if file.exists() {
            fs::remove_file(&file).map_err(|cause| self.failed(cause))?;
        }
        Ok(())
    }

    fn failed(&self, cause: std::io::Error) -> LedgerError {
        LedgerError::Directory {
            path: self.path.clone(),
            cause,
        }
    }
}

/// The database of the run in this folder.
#[must_use]
pub fn database_in(directory: &Path) -> PathBuf {
    directory.join("ledger.db")
}

/// A file of SQLite's beside the database: `-wal`, `-shm`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A folder that only its owner can look into. One that is already there keeps its mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A file that only its owner can read, made where it is missing.
///
/// # Errors
/// It cannot be made or opened.
pub fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).read(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
