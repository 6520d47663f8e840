//! Progress updates for the observer, the log and the ledger's rate samples.

use std::time::Duration;

use tokio::time::Instant;

use super::Run;
use crate::import::progress::{Bottleneck, Progress};
use crate::outcome::Outcome;
use crate::pace::Category;

/// A list without new rows for this long is reported.
const NO_ROWS: Duration = Duration::from_secs(1);

/// A few rows always wait for lookups; more are reported.
const MIN_WAITING_LOOKUPS: usize = 8;

impl Run<'_> {
    pub(super) async fn write_and_report(&mut self) {
        self.write().await;
        self.record_rates(false).await;
        self.progress.in_flight = self.tasks.len();
        self.progress.to_follow = self.follow_ups.users();
        self.progress.sign_ups = self.shared.pacer.reading(Category::UserCreation);
        self.progress.elapsed = self.started.elapsed();
        self.progress.bottleneck = self.bottleneck();
        self.watch.progress(&self.progress);
    }

    /// Shows the counts of this process after the ledger failed, because they cannot be written.
    pub(super) fn report_known_counts(&mut self) {
        self.watch
            .notice(&counts_at_failure(&self.progress, self.tasks.len()));
    }

    pub(super) async fn record_rates(&mut self, last: bool) {
        let samples = self
            .recorder
            .samples(&self.shared.pacer, Instant::now(), last);
        self.slowed.log(&samples);
        if !samples.is_empty() {
            self.ledger.rates(samples).await;
        }
    }

    /// Returns the current bottleneck; the most important one if there are several.
    fn bottleneck(&mut self) -> Option<Bottleneck> {
        let in_flight = self.tasks.len();
        let pacer = &self.shared.pacer;
        let silent = self.silence.update(pacer, Instant::now());
        let waiting = pacer.waiting(Category::UserRead) + pacer.waiting(Category::UserList);
        let throttled = Category::ALL.into_iter().find_map(|category| {
            let reading = pacer.reading(category);
            (reading.allowed < reading.ceiling)
                .then_some(Bottleneck::Throttled { category, reading })
        });
        if self.stopped.is_some() {
            return Some(Bottleneck::Stopping { in_flight });
        }
        if let Some(since) = silent.filter(|_| in_flight > 0) {
            return Some(Bottleneck::Unanswered { since, in_flight });
        }
        if !self.unreachable.is_empty() {
            let rows = self.unreachable.len();
            return Some(Bottleneck::Unreachable { rows });
        }
        if throttled.is_some() {
            return throttled;
        }
        if waiting >= MIN_WAITING_LOOKUPS && waiting * 2 > in_flight {
            return Some(Bottleneck::LookUps { waiting });
        }
        if !self.ready.is_empty() && !self.has_slot() {
            return Some(Bottleneck::Answers { in_flight });
        }
        let lacks_rows =
            self.is_idle() && !self.list_over && self.rows_arrived.elapsed() >= NO_ROWS;
        lacks_rows.then_some(Bottleneck::List)
    }
}

/// Formats the rows of all sessions by outcome, and the requests in flight.
pub(super) fn counts_at_failure(progress: &Progress, in_flight: usize) -> String {
    let counts = Outcome::ALL.map(|outcome| (progress.counts.of(outcome), outcome.name()));
    let mut parts: Vec<String> = counts
        .into_iter()
        .filter(|(rows, _)| *rows > 0)
        .map(|(rows, word)| format!("{rows} {word}"))
        .collect();
    if in_flight > 0 {
        parts.push(format!("{in_flight} in flight"));
    }
    if parts.is_empty() {
        parts.push("none".to_owned());
    }
    format!("rows when the ledger failed: {}", parts.join(", "))
}
