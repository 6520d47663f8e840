//! Merges the parts of a run, so that other commands accept it as a whole.

use std::io::Write as _;
use std::num::NonZeroU32;
use std::time::Duration;

use super::locking::lock_directory;
use super::rejects::{RejectsError, RejectsReport, RejectsWritten};
use super::resuming::without_part;
use super::stored_run::{LEDGER, StoredRun};
use super::{CommandError, beside};
use crate::cli::Printer;
use crate::cli::settings::{RecordedRun, RunPlace};
use crate::ledger::certificate::CERTIFICATE;
use crate::ledger::merge::{MergeError, PartLedger, changed_parts, merge_parts, part_list};
use crate::ledger::{Ledger, LedgerError, LedgerReader, RunCertificate, RunDirectory, RunPath};
use crate::part::Part;
use crate::plural::plural;
use crate::report::{IndexedRejects, RejectsFile};
use crate::s3::S3Access;

/// A run as a whole.
pub(super) struct MergedRun {
    pub(super) stored: StoredRun,
    /// While these are locked, no part can run again. Empty if the run has no parts.
    pub(super) parts: Vec<RunDirectory>,
}

/// Opens a run, and merges its parts if it has any. They may have run again since the last merge.
pub(super) async fn open_merged(
    run: &RecordedRun,
    printer: Printer,
) -> Result<MergedRun, CommandError> {
    let mut stored = StoredRun::open(&run.place, &run.s3).await?;
    // Once the undo of a run has begun, its parts cannot run again.
    let location = stored.location().clone();
    if let Err(LedgerError::Undone { .. }) = Ledger::refuse_undone(&location) {
        return Ok(MergedRun::without_parts(stored));
    }
    let Some(parts) = StoredParts::of_run(&run.place, &stored, &run.s3).await? else {
        return Ok(MergedRun::without_parts(stored));
    };
    let directory = lock_directory(&location, run.wait_for_lock, printer).await?;
    let merged = parts.merge(directory, run.wait_for_lock, printer).await?;
    stored.publish(&[LEDGER]).await?;
    Ok(MergedRun {
        stored,
        parts: merged.parts,
    })
}

impl MergedRun {
    fn without_parts(stored: StoredRun) -> Self {
        Self {
            stored,
            parts: Vec::new(),
        }
    }
}

/// Prints how to merge the parts of a run. Called when one of them has finished.
pub(super) fn note_merge(directory: &RunPath, printer: Printer) {
    if let Some(part) = directory.part() {
        printer.prose(format_args!(
            "part {part} is finished; when all parts are, `cognito-import report --merge {}` merges them",
            directory.of_run().shown().display()
        ));
    }
}

/// Notes parts that have run again since they were merged. Those in S3 are not copied for that.
pub(super) fn note_changed_parts(run: &StoredRun, printer: Printer) -> Result<(), CommandError> {
    if run.is_copy() {
        return Ok(());
    }
    let changed = changed_parts(run.location()).map_err(CommandError::refused)?;
    if !changed.is_empty() {
        printer.note(format_args!(
            "{} {} changed since the merge; `cognito-import report --merge {}` merges them again",
            part_list(&changed),
            plural(changed.len() as u64, "has", "have"),
            run.shown().display()
        ));
    }
    Ok(())
}

/// An error with the hint of a merge instead of that of an import.
fn refused(error: LedgerError) -> CommandError {
    CommandError::refused(MergeError::from(error))
}

/// The locked directories of a run and its parts.
pub(super) struct MergedDirectories {
    pub(super) run: RunDirectory,
    parts: Vec<RunDirectory>,
}

/// The directories of a run's parts. Those in S3 are copied.
pub(super) struct StoredParts {
    parts: Vec<(Part, StoredRun)>,
    run_id: String,
}

