//! Follow-up steps are written with the row's outcome and known to a resumed run.

use super::{create, created, ending, followed, identity, rows, to_begin};
use crate::ledger::resume_cursor::{PriorState, ResumeCursor};
use crate::ledger::{
    Durability, Facts, Identity, Ledger, LedgerError, LedgerReader, LedgerStatus, RetryFilter,
    RunDirectory, ToBegin,
};
use crate::outcome::{FollowUp, Outcome, RowOutcome, StepResult, StepState};

fn following() -> Identity {
    Identity {
        follow_up: Some("confirm, group staff".to_owned()),
        ..identity()
    }
}

fn begin_run(directory: &RunDirectory) -> Ledger {
    let facts = Facts {
        started_ms: 1_000,
        case_insensitive: true,
        second_before_run_ms: None,
        endpoint: None,
    };
    Ledger::create(directory, &following(), facts, Durability::Process).unwrap()
}

fn steps(confirm: StepState, group: StepState) -> FollowUp {
    let step = |step: &str, state| StepResult {
        step: step.to_owned(),
        state,
    };
    FollowUp {
        steps: vec![step("confirm", confirm), step("group staff", group)],
    }
}

fn failed() -> StepState {
    StepState::Failed {
        code: "LimitExceededException".to_owned(),
        message: "in a hundred groups already".to_owned(),
    }
}

fn run_in(folder: &tempfile::TempDir) -> RunDirectory {
    RunDirectory::hold(&folder.path().join("run")).unwrap()
}

fn reopen(directory: &RunDirectory, retry: &[RetryFilter]) -> (Ledger, LedgerStatus) {
    let (ledger, standing, _) =
        Ledger::reopen(directory, &following(), Durability::Process, retry).unwrap();
    (ledger, standing)
}

#[tokio::test]
async fn run_is_finished_once_no_step_is_pending() {
    use StepState::{Done, Pending};
    let folder = tempfile::tempdir().unwrap();
    let directory = run_in(&folder);
    let ledger = begin_run(&directory);
    let group = vec![to_begin(1, "ann"), to_begin(2, "bob")];
    ledger.begin(group, 5).await.await.unwrap();
    let both = vec![(1, created()), (2, created())];
    let begun = vec![(1, steps(Pending, Pending)), (2, steps(Pending, Pending))];
    ledger.write(followed(both, begun)).await;
    let later = vec![(1, steps(Done, Done)), (2, steps(Done, Pending))];
    ledger.write(followed(Vec::new(), later)).await;
    // The caller reports the run as finished, but a step is pending.
    ledger.close(ending(true)).await.unwrap();

    let seen = rows(&directory);
    assert_eq!(seen[0].follow_up, Some(steps(Done, Done)));
    assert_eq!(seen[1].follow_up, Some(steps(Done, Pending)));
    assert_eq!(seen[1].outcome, created());
    let summary = LedgerReader::open(directory.path())
        .unwrap()
        .summary()
        .unwrap();
    let reason = summary.stopped_because.unwrap();
    assert!(reason.contains("sign-up of row 2 is pending"), "{reason}");
    let counts = &summary.follow_up["group staff"];
    assert_eq!((counts.done, counts.pending, counts.failed), (1, 1, 0));

    let (ledger, standing) = reopen(&directory, &[]);
    let expected = LedgerStatus::Unfinished {
        settled: 2,
        maybe_sent: 0,
        to_follow: 1,
    };
    assert_eq!(standing, expected);
    let mut past = ResumeCursor::open(&directory.database()).unwrap();
    assert_eq!(past.of(1, Some("ann")).unwrap(), PriorState::Settled);
    let PriorState::ToFollow(left) = past.of(2, Some("bob")).unwrap() else {
        panic!("a step of row 2 is to be taken");
    };
    assert_eq!(left.username, "bob");
    assert_eq!(left.follow_up, steps(Done, Pending));
    let done = vec![(2, steps(Done, Done))];
    ledger.write(followed(Vec::new(), done)).await;
    ledger.close(ending(true)).await.unwrap();
    let (_, standing) = reopen(&directory, &[]);
    assert_eq!(standing, LedgerStatus::Finished);
}

