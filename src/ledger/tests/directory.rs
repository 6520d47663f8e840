//! Access to a run's directory and to the ledgers of other runs.

use super::{create, ending, identity, to_begin};
use crate::ledger::{Durability, Ledger, LedgerError, RunDirectory};

#[test]
fn refuses_a_second_process_another_run_and_a_later_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let directory = RunDirectory::hold(&path).unwrap();
    assert!(matches!(
        RunDirectory::hold(&path),
        Err(LedgerError::Busy(_))
    ));
    drop(create(&directory));
    let mut other = identity();
    other.mapping = "username=2".into();
    let error = Ledger::reopen(&directory, &other, Durability::Power, &[]).unwrap_err();
    assert!(
        matches!(
            error,
            LedgerError::OtherRun {
                what: "mapping of columns",
                ..
            }
        ),
        "{error}"
    );
    let database = rusqlite::Connection::open(directory.database()).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let error = Ledger::reopen(&directory, &identity(), Durability::Power, &[]).unwrap_err();
    assert!(
        matches!(error, LedgerError::Newer { found: 99, .. }),
        "{error}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_directory_and_its_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let ledger = create(&directory);
    ledger
        .begin(vec![to_begin(1, "ann")], 1)
        .await
        .await
        .unwrap();
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(directory.path()), 0o700);
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{file:?}");
    }
    ledger.close(ending(true)).await.unwrap();
}
