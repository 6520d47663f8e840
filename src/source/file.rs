//! A list in a regular file. It is read several times, so it must stay the same meanwhile.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file, as it was when the command started.
#[derive(Debug, Clone)]
pub struct ListFile {
    path: PathBuf,
    version: FileVersion,
}

/// Replacing or writing a file changes its version.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FileVersion {
    /// Device and inode.
    identity: Option<(u64, u64)>,
    length: u64,
    modified: Option<SystemTime>,
}

impl FileVersion {
    fn of(metadata: &Metadata) -> Self {
        Self {
            identity: identity(metadata),
            length: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// The file is not the one that the command started with.
#[derive(Debug, thiserror::Error)]
#[error("it has changed since this command started")]
pub(super) struct ListChanged;

impl ListFile {
    pub(super) fn new(path: &Path, metadata: &Metadata) -> Self {
        Self {
            path: path.to_owned(),
            version: FileVersion::of(metadata),
        }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the length when the command started.
    pub(super) fn length(&self) -> u64 {
        self.version.length
    }

    /// Opens the file. A change is an error, here or at the end of the file.
    pub(super) fn open(&self) -> io::Result<UnchangedFile> {
        let file = UnchangedFile {
            file: File::open(&self.path)?,
            version: self.version.clone(),
        };
        file.check()?;
        Ok(file)
    }
}

/// Reads a file that must not change.
pub(super) struct UnchangedFile {
    file: File,
    version: FileVersion,
}

impl UnchangedFile {
    fn check(&self) -> io::Result<()> {
        if FileVersion::of(&self.file.metadata()?) == self.version {
            Ok(())
        } else {
            Err(io::Error::other(ListChanged))
        }
    }
}

impl Read for UnchangedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            self.check()?;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::ListFile;
    use std::fs::{self, File};
    use std::io::{Read as _, Write as _};

    #[test]
    fn a_file_that_is_written_or_replaced_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("users.csv");
        fs::write(&path, "one\ntwo\n").unwrap();
        let list = ListFile::new(&path, &fs::metadata(&path).unwrap());
        let mut text = String::new();
        list.open().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "one\ntwo\n");

        let mut open = list.open().unwrap();
        let mut more = File::options().append(true).open(&path).unwrap();
        more.write_all(b"three\n").unwrap();
        open.read_to_string(&mut text).unwrap_err();
        assert!(list.open().is_err());

        let replacement = directory.path().join("new.csv");
        fs::write(&replacement, "one\ntwo\n").unwrap();
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        File::open(&replacement)
            .unwrap()
            .set_modified(modified)
            .unwrap();
        let list = ListFile::new(&path, &fs::metadata(&path).unwrap());
        fs::rename(&replacement, &path).unwrap();
        assert!(list.open().is_err());
    }
}
