//! The time at work of a run, one session after the other: the pauses between them are cut out of drawings, and told.

use crate::outcome::RateSample;

/// Between two samples that are further apart nobody was at work. Milliseconds.
const PAUSE: i64 = 5_000;

/// A stretch of time without a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TimelineSession {
    from: i64,
    to: i64,
    /// Time at work before it.
    before: i64,
}

/// See the module's words. Milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Timeline {
    sessions: Vec<TimelineSession>,
}

impl Timeline {
    /// Of the samples of all categories.
    pub(super) fn of(samples: &[RateSample]) -> Self {
        let mut spans: Vec<(i64, i64)> = samples
            .iter()
            .map(|sample| (sample.at_ms, sample.at_ms + sample.span_ms.max(0)))
            .collect();
        spans.sort_unstable();
        let mut sessions: Vec<TimelineSession> = Vec::new();
        for (from, to) in spans {
            match sessions.last_mut() {
                Some(last) if from - last.to <= PAUSE => last.to = last.to.max(to),
                last => {
                    let before = last.map_or(0, |last| last.before + last.to - last.from);
                    sessions.push(TimelineSession { from, to, before });
                }
            }
        }
        Self { sessions }
    }

    /// All of it.
    pub(super) fn total(&self) -> i64 {
        self.sessions
            .last()
            .map_or(0, |last| last.before + last.to - last.from)
    }

    /// The session in which a moment lies, and the time at work before the moment.
    pub(super) fn place(&self, at: i64) -> (usize, i64) {
        let behind = self.sessions.partition_point(|session| session.from <= at);
        let number = behind.saturating_sub(1);
        let place = self.sessions.get(number).map_or(0, |session| {
            session.before + (at - session.from).clamp(0, session.to - session.from)
        });
        (number, place)
    }

    /// The pauses: time at work before each, and how long it was.
    pub(super) fn pauses(&self) -> impl Iterator<Item = (i64, i64)> {
        self.sessions
            .iter()
            .zip(self.sessions.iter().skip(1))
            .map(|(session, next)| (next.before, next.from - session.to))
    }
}

#[cfg(test)]
mod tests {
    use super::Timeline;
    use crate::report::html::samples::rate_sample as sample;

    #[test]
    fn pauses_are_cut_out_and_told() {
        let samples = [
            sample("UserCreation", 10_000, 1_000),
            sample("UserCreation", 11_000, 1_000),
            sample("UserRead", 11_500, 1_000),
            sample("UserCreation", 90_000, 2_000),
        ];
        let timeline = Timeline::of(&samples);
        assert_eq!(timeline.total(), 2_500 + 2_000);
        assert_eq!(timeline.place(11_000), (0, 1_000));
        assert_eq!(timeline.place(91_000), (1, 3_500));
        assert_eq!(timeline.pauses().collect::<Vec<_>>(), [(2_500, 77_500)]);
    }

    #[test]
    fn no_record_is_no_time() {
        let timeline = Timeline::of(&[]);
        assert_eq!((timeline.total(), timeline.place(5)), (0, (0, 0)));
        assert_eq!(timeline.pauses().count(), 0);
    }
}
