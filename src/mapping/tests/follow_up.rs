//! The steps after a row's sign-up.

use super::options::{conditions, map, values};
use super::{assert_problem, invalid, mapping, rows_with};
use crate::mapping::{FollowUpOptions, MappingOptions, Sourced, UpdateOptions};
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

/// Returns the steps of each row, or its findings if it is invalid.
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
    let steps = steps(
        "username,password\nann,Passw0rd!\n",
        &MappingOptions::default(),
    );
    assert_eq!(steps, [""]);
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
    let steps = steps(
        "username,password,email,phone_number,groups,Status\n\
         ann,Passw0rd!,ann@example.com,+4930901820,staff;all; beta ;;staff,active\n\
         bob,Passw0rd!,bob@example.com,,,LEFT\n\
         cy,Passw0rd!,,,staff,\n",
        &all,
    );
    assert_eq!(
        steps,
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
    let by_column = steps(list, &options);
    assert_eq!(by_column[..3], ["verify email", "", ""]);
    assert!(
        by_column[3]
            .starts_with("value.yes_or_no: column Checked: \"perhaps\" is neither yes nor no"),
        "{by_column:?}"
    );
    assert_eq!(by_column[4], "", "there is no address to verify");
    options.values = values("Checked", &[("perhaps", "yes"), ("*", "")]);
    assert_eq!(steps(list, &options), ["", "", "", "verify email", ""]);
}

#[test]
fn confirms_rows_that_meet_a_condition() {
    let steps = steps(
        "username,password,State\nann,Passw0rd!,Active\nbob,Passw0rd!,new\n",
        &options(FollowUpOptions {
            confirm_where: conditions("--confirm-where", &[("state", " active")]),
            ..FollowUpOptions::default()
        }),
    );
    assert_eq!(steps, ["confirm", ""]);
}

#[test]
fn splits_groups_at_the_separator_and_checks_their_names() {
    let list = "username,password,groups\nann,Passw0rd!,a;b|c\nbob,Passw0rd!,big boss\n";
    let by_semicolon = steps(list, &MappingOptions::default());
    assert_eq!(by_semicolon[0], "group a, group b|c");
    assert!(
        by_semicolon[1].starts_with("group.name: column groups: \"big boss\""),
        "{by_semicolon:?}"
    );
    let by_bar = options(FollowUpOptions {
        group_separator: Some(Sourced::new("|".to_owned(), "--group-separator |")),
        ..FollowUpOptions::default()
    });
    assert_eq!(steps(list, &by_bar)[0], "group a;b, group c");
    assert_problem(
        "username,password",
        &by_bar,
        "--group-separator |: there is no groups column",
    );
}

#[test]
fn conditions_need_an_existing_column_without_passwords() {
    let disabling = |column: &str| {
        options(FollowUpOptions {
            disable_where: conditions("--disable-where", &[(column, "x")]),
            ..FollowUpOptions::default()
        })
    };
    assert_problem(
        "username,password,Status",
        &MappingOptions {
            ignore_unknown: true,
            ..disabling("Statsu")
        },
        "--disable-where Statsu=x: there is no such column (nearest: Status)",
    );
    assert_problem(
        "username,password",
        &disabling("password"),
        "passwords are never",
    );
    assert!(mapping("username,password,Status", &disabling("status")).is_ok());
}

#[test]
fn columns_of_verified_contacts_need_the_verify_flag() {
    let verifying_email = mapping(
        "username,password,email,phone_number_verified,email_verified",
        &options(FollowUpOptions {
            verify: verify(&[Contact::Email]),
            ..FollowUpOptions::default()
        }),
    )
    .unwrap();
    let notices = verifying_email.notices();
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
    assert_problem(
        "username,password,Checked",
        &mapped,
        "--map Checked=email_verified: SignUp cannot set it; add --verify email",
    );
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
        update: Some(UpdateOptions {
            attributes: vec![Sourced::new("email".to_owned(), "--update-existing email")],
            not_newer_than: Some(Sourced::new("Status".to_owned(), "--not-newer-than Status")),
        }),
        ..FollowUpOptions::default()
    });
    let mapping = mapping("username,password,email,email_verified,groups,Status", &all).unwrap();
    assert_eq!(
        mapping.follow_up_identity().unwrap(),
        "confirm where column 6 is \"active\", verify email by column 4, group all, groups of \
         column 5 by \";\", disable where column 6 is \"left\", update \
         existing email not newer than column 6"
    );
    assert_eq!(mapping.follow_up_kinds(), StepKind::ALL);
    let identity = mapping.identity();
    assert!(!identity.contains("active"), "{identity}");
}
