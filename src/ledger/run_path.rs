//! Where a run directory is, and what messages call it.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use crate::part::Part;

/// The scheme of addresses in S3.
const S3: &str = "s3://";

/// The path of a run directory, or of a file in it. If the directory is a temporary copy of one in
/// S3, messages show the address there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunPath {
    path: PathBuf,
    shown: PathBuf,
    /// The names of the files at the address that were not copied.
    uncopied: Vec<String>,
    part: Option<Box<PartOfRun>>,
}

/// The run to which the directory of a part belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PartOfRun {
    part: Part,
    /// The directory of the whole run.
    run: RunPath,
}

impl RunPath {
    /// A copy of the directory with this address, without some of its files.
    #[must_use]
    pub fn copy_of(path: &Path, address: &Path, uncopied: Vec<String>) -> Self {
        Self {
            path: path.to_owned(),
            shown: address.to_owned(),
            uncopied,
            part: None,
        }
    }

    /// Returns the directory of a part of the run in this directory.
    #[must_use]
    pub fn part_directory(&self, part: Part) -> Self {
        self.join(&part.directory_name())
            .of_part(part, self.clone())
    }

    /// The directory of a part of a run.
    #[must_use]
    pub fn of_part(mut self, part: Part, run: Self) -> Self {
        self.part = Some(Box::new(PartOfRun { part, run }));
        self
    }

    /// Returns the directory of the whole run, which has the certificate and the undo. It is this
    /// one, unless this one belongs to a part.
    #[must_use]
    pub fn of_run(&self) -> &Self {
        self.part.as_ref().map_or(self, |part| &part.run)
    }

    /// Returns the part of the run to which this directory belongs.
    #[must_use]
    pub fn part(&self) -> Option<Part> {
        self.part.as_ref().map(|part| part.part)
    }

    fn file(path: PathBuf, shown: PathBuf) -> Self {
        Self {
            path,
            shown,
            uncopied: Vec::new(),
            part: None,
        }
    }

    /// Returns the path or address in messages.
    #[must_use]
    pub fn shown(&self) -> &Path {
        &self.shown
    }

    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        Self::file(self.path.join(name), self.shown.join(name))
    }

    /// Returns whether the directory has a file with this name, even if it was not copied.
    pub(super) fn has(&self, name: &str) -> bool {
        self.path.join(name).symlink_metadata().is_ok()
            || self.uncopied.iter().any(|uncopied| uncopied == name)
    }

    /// Returns the path of a companion file of a SQLite database: `-wal`, `-shm`.
    #[must_use]
    pub(super) fn with_suffix(&self, suffix: &str) -> Self {
        Self::file(
            with_suffix(&self.path, suffix),
            with_suffix(&self.shown, suffix),
        )
    }
}

impl Deref for RunPath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl AsRef<Path> for RunPath {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

impl From<&Path> for RunPath {
    fn from(path: &Path) -> Self {
        Self::file(path.to_owned(), path.to_owned())
    }
}

impl From<&PathBuf> for RunPath {
    fn from(path: &PathBuf) -> Self {
        Self::from(path.as_path())
    }
}

impl From<&Self> for RunPath {
    fn from(path: &Self) -> Self {
        path.clone()
    }
}

/// Returns whether messages name a file in S3. A local path cannot begin like this, because
/// arguments that do are addresses.
pub(super) fn is_in_s3(shown: &Path) -> bool {
    shown.to_str().is_some_and(|text| text.starts_with(S3))
}

/// Returns the path of a companion file of a SQLite database: `-wal`, `-shm`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{RunPath, is_in_s3};
    use crate::part::Part;

    #[test]
    fn a_part_has_a_directory_in_that_of_its_run() {
        let run = RunPath::from(Path::new("runs/a"));
        assert_eq!((run.of_run(), run.part()), (&run, None));
        let part = Part::parse("1/4").unwrap();
        let directory = run.part_directory(part);
        assert_eq!(&*directory, Path::new("runs/a/part-1-of-4"));
        assert_eq!((directory.of_run(), directory.part()), (&run, Some(part)));
    }

    #[test]
    fn files_of_a_copy_are_shown_at_their_address() {
        let uncopied = vec!["results.csv".to_owned()];
        let address = Path::new("s3://runs/a/");
        let copy = RunPath::copy_of(Path::new("/tmp/copy"), address, uncopied);
        assert!(copy.has("results.csv") && !copy.has("undo.db"));
        let ledger = copy.join("ledger.db");
        assert_eq!(&*ledger, Path::new("/tmp/copy/ledger.db"));
        assert_eq!(ledger.shown(), Path::new("s3://runs/a/ledger.db"));
        let log = ledger.with_suffix("-wal");
        assert_eq!(log.shown(), Path::new("s3://runs/a/ledger.db-wal"));
        assert!(is_in_s3(log.shown()) && !is_in_s3(&log));
        let local = RunPath::from(Path::new("runs/a"));
        assert_eq!(local.shown(), &*local);
    }
}
