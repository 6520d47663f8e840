//! Estimates the service's clock from `Date` headers. Pure: time is an argument.
//!
//! A header has whole seconds and an answer takes time, so each one only bounds the offset between
//! the clocks. Many together narrow it.

/// The offset of the service's clock to our monotonic clock, in milliseconds, as an inclusive
/// range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServiceClock {
    bounds: Option<(i64, i64)>,
    last: Option<LastHeard>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastHeard {
    /// The last `Date`, in milliseconds since the Unix epoch.
    pub second_ms: i64,
    /// When the answer arrived, in milliseconds of our monotonic clock.
    pub came_ms: i64,
}

impl ServiceClock {
    /// An answer said that it was `date` (milliseconds since the Unix epoch, whole seconds). The
    /// other two say when its request was sent and when it came, by our steady clock, in
    /// milliseconds.
    pub fn heard(&mut self, sent: i64, date: i64, outcome: i64) {
        self.last = Some(LastHeard {
            second_ms: date,
            came_ms: outcome,
        });
        // Both local times were rounded down to a millisecond.
        let (low, high) = (date - outcome - 1, date + 1_000 - sent);
        let narrowed = self
            .bounds
            .map(|(at_least, at_most)| (at_least.max(low), at_most.min(high)))
            .filter(|(at_least, at_most)| at_least <= at_most);
        // The ranges do not overlap: the service's clock was set, or this machine slept. Earlier
        // answers no longer count.
        self.bounds = Some(narrowed.unwrap_or((low, high)));
    }

    /// The last `Date`, or `None` before the first one.
    #[must_use]
    pub fn last(self) -> Option<LastHeard> {
        self.last
    }

    /// The earliest and latest time of the service's clock at this local time, or `None` before the
    /// first answer.
    #[must_use]
    pub fn service_time(self, ours: i64) -> Option<(i64, i64)> {
        self.bounds
            .map(|(at_least, at_most)| (ours + at_least, ours + at_most))
    }
}

#[cfg(test)]
mod tests {
    use super::ServiceClock;

    #[test]
    fn headers_of_whole_seconds_narrow_down_to_the_round_trip() {
        let mut clock = ServiceClock::default();
        let ahead = 90_250;
        for step in 0..200 {
            let sent = 1_000_000 + step * 37;
            let date = (sent + 10 + ahead) / 1_000 * 1_000;
            clock.heard(sent, date, sent + 20);
        }
        let (earliest, latest) = clock.service_time(0).unwrap();
        assert!(earliest <= ahead && ahead <= latest, "{clock:?}");
        assert!(latest - earliest <= 62, "{clock:?}");
    }

    #[test]
    fn an_adjusted_clock_replaces_the_estimate() {
        let mut clock = ServiceClock::default();
        clock.heard(10_000, 10_000, 10_020);
        clock.heard(20_000, 80_000, 20_020);
        let (earliest, latest) = clock.service_time(20_010).unwrap();
        assert!((79_000..=80_000).contains(&earliest) && latest <= 81_010);
    }
}
