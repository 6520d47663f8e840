//! The order of runs. Certificates tell it, so few ledgers are opened.

use std::fs;
use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use super::{RunOverview, changed_ms};
use crate::ledger::RunPath;
use crate::ledger::certificate::RunOutline;

/// A run directory, and when its run started.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatedRun {
    /// In milliseconds since the Unix epoch. If the run does not say, when its directory last
    /// changed.
    pub started_ms: i64,
    pub directory: PathBuf,
}

/// Returns the wanted runs in the subdirectories of `parent`, the newest first. A run that cannot
/// be read may be a wanted one, so it is among them.
///
/// # Errors
/// The directory cannot be read.
pub fn newest_runs(
    parent: &Path,
    is_wanted: impl Fn(&RunOutline) -> bool,
) -> io::Result<Vec<DatedRun>> {
    let mut runs = Vec::new();
    for entry in fs::read_dir(parent)? {
        let directory = entry?.path();
        if !directory.is_dir() {
            continue;
        }
        let started_ms = match RunOutline::read_in(&RunPath::from(&directory)) {
            Ok(Some(outline)) => is_wanted(&outline).then_some(outline.started_ms),
            Ok(None) => of_ledger(&directory, &is_wanted),
            Err(_) => Some(changed_ms(&directory)),
        };
        runs.extend(started_ms.map(|started_ms| DatedRun {
            started_ms,
            directory,
        }));
    }
    runs.sort_by(|one, other| other.cmp(one));
    Ok(runs)
}

/// Returns when the run in a directory without a readable certificate started, unless it is not
/// wanted.
fn of_ledger(directory: &Path, is_wanted: &impl Fn(&RunOutline) -> bool) -> Option<i64> {
    let run = RunOverview::head(directory)?;
    let started_ms = run.started_ms;
    match (run.kind, run.list, run.user_pool_id) {
        (Some(kind), Some(list), Some(user_pool_id)) => {
            let outline = RunOutline {
                parts: NonZeroU32::MIN,
                kind,
                list,
                user_pool_id,
                selection: run.selection,
                started_ms,
            };
            is_wanted(&outline).then_some(started_ms)
        }
        (_, _, _) => Some(started_ms),
    }
}
