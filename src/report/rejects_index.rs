//! The index of a part's `rejects.csv`: where each row ends. With it, the files of all parts are
//! merged without parsing broken rows.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use super::atomic_file::AtomicFile;
use super::rejects_csv::{FILE, checksum_of};
use crate::hints::Hint;
use crate::ledger::RunPath;

/// The first line says whether the file has passwords, and the last one is its checksum. Between
/// them is a line for each row, with its number and the offset of its end. Row 0 is the header.
pub(super) const INDEX_FILE: &str = "rejects.index";

const WITH_PASSWORDS: &str = "with passwords";

/// The index of a file that is being written.
pub(super) struct RejectsIndex(AtomicFile);

impl RejectsIndex {
    pub(super) fn create(run_directory: &RunPath, with_passwords: bool) -> io::Result<Self> {
        let mut file = AtomicFile::create(&run_directory.join(INDEX_FILE))?;
        let first_line = if with_passwords {
            WITH_PASSWORDS
        } else {
            "without passwords"
        };
        writeln!(file, "{first_line}")?;
        Ok(Self(file))
    }

    pub(super) fn add(&mut self, row: u64, end: u64) -> io::Result<()> {
        writeln!(self.0, "{row} {end}")
    }

    pub(super) fn finish(mut self, checksum: &str) -> io::Result<()> {
        self.0.write_all(checksum.as_bytes())?;
        self.0.finish()
    }
}

/// The `rejects.csv` of a part, read row by row.
pub struct IndexedRejects {
    shown: PathBuf,
    file: BufReader<File>,
    index: BufReader<File>,
    with_passwords: bool,
    read: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum RejectsIndexError {
    #[error("{path}: cannot be read: {cause}")]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error("{0}: was edited, or is not the file of the part's last session")]
    Changed(PathBuf),
    #[error("{path}: row {row} is missing")]
    Missing { path: PathBuf, row: u64 },
}

impl Hint for RejectsIndexError {
    fn hint(&self) -> Option<String> {
        Some("run the import of that part again, which writes the file again".to_owned())
    }
}

impl IndexedRejects {
    /// Opens the file of a part, and checks that it is unchanged.
    ///
    /// # Errors
    /// The file or its index cannot be read, or the file was edited.
    pub fn open(part_directory: &RunPath) -> Result<Self, RejectsIndexError> {
        let path = part_directory.join(FILE);
        let index_path = part_directory.join(INDEX_FILE);
        let unreadable = |path: &RunPath| {
            let path = path.shown().to_owned();
            move |cause| RejectsIndexError::Unreadable { path, cause }
        };
        let open = |path: &RunPath| {
            let file = File::open(path).map_err(unreadable(path));
            file.map(BufReader::new)
        };
        let checksum = checksum_of(&path).map_err(unreadable(&path))?;
        let mut index = open(&index_path)?;
        let mut first_line = String::new();
        let last_line = index
            .read_line(&mut first_line)
            .and_then(|_| index.by_ref().lines().last().transpose())
            .map_err(unreadable(&index_path))?;
        if last_line.as_deref() != Some(checksum.trim_end()) {
            return Err(RejectsIndexError::Changed(path.shown().to_owned()));
        }
        let second_line = SeekFrom::Start(first_line.len() as u64);
        index.seek(second_line).map_err(unreadable(&index_path))?;
        Ok(Self {
            file: open(&path)?,
            shown: path.shown().to_owned(),
            index,
            with_passwords: first_line.trim_end() == WITH_PASSWORDS,
            read: 0,
        })
    }

    #[must_use]
    pub fn with_passwords(&self) -> bool {
        self.with_passwords
    }

    /// Returns the bytes of the next row, which must be this one. 0 is the header.
    ///
    /// # Errors
    /// The next row is another one, or the file cannot be read.
    pub fn next(&mut self, row: u64) -> Result<Vec<u8>, RejectsIndexError> {
        let unreadable = |cause| RejectsIndexError::Unreadable {
            path: self.shown.clone(),
            cause,
        };
        let mut line = String::new();
        self.index.read_line(&mut line).map_err(unreadable)?;
        let numbers = line.trim_end().split_once(' ');
        let numbers = numbers.and_then(|(row, end)| Some((row.parse().ok()?, end.parse().ok()?)));
        let end = numbers.filter(|(found, _): &(u64, u64)| *found == row);
        let Some((_, end)) = end else {
            return Err(RejectsIndexError::Missing {
                path: self.shown.clone(),
                row,
            });
        };
        let length = end.saturating_sub(self.read);
        let mut bytes = Vec::new();
        let mut rest = self.file.by_ref().take(length);
        rest.read_to_end(&mut bytes).map_err(unreadable)?;
        self.read = end;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::path::Path;

    use super::{IndexedRejects, RejectsIndexError};
    use crate::ledger::RunPath;
    use crate::part::Part;
    use crate::report::RejectsFile;

    fn written(folder: &Path) -> RunPath {
        let run = RunPath::from(folder);
        let part = run.part_directory(Part::parse("0/2").unwrap());
        fs::create_dir_all(&part).unwrap();
        let mut file = RejectsFile::create(&part, true).unwrap();
        for (row, text) in [(0, "a,b\n"), (3, "\"broken\n,\n"), (70, "x,y\n")] {
            file.write_all(text.as_bytes()).unwrap();
            file.end_row(row).unwrap();
        }
        file.finish().unwrap();
        part
    }

    #[test]
    fn yields_the_bytes_of_each_row() {
        let folder = tempfile::tempdir().unwrap();
        let mut rejects = IndexedRejects::open(&written(folder.path())).unwrap();
        assert!(rejects.with_passwords());
        assert_eq!(rejects.next(0).unwrap(), b"a,b\n");
        assert_eq!(rejects.next(3).unwrap(), b"\"broken\n,\n");
        let missing = rejects.next(4).unwrap_err();
        assert!(matches!(missing, RejectsIndexError::Missing { row: 4, .. }));
    }

    #[test]
    fn an_edited_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let part = written(folder.path());
        let path = RejectsFile::path(&part);
        fs::write(&path, fs::read_to_string(&path).unwrap().replace('x', "z")).unwrap();
        let changed = IndexedRejects::open(&part).map(drop).unwrap_err();
        assert!(matches!(changed, RejectsIndexError::Changed(_)));
    }
}
