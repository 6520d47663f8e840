//! Estimates the service's clock from `Date` headers. Time is an argument.
//!
//! A header has whole seconds and a response takes time, so each one only bounds the offset between
//! the clocks. Many headers together narrow it down.

/// An estimate of the service's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServiceClock {
    /// The range of its offset to the local monotonic clock, in milliseconds, inclusive.
    bounds: Option<(i64, i64)>,
    last: Option<LastHeard>,
}

/// The last `Date` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastHeard {
    /// Its value, in milliseconds since the Unix epoch.
    pub second_ms: i64,
    /// When it arrived, in milliseconds on the local monotonic clock.
    pub received_ms: i64,
}

impl ServiceClock {
    /// Adds a response with this `date`, in milliseconds since the Unix epoch and in whole seconds.
    /// `sent` and `received` are on the local monotonic clock, in milliseconds.
    pub fn observe(&mut self, sent: i64, date: i64, received: i64) {
        self.last = Some(LastHeard {
            second_ms: date,
            received_ms: received,
        });
        // Both local times were rounded down to a millisecond.
        let (low, high) = (date - received - 1, date + 1_000 - sent);
        let narrowed = self
            .bounds
            .map(|(low_bound, high_bound)| (low_bound.max(low), high_bound.min(high)))
            .filter(|(low_bound, high_bound)| low_bound <= high_bound);
        // If the ranges do not overlap, the service's clock was adjusted or this machine slept, so
        // earlier responses no longer count.
        self.bounds = Some(narrowed.unwrap_or((low, high)));
    }

    /// Returns the last `Date`, or `None` before the first one.
    #[must_use]
    pub fn last(self) -> Option<LastHeard> {
        self.last
    }

    /// Returns the earliest and latest time on the service's clock at this local monotonic time.
    /// `None` before the first response.
    #[must_use]
    pub fn service_time(self, local: i64) -> Option<(i64, i64)> {
        self.bounds
            .map(|(low_bound, high_bound)| (local + low_bound, local + high_bound))
    }
}

#[cfg(test)]
mod tests {
    use super::ServiceClock;

    #[test]
    fn many_headers_narrow_the_range_to_the_round_trip() {
        let mut clock = ServiceClock::default();
        let ahead = 90_250;
        for step in 0..200 {
            let sent = 1_000_000 + step * 37;
            let date = (sent + 10 + ahead) / 1_000 * 1_000;
            clock.observe(sent, date, sent + 20);
        }
        let (earliest, latest) = clock.service_time(0).unwrap();
        assert!(earliest <= ahead && ahead <= latest, "{clock:?}");
        assert!(latest - earliest <= 62, "{clock:?}");
    }

    #[test]
    fn adjusted_clock_replaces_the_estimate() {
        let mut clock = ServiceClock::default();
        clock.observe(10_000, 10_000, 10_020);
        clock.observe(20_000, 80_000, 20_020);
        let (earliest, latest) = clock.service_time(20_010).unwrap();
        assert!((79_000..=80_000).contains(&earliest) && latest <= 81_010);
    }
}
