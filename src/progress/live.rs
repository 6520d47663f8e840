//! Publishes the status of an active run every 15 s.

use std::time::Duration;

use super::estimate::{Estimate, ExpectedWork};
use crate::import::{OutcomeCounts, Progress, Watch};
use crate::outcome::{LivePace, LiveStatus, NO_BOTTLENECK, Outcome, PRESCAN};

const INTERVAL: Duration = Duration::from_secs(15);

/// An observer that publishes the status, in addition to another observer.
pub struct LiveWatch<P> {
    shown: Box<dyn Watch>,
    estimate: Estimate,
    expected: ExpectedWork,
    /// Rows of earlier sessions.
    before: OutcomeCounts,
    publish: P,
    /// When to publish next, in time since the run began.
    next: Duration,
    /// The same while the pool is read, in time since reading began.
    next_reading: Duration,
}

impl<P: FnMut(LiveStatus)> LiveWatch<P> {
    pub fn new(
        shown: Box<dyn Watch>,
        expected: ExpectedWork,
        before: OutcomeCounts,
        publish: P,
    ) -> Self {
        Self {
            shown,
            estimate: Estimate::new(expected),
            expected,
            before,
            publish,
            next: Duration::ZERO,
            next_reading: Duration::ZERO,
        }
    }
}

impl<P: FnMut(LiveStatus)> Watch for LiveWatch<P> {
    fn progress(&mut self, progress: &Progress) {
        self.shown.progress(progress);
        let status = self.estimate.update(progress);
        if progress.elapsed < self.next {
            return;
        }
        self.next = progress.elapsed + INTERVAL;
        let bottleneck = progress.bottleneck.as_ref();
        (self.publish)(LiveStatus {
            rows: rows(&progress.counts),
            remaining: status.total.map(|total| total.saturating_sub(status.rows)),
            pace: Some(LivePace {
                rate: status.rate,
                ceiling: status.ceiling,
            }),
            bottleneck: bottleneck.map_or(NO_BOTTLENECK, |bottleneck| bottleneck.name()),
        });
    }

    fn reading(&mut self, users: u64, estimated_total: Option<u64>, elapsed: Duration) {
        self.shown.reading(users, estimated_total, elapsed);
        if elapsed < self.next_reading {
            return;
        }
        self.next_reading = elapsed + INTERVAL;
        let total = self.expected.rows.map(|rows| rows.total);
        (self.publish)(LiveStatus {
            rows: rows(&self.before),
            remaining: total.map(|total| total.saturating_sub(self.before.rows())),
            pace: None,
            bottleneck: PRESCAN,
        });
    }

    fn notice(&mut self, text: &str) {
        self.shown.notice(text);
    }
}

fn rows(counts: &OutcomeCounts) -> Vec<(Outcome, u64)> {
    let of = |outcome| (outcome, counts.of(outcome));
    Outcome::ALL.map(of).to_vec()
}

#[cfg(test)]
mod tests {
    use super::LiveWatch;
    use crate::import::{Bottleneck, OutcomeCounts, Progress, Watch};
    use crate::outcome::{BOTTLENECKS, LiveStatus, Outcome};
    use crate::pace::{Category, PaceReading};
    use crate::progress::{ExpectedRows, ExpectedWork};
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;

    struct SilentWatch;

    impl Watch for SilentWatch {
        fn progress(&mut self, _: &Progress) {}

        fn reading(&mut self, _: u64, _: Option<u64>, _: Duration) {}

        fn notice(&mut self, _: &str) {}
    }

    fn at(tenths: u32, created: u64) -> Progress {
        let mut counts = OutcomeCounts::default();
        counts.add_many(Outcome::Created, created);
        let sign_ups = PaceReading {
            sent: created,
            ceiling: 40.0,
            allowed: 40.0,
            ..PaceReading::default()
        };
        Progress {
            counts,
            sign_ups,
            elapsed: Duration::from_millis(100) * tenths,
            ..Progress::default()
        }
    }

    #[test]
    fn the_status_is_published_at_once_and_every_15_seconds() {
        let (send, received) = sync_channel::<LiveStatus>(10);
        let expected = ExpectedWork {
            rows: Some(ExpectedRows {
                total: 1_000,
                to_send: 1_000,
            }),
            bytes: None,
            users_per_second: 40.0,
        };
        let publish = move |status| send.send(status).unwrap();
        let mut watch = LiveWatch::new(
            Box::new(SilentWatch),
            expected,
            OutcomeCounts::default(),
            publish,
        );
        watch.reading(60, None, Duration::ZERO);
        assert_eq!(received.try_recv().unwrap().bottleneck, "prescan");
        let mut published = Vec::new();
        // 20 users a second, for 46 seconds.
        for tenths in 0..=460 {
            watch.progress(&at(tenths, u64::from(tenths) * 2));
            published.extend(received.try_recv().map(|status| (tenths, status)));
        }
        let times: Vec<u32> = published.iter().map(|(tenths, _)| *tenths).collect();
        assert_eq!(times, [0, 150, 300, 450]);
        let (_, last) = published.last().unwrap();
        assert_eq!(last.remaining, Some(100));
        let rate = last.pace.unwrap().rate;
        assert!((19.0..=21.0).contains(&rate), "{rate}");
        assert_eq!(last.bottleneck, "rate_ceiling");
        assert!(last.rows.contains(&(Outcome::Created, 900)));
    }

    #[test]
    fn every_bottleneck_is_listed() {
        for bottleneck in [
            Bottleneck::Stopping { in_flight: 0 },
            Bottleneck::Unanswered {
                since: Duration::ZERO,
                in_flight: 1,
            },
            Bottleneck::Unreachable { rows: 1 },
            Bottleneck::Throttled {
                category: Category::UserCreation,
                reading: PaceReading::default(),
            },
            Bottleneck::LookUps { waiting: 1 },
            Bottleneck::Answers { in_flight: 1 },
            Bottleneck::List,
        ] {
            assert!(BOTTLENECKS.contains(&bottleneck.name()));
        }
    }
}
