//! The log events of a run: slowdowns, stop, end, and every row that was not created.
//!
//! Usernames are personal data, and logs travel further than results. Events at every level
//! therefore identify a row by its number only; the results have its username. Neither has
//! passwords.

use super::progress::Progress;
use super::stop::StopReason;
use crate::detail;
use crate::outcome::{Outcome, RateSample};
use crate::pace::Category;
use crate::pool::Failure;

pub(super) fn row(row: u64, outcome: Outcome, code: Option<&str>) {
    let outcome_name = outcome.name();
    match outcome {
        Outcome::Created => {
            detail::debug!(row, outcome = outcome_name, code, "row settled");
        }
        Outcome::Existed
        | Outcome::Duplicate
        | Outcome::Invalid
        | Outcome::Skipped
        | Outcome::Rejected
        | Outcome::Failed
        | Outcome::InDoubt
        | Outcome::Unsent => tracing::info!(row, outcome = outcome_name, code, "row settled"),
    }
}

/// Logs that a step after the sign-up failed permanently.
pub(super) fn step_failed(row: u64, operation: &str, code: &str) {
    tracing::info!(row, operation, code, "step failed");
}

/// Logs the result of a request. Tasks have no span, so the run's span is passed in.
pub(super) fn response(span: &tracing::Span, row: u64, operation: &str, failure: Option<&Failure>) {
    match failure {
        Some(failure) => detail::debug!(
            parent: span,
            row,
            operation,
            code = failure.code,
            service_message = failure.message,
            "request failed"
        ),
        None => detail::trace!(parent: span, row, operation, "request succeeded"),
    }
}

pub(super) fn stops(reason: &StopReason, in_flight: usize) {
    tracing::info!(%reason, in_flight, "the run stops");
}

pub(super) fn ends(finished: bool, progress: &Progress) {
    let count = |outcome| progress.counts.of(outcome);
    tracing::info!(
        finished,
        rows = progress.counts.rows(),
        rows_of_this_session = progress.rows_now,
        created = count(Outcome::Created),
        existed = count(Outcome::Existed),
        duplicate = count(Outcome::Duplicate),
        invalid = count(Outcome::Invalid),
        skipped = count(Outcome::Skipped),
        rejected = count(Outcome::Rejected),
        failed = count(Outcome::Failed),
        in_doubt = count(Outcome::InDoubt),
        unsent = count(Outcome::Unsent),
        seconds = progress.elapsed.as_secs_f64(),
        "the session ends"
    );
}

/// The categories that were below their ceiling at the last log event.
#[derive(Debug, Default)]
pub(super) struct Slowed([bool; Category::ALL.len()]);

impl Slowed {
    /// Logs categories that were throttled, slowed down, or returned to their full rate.
    pub(super) fn log(&mut self, samples: &[RateSample]) {
        for sample in samples {
            let category = sample.category.as_str();
            if sample.throttled > 0 {
                tracing::info!(
                    category,
                    throttled = sample.throttled,
                    of = sample.sent,
                    "throttled by Cognito"
                );
            }
            let index = Category::ALL.iter().position(|c| c.name() == category);
            let Some(was_slowed) = index.and_then(|index| self.0.get_mut(index)) else {
                continue;
            };
            let is_slowed = sample.slowed_ms > 0;
            let (allowed, ceiling) = (sample.allowed_per_second(), sample.ceiling_per_second());
            if is_slowed && !*was_slowed {
                tracing::info!(category, allowed, ceiling, "slowed down");
            } else if *was_slowed && !is_slowed {
                tracing::info!(category, ceiling, "back at the full rate");
            }
            *was_slowed = is_slowed;
        }
    }
}
