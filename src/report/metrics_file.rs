//! `--metrics-file X.prom`: metrics for the textfile collector of Prometheus's node_exporter.
//!
//! Every sample has the label `import`, the file name without `.prom`, because the collector
//! combines all files of its directory and rejects duplicate samples. Labels that change from run
//! to run, such as the name of the list, appear only in `cognito_import_info`.

mod live;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::atomic_file::AtomicFile;
use crate::hints::Hint;
use crate::ledger::RunMetadata;
use crate::outcome::{Pace, RunState, Summary};
pub use live::ActiveRun;

/// The path of a metrics file, which ends in `.prom`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricsFile(PathBuf);

#[derive(Debug, thiserror::Error)]
pub enum MetricsFileError {
    #[error("must end in .prom, because node_exporter reads no other files")]
    Name,
    #[error("--metrics-file {path}: cannot be written: {cause}")]
    Folder { path: PathBuf, cause: io::Error },
}

impl Hint for MetricsFileError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Folder { .. } => "name a file in an existing, writable directory, because the \
                 file is replaced atomically"
                .to_owned(),
            Self::Name => return None,
        })
    }
}

impl MetricsFile {
    /// Validates the name of the file.
    ///
    /// # Errors
    /// The name does not end in `.prom`.
    pub fn named(path: &str) -> Result<Self, MetricsFileError> {
        let path = PathBuf::from(path);
        if path.extension().is_none_or(|extension| extension != "prom") {
            return Err(MetricsFileError::Name);
        }
        Ok(Self(path))
    }

    /// Checks that the file can be written, before anything is sent. Leaves no file behind.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn check(&self) -> Result<(), MetricsFileError> {
        let result = if self.0.is_dir() {
            Err(io::ErrorKind::IsADirectory.into())
        } else {
            AtomicFile::create_world_readable(&self.0).map(drop)
        };
        result.map_err(|cause| MetricsFileError::Folder {
            path: self.0.clone(),
            cause,
        })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes the file. It is world-readable, because the collector runs as another user.
    pub(super) fn write(
        &self,
        summary: &Summary,
        about: &RunMetadata,
        exit_code: u8,
    ) -> io::Result<()> {
        let text = Metrics::new(&self.import()).format(summary, about, exit_code);
        let mut file = AtomicFile::create_world_readable(&self.0)?;
        file.write_all(text.as_bytes())?;
        file.finish()
    }
}

impl MetricsFile {
    /// Returns the label that distinguishes this file.
    fn import(&self) -> Cow<'_, str> {
        self.0.file_stem().unwrap_or_default().to_string_lossy()
    }
}

/// Builds the text.
struct Metrics {
    text: String,
    import: String,
}

impl Metrics {
    fn new(import: &str) -> Self {
        Self {
            text: String::new(),
            import: escaped(import),
        }
    }

    fn format(mut self, summary: &Summary, about: &RunMetadata, exit_code: u8) -> String {
        self.run(summary, about, exit_code);
        self.rows(summary);
        self.requests(summary);
        self.text
    }

    fn run(&mut self, summary: &Summary, about: &RunMetadata, exit_code: u8) {
        self.info(
            about.kind.name(),
            &summary.list,
            &summary.user_pool_id,
            &summary.client_id,
            about.version.as_deref().unwrap_or_default(),
        );
        self.state(Some(summary.state));
        self.gauge(
            "exit_code",
            "Exit code of a run in this state: 0 if every row was created, existed or was skipped.",
        );
        self.sample("exit_code", &[], f64::from(exit_code));
        if let Some(started) = summary.started_at() {
            self.gauge(
                "start_timestamp_seconds",
                "Start of the run's first session, in seconds since the Unix epoch.",
            );
            self.sample("start_timestamp_seconds", &[], epoch_seconds(started));
        }
        if let Some(finished) = summary.finished_at() {
            self.gauge(
                "end_timestamp_seconds",
                "End of the run's last session, in seconds since the Unix epoch.",
            );
            self.sample("end_timestamp_seconds", &[], epoch_seconds(finished));
        }
        self.gauge(
            "active_seconds",
            "Active time over all sessions of the run.",
        );
        self.sample("active_seconds", &[], summary.active_seconds);
    }

    fn info(&mut self, kind: &str, list: &str, pool: &str, client: &str, version: &str) {
        self.gauge("info", "Information about the run; the value is always 1.");
        self.sample(
            "info",
            &[
                ("kind", kind),
                ("list", list),
                ("user_pool_id", pool),
                ("client_id", client),
                ("version", version),
            ],
            1.0,
        );
    }

    /// `None`: the run is active.
    fn state(&mut self, current: Option<RunState>) {
        self.gauge(
            "run_state",
            "State of the run: 1 for the current state, 0 for the others.",
        );
        for (state, name) in [
            (None, "running"),
            (Some(RunState::Finished), "finished"),
            (Some(RunState::Stopped), "stopped"),
            (Some(RunState::Interrupted), "interrupted"),
        ] {
            let value = if state == current { 1.0 } else { 0.0 };
            self.sample("run_state", &[("state", name)], value);
        }
    }

