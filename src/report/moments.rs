//! The times that a summary names, as numbers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::outcome::Summary;

/// When the run first began.
pub(super) fn started(summary: &Summary) -> Option<SystemTime> {
    humantime::parse_rfc3339(&summary.started).ok()
}

/// When it last ended; none while it is at work.
pub(super) fn finished(summary: &Summary) -> Option<SystemTime> {
    humantime::parse_rfc3339(summary.finished.as_deref()?).ok()
}

/// From its first beginning to its last end, the pauses between its sessions included; none while it is at work.
pub(super) fn elapsed(summary: &Summary) -> Option<Duration> {
    finished(summary)?.duration_since(started(summary)?).ok()
}

/// Seconds since the Unix epoch.
pub(super) fn epoch_seconds(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
