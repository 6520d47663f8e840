use super::directory::RunDirectory;
use super::resume_cursor::{PriorState, ResumeCursor};
use super::rows::RESULT_COLUMN_COUNT;
use super::writer::Ending;
use super::{
    BeginResult, Durability, Facts, Identity, Ledger, LedgerBatch, LedgerError, LedgerReader,
    LedgerStatus, NewRow, RetryFilter, RunKind, ToBegin,
};
use crate::outcome::{
    CREATED_DURING_RUN, CategoryRequests, Evidence, FollowUp, Outcome, RowOutcome, RowResult,
    RunState,
};

mod damage;
mod directory;
mod follow_ups;
mod formats;
mod kept;
mod lost;
mod previous;
mod usernames;

pub(super) fn identity() -> Identity {
    Identity {
        list: "users.csv".into(),
        fingerprint: Some("abc".into()),
        mapping: "username=1".into(),
        kept: Vec::new(),
        follow_up: None,
        told_triggers: None,
        selection: None,
        user_pool_id: "us-east-1_P".into(),
        client_id: "client".into(),
        kind: RunKind::Import,
        parts: std::num::NonZeroU32::MIN,
    }
}

pub(super) fn create(directory: &RunDirectory) -> Ledger {
    let facts = Facts {
        started_ms: 1_000,
        case_insensitive: true,
        second_before_run_ms: Some(9_000),
        endpoint: None,
    };
    Ledger::create(directory, &identity(), facts, Durability::Process).unwrap()
}

fn reopen(directory: &RunDirectory, retry: &[RetryFilter]) -> (Ledger, LedgerStatus) {
    let (ledger, standing, facts) =
        Ledger::reopen(directory, &identity(), Durability::Process, retry).unwrap();
    assert_eq!(facts.second_before_run_ms, Some(9_000));
    assert!(facts.case_insensitive);
    (ledger, standing)
}

pub(super) fn to_begin(row: u64, username: &str) -> ToBegin {
    ToBegin {
        row,
        line: row + 1,
        username: username.into(),
        compared_as: Some(username.to_lowercase()),
        kept: Vec::new(),
        outcome: None,
        follow_up: None,
    }
}

fn created() -> RowOutcome {
    let mut outcome = RowOutcome::of(Outcome::Created);
    outcome.evidence = Some(Evidence::Answer);
    outcome.user_sub = Some("sub-1".into());
    outcome.confirmed = Some(false);
    outcome.attempts = 1;
    outcome
}

pub(super) fn settled(results: Vec<(u64, RowOutcome)>) -> LedgerBatch {
    followed(results, Vec::new())
}

fn followed(results: Vec<(u64, RowOutcome)>, follow_ups: Vec<(u64, FollowUp)>) -> LedgerBatch {
    LedgerBatch {
        results,
        follow_ups,
        ..LedgerBatch::default()
    }
}

pub(super) fn ending(finished: bool) -> Ending {
    Ending {
        finished,
        stopped_because: (!finished).then(|| "SIGINT".to_owned()),
        at_ms: 2_000,
    }
}

fn rows(directory: &RunDirectory) -> Vec<RowResult> {
    let mut seen = Vec::new();
    let reader = LedgerReader::open(directory.path()).unwrap();
    reader
        .each_row(|row| {
            seen.push(row.clone());
            Ok::<(), LedgerError>(())
        })
        .unwrap();
    seen
}

#[test]
fn column_count_matches_the_columns() {
    assert_eq!(
        super::rows::RESULT_COLUMNS.split(',').count(),
        RESULT_COLUMN_COUNT
    );
}

#[tokio::test]
async fn reads_rows_in_order_and_reports_unsettled_ones_as_in_doubt_or_unsent() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let ledger = create(&directory);
    let begun = ledger
        .begin(
            vec![to_begin(1, "ann"), to_begin(3, "bob"), to_begin(4, "ANN")],
            5,
        )
        .await;
    assert_eq!(
        begun.await.unwrap(),
        [BeginResult::Yes, BeginResult::Yes, BeginResult::SameAs(1)]
    );
    ledger.write(settled(vec![(1, created())])).await;
    let outcome = RowOutcome::of(Outcome::Invalid).with_error("row.cell_count", "2 cells");
    let invalid = RowResult::sample(2, outcome);
    let unsent = super::writer::ReadRow {
        row: 5,
        line: 6,
        username: Some("eve".into()),
        kept: Vec::new(),
    };
    let rest = vec![NewRow::Settled(Box::new(invalid)), NewRow::Unsent(unsent)];
    ledger.note(rest).await;
    ledger.close(ending(false)).await.unwrap();
    let seen = rows(&directory);
    let outcomes: Vec<Outcome> = seen.iter().map(|row| row.outcome.outcome).collect();
    assert_eq!(
        outcomes,
        [
            Outcome::Created,
            Outcome::Invalid,
            Outcome::InDoubt,
            Outcome::Duplicate,
            Outcome::Unsent
        ]
    );
    assert_eq!(seen[0].outcome, created());
    assert_eq!(seen[3].outcome.same_as_row, Some(1));
    let summary = LedgerReader::open(directory.path())
        .unwrap()
        .summary()
        .unwrap();
    assert_eq!(summary.rows, 5);
    assert_eq!(summary.state, RunState::Stopped);
    assert_eq!(summary.count(Outcome::InDoubt), 1);
    assert_eq!(summary.errors.get("Interrupted"), Some(&1));
    assert_eq!(summary.started, "1970-01-01T00:00:01.000Z");
}

