//! Ledgers of earlier versions: they can be read, and their runs go on.

use super::{created, ending, followed, identity, settled, to_begin};
use crate::ledger::comparison::compare;
use crate::ledger::directory::RunDirectory;
use crate::ledger::{Begun, Durability, Facts, Invocation, Kind, Ledger, LedgerError, Reader};
use crate::outcome::{FollowUp, Outcome, RateSample, StepResult, StepState};

/// A ledger with a row that was begun, as a version left it that wrote this format.
async fn of_format(directory: &RunDirectory, format: i64) {
    let facts = Facts {
        started_ms: 1_000,
        folds: true,
        second_before_run_ms: None,
        endpoint: None,
    };
    let ledger = Ledger::create(directory, &identity(), facts, Durability::Process).unwrap();
    let group = vec![to_begin(1, "ann"), to_begin(2, "bob")];
    ledger.begin(group, 5).await.await.unwrap();
    ledger.write(settled(vec![(1, created())])).await;
    ledger.close(ending(false)).await.unwrap();
    let database = rusqlite::Connection::open(directory.database()).unwrap();
    database
        .execute_batch("CREATE INDEX claims ON rows (claim) WHERE claim IS NOT NULL;")
        .unwrap();
    if format < 4 {
        database.execute_batch("DROP TABLE follow_ups").unwrap();
    }
    if format < 3 {
        database.execute_batch("DROP TABLE rates").unwrap();
    }
    if format == 1 {
        database.execute_batch("DROP TABLE kept").unwrap();
    }
    database
        .pragma_update(None, "user_version", format)
        .unwrap();
}

fn invocation() -> Invocation {
    Invocation {
        version: "0.1.0".to_owned(),
        command: vec!["cognito-import".to_owned(), "import".to_owned()],
    }
}

#[tokio::test]
async fn the_last_session_s_command_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let facts = Facts {
        started_ms: 1_000,
        folds: true,
        second_before_run_ms: None,
        endpoint: None,
    };
    let ledger = Ledger::create(&directory, &identity(), facts, Durability::Process).unwrap();
    ledger.invoked(invocation()).await;
    let group = vec![to_begin(1, "ann")];
    ledger.begin(group, 5).await.await.unwrap();
    ledger.close(ending(false)).await.unwrap();
    let (ledger, _, _) = Ledger::reopen(&directory, &identity(), Durability::Process, &[]).unwrap();
    let mut second = invocation();
    second.command.push("--yes".to_owned());
    ledger.invoked(second.clone()).await;
    ledger.close(ending(false)).await.unwrap();
    let about = Reader::open(directory.path()).unwrap().about().unwrap();
    assert_eq!(about.command, Some(second.command));
}

fn sample() -> RateSample {
    RateSample {
        category: "UserCreation".to_owned(),
        at_ms: 5_000,
        span_ms: 1_000,
        sent: 40,
        accepted: 40,
        throttled: 0,
        room_milli: 40_000,
        allowed_milli: 40_000,
        slowed_ms: 0,
    }
}

#[tokio::test]
async fn a_run_of_an_earlier_format_is_read_and_goes_on_in_the_present_one() {
    for format in [1, 2, 3, 4] {
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
        of_format(&directory, format).await;
        let summary = Reader::open(directory.path()).unwrap().summary().unwrap();
        assert_eq!(summary.count(Outcome::Created), 1, "{format}");
        assert!(summary.pace.is_empty(), "{format}: no record of the rate");

        let about = Reader::open(directory.path()).unwrap().about().unwrap();
        assert_eq!((about.version, about.command), (None, None), "{format}");
        let (ledger, _, _) =
            Ledger::reopen(&directory, &identity(), Durability::Process, &[]).unwrap();
        ledger.invoked(invocation()).await;
        let double = ledger.begin(vec![to_begin(3, "Ann")], 9).await;
        assert_eq!(double.await.unwrap(), [Begun::SameAs(1)], "{format}");
        let done = FollowUp {
            steps: vec![StepResult {
                step: "confirm".to_owned(),
                state: StepState::Done,
            }],
        };
        ledger
            .write(followed(vec![(2, created())], vec![(2, done)]))
            .await;
        ledger.rates(vec![sample()]).await;
        ledger.close(ending(true)).await.unwrap();
        let summary = Reader::open(directory.path()).unwrap().summary().unwrap();
        assert_eq!(summary.count(Outcome::Created), 2, "{format}");
        let about = Reader::open(directory.path()).unwrap().about().unwrap();
        assert_eq!(about.version.as_deref(), Some("0.1.0"), "{format}");
        assert_eq!(
            summary.pace["UserCreation"].used_of_ceiling, 1.0,
            "{format}"
        );
    }
}

#[tokio::test]
async fn another_run_s_ledger_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    of_format(&directory, 4).await;
    let mut other = identity();
    other.client_id = "another".to_owned();
    let refused = [
        Ledger::look_at(&directory, &other, &[]).map(drop),
        Ledger::reopen(&directory, &other, Durability::Process, &[]).map(drop),
        Ledger::is_of_kind(&directory, Kind::Rehearsal),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(LedgerError::OtherRun { .. })));
    }
    let database = rusqlite::Connection::open(directory.database()).unwrap();
    let format: i64 = database
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(format, 4);
}

#[tokio::test]
async fn runs_of_different_formats_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let mut readers = Vec::new();
    for format in [1, 2] {
        let path = folder.path().join(format.to_string());
        let directory = RunDirectory::hold(&path).unwrap();
        of_format(&directory, format).await;
        readers.push(Reader::open(&path).unwrap());
    }
    let compared = compare::<LedgerError>(&readers[0], &readers[1], true, |_| Ok(())).unwrap();
    assert_eq!((compared.unchanged, compared.changed), (2, 0));
}

#[tokio::test]
async fn a_ledger_that_lacks_a_table_of_its_format_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    of_format(&directory, 4).await;
    let database = rusqlite::Connection::open(directory.database()).unwrap();
    database.execute_batch("DROP TABLE follow_ups").unwrap();
    let error = Reader::open(directory.path()).map(drop).unwrap_err();
    assert!(matches!(error, LedgerError::Damaged { .. }), "{error}");
}
