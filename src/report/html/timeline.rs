//! The active time of a run. Charts omit the pauses between sessions and list them separately.

use crate::outcome::RateSample;

/// A gap between samples that is longer than this is a pause. In milliseconds.
const PAUSE: i64 = 5_000;

/// A period without pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TimelineSession {
    from: i64,
    to: i64,
    /// The active time before it.
    active_before: i64,
}

/// The sessions of a run. All times are in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Timeline {
    sessions: Vec<TimelineSession>,
}

impl Timeline {
    /// Derives the sessions from the samples of all categories.
    pub(super) fn new(samples: &[RateSample]) -> Self {
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
                    let active_before =
                        last.map_or(0, |last| last.active_before + last.to - last.from);
                    sessions.push(TimelineSession {
                        from,
                        to,
                        active_before,
                    });
                }
            }
        }
        Self { sessions }
    }

    /// Returns the total active time.
    pub(super) fn total(&self) -> i64 {
        self.sessions
            .last()
            .map_or(0, |last| last.active_before + last.to - last.from)
    }

    /// Returns the index of the session at this time, and the active time before this time.
    pub(super) fn locate(&self, time: i64) -> (usize, i64) {
        let started = self
            .sessions
            .partition_point(|session| session.from <= time);
        let index = started.saturating_sub(1);
        let active_before = self.sessions.get(index).map_or(0, |session| {
            session.active_before + (time - session.from).clamp(0, session.to - session.from)
        });
        (index, active_before)
    }

    /// Returns the active time before each pause, and the length of the pause.
    pub(super) fn pauses(&self) -> impl Iterator<Item = (i64, i64)> {
        self.sessions
            .iter()
            .zip(self.sessions.iter().skip(1))
            .map(|(session, next)| (next.active_before, next.from - session.to))
    }
}

#[cfg(test)]
mod tests {
    use super::Timeline;
    use crate::report::html::samples::rate_sample as sample;

    #[test]
    fn pauses_are_not_active_time() {
        let samples = [
            sample("UserCreation", 10_000, 1_000),
            sample("UserCreation", 11_000, 1_000),
            sample("UserRead", 11_500, 1_000),
            sample("UserCreation", 90_000, 2_000),
        ];
        let timeline = Timeline::new(&samples);
        assert_eq!(timeline.total(), 2_500 + 2_000);
        assert_eq!(timeline.locate(11_000), (0, 1_000));
        assert_eq!(timeline.locate(91_000), (1, 3_500));
        assert_eq!(timeline.pauses().collect::<Vec<_>>(), [(2_500, 77_500)]);
    }

    #[test]
    fn without_samples_there_is_no_active_time() {
        let timeline = Timeline::new(&[]);
        assert_eq!((timeline.total(), timeline.locate(5)), (0, (0, 0)));
        assert_eq!(timeline.pauses().count(), 0);
    }
}
