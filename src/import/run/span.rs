//! The time span, on the service's clock, in which this session can create users.

use std::time::Duration;

use crate::ledger::Span;
use crate::pool::service_clock::ServiceClock;
use crate::pool::{MAX_SKEW_MS, monotonic_ms, now_ms};

/// When the session began.
#[derive(Debug)]
pub(super) struct SessionStart {
    monotonic_ms: i64,
    local_ms: i64,
    /// The start on the service's clock, from the first response. Later responses cannot correct
    /// it, because a clock may have been adjusted.
    from_ms: Option<i64>,
}

impl SessionStart {
    pub(super) fn now() -> Self {
        Self::at(monotonic_ms(), now_ms())
    }

    fn at(monotonic_ms: i64, local_ms: i64) -> Self {
        Self {
            monotonic_ms,
            local_ms,
            from_ms: None,
        }
    }

    /// Returns the span until now, if requests arrive within `arrives_within`.
    pub(super) fn until_now(&mut self, clock: ServiceClock, arrives_within: Duration) -> Span {
        self.until((monotonic_ms(), now_ms()), clock, arrives_within)
    }

    fn until(
        &mut self,
        (monotonic_ms, local_ms): (i64, i64),
        clock: ServiceClock,
        arrives_within: Duration,
    ) -> Span {
        let start = clock.service_time(self.monotonic_ms);
        self.from_ms = self.from_ms.or(start.map(|(earliest, _)| earliest));
        let from_ms = self
            .from_ms
            .unwrap_or(self.local_ms.saturating_sub(MAX_SKEW_MS));
        let latest = clock
            .service_time(monotonic_ms)
            .map_or(local_ms.saturating_add(MAX_SKEW_MS), |(_, latest)| latest);
        let arrives_within = i64::try_from(arrives_within.as_millis()).unwrap_or(i64::MAX);
        Span {
            from_ms,
            until_ms: latest.saturating_add(arrives_within),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, MAX_SKEW_MS, ServiceClock, SessionStart, Span};

    const LATE: Duration = Duration::from_secs(45);

    #[test]
    fn without_a_response_the_maximum_skew_applies() {
        let mut start = SessionStart::at(100, 1_000_000);
        let span = start.until((5_100, 1_005_000), ServiceClock::default(), LATE);
        let expected = Span {
            from_ms: 1_000_000 - MAX_SKEW_MS,
            until_ms: 1_005_000 + MAX_SKEW_MS + 45_000,
        };
        assert_eq!(span, expected);
    }

    #[test]
    fn start_is_fixed_by_the_first_response() {
        let mut start = SessionStart::at(100, 1_000_000);
        let mut clock = ServiceClock::default();
        clock.observe(2_000, 70_000, 2_100);
        let span = start.until((3_000, 1_002_900), clock, Duration::ZERO);
        assert!((67_900..=69_100).contains(&span.from_ms), "{span:?}");
        assert!((70_900..=72_100).contains(&span.until_ms), "{span:?}");
        // This machine slept for a quarter of an hour.
        clock.observe(4_000, 972_000, 4_100);
        let later = start.until((5_000, 1_904_900), clock, Duration::ZERO);
        assert_eq!(later.from_ms, span.from_ms);
        assert!(later.until_ms >= 972_900, "{later:?}");
    }
}
