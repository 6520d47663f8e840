//! Rows of a list that can be read only once, put aside until the run has ended and it is known which of them did not make it.
//!
//! They lie in a temporary file without a name, which is gone with the process, as they would be written: the cells of passwords are
//! blank before they get there. Memory stays flat.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read, Seek as _, Write};
use std::sync::{Mutex, PoisonError};

use crate::rows::RawRow;
use crate::rows::rewrite::{LeftOut, Selected, Selection};

/// How a row was put aside.
const CELLS: u64 = 0;
const SECRET: u64 = 1;
const SWALLOWED: u64 = 2;
const VERBATIM: u64 = 3;

/// See the module's words. The thread that reads the list fills it, the one that writes reports empties it: the first may still wait for
/// rows that never come.
pub(in crate::command) struct Spool {
    selection: Selection,
    file: Mutex<Filling>,
}

enum Filling {
    /// Nothing was put aside yet.
    Empty,
    At(BufWriter<File>),
    /// There was no room.
    Failed(io::Error),
    /// It is being emptied: what comes now is of no use to anybody.
    Over,
}

/// Rows that were put aside, in their order.
pub(super) struct PutAside(Option<BufReader<File>>);

impl Spool {
    pub(super) fn new(selection: Selection) -> Self {
        Self {
            selection,
            file: Mutex::new(Filling::Empty),
        }
    }

    /// Puts a row aside. A run does not end for want of room: it is said when rows are wanted.
    pub(in crate::command) fn add(&self, row: &RawRow<'_>) {
        let mut filling = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Filling::Empty = *filling {
            *filling = match tempfile::tempfile() {
                Ok(file) => Filling::At(BufWriter::new(file)),
                Err(cause) => Filling::Failed(cause),
            };
        }
        if let Filling::At(file) = &mut *filling
            && let Err(cause) = put(file, row.number, &self.selection.of(row))
        {
            *filling = Filling::Failed(cause);
        }
    }

    /// Everything that was put aside. Nothing can be added any more.
    pub(super) fn rows(&self) -> io::Result<PutAside> {
        let mut filling = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *filling, Filling::Over) {
            Filling::At(file) => {
                let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.rewind()?;
                Ok(PutAside(Some(BufReader::new(file))))
            }
            Filling::Failed(cause) => Err(cause),
            Filling::Empty | Filling::Over => Ok(PutAside(None)),
        }
    }
}

impl PutAside {
    /// What is written of this row; none where it was not put aside. Rows have to be asked for in the list's order.
    pub(super) fn find(&mut self, row: u64) -> io::Result<Option<Selected>> {
        let Some(from) = &mut self.0 else {
            return Ok(None);
        };
        while !from.fill_buf()?.is_empty() {
            let found = number(from)?;
            let kind = number(from)?;
            let count = number(from)?;
            let selected = match kind {
                CELLS => {
                    let cells: io::Result<_> = (0..count).map(|_| text(from)).collect();
                    Selected::Cells(cells?)
                }
                VERBATIM => Selected::Verbatim(text(from)?),
                SECRET => Selected::LeftOut(LeftOut::Secret, cells_of(count)),
                _ => Selected::LeftOut(LeftOut::Swallowed, cells_of(count)),
            };
            if found == row {
                return Ok(Some(selected));
            }
        }
        Ok(None)
    }
}

fn number(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn text(from: &mut impl Read) -> io::Result<String> {
    let length = number(from)?;
    let mut text = String::new();
    from.take(length).read_to_string(&mut text)?;
    Ok(text)
}

fn put(to: &mut impl Write, row_number: u64, row: &Selected) -> io::Result<()> {
    let (kind, count, texts) = match row {
        Selected::Cells(cells) => (CELLS, cells.len(), cells.as_slice()),
        Selected::Verbatim(text) => (VERBATIM, 1, std::slice::from_ref(text)),
        Selected::LeftOut(LeftOut::Secret, cells) => (SECRET, *cells, &[][..]),
        Selected::LeftOut(LeftOut::Swallowed, cells) => (SWALLOWED, *cells, &[][..]),
    };
    for number in [row_number, kind, count as u64] {
        to.write_all(&number.to_le_bytes())?;
    }
    for text in texts {
        to.write_all(&(text.len() as u64).to_le_bytes())?;
        to.write_all(text.as_bytes())?;
    }
    Ok(())
}

fn cells_of(count: u64) -> usize {
    usize::try_from(count).unwrap_or_default()
}
