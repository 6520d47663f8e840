//! What the `Date` headers of the service say about its clock. Pure: time is an argument.
//!
//! A header has whole seconds, and an answer takes a while: each one says only that the service's clock is ahead of ours by
//! something between two bounds. Many together leave a narrow gap.

/// By how much the service's clock is ahead of ours, in milliseconds: something between two bounds, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceClock {
    at_least: i64,
    at_most: i64,
    last: Option<LastHeard>,
}

/// What the service said last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastHeard {
    /// The second that it named: milliseconds since the Unix epoch, on its clock.
    pub second_ms: i64,
    /// When the answer came, by our clock: milliseconds since the Unix epoch.
    pub came_ms: i64,
}

/// Nothing was heard of the service's clock yet: it may be off by this much either way (5 minutes: signed requests are
/// refused beyond that).
const UNKNOWN: i64 = 5 * 60 * 1_000;

impl Default for ServiceClock {
    fn default() -> Self {
        Self {
            at_least: -UNKNOWN,
            at_most: UNKNOWN,
            last: None,
        }
    }
}

impl ServiceClock {
    /// An answer said that it was `date` (milliseconds since the Unix epoch, whole seconds). It was sent and came
    /// by our clock, in milliseconds since the Unix epoch, as the other two say.
    pub fn heard(&mut self, sent: i64, date: i64, came: i64) {
        self.last = Some(LastHeard {
            second_ms: date,
            came_ms: came,
        });
        // Both of our times were rounded down to a millisecond.
        let (low, high) = (date - came - 1, date + 1_000 - sent);
        let at_least = self.at_least.max(low);
        let at_most = self.at_most.min(high);
        (self.at_least, self.at_most) = if at_least <= at_most {
            (at_least, at_most)
        } else {
            // One of the clocks was set: what was heard before no longer holds.
            (low, high)
        };
    }

    /// What the service said last; none where it never said what time it is.
    #[must_use]
    pub fn last(self) -> Option<LastHeard> {
        self.last
    }

    /// The earliest and the latest that the service's clock can have shown at this moment of ours.
    #[must_use]
    pub fn service_time(self, ours: i64) -> (i64, i64) {
        (ours + self.at_least, ours + self.at_most)
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
        let (earliest, latest) = clock.service_time(0);
        assert!(earliest <= ahead && ahead <= latest, "{clock:?}");
        assert!(latest - earliest <= 62, "{clock:?}");
    }

    #[test]
    fn a_clock_that_is_set_is_believed_anew() {
        let mut clock = ServiceClock::default();
        clock.heard(10_000, 10_000, 10_020);
        clock.heard(20_000, 80_000, 20_020);
        let (earliest, latest) = clock.service_time(20_010);
        assert!((79_000..=80_000).contains(&earliest) && latest <= 81_010);
    }
}
