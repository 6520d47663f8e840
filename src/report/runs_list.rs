//! The output of `runs`: each run with its state, counts, and the command that resumes it.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::CommandLine;
use crate::ledger::RunKind;
use crate::ledger::overview::{DirectoryState, PartProgress, RunOverview};
use crate::ledger::reader::rfc3339;
use crate::outcome::Outcome;
use crate::plural::counted;
use crate::sanitize::one_line;

/// The document of `runs`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RunsDocument<'a> {
    /// The directory that contains the runs.
    directory: &'a Path,
    /// The runs, the newest first.
    runs: Vec<ListedRun<'a>>,
}

/// A run.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ListedRun<'a> {
    /// The run directory.
    run_directory: &'a Path,
    /// The state of the run.
    state: DirectoryState,
    /// `import` or `rehearsal`; null if it cannot be read.
    kind: Option<&'static str>,
    /// The ID of the run in logs; null if it cannot be read.
    run_id: Option<&'a str>,
    /// The name of the list, as given; null if it cannot be read.
    list: Option<&'a str>,
    /// The ID of the user pool; null if it cannot be read.
    user_pool_id: Option<&'a str>,
    /// The start of the first session, RFC 3339. If it cannot be read, the last change of the
    /// directory.
    started: String,
    /// The end of the last session, RFC 3339; null during a session, and if the process was killed.
    ended: Option<String>,
    /// Seconds since the start.
    age_seconds: u64,
    /// The number of parts, until they are merged; otherwise null.
    parts: Option<u64>,
    /// The number of its finished parts, or null.
    parts_finished: Option<u64>,
    /// The number of rows; null if the ledger cannot be read.
    rows: Option<u64>,
    /// Rows by outcome, with the outcomes that no row has; null if the ledger cannot be read.
    outcomes: Option<std::collections::BTreeMap<&'static str, u64>>,
    /// Users that existed, and that the run updated; null if the ledger cannot be read.
    updated: Option<u64>,
    /// The words of the command that resumes the run or its undo; null if nothing is left to do, or
    /// if it is a rehearsal.
    resume: Option<Vec<String>>,
    /// Why the run cannot be read; null if it can.
    problem: Option<&'a str>,
    /// A suggested fix, or null.
    what_to_do: Option<&'a str>,
}

/// Returns the JSON document. `now` determines the age of the runs.
#[must_use]
pub fn runs_document<'a>(
    directory: &'a Path,
    runs: &'a [RunOverview],
    now: SystemTime,
) -> impl Serialize + use<'a> {
    let listed = |run: &'a RunOverview| {
        let can_be_read = run.problem.is_none();
        let outcomes = Outcome::ALL.map(|outcome| {
            let name = outcome.name();
            (name, run.outcomes.get(name).copied().unwrap_or(0))
        });
        ListedRun {
            run_directory: &run.directory,
            state: run.state,
            kind: run.kind.map(RunKind::name),
            run_id: run.run_id.as_deref(),
            list: run.list.as_deref(),
            user_pool_id: run.user_pool_id.as_deref(),
            started: rfc3339(run.started_ms),
            ended: run.ended_ms.map(rfc3339),
            age_seconds: age(run, now).as_secs(),
            parts: run.parts.map(|parts| parts.all),
            parts_finished: run.parts.map(|parts| parts.finished),
            rows: can_be_read.then(|| run.rows()),
            outcomes: can_be_read.then(|| outcomes.into()),
            updated: can_be_read.then_some(run.updated),
            resume: resuming_command(run).map(|command| command.words().to_vec()),
            problem: run.problem.as_ref().map(|problem| problem.message.as_str()),
            what_to_do: run
                .problem
                .as_ref()
                .and_then(|problem| problem.hint.as_deref()),
        }
    };
    RunsDocument {
        directory,
        runs: runs.iter().map(listed).collect(),
    }
}

/// Returns the text. `now` determines the age of the runs.
#[must_use]
pub fn runs_text(directory: &Path, runs: &[RunOverview], now: SystemTime) -> String {
    let mut text = String::new();
    if runs.is_empty() {
        let _ = writeln!(text, "no runs in {}", shown(directory));
    }
    for run in runs {
        let _ = writeln!(text, "{}", shown(&run.directory));
        let unknown = "unknown";
        let list = run.list.as_deref().map_or(unknown.into(), one_line);
        let into = match run.kind {
            Some(RunKind::Rehearsal) => "rehearsal",
            Some(RunKind::Import) | None => run.user_pool_id.as_deref().unwrap_or(unknown),
        };
        let _ = writeln!(
            text,
            "  {}, started {} ago: list {list}, pool {}",
            run.state.label(),
            rounded(age(run, now)),
            one_line(into),
        );
        if run.problem.is_none() {
            let _ = writeln!(text, "  {}", counts(run));
        }
        if let Some(PartProgress { finished, all }) = run.parts {
            let all = counted(all, "part", "parts");
            let _ = writeln!(text, "  {finished} of {all} finished");
        }
        if let Some(problem) = &run.problem {
            let _ = writeln!(text, "  {}", one_line(&problem.message));
        }
        if let Some(command) = resuming_command(run) {
            let _ = writeln!(text, "  resume: {}", one_line(&command.to_string()));
        }
    }
    text
}