#[tokio::test]
async fn failed_steps_stay_failed_unless_they_are_retried() {
    use StepState::{Done, Pending};
    let folder = tempfile::tempdir().unwrap();
    let directory = run_in(&folder);
    let ledger = begin_run(&directory);
    let group: Vec<ToBegin> = (1..=3)
        .map(|row| to_begin(row, &format!("user{row}")))
        .collect();
    ledger.begin(group, 5).await.await.unwrap();
    let all = (1..=3).map(|row| (row, created())).collect();
    let follow_ups = vec![
        (1, steps(failed(), Done)),
        (2, steps(Done, Done)),
        (3, steps(Done, failed())),
    ];
    ledger.write(followed(all, follow_ups)).await;
    ledger.close(ending(true)).await.unwrap();
    let summary = LedgerReader::open(directory.path())
        .unwrap()
        .summary()
        .unwrap();
    assert_eq!(summary.follow_up_errors["LimitExceededException"], 2);
    let standing = |retry: &[RetryFilter]| Ledger::peek(&directory, &following(), retry).unwrap();
    assert_eq!(standing(&[]), LedgerStatus::Finished);
    assert_eq!(
        standing(&[RetryFilter::Rows(Outcome::Failed)]),
        LedgerStatus::Finished
    );
    let expected = LedgerStatus::Unfinished {
        settled: 3,
        maybe_sent: 0,
        to_follow: 2,
    };
    assert_eq!(standing(&[RetryFilter::FailedSteps]), expected);
    // `look_at` changed nothing.
    assert_eq!(rows(&directory)[0].follow_up, Some(steps(failed(), Done)));
    let (ledger, _) = reopen(&directory, &[RetryFilter::FailedSteps]);
    ledger.close(ending(false)).await.unwrap();
    let seen = rows(&directory);
    assert_eq!(seen[0].follow_up, Some(steps(Pending, Done)));
    assert_eq!(seen[2].follow_up, Some(steps(Done, Pending)));
}

#[tokio::test]
async fn listed_user_has_its_steps_as_soon_as_it_is_begun() {
    use StepState::{Done, Pending};
    let folder = tempfile::tempdir().unwrap();
    let directory = run_in(&folder);
    let ledger = begin_run(&directory);
    let known = |row, name| ToBegin {
        outcome: Some(Box::new(RowOutcome::of(Outcome::Existed))),
        follow_up: Some(steps(Done, Pending)),
        ..to_begin(row, name)
    };
    let group = vec![known(1, "ann"), known(2, "ANN")];
    ledger.begin(group, 5).await.await.unwrap();
    ledger.close(ending(false)).await.unwrap();
    let seen = rows(&directory);
    assert_eq!(seen[0].follow_up, Some(steps(Done, Pending)));
    assert_eq!(seen[1].follow_up, None, "a duplicate has no steps");
}

#[test]
fn different_steps_are_a_different_run() {
    let folder = tempfile::tempdir().unwrap();
    let directory = run_in(&folder);
    drop(begin_run(&directory));
    let error = Ledger::peek(&directory, &identity(), &[]).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("list of steps after a sign-up")
            && message.contains("`confirm, group staff` instead of `none`"),
        "{message}"
    );
    let folder = tempfile::tempdir().unwrap();
    let directory = run_in(&folder);
    drop(create(&directory));
    let error = Ledger::peek(&directory, &following(), &[]).unwrap_err();
    assert!(matches!(error, LedgerError::OtherRun { .. }), "{error}");
}

#[tokio::test]
async fn modified_step_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let directory = run_in(&folder);
    let ledger = begin_run(&directory);
    ledger
        .begin(vec![to_begin(1, "ann")], 5)
        .await
        .await
        .unwrap();
    let follow_ups = vec![(1, steps(StepState::Done, failed()))];
    ledger
        .write(followed(vec![(1, created())], follow_ups))
        .await;
    ledger.close(ending(true)).await.unwrap();
    let database = rusqlite::Connection::open(directory.database()).unwrap();
    database
        .execute_batch("UPDATE follow_ups SET steps = replace(steps, 'staff', 'admin')")
        .unwrap();
    let reader = LedgerReader::open(directory.path()).unwrap();
    let error = reader.each_row(|_| Ok::<(), LedgerError>(())).unwrap_err();
    assert!(matches!(error, LedgerError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_step_that_is_no_longer_pending_is_damage() {
    use StepState::{Done, Pending};
    let folder = tempfile::tempdir().unwrap();
    let directory = run_in(&folder);
    let ledger = begin_run(&directory);
    ledger
        .begin(vec![to_begin(1, "ann")], 5)
        .await
        .await
        .unwrap();
    let pending = vec![(1, steps(Done, Pending))];
    ledger.write(followed(vec![(1, created())], pending)).await;
    ledger.close(ending(false)).await.unwrap();
    let database = rusqlite::Connection::open(directory.database()).unwrap();
    database
        .execute("UPDATE follow_ups SET state = 'done'", [])
        .unwrap();
    drop(database);
    let error = Ledger::peek(&directory, &following(), &[]).unwrap_err();
    assert!(matches!(error, LedgerError::Damaged { .. }), "{error}");
}
