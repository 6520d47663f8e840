//! Opens the list.
//!
//! Opens a file, standard input or an object in S3, fingerprints sources that can be read again,
//! decompresses (`unpack`) and transcodes to UTF-8 (`text`). `rows` parses the text.

mod file;
mod foreign;
mod object;
mod raw;
mod text;
mod unpack;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use file::ListChanged;
pub use file::ListFile;
pub use foreign::{Foreign, Wrapping};
pub use object::Object;
pub use raw::ByteCount;
pub use text::{ListText, TextEncoding, TextPosition, UnknownEncoding};

use crate::hints::Hint;
use crate::s3::{S3Access, S3Error, S3Url, UnusableUrl};

/// The buffer size for fingerprinting: large enough that hashing costs more than the system calls.
const HASH_BLOCK: usize = 128 * 1024;

const FILE_CHANGED_HINT: &str = "wait until the file is complete, then run the same command again";

/// The name of standard input in messages.
const STANDARD_INPUT: &str = "standard input";

/// The source of a list of users.
#[derive(Debug, Clone)]
pub enum Source {
    /// A regular file. It can be read again, so it has a fingerprint. Changes are errors.
    File(ListFile),
    /// A pipe or device with a path. It can be read only once.
    Pipe(PathBuf),
    /// Standard input, `-` on the command line.
    StandardInput,
    /// An object in S3. It can be read again, and S3 reports changes.
    Object(Object),
}

/// A list that is open for reading.
pub struct OpenSource {
    /// The raw bytes: [`OpenSource::text`] decodes them.
    pub bytes: Box<dyn Read + Send>,
    /// The number of bytes, if known.
    pub length: Option<u64>,
}

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("{path}: cannot be opened: {cause}")]
    Open { path: String, cause: io::Error },
    /// The path is a directory.
    #[error("{path}: a directory, not a list")]
    Directory { path: String },
    /// Reading failed.
    #[error("{path}: cannot be read: {cause}")]
    Read { path: String, cause: io::Error },
    /// The S3 address is incomplete or unusable.
    #[error(transparent)]
    Url(#[from] UnusableUrl),
    /// An object cannot be read.
    #[error("{url}: {cause}")]
    Object { url: S3Url, cause: S3Error },
}

impl Hint for SourceError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Open { cause, .. } if is_change(cause) => FILE_CHANGED_HINT.to_owned(),
            Self::Open { .. } => "name an existing, readable file, `-` for standard input, or \
                                  s3://bucket/key"
                .to_owned(),
            Self::Directory { .. } => "name a file in it".to_owned(),
            Self::Read { cause, .. } => match hint_of(cause) {
                Some(hint) => hint,
                None => "check the device it is on, then run the same command again".to_owned(),
            },
            Self::Url(error) => return error.hint(),
            Self::Object { cause, .. } => return object_hint(cause),
        })
    }

    fn is_temporary(&self) -> bool {
        match self {
            Self::Object { cause, .. } => cause.is_temporary(),
            Self::Open { .. } | Self::Directory { .. } | Self::Read { .. } | Self::Url(_) => false,
        }
    }
}

fn is_change(cause: &io::Error) -> bool {
    cause
        .get_ref()
        .is_some_and(|inner| inner.is::<ListChanged>())
}

/// Returns the hint of a source error that is wrapped in an I/O error.
pub fn hint_of(cause: &io::Error) -> Option<String> {
    if is_change(cause) {
        return Some(FILE_CHANGED_HINT.to_owned());
    }
    let inner = cause.get_ref()?;
    let unpack_hint = inner
        .downcast_ref::<unpack::UnpackError>()
        .and_then(Hint::hint);
    unpack_hint.or_else(|| inner.downcast_ref::<S3Error>().and_then(object_hint))
}

fn object_hint(cause: &S3Error) -> Option<String> {
    if matches!(cause, S3Error::Changed) {
        return Some(
            "the remaining rows were not read: run the same command again to import the new \
             object; users created so far are reported as existing"
                .to_owned(),
        );
    }
    cause.hint()
}

