//! `report --compare`: compares two runs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::latest::{AcceptedRuns, resolve_latest};
use super::merge::note_changed_parts;
use super::report::open;
use super::stored_run::StoredRun;
use super::{CommandError, CommandOutput, block_on};
use crate::cli::Printer;
use crate::cli::settings::CompareSettings;
use crate::hints::Hint;
use crate::ledger::comparison::compare as compare_runs;
use crate::ledger::{LedgerError, LedgerReader};
use crate::report::{ChangesCsv, Comparison, Side};
use crate::s3::S3Access;

#[derive(Debug, thiserror::Error)]
enum CompareError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("--changes-csv {path}: cannot be written: {cause}", path = .0.display(), cause = .1)]
    Write(PathBuf, std::io::Error),
}

impl Hint for CompareError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Ledger(error) => return error.hint(),
            Self::Write(..) => "name a file in a writable directory".to_owned(),
        })
    }
}

pub(super) fn compare(
    settings: &CompareSettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let access = S3Access::default();
    let open = |place| {
        let place = resolve_latest(place, AcceptedRuns::All, printer)?;
        block_on(StoredRun::open(&place, &access))
    };
    let [before, after] = &settings.runs;
    let (first, second) = (open(before)?, open(after)?);
    let open = |run| block_on(opened(run, settings.wait_for_lock, printer));
    let (before, mut one) = open(&first)?;
    let (after, mut other) = open(&second)?;
    if !settings.unlike {
        refuse_unlike(&one, &other)?;
    }
    let case_insensitive = [&before, &after].map(LedgerReader::case_insensitive);
    let [folds_before, folds_after] = case_insensitive;
    let case_insensitive = folds_before.map_err(CommandError::refused)?
        && folds_after.map_err(CommandError::refused)?;
    let unwritten = |path: &Path, cause| CompareError::Write(path.to_owned(), cause);
    let mut to = match &settings.changes_csv {
        None => None,
        Some(path) => {
            refuse_to_replace(path)?;
            let csv = ChangesCsv::create(path, settings.csv)
                .map_err(|cause| CommandError::refused(unwritten(path, cause)))?;
            Some((path, csv))
        }
    };
    let mut comparison = Comparison::new(settings.examples);
    let compared = compare_runs(&before, &after, case_insensitive, |change| {
        comparison.add(change);
        match &mut to {
            None => Ok(()),
            Some((path, csv)) => csv.line(change).map_err(|cause| unwritten(path, cause)),
        }
    })
    .map_err(CommandError::refused)?;
    if let Some((path, csv)) = to {
        csv.finish()
            .map_err(|cause| CommandError::refused(unwritten(path, cause)))?;
        printer.info(format_args!("every change: {}", path.display()));
    }
    one.nameless = compared.nameless_before;
    other.nameless = compared.nameless_after;
    let sides = [&one, &other];
    CommandOutput::of_prose(&comparison.text(sides, case_insensitive, compared))
        .with(&comparison.document(sides, case_insensitive, compared))?
        .with(&ChangesFile {
            file: settings.changes_csv.as_deref(),
        })
}

/// The file with every change.
#[derive(serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ChangesFile<'a> {
    /// The path; null if no file was requested.
    file: Option<&'a Path>,
}

async fn opened(
    run: &StoredRun,
    wait_for_lock: Option<Duration>,
    printer: Printer,
) -> Result<(LedgerReader, Side), CommandError> {
    let reader = open(run.location(), wait_for_lock, printer).await?;
    note_changed_parts(run, printer)?;
    let summary = reader.summary().map_err(CommandError::refused)?;
    let side = Side {
        run_directory: run.shown().display().to_string(),
        kind: reader.kind().map_err(CommandError::refused)?,
        list: summary.list,
        user_pool_id: summary.user_pool_id,
        started: summary.started,
        rows: summary.rows,
        nameless: 0,
    };
    Ok((reader, side))
}

/// Refuses to compare runs of different pools, or an import with a rehearsal.
fn refuse_unlike(before: &Side, after: &Side) -> Result<(), CommandError> {
    let what = [
        ("kind of run", &before.kind, &after.kind),
        ("user pool", &before.user_pool_id, &after.user_pool_id),
    ]
    .into_iter()
    .find(|(_, one, other)| one != other);
    let Some((what, one, other)) = what else {
        return Ok(());
    };
    let hint = "name two comparable runs, or compare them anyway with --compare-unlike";
    Err(CommandError::refusal(
        format_args!(
            "--compare: the {what} of {} is {one}, and that of {} is {other}: the differences would mean nothing",
            before.run_directory, after.run_directory
        ),
        hint,
    ))
}

fn refuse_to_replace(path: &Path) -> Result<(), CommandError> {
    match path.symlink_metadata() {
        Ok(metadata) if !metadata.is_file() => Err(CommandError::refusal(
            format_args!(
                "--changes-csv {}: exists and is not a regular file",
                path.display()
            ),
            "name another file",
        )),
        Ok(_) | Err(_) => Ok(()),
    }
}
