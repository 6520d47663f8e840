//! `compare --csv`: a line for each user whose result differs between two runs. Unknown values are
//! empty cells.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use super::atomic_file::AtomicFile;
use super::csv_file::{self, CsvEncoding, safe_cell};
use crate::ledger::comparison::{Field, UserChange, UserSnapshot};

/// The file, which appears when it is finished. Its mode is 0600.
pub struct ChangesCsv(csv::Writer<AtomicFile>);

impl ChangesCsv {
    /// Creates the file.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(path: &Path, encoding: CsvEncoding) -> io::Result<Self> {
        let mut csv = csv_file::create(path, encoding)?;
        for column in ["change", "username", "row_before", "row_after", "changed"] {
            csv.write_field(column)?;
        }
        for field in Field::ALL {
            for when in ["before", "after"] {
                csv.write_field(format!("{}_{when}", field.name()))?;
            }
        }
        csv.write_record(None::<&[u8]>)?;
        Ok(Self(csv))
    }

    /// Writes a line.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn line(&mut self, change: &UserChange<'_>) -> io::Result<()> {
        let (kind, before, after, fields): (
            _,
            Option<&UserSnapshot>,
            Option<&UserSnapshot>,
            &[Field],
        ) = match change {
            UserChange::New(after) => ("new", None, Some(after), &[]),
            UserChange::Vanished(before) => ("vanished", Some(before), None, &[]),
            UserChange::Changed {
                before,
                after,
                fields,
            } => ("changed", Some(before), Some(after), fields),
        };
        let username = after.or(before).map(|user| user.username.as_str());
        let row = |user: Option<&UserSnapshot>| {
            Cow::Owned(user.map_or_else(String::new, |user| user.row.to_string()))
        };
        let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
        for cell in [
            kind.into(),
            safe_cell(username),
            row(before),
            row(after),
            names.join(" ").into(),
        ] {
            self.0.write_field(cell.as_bytes())?;
        }
        for field in Field::ALL {
            for user in [before, after] {
                let cell = safe_cell(user.and_then(|user| user.field(field)));
                self.0.write_field(cell.as_bytes())?;
            }
        }
        self.0.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Finishes the file, replacing an older one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(self) -> io::Result<()> {
        csv_file::finish(self.0)
    }
}
