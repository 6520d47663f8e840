//! Cells on their way to what is sent.

use std::borrow::Cow;

use super::asked::{date, from, join, map, set, values};
use super::{broken, names, rows_with};
use crate::mapping::{Lowercase, Mapping, MappingOptions, Region};
use crate::rows::Rows;
use crate::source::OpenSource;
use crate::user::{NewUser, Row};

fn user(row: &Row) -> &NewUser {
    row.user
        .as_ref()
        .unwrap_or_else(|broken| panic!("{broken:?}"))
}

fn sent(row: &Row) -> Vec<(&str, &str)> {
    user(row)
        .attributes
        .iter()
        .map(|attribute| (&*attribute.name, attribute.value.as_str()))
        .collect()
}

fn codes(row: &Row) -> Vec<&'static str> {
    broken(row)
        .findings
        .iter()
        .map(|finding| finding.rule.code())
        .collect()
}

#[test]
fn white_space_is_trimmed_from_every_cell_but_the_password() {
    let list = "username,password,email,name\n \u{a0}ann\t, pass ,\u{2003}a@b.c , \u{a0}\n";
    let options = MappingOptions {
        trim: true,
        ..MappingOptions::default()
    };
    // The password's spaces are its own, so that it is refused and not changed.
    assert_eq!(
        codes(&rows_with(list, &options)[0]),
        ["password.characters"]
    );
    let seen = rows_with(&list.replace(" pass ", "pass"), &options);
    assert_eq!(user(&seen[0]).username, "ann");
    assert_eq!(sent(&seen[0]), [("email", "a@b.c")]);
    let untouched = rows_with(
        "username,password,name\nann,pass, Ann \n",
        &MappingOptions::default(),
    );
    assert_eq!(sent(&untouched[0]), [("name", " Ann ")]);
}

#[test]
fn usernames_and_addresses_are_written_small_where_that_is_asked_for() {
    let list = "username,password,email,name\nAnn,Pass,Ann@Example.COM,ANN\n";
    for (lowercase, username, email) in [
        (vec![], "Ann", "Ann@Example.COM"),
        (vec![Lowercase::Username], "ann", "Ann@Example.COM"),
        (vec![Lowercase::Email], "Ann", "ann@example.com"),
        (
            vec![Lowercase::Email, Lowercase::Username],
            "ann",
            "ann@example.com",
        ),
    ] {
        let options = MappingOptions {
            lowercase,
            ..MappingOptions::default()
        };
        let seen = rows_with(list, &options);
        assert_eq!(user(&seen[0]).username, username);
        assert_eq!(sent(&seen[0]), [("email", email), ("name", "ANN")]);
        assert_eq!(user(&seen[0]).password.as_ref().unwrap().expose(), "Pass");
    }
}

#[test]
fn phone_numbers_become_e_164_also_where_they_are_the_username() {
    let options = MappingOptions {
        username_from: from("Telefon"),
        columns: map(&[("Telefon", "phone_number")]),
        phone_region: Some(Region::parse("DE").unwrap()),
        ..MappingOptions::default()
    };
    let seen = rows_with(
        "Telefon,password\n0171 1234567,pass\nnone,pass\n+4930901820,pass\n",
        &options,
    );
    assert_eq!(user(&seen[0]).username, "+491711234567");
    assert_eq!(sent(&seen[0]), [("phone_number", "+491711234567")]);
    // Said once, though the cell is used twice.
    assert_eq!(codes(&seen[1]), ["phone_number.format"]);
    let said = broken(&seen[1]).to_string();
    assert!(
        said.starts_with("column Telefon: \"none\" is neither a phone number"),
        "{said}"
    );
    assert_eq!(broken(&seen[1]).username.as_deref(), Some("none"));
    assert_eq!(user(&seen[2]).username, "+4930901820");
    // The username is the number also where no attribute is wanted; and no other username is one.
    let only = MappingOptions {
        ignore: names("--ignore-column", &["phone_number"]),
        username_from: from("phone_number"),
        phone_region: options.phone_region,
        ..MappingOptions::default()
    };
    assert_eq!(
        user(&rows_with("phone_number,password\n030 901820,p\n", &only)[0]).username,
        "+4930901820"
    );
    let other = MappingOptions {
        phone_region: options.phone_region,
        ..MappingOptions::default()
    };
    assert_eq!(
        user(&rows_with("username,password\n030901820,p\n", &other)[0]).username,
        "030901820"
    );
}

#[test]
fn dates_are_written_as_cognito_takes_them() {
    let options = MappingOptions {
        dates: [
            date("birthdate", "%d.%m.%Y"),
            date("updated_at", "%d.%m.%Y"),
        ]
        .concat(),
        ..MappingOptions::default()
    };
    let seen = rows_with(
        "username,password,birthdate,updated_at\nann,p,1.2.1990,02.01.1970\nbob,p,1990-02-01,never\neve,p,,\n",
        &options,
    );
    assert_eq!(
        sent(&seen[0]),
        [("birthdate", "1990-02-01"), ("updated_at", "86400")]
    );
    assert_eq!(codes(&seen[1]), ["date.format", "date.format"]);
    let said = broken(&seen[1]).to_string();
    assert!(
        said.contains("column birthdate: \"1990-02-01\" is not a date in the format %d.%m.%Y")
            && said.contains("\"never\""),
        "{said}"
    );
    assert!(sent(&seen[2]).is_empty());
}

