//! The metrics of an active run.

use std::io::{self, Write as _};

use super::{Metrics, MetricsFile, float};
use crate::outcome::{BOTTLENECKS, LiveStatus};
use crate::report::atomic_file::AtomicFile;

/// An active run.
#[derive(Debug, Clone)]
pub struct ActiveRun {
    /// `import` or `rehearsal`.
    pub kind: &'static str,
    pub list: String,
    pub user_pool_id: String,
    pub client_id: String,
}

impl MetricsFile {
    /// Replaces the file with the metrics of an active run.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_live(&self, run: &ActiveRun, status: &LiveStatus) -> io::Result<()> {
        let text = Metrics::new(&self.import()).format_live(run, status);
        let mut file = AtomicFile::create_world_readable(&self.0)?;
        file.write_all(text.as_bytes())?;
        file.finish_unsynced()
    }
}

impl Metrics {
    fn format_live(mut self, run: &ActiveRun, status: &LiveStatus) -> String {
        self.info(
            run.kind,
            &run.list,
            &run.user_pool_id,
            &run.client_id,
            env!("CARGO_PKG_VERSION"),
        );
        self.state(None);
        self.gauge("rows", "Rows by outcome.");
        for (outcome, count) in &status.rows {
            self.sample("rows", &[("outcome", outcome.name())], float(*count));
        }
        if let Some(remaining) = status.remaining {
            self.gauge(
                "rows_remaining",
                "Rows of the list without an outcome. Only during a run.",
            );
            self.sample("rows_remaining", &[], float(remaining));
        }
        if let Some(pace) = status.pace {
            let category = [("category", "UserCreation")];
            self.gauge(
                "rate",
                "Requests a second, averaged over 5 s. Only during a run.",
            );
            self.sample("rate", &category, pace.rate);
            self.rate_ceiling();
            self.sample("rate_ceiling", &category, pace.ceiling);
        }
        self.gauge(
            "bottleneck",
            "Why the run is not faster: 1 for the reason, 0 for the others. Only during a run.",
        );
        for name in BOTTLENECKS {
            let value = if name == status.bottleneck { 1.0 } else { 0.0 };
            self.sample("bottleneck", &[("bottleneck", name)], value);
        }
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::{ActiveRun, Metrics};
    use crate::outcome::{LivePace, LiveStatus, Outcome};

    #[test]
    fn messages() {
        let run = ActiveRun {
            kind: "import",
            list: "users.csv".to_owned(),
            user_pool_id: "us-east-1_P".to_owned(),
            client_id: "client".to_owned(),
        };
        let status = LiveStatus {
            rows: vec![(Outcome::Created, 12), (Outcome::Existed, 0)],
            remaining: Some(28),
            pace: Some(LivePace {
                rate: 4.5,
                ceiling: 40.0,
            }),
            bottleneck: "throttled",
        };
        let text = Metrics::new("users").format_live(&run, &status);
        assert_messages!("metrics_live", text);
    }
}