impl StoredParts {
    /// Opens the parts of the run in this directory. `None` if the run has no parts.
    pub(super) async fn of_run(
        place: &RunPlace,
        run: &StoredRun,
        access: &S3Access,
    ) -> Result<Option<Self>, CommandError> {
        let location = run.location();
        match run.has_own_ledger() {
            Ok(false) => {}
            Err(error) if Ledger::has_parts(location) => return Err(CommandError::refused(error)),
            Ok(true) | Err(_) => return Ok(None),
        }
        let certificate = RunCertificate::read_in(location);
        let Some(certificate) = certificate.map_err(refused)? else {
            if Ledger::has_parts(location) {
                return Err(CommandError::refusal(
                    format_args!(
                        "{}: the certificate of the run is missing, so its parts cannot be merged",
                        location.join(CERTIFICATE).shown().display()
                    ),
                    "restore it from a backup",
                ));
            }
            return Ok(None);
        };
        let number = certificate.identity().parts;
        let mut parts = Vec::new();
        for part in Part::all(number) {
            let stored = StoredRun::open_copy_of_part(place, part, access).await?;
            // The certificate of a run without parts has 1, too. Without a directory of part 0/1,
            // it is such a run, and its ledger is lost.
            if number == NonZeroU32::MIN && Ledger::is_of_new_part(stored.location()) {
                return Ok(None);
            }
            parts.push((part, stored));
        }
        Ok(Some(Self {
            parts,
            run_id: certificate.run_id().to_owned(),
        }))
    }

    /// Writes the ledger of the whole run into its locked directory.
    pub(super) async fn merge(
        &self,
        directory: RunDirectory,
        wait_for_lock: Option<Duration>,
        printer: Printer,
    ) -> Result<MergedDirectories, CommandError> {
        Ledger::refuse_undone(directory.location()).map_err(refused)?;
        let mut parts_locked = Vec::new();
        for (_, stored) in &self.parts {
            let location = stored.location();
            if location.is_dir() {
                parts_locked.push(lock_directory(location, wait_for_lock, printer).await?);
            }
        }
        let parts: Vec<(Part, RunPath)> = self
            .parts
            .iter()
            .map(|(part, stored)| (*part, stored.location().clone()))
            .collect();
        let run_id = self.run_id.clone();
        let merge = move || -> Result<RunDirectory, MergeError> {
            let ledgers = PartLedger::open_all(directory.location(), &parts, &run_id)?;
            let command = match ledgers.first() {
                Some(first) => first.command()?.map(without_part),
                None => None,
            };
            merge_parts(&directory, &ledgers, command.as_deref())?;
            Ok(directory)
        };
        let merged = beside("merge", merge).await?;
        Ok(MergedDirectories {
            run: merged.map_err(CommandError::refused)?,
            parts: parts_locked,
        })
    }

    /// Writes the `rejects.csv` of the whole run from the files of its parts.
    pub(super) fn write_rejects(&self, reader: &LedgerReader, run: &RunPath) -> RejectsReport {
        let new = self.new_rejects(reader, run);
        RejectsReport::of_merged_file(new, run)
    }

    fn new_rejects(
        &self,
        reader: &LedgerReader,
        run: &RunPath,
    ) -> Result<Option<(RejectsFile, RejectsWritten)>, RejectsError> {
        let rows = reader.rejects()?;
        if rows == 0 {
            return Ok(None);
        }
        let path = RejectsFile::path(run).shown().to_owned();
        let write_error = |cause| RejectsError::Write(path.clone(), cause);
        let Some(parts) = self.parts.first().map(|(part, _)| part.parts()) else {
            return Ok(None);
        };
        // In the order of `Part::all`.
        let mut of_parts: Vec<(&RunPath, Option<IndexedRejects>)> = self
            .parts
            .iter()
            .map(|(_, stored)| (stored.location(), None))
            .collect();
        let mut file: Option<RejectsFile> = None;
        let mut with_passwords = false;
        reader.each_reject(|row| {
            let part = Part::of_row(row.username.as_deref(), row.row, parts);
            let Some((location, rejects)) = of_parts.get_mut(part.index() as usize) else {
                return Ok(());
            };
            if rejects.is_none() {
                let mut opened = IndexedRejects::open(location)?;
                with_passwords |= opened.with_passwords();
                let header = opened.next(0)?;
                if file.is_none() {
                    let mut created = RejectsFile::create(run, false).map_err(write_error)?;
                    created.write_all(&header).map_err(write_error)?;
                    file = Some(created);
                }
                *rejects = Some(opened);
            }
            if let (Some(rejects), Some(file)) = (rejects, &mut file) {
                let bytes = rejects.next(row.row)?;
                file.write_all(&bytes).map_err(write_error)?;
            }
            Ok::<(), RejectsError>(())
        })?;
        Ok(file.map(|file| {
            let written = RejectsWritten {
                path: path.clone(),
                rows,
                with_passwords,
            };
            (file, written)
        }))
    }
}
