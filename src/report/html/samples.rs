//! Sample runs for tests.

use std::collections::BTreeMap;

use crate::ledger::{RunKind, RunMetadata};
use crate::outcome::{ExistingUserCounts, Outcome, RateSample, RunState, Summary};

/// Returns the summary of a finished run with these outcomes.
pub(in crate::report) fn summary(counts: &[(Outcome, u64)]) -> Summary {
    let mut outcomes: BTreeMap<&'static str, u64> =
        Outcome::ALL.map(|outcome| (outcome.name(), 0)).into();
    for (outcome, count) in counts {
        outcomes.insert(outcome.name(), *count);
    }
    Summary {
        previous: None,
        run_id: Some("0123456789abcdef".to_owned()),
        sessions: 1,
        state: RunState::Finished,
        stopped_because: None,
        list: "my users.csv".to_owned(),
        fingerprint: Some("9e1efe3d8042".repeat(5) + "abcd"),
        user_pool_id: "us-east-1_A".to_owned(),
        client_id: "1example23456789".to_owned(),
        started: "2026-11-25T22:04:05.000Z".to_owned(),
        finished: Some("2026-11-25T22:04:15.000Z".to_owned()),
        active_seconds: 10.0,
        rows: outcomes.values().sum(),
        read_to_end: true,
        outcomes,
        errors: BTreeMap::new(),
        deliveries: BTreeMap::new(),
        existing_users: ExistingUserCounts::default(),
        differs: BTreeMap::new(),
        follow_up: BTreeMap::new(),
        follow_up_errors: BTreeMap::new(),
        requests: BTreeMap::new(),
        rates: BTreeMap::new(),
        pace: BTreeMap::new(),
    }
}

/// Returns the metadata of the run.
pub(in crate::report) fn about(kind: RunKind) -> RunMetadata {
    let command = [
        "cognito-import",
        "import",
        "my users.csv",
        "--user-pool-id",
        "us-east-1_A",
    ];
    RunMetadata {
        kind,
        version: Some("0.1.0".to_owned()),
        command: Some(command.map(str::to_owned).to_vec()),
        is_merged: false,
    }
}

/// Returns a sample with 30 requests per second and a limit of 40.
pub(in crate::report) fn rate_sample(category: &str, at_ms: i64, span_ms: i64) -> RateSample {
    let span = span_ms.unsigned_abs();
    RateSample {
        category: category.to_owned(),
        at_ms,
        span_ms,
        sent: 30 * span / 1_000,
        accepted: 30 * span / 1_000,
        throttled: 0,
        room_milli: 40 * span,
        allowed_milli: 40 * span,
        slowed_ms: 0,
    }
}
