//! The state, identity and counts of the runs in a directory.
//!
//! Nothing is locked or changed, so that runs can be active meanwhile. A run that cannot be read is
//! part of the overview too, with the reason.

mod newest;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use rusqlite::Connection;
use serde::Serialize;

use super::certificate::{RunCertificate, RunOutline};
use super::directory::{self, RunDirectory};
use super::facts::Facts;
use super::identity::{self, RunKind, RunMetadata, name};
use super::integrity::presence::{LEDGER, UNDO, ledger_is_there, undo_is_there};
use super::reader::settled;
use super::undo::UndoProgress;
use super::{Durability, LedgerError, RunPath, follow_ups, refuse_absent_ledger, schema};
use crate::hints::Hint as _;
use crate::outcome::Outcome;
use crate::part::Part;
pub use newest::{DatedRun, newest_runs};

/// The state of a run directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DirectoryState {
    /// Every row has its final outcome.
    Finished,
    /// A process is using an unfinished run.
    Active,
    /// Stopped early; the same command resumes it.
    Stopped,
    /// The process ended without recording its end.
    Interrupted,
    /// The run was undone.
    Undone,
    /// An undo of the run has begun, and has users left.
    UndoUnfinished,
    /// The run has parts, which are not merged.
    Unmerged,
    /// The ledger is damaged or lost.
    Damaged,
    /// A newer version of the program wrote the ledger.
    Newer,
    /// The ledger cannot be read for another reason.
    Unreadable,
}

/// A run, as far as its directory can be read.
#[derive(Debug, Clone)]
pub struct RunOverview {
    pub directory: PathBuf,
    pub state: DirectoryState,
    /// Why the run cannot be read.
    pub problem: Option<RunProblem>,
    pub kind: Option<RunKind>,
    pub run_id: Option<String>,
    /// The name of the list.
    pub list: Option<String>,
    pub user_pool_id: Option<String>,
    /// The conditions of `--where`, if there are any.
    pub selection: Option<String>,
    /// For a run whose parts are not merged.
    pub parts: Option<PartProgress>,
    /// When the run started, in milliseconds since the Unix epoch. If the run does not say, when
    /// its directory last changed.
    pub started_ms: i64,
    /// When the last session ended, in milliseconds since the Unix epoch.
    pub ended_ms: Option<i64>,
    /// Rows by outcome, without the outcomes that no row has.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Users that existed, and that the run updated.
    pub updated: u64,
    /// The words of the command that resumes the run, unless it is a rehearsal.
    pub command: Option<Vec<String>>,
    /// Whether the run's last undo deletes users that were used (`--even-if-used`).
    pub undo_even_if_used: bool,
}

/// How many parts of a run are finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartProgress {
    pub finished: u64,
    pub all: u64,
}

impl PartProgress {
    fn of(run_directory: &Path) -> Option<Self> {
        let outline = RunOutline::read_in(&RunPath::from(run_directory));
        let parts = outline.ok()??.parts;
        let finished = Part::all(parts).filter(|part| {
            let part = RunOverview::head(&run_directory.join(part.directory_name()));
            part.is_some_and(|part| part.state == DirectoryState::Finished)
        });
        Some(Self {
            finished: finished.count() as u64,
            all: u64::from(parts.get()),
        })
    }
}

/// What is read of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// The state and identity.
    Head,
    /// The numbers of rows too, which takes a while for a long list.
    Counts,
}

/// Why a run cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunProblem {
    pub message: String,
    pub hint: Option<String>,
}

impl RunOverview {
    /// Returns what the directory contains. `None` if it has no files of a run.
    #[must_use]
    pub fn of(directory: &Path) -> Option<Self> {
        Self::with(directory, Detail::Counts)
    }

    /// Like [`RunOverview::of`], without the numbers of rows.
    #[must_use]
    pub fn head(directory: &Path) -> Option<Self> {
        Self::with(directory, Detail::Head)
    }

    fn with(directory: &Path, detail: Detail) -> Option<Self> {
        let mut overview = Self {
            directory: directory.to_owned(),
            state: DirectoryState::Unreadable,
            problem: None,
            kind: None,
            run_id: None,
            list: None,
            user_pool_id: None,
            selection: None,
            parts: None,
            started_ms: 0,
            ended_ms: None,
            outcomes: BTreeMap::new(),
            updated: 0,
            command: None,
            undo_even_if_used: false,
        };
        let read = refuse_absent_ledger(&RunPath::from(directory));
        match read.and_then(|()| overview.read(detail)) {
            Ok(state) => overview.state = state,
            Err(LedgerError::Missing(_)) => return None,
            Err(error) => overview.fail(&error),
        }
        if overview.state == DirectoryState::Unmerged && detail == Detail::Counts {
            overview.parts = PartProgress::of(directory);
        }
        Some(overview)
    }

