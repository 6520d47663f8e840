//! `--metrics-file X.prom`: the run in the text format that node_exporter's textfile collector reads, for jobs that run every night.
//!
//! Every sample has the label `import`, which is the file's name without `.prom`: the collector puts all files of its folder together,
//! and two samples of the same name and labels would be an error to it. What changes from night to night (the list's name) is a label of
//! `cognito_import_info` alone.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::moments::{epoch_seconds, finished, started};
use super::whole_file::WholeFile;
use crate::hints::Hint;
use crate::ledger::RunMetadata;
use crate::outcome::{RunState, Summary};

/// Where metrics go. The name ends in `.prom`: the collector reads no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricsFile(PathBuf);

/// What can be wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum MetricsFileError {
    /// Its name.
    #[error("must end in .prom, because node_exporter reads no other files")]
    Name,
    /// Its folder.
    #[error("--metrics-file {path}: cannot be written: {cause}")]
    Folder {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

impl Hint for MetricsFileError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Folder { .. } => "name a file in an existing, writable directory, because the file is replaced atomically".to_owned(),
            Self::Name => return None,
        })
    }
}

impl MetricsFile {
    /// The file of this name.
    ///
    /// # Errors
    /// Its name does not end in `.prom`.
    pub fn named(path: &str) -> Result<Self, MetricsFileError> {
        let path = PathBuf::from(path);
        let named = path
            .extension()
            .is_some_and(|extension| extension == "prom");
        named.then_some(Self(path)).ok_or(MetricsFileError::Name)
    }

    /// Whether it can be written, to be known before anything is sent. Leaves no trace.
    ///
    /// # Errors
    /// It cannot.
    pub fn check(&self) -> Result<(), MetricsFileError> {
        let tried = if self.0.is_dir() {
            Err(io::ErrorKind::IsADirectory.into())
        } else {
            WholeFile::begin_for_all(&self.0).map(drop)
        };
        tried.map_err(|cause| MetricsFileError::Folder {
            path: self.0.clone(),
            cause,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes it, readable for everybody: the collector is another user.
    pub(super) fn write(
        &self,
        summary: &Summary,
        about: &RunMetadata,
        exit_code: u8,
    ) -> io::Result<()> {
        let import = self.0.file_stem().unwrap_or_default().to_string_lossy();
        let text = Metrics::new(&import).of(summary, about, exit_code);
        let mut file = WholeFile::begin_for_all(&self.0)?;
        file.write_all(text.as_bytes())?;
        file.finish()
    }
}

/// The text, as it grows.
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

    fn of(mut self, summary: &Summary, about: &RunMetadata, exit_code: u8) -> String {
        self.run(summary, about, exit_code);
        self.rows(summary);
        self.requests(summary);
        self.text
    }

    fn run(&mut self, summary: &Summary, about: &RunMetadata, exit_code: u8) {
        self.gauge("info", "Information about the run; the value is always 1.");
        self.sample(
            "info",
            &[
                ("kind", about.kind.name()),
                ("list", &summary.list),
                ("user_pool_id", &summary.user_pool_id),
                ("client_id", &summary.client_id),
                ("version", about.version.as_deref().unwrap_or_default()),
            ],
            1.0,
        );
        self.gauge(
            "run_state",
            "State of the run: 1 for the current state, 0 for the others.",
        );
        for (state, word) in [
            (RunState::Finished, "finished"),
            (RunState::Stopped, "stopped"),
            (RunState::Interrupted, "interrupted"),
        ] {
            let value = if state == summary.state { 1.0 } else { 0.0 };
            self.sample("run_state", &[("state", word)], value);
        }
        self.gauge(
            "exit_code",
            "Exit code of a run in this state: 0 if every row was created, existed or was skipped.",
        );
        self.sample("exit_code", &[], f64::from(exit_code));
        if let Some(at) = started(summary) {
            self.gauge(
                "start_timestamp_seconds",
                "Start of the run's first session, in seconds since the Unix epoch.",
            );
            self.sample("start_timestamp_seconds", &[], epoch_seconds(at));
        }
        if let Some(at) = finished(summary) {
            self.gauge(
                "end_timestamp_seconds",
                "End of the run's last session, in seconds since the Unix epoch.",
            );
            self.sample("end_timestamp_seconds", &[], epoch_seconds(at));
        }
        self.gauge(
            "active_seconds",
            "Active time over all sessions of the run.",
        );
        self.sample("active_seconds", &[], summary.active_seconds);
    }

    fn rows(&mut self, summary: &Summary) {
        self.gauge("rows", "Rows by outcome.");
        for (outcome, count) in &summary.outcomes {
            self.sample("rows", &[("outcome", outcome)], float(*count));
        }
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
        for (name, help, of) in [
            (
                "rate_ceiling",
                "Maximum requests a second of the run.",
                (|pace| pace.ceiling) as fn(&crate::outcome::Pace) -> f64,
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
                self.sample(name, &[("category", category)], of(pace));
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

/// A label's value as the format wants it ("Exposition formats", Prometheus).
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n")
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
        let metrics = Metrics::new("users").of(&summary, &about(RunKind::Import), 0);
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
    fn a_label_cannot_end_before_its_end() {
        assert_eq!(escaped("a\"} 1\nb\\"), r#"a\"} 1\nb\\"#);
    }

    #[test]
    fn only_what_the_collector_reads_is_a_name() {
        assert!(MetricsFile::named("a/users.prom").is_ok());
        for name in ["users.txt", "prom", ".prom", "/dev/stdout"] {
            assert!(MetricsFile::named(name).is_err(), "{name}");
        }
    }
}
