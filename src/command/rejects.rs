//! `rejects.csv`: at the end of a run, the rows that did not make it are taken from the list, in step with the ledger, which keeps no
//! cells. A list that can be read again is, and only where there is a reject; what of another one may be needed is put aside while the run
//! reads it: see [`spool`].

mod spool;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::CommandError;
use super::list::{List, ReopenableList, Unopened};
use crate::hints::Hint;
use crate::ledger::{LedgerError, LedgerReader};
use crate::report::{CsvEncoding, RejectsFile, reasons_of};
use crate::rows::rewrite::{LeftOut, Rewriter, Secrets, Selected, Selection};
use crate::rows::{Header, ResolvedDialect, RowsError};
use crate::source::SourceError;
pub(super) use spool::Spool;

/// What is needed to write the file when the run has ended.
pub(super) struct Rejects {
    reading: ResolvedDialect,
    header: Header,
    selection: Selection,
    from: RowOrigin,
    /// Passwords are written as well.
    with_passwords: bool,
    encoding: CsvEncoding,
}

/// Where the rows come from.
enum RowOrigin {
    /// The list once more, and the fingerprint that it had.
    List(ReopenableList, Option<String>),
    /// What was put aside.
    Spool(Arc<Spool>),
}

/// What was written.
#[derive(Debug)]
pub(super) struct RejectsWritten {
    pub(super) path: PathBuf,
    pub(super) rows: u64,
    pub(super) with_passwords: bool,
}

/// Why the file could not be written. The run is not the worse for it: the results have every row.
#[derive(Debug, thiserror::Error)]
pub(super) enum RejectsError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The list cannot be opened once more.
    #[error(transparent)]
    Unopened(#[from] Unopened),
    /// The list cannot be read to its end once more.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// The list cannot be fingerprinted once more.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It is not the list that the run read.
    #[error("{0} has changed since the run began, so rows cannot be taken from it")]
    Changed(String),
    /// The file cannot be written.
    #[error("{path}: cannot be written: {cause}", path = .0.display(), cause = .1)]
    Write(PathBuf, std::io::Error),
    /// It was not read as far as at an earlier time.
    #[error("the list was not read to row {0}, which did not make it at an earlier time")]
    Unread(u64),
    /// What was put aside cannot be used.
    #[error("rows could not be put aside in a temporary file while the list was read: {0}")]
    Spool(std::io::Error),
}

impl Hint for RejectsError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Ledger(error) => return error.hint(),
            Self::Unopened(error) => return error.hint(),
            Self::Rows(error) => return error.hint(),
            Self::Source(error) => return error.hint(),
            Self::Changed(..) => "results.csv has the outcome of each row".to_owned(),
            Self::Unread(..) => {
                "once the same command reads it to its end, the file is written".to_owned()
            }
            Self::Spool(..) => "make room there, or name another folder in TMPDIR".to_owned(),
            Self::Write(..) => return None,
        })
    }
}

impl Rejects {
    /// Of this list. Passwords are written only where the list can be read again: they would have to be put aside on the disk otherwise.
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
        let from = match list.again() {
            Some(again) => RowOrigin::List(again, fingerprint),
            None if with_passwords => {
                return Err(CommandError::refusal(
                    format_args!(
                        "--rejects-with-passwords: {} can be read only once, so its rows would have to lie on the disk with their passwords until the run ends",
                        list.source.name()
                    ),
                    "put the list into a file, or leave the flag out",
                ));
            }
            None => RowOrigin::Spool(Arc::new(Spool::new(selection.clone()))),
        };
        Ok(Self {
            reading: list.rows.reading().clone(),
            header,
            selection,
            from,
            with_passwords,
            encoding,
        })
    }

    /// Where rows are put aside while the run reads them; none where the list can be read again.
    pub(super) fn spool(&self) -> Option<Arc<Spool>> {
        match &self.from {
            RowOrigin::List(..) => None,
            RowOrigin::Spool(spool) => Some(Arc::clone(spool)),
        }
    }

    /// Writes the file; none where there is nothing to write. One of an earlier session is gone afterwards in any case.
    pub(super) fn write(
        self,
        reader: &LedgerReader,
        run_directory: &Path,
    ) -> Result<Option<RejectsWritten>, RejectsError> {
        let path = RejectsFile::path(run_directory);
        let rows = reader.rejects()?;
        let written = if rows == 0 {
            Ok(())
        } else {
            self.write_rows(run_directory, reader)
        };
        if rows == 0 || written.is_err() {
            RejectsFile::remove(run_directory)
                .map_err(|cause| RejectsError::Write(path.clone(), cause))?;
        }
        written?;
        Ok((rows > 0).then_some(RejectsWritten {
            path,
            rows,
            with_passwords: self.with_passwords,
        }))
    }

    fn write_rows(&self, run_directory: &Path, reader: &LedgerReader) -> Result<(), RejectsError> {
        let unwritten = |cause| RejectsError::Write(RejectsFile::path(run_directory), cause);
        let file = RejectsFile::begin(run_directory).map_err(unwritten)?;
        let with_mark = self.encoding == CsvEncoding::Utf8WithMark;
        let mut to =
            Rewriter::begin(file, &self.reading, &self.header, with_mark).map_err(unwritten)?;
        let mut rows = self.rows()?;
        reader.each_reject(|row| {
            let selected = rows.find(row.row)?;
            let line = row.line;
            let and = match selected {
                Selected::Cells(_) | Selected::Verbatim(_) => String::new(),
                Selected::LeftOut(LeftOut::Secret, _) => format!(
                    " (its cells are left out here, for the password may stand in any of them: see line {line} of the list)"
                ),
                Selected::LeftOut(LeftOut::Swallowed, _) => format!(
                    " (its cells are left out here, for they hold other rows: see line {line} of the list)"
                ),
            };
            let reasons = reasons_of(row, &and);
            to.row(&selected, &std::array::from_fn(|at| reasons.get(at).map_or("", |reason| reason)))
                .map_err(unwritten)
        })?;
        if let RowOrigin::List(again, Some(fingerprint)) = &self.from
            && again.source.fingerprint()?.as_ref() != Some(fingerprint)
        {
            return Err(RejectsError::Changed(again.source.name()));
        }
        RejectsFile::finish(to.finish()).map_err(unwritten)
    }

    fn rows(&self) -> Result<InStep<'_>, RejectsError> {
        match &self.from {
            RowOrigin::List(again, _) => Ok(InStep::List {
                name: again.source.name(),
                rows: Box::new(again.rows()?),
                selection: &self.selection,
            }),
            RowOrigin::Spool(spool) => spool.rows().map(InStep::Spool).map_err(RejectsError::Spool),
        }
    }
}

/// Rows of the list, in step with the ledger.
enum InStep<'a> {
    List {
        name: String,
        rows: Box<crate::rows::Rows>,
        selection: &'a Selection,
    },
    Spool(spool::PutAside),
}

impl InStep<'_> {
    /// What is written of this row. Rows have to be asked for in the list's order.
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
                .ok_or(RejectsError::Unread(number)),
        }
    }
}
