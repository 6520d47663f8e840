use std::fmt;
use std::path::{Path, PathBuf};

use crate::s3::{S3FolderUrl, UnusableUrl};

/// Where the files of a run are.
#[derive(Debug, Clone)]
pub enum RunPlace {
    Directory(PathBuf),
    S3(S3FolderUrl),
}

impl fmt::Display for RunPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => path.display().fmt(f),
            Self::S3(url) => url.fmt(f),
        }
    }
}

impl RunPlace {
    /// The directory on this machine; `None` if it is in S3.
    #[must_use]
    pub fn local(&self) -> Option<&Path> {
        match self {
            Self::Directory(path) => Some(path),
            Self::S3(_) => None,
        }
    }

    /// Parses a path or an address.
    ///
    /// # Errors
    /// It is not the address of a folder in S3.
    pub fn of(path: &Path) -> Result<Self, UnusableUrl> {
        let url = path.to_str().map_or(Ok(None), S3FolderUrl::named)?;
        Ok(match url {
            Some(url) => Self::S3(url),
            None => Self::Directory(path.to_owned()),
        })
    }
}
