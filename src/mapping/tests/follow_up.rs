//! The steps after a row's sign-up.

use super::options::{conditions, map, values};
use super::{invalid, mapping, problems, rows_with};
use crate::mapping::{FollowUpOptions, MappingOptions, Sourced};
use crate::user::pool_rules::Contact;
use crate::user::{Row, StepKind};

fn verify(contacts: &[Contact]) -> Vec<Sourced<Contact>> {
    let option = |contact: &Contact| Sourced::new(*contact, "--verify");
    contacts.iter().map(option).collect()
}

fn options(follow_up: FollowUpOptions) -> MappingOptions {
    MappingOptions {
        follow_up,
        ..MappingOptions::default()
    }
}

/// The steps of each row, or its findings if it is invalid.
fn steps(list: &str, options: &MappingOptions) -> Vec<String> {
    let describe = |row: &Row| match &row.user {
        Ok(user) => {
            let steps: Vec<String> = user.follow_up.iter().map(ToString::to_string).collect();
            steps.join(", ")
        }
        Err(_) => format!("{}: {}", invalid(row).code(), invalid(row)),
    };
    rows_with(list, options).iter().map(describe).collect()
}

#[test]
fn there_are_no_steps_by_default() {
    let found = steps(
        "username,password\nann,Passw0rd!\n",
        &MappingOptions::default(),
    );
    assert_eq!(found, [""]);
    let plain = mapping("username,password", &MappingOptions::default()).unwrap();
    assert_eq!(plain.follow_up_identity(), None);
    assert_eq!(plain.follow_up_kinds(), []);
}

#[test]
fn steps_are_ordered_and_addresses_are_verified_in_one_call() {
    let all = options(FollowUpOptions {
        confirm: true,
        verify: verify(&[Contact::PhoneNumber, Contact::Email]),
        groups: vec![Sourced::new("all".to_owned(), "--group all")],
        disable_where: conditions(
            "--disable-where",
            &[("Status", "blocked"), ("Status", "Left")],
        ),
        ..FollowUpOptions::default()
    });
    let found = steps(
        "username,password,email,phone_number,groups,Status\n\
         ann,Passw0rd!,ann@example.com,+4930901820,staff;all; beta ;;staff,active\n\
         bob,Passw0rd!,bob@example.com,,,LEFT\n\
         cy,Passw0rd!,,,staff,\n",
        &all,
    );
    assert_eq!(
        found,
        [
            "confirm, verify email and phone_number, group all, group staff, group beta",
            "confirm, verify email, group all, disable",
            "confirm, group all, group staff",
        ]
    );
}

#[test]
fn a_yes_or_no_column_decides_for_each_row() {
    let list = "username,password,email,Checked\n\
                ann,Passw0rd!,ann@example.com,TRUE\n\
                bob,Passw0rd!,bob@example.com,0\n\
                cy,Passw0rd!,cy@example.com,\n\
                dee,Passw0rd!,dee@example.com,perhaps\n\
                eve,Passw0rd!,,yes\n";
    let mut options = options(FollowUpOptions {
        verify: verify(&[Contact::Email]),
        ..FollowUpOptions::default()
    });
    options.columns = map(&[("Checked", "email_verified")]);
    let found = steps(list, &options);
    assert_eq!(found[..3], ["verify email", "", ""]);
    assert!(
        found[3].starts_with("value.yes_or_no: column Checked: \"perhaps\" is neither yes nor no"),
        "{found:?}"
    );
    assert_eq!(found[4], "", "there is no address to verify");
    options.values = values("Checked", &[("perhaps", "yes"), ("*", "")]);
    assert_eq!(steps(list, &options), ["", "", "", "verify email", ""]);
}

#[test]
fn confirms_rows_that_meet_a_condition() {
    let found = steps(
        "username,password,State\nann,Passw0rd!,Active\nbob,Passw0rd!,new\n",
        &options(FollowUpOptions {
            confirm_where: conditions("--confirm-where", &[("state", " active")]),
            ..FollowUpOptions::default()
        }),
    );
    assert_eq!(found, ["confirm", ""]);
}

#[test]
fn splits_groups_at_the_separator_and_checks_their_names() {
    let list = "username,password,groups\nann,Passw0rd!,a;b|c\nbob,Passw0rd!,big boss\n";
    let found = steps(list, &MappingOptions::default());
    assert_eq!(found[0], "group a, group b|c");
    assert!(
        found[1].starts_with("group.name: column groups: \"big boss\""),
        "{found:?}"
    );
    let by_bar = options(FollowUpOptions {
        group_separator: Some(Sourced::new("|".to_owned(), "--group-separator |")),
        ..FollowUpOptions::default()
    });
    assert_eq!(steps(list, &by_bar)[0], "group a;b, group c");
    let found = problems("username,password", &by_bar);
    assert!(found[0].contains("--group-separator |: there is no column groups"));
}

#[test]
fn conditions_need_an_existing_column_without_passwords() {
    let disabling = |column: &str| {
        options(FollowUpOptions {
            disable_where: conditions("--disable-where", &[(column, "x")]),
            ..FollowUpOptions::default()
        })
    };
    let found = problems("username,password,Status", &disabling("Statsu"));
    assert!(
        found[0].contains("--disable-where Statsu=x: there is no such column (nearest: Status)"),
        "{found:?}"
    );
    let found = problems("username,password", &disabling("password"));
    assert!(found[0].contains("passwords are never"), "{found:?}");
    assert!(mapping("username,password,Status", &disabling("status")).is_ok());
}

#[test]
fn columns_of_verified_contacts_need_the_verify_flag() {
    let found = mapping(
        "username,password,email,phone_number_verified,email_verified",
        &options(FollowUpOptions {
            verify: verify(&[Contact::Email]),
            ..FollowUpOptions::default()
        }),
    );
    let notices = found.unwrap().notices().to_vec();
    assert_eq!(notices.len(), 1);
    assert!(
        notices[0].message.ends_with(": phone_number_verified")
            && notices[0].hint.contains("--verify phone_number "),
        "{notices:?}"
    );
    let mut mapped = MappingOptions {
        columns: map(&[("Checked", "email_verified")]),
        ..MappingOptions::default()
    };
    let found = problems("username,password,Checked", &mapped);
    assert!(
        found[0].contains("--map Checked=email_verified"),
        "{found:?}"
    );
    assert!(found[0].contains("add --verify email"), "{found:?}");
    mapped.follow_up.verify = verify(&[Contact::Email]);
    assert!(mapping("username,password,Checked", &mapped).is_ok());
}

#[test]
fn the_follow_up_identity_contains_all_steps() {
    let all = options(FollowUpOptions {
        confirm_where: conditions("--confirm-where", &[("Status", "Active")]),
        verify: verify(&[Contact::Email]),
        groups: vec![Sourced::new("all".to_owned(), "--group all")],
        disable_where: conditions("--disable-where", &[("Status", "left")]),
        ..FollowUpOptions::default()
    });
    let mapping = mapping("username,password,email,email_verified,groups,Status", &all).unwrap();
    assert_eq!(
        mapping.follow_up_identity().unwrap(),
        "confirm where column 6 is \"active\", verify email by column 4, group all, groups of column 5 by \";\", disable where column 6 \
         is \"left\""
    );
    assert_eq!(mapping.follow_up_kinds(), StepKind::ALL);
    let identity = mapping.identity();
    assert!(!identity.contains("active"), "{identity}");
}
