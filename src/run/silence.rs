//! How long a pool has not answered.

use std::time::Duration;

use tokio::time::Instant;

use crate::pace::{Category, Pacer};

/// Responses normally take a second or two. A longer silence is reported.
const SILENT: Duration = Duration::from_secs(3);

/// Returns the requests sent and responses received in all categories.
fn sent_and_answered(pacer: &Pacer) -> (u64, u64) {
    let readings = Category::ALL.map(|category| pacer.reading(category));
    let sent = readings.iter().map(|reading| reading.sent).sum();
    let answered = readings.iter().map(|r| r.accepted + r.throttled).sum();
    (sent, answered)
}

/// Measures how long the pool has not responded. Time is an argument.
#[derive(Debug, Default)]
pub struct Silence {
    answered: u64,
    /// Requests that had been sent when the last response arrived.
    sent: u64,
    since: Option<Instant>,
}

impl Silence {
    /// Returns how long requests have been unanswered, if that is unusually long.
    pub fn update(&mut self, pacer: &Pacer, now: Instant) -> Option<Duration> {
        let silent = self.duration(sent_and_answered(pacer), now);
        silent.filter(|silent| *silent >= SILENT)
    }

    /// Returns how long requests have been unanswered, or `None` while none is.
    fn duration(&mut self, (sent, answered): (u64, u64), now: Instant) -> Option<Duration> {
        if answered != self.answered {
            *self = Self {
                answered,
                sent,
                since: None,
            };
        } else if sent != self.sent {
            self.sent = sent;
            self.since.get_or_insert(now);
        }
        self.since.map(|since| now.saturating_duration_since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::Silence;
    use std::time::Duration;
    use tokio::time::Instant;

    #[test]
    fn silence_begins_with_the_first_unanswered_request() {
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        let mut silence = Silence::default();
        assert_eq!(silence.duration((0, 0), at(9)), None, "nothing was sent");
        assert_eq!(silence.duration((1, 0), at(10)), Some(Duration::ZERO));
        assert_eq!(
            silence.duration((5, 0), at(14)),
            Some(Duration::from_secs(4))
        );
        assert_eq!(silence.duration((5, 1), at(15)), None, "a response");
        // Without a new request, there is no silence.
        assert_eq!(silence.duration((5, 1), at(60)), None);
        assert_eq!(silence.duration((6, 1), at(61)), Some(Duration::ZERO));
        assert_eq!(silence.duration((6, 2), at(62)), None);
    }
}
