use std::collections::BTreeMap;

use super::{
    LookupFailure, LookupReply, Presence, RowState, SavedPosition, SeenUser, UnknownPart,
    UserLookup, VerifyPosition, VerifyProgress,
};
use crate::ledger::{LedgerError, RunDirectory};

fn user(username: &str, sub: &str) -> SeenUser {
    SeenUser {
        username: username.to_owned(),
        sub: Some(sub.to_owned()),
        status: Some("CONFIRMED".to_owned()),
        enabled: true,
        attributes: BTreeMap::new(),
    }
}

fn names(name: &str) -> [String; 1] {
    [name.to_owned()]
}

/// Rows 1 to 3: ann with a `sub`, bob without one, and eve, whose row was refused.
fn fill(progress: &VerifyProgress) -> Result<(), LedgerError> {
    progress.add_row(1, "ann", Some("s1"), Presence::Present)?;
    progress.add_row(2, "bob", None, Presence::Present)?;
    progress.add_row(3, "eve", None, Presence::Unknown)
}

fn row(progress: &VerifyProgress, row: u64) -> RowState {
    progress.row(row).unwrap().unwrap()
}

#[test]
fn users_belong_to_rows_by_sub_and_otherwise_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(folder.path()).unwrap();
    let progress = VerifyProgress::create(&directory, "key", fill).unwrap();
    // Her name has changed, and another user has the old one.
    assert!(
        progress
            .add_user(&names("anna"), &user("anna", "s1"))
            .unwrap()
    );
    assert!(
        progress
            .add_user(&names("ann"), &user("ann", "s9"))
            .unwrap()
    );
    assert!(
        progress
            .add_user(&names("bob"), &user("bob", "s2"))
            .unwrap()
    );
    assert!(
        progress
            .add_user(&names("eve"), &user("eve", "s3"))
            .unwrap()
    );
    assert!(
        !progress
            .add_user(&names("zoe"), &user("zoe", "s4"))
            .unwrap()
    );
    progress.add_member(7, &names("bob"), Some("s2")).unwrap();
    progress.add_member(8, &names("ann"), Some("s9")).unwrap();
    let ann = row(&progress, 1);
    assert_eq!(ann.user, Some(user("anna", "s1")));
    assert_eq!(ann.namesake.unwrap().sub.as_deref(), Some("s9"));
    assert_eq!(ann.groups, [0; 0]);
    assert_eq!(row(&progress, 2).user, Some(user("bob", "s2")));
    assert_eq!(row(&progress, 2).groups, [7]);
    assert_eq!(row(&progress, 3).user, None);
    assert_eq!(progress.row(4).unwrap(), None);
}

#[test]
fn a_lookup_replaces_what_the_listing_showed() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(folder.path()).unwrap();
    let progress = VerifyProgress::create(&directory, "key", fill).unwrap();
    progress
        .add_user(&names("bob"), &user("bob", "s2"))
        .unwrap();
    let lookup = UserLookup {
        username: "bob".to_owned(),
        sub: None,
        listed_as: None,
        user: true,
        groups: vec![3],
    };
    progress.add_lookup(1, &lookup).unwrap();
    progress.add_lookup(2, &lookup).unwrap();
    assert_eq!(progress.open_lookups().unwrap(), 2);
    let gone = LookupReply {
        groups: vec![3],
        ..LookupReply::default()
    };
    progress.finish_lookup(2, &lookup, &gone).unwrap();
    let bob = row(&progress, 2);
    assert_eq!((bob.user, bob.groups, bob.failure), (None, vec![3], None));
    assert_eq!(progress.lookups(0, 9).unwrap(), [(1, lookup)]);
}