#[test]
fn a_column_with_a_value_table_takes_only_its_cells() {
    let options = MappingOptions {
        columns: map(&[("Status", "custom:active"), ("Type", "custom:type")]),
        values: [
            values("status", &[("active", "true"), ("left", "")]),
            values("Type", &[("s", "student"), ("*", "other")]),
        ]
        .concat(),
        trim: true,
        ..MappingOptions::default()
    };
    let seen = rows_with(
        "username,password,Status,Type\nann,p,active,s\nbob,p,left,x\neve,p,gone,s\njoe,p, active ,\n",
        &options,
    );
    assert_eq!(
        sent(&seen[0]),
        [("custom:active", "true"), ("custom:type", "student")]
    );
    assert_eq!(sent(&seen[1]), [("custom:type", "other")]);
    assert_eq!(codes(&seen[2]), ["value.unknown"]);
    let said = broken(&seen[2]).to_string();
    assert!(
        said.starts_with("column Status: \"gone\" is not in"),
        "{said}"
    );
    assert_eq!(sent(&seen[3]), [("custom:active", "true")]);
}

#[test]
fn cells_are_joined_and_then_brought_into_their_form() {
    let options = MappingOptions {
        join: [
            join("name", &["First", "Last"]),
            join("phone_number", &["Area", "Number"]),
            join("birthdate", &["Day", "Month", "Year"]),
        ]
        .concat(),
        phone_region: Some(Region::parse("DE").unwrap()),
        dates: date("birthdate", "%d %m %Y"),
        set: set("custom:source", "legacy"),
        trim: true,
        ..MappingOptions::default()
    };
    let seen = rows_with(
        "username,password,First,Last,Area,Number,Day,Month,Year\nann,p, Ann ,Lee,030,901820,1,2,1990\nbob,p,,Lee,,,,,\neve,p,,,,1,,,\n",
        &options,
    );
    assert_eq!(
        sent(&seen[0]),
        [
            ("name", "Ann Lee"),
            ("phone_number", "+4930901820"),
            ("birthdate", "1990-02-01"),
            ("custom:source", "legacy")
        ]
    );
    assert_eq!(
        sent(&seen[1]),
        [("name", "Lee"), ("custom:source", "legacy")]
    );
    let said = broken(&seen[2]).to_string();
    assert!(
        said.starts_with("column Area+Number: \"1\" is neither a phone number"),
        "{said}"
    );
}

#[test]
fn everything_that_is_wrong_with_a_row_is_told_at_once_and_nothing_twice() {
    let options = MappingOptions {
        columns: map(&[("Status", "custom:active")]),
        values: values("Status", &[("active", "true")]),
        dates: date("birthdate", "%F"),
        phone_region: Some(Region::parse("DE").unwrap()),
        ..MappingOptions::default()
    };
    let long = "x".repeat(2_049);
    let list = format!(
        "username,password,Status,birthdate,phone_number,name\na n, Hid den,{long},{long},{long},{long}\n"
    );
    let seen = rows_with(&list, &options);
    assert_eq!(
        codes(&seen[0]),
        [
            "value.unknown",
            "date.format",
            "phone_number.format",
            "username.characters",
            "password.characters",
            "attribute.length"
        ]
    );
    assert!(!broken(&seen[0]).to_string().contains("Hid"));
}

#[test]
fn kept_cells_are_copied_as_they_stand_in_the_list() {
    let options = MappingOptions {
        keep: names("--keep", &["ID", "email"]),
        trim: true,
        ..MappingOptions::default()
    };
    let seen = rows_with(
        "ID,username,password,email\n 17 ,ann,p,A@b.c\n,,p,\n18,bob\n",
        &options,
    );
    let some = |cell: &str| Some(cell.to_owned());
    assert_eq!(seen[0].kept, [some(" 17 "), some("A@b.c")]);
    assert_eq!(seen[1].kept, [some(""), some("")]);
    // Cells may have moved.
    assert_eq!(seen[2].kept, [None, None]);
}

#[test]
fn where_nothing_applies_nothing_is_copied() {
    let text = "username,password,email,phone_number\nann,p,a@b.c,+4930901820\n";
    let source = OpenSource {
        bytes: Box::new(std::io::Cursor::new(text.as_bytes().to_vec())),
        length: None,
    };
    let mut rows = Rows::open(
        "list.csv".to_owned(),
        source,
        &crate::rows::Dialect::default(),
    )
    .unwrap();
    let options = MappingOptions {
        trim: true,
        lowercase: vec![Lowercase::Username, Lowercase::Email],
        phone_region: Some(Region::parse("DE").unwrap()),
        ..MappingOptions::default()
    };
    let mapping = Mapping::from_header("list.csv", rows.header(), &options).unwrap();
    let raw = rows.next_row().unwrap().unwrap();
    let checked = mapping.findings(&raw);
    assert!(checked.findings.is_empty());
    let draft = checked.draft.unwrap();
    assert!(matches!(draft.username.text, Cow::Borrowed("ann")));
    for value in &draft.values {
        assert!(
            matches!(value.value.text, Cow::Borrowed(_)),
            "{}",
            value.name
        );
    }
    let user = draft.into_user();
    assert_eq!(user.attributes.first().unwrap().value, "a@b.c");
}
