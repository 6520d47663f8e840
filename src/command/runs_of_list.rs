//! The runs of one list into one pool: those with the same file name of the list and the same
//! `--where`, next to each other.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::CommandError;
use crate::ledger::overview::{DatedRun, DirectoryState, RunOverview, newest_runs};
use crate::ledger::{Identity, RunOutline};

/// Whether a run has the same rows of the same list, by name, and the same pool.
pub(super) fn is_same_work(identity: &Identity, run: &RunOutline) -> bool {
    run.kind == identity.kind
        && run.user_pool_id == identity.user_pool_id
        && run.selection == identity.selection
        && file_name(&run.list) == file_name(&identity.list)
}

pub(super) fn file_name(list: &str) -> &str {
    list.rsplit('/').next().unwrap_or(list)
}

/// Whether both paths name the same directory.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        (Ok(_) | Err(_), _) => one == other,
    }
}

/// Returns the directory that contains this one.
pub(super) fn parent_of(directory: &Path) -> PathBuf {
    match directory.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    }
}

/// Returns the other runs of the list next to this directory, the newest first. Runs that cannot
/// be read are among them. Blocks.
pub(super) fn runs_beside(
    directory: &Path,
    identity: &Identity,
) -> Result<Vec<DatedRun>, CommandError> {
    let parent = parent_of(directory);
    match newest_runs(&parent, |run| is_same_work(identity, run)) {
        Ok(mut runs) => {
            runs.retain(|run| !is_same(&run.directory, directory));
            Ok(runs)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(cause) => Err(cannot_be_listed(&parent, &cause)),
    }
}

pub(super) fn cannot_be_listed(parent: &Path, cause: &io::Error) -> CommandError {
    CommandError::refusal(
        format_args!("{}: cannot be listed: {cause}", parent.display()),
        "make it readable, or name the run directory with --run-dir",
    )
}

/// Returns the newest run of the list that started after this time and was not undone. Blocks.
pub(super) fn newer_run(
    directory: &Path,
    started_ms: i64,
    identity: &Identity,
) -> Result<Option<PathBuf>, CommandError> {
    let runs = runs_beside(directory, identity)?;
    let newer = runs.into_iter().filter(|run| run.started_ms > started_ms);
    let mut directories = newer.map(|run| run.directory);
    Ok(directories.find(|directory| {
        let state = RunOverview::head(directory).map(|run| run.state);
        !matches!(
            state,
            None | Some(DirectoryState::Undone | DirectoryState::UndoUnfinished)
        )
    }))
}
