//! Where usernames come from.

use super::asked::{from, map};
use super::{broken, mapping, names, problems, rows_with};
use crate::mapping::{Mapping, MappingOptions, Region};
use crate::rows::Header;
use crate::user::Row;

fn username(row: &Row) -> &str {
    match &row.user {
        Ok(user) => &user.username,
        Err(_) => broken(row).code(),
    }
}

fn all(list: &str, options: &MappingOptions) -> Vec<String> {
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
fn the_first_column_with_something_in_it_gives_the_username() {
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
        assert_eq!(all(list, &from_columns(columns)), expected, "{columns:?}");
    }
    let other_way = all(list, &from_columns(&["phone_number,email"]));
    assert_eq!(other_way[0], "+4930901820");
    let rows = rows_with(list, &from_columns(&["email,phone_number"]));
    let finding = &broken(&rows[2]).findings[0];
    assert_eq!(finding.column.as_deref(), Some("email, phone_number"));
}

#[test]
fn what_becomes_of_a_cell_decides_whether_it_is_empty() {
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
    let finding = &broken(&rows[3]).findings[0];
    assert_eq!(finding.column.as_deref(), Some("phone_number"));
}

#[test]
fn a_column_whose_name_has_a_comma_is_found_by_its_whole_name() {
    let header = Header::new(
        ["Last, First", "Last", "First", "password"]
            .map(str::to_owned)
            .to_vec(),
    );
    let of = |columns: &[&str]| {
        let options = MappingOptions {
            ignore_unknown: true,
            ..from_columns(columns)
        };
        Mapping::from_header("list.csv", &header, &options)
            .unwrap()
            .identity()
    };
    assert!(of(&["Last, First"]).starts_with("username=1 "));
    assert!(of(&["Last,First"]).starts_with("username=2,3 "));
    assert!(of(&["last, first", "Last"]).starts_with("username=1,2 "));
}

#[test]
fn columns_for_the_username_have_to_be_there_and_be_the_only_ones() {
    let found = problems("email,password", &from_columns(&["email,phone"]));
    assert!(
        found[0].contains("--username-from email,phone: phone: there is no such column"),
        "{found:?}"
    );
    let found = problems("email,password", &from_columns(&["email,,"]));
    assert_eq!(found.len(), 2, "{found:?}");
    let found = problems("email,password", &from_columns(&["email,password"]));
    assert!(found[0].contains("passwords are never"), "{found:?}");
    let found = problems(
        "username,email,phone_number,password",
        &from_columns(&["email,phone_number"]),
    );
    assert!(found[0].contains("another column gives the username"));
    let with_username = from_columns(&["username,email"]);
    assert!(mapping("username,email,password", &with_username).is_ok());
    let mapped = MappingOptions {
        columns: map(&[("login", "username")]),
        ..uuid("email")
    };
    let found = problems("login,email,password", &mapped);
    assert!(found[0].contains("gives the username as well"), "{found:?}");
}

#[test]
fn a_uuid_is_made_of_the_cell_whatever_its_case_and_stays_the_same() {
    let list = "email,password\n\
                Ann@Example.com,Passw0rd!\n\
                ann@example.com,Passw0rd!\n\
                bob@example.com,Passw0rd!\n\
                ,Passw0rd!\n\
                NULL,Passw0rd!\n\
                an\u{fffd}n@example.com,Passw0rd!\n";
    let found = all(list, &uuid("email"));
    assert_eq!(found[0], "311c354c-a7bc-5546-b710-07f33a022ea1");
    assert_eq!(found[1], found[0]);
    assert_ne!(found[2], found[0]);
    assert_eq!(
        found[3..],
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
fn a_run_is_bound_to_where_usernames_come_from() {
    let header = "email,phone_number,password";
    let of = |options: &MappingOptions| mapping(header, options).unwrap().identity();
    let mut texts = vec![
        of(&from_columns(&["email"])),
        of(&from_columns(&["email,phone_number"])),
        of(&from_columns(&["phone_number,email"])),
        of(&uuid("email")),
        of(&uuid("phone_number")),
    ];
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), 5, "{texts:?}");
}
