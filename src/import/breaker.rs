//! Stops a run that goes wrong for every row: a mapping mistake is not paid for a million times. Pure.

use std::collections::VecDeque;

use crate::outcome::{CREATED_DURING_RUN, Outcome};

/// Rows that are looked back on for the rate.
const LOOK_BACK: usize = 200;

/// Rows in a row for which no connection could be made.
pub(super) const UNREACHABLE: usize = 10;

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakerLimits {
    /// The same error on so many first rows; 0: never.
    pub first: u32,
    /// The same error on more than this part of the last 200 rows; 1 or more: never.
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

/// See the module's words.
#[derive(Debug)]
pub(super) struct Breaker {
    /// What is counted, in words.
    what: &'static str,
    limits: BreakerLimits,
    sent: u32,
    /// The error that every row so far met.
    all_so_far: Option<String>,
    /// The error of each of the last rows; none for those that were in order.
    last: VecDeque<Option<String>>,
}

impl Breaker {
    pub(super) fn new(what: &'static str, limits: BreakerLimits) -> Self {
        Self {
            what,
            limits,
            sent: 0,
            all_so_far: None,
            last: VecDeque::with_capacity(LOOK_BACK),
        }
    }

    /// A row that was sent has its outcome. Says why the run should stop, if it should.
    pub(super) fn row(&mut self, outcome: Outcome, code: Option<&str>) -> Option<String> {
        let error = match outcome {
            // The pool has answered, and the user is there: stopping would change nothing.
            Outcome::InDoubt if code == Some(CREATED_DURING_RUN) => None,
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
            self.all_so_far.clone_from(&error);
        } else if self.all_so_far != error {
            self.all_so_far = None;
        }
        if self.last.len() == LOOK_BACK {
            self.last.pop_front();
        }
        self.last.push_back(error.clone());
        let error = error?;
        if self.sent == self.limits.first && self.all_so_far.as_ref() == Some(&error) {
            return Some(format!(
                "the first {} {} all met {error} (--max-failures): probably the mapping or the pool's rules, not the rows",
                self.sent, self.what
            ));
        }
        let same = self
            .last
            .iter()
            .flatten()
            .filter(|other| **other == error)
            .count();
        #[expect(clippy::cast_precision_loss, reason = "at most 200")]
        let share = same as f64 / LOOK_BACK as f64;
        (self.last.len() == LOOK_BACK && share > self.limits.rate).then(|| {
            format!(
                "{same} of the last {LOOK_BACK} {} met {error} (--max-failure-rate {})",
                self.what, self.limits.rate
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Breaker, BreakerLimits};
    use crate::outcome::{CREATED_DURING_RUN, Outcome};

    fn trips_after(
        rows: impl Iterator<Item = (Outcome, Option<&'static str>)>,
        limits: BreakerLimits,
    ) -> Option<usize> {
        let mut breaker = Breaker::new("rows sent", limits);
        rows.enumerate()
            .find_map(|(place, (outcome, code))| breaker.row(outcome, code).map(|_| place + 1))
    }

    const BAD: (Outcome, Option<&str>) = (Outcome::Rejected, Some("InvalidParameterException"));
    const OTHER: (Outcome, Option<&str>) = (Outcome::Rejected, Some("InvalidPasswordException"));
    const GOOD: (Outcome, Option<&str>) = (Outcome::Created, None);

    #[test]
    fn the_same_error_on_the_first_twenty_rows_trips() {
        let limits = BreakerLimits::default();
        assert_eq!(trips_after(std::iter::repeat_n(BAD, 50), limits), Some(20));
        let broken_up = std::iter::once(GOOD).chain(std::iter::repeat_n(BAD, 100));
        assert_eq!(trips_after(broken_up, limits), None);
        let two = (0..100).map(|row| if row % 2 == 0 { BAD } else { OTHER });
        assert_eq!(trips_after(two, limits), None);
    }

    #[test]
    fn most_of_the_last_two_hundred_trips() {
        let rows = std::iter::repeat_n(GOOD, 1_000).chain(std::iter::repeat_n(BAD, 500));
        assert_eq!(trips_after(rows, BreakerLimits::default()), Some(1_101));
        let half = (0..5_000).map(|row| if row % 2 == 0 { GOOD } else { BAD });
        assert_eq!(trips_after(half, BreakerLimits::default()), None);
    }

    #[test]
    fn rows_that_stay_in_doubt_count_as_well() {
        let lost = (Outcome::InDoubt, Some("InternalErrorException"));
        let rows = std::iter::repeat_n(lost, 50);
        assert_eq!(trips_after(rows, BreakerLimits::default()), Some(20));
    }

    #[test]
    fn both_can_be_switched_off() {
        let off = BreakerLimits {
            first: 0,
            rate: 1.0,
        };
        assert_eq!(trips_after(std::iter::repeat_n(BAD, 5_000), off), None);
    }

    #[test]
    fn users_that_another_process_creates_meanwhile_do_not_stop_the_run() {
        let row = (Outcome::InDoubt, Some(CREATED_DURING_RUN));
        assert_eq!(
            trips_after(std::iter::repeat_n(row, 500), BreakerLimits::default()),
            None
        );
    }
}