    fn rate_ceiling(&mut self) {
        self.gauge("rate_ceiling", "Maximum requests a second of the run.");
    }

    fn rows(&mut self, summary: &Summary) {
        self.gauge("rows", "Rows by outcome.");
        for (outcome, count) in &summary.outcomes {
            self.sample("rows", &[("outcome", outcome)], float(*count));
        }
        self.existing_users(summary);
        if summary.follow_up.is_empty() {
            return;
        }
        self.gauge("follow_up", "Users by state of a follow-up step.");
        for (step, counts) in &summary.follow_up {
            for (state, count) in [
                ("done", counts.done),
                ("failed", counts.failed),
                ("pending", counts.pending),
            ] {
                self.sample(
                    "follow_up",
                    &[("step", step), ("state", state)],
                    float(count),
                );
            }
        }
    }

    fn existing_users(&mut self, summary: &Summary) {
        self.gauge(
            "existing_users",
            "Users that existed, by how their attributes compare with the list.",
        );
        let users = summary.existing_users;
        for (compared, count) in [
            ("same", users.same),
            ("different", users.different),
            ("unknown", users.unknown),
        ] {
            self.sample("existing_users", &[("compared", compared)], float(count));
        }
        if summary.differs.is_empty() {
            return;
        }
        self.gauge(
            "differs",
            "Users that existed, by attribute that differs from the list.",
        );
        for (attribute, count) in &summary.differs {
            self.sample("differs", &[("attribute", attribute)], float(*count));
        }
    }

    fn requests(&mut self, summary: &Summary) {
        self.gauge("requests", "Requests sent, by quota category.");
        for (category, requests) in &summary.requests {
            self.sample("requests", &[("category", category)], float(requests.sent));
        }
        self.gauge(
            "requests_throttled",
            "Requests that were throttled, by quota category.",
        );
        for (category, requests) in &summary.requests {
            let throttled = float(requests.throttled);
            self.sample("requests_throttled", &[("category", category)], throttled);
        }
        if summary.pace.is_empty() {
            return;
        }
        for (name, help, value) in [
            (
                "rate_ceiling",
                "Maximum requests a second of the run.",
                (|pace| pace.ceiling) as fn(&Pace) -> f64,
            ),
            (
                "rate_used_of_allowed_ratio",
                "Fraction of the allowed requests that was sent, 0 to 1.",
                |pace| pace.used_of_allowed,
            ),
            (
                "slowed_seconds",
                "Seconds during which throttling kept the rate below the ceiling.",
                |pace| pace.slowed_seconds,
            ),
        ] {
            self.gauge(name, help);
            for (category, pace) in &summary.pace {
                self.sample(name, &[("category", category)], value(pace));
            }
        }
    }

    fn gauge(&mut self, name: &str, help: &str) {
        let _ = write!(
            self.text,
            "# HELP cognito_import_{name} {help}\n# TYPE cognito_import_{name} gauge\n"
        );
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let _ = write!(
            self.text,
            "cognito_import_{name}{{import=\"{}\"",
            self.import
        );
        for (label, text) in labels {
            let _ = write!(self.text, ",{label}=\"{}\"", escaped(text));
        }
        let _ = writeln!(self.text, "}} {value}");
    }
}

/// Escapes a label value (Prometheus, "Exposition formats").
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n")
}

fn epoch_seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::{Hint as _, Metrics, MetricsFile, MetricsFileError, escaped};
    use crate::ledger::RunKind;
    use crate::outcome::{CategoryRequests, Outcome, Pace, StepCounts};
    use crate::report::html::samples::{about, summary};

    #[test]
    fn messages() {
        let mut summary = summary(&[(Outcome::Created, 1)]);
        let category = || "UserCreation".to_owned();
        let requests = CategoryRequests {
            sent: 2,
            throttled: 1,
        };
        summary.requests.insert(category(), requests);
        let pace = Pace {
            ceiling: 40.0,
            allowed: 39.0,
            used_of_ceiling: 0.77,
            used_of_allowed: 0.79,
            slowed_seconds: 1.5,
        };
        summary.pace.insert(category(), pace);
        let steps = StepCounts {
            done: 1,
            failed: 0,
            pending: 0,
        };
        summary.follow_up.insert("confirm".to_owned(), steps);
        let metrics = Metrics::new("users").format(&summary, &about(RunKind::Import), 0);
        let folder = MetricsFileError::Folder {
            path: "users.prom".into(),
            cause: std::io::ErrorKind::NotFound.into(),
        };
        let hint = folder.hint().unwrap();
        let text = format!(
            "{metrics}{}\n{folder}\n    {hint}\n",
            MetricsFileError::Name
        );
        assert_messages!("metrics", text);
    }

    #[test]
    fn escapes_label_values() {
        assert_eq!(escaped("a\"} 1\nb\\"), r#"a\"} 1\nb\\"#);
    }

    #[test]
    fn accepts_only_prom_files() {
        assert!(MetricsFile::named("a/users.prom").is_ok());
        for name in ["users.txt", "prom", ".prom", "/dev/stdout"] {
            assert!(MetricsFile::named(name).is_err(), "{name}");
        }
    }
}
