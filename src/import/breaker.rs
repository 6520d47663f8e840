//! The circuit breaker: stops a run whose rows keep failing with the same error.

use std::collections::VecDeque;

use crate::outcome::{CREATED_DURING_RUN, NOT_SETTLED, Outcome};

/// The window of rows for the failure rate.
const WINDOW: usize = 200;

/// The number of consecutive rows without a connection after which the run stops.
pub(super) const MAX_UNREACHABLE: usize = 10;

/// The thresholds of the circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakerLimits {
    /// Stop if this many rows were sent and all had the same error. 0 disables this.
    pub first: u32,
    /// Stop if more than this fraction of the last 200 rows had the same error. 1.0 disables
    /// this.
    pub rate: f64,
}

impl Default for BreakerLimits {
    fn default() -> Self {
        Self {
            first: 20,
            rate: 0.5,
        }
    }
}

#[derive(Debug)]
pub(super) struct Breaker {
    /// A noun phrase for what is counted, used in messages.
    subject: &'static str,
    limits: BreakerLimits,
    sent: u32,
    /// The error that every row so far had.
    common_error: Option<String>,
    /// The error of each of the last rows, `None` for rows without one.
    last: VecDeque<Option<String>>,
}

impl Breaker {
    pub(super) fn new(subject: &'static str, limits: BreakerLimits) -> Self {
        Self {
            subject,
            limits,
            sent: 0,
            common_error: None,
            last: VecDeque::with_capacity(WINDOW),
        }
    }

    /// Records the outcome of a row that was sent. Returns a message if the run should stop.
    pub(super) fn record(&mut self, outcome: Outcome, code: Option<&str>) -> Option<String> {
        let error = match outcome {
            // The user exists, so stopping would change nothing.
            Outcome::InDoubt if matches!(code, Some(CREATED_DURING_RUN | NOT_SETTLED)) => None,
            Outcome::Rejected | Outcome::Failed | Outcome::InDoubt => {
                Some(code.unwrap_or("(no code)").to_owned())
            }
            Outcome::Created
            | Outcome::Existed
            | Outcome::Duplicate
            | Outcome::Invalid
            | Outcome::Skipped
            | Outcome::Unsent => None,
        };
        self.sent = self.sent.saturating_add(1);
        if self.sent == 1 {
            self.common_error.clone_from(&error);
        } else if self.common_error != error {
            self.common_error = None;
        }
        if self.last.len() == WINDOW {
            self.last.pop_front();
        }
        self.last.push_back(error.clone());
        let error = error?;
        if self.sent == self.limits.first && self.common_error.as_ref() == Some(&error) {
            let cause = if outcome == Outcome::Rejected {
                "the mapping or the pool's rules"
            } else {
                "the network, the endpoint or the service"
            };
            return Some(format!(
                "the first {} {} all failed with {error} (--max-failures); the cause is probably {cause}, not the rows",
                self.sent, self.subject
            ));
        }
        let same = self
            .last
            .iter()
            .flatten()
            .filter(|other| **other == error)
            .count();
        #[expect(clippy::cast_precision_loss, reason = "at most 200")]
        let fraction = same as f64 / WINDOW as f64;
        (self.last.len() == WINDOW && fraction > self.limits.rate).then(|| {
            format!(
                "{same} of the last {WINDOW} {} failed with {error} (--max-failure-rate {})",
                self.subject, self.limits.rate
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Breaker, BreakerLimits};
    use crate::outcome::{CREATED_DURING_RUN, NOT_SETTLED, Outcome};

    fn trips_after(
        rows: impl Iterator<Item = (Outcome, Option<&'static str>)>,
        limits: BreakerLimits,
    ) -> Option<usize> {
        let mut breaker = Breaker::new("rows sent", limits);
        rows.enumerate()
            .find_map(|(index, (outcome, code))| breaker.record(outcome, code).map(|_| index + 1))
    }

    const BAD: (Outcome, Option<&str>) = (Outcome::Rejected, Some("InvalidParameterException"));
    const OTHER: (Outcome, Option<&str>) = (Outcome::Rejected, Some("InvalidPasswordException"));
    const GOOD: (Outcome, Option<&str>) = (Outcome::Created, None);

    #[test]
    fn blames_the_mapping_only_for_rejections() {
        let cause = |outcome| {
            let mut breaker = Breaker::new("rows sent", BreakerLimits::default());
            let code = Some("Code");
            (0..20).find_map(|_| breaker.record(outcome, code)).unwrap()
        };
        assert!(cause(Outcome::Rejected).contains("mapping"));
        for outcome in [Outcome::Failed, Outcome::InDoubt] {
            assert!(cause(outcome).contains("network"));
        }
    }

    #[test]
    fn trips_if_the_first_rows_have_the_same_error() {
        let limits = BreakerLimits::default();
        assert_eq!(trips_after(std::iter::repeat_n(BAD, 50), limits), Some(20));
        let broken_up = std::iter::once(GOOD).chain(std::iter::repeat_n(BAD, 100));
        assert_eq!(trips_after(broken_up, limits), None);
        let two = (0..100).map(|row| if row % 2 == 0 { BAD } else { OTHER });
        assert_eq!(trips_after(two, limits), None);
    }

    #[test]
    fn trips_if_most_of_the_last_rows_have_the_same_error() {
        let rows = std::iter::repeat_n(GOOD, 1_000).chain(std::iter::repeat_n(BAD, 500));
        assert_eq!(trips_after(rows, BreakerLimits::default()), Some(1_101));
        let half = (0..5_000).map(|row| if row % 2 == 0 { GOOD } else { BAD });
        assert_eq!(trips_after(half, BreakerLimits::default()), None);
    }

    #[test]
    fn counts_rows_in_doubt() {
        let lost = (Outcome::InDoubt, Some("InternalErrorException"));
        let rows = std::iter::repeat_n(lost, 50);
        assert_eq!(trips_after(rows, BreakerLimits::default()), Some(20));
    }

    #[test]
    fn both_thresholds_can_be_disabled() {
        let off = BreakerLimits {
            first: 0,
            rate: 1.0,
        };
        assert_eq!(trips_after(std::iter::repeat_n(BAD, 5_000), off), None);
    }

    #[test]
    fn ignores_existing_users_whose_creator_is_unknown() {
        for code in [CREATED_DURING_RUN, NOT_SETTLED] {
            let row = (Outcome::InDoubt, Some(code));
            assert_eq!(
                trips_after(std::iter::repeat_n(row, 500), BreakerLimits::default()),
                None
            );
        }
    }
}
