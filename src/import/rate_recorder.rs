//! Records sent, accepted and throttled requests of each category, second by second. Time is an
//! argument.

use std::time::Duration;

use tokio::time::Instant;

use crate::outcome::RateSample;
use crate::pace::{Category, PaceReading, Pacer};

/// The length of a sample.
const SAMPLE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct RateRecorder {
    since: Instant,
    /// `since` in milliseconds since the Unix epoch.
    since_ms: i64,
    /// Permits granted before recording began.
    at_first: [u64; Category::ALL.len()],
    before: [PaceReading; Category::ALL.len()],
}

impl RateRecorder {
    pub(super) fn begin(pacer: &Pacer, now: Instant, now_ms: i64) -> Self {
        let before = readings(pacer);
        Self {
            since: now,
            since_ms: now_ms,
            at_first: before.map(|reading| reading.sent),
            before,
        }
    }

    /// Returns the samples of a completed second; with `last`, also of an incomplete one.
    pub(super) fn samples(&mut self, pacer: &Pacer, now: Instant, last: bool) -> Vec<RateSample> {
        let span_ms = i64::try_from(now.saturating_duration_since(self.since).as_millis())
            .unwrap_or(i64::MAX);
        let span = Duration::from_millis(span_ms.unsigned_abs());
        if (span < SAMPLE && !last) || span.is_zero() {
            return Vec::new();
        }
        let readings = readings(pacer);
        let samples = Category::ALL
            .iter()
            .zip(self.before.iter().zip(&readings))
            .zip(self.at_first)
            // A category without requests since recording began has no rate.
            .filter(|((_, (_, now)), at_first)| now.sent > *at_first)
            .map(|((category, (before, now)), _)| RateSample {
                category: category.name().to_owned(),
                at_ms: self.since_ms,
                span_ms,
                sent: now.sent - before.sent,
                accepted: now.accepted - before.accepted,
                throttled: now.throttled - before.throttled,
                room_milli: milli(now.ceiling, span),
                allowed_milli: milli(f64::midpoint(before.allowed, now.allowed), span),
                slowed_ms: if before.allowed < now.ceiling || now.allowed < now.ceiling {
                    span_ms
                } else {
                    0
                },
            })
            .collect();
        self.before = readings;
        self.since += span;
        self.since_ms += span_ms;
        samples
    }
}

fn readings(pacer: &Pacer) -> [PaceReading; Category::ALL.len()] {
    Category::ALL.map(|category| pacer.reading(category))
}

/// Returns the requests, in thousandths, that a rate allows within `span`.
fn milli(rate: f64, span: Duration) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is above 0, and no run is so fast or so long"
    )]
    let milli = (rate * span.as_secs_f64() * 1e3).round() as u64;
    milli
}

#[cfg(test)]
mod tests {
    use super::{Category, Duration, Instant, Pacer, RateRecorder};
    use crate::pace::Ceilings;
    use std::num::NonZeroU32;
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn requests_before_recording_began_are_not_recorded_as_idle_time() {
        let rate = NonZeroU32::new(10).unwrap();
        let pacer = Pacer::new(Ceilings {
            creation: rate,
            read: rate,
            update: rate,
            resource_read: rate,
            list: rate,
        });
        let _permit = pacer.permit(Category::UserList).await;
        let mut record = RateRecorder::begin(&pacer, Instant::now(), 0);
        let _permit = pacer.permit(Category::UserRead).await;
        sleep(Duration::from_secs(2)).await;
        let told = record.samples(&pacer, Instant::now(), false);
        let categories: Vec<&str> = told.iter().map(|told| told.category.as_str()).collect();
        assert_eq!(categories, ["UserRead"]);
    }

    #[tokio::test(start_paused = true)]
    async fn each_second_is_recorded_once_and_the_rest_at_the_end() {
        let rate = NonZeroU32::new(10).unwrap();
        let pacer = Pacer::new(Ceilings {
            creation: rate,
            read: rate,
            update: rate,
            resource_read: rate,
            list: rate,
        });
        let mut record = RateRecorder::begin(&pacer, Instant::now(), 5_000);
        let mut told = Vec::new();
        for number in 0..25_u32 {
            let permit = pacer.permit(Category::UserCreation).await;
            pacer.answered(&permit, number == 24);
            told.extend(record.samples(&pacer, Instant::now(), false));
        }
        told.extend(record.samples(&pacer, Instant::now(), true));
        sleep(Duration::from_millis(500)).await;
        told.extend(record.samples(&pacer, Instant::now(), false));
        let sums = |of: fn(&crate::outcome::RateSample) -> u64| told.iter().map(of).sum::<u64>();
        assert_eq!(sums(|sample| sample.sent), 25);
        assert_eq!(sums(|sample| sample.accepted), 24);
        assert_eq!(sums(|sample| sample.throttled), 1);
        assert_eq!(told.len(), 3);
        assert!(told.iter().all(|sample| sample.category == "UserCreation"));
        assert_eq!(told[0].at_ms, 5_000);
        assert_eq!(told[1].at_ms, 5_000 + told[0].span_ms);
        assert_eq!(
            told[0].room_milli,
            u64::try_from(told[0].span_ms).unwrap() * 10
        );
        assert_eq!((told[0].slowed_ms, told[2].slowed_ms), (0, told[2].span_ms));
        assert!(told[2].allowed_milli < told[2].room_milli);
    }
}
