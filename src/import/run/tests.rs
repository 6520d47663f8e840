//! A task that panics does not stop the run: its row or step is left to the next run.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::dispatch::{InFlight, Returned};
use super::pending_user::PendingUser;
use super::{Run, RunEnd, SessionPlan};
use crate::import::breaker::BreakerLimits;
use crate::import::registration::RegistrationRules;
use crate::import::slots::Slots;
use crate::import::{OutcomeCounts, Progress, Watch};
use crate::ledger::{
    Durability, Facts, Identity, Ledger, LedgerBatch, LedgerError, LedgerReader, RunDirectory,
    RunKind, ToBegin,
};
use crate::outcome::{FollowUp, Outcome, RowOutcome, RowResult, RunState, StepResult, StepState};
use crate::pace::{Category, Ceilings, Pacer};
use crate::pool::{
    Cognito, ConnectSettings, EndpointChoice, LookupMode, NamedBy, Signing, TriggerData, connect,
};
use crate::rows::prefetch::Prefetch;
use crate::rows::{Dialect, Rows};
use crate::run::{RetryPolicy, Signals};
use crate::source::OpenSource;

/// The maximum duration of these runs. A run that forgets a task would never end.
const TIMEOUT: Duration = Duration::from_secs(30);

struct NoWatch;

impl Watch for NoWatch {
    fn progress(&mut self, _: &Progress) {}

    fn reading(&mut self, _: u64, _: Option<u64>, _: Duration) {}

    fn notice(&mut self, _: &str) {}
}

/// A run with a single row, which is begun in the ledger.
struct OneRow {
    folder: tempfile::TempDir,
    ledger: Ledger,
}

impl OneRow {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
        let identity = Identity {
            list: "users.csv".into(),
            fingerprint: Some("abc".into()),
            mapping: "username=1".into(),
            kept: Vec::new(),
            follow_up: Some("confirm".into()),
            told_triggers: None,
            selection: None,
            user_pool_id: "us-east-1_P".into(),
            client_id: "client".into(),
            kind: RunKind::Import,
            parts: std::num::NonZeroU32::MIN,
        };
        let facts = Facts {
            started_ms: 1_000,
            case_insensitive: true,
            second_before_run_ms: None,
            endpoint: None,
        };
        let ledger = Ledger::create(&directory, &identity, facts, Durability::Process).unwrap();
        let ann = ToBegin {
            row: 1,
            line: 2,
            username: "ann".into(),
            compared_as: None,
            kept: Vec::new(),
            outcome: None,
            follow_up: None,
        };
        ledger.begin(vec![ann], 5).await.await.unwrap();
        Self { folder, ledger }
    }

    /// Creates the run, lets `in_flight` spawn tasks, and runs it to the end.
    async fn run(self, in_flight: impl FnOnce(&mut Run<'_>)) -> (RunEnd, RowResult, RunState) {
        let mut watch = NoWatch;
        let list = Prefetch::start(no_rows(), 1, |_, _| Ok(None)).unwrap();
        let mut signals = Signals::listen().unwrap();
        let mut run = Run::new(
            plan(),
            unreachable_pool().await,
            pacer(),
            self.ledger,
            list,
            signals.grace(),
            &mut watch,
        );
        in_flight(&mut run);
        let ended = tokio::time::timeout(TIMEOUT, run.to_the_end(&mut signals)).await;
        let run: PathBuf = self.folder.path().join("run");
        let reader = LedgerReader::open(&run).unwrap();
        let mut rows = Vec::new();
        reader
            .each_row(|row| {
                rows.push(row.clone());
                Ok::<(), LedgerError>(())
            })
            .unwrap();
        let state = reader.summary().unwrap().state;
        assert_eq!(rows.len(), 1);
        (ended.unwrap().unwrap(), rows.remove(0), state)
    }
}

fn no_rows() -> Rows {
    let header = b"username\n";
    let source = OpenSource {
        length: Some(header.len() as u64),
        bytes: Box::new(&header[..]),
    };
    Rows::open("users.csv".to_owned(), source, &Dialect::default()).unwrap()
}

fn plan() -> SessionPlan {
    SessionPlan {
        slots: Slots::new(NonZeroU32::MIN, None, None),
        group: 1,
        rules: RegistrationRules {
            retry: RetryPolicy::default(),
            lookups: LookupMode::Get,
            comparison: Arc::default(),
        },
        follow_up_existing: false,
        named_by: NamedBy::default(),
        case_insensitive: true,
        second_before_run_ms: None,
        lost_since_ms: None,
        retries: false,
        arrives_within: Duration::ZERO,
        breaker: BreakerLimits::default(),
        deadline: None,
        stop_after: None,
        before: OutcomeCounts::default(),
    }
}

fn pacer() -> Pacer {
    let one = NonZeroU32::MIN;
    Pacer::new(Ceilings::same(one))
}

/// Returns a pool that is never queried.
async fn unreachable_pool() -> Cognito {
    connect(&ConnectSettings {
        user_pool_id: "us-east-1_P".into(),
        client_id: "client".into(),
        client_secret: None,
        trigger_data: TriggerData::default(),
        region: None,
        profile: None,
        endpoint: EndpointChoice::Url("http://127.0.0.1:9".into()),
        signing: Signing::Rehearsal,
        attempt_timeout: Duration::from_secs(1),
    })
    .await
    .unwrap()
}

/// A task that panics.
async fn panics() -> Returned {
    panic!("on purpose")
}

#[tokio::test]
async fn row_is_in_doubt_if_its_task_panics() {
    let one = OneRow::new().await;
    let (ended, row, state) = one
        .run(|run| {
            run.tasks.spawn(InFlight::Row(1), panics());
        })
        .await;
    assert!(ended.stopped.is_none(), "{:?}", ended.stopped);
    assert_eq!(ended.progress.counts.of(Outcome::InDoubt), 1);
    assert_eq!(ended.progress.counts.rows(), 1);
    assert_eq!(row.outcome.outcome, Outcome::InDoubt);
    assert_ne!(state, RunState::Finished, "the next run looks it up");
}

#[tokio::test]
async fn step_stays_pending_if_its_task_panics() {
    let one = OneRow::new().await;
    let pending = FollowUp {
        steps: vec![StepResult {
            step: "confirm".to_owned(),
            state: StepState::Pending,
        }],
    };
    let batch = LedgerBatch {
        results: vec![(1, RowOutcome::of(Outcome::Created))],
        follow_ups: vec![(1, pending.clone())],
        ..LedgerBatch::default()
    };
    one.ledger.write(batch).await;
    let follow_up = pending.clone();
    let (ended, row, state) = one
        .run(|run| {
            let pending = PendingUser {
                username: "ann".into(),
                password: None,
                follow_up,
                update: None,
            };
            run.follow_ups.add(1, pending);
            run.follow_ups.next(Category::UserCreation).unwrap();
            run.tasks.spawn(InFlight::Step(1), panics());
        })
        .await;
    assert!(ended.stopped.is_none(), "{:?}", ended.stopped);
    assert_eq!(ended.progress.counts.of(Outcome::InDoubt), 0);
    assert_eq!(row.outcome.outcome, Outcome::Created);
    assert_eq!(row.follow_up, Some(pending));
    assert_ne!(state, RunState::Finished, "a step is pending");
}
