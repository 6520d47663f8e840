//! Detects that the run's directory or its database was removed, moved or replaced while the
//! process uses it. Later writes would go into files that no other process finds.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::presence::LEDGER;
use crate::ledger::directory::{create_private, private_file};
use crate::ledger::run_path::with_suffix;
use crate::ledger::{LedgerError, RunDirectory};

/// The identities of the files that were opened. They stay open, so no other file can get the same
/// identity.
#[derive(Debug)]
pub(in crate::ledger) struct Anchor {
    directory: PathBuf,
    #[cfg(unix)]
    handle: File,
    files: Vec<(PathBuf, FileId)>,
}

/// Identifies a file regardless of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    #[cfg(unix)]
    fn of(about: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            device: about.dev(),
            inode: about.ino(),
        }
    }

    /// Returns the same value for all files, because other systems do not allow removing an open
    /// file.
    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self {
            device: 0,
            inode: 0,
        }
    }
}

/// The reason why a file or directory is displaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Displaced {
    /// It was removed, or moved to an unknown path.
    Removed(PathBuf),
    /// Another file has its path.
    Replaced(PathBuf),
    /// The run's directory was moved.
    Moved { from: PathBuf, to: PathBuf },
    /// Its metadata cannot be read.
    Unseen(PathBuf, String),
}

impl fmt::Display for Displaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed(path) => write!(f, "{}: was removed", path.display()),
            Self::Replaced(path) => write!(f, "{}: was replaced by another file", path.display()),
            Self::Moved { from, to } => {
                write!(f, "{}: was moved to {}", from.display(), to.display())
            }
            Self::Unseen(path, cause) => {
                write!(f, "{}: cannot be checked ({cause})", path.display())
            }
        }
    }
}

impl Anchor {
    /// Records the open files. The database must be open for writing and have a log.
    pub(in crate::ledger) fn new(
        directory: &RunDirectory,
        database: &Path,
    ) -> Result<Self, LedgerError> {
        let failed = |cause| LedgerError::Directory {
            path: directory.shown().to_owned(),
            cause,
        };
        let with_id = |path: &Path| {
            let about = fs::metadata(path).map_err(failed)?;
            Ok((path.to_owned(), FileId::of(&about)))
        };
        #[cfg(unix)]
        let handle = directory.handle().map_err(failed)?;
        Ok(Self {
            directory: directory.path().to_owned(),
            files: vec![
                #[cfg(unix)]
                (
                    directory.path().to_owned(),
                    FileId::of(&handle.metadata().map_err(failed)?),
                ),
                with_id(database)?,
                with_id(&with_suffix(database, "-wal"))?,
            ],
            #[cfg(unix)]
            handle,
        })
    }

    /// Returns the first file that was displaced. Called after each transaction.
    pub(in crate::ledger) fn displaced(&self) -> Option<Displaced> {
        self.files.iter().find_map(|(path, id)| {
            let displaced = match fs::metadata(path) {
                Ok(about) if FileId::of(&about) == *id => return None,
                Ok(_) => Displaced::Replaced(path.clone()),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    Displaced::Removed(path.clone())
                }
                Err(error) => Displaced::Unseen(path.clone(), error.to_string()),
            };
            if *path != self.directory {
                return Some(displaced);
            }
            Some(self.moved().unwrap_or(displaced))
        })
    }

    /// Returns the directory's new path, if the system reports it.
    #[cfg(target_os = "linux")]
    fn moved(&self) -> Option<Displaced> {
        use std::os::fd::AsRawFd as _;
        let (_, id) = self.files.first()?;
        let to = fs::read_link(format!("/proc/self/fd/{}", self.handle.as_raw_fd())).ok()?;
        let is_it = fs::metadata(&to).is_ok_and(|about| FileId::of(&about) == *id);
        is_it.then(|| Displaced::Moved {
            from: self.directory.clone(),
            to,
        })
    }

    #[cfg(not(target_os = "linux"))]
    fn moved(&self) -> Option<Displaced> {
        None
    }
}

/// Saves a ledger whose file has lost its path to a new directory next to the run's, and returns
/// that directory.
pub(in crate::ledger) fn save(database: &Connection, directory: &Path) -> Option<PathBuf> {
    let beside = (1..)
        .map(|number| saved(directory, number))
        .find(|beside| beside.symlink_metadata().is_err())?;
    let file = beside.join(LEDGER);
    create_private(&beside)
        .and_then(|()| private_file(&file))
        .map_err(|cause| rusqlite::Error::ToSqlConversionFailure(cause.into()))
        .and_then(|_| database.execute("VACUUM INTO ?1", [file.to_string_lossy()]))
        .is_ok()
        .then_some(beside)
}

/// Refuses to start over in this directory if its ledger was saved next to it.
pub fn refuse_if_saved(directory: &Path) -> Result<(), LedgerError> {
    let last = (1..)
        .map(|number| saved(directory, number))
        .take_while(|beside| beside.join(LEDGER).exists())
        .last();
    match last {
        None => Ok(()),
        Some(saved) => Err(LedgerError::Saved {
            path: directory.to_owned(),
            saved,
        }),
    }
}

fn saved(directory: &Path, number: u32) -> PathBuf {
    with_suffix(directory, &format!("-saved-{number}"))
}

#[cfg(unix)]
#[cfg(test)]
mod tests;