#[tokio::test]
async fn row_with_a_known_outcome_is_settled_when_begun() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let ledger = create(&directory);
    let mut existed = RowOutcome::of(Outcome::Existed);
    existed.evidence = Some(Evidence::Listing);
    let known = |row, username| ToBegin {
        outcome: Some(Box::new(existed.clone())),
        ..to_begin(row, username)
    };
    let group = vec![known(1, "ann"), to_begin(2, "bob"), known(3, "ANN")];
    let begun = ledger.begin(group, 5).await.await.unwrap();
    assert_eq!(
        begun,
        [BeginResult::Yes, BeginResult::Yes, BeginResult::SameAs(1)]
    );
    // If the process died here, only this one row could have been sent.
    ledger.close(ending(false)).await.unwrap();
    let seen = rows(&directory);
    assert_eq!(seen[0].outcome, existed);
    assert_eq!(seen[1].outcome.outcome, Outcome::InDoubt);
    assert_eq!(seen[2].outcome, RowOutcome::duplicate_of(1));
    let (_, standing) = reopen(&directory, &[]);
    let maybe_sent = 1;
    assert_eq!(
        standing,
        LedgerStatus::Unfinished {
            settled: 2,
            maybe_sent,
            to_follow: 0,
        }
    );
}

#[tokio::test]
async fn outcomes_are_on_disk_once_the_next_rows_are_begun() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let ledger = create(&directory);
    let begun = ledger.begin(vec![to_begin(1, "ann")], 5).await;
    begun.await.unwrap();
    let requests = CategoryRequests {
        sent: 1,
        throttled: 0,
    };
    let since = LedgerBatch {
        requests: vec![("UserCreation", requests)],
        active_ms: 40,
        ..settled(vec![(1, created())])
    };
    let begun = ledger
        .begin_and_write(since, vec![NewRow::ToBegin(to_begin(2, "bob"))], 6)
        .await;
    assert_eq!(begun.await.unwrap(), [BeginResult::Yes]);
    // Not closed, as after a killed process.
    let seen = rows(&directory);
    assert_eq!(seen[0].outcome, created());
    assert_eq!(seen[1].outcome.outcome, Outcome::InDoubt);
    let summary = LedgerReader::open(directory.path())
        .unwrap()
        .summary()
        .unwrap();
    assert_eq!(summary.requests["UserCreation"], requests);
    assert_eq!(summary.active_seconds, 0.04);
    drop(ledger);
}

#[tokio::test]
async fn resumed_run_knows_the_state_of_each_row() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let ledger = create(&directory);
    let begun = ledger
        .begin(
            vec![to_begin(1, "ann"), to_begin(2, "bob"), to_begin(3, "eve")],
            77,
        )
        .await;
    begun.await.unwrap();
    ledger.write(settled(vec![(1, created())])).await;
    ledger.never_sent(vec![3]).await;
    ledger.close(ending(false)).await.unwrap();
    let (ledger, standing) = reopen(&directory, &[]);
    assert_eq!(
        standing,
        LedgerStatus::Unfinished {
            settled: 1,
            maybe_sent: 1,
            to_follow: 0,
        }
    );
    let mut past = ResumeCursor::open(&directory.database()).unwrap();
    assert_eq!(past.of(1, Some("ann")).unwrap(), PriorState::Settled);
    assert_eq!(
        past.of(2, Some("bob")).unwrap(),
        PriorState::Begun { at_ms: 77 }
    );
    assert_eq!(past.of(3, Some("eve")).unwrap(), PriorState::Nothing);
    assert_eq!(past.of(4, Some("new")).unwrap(), PriorState::Nothing);
    let mut other = ResumeCursor::open(&directory.database()).unwrap();
    assert!(matches!(
        other.of(2, Some("mallory")),
        Err(LedgerError::OtherRow { row: 2, .. })
    ));
    let again = ledger
        .begin(vec![to_begin(3, "eve"), to_begin(4, "Bob")], 99)
        .await;
    assert_eq!(
        again.await.unwrap(),
        [BeginResult::Yes, BeginResult::SameAs(2)]
    );
    ledger.close(ending(true)).await.unwrap();
}

#[tokio::test]
async fn resets_only_selected_outcomes_for_a_retry() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let ledger = create(&directory);
    let names = ["ann", "bob", "eve", "joe", "kim"];
    let all = names
        .iter()
        .zip(1..)
        .map(|(name, row)| to_begin(row, name))
        .collect();
    ledger.begin(all, 7).await.await.unwrap();
    let mut stopper = RowOutcome::of(Outcome::Failed);
    stopper.stopped_the_run = true;
    ledger
        .write(settled(vec![
            (1, created()),
            (2, RowOutcome::of(Outcome::Rejected)),
            (3, RowOutcome::of(Outcome::InDoubt)),
            (4, stopper),
            (
                5,
                RowOutcome::of(Outcome::InDoubt)
                    .with_error(CREATED_DURING_RUN, "created by an unknown client"),
            ),
        ]))
        .await;
    ledger.close(ending(true)).await.unwrap();
    let (ledger, standing) = reopen(
        &directory,
        &[
            RetryFilter::Rows(Outcome::Rejected),
            RetryFilter::Rows(Outcome::InDoubt),
        ],
    );
    assert_eq!(
        standing,
        LedgerStatus::Unfinished {
            settled: 1,
            maybe_sent: 1,
            to_follow: 0,
        }
    );
    let mut past = ResumeCursor::open(&directory.database()).unwrap();
    let stand: Vec<PriorState> = (1..)
        .zip(names)
        .map(|(row, name)| past.of(row, Some(name)).unwrap())
        .collect();
    assert_eq!(
        stand,
        [
            PriorState::Settled,
            PriorState::Nothing,
            PriorState::Begun { at_ms: 7 },
            PriorState::Nothing,
            // No request of the run can have created it.
            PriorState::Nothing
        ]
    );
    ledger.close(ending(true)).await.unwrap();
}
