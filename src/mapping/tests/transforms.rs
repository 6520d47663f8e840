//! Transformations of cells.

use std::borrow::Cow;

use super::options::{date, from, join, map, set, values};
use super::{codes, invalid, names, open_rows, rows_with};
use crate::mapping::{Lowercase, Mapping, MappingOptions, Region};
use crate::rows::Dialect;
use crate::user::{NewUser, Row};

fn user(row: &Row) -> &NewUser {
    row.user
        .as_ref()
        .unwrap_or_else(|error| panic!("{error:?}"))
}

fn attributes(row: &Row) -> Vec<(&str, &str)> {
    user(row)
        .attributes
        .iter()
        .map(|attribute| (&*attribute.name, attribute.value.as_str()))
        .collect()
}

#[test]
fn trims_whitespace_except_around_the_password() {
    let list = "username,password,email,name\n \u{a0}ann\t, pass ,\u{2003}a@b.c , \u{a0}\n";
    let options = MappingOptions {
        trim: true,
        ..MappingOptions::default()
    };
    // The password is rejected, not changed.
    assert_eq!(
        codes(&rows_with(list, &options)[0]),
        ["password.characters"]
    );
    let rows = rows_with(&list.replace(" pass ", "pass"), &options);
    assert_eq!(user(&rows[0]).username, "ann");
    assert_eq!(attributes(&rows[0]), [("email", "a@b.c")]);
    let untrimmed = rows_with(
        "username,password,name\nann,pass, Ann \n",
        &MappingOptions::default(),
    );
    assert_eq!(attributes(&untrimmed[0]), [("name", " Ann ")]);
}

#[test]
fn lowercases_usernames_and_addresses_on_request() {
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
        let rows = rows_with(list, &options);
        assert_eq!(user(&rows[0]).username, username);
        assert_eq!(attributes(&rows[0]), [("email", email), ("name", "ANN")]);
        assert_eq!(user(&rows[0]).password.as_ref().unwrap().expose(), "Pass");
    }
}

