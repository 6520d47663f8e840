//! Writes `rejects.csv` at the end of a run. The ledger stores no cells, so the rejected rows are
//! copied from the list, which is read again. A list that can be read only once is buffered in a
//! [`spool`] during the run.

mod spool;

use std::path::PathBuf;
use std::sync::Arc;

use super::CommandError;
use super::list::{List, ReopenableList, Unopened};
use crate::hints::Hint;
use crate::ledger::{LedgerError, LedgerReader, RunPath};
use crate::report::{CsvEncoding, RejectsFile, RejectsIndexError, reasons_of};
use crate::rows::rewrite::{LeftOut, Rewriter, Secrets, Selected, Selection};
use crate::rows::{Header, ResolvedDialect, RowsError};
use crate::source::SourceError;
pub(super) use spool::Spool;

/// Writes `rejects.csv` when the run has ended.
pub(super) struct Rejects {
    dialect: ResolvedDialect,
    header: Header,
    selection: Selection,
    origin: RowOrigin,
    with_passwords: bool,
    encoding: CsvEncoding,
}

/// The source of the rows.
enum RowOrigin {
    /// The list, and its fingerprint at the start of the run.
    List(Box<ReopenableList>, Option<String>),
    Spool(Arc<Spool>),
}

/// The result of writing `rejects.csv`.
pub(super) struct RejectsReport {
    /// The file, or `None` if no row was rejected.
    pub(super) written: Result<Option<RejectsWritten>, RejectsError>,
    /// The new path of an edited file that an earlier session had written.
    pub(super) edited: Option<PathBuf>,
}

/// A `rejects.csv` that was written.
#[derive(Debug)]
pub(super) struct RejectsWritten {
    pub(super) path: PathBuf,
    pub(super) rows: u64,
    pub(super) with_passwords: bool,
}

/// An error that keeps the file from being written. It does not fail the run: the results have
/// every row.
#[derive(Debug, thiserror::Error)]
pub(super) enum RejectsError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The list cannot be opened again.
    #[error(transparent)]
    Unopened(#[from] Unopened),
    /// The list cannot be read again.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// The list cannot be fingerprinted again.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The list differs from the one that the run read.
    #[error("{0} has changed since the run began, so its rows cannot be copied")]
    Changed(String),
    /// The file cannot be written.
    #[error("{path}: cannot be written: {cause}", path = .0.display(), cause = .1)]
    Write(PathBuf, std::io::Error),
    /// The file may have been edited, and cannot be kept.
    #[error("{path}: may have been edited, and cannot be read and renamed: {cause}", path = .0.display(), cause = .1)]
    Edited(PathBuf, std::io::Error),
    /// This session did not read as far as an earlier one.
    #[error("the list was not read up to row {0}, which an earlier session rejected")]
    NotReached(u64),
    /// The file of a part cannot be read.
    #[error(transparent)]
    Part(#[from] RejectsIndexError),
    /// The file of all parts cannot be written.
    #[error("{0}; a rejects.csv of an earlier merge stays as it is")]
    NotMerged(Box<Self>),
    /// The spool cannot be written or read.
    #[error("rows could not be buffered in a temporary file while the list was read: {0}")]
    Spool(std::io::Error),
}

impl Hint for RejectsError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Ledger(error) => return error.hint(),
            Self::Unopened(error) => return error.hint(),
            Self::Rows(error) => return error.hint(),
            Self::Source(error) => return error.hint(),
            Self::Part(error) => return error.hint(),
            Self::NotMerged(error) => return error.hint(),
            Self::Changed(_) => "results.csv has the outcome of each row".to_owned(),
            Self::NotReached(_) => {
                "run the same command again: it writes the file when it has read the whole list"
                    .to_owned()
            }
            Self::Spool(_) => "free up disk space, or set TMPDIR to another directory".to_owned(),
            Self::Edited(..) => {
                "move the file out of the run directory, then run the same command again".to_owned()
            }
            Self::Write(..) => return None,
        })
    }
}

impl RejectsReport {
    /// Finishes a new file. If no row was rejected, removes that of an earlier session. Keeps an
    /// edited one under another name.
    pub(super) fn of_new_file(
        new: Result<Option<(RejectsFile, RejectsWritten)>, RejectsError>,
        run_directory: &RunPath,
    ) -> Self {
        let file = new.as_ref().ok().and_then(Option::as_ref);
        match RejectsFile::keep_edited(run_directory, file.map(|(file, _)| file)) {
            Ok(edited) => Self {
                written: replace(new, run_directory),
                edited,
            },
            Err(cause) => {
                let path = RejectsFile::path(run_directory).shown().to_owned();
                Self {
                    written: Err(RejectsError::Edited(path, cause)),
                    edited: None,
                }
            }
        }
    }

    /// The same for the file of all parts. If it cannot be written, that of an earlier merge stays.
    pub(super) fn of_merged_file(
        new: Result<Option<(RejectsFile, RejectsWritten)>, RejectsError>,
        run_directory: &RunPath,
    ) -> Self {
        match new {
            Ok(_) => Self::of_new_file(new, run_directory),
            Err(error) => Self {
                written: Err(RejectsError::NotMerged(Box::new(error))),
                edited: None,
            },
        }
    }
}

fn replace(
    new: Result<Option<(RejectsFile, RejectsWritten)>, RejectsError>,
    run_directory: &RunPath,
) -> Result<Option<RejectsWritten>, RejectsError> {
    let path = RejectsFile::path(run_directory).shown().to_owned();
    let failed = |cause| RejectsError::Write(path.clone(), cause);
    match new {
        Ok(Some((file, written))) => {
            file.finish().map_err(failed)?;
            Ok(Some(written))
        }
        Ok(None) | Err(_) => {
            RejectsFile::remove(run_directory).map_err(failed)?;
            new.map(|_| None)
        }
    }
}

