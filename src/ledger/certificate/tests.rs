use std::collections::BTreeMap;
use std::fs;

use serde_json::json;

use super::{CERTIFICATE, RunCertificate};
use crate::ledger::{Facts, Identity, LedgerError, RunDirectory, RunKind};

fn identity() -> Identity {
    Identity {
        list: "users.csv".to_owned(),
        fingerprint: Some("9e1efe3d8042".to_owned()),
        mapping: "username=1".to_owned(),
        kept: vec!["id".to_owned()],
        follow_up: None,
        told_triggers: None,
        selection: None,
        user_pool_id: "us-east-1_P".to_owned(),
        client_id: "client".to_owned(),
        kind: RunKind::Import,
        parts: std::num::NonZeroU32::MIN,
    }
}

fn certificate() -> RunCertificate {
    let facts = Facts {
        started_ms: 160_000,
        case_insensitive: true,
        second_before_run_ms: Some(159_000),
        endpoint: Some(String::new()),
    };
    let limits = BTreeMap::from([("UserCreation".to_owned(), 50)]);
    RunCertificate::new("00000000deadbeef", &identity(), &facts, limits)
}

fn directory() -> (tempfile::TempDir, RunDirectory) {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    (folder, directory)
}

#[test]
fn is_read_as_written() {
    let (_folder, directory) = directory();
    assert_eq!(RunCertificate::read(&directory).unwrap(), None);
    certificate().write(&directory).unwrap();
    let read = RunCertificate::read(&directory).unwrap();
    assert_eq!(read, Some(certificate()));
    let names: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .filter(|name| name != "ledger.lock")
        .collect();
    assert_eq!(names, [CERTIFICATE]);
}

#[test]
fn is_written_once() {
    let (_folder, directory) = directory();
    assert!(certificate().write(&directory).unwrap());
    let other = RunCertificate {
        run_id: "other".to_owned(),
        ..certificate()
    };
    assert!(!other.write(&directory).unwrap());
    assert_eq!(
        RunCertificate::read(&directory).unwrap(),
        Some(certificate())
    );
}

#[test]
#[cfg(unix)]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, directory) = directory();
    certificate().write(&directory).unwrap();
    let about = fs::metadata(directory.path().join(CERTIFICATE)).unwrap();
    assert_eq!(about.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_difference_in_identity_is_named() {
    let (_folder, directory) = directory();
    let compare = |identity: &Identity| certificate().compare(identity, directory.location());
    compare(&identity()).unwrap();
    let renamed = Identity {
        list: "copy.csv".to_owned(),
        ..identity()
    };
    compare(&renamed).unwrap();
    let other_client = Identity {
        client_id: "other".to_owned(),
        ..identity()
    };
    match compare(&other_client) {
        Err(LedgerError::OtherRun {
            what, found, here, ..
        }) => assert_eq!(
            (what, found.as_str(), here.as_str()),
            ("app client", "client", "other")
        ),
        other => panic!("{other:?}"),
    }
    let no_kept_columns = Identity {
        kept: Vec::new(),
        ..identity()
    };
    match compare(&no_kept_columns) {
        Err(LedgerError::OtherRun { found, here, .. }) => {
            assert_eq!((found.as_str(), here.as_str()), (r#"["id"]"#, "none"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn damaged_and_newer_files_are_refused() {
    let (_folder, directory) = directory();
    let path = directory.path().join(CERTIFICATE);
    let read = |text: &str| {
        fs::write(&path, text).unwrap();
        RunCertificate::read(&directory)
    };
    for text in ["", "{", "[]", r#"{"format": 1}"#] {
        let damaged = read(text);
        assert!(
            matches!(damaged, Err(LedgerError::DamagedCertificate { .. })),
            "{text}"
        );
    }
    let newer = read(r#"{"format": 2, "anything": "else"}"#);
    assert!(matches!(
        newer,
        Err(LedgerError::Newer {
            found: 2,
            known: 1,
            ..
        })
    ));
}

#[test]
fn has_these_fields() {
    let written = serde_json::to_value(certificate()).unwrap();
    let expected = json!({
        "format": 1,
        "run_id": "00000000deadbeef",
        "version": env!("CARGO_PKG_VERSION"),
        "list": "users.csv",
        "list_sha256": "9e1efe3d8042",
        "mapping": "username=1",
        "kept_columns": ["id"],
        "follow_up": null,
        "trigger_data": null,
        "user_pool_id": "us-east-1_P",
        "client_id": "client",
        "kind": "import",
        "parts": 1,
        "started_ms": 160_000,
        "case_insensitive": true,
        "second_before_run_ms": 159_000,
        "selection": null,
        "endpoint": "",
        "limits": {"UserCreation": 50},
    });
    assert_eq!(written, expected);
}
