//! The newest run, which commands accept as `latest` in place of a run directory.

use std::path::{Path, PathBuf};

use super::CommandError;
use super::runs::no_directory;
use crate::cli::Printer;
use crate::cli::settings::RunPlace;
use crate::ledger::RunKind;
use crate::ledger::directory::RUNS;
use crate::ledger::overview::{RunOverview, newest_runs};

/// Stands for the newest run. `last` is the word of `--previous`.
const LATEST: [&str; 2] = ["latest", "last"];

/// The runs that a command accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AcceptedRuns {
    All,
    Imports,
}

impl AcceptedRuns {
    fn include(self, kind: RunKind) -> bool {
        self == Self::All || kind != RunKind::Rehearsal
    }
}

/// Replaces `latest` with the newest run in `import-runs`, and `DIR/latest` with the newest run in
/// DIR, unless a directory has that name.
pub(super) fn resolve_latest(
    place: &RunPlace,
    accepted: AcceptedRuns,
    printer: Printer,
) -> Result<RunPlace, CommandError> {
    let Some(parent) = place.local().and_then(parent_of_latest) else {
        return Ok(place.clone());
    };
    let Some(newest) = newest(parent, accepted)? else {
        let runs = match accepted {
            AcceptedRuns::All => "runs",
            AcceptedRuns::Imports => "imports",
        };
        return Err(CommandError::refusal(
            format_args!("{place}: no {runs} in {}", parent.display()),
            "name the directory of a run (import prints it)",
        ));
    };
    printer.info(format_args!("latest run: {}", newest.display()));
    Ok(RunPlace::Directory(newest))
}

/// Returns the newest run in a directory, or the directory itself if it is a run's. A run whose
/// kind cannot be read is not passed over, because the command would then work on an older one.
fn newest(parent: &Path, accepted: AcceptedRuns) -> Result<Option<PathBuf>, CommandError> {
    if RunOverview::head(parent).is_some() {
        return Ok(Some(parent.to_owned()));
    }
    match newest_runs(parent, |run| accepted.include(run.kind)) {
        Ok(runs) => Ok(runs.into_iter().next().map(|run| run.directory)),
        Err(cause) => no_directory(parent, &cause).map(|()| None),
    }
}

/// Returns the directory whose newest run this path means.
fn parent_of_latest(path: &Path) -> Option<&Path> {
    let name = path.file_name()?.to_str()?;
    if !LATEST.contains(&name) || path.exists() {
        return None;
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => Some(parent),
        Some(_) | None => Some(Path::new(RUNS)),
    }
}

#[cfg(test)]
mod tests {
    use super::{AcceptedRuns, parent_of_latest};
    use crate::ledger::RunKind;
    use std::path::Path;

    #[test]
    fn only_the_last_part_of_a_path_is_special() {
        for (path, parent) in [
            ("latest", Some("import-runs")),
            ("last", Some("import-runs")),
            ("nightly/latest", Some("nightly")),
            ("./latest", Some(".")),
            ("/var/runs/latest", Some("/var/runs")),
            ("latest/monday", None),
            ("latest-run", None),
            ("/", None),
        ] {
            assert_eq!(
                parent_of_latest(Path::new(path)),
                parent.map(Path::new),
                "{path}"
            );
        }
    }

    #[test]
    fn only_rehearsals_are_passed_over() {
        let kinds = [RunKind::Import, RunKind::Rehearsal];
        assert_eq!(kinds.map(|kind| AcceptedRuns::All.include(kind)), [true; 2]);
        let imports = kinds.map(|kind| AcceptedRuns::Imports.include(kind));
        assert_eq!(imports, [true, false]);
    }
}
