//! `rejects.csv`: rows that were not imported, to be corrected and imported again. The caller
//! writes the rows of the list; this module provides the file and the reasons.
//!
//! The SHA-256 of the file is stored next to it, so that a later session of the run recognizes a
//! file that was edited in place, and keeps it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::atomic_file::AtomicFile;
use super::csv_file::safe_cell;
use super::rejects_index::{INDEX_FILE, RejectsIndex};
use crate::ledger::RunPath;
use crate::outcome::RowResult;

/// The name of the file in the run directory.
pub(super) const FILE: &str = "rejects.csv";

/// The checksum of the file, as `sha256sum` writes it.
const CHECKSUM_FILE: &str = "rejects.csv.sha256";

/// The code of a row with the username of an earlier row, as in `findings.csv`.
const DUPLICATE: &str = "username.duplicate";

/// The file, which appears when it is finished. Its mode is 0600.
pub struct RejectsFile {
    run_directory: RunPath,
    file: AtomicFile,
    hash: Sha256,
    /// Where each row ends, if the run has parts.
    index: Option<RejectsIndex>,
    written: u64,
}

impl RejectsFile {
    /// Returns the path of the file.
    #[must_use]
    pub fn path(run_directory: &RunPath) -> RunPath {
        run_directory.join(FILE)
    }

    /// Creates the file.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(run_directory: &RunPath, with_passwords: bool) -> io::Result<Self> {
        Ok(Self {
            run_directory: run_directory.clone(),
            file: AtomicFile::create(&Self::path(run_directory))?,
            hash: Sha256::new(),
            index: match run_directory.part() {
                Some(_) => Some(RejectsIndex::create(run_directory, with_passwords)?),
                None => None,
            },
            written: 0,
        })
    }

    /// Records that a row of the list ends here. Row 0 is the header.
    ///
    /// # Errors
    /// The index cannot be written.
    pub fn end_row(&mut self, row: u64) -> io::Result<()> {
        match &mut self.index {
            Some(index) => index.add(row, self.written),
            None => Ok(()),
        }
    }

    /// Finishes the file, replacing that of an earlier session.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(self) -> io::Result<()> {
        let checksum = checksum_line(self.hash);
        self.file.finish()?;
        if let Some(index) = self.index {
            index.finish(&checksum)?;
        }
        // If the process is killed here, the next session keeps the file as if it was edited.
        let mut file = AtomicFile::create(&self.run_directory.join(CHECKSUM_FILE))?;
        file.write_all(checksum.as_bytes())?;
        file.finish()
    }

    /// Removes the outdated file of an earlier session.
    ///
    /// # Errors
    /// The file exists and cannot be removed.
    pub fn remove(run_directory: &RunPath) -> io::Result<()> {
        for name in [FILE, CHECKSUM_FILE, INDEX_FILE] {
            match fs::remove_file(run_directory.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// Renames the file of an earlier session to `rejects-edited-N.csv` if it was edited, and
    /// returns the new path. A file with the content of the new one is not kept. The mode becomes
    /// 0600, because corrected rows contain passwords.
    ///
    /// # Errors
    /// The file cannot be read or renamed. It stays as it is.
    pub fn keep_edited(run_directory: &RunPath, new: Option<&Self>) -> io::Result<Option<PathBuf>> {
        let path = Self::path(run_directory);
        match path.symlink_metadata() {
            Ok(about) if about.is_file() && about.len() > 0 => {}
            // Replacing a link does not change the file that it points to.
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
        let found = checksum_of(&path)?;
        let is_known = |known: String| known == found;
        let stored = fs::read_to_string(run_directory.join(CHECKSUM_FILE));
        if stored.is_ok_and(is_known)
            || new.is_some_and(|new| is_known(checksum_line(new.hash.clone())))
        {
            return Ok(None);
        }
        let free = (1_u64..)
            .map(|number| run_directory.join(&format!("rejects-edited-{number}.csv")))
            .find(|path| path.symlink_metadata().is_err());
        let Some(kept) = free else {
            return Err(io::ErrorKind::AlreadyExists.into());
        };
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        fs::rename(&path, &kept)?;
        Ok(Some(kept.shown().to_owned()))
    }
}

impl Write for RejectsFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

pub(super) fn checksum_of(path: &Path) -> io::Result<String> {
    let mut file = BufReader::new(fs::File::open(path)?);
    let mut hash = Sha256::new();
    loop {
        let block = file.fill_buf()?;
        if block.is_empty() {
            return Ok(checksum_line(hash));
        }
        hash.update(block);
        let read = block.len();
        file.consume(read);
    }
}

/// Returns the line of `sha256sum`.
fn checksum_line(hash: Sha256) -> String {
    let mut line = String::new();
    for byte in hash.finalize() {
        let _ = write!(line, "{byte:02x}");
    }
    format!("{line}  {FILE}\n")
}

/// Returns the cells that explain why a row was not imported: outcome, code, message, row and line.
/// They are safe for spreadsheets. `suffix` is appended to the message.
#[must_use]
pub fn reasons_of<'r>(row: &'r RowResult, suffix: &'r str) -> [Cow<'r, str>; 5] {
    let outcome = &row.outcome;
    let (code, message) = match outcome.same_as_row {
        Some(earlier) => (
            Cow::Borrowed(DUPLICATE),
            Cow::Owned(format!("row {earlier} already has this username")),
        ),
        None => (
            safe_cell(outcome.error_code.as_deref()),
            safe_cell(outcome.error_message.as_deref()),
        ),
    };
    [
        outcome.outcome.name().into(),
        code,
        message + suffix,
        row.row.to_string().into(),
        row.line.to_string().into(),
    ]
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::RejectsFile;
    use crate::ledger::RunPath;

    #[test]
    fn an_edited_file_that_cannot_be_renamed_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mut directory = folder.path().to_owned();
        // The longest path on Linux has 4,095 bytes, so the new name is too long.
        while directory.as_os_str().len() < 4_080 {
            let left = 4_080 - directory.as_os_str().len() - 1;
            directory.push("d".repeat(if left > 250 { 200 } else { left }));
        }
        fs::create_dir_all(&directory).unwrap();
        let run_directory = RunPath::from(&directory);
        fs::write(RejectsFile::path(&run_directory), "edited").unwrap();
        RejectsFile::keep_edited(&run_directory, None).unwrap_err();
        let stays = fs::read_to_string(RejectsFile::path(&run_directory));
        assert_eq!(stays.unwrap(), "edited");
    }
}
