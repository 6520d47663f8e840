//! Metrics of an active run: in the metrics file, or as lines of the log.

use std::time::SystemTime;

use super::prepare::Prepared;
use crate::cli::settings::ImportSettings;
use crate::import::Watch;
use crate::logs::LogStream;
use crate::outcome::LiveStatus;
use crate::progress::LiveWatch;
use crate::report::{MetricsFormat, emf_line};

/// Adds an observer that publishes metrics, if there are to be any.
pub(super) fn with_metrics(
    shown: Box<dyn Watch>,
    settings: &ImportSettings,
    prepared: &Prepared,
    log: &LogStream,
) -> Box<dyn Watch> {
    let run = prepared.active_run.clone();
    let (expected, before) = (prepared.expected, prepared.plan.before);
    match (settings.metrics_format, &settings.reports.metrics) {
        (MetricsFormat::Emf, _) => {
            let log = log.clone();
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
