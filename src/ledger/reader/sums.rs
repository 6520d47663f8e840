//! The totals of a run: rows by outcome, errors, messages and requests.
//!
//! Rows are counted while a report visits them, because visiting them again would double the cost.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::Connection;

use super::{LedgerReader, rfc3339};
use crate::ledger::identity::{self, name};
use crate::ledger::integrity::seal::{broken_seal, requests_seal};
use crate::ledger::previous::PreviousRun;
use crate::ledger::{follow_ups, rates};
use crate::outcome::{
    CategoryRequests, ExistingUserCounts, Outcome, PreviousDifferences, PreviousSummary,
    RateSample, RowResult, RunState, Summary, UserUpdate,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowSums {
    outcomes: BTreeMap<&'static str, u64>,
    errors: BTreeMap<String, u64>,
    deliveries: BTreeMap<&'static str, u64>,
    existing_users: ExistingUserCounts,
    differs: BTreeMap<String, u64>,
    previous: PreviousDifferences,
}

impl Default for RowSums {
    fn default() -> Self {
        Self {
            outcomes: Outcome::ALL.map(|outcome| (outcome.name(), 0)).into(),
            errors: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            existing_users: ExistingUserCounts::default(),
            differs: BTreeMap::new(),
            previous: PreviousDifferences::default(),
        }
    }
}

impl RowSums {
    pub fn row(&mut self, row: &RowResult) {
        let outcome = &row.outcome;
        let is_broken = matches!(
            outcome.outcome,
            Outcome::Invalid | Outcome::Rejected | Outcome::Failed
        );
        self.previous.new += u64::from(row.is_new);
        self.previous.known += u64::from(row.known);
        self.previous.newly_broken += u64::from(is_broken && !row.known);
        *self.outcomes.entry(outcome.outcome.name()).or_default() += 1;
        if let Some(delivery) = outcome.delivery {
            *self.deliveries.entry(delivery.name()).or_default() += 1;
        }
        if let Some(code) = &outcome.error_code {
            count(&mut self.errors, code);
        }
        if outcome.outcome == Outcome::Existed {
            let users = &mut self.existing_users;
            match outcome.differs.as_deref() {
                None => users.unknown += 1,
                Some([]) => users.same += 1,
                Some(_) => users.different += 1,
            }
            match &outcome.update {
                Some(UserUpdate::Changes(_)) => users.updated += 1,
                Some(UserUpdate::Newer) => users.newer += 1,
                Some(UserUpdate::Planned) | None => {}
            }
            for difference in outcome.differs.iter().flatten() {
                count(&mut self.differs, &difference.name);
            }
        }
    }
}

/// Names repeat, so they are cloned only the first time.
fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(rows) => *rows += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}

impl LedgerReader {
    pub(super) fn samples(&self) -> rusqlite::Result<Vec<RateSample>> {
        rates::all(&self.database)
    }

    pub(super) fn sums(&self, rows: RowSums) -> rusqlite::Result<Summary> {
        let run = identity::all(&self.database)?;
        let text = |name: &str| run.get(name).cloned().unwrap_or_default();
        let number = |name: &str| run.get(name).and_then(|value| value.parse::<i64>().ok());
        let flag = |name: &str| run.get(name).is_some_and(|value| value == "1");
        let requests = Self::requests_in(&self.database)?;
        let active = number(name::ACTIVE).unwrap_or(0);
        let active_seconds = Duration::from_millis(active.unsigned_abs()).as_secs_f64();
        let requests_a_second = requests
            .iter()
            .filter(|_| active > 0)
            .map(|(category, requests)| {
                (
                    category.clone(),
                    per_second(requests.sent.saturating_sub(1), active_seconds),
                )
            })
            .collect();
        let stopped_because = run.get(name::STOPPED_BECAUSE).cloned();
        let state = match (flag(name::FINISHED), &stopped_because) {
            (true, _) => RunState::Finished,
            (false, Some(_)) => RunState::Stopped,
            (false, None) => RunState::Interrupted,
        };
        let parts = number(name::PARTS).and_then(|parts| u32::try_from(parts).ok());
        let processes = parts.filter(|_| flag(name::MERGED)).unwrap_or(1);
        let vanished = number(name::VANISHED).map(i64::unsigned_abs);
        let previous = PreviousRun::read(&self.database)?.map(|previous| PreviousSummary {
            run_directory: previous.directory,
            run_id: previous.run_id,
            list: previous.list,
            started: rfc3339(previous.started_ms),
            rows: previous.rows,
            differences: vanished
                .filter(|_| state == RunState::Finished)
                .map(|vanished| PreviousDifferences {
                    vanished,
                    differing: rows.existing_users.different,
                    ..rows.previous
                }),
        });
        let (steps, failed_steps) = if identity::follows_up(&self.database)? {
            follow_ups::sums(&self.database)?
        } else {
            (BTreeMap::new(), BTreeMap::new())
        };
        Ok(Summary {
            run_id: run.get(name::RUN_ID).cloned(),
            sessions: number(name::SESSIONS).map_or(1, i64::unsigned_abs),
            state,
            stopped_because,
            list: text("list"),
            fingerprint: run
                .get("fingerprint")
                .filter(|print| !print.is_empty())
                .cloned(),
            user_pool_id: text("user_pool_id"),
            client_id: text("client_id"),
            started: number(name::STARTED).map(rfc3339).unwrap_or_default(),
            finished: number(name::ENDED).map(rfc3339),
            active_seconds,
            rows: rows.outcomes.values().sum(),
            read_to_end: flag(name::READ_TO_END),
            outcomes: rows.outcomes,
            errors: rows.errors,
            deliveries: rows.deliveries,
            existing_users: rows.existing_users,
            differs: rows.differs,
            previous,
            follow_up: steps,
            follow_up_errors: failed_steps,
            requests,
            rates: requests_a_second,
            pace: rates::pace(&self.samples()?, processes),
        })
    }

    pub(in crate::ledger) fn requests_in(
        database: &Connection,
    ) -> rusqlite::Result<BTreeMap<String, CategoryRequests>> {
        let mut statement =
            database.prepare("SELECT category, sent, throttled, seal FROM requests")?;
        let rows = statement.query_map([], |row| {
            let category: String = row.get(0)?;
            let (sent, throttled): (i64, i64) = (row.get(1)?, row.get(2)?);
            if requests_seal(&category, sent, throttled) != row.get::<_, i64>(3)? {
                return Err(broken_seal("requests"));
            }
            let requests = CategoryRequests {
                sent: sent.unsigned_abs(),
                throttled: throttled.unsigned_abs(),
            };
            Ok((category, requests))
        })?;
        rows.collect()
    }
}

/// Returns a rate rounded to two places. `intervals` is one less than the number of requests.
fn per_second(intervals: u64, seconds: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    let rate = intervals as f64 / seconds;
    (rate * 100.0).round() / 100.0
}