#[test]
fn converts_phone_numbers_to_e_164_even_as_usernames() {
    let options = MappingOptions {
        username_from: from("Telefon"),
        columns: map(&[("Telefon", "phone_number")]),
        phone_region: Some(Region::parse("DE").unwrap()),
        ..MappingOptions::default()
    };
    let rows = rows_with(
        "Telefon,password\n0171 1234567,pass\nnone,pass\n+4930901820,pass\n",
        &options,
    );
    assert_eq!(user(&rows[0]).username, "+491711234567");
    assert_eq!(attributes(&rows[0]), [("phone_number", "+491711234567")]);
    // Reported once, though the cell is used twice.
    assert_eq!(codes(&rows[1]), ["phone_number.format"]);
    let message = invalid(&rows[1]).to_string();
    assert!(
        message.starts_with("column Telefon: \"none\" is neither a valid number in DE"),
        "{message}"
    );
    assert_eq!(invalid(&rows[1]).username.as_deref(), Some("none"));
    assert_eq!(user(&rows[2]).username, "+4930901820");
    // The username is converted even if the attribute is dropped. Other usernames are not
    // converted.
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
fn converts_dates_to_the_formats_of_cognito() {
    let options = MappingOptions {
        dates: [
            date("birthdate", "%d.%m.%Y"),
            date("updated_at", "%d.%m.%Y"),
        ]
        .concat(),
        ..MappingOptions::default()
    };
    let rows = rows_with(
        "username,password,birthdate,updated_at\nann,p,1.2.1990,02.01.1970\n\
         bob,p,1990-02-01,never\neve,p,,\n",
        &options,
    );
    assert_eq!(
        attributes(&rows[0]),
        [("birthdate", "1990-02-01"), ("updated_at", "86400")]
    );
    assert_eq!(codes(&rows[1]), ["date.format", "date.format"]);
    let message = invalid(&rows[1]).to_string();
    assert!(
        message.contains("column birthdate: \"1990-02-01\" is not a date in the format %d.%m.%Y")
            && message.contains("\"never\""),
        "{message}"
    );
    assert!(attributes(&rows[2]).is_empty());
}

#[test]
fn replaces_cells_by_the_value_table_and_rejects_others() {
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
    let rows = rows_with(
        "username,password,Status,Type\n\
         ann,p,active,s\nbob,p,left,x\neve,p,gone,s\njoe,p, active ,\n",
        &options,
    );
    assert_eq!(
        attributes(&rows[0]),
        [("custom:active", "true"), ("custom:type", "student")]
    );
    assert_eq!(attributes(&rows[1]), [("custom:type", "other")]);
    assert_eq!(codes(&rows[2]), ["value.unknown"]);
    let message = invalid(&rows[2]).to_string();
    assert!(
        message.starts_with("column Status: \"gone\" is not in"),
        "{message}"
    );
    assert_eq!(attributes(&rows[3]), [("custom:active", "true")]);
}

#[test]
fn joins_cells_before_converting_them() {
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
    let rows = rows_with(
        "username,password,First,Last,Area,Number,Day,Month,Year\n\
         ann,p, Ann ,Lee,030,901820,1,2,1990\nbob,p,,Lee,,,,,\neve,p,,,,1,,,\n",
        &options,
    );
    assert_eq!(
        attributes(&rows[0]),
        [
            ("name", "Ann Lee"),
            ("phone_number", "+4930901820"),
            ("birthdate", "1990-02-01"),
            ("custom:source", "legacy")
        ]
    );
    assert_eq!(
        attributes(&rows[1]),
        [("name", "Lee"), ("custom:source", "legacy")]
    );
    let message = invalid(&rows[2]).to_string();
    assert!(
        message.starts_with("column Area+Number: \"1\" is neither a valid number in DE"),
        "{message}"
    );
}

#[test]
fn reports_all_findings_of_a_row_once() {
    let options = MappingOptions {
        columns: map(&[("Status", "custom:active")]),
        values: values("Status", &[("active", "true")]),
        dates: date("birthdate", "%F"),
        phone_region: Some(Region::parse("DE").unwrap()),
        ..MappingOptions::default()
    };
    let long = "x".repeat(2_049);
    let list = format!(
        "username,password,Status,birthdate,phone_number,name\n\
         a n, Hid den,{long},{long},{long},{long}\n"
    );
    let rows = rows_with(&list, &options);
    assert_eq!(
        codes(&rows[0]),
        [
            "value.unknown",
            "date.format",
            "phone_number.format",
            "username.characters",
            "password.characters",
            "attribute.length"
        ]
    );
    assert!(!invalid(&rows[0]).to_string().contains("Hid"));
}

#[test]
fn keeps_original_cells() {
    let options = MappingOptions {
        keep: names("--keep", &["ID", "email"]),
        trim: true,
        ..MappingOptions::default()
    };
    let rows = rows_with(
        "ID,username,password,email\n 17 ,ann,p,A@b.c\n,,p,\n18,bob\n",
        &options,
    );
    let some = |cell: &str| Some(cell.to_owned());
    assert_eq!(rows[0].kept, [some(" 17 "), some("A@b.c")]);
    assert_eq!(rows[1].kept, [some(""), some("")]);
    // Cells may have moved.
    assert_eq!(rows[2].kept, [None, None]);
}

#[test]
fn does_not_copy_unchanged_values() {
    let text = "username,password,email,phone_number\nann,p,a@b.c,+4930901820\n";
    let mut rows = open_rows(text.as_bytes(), &Dialect::default());
    let options = MappingOptions {
        trim: true,
        lowercase: vec![Lowercase::Username, Lowercase::Email],
        phone_region: Some(Region::parse("DE").unwrap()),
        ..MappingOptions::default()
    };
    let mapping = Mapping::from_header("list.csv", rows.header(), &options).unwrap();
    let raw = rows.next_row().unwrap().unwrap();
    let checked = mapping.check_row(&raw);
    assert!(checked.findings.is_empty());
    let mapped = checked.mapped.unwrap();
    assert!(matches!(mapped.username.text, Cow::Borrowed("ann")));
    for attribute in &mapped.values {
        assert!(
            matches!(attribute.value.text, Cow::Borrowed(_)),
            "{}",
            attribute.name
        );
    }
    let user = mapped.into_user();
    assert_eq!(user.attributes.first().unwrap().value, "a@b.c");
}