impl Rejects {
    /// Prepares the rejects of a list.
    ///
    /// # Errors
    /// Passwords are requested from a list that can be read only once, so they would have to be
    /// spooled to disk.
    pub(super) fn of(
        list: &List,
        fingerprint: Option<String>,
        with_passwords: bool,
        encoding: CsvEncoding,
    ) -> Result<Self, CommandError> {
        let header = list.rows.header().clone();
        let secrets = if with_passwords {
            Secrets::Written
        } else {
            Secrets::Blank(list.mapping.secrets().to_vec())
        };
        let selection = Selection::new(&header, secrets);
        let origin = match list.reopenable() {
            Some(list) => RowOrigin::List(Box::new(list), fingerprint),
            None if with_passwords => {
                return Err(CommandError::refusal(
                    format_args!(
                        "--rejects-with-passwords: {} can be read only once, so its passwords \
                         would have to be stored on disk until the run ends",
                        list.source.name()
                    ),
                    "save the list to a file, or leave the flag out",
                ));
            }
            None => RowOrigin::Spool(Arc::new(Spool::new(selection.clone()))),
        };
        Ok(Self {
            dialect: list.rows.dialect().clone(),
            header,
            selection,
            origin,
            with_passwords,
            encoding,
        })
    }

    /// Returns the spool that the run fills, or `None` if the list can be read again.
    pub(super) fn spool(&self) -> Option<Arc<Spool>> {
        match &self.origin {
            RowOrigin::List(..) => None,
            RowOrigin::Spool(spool) => Some(Arc::clone(spool)),
        }
    }

    /// Writes the file. Replaces or removes the file of an earlier session, and keeps it under
    /// another name if it was edited.
    pub(super) fn write(self, reader: &LedgerReader, run_directory: &RunPath) -> RejectsReport {
        RejectsReport::of_new_file(self.new_file(reader, run_directory), run_directory)
    }

    /// Returns the unfinished file and the number of its rows, or `None` if no row was rejected.
    fn new_file(
        &self,
        reader: &LedgerReader,
        run_directory: &RunPath,
    ) -> Result<Option<(RejectsFile, RejectsWritten)>, RejectsError> {
        let count = reader.rejects()?;
        if count == 0 {
            return Ok(None);
        }
        let path = RejectsFile::path(run_directory);
        let write_error = |cause| RejectsError::Write(path.shown().to_owned(), cause);
        let file = RejectsFile::create(run_directory, self.with_passwords).map_err(write_error)?;
        let with_mark = self.encoding == CsvEncoding::Utf8WithMark;
        let mut rewriter =
            Rewriter::begin(file, &self.dialect, &self.header, with_mark).map_err(write_error)?;
        rewriter.output().end_row(0).map_err(write_error)?;
        let mut rows = self.rows()?;
        reader.each_reject(|row| {
            let selected = rows.find(row.row)?;
            let line = row.line;
            let note = match selected {
                Selected::Cells(_) | Selected::Verbatim(_) => String::new(),
                Selected::LeftOut(LeftOut::Secret, _) => format!(
                    " (cells left out because any of them may be the password: see line {line} of \
                     the list)"
                ),
                Selected::LeftOut(LeftOut::Swallowed, _) => format!(
                    " (cells left out because they contain other rows: see line {line} of the list)"
                ),
            };
            let reasons = reasons_of(row, &note);
            rewriter
                .row(&selected, &reasons.each_ref().map(AsRef::as_ref))
                .and_then(|()| rewriter.output().end_row(row.row))
                .map_err(write_error)
        })?;
        if let RowOrigin::List(list, Some(fingerprint)) = &self.origin
            && list.source.fingerprint()?.as_ref() != Some(fingerprint)
        {
            return Err(RejectsError::Changed(list.source.name()));
        }
        let written = RejectsWritten {
            path: path.shown().to_owned(),
            rows: count,
            with_passwords: self.with_passwords,
        };
        Ok(Some((rewriter.finish(), written)))
    }

    fn rows(&self) -> Result<RejectRows<'_>, RejectsError> {
        match &self.origin {
            RowOrigin::List(list, _) => Ok(RejectRows::List {
                name: list.source.name(),
                rows: Box::new(list.rows()?),
                selection: &self.selection,
            }),
            RowOrigin::Spool(spool) => spool
                .rows()
                .map(RejectRows::Spool)
                .map_err(RejectsError::Spool),
        }
    }
}

/// The rows of the list, searched in the order of the ledger.
enum RejectRows<'a> {
    List {
        name: String,
        rows: Box<crate::rows::Rows>,
        selection: &'a Selection,
    },
    Spool(spool::SpoolReader),
}

impl RejectRows<'_> {
    /// Returns the cells to write for a row. Rows must be requested in ascending order.
    fn find(&mut self, number: u64) -> Result<Selected, RejectsError> {
        match self {
            Self::List {
                name,
                rows,
                selection,
            } => {
                while let Some(row) = rows.next_row()? {
                    if row.number == number {
                        return Ok(selection.of(&row));
                    }
                }
                Err(RejectsError::Changed(name.clone()))
            }
            Self::Spool(rows) => rows
                .find(number)
                .map_err(RejectsError::Spool)?
                .ok_or(RejectsError::NotReached(number)),
        }
    }
}
