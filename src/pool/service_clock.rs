//! What the `Date` headers of the service say about its clock. Pure: time is an argument.
//!
//! A header has whole seconds, and an answer takes a while: each one says only that the service's clock is ahead of ours by
//! something between two bounds. Many together leave a narrow gap.

/// By how much the service's clock is ahead of a steady one of ours, in milliseconds: something between two bounds, both
/// included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServiceClock {
    bounds: Option<(i64, i64)>,
    last: Option<LastHeard>,
}

/// What the service said last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastHeard {
    /// The second that it named: milliseconds since the Unix epoch, on its clock.
    pub second_ms: i64,
    /// When the answer came, by our steady clock: milliseconds.
    pub came_ms: i64,
}

impl ServiceClock {
    /// An answer said that it was `date` (milliseconds since the Unix epoch, whole seconds). The other two say when
    /// its request was sent and when it came, by our steady clock, in milliseconds.
    pub fn heard(&mut self, sent: i64, date: i64, outcome: i64) {
        self.last = Some(LastHeard {
            second_ms: date,
            came_ms: outcome,
        });
        // Both of our times were rounded down to a millisecond.
        let (low, high) = (date - outcome - 1, date + 1_000 - sent);
        let narrowed = self
            .bounds
            .map(|(at_least, at_most)| (at_least.max(low), at_most.min(high)))
            .filter(|(at_least, at_most)| at_least <= at_most);
        // None: the service's clock was set, or ours stood still while the machine slept. What was heard before no longer holds.
        self.bounds = Some(narrowed.unwrap_or((low, high)));
    }

    /// What the service said last; none where it never said what time it is.
    #[must_use]
    pub fn last(self) -> Option<LastHeard> {
        self.last
    }

    /// The earliest and the latest that the service's clock can show at this moment of ours; none where it was never heard.
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
    fn a_clock_that_is_set_is_believed_anew() {
        let mut clock = ServiceClock::default();
        clock.heard(10_000, 10_000, 10_020);
        clock.heard(20_000, 80_000, 20_020);
        let (earliest, latest) = clock.service_time(20_010).unwrap();
        assert!((79_000..=80_000).contains(&earliest) && latest <= 81_010);
    }
}
