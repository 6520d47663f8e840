//! Counts for reports, collected row by row in constant memory.

use std::collections::BTreeMap;

use serde::Serialize;

use super::durations::Durations;
use crate::outcome::{Evidence, Outcome, RowResult};

/// The number of example rows for each error.
const EXAMPLES: usize = 3;

/// The maximum number of error codes. Cognito and the rules for rows have about sixty.
const MAX_CODES: usize = 200;

/// The code under which codes beyond the maximum are counted.
pub(super) const OTHER_CODES: &str = "(other codes)";

#[derive(Debug, Clone, Default)]
pub(super) struct ReportTally {
    /// Response times of rows that were created by the response to their only SignUp.
    pub(super) durations: Durations,
    pub(super) created: Confirmed,
    /// Rows by error code.
    pub(super) errors: BTreeMap<String, ErrorRows>,
}

/// Users that the run created, by confirmation state at the end of the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Confirmed {
    /// Confirmed users.
    pub(super) confirmed: u64,
    /// Unconfirmed users, who cannot sign in yet.
    pub(super) unconfirmed: u64,
    /// Users whose state the pool did not report.
    pub(super) unknown: u64,
    /// Users that SignUp itself returned as confirmed.
    pub(super) confirmed_at_sign_up: u64,
}

/// The rows with one error code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ErrorRows {
    pub(super) count: u64,
    pub(super) by_outcome: BTreeMap<Outcome, u64>,
    pub(super) examples: Vec<ErrorExample>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ErrorExample {
    pub(super) row: u64,
    pub(super) line: u64,
    pub(super) username: Option<String>,
    pub(super) message: String,
}

impl ReportTally {
    pub(super) fn row(&mut self, row: &RowResult) {
        let outcome = &row.outcome;
        let created = outcome.outcome == Outcome::Created;
        if created && outcome.evidence == Some(Evidence::Answer) && outcome.attempts == 1 {
            self.durations.add(outcome.duration_ms);
        }
        if created {
            match row.confirmed() {
                Some(true) => self.created.confirmed += 1,
                Some(false) => self.created.unconfirmed += 1,
                None => self.created.unknown += 1,
            }
            if row.confirmed_at_sign_up() == Some(true) {
                self.created.confirmed_at_sign_up += 1;
            }
        }
        if let Some(code) = &outcome.error_code {
            self.error(code, row);
        }
    }

    fn error(&mut self, code: &str, row: &RowResult) {
        let code = if self.errors.contains_key(code) || self.errors.len() < MAX_CODES {
            code
        } else {
            OTHER_CODES
        };
        // Many rows share a code, so it is copied only once.
        if !self.errors.contains_key(code) {
            self.errors.insert(code.to_owned(), ErrorRows::default());
        }
        let Some(error) = self.errors.get_mut(code) else {
            return;
        };
        error.count += 1;
        *error.by_outcome.entry(row.outcome.outcome).or_default() += 1;
        if error.examples.len() < EXAMPLES {
            error.examples.push(ErrorExample {
                row: row.row,
                line: row.line,
                username: row.username.clone(),
                message: row.outcome.error_message.clone().unwrap_or_default(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ErrorExample, MAX_CODES, ReportTally};
    use crate::outcome::{Evidence, Outcome, RowOutcome, RowResult};

    fn row(number: u64, outcome: RowOutcome) -> RowResult {
        RowResult {
            username: Some(format!("user{number}")),
            ..RowResult::sample(number, outcome)
        }
    }

    fn created(evidence: Evidence, attempts: u32) -> RowOutcome {
        let mut outcome = RowOutcome::of(Outcome::Created);
        outcome.evidence = Some(evidence);
        outcome.attempts = attempts;
        outcome.duration_ms = 30;
        outcome
    }

    #[test]
    fn measures_only_rows_created_by_a_single_attempt() {
        let mut tally = ReportTally::default();
        tally.row(&row(1, created(Evidence::Answer, 1)));
        tally.row(&row(2, created(Evidence::Answer, 2)));
        tally.row(&row(3, created(Evidence::Lookup, 1)));
        tally.row(&row(4, RowOutcome::of(Outcome::Existed)));
        assert_eq!(
            tally.durations.latency().map(|latency| latency.rows),
            Some(1)
        );
    }

    #[test]
    fn counts_confirmation_states() {
        let mut tally = ReportTally::default();
        let mut outcome = created(Evidence::Answer, 1);
        outcome.confirmed = Some(false);
        tally.row(&row(1, outcome));
        tally.row(&row(2, created(Evidence::Lookup, 1)));
        assert_eq!((tally.created.unconfirmed, tally.created.unknown), (1, 1));
    }

    #[test]
    fn keeps_the_first_examples_and_limits_the_number_of_codes() {
        let mut tally = ReportTally::default();
        for number in 1..=10 {
            let outcome =
                RowOutcome::of(Outcome::Rejected).with_error("A", format!("why {number}"));
            tally.row(&row(number, outcome));
        }
        for number in 0..1_000 {
            let outcome = RowOutcome::of(Outcome::Failed).with_error(format!("B{number}"), "why");
            tally.row(&row(11 + number, outcome));
        }
        let a = &tally.errors["A"];
        assert_eq!((a.count, a.by_outcome[&Outcome::Rejected]), (10, 10));
        let rows: Vec<u64> = a.examples.iter().map(|example| example.row).collect();
        assert_eq!(rows, [1, 2, 3]);
        assert_eq!(
            a.examples[0],
            ErrorExample {
                row: 1,
                line: 2,
                username: Some("user1".to_owned()),
                message: "why 1".to_owned()
            }
        );
        assert_eq!(tally.errors.len(), MAX_CODES + 1);
        let counted: u64 = tally.errors.values().map(|error| error.count).sum();
        assert_eq!(counted, 1_010);
    }
}
