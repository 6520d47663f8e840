//! The sources of usernames.

use super::options::{from, map};
use super::{assert_problem, invalid, mapping, names, problems, rows_with};
use crate::mapping::{Mapping, MappingOptions, Region};
use crate::rows::Header;
use crate::user::Row;

/// Returns the username, or the code of the first finding.
fn username(row: &Row) -> &str {
    match &row.user {
        Ok(user) => &user.username,
        Err(_) => invalid(row).code(),
    }
}

fn usernames(list: &str, options: &MappingOptions) -> Vec<String> {
    let rows = rows_with(list, options);
    rows.iter().map(|row| username(row).to_owned()).collect()
}

fn from_columns(columns: &[&str]) -> MappingOptions {
    MappingOptions {
        username_from: names("--username-from", columns),
        ..MappingOptions::default()
    }
}

fn uuid(column: &str) -> MappingOptions {
    MappingOptions {
        username_uuid: from(column).pop(),
        ..MappingOptions::default()
    }
}

#[test]
fn takes_the_username_from_the_first_nonempty_column() {
    let list = "email,phone_number,password\n\
                ann@example.com,+4930901820,Passw0rd!\n\
                ,+4930901821,Passw0rd!\n\
                ,,Passw0rd!\n";
    let expected = ["ann@example.com", "+4930901821", "username.missing"];
    for columns in [
        &["email,phone_number"] as &[&str],
        &[" EMAIL , Phone_Number"],
        &["email", "phone_number"],
    ] {
        assert_eq!(
            usernames(list, &from_columns(columns)),
            expected,
            "{columns:?}"
        );
    }
    let reversed = usernames(list, &from_columns(&["phone_number,email"]));
    assert_eq!(reversed[0], "+4930901820");
    let rows = rows_with(list, &from_columns(&["email,phone_number"]));
    let finding = &invalid(&rows[2]).findings[0];
    assert_eq!(finding.column.as_deref(), Some("email, phone_number"));
}

#[test]
fn transforms_cells_before_testing_whether_they_are_empty() {
    let options = MappingOptions {
        trim: true,
        null: vec!["NULL".to_owned()],
        phone_region: Region::parse("DE").ok(),
        ..from_columns(&["email,phone_number"])
    };
    let list = "email,phone_number,password\n\
                NULL,030 901820,Passw0rd!\n\
                \"  \",030 901821,Passw0rd!\n\
                ann@example.com,030 901822,Passw0rd!\n\
                ,12,Passw0rd!\n";
    let rows = rows_with(list, &options);
    let names: Vec<&str> = rows.iter().map(username).collect();
    assert_eq!(
        names,
        [
            "+4930901820",
            "+4930901821",
            "ann@example.com",
            "phone_number.format"
        ]
    );
    let finding = &invalid(&rows[3]).findings[0];
    assert_eq!(finding.column.as_deref(), Some("phone_number"));
}

#[test]
fn finds_column_names_with_commas() {
    let header = Header::new(
        ["Last, First", "Last", "First", "password"]
            .map(str::to_owned)
            .to_vec(),
    );
    let identity = |columns: &[&str]| {
        let options = MappingOptions {
            ignore_unknown: true,
            ..from_columns(columns)
        };
        Mapping::from_header("list.csv", &header, &options)
            .unwrap()
            .identity()
    };
    assert!(identity(&["Last, First"]).starts_with("username=1 "));
    assert!(identity(&["Last,First"]).starts_with("username=2,3 "));
    assert!(identity(&["last, first", "Last"]).starts_with("username=1,2 "));
}

#[test]
fn username_columns_must_exist_and_be_the_only_source() {
    assert_problem(
        "email,password",
        &from_columns(&["email,phone"]),
        "--username-from email,phone: phone: there is no such column",
    );
    assert_problem(
        "email,password",
        &from_columns(&["email,password"]),
        "passwords are never",
    );
    assert_problem(
        "username,email,phone_number,password",
        &from_columns(&["email,phone_number"]),
        "the username comes from another column",
    );
    let problems = problems("email,password", &from_columns(&["email,,"]));
    assert_eq!(problems.len(), 2, "{problems:?}");
    let with_username = from_columns(&["username,email"]);
    assert!(mapping("username,email,password", &with_username).is_ok());
    let mapped = MappingOptions {
        columns: map(&[("login", "username")]),
        ..uuid("email")
    };
    assert_problem(
        "login,email,password",
        &mapped,
        "is already mapped to the username",
    );
}

#[test]
fn derives_stable_uuids_regardless_of_case() {
    let list = "email,password\n\
                Ann@Example.com,Passw0rd!\n\
                ann@example.com,Passw0rd!\n\
                bob@example.com,Passw0rd!\n\
                ,Passw0rd!\n\
                NULL,Passw0rd!\n\
                an\u{fffd}n@example.com,Passw0rd!\n";
    let usernames = usernames(list, &uuid("email"));
    assert_eq!(usernames[0], "311c354c-a7bc-5546-b710-07f33a022ea1");
    assert_eq!(usernames[1], usernames[0]);
    assert_ne!(usernames[2], usernames[0]);
    assert_eq!(
        usernames[3..],
        [
            "username.missing",
            "username.missing",
            "username.characters"
        ]
    );
    let row = &rows_with(list, &uuid("email"))[0];
    let user = row.user.as_ref().unwrap();
    assert_eq!(user.attributes[0].value, "Ann@Example.com");
}

#[test]
fn the_identity_contains_the_source_of_usernames() {
    let header = "email,phone_number,password";
    let identity = |options: &MappingOptions| mapping(header, options).unwrap().identity();
    let mut identities = vec![
        identity(&from_columns(&["email"])),
        identity(&from_columns(&["email,phone_number"])),
        identity(&from_columns(&["phone_number,email"])),
        identity(&uuid("email")),
        identity(&uuid("phone_number")),
    ];
    identities.sort_unstable();
    identities.dedup();
    assert_eq!(identities.len(), 5, "{identities:?}");
}
