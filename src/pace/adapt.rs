//! How long a category rests after the pool said "too many requests". Pure: time is an argument.

use std::time::Duration;

use tokio::time::Instant;

/// The first rest. Cognito's quotas are counted by the second, so a quarter of one is noticed there.
const FIRST_REST: Duration = Duration::from_millis(250);
/// The longest rest.
const LONGEST_REST: Duration = Duration::from_secs(10);
/// So long without a throttled answer, and the next rest is a step shorter again. One success proves nothing.
const CALM: Duration = Duration::from_secs(5);

/// The rest of one quota category.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rest {
    step: u32,
    until: Option<Instant>,
}

impl Rest {
    /// A throttled answer came in. Those that were under way when the rest began do not make it longer.
    pub(super) fn throttled(&mut self, now: Instant) {
        if self.until.is_some_and(|until| now < until) {
            return;
        }
        let calm = self
            .until
            .map_or(Duration::MAX, |ended| now.saturating_duration_since(ended));
        let steps_down = u32::try_from(calm.as_secs() / CALM.as_secs()).unwrap_or(u32::MAX);
        self.step = self.step.saturating_sub(steps_down);
        let rest = FIRST_REST
            .saturating_mul(2_u32.saturating_pow(self.step))
            .min(LONGEST_REST);
        self.step = (self.step + 1).min(16);
        self.until = Some(now + rest);
    }

    /// When requests may go out again; none where they may now.
    pub(super) fn until(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::{CALM, FIRST_REST, LONGEST_REST, Rest};
    use tokio::time::Instant;

    #[test]
    fn rests_double_and_answers_of_the_same_burst_count_once() {
        let start = Instant::now();
        let mut rest = Rest::default();
        rest.throttled(start);
        rest.throttled(start + FIRST_REST / 2);
        assert_eq!(rest.until(start), Some(start + FIRST_REST));
        let again = start + FIRST_REST;
        assert_eq!(rest.until(again), None);
        rest.throttled(again);
        assert_eq!(rest.until(again), Some(again + FIRST_REST * 2));
    }

    #[test]
    fn a_rest_has_an_end_and_shrinks_after_calm() {
        let mut now = Instant::now();
        let mut rest = Rest::default();
        for _ in 0..40 {
            rest.throttled(now);
            now = rest.until(now).unwrap_or(now);
        }
        rest.throttled(now);
        assert_eq!(rest.until(now), Some(now + LONGEST_REST));
        let later = now + CALM * 20;
        rest.throttled(later);
        assert_eq!(rest.until(later), Some(later + FIRST_REST));
    }
}
