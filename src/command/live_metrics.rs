//! Metrics of an active run: in the metrics file, or as lines of the log.

use std::time::SystemTime;

use super::Display;
use crate::cli::settings::ImportSettings;
use crate::import::{OutcomeCounts, Watch};
use crate::outcome::LiveStatus;
use crate::progress::{self, ExpectedWork, LiveWatch};
use crate::report::{ActiveRun, MetricsFormat, emf_line};

/// Shows and publishes the progress of a run.
pub(super) struct RunWatch<'a> {
    pub(super) settings: &'a ImportSettings,
    pub(super) display: Display<'a>,
    /// What metrics say about the run.
    pub(super) active_run: ActiveRun,
}

impl RunWatch<'_> {
    /// Returns an observer. `before` are the rows of earlier sessions.
    pub(super) fn observe(&self, expected: ExpectedWork, before: OutcomeCounts) -> Box<dyn Watch> {
        let settings = self.settings;
        let shown = progress::watcher(settings.progress, self.display.screen, expected);
        let run = self.active_run.clone();
        match (settings.metrics_format, &settings.reports.metrics) {
            (MetricsFormat::Emf, _) => {
                let log = self.display.log.clone();
                let publish = move |status: LiveStatus| {
                    log.line(&emf_line(&run, &status, SystemTime::now()));
                };
                Box::new(LiveWatch::new(shown, expected, before, publish))
            }
            (MetricsFormat::Prometheus, Some(file)) => {
                let file = file.clone();
                let mut has_failed = false;
                let publish = move |status: LiveStatus| {
                    let written = file.write_live(&run, &status);
                    // At the end, a failure is an error.
                    if let Err(cause) = written
                        && !std::mem::replace(&mut has_failed, true)
                    {
                        tracing::warn!(file = %file.path().display(), %cause, "the metrics cannot be written");
                    }
                };
                Box::new(LiveWatch::new(shown, expected, before, publish))
            }
            (MetricsFormat::Prometheus, None) => shown,
        }
    }
}