impl DirectoryState {
    /// Returns the name in messages.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Active => "active",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
            Self::Undone => "undone",
            Self::UndoUnfinished => "undo unfinished",
            Self::Unmerged => "parts not merged",
            Self::Damaged => "damaged",
            Self::Newer => "from a newer version",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Returns the command that resumes the run, or the undo that has users left.
fn resuming_command(run: &RunOverview) -> Option<CommandLine> {
    let directory = run.directory.to_string_lossy().into_owned();
    match run.state {
        DirectoryState::Stopped | DirectoryState::Interrupted => run
            .command
            .clone()
            .map(|words| in_directory(CommandLine::new(words), &directory)),
        DirectoryState::UndoUnfinished => {
            let words = ["cognito-import".to_owned(), "undo".to_owned(), directory];
            let command = CommandLine::new(words.to_vec());
            Some(if run.undo_even_if_used {
                command.with(&["--even-if-used"])
            } else {
                command
            })
        }
        DirectoryState::Undone
        | DirectoryState::Finished
        | DirectoryState::Active
        | DirectoryState::Unmerged
        | DirectoryState::Damaged
        | DirectoryState::Newer
        | DirectoryState::Unreadable => None,
    }
}

/// Names the run directory, unless the command does. Without it, the command would start another
/// run if the list has changed.
fn in_directory(command: CommandLine, directory: &str) -> CommandLine {
    let names_it = |word: &String| word == "--run-dir" || word.starts_with("--run-dir=");
    if command.words().iter().any(names_it) {
        command
    } else {
        command.with(&["--run-dir", directory])
    }
}

/// Formats the number of rows, and of those with each outcome.
fn counts(run: &RunOverview) -> String {
    let outcomes = Outcome::ALL.into_iter().filter_map(|outcome| {
        let rows = *run.outcomes.get(outcome.name())?;
        (rows > 0).then(|| format!("{rows} {}", outcome.name()))
    });
    let updated = (run.updated > 0).then(|| format!("{} updated", run.updated));
    let outcomes: Vec<String> = outcomes.chain(updated).collect();
    let rows = counted(run.rows(), "row", "rows");
    if outcomes.is_empty() {
        rows
    } else {
        format!("{rows}: {}", outcomes.join(", "))
    }
}

fn age(run: &RunOverview, now: SystemTime) -> Duration {
    since(run.started_ms, now)
}

/// Returns the time since then, in milliseconds since the Unix epoch, like `2 days`.
#[must_use]
pub fn time_since(ms: i64, now: SystemTime) -> String {
    rounded(since(ms, now))
}

fn since(ms: i64, now: SystemTime) -> Duration {
    let then = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    now.duration_since(SystemTime::UNIX_EPOCH + then)
        .unwrap_or_default()
}

/// Formats a time in its largest unit.
fn rounded(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => counted(seconds, "second", "seconds"),
        60..3_600 => counted(seconds / 60, "minute", "minutes"),
        3_600..86_400 => counted(seconds / 3_600, "hour", "hours"),
        86_400.. => counted(seconds / 86_400, "day", "days"),
    }
}

fn shown(path: &Path) -> String {
    one_line(&path.display().to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{rounded, runs_text};
    use crate::ledger::RunKind;
    use crate::ledger::overview::{DirectoryState, RunOverview, RunProblem};
    use std::path::{Path, PathBuf};
    use std::time::{Duration, UNIX_EPOCH};

    fn run(state: DirectoryState, minutes: i64) -> RunOverview {
        RunOverview {
            directory: PathBuf::from(format!("import-runs/{state:?}")),
            state,
            problem: None,
            kind: Some(RunKind::Import),
            run_id: None,
            list: Some("users.csv".to_owned()),
            user_pool_id: Some("us-east-1_A".to_owned()),
            selection: None,
            parts: None,
            started_ms: (1_000_000 - minutes) * 60_000,
            ended_ms: None,
            outcomes: [("created", 50), ("existed", 1), ("invalid", 18)].into(),
            command: Some(
                ["cognito-import", "import", "my users.csv"]
                    .map(str::to_owned)
                    .to_vec(),
            ),
            updated: 0,
            undo_even_if_used: false,
        }
    }

    #[test]
    fn messages() {
        use DirectoryState::{
            Active, Damaged, Finished, Interrupted, Newer, Stopped, UndoUnfinished, Undone,
            Unreadable,
        };
        let states = [
            Finished,
            Active,
            Stopped,
            Interrupted,
            Undone,
            Damaged,
            Newer,
            Unreadable,
        ];
        let mut runs: Vec<RunOverview> = (0..)
            .zip(states)
            .map(|(age, state)| run(state, age * 50))
            .collect();
        for unreadable in [5, 6, 7] {
            runs[unreadable].problem = Some(RunProblem {
                message: "ledger.db: why it cannot be read".to_owned(),
                hint: None,
            });
            runs[unreadable].list = None;
        }
        for undo_even_if_used in [false, true] {
            runs.push(RunOverview {
                undo_even_if_used,
                updated: 3,
                ..run(UndoUnfinished, 3_000)
            });
        }
        let mut named = run(Stopped, 0);
        if let Some(command) = &mut named.command {
            command.push("--run-dir=elsewhere".to_owned());
        }
        runs.push(named);
        runs.push(RunOverview {
            kind: Some(RunKind::Rehearsal),
            outcomes: [("created", 1)].into(),
            command: None,
            ..run(Interrupted, 3_000)
        });
        runs.push(RunOverview {
            outcomes: std::collections::BTreeMap::new(),
            ..run(Active, 0)
        });
        let now = UNIX_EPOCH + Duration::from_secs(60_000_000);
        let directory = Path::new("import-runs");
        let text = runs_text(directory, &runs, now) + &runs_text(directory, &[], now);
        assert_messages!("runs", text);
    }

    #[test]
    fn ages_have_one_unit() {
        let ages =
            [0, 59, 60, 3_599, 7_200, 86_399, 200_000].map(|age| rounded(Duration::from_secs(age)));
        assert_eq!(
            ages,
            [
                "0 seconds",
                "59 seconds",
                "1 minute",
                "59 minutes",
                "2 hours",
                "23 hours",
                "2 days"
            ]
        );
    }
}
