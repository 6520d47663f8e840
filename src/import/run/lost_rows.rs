//! Rows that the ledger does not know although an earlier session may have sent them: the ledger
//! was lost, or it is an older copy of itself.
//!
//! A killed session looks the same as an older copy, so the first unknown rows of a run that
//! resumes after a kill are treated as lost, too. Sessions send rows in the list's order. Once the
//! pool has created the users of many unknown rows, one after the other, no earlier session got
//! this far.

use crate::import::registration::SentBefore;
use crate::outcome::{Evidence, Outcome, RowOutcome};

/// More rows than a session processes at the same time.
const CREATED_IN_A_ROW: u32 = 4_096;

#[derive(Debug)]
pub(super) struct LostRows {
    since_ms: Option<i64>,
    /// Whether rows are retried. They may come before lost ones, so they prove nothing.
    retries: bool,
    created_in_a_row: u32,
    ended_now: bool,
}

impl LostRows {
    pub(super) fn new(since_ms: Option<i64>, retries: bool) -> Self {
        Self {
            since_ms,
            retries,
            created_in_a_row: 0,
            ended_now: false,
        }
    }

    /// Returns the earliest time at which the next unknown row may have been sent, if it may have
    /// been.
    pub(super) fn since_ms(&self) -> Option<i64> {
        self.since_ms
    }

    pub(super) fn settled(&mut self, sent_before: SentBefore, outcome: &RowOutcome) {
        if sent_before != SentBefore::Unknown || self.since_ms.is_none() || self.retries {
            return;
        }
        match (outcome.outcome, outcome.evidence) {
            (Outcome::Created, Some(Evidence::Answer)) => self.created_in_a_row += 1,
            // An earlier session got this far, or may have.
            (Outcome::Created | Outcome::InDoubt, _) => self.created_in_a_row = 0,
            _ => {}
        }
        if self.created_in_a_row == CREATED_IN_A_ROW {
            self.since_ms = None;
            self.ended_now = true;
        }
    }

    /// Returns whether this was the last lost row, once.
    pub(super) fn take_ended(&mut self) -> bool {
        std::mem::take(&mut self.ended_now)
    }
}

#[cfg(test)]
mod tests {
    use super::{CREATED_IN_A_ROW, LostRows};
    use crate::import::registration::SentBefore;
    use crate::outcome::{Evidence, Outcome, RowOutcome};

    fn created(evidence: Evidence) -> RowOutcome {
        let mut outcome = RowOutcome::of(Outcome::Created);
        outcome.evidence = Some(evidence);
        outcome
    }

    fn after(retries: bool, evidence: impl IntoIterator<Item = Evidence>) -> LostRows {
        let mut rows = LostRows::new(Some(7), retries);
        for evidence in evidence {
            rows.settled(SentBefore::Unknown, &created(evidence));
        }
        rows
    }

    fn answers(count: u32) -> impl Iterator<Item = Evidence> {
        (0..count).map(|_| Evidence::Answer)
    }

    #[test]
    fn lost_rows_end_once_many_users_were_created_in_a_row() {
        let mut rows = after(false, answers(CREATED_IN_A_ROW - 1));
        assert_eq!((rows.since_ms(), rows.take_ended()), (Some(7), false));
        rows.settled(SentBefore::Unknown, &created(Evidence::Answer));
        assert_eq!((rows.since_ms(), rows.take_ended()), (None, true));
        assert!(!rows.take_ended());
    }

    #[test]
    fn a_recovered_user_starts_the_count_over() {
        let count = CREATED_IN_A_ROW - 1;
        let events = answers(count)
            .chain([Evidence::Lookup])
            .chain(answers(count));
        assert_eq!(after(false, events).since_ms(), Some(7));
    }

    #[test]
    fn a_row_in_doubt_starts_the_count_over() {
        let mut rows = after(false, answers(CREATED_IN_A_ROW - 1));
        rows.settled(SentBefore::Unknown, &RowOutcome::of(Outcome::InDoubt));
        rows.settled(SentBefore::Unknown, &created(Evidence::Answer));
        assert_eq!(rows.since_ms(), Some(7));
    }

    #[test]
    fn retried_rows_and_rows_that_were_begun_prove_nothing() {
        assert_eq!(after(true, answers(CREATED_IN_A_ROW)).since_ms(), Some(7));
        let mut rows = LostRows::new(Some(7), false);
        for _ in 0..CREATED_IN_A_ROW {
            rows.settled(SentBefore::Maybe, &created(Evidence::Answer));
        }
        assert_eq!(rows.since_ms(), Some(7));
    }
}
