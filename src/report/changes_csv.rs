//! What is different between two runs, a line for each user, for people with spreadsheets. A cell is empty where a run does not know.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use super::csv_file::{self, CsvEncoding};
use super::results_csv::defused;
use super::whole_file::WholeFile;
use crate::ledger::comparison::{Field, Stood, UserChange};

/// The file, being written. It is there when it is whole; mode 0600.
pub struct ChangesCsv(csv::Writer<WholeFile>);

impl ChangesCsv {
    /// Begins it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn begin(path: &Path, encoding: CsvEncoding) -> io::Result<Self> {
        let mut csv = csv_file::begin(path, encoding)?;
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
    /// It cannot be written.
    pub fn line(&mut self, change: &UserChange<'_>) -> io::Result<()> {
        let (word, before, after, fields): (_, Option<&Stood>, Option<&Stood>, &[Field]) =
            match change {
                UserChange::New(after) => ("new", None, Some(after), &[]),
                UserChange::Vanished(before) => ("vanished", Some(before), None, &[]),
                UserChange::Changed {
                    before,
                    after,
                    fields,
                } => ("changed", Some(before), Some(after), fields),
            };
        let username = after.or(before).map(|stood| stood.username.as_str());
        let row = |stood: Option<&Stood>| {
            Cow::Owned(stood.map_or_else(String::new, |stood| stood.row.to_string()))
        };
        let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
        for cell in [
            word.into(),
            defused(username),
            row(before),
            row(after),
            names.join(" ").into(),
        ] {
            self.0.write_field(cell.as_bytes())?;
        }
        for field in Field::ALL {
            for stood in [before, after] {
                let cell = defused(stood.and_then(|stood| stood.field(field)));
                self.0.write_field(cell.as_bytes())?;
            }
        }
        self.0.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Puts the file in its place, over an older one.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> io::Result<()> {
        csv_file::finish(self.0)
    }
}
