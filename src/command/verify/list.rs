//! The list of the run, whose attributes are compared with the pool.

use std::path::Path;

use crate::cli::Printer;
use crate::cli::settings::{ListSettings, PoolRulesSource, VerifySettings};
use crate::command::CommandError;
use crate::command::list::{List, ReopenableList, Unopened};
use crate::hints::Hint;
use crate::ledger::{LedgerError, LedgerReader};
use crate::mapping::Mapping;
use crate::outcome::RowResult;
use crate::report::ReportError;
use crate::rows::{Rows, RowsError};
use crate::user::{NewUser, Row};

/// The list of the run at its first row.
pub(super) struct ComparedList {
    /// `None` if it can be read only once.
    again: Option<ReopenableList>,
    rows: Rows,
    mapping: Mapping,
}

/// The report cannot be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum VerifyReportError {
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Rows(#[from] RowsError),
    #[error(transparent)]
    Unopened(#[from] Unopened),
    /// The list was changed while it was read, or could be read only once.
    #[error("{list}: row {row} is not row {row} of the run, whose username is `{found}`")]
    OtherRow {
        list: String,
        row: u64,
        found: String,
    },
}

impl Hint for VerifyReportError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Report(ReportError::Write { .. }) => {
                Some("free disk space, then run the same command again".to_owned())
            }
            Self::Report(ReportError::Ledger(error)) | Self::Ledger(error) => error.hint(),
            Self::Rows(error) => error.hint(),
            Self::Unopened(error) => error.hint(),
            Self::OtherRow { .. } => Some("name the file that the run imported".to_owned()),
        }
    }
}

impl ComparedList {
    /// Opens the list with the flags of the run, and refuses another list.
    pub(super) async fn open(
        path: &Path,
        settings: &VerifySettings,
        ledger: &LedgerReader,
        printer: Printer,
    ) -> Result<Self, CommandError> {
        let about = ledger.about().map_err(CommandError::refused)?;
        let Some(command) = about.command else {
            return Err(CommandError::refusal(
                "this run's ledger does not have the command that began it, so the columns of the file are unknown",
                "leave the file out",
            ));
        };
        let access = settings.run.s3.clone();
        let options =
            ListSettings::of_run(&command, path, access).map_err(CommandError::refused)?;
        let list = List::open(&options, &PoolRulesSource::Unknown, printer).await?;
        let run = ledger.list_identity().map_err(CommandError::refused)?;
        let name = list.source.name();
        let fingerprint = list.fingerprint().await?;
        if let (Some(here), Some(of_run)) = (&fingerprint, &run.fingerprint)
            && here != of_run
        {
            return Err(CommandError::refusal(
                format_args!(
                    "{name}: not the file of this run (its SHA-256 is {here} instead of {of_run})"
                ),
                "name the file that the run imported; a changed file is imported first, as a run of its own",
            ));
        }
        if list.mapping_identity() != run.mapping {
            return Err(CommandError::refusal(
                format_args!("{name}: its columns map to different attributes than in the run"),
                "restore the mapping file of the run",
            ));
        }
        Ok(Self {
            again: list.reopenable(),
            rows: list.rows,
            mapping: list.mapping.with_api_rules(),
        })
    }

    /// Returns whether the list can be read twice.
    pub(super) fn can_be_read_again(&self) -> bool {
        self.again.is_some()
    }

    /// Returns to the first row. Does nothing if the list can be read only once.
    pub(super) fn rewind(&mut self) -> Result<(), VerifyReportError> {
        if let Some(list) = &self.again {
            self.rows = list.rows()?;
        }
        Ok(())
    }

    /// Returns the names of the attributes that the list sets.
    pub(super) fn attributes(&self) -> Vec<String> {
        self.mapping.attributes().map(str::to_owned).collect()
    }

    /// Returns the user of a row. Rows must be requested in the list's order.
    pub(super) fn user(&mut self, row: &RowResult) -> Result<Option<NewUser>, VerifyReportError> {
        let Some(listed) = self.row(row.row)? else {
            return Err(self.other_row(row));
        };
        match listed.user {
            Ok(user) if Some(&user.username) == row.username.as_ref() => Ok(Some(user)),
            Ok(_) => Err(self.other_row(row)),
            Err(_) => Ok(None),
        }
    }

    fn row(&mut self, number: u64) -> Result<Option<Row>, RowsError> {
        while let Some(raw) = self.rows.next_row()? {
            if raw.number == number {
                return Ok(Some(self.mapping.row(&raw)));
            }
        }
        Ok(None)
    }

    fn other_row(&self, row: &RowResult) -> VerifyReportError {
        VerifyReportError::OtherRow {
            list: self.rows.list().to_owned(),
            row: row.row,
            found: row.username.clone().unwrap_or_default(),
        }
    }
}