impl Source {
    /// Parses the argument: `-` is standard input, `s3://bucket/key` an object. Blocks until S3
    /// answers, so it must not be called from async code.
    ///
    /// # Errors
    /// The path or object does not exist, is a directory, or access is denied.
    pub fn named(path: &Path, access: &S3Access) -> Result<Self, SourceError> {
        if path.as_os_str() == "-" {
            return Ok(Self::StandardInput);
        }
        if let Some(url) = path.to_str().map_or(Ok(None), S3Url::named)? {
            return Object::find(url.clone(), access)
                .map(Self::Object)
                .map_err(|cause| SourceError::Object { url, cause });
        }
        let metadata = std::fs::metadata(path).map_err(|cause| SourceError::Open {
            path: path.display().to_string(),
            cause,
        })?;
        if metadata.is_dir() {
            return Err(SourceError::Directory {
                path: path.display().to_string(),
            });
        }
        Ok(if metadata.is_file() {
            Self::File(ListFile::new(path, &metadata))
        } else {
            Self::Pipe(path.to_owned())
        })
    }

    /// Returns the name for messages.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::File(file) => file.path().display().to_string(),
            Self::Pipe(path) => path.display().to_string(),
            Self::StandardInput => STANDARD_INPUT.to_owned(),
            Self::Object(object) => object.url().to_string(),
        }
    }

    /// Returns a short name for the run directory: the name of the file or key without extension.
    #[must_use]
    pub fn short_name(&self) -> String {
        let path = match self {
            Self::File(file) => file.path(),
            Self::Pipe(path) => path,
            Self::StandardInput => return "stdin".to_owned(),
            Self::Object(object) => Path::new(&object.url().key),
        };
        path.file_stem().map_or_else(
            || "list".to_owned(),
            |stem| stem.to_string_lossy().into_owned(),
        )
    }

    /// Returns whether all bytes are available now. Those of a pipe can arrive at any time.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match self {
            Self::File(_) | Self::Object(_) => true,
            Self::Pipe(_) | Self::StandardInput => false,
        }
    }

    pub fn open(&self) -> Result<OpenSource, SourceError> {
        match self {
            Self::StandardInput => Ok(OpenSource {
                bytes: Box::new(io::stdin()),
                length: None,
            }),
            Self::File(file) => Ok(OpenSource {
                bytes: Box::new(file.open().map_err(|cause| self.open_error(cause))?),
                length: Some(file.length()),
            }),
            Self::Pipe(path) => Ok(OpenSource {
                bytes: Box::new(File::open(path).map_err(|cause| self.open_error(cause))?),
                length: None,
            }),
            Self::Object(object) => Ok(object.open()),
        }
    }

    /// Returns the hexadecimal SHA-256 of a file's bytes, or of an object's address, ETag and
    /// version. `None` for sources that can be read only once.
    pub fn fingerprint(&self) -> Result<Option<String>, SourceError> {
        let file = match self {
            Self::File(file) => file,
            Self::Object(object) => return Ok(Some(object.fingerprint())),
            Self::Pipe(_) | Self::StandardInput => return Ok(None),
        };
        let mut file = file.open().map_err(|cause| self.open_error(cause))?;
        let mut hash = Sha256::new();
        let mut block = vec![0_u8; HASH_BLOCK];
        loop {
            match file.read(&mut block) {
                Ok(0) => break,
                Ok(read) => hash.update(block.get(..read).unwrap_or_default()),
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => {
                    return Err(SourceError::Read {
                        path: self.name(),
                        cause,
                    });
                }
            }
        }
        Ok(Some(hexadecimal(&hash.finalize())))
    }

    fn open_error(&self, cause: io::Error) -> SourceError {
        SourceError::Open {
            path: self.name(),
            cause,
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::Source;
    use crate::s3::S3Access;
    use std::path::Path;

    #[test]
    fn fingerprint_is_the_sha_256_of_the_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("users.csv");
        std::fs::write(&path, "abc").unwrap();
        let source = Source::named(&path, &S3Access::default()).unwrap();
        assert_eq!(
            source.fingerprint().unwrap().unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn errors_name_the_directory_or_missing_file() {
        let dir = tempfile::tempdir().unwrap();
        let error = Source::named(dir.path(), &S3Access::default())
            .unwrap_err()
            .to_string();
        assert!(error.contains("a directory, not a list"), "{error}");
        let error =
            Source::named(Path::new("nowhere/users.csv"), &S3Access::default()).unwrap_err();
        assert!(error.to_string().starts_with("nowhere/users.csv: "));
    }
}
