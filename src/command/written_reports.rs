//! The reports at the end of a run, and what the terminal shows of them.

use std::path::Path;
use std::time::SystemTime;

use super::document::RunDocument;
use super::merge::StoredParts;
use super::rejects::{Rejects, RejectsReport};
use super::report::print_files;
use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::cli::settings::ImportSettings;
use crate::hints::Hint as _;
use crate::ledger::{LedgerReader, RunKind, RunPath};
use crate::logs::LogStream;
use crate::outcome::{Outcome, RunState, Summary};
use crate::plural::counted;
use crate::progress::terminal_width;
use crate::report::{
    MetricsFormat, ReportError, ReportOptions, emf_end_line, summary_table, write_all,
};

/// The reports of a run that has ended.
pub(super) struct WrittenReports {
    pub(super) summary: Summary,
    rejects: RejectsReport,
}

impl WrittenReports {
    pub(super) fn open_and_write(
        run_directory: &RunPath,
        rejects: Rejects,
        reports: &ReportOptions,
    ) -> Result<Self, ReportError> {
        // Opening the ledger verifies what this session wrote.
        let ledger = LedgerReader::open(run_directory)?;
        Self::write(&ledger, run_directory, rejects, reports)
    }

    pub(super) fn write(
        ledger: &LedgerReader,
        run_directory: &RunPath,
        rejects: Rejects,
        reports: &ReportOptions,
    ) -> Result<Self, ReportError> {
        Ok(Self {
            summary: write_all(ledger, run_directory, reports)?,
            rejects: rejects.write(ledger, run_directory),
        })
    }

    pub(super) fn log_metrics(&self, settings: &ImportSettings, log: &LogStream) {
        if settings.metrics_format == MetricsFormat::Emf {
            let kind = settings.on_existing_run.kind();
            let code = Exit::of_summary(&self.summary).number();
            log.line(&emf_end_line(&self.summary, kind, code, SystemTime::now()));
        }
    }

    pub(super) fn print(&self, run_directory: &Path, kind: RunKind, printer: Printer) -> Exit {
        printer.block(summary_table(&self.summary, terminal_width()));
        print_files(run_directory, printer);
        self.print_rejects(run_directory, printer);
        let in_doubt = self.summary.count(Outcome::InDoubt);
        // A rehearsal cannot be resumed, and an unfinished run looks its rows up without the flag.
        let can_retry = kind == RunKind::Import && self.summary.state == RunState::Finished;
        if in_doubt > 0 && can_retry {
            printer.prose(format_args!(
                "{} in doubt: the same command with --retry in-doubt tries to settle them",
                counted(in_doubt, "row is", "rows are")
            ));
        }
        Exit::of_summary(&self.summary)
    }

    /// Writes the reports of a run whose parts are merged.
    pub(super) fn write_merged(
        ledger: &LedgerReader,
        run_directory: &RunPath,
        parts: &StoredParts,
        reports: &ReportOptions,
    ) -> Result<Self, ReportError> {
        Ok(Self {
            summary: write_all(ledger, run_directory, reports)?,
            rejects: parts.write_rejects(ledger, run_directory),
        })
    }

    /// Whether an earlier `rejects.csv` is replaced or removed.
    pub(super) fn replaces_rejects(&self) -> bool {
        self.rejects.written.is_ok()
    }

    pub(super) fn print_merged(&self, run_directory: &Path, printer: Printer) -> Exit {
        printer.block(summary_table(&self.summary, terminal_width()));
        print_files(run_directory, printer);
        self.print_rejects(run_directory, printer);
        Exit::of_summary(&self.summary)
    }

    fn print_rejects(&self, run_directory: &Path, printer: Printer) {
        let shown = |path: &Path| match path.file_name() {
            Some(name) => run_directory.join(name).display().to_string(),
            None => path.display().to_string(),
        };
        match &self.rejects.written {
            Ok(None) => {}
            Ok(Some(rejects)) => {
                let path = shown(&rejects.path);
                let what_to_do = what_to_do(
                    rejects.rows,
                    self.summary.count(Outcome::Duplicate),
                    self.summary.known(),
                );
                printer.prose(format_args!("rejects: {path} ({what_to_do})"));
                if rejects.with_passwords {
                    printer.warn(format_args!(
                        "{path} contains passwords, readable by everyone who can read the file: delete it when you no longer need it"
                    ));
                }
            }
            Err(error) => printer.error(format_args!(
                "rejects.csv: not written: {}",
                error.with_hint()
            )),
        }
        if let Some(edited) = &self.rejects.edited {
            printer.note(format_args!(
                "rejects.csv was edited since it was written: the edited file is kept as {}",
                shown(edited)
            ));
        }
    }

    pub(super) fn document<'a>(&'a self, run_directory: &'a RunPath) -> RunDocument<'a> {
        RunDocument::of(run_directory, &self.summary).with_rejects(&self.rejects)
    }
}

/// What to do with the rejects, some of which are duplicates or known problems.
fn what_to_do(rows: u64, duplicates: u64, known: u64) -> String {
    let to_correct = rows.saturating_sub(duplicates + known);
    let parts = [
        (to_correct > 0).then(|| format!("{} to correct", counted(to_correct, "row", "rows"))),
        (duplicates > 0).then(|| {
            format!(
                "{} to remove or rename",
                counted(duplicates, "duplicate", "duplicates")
            )
        }),
        (known > 0).then(|| counted(known, "known problem", "known problems")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{}; import a corrected copy", parts.join(", "))
}
