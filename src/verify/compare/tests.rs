use std::collections::{BTreeMap, BTreeSet};

use super::{compare, missing_groups};
use crate::ledger::verification::{
    LookupFailure, Namesake, Presence, Restoration, RowState, SeenUser, UnknownPart,
};
use crate::user::pool_rules::Contact;
use crate::verify::expected::{ExpectedUser, RunGroups};

const SUB: &str = "5e1f";

fn expected() -> ExpectedUser {
    ExpectedUser {
        sub: Some(SUB.to_owned()),
        enabled: Some(true),
        confirmed: true,
        verified: vec![Contact::Email, Contact::PhoneNumber],
        groups: vec!["beta".to_owned(), "staff".to_owned()],
        changed: true,
    }
}

fn groups() -> RunGroups {
    RunGroups::new(BTreeSet::from(["beta".to_owned(), "staff".to_owned()]))
}

fn user() -> SeenUser {
    let verified = ["email_verified", "phone_number_verified"];
    SeenUser {
        username: "ann".to_owned(),
        sub: Some(SUB.to_owned()),
        status: Some("CONFIRMED".to_owned()),
        enabled: true,
        attributes: BTreeMap::from(verified.map(|name| (name.to_owned(), "true".to_owned()))),
    }
}

fn state(presence: Presence, user: Option<SeenUser>) -> RowState {
    RowState {
        presence,
        restoration: Restoration::None,
        user,
        namesake: None,
        groups: vec![0, 1],
        failure: None,
    }
}

/// Problems as `name` or `name item`.
fn problems(expected: &ExpectedUser, state: &RowState) -> Vec<String> {
    let problems = compare(expected, state, &groups()).into_iter();
    problems
        .map(|problem| match problem.item {
            None => problem.kind.name().to_owned(),
            Some(item) => format!("{} {item}", problem.kind.name()),
        })
        .collect()
}

fn present(change: impl FnOnce(&mut SeenUser)) -> RowState {
    let mut user = user();
    change(&mut user);
    state(Presence::Present, Some(user))
}

#[test]
fn a_user_as_reported_has_no_problem() {
    assert_eq!(problems(&expected(), &present(|_| {})), [""; 0]);
    // The run does not know more.
    let unknown = ExpectedUser::default();
    let changed = present(|user| {
        user.enabled = false;
        user.status = Some("UNCONFIRMED".to_owned());
        user.attributes.clear();
    });
    assert_eq!(problems(&unknown, &changed), [""; 0]);
}

#[test]
fn each_change_is_a_problem() {
    let changed = present(|user| {
        user.enabled = false;
        user.status = Some("RESET_REQUIRED".to_owned());
        user.attributes.remove("email_verified");
        let phone = "phone_number_verified".to_owned();
        user.attributes.insert(phone, "false".to_owned());
    });
    let outside = RowState {
        groups: vec![1],
        ..changed
    };
    assert_eq!(
        problems(&expected(), &outside),
        [
            "disabled",
            "not_confirmed",
            "not_verified email",
            "not_verified phone_number",
            "missing_group beta"
        ]
    );
    let disabled = ExpectedUser {
        enabled: Some(false),
        ..expected()
    };
    assert_eq!(problems(&disabled, &present(|_| {})), ["enabled"]);
}

#[test]
fn a_missing_user_is_not_one_whose_name_was_taken() {
    let gone = state(Presence::Present, None);
    assert_eq!(problems(&expected(), &gone), ["missing"]);
    let taken = RowState {
        namesake: Some(Namesake {
            sub: Some("07e5".to_owned()),
        }),
        ..gone.clone()
    };
    assert_eq!(problems(&expected(), &taken), ["other_sub"]);
    let failed = RowState {
        failure: Some(failure(UnknownPart::User)),
        ..gone
    };
    assert_eq!(problems(&expected(), &failed), ["not_checked"]);
}

fn failure(unknown: UnknownPart) -> LookupFailure {
    LookupFailure {
        reason: "Call: Odd".to_owned(),
        unknown,
        is_temporary: false,
    }
}

#[test]
fn a_failed_lookup_of_groups_hides_only_these_groups() {
    let outside = RowState {
        groups: Vec::new(),
        failure: Some(failure(UnknownPart::Groups(vec![1]))),
        ..present(|user| user.enabled = false)
    };
    assert_eq!(
        problems(&expected(), &outside),
        ["disabled", "missing_group beta", "not_checked"]
    );
    // The lookup of the user failed, and the listing may be out of date.
    let unknown = RowState {
        failure: Some(failure(UnknownPart::User)),
        ..outside
    };
    assert_eq!(problems(&expected(), &unknown), ["not_checked"]);
}

#[test]
fn a_user_of_an_unfinished_undo_may_exist_or_not() {
    for user in [Some(user()), None] {
        let state = state(Presence::Undecided, user);
        assert_eq!(problems(&expected(), &state), ["not_undone"]);
    }
}

#[test]
fn an_undone_user_must_not_exist() {
    let still_there = state(Presence::Absent, Some(user()));
    assert_eq!(problems(&expected(), &still_there), ["not_deleted"]);
    assert_eq!(
        problems(&expected(), &state(Presence::Absent, None)),
        [""; 0]
    );
    let unknown = state(Presence::Unknown, Some(user()));
    assert_eq!(problems(&expected(), &unknown), [""; 0]);
}

#[test]
fn groups_that_no_longer_list_the_user_are_missing() {
    let state = RowState {
        groups: vec![0],
        ..present(|_| {})
    };
    let (expected, groups) = (expected(), groups());
    let missing: Vec<&str> = missing_groups(&expected, &state, &groups).collect();
    assert_eq!(missing, ["staff"]);
}