    /// Reads the ledger. Its pages and checksums are verified when the run is opened for work.
    fn read(&mut self, detail: Detail) -> Result<DirectoryState, LedgerError> {
        let directory = RunPath::from(&self.directory);
        let is_used = || RunDirectory::is_used(&directory).unwrap_or(false);
        // A process that uses the ledger keeps it consistent, and may have begun to use it during
        // this check.
        let examined = if is_used() {
            Ok(true)
        } else {
            ledger_is_there(&directory, Durability::Power)
        };
        match examined {
            Ok(true) => {}
            Ok(false) => {
                let path = directory::database_in(&directory);
                return Err(LedgerError::Missing(path.shown().to_owned()));
            }
            Err(_) if is_used() => {}
            Err(error) => return Err(error),
        }
        let path = directory::database_in(&directory);
        let database = schema::open_to_list(&path)?;
        let finished = self
            .read_run(&database, detail)
            .map_err(|cause| LedgerError::of(&path, cause))?;
        if undo_is_there(&directory)? {
            let undo = UndoProgress::read(&directory.join(UNDO))?;
            self.undo_even_if_used = undo.even_if_used;
            return Ok(if undo.left == 0 {
                DirectoryState::Undone
            } else {
                DirectoryState::UndoUnfinished
            });
        }
        Ok(match (finished, self.ended_ms) {
            (true, _) => DirectoryState::Finished,
            (false, _) if is_used() => DirectoryState::Active,
            (false, Some(_)) => DirectoryState::Stopped,
            (false, None) => DirectoryState::Interrupted,
        })
    }

    /// Returns whether the run is finished.
    fn read_run(&mut self, database: &Connection, detail: Detail) -> rusqlite::Result<bool> {
        database.execute_batch("BEGIN")?;
        let RunMetadata { kind, command, .. } = identity::metadata(database)?;
        let text = |name| identity::get(database, name);
        self.kind = Some(kind);
        self.command = command.filter(|_| kind == RunKind::Import);
        self.run_id = text(name::RUN_ID)?;
        self.list = text("list")?;
        self.user_pool_id = text("user_pool_id")?;
        self.selection = text(name::SELECTION)?;
        self.started_ms = Facts::read(database)?.started_ms;
        self.ended_ms = text(name::ENDED)?.and_then(|ms| ms.parse().ok());
        if detail == Detail::Counts {
            for (outcome, rows) in settled(database)?.into_iter().chain(unsettled(database)?) {
                *self.outcomes.entry(outcome.name()).or_default() += rows;
            }
            self.updated = follow_ups::updated(database)?;
        }
        Ok(text(name::FINISHED)?.as_deref() == Some("1"))
    }

    /// Describes the run by its certificate, because the ledger cannot be read.
    fn fail(&mut self, error: &LedgerError) {
        self.state = match error {
            // Another process has opened the ledger exclusively.
            LedgerError::InUse(_) => DirectoryState::Active,
            LedgerError::Newer { .. } => DirectoryState::Newer,
            LedgerError::Unmerged(_) => DirectoryState::Unmerged,
            LedgerError::Damaged { .. }
            | LedgerError::Lost { .. }
            | LedgerError::LostUndo { .. }
            | LedgerError::DamagedUndo { .. }
            | LedgerError::DamagedCertificate { .. }
            | LedgerError::OtherCertificate { .. } => DirectoryState::Damaged,
            LedgerError::Directory { .. }
            | LedgerError::Exposed(_)
            | LedgerError::Busy(_)
            | LedgerError::Missing(_)
            | LedgerError::Undone { .. }
            | LedgerError::OtherRun { .. }
            | LedgerError::OtherRow { .. }
            | LedgerError::Database { .. }
            | LedgerError::Usernames(_)
            | LedgerError::Listing(_)
            | LedgerError::Comparison(_)
            | LedgerError::Rehearsal(_)
            | LedgerError::Displaced { .. }
            | LedgerError::Saved { .. }
            | LedgerError::DisplacedUndo { .. }
            | LedgerError::Verification { .. }
            | LedgerError::Gone => DirectoryState::Unreadable,
        };
        self.problem = Some(RunProblem {
            message: error.to_string(),
            hint: error.hint(),
        });
        if let Ok(Some(certificate)) = RunCertificate::read_in(&RunPath::from(&self.directory)) {
            let identity = certificate.identity();
            self.kind = Some(identity.kind);
            self.run_id = Some(certificate.run_id().to_owned());
            self.list = Some(identity.list.clone());
            self.user_pool_id = Some(identity.user_pool_id.clone());
            self.selection.clone_from(&identity.selection);
            self.started_ms = certificate.facts().started_ms;
        }
        if self.started_ms == 0 {
            self.started_ms = changed_ms(&self.directory);
        }
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.outcomes.values().sum()
    }
}

/// Returns the runs in the subdirectories of this one, the newest first; or, if it is a run
/// directory itself, that run.
///
/// # Errors
/// The directory cannot be read.
pub fn runs_in(directory: &Path) -> io::Result<Vec<RunOverview>> {
    if let Some(run) = RunOverview::of(directory) {
        return Ok(vec![run]);
    }
    let mut runs = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            runs.extend(RunOverview::of(&path));
        }
    }
    runs.sort_by(|one, other| {
        let newest_first = other.started_ms.cmp(&one.started_ms);
        newest_first.then_with(|| other.directory.cmp(&one.directory))
    });
    Ok(runs)
}

/// Returns the numbers of rows without an outcome. See `LedgerReader::each_row`.
fn unsettled(database: &Connection) -> rusqlite::Result<[(Outcome, u64); 2]> {
    let (all, begun): (i64, i64) = database.query_row(
        "SELECT count(*), count(begun_ms) FROM rows LEFT JOIN results USING (row) WHERE results.row IS NULL",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok([
        (Outcome::InDoubt, begun.unsigned_abs()),
        (Outcome::Unsent, (all - begun).unsigned_abs()),
    ])
}

/// When the ledger or else the directory last changed, in milliseconds since the Unix epoch; 0 if
/// unknown.
fn changed_ms(directory: &Path) -> i64 {
    let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
    let since = changed(&directory.join(LEDGER))
        .or_else(|_| changed(directory))
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0))
}
