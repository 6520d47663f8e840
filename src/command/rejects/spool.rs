//! A temporary file with the rows of a list that can be read only once, until the end of the run
//! shows which of them are rejects.
//!
//! The file is anonymous, so it disappears with the process. Rows are stored as they would be
//! written, so passwords are already blank.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read, Seek as _, Write};
use std::sync::{Mutex, PoisonError};

use crate::rows::RawRow;
use crate::rows::rewrite::{LeftOut, Selected, Selection};
use crate::temporary;

// Tags of the stored rows.
const CELLS: u64 = 0;
const SECRET: u64 = 1;
const SWALLOWED: u64 = 2;
const VERBATIM: u64 = 3;

/// The thread that reads the list writes to the spool, and the one that writes reports reads it. At
/// that point the first may still be waiting for input.
pub(in crate::command) struct Spool {
    selection: Selection,
    state: Mutex<SpoolState>,
}

enum SpoolState {
    Empty,
    Writing(BufWriter<File>),
    Failed(io::Error),
    /// The rows have been taken. Later ones are ignored.
    Closed,
}

/// Reads the spooled rows in order.
pub(super) struct SpoolReader(Option<BufReader<File>>);

impl Spool {
    pub(super) fn new(selection: Selection) -> Self {
        Self {
            selection,
            state: Mutex::new(SpoolState::Empty),
        }
    }

    /// Appends a row. An error, such as a full disk, does not stop the run; [`Spool::rows`] returns
    /// it.
    pub(in crate::command) fn add(&self, row: &RawRow<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let SpoolState::Empty = *state {
            *state = match temporary::file() {
                Ok(file) => SpoolState::Writing(BufWriter::new(file)),
                Err(cause) => SpoolState::Failed(cause),
            };
        }
        if let SpoolState::Writing(file) = &mut *state
            && let Err(cause) = write_row(file, row.number, &self.selection.of(row))
        {
            *state = SpoolState::Failed(cause);
        }
    }

    /// Returns the rows added so far. Later rows are ignored.
    pub(super) fn rows(&self) -> io::Result<SpoolReader> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, SpoolState::Closed) {
            SpoolState::Writing(file) => {
                let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.rewind()?;
                Ok(SpoolReader(Some(BufReader::new(file))))
            }
            SpoolState::Failed(cause) => Err(cause),
            SpoolState::Empty | SpoolState::Closed => Ok(SpoolReader(None)),
        }
    }
}

impl SpoolReader {
    /// Returns a row, or `None` if it was not added. Rows must be requested in ascending order.
    pub(super) fn find(&mut self, row: u64) -> io::Result<Option<Selected>> {
        let Some(file) = &mut self.0 else {
            return Ok(None);
        };
        while !file.fill_buf()?.is_empty() {
            let row_number = read_number(file)?;
            let kind = read_number(file)?;
            let count = read_number(file)?;
            let selected = match kind {
                CELLS => {
                    let cells: io::Result<_> = (0..count).map(|_| read_text(file)).collect();
                    Selected::Cells(cells?)
                }
                VERBATIM => Selected::Verbatim(read_text(file)?),
                SECRET => Selected::LeftOut(LeftOut::Secret, cell_count(count)),
                _ => Selected::LeftOut(LeftOut::Swallowed, cell_count(count)),
            };
            if row_number == row {
                return Ok(Some(selected));
            }
        }
        Ok(None)
    }
}

fn read_number(file: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    file.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn read_text(file: &mut impl Read) -> io::Result<String> {
    let length = read_number(file)?;
    let mut text = String::new();
    file.take(length).read_to_string(&mut text)?;
    Ok(text)
}

fn write_row(file: &mut impl Write, row_number: u64, row: &Selected) -> io::Result<()> {
    let (kind, count, texts) = match row {
        Selected::Cells(cells) => (CELLS, cells.len(), cells.as_slice()),
        Selected::Verbatim(text) => (VERBATIM, 1, std::slice::from_ref(text)),
        Selected::LeftOut(LeftOut::Secret, cells) => (SECRET, *cells, &[][..]),
        Selected::LeftOut(LeftOut::Swallowed, cells) => (SWALLOWED, *cells, &[][..]),
    };
    for number in [row_number, kind, count as u64] {
        file.write_all(&number.to_le_bytes())?;
    }
    for text in texts {
        file.write_all(&(text.len() as u64).to_le_bytes())?;
        file.write_all(text.as_bytes())?;
    }
    Ok(())
}

fn cell_count(count: u64) -> usize {
    usize::try_from(count).unwrap_or_default()
}