#[test]
fn a_lookup_that_failed_temporarily_is_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(folder.path()).unwrap();
    let progress = VerifyProgress::create(&directory, "key", fill).unwrap();
    let lookup = UserLookup {
        username: "ann".to_owned(),
        sub: None,
        listed_as: None,
        user: true,
        groups: Vec::new(),
    };
    let failed = |is_temporary| LookupReply {
        failure: Some(LookupFailure {
            reason: "AdminGetUser: InternalErrorException".to_owned(),
            unknown: UnknownPart::User,
            is_temporary,
        }),
        ..LookupReply::default()
    };
    for (number, is_temporary) in [(1, true), (2, false)] {
        progress.add_lookup(number, &lookup).unwrap();
        let reply = failed(is_temporary);
        progress.finish_lookup(number, &lookup, &reply).unwrap();
        assert_eq!(row(&progress, number).failure, reply.failure);
    }
    assert_eq!(progress.lookups(0, 9).unwrap(), [(1, lookup.clone())]);
    let found = LookupReply {
        user: Some(user("ann", "s1")),
        ..LookupReply::default()
    };
    progress.finish_lookup(1, &lookup, &found).unwrap();
    assert_eq!(row(&progress, 1).failure, None);
    assert_eq!(progress.open_lookups().unwrap(), 0);
}

#[test]
fn a_user_that_may_have_the_name_of_a_row_is_not_extra() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(folder.path()).unwrap();
    let progress = VerifyProgress::create(&directory, "key", fill).unwrap();
    // The user of the row ann is known by its `sub`, so that its name proves nothing.
    for (username, sub) in [("ann", "s5"), ("bob", "s6"), ("eve", "s7"), ("zoe", "s8")] {
        progress
            .add_extra(&names(username), &user(sub, sub))
            .unwrap();
    }
    let extra = || {
        let mut found = Vec::new();
        let each = |username: &str, _: Option<&str>| {
            found.push(username.to_owned());
            Ok::<(), LedgerError>(())
        };
        progress.each_extra(each).unwrap();
        found
    };
    assert_eq!(extra(), ["s5", "s8"]);
    let lookup = UserLookup {
        username: "zoe".to_owned(),
        sub: None,
        listed_as: None,
        user: true,
        groups: Vec::new(),
    };
    let found = LookupReply {
        user: Some(user("s8", "s8")),
        ..LookupReply::default()
    };
    progress.add_lookup(2, &lookup).unwrap();
    progress.finish_lookup(2, &lookup, &found).unwrap();
    assert_eq!(extra(), ["s5"]);
}

#[test]
fn continues_only_the_same_verification_that_was_saved_recently() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(folder.path()).unwrap();
    let position = VerifyPosition::Users {
        token: Some("next".to_owned()),
    };
    let resume = |key, since| VerifyProgress::resume(&directory, key, since).unwrap();
    let begin = || {
        let progress = VerifyProgress::create(&directory, "key", fill).unwrap();
        progress
            .add_user(&names("bob"), &user("bob", "s2"))
            .unwrap();
        progress.save(&position, 1, 1_000).unwrap();
        progress
            .add_user(&names("ann"), &user("ann", "s1"))
            .unwrap();
    };
    begin();
    let (progress, saved) = resume("key", 1_000).unwrap();
    let expected = SavedPosition {
        position: position.clone(),
        users: 1,
    };
    assert_eq!(saved, expected);
    // Saved with the position, or not at all.
    assert!(row(&progress, 2).user.is_some());
    assert!(row(&progress, 1).user.is_none());
    progress.start_over().unwrap();
    assert!(row(&progress, 2).user.is_none());
    drop(progress);
    for (key, since) in [("other", 1_000), ("key", 1_001)] {
        begin();
        assert!(resume(key, since).is_none(), "{key} {since}");
        assert!(!folder.path().join("verify.db").exists());
    }
    std::fs::write(folder.path().join("verify.db"), "no database").unwrap();
    assert!(resume("key", 0).is_none());
}

#[cfg(unix)]
#[test]
fn the_file_is_private_and_removed_at_the_end() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(folder.path()).unwrap();
    let progress = VerifyProgress::create(&directory, "key", fill).unwrap();
    let file = folder.path().join("verify.db");
    let mode = file.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    progress.remove().unwrap();
    let left = std::fs::read_dir(folder.path()).unwrap().flatten();
    let left: Vec<_> = left
        .map(|entry| entry.file_name())
        .filter(|name| name.to_string_lossy().starts_with("verify"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
