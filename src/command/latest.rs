//! The newest run, which commands accept as `latest` in place of a run directory.

use std::path::Path;

use super::CommandError;
use super::runs::list;
use crate::cli::Printer;
use crate::cli::settings::RunPlace;
use crate::ledger::RunKind;
use crate::ledger::directory::RUNS;

/// The name that is not the name of a run directory.
const LATEST: &str = "latest";

/// The runs that a command accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AcceptedRuns {
    All,
    Imports,
}

impl AcceptedRuns {
    /// Whether the newest run is one of these. A run whose kind cannot be read is not passed over,
    /// because the command would then work on an older one.
    fn include(self, kind: Option<RunKind>) -> bool {
        self == Self::All || kind != Some(RunKind::Rehearsal)
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
    let newest = list(parent)?
        .into_iter()
        .find(|run| accepted.include(run.kind));
    let Some(newest) = newest else {
        let runs = match accepted {
            AcceptedRuns::All => "runs",
            AcceptedRuns::Imports => "imports",
        };
        return Err(CommandError::refusal(
            format_args!("{place}: no {runs} in {}", parent.display()),
            "name the directory of a run (import prints it)",
        ));
    };
    printer.info(format_args!("latest run: {}", newest.directory.display()));
    Ok(RunPlace::Directory(newest.directory))
}

/// Returns the directory whose newest run this path means.
fn parent_of_latest(path: &Path) -> Option<&Path> {
    if path.file_name()? != LATEST || path.exists() {
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
        let kinds = [None, Some(RunKind::Import), Some(RunKind::Rehearsal)];
        assert_eq!(kinds.map(|kind| AcceptedRuns::All.include(kind)), [true; 3]);
        let imports = kinds.map(|kind| AcceptedRuns::Imports.include(kind));
        assert_eq!(imports, [true, true, false]);
    }
}
