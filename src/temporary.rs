//! Temporary files, and the directory that they are created in.
//!
//! The directory is `TMPDIR`, or the system's own if that is not set. In a container whose root
//! file system is read-only, neither can be written. Then the files are created in the directory
//! that the command writes to, or in the current directory. The ledger tells SQLite the same
//! directory.
//!
//! All temporary files are anonymous: they disappear with the process, even on SIGKILL. Copies of
//! runs in S3 need a directory, which has a name.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use tempfile::TempDir;

/// The variable that names the directory.
const VARIABLE: &str = "TMPDIR";

/// The system's directory for large files, tried first, because `/tmp` is in memory on some
/// systems.
const LARGE_FILES: &str = "/var/tmp";

/// The choice, which applies to the whole process.
static CHOICE: OnceLock<Result<PathBuf, NotWritable>> = OnceLock::new();

/// No directory for temporary files can be written.
#[derive(Debug, Clone)]
pub struct NotWritable(Vec<(PathBuf, String)>);

impl fmt::Display for NotWritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no directory for temporary files can be written: ")?;
        for (index, (directory, cause)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{} ({cause})", directory.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for NotWritable {}

/// Chooses the directory. Only the first call has an effect. `working_directory` is the one that
/// the command writes to; it need not exist yet.
///
/// # Errors
/// No directory can be written. Commands that need no temporary file still work.
pub fn choose(working_directory: Option<&Path>) -> Result<&'static Path, NotWritable> {
    let choice = CHOICE.get_or_init(|| {
        let directories = candidates(configured(), working_directory);
        first_writable(directories, |directory| {
            tempfile::tempfile_in(directory).map(drop)
        })
    });
    match choice {
        Ok(directory) => Ok(directory),
        Err(error) => Err(error.clone()),
    }
}

/// Creates an anonymous temporary file.
///
/// # Errors
/// The file cannot be created.
pub(crate) fn file() -> io::Result<File> {
    match CHOICE.get() {
        Some(Ok(directory)) => tempfile::tempfile_in(directory),
        Some(Err(error)) => Err(io::Error::other(error.clone())),
        None => tempfile::tempfile(),
    }
}

/// Creates a directory that only its owner can read. It is removed on drop, but not on SIGKILL.
///
/// # Errors
/// The directory cannot be created.
pub(crate) fn directory() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("cognito-import-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    match CHOICE.get() {
        Some(Ok(parent)) => builder.tempdir_in(parent),
        Some(Err(error)) => Err(io::Error::other(error.clone())),
        None => builder.tempdir(),
    }
}

/// Returns the value of `TMPDIR`, unless it is empty.
#[must_use]
pub fn configured() -> Option<PathBuf> {
    std::env::var_os(VARIABLE)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// Returns the directories to try, in this order.
fn candidates(configured: Option<PathBuf>, working_directory: Option<&Path>) -> Vec<PathBuf> {
    let mut found = match configured {
        Some(directory) => vec![directory],
        None if cfg!(unix) => [LARGE_FILES, "/tmp"].map(PathBuf::from).to_vec(),
        None => vec![std::env::temp_dir()],
    };
    found.extend(working_directory.and_then(existing));
    found.push(PathBuf::from("."));
    found.dedup();
    found
}

/// Returns this directory or, if it does not exist, the closest one above it that does.
fn existing(directory: &Path) -> Option<PathBuf> {
    let above = directory.ancestors().map(|path| match path.to_str() {
        Some("") => Path::new("."),
        Some(_) | None => path,
    });
    { above }.find(|path| path.is_dir()).map(Path::to_owned)
}

fn first_writable(
    directories: Vec<PathBuf>,
    probe: impl Fn(&Path) -> io::Result<()>,
) -> Result<PathBuf, NotWritable> {
    let mut causes = Vec::new();
    for directory in directories {
        match probe(&directory) {
            Ok(()) => return Ok(directory),
            Err(error) => {
                // The library appends the path, which the message already names.
                let cause = match error.raw_os_error() {
                    Some(code) => io::Error::from_raw_os_error(code).to_string(),
                    None => error.kind().to_string(),
                };
                causes.push((directory, cause));
            }
        }
    }
    Err(NotWritable(causes))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::{Path, PathBuf};

    use super::{candidates, first_writable};

    #[test]
    fn tries_the_configured_directory_then_the_working_directory_then_the_current_one() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        let set = PathBuf::from("/set");
        let here = PathBuf::from(".");
        let of = |directory: &Path| candidates(Some(set.clone()), Some(directory));
        // A run directory is created after the list has been read.
        let above = [set.clone(), folder.path().to_owned(), here.clone()];
        assert_eq!(of(&run.join("first")), above);
        std::fs::create_dir(&run).unwrap();
        assert_eq!(of(&run), [set.clone(), run.clone(), here.clone()]);
        std::fs::write(run.join("file"), "").unwrap();
        assert_eq!(of(&run.join("file")), of(&run));
        for nowhere in [Some(Path::new("no-such-folder/run")), None] {
            let found = candidates(Some(set.clone()), nowhere);
            assert_eq!(found, [set.clone(), here.clone()]);
        }
        if cfg!(unix) {
            let unset = ["/var/tmp", "/tmp", "."].map(PathBuf::from);
            assert_eq!(candidates(None, None), unset);
        }
    }

    #[test]
    fn uses_the_first_directory_that_can_be_written() {
        let directories = || ["/a", "/b", "/c"].map(PathBuf::from).to_vec();
        let found = first_writable(directories(), |path| match path.to_str() {
            Some("/a") => Err(io::ErrorKind::ReadOnlyFilesystem.into()),
            _ => Ok(()),
        });
        assert_eq!(found.unwrap(), Path::new("/b"));
        let none = first_writable(directories(), |_| Err(io::ErrorKind::NotFound.into()));
        assert_messages!("no-temporary-directory", none.unwrap_err().to_string());
    }
}
