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
    initial: [u64; Category::ALL.len()],
    previous: [PaceReading; Category::ALL.len()],
}

impl RateRecorder {
    pub(super) fn begin(pacer: &Pacer, now: Instant, now_ms: i64) -> Self {
        let previous = readings(pacer);
        Self {
            since: now,
            since_ms: now_ms,
            initial: previous.map(|reading| reading.sent),
            previous,
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
            .zip(self.previous.iter().zip(&readings))
            .zip(self.initial)
            // A category without requests since recording began has no rate.
            .filter(|((_, (_, now)), initial)| now.sent > *initial)
            .map(|((category, (previous, now)), _)| RateSample {
                category: category.name().to_owned(),
                at_ms: self.since_ms,
                span_ms,
                sent: now.sent - previous.sent,
                accepted: now.accepted - previous.accepted,
                throttled: now.throttled - previous.throttled,
                room_milli: milli(now.ceiling, span),
                allowed_milli: milli(f64::midpoint(previous.allowed, now.allowed), span),
                slowed_ms: if previous.allowed < now.ceiling || now.allowed < now.ceiling {
                    span_ms
                } else {
                    0
                },
            })
            .collect();
        self.previous = readings;
        self.since += span;
        self.since_ms += span_ms;
        samples
    }
}

fn readings(pacer: &Pacer) -> [PaceReading; Category::ALL.len()] {
    Category::ALL.map(|category| pacer.reading(category))
}

/// Returns the number of requests, in thousandths, that a rate allows within `span`.
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
    async fn ignores_requests_before_recording_began() {
        let rate = NonZeroU32::new(10).unwrap();
        let pacer = Pacer::new(Ceilings::same(rate));
        let _permit = pacer.permit(Category::UserList).await;
        let mut recorder = RateRecorder::begin(&pacer, Instant::now(), 0);
        let _permit = pacer.permit(Category::UserRead).await;
        sleep(Duration::from_secs(2)).await;
        let samples = recorder.samples(&pacer, Instant::now(), false);
        let categories: Vec<&str> = samples
            .iter()
            .map(|sample| sample.category.as_str())
            .collect();
        assert_eq!(categories, ["UserRead"]);
    }

    #[tokio::test(start_paused = true)]
    async fn records_each_second_once_and_the_rest_at_the_end() {
        let rate = NonZeroU32::new(10).unwrap();
        let pacer = Pacer::new(Ceilings::same(rate));
        let mut recorder = RateRecorder::begin(&pacer, Instant::now(), 5_000);
        let mut samples = Vec::new();
        for number in 0..25_u32 {
            let permit = pacer.permit(Category::UserCreation).await;
            pacer.record_response(&permit, number == 24);
            samples.extend(recorder.samples(&pacer, Instant::now(), false));
        }
        samples.extend(recorder.samples(&pacer, Instant::now(), true));
        sleep(Duration::from_millis(500)).await;
        samples.extend(recorder.samples(&pacer, Instant::now(), false));
        let sums = |of: fn(&crate::outcome::RateSample) -> u64| samples.iter().map(of).sum::<u64>();
        assert_eq!(sums(|sample| sample.sent), 25);
        assert_eq!(sums(|sample| sample.accepted), 24);
        assert_eq!(sums(|sample| sample.throttled), 1);
        assert_eq!(samples.len(), 3);
        assert!(
            samples
                .iter()
                .all(|sample| sample.category == "UserCreation")
        );
        assert_eq!(samples[0].at_ms, 5_000);
        assert_eq!(samples[1].at_ms, 5_000 + samples[0].span_ms);
        assert_eq!(
            samples[0].room_milli,
            u64::try_from(samples[0].span_ms).unwrap() * 10
        );
        assert_eq!(
            (samples[0].slowed_ms, samples[2].slowed_ms),
            (0, samples[2].span_ms)
        );
        assert!(samples[2].allowed_milli < samples[2].room_milli);
    }
}
