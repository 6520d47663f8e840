//! Every way in which what is asked for does not fit a header.

use super::asked::{date, from, join, map, set, values};
use super::{ignoring, names, problems};
use crate::mapping::{MappingOptions, PasswordFrom};

/// Each header, what is asked for, and words of the one problem.
#[track_caller]
fn refused<const N: usize>(cases: [(&str, MappingOptions, &str); N]) {
    for (header, options, words) in cases {
        let found = problems(header, &options);
        assert_eq!(found.len(), 1, "{header}: {found:?}");
        assert!(found[0].contains(words), "{header}: {found:?}");
    }
}

#[test]
fn a_column_that_was_asked_for_has_to_be_there_once() {
    let none = MappingOptions::default;
    refused([
        (
            "username,password,E-Mail",
            MappingOptions {
                columns: map(&[("E-Mai", "email")]),
                ignore_unknown: true,
                ..none()
            },
            "--map E-Mai=email: there is no such column (nearest: E-Mail)",
        ),
        (
            "username,password,Old ID",
            MappingOptions {
                keep: names("--keep", &["Old IDs"]),
                ignore_unknown: true,
                ..none()
            },
            "--keep Old IDs: there is no such column (nearest: Old ID)",
        ),
        (
            "username,password,First",
            MappingOptions {
                join: join("name", &["First", "Last"]),
                ..none()
            },
            "--join name: Last: there is no such column",
        ),
        (
            "email,password",
            MappingOptions {
                username_from: from("mail"),
                ..none()
            },
            "--username-from mail: there is no such column (nearest: email)",
        ),
        (
            "username,password,ID,id",
            MappingOptions {
                keep: names("--keep", &["ID"]),
                ignore_unknown: true,
                ..none()
            },
            "--keep ID: columns 3 and 4 both have this name",
        ),
    ]);
}

#[test]
fn passwords_are_never_copied_or_changed() {
    let none = MappingOptions::default;
    refused([
        (
            "username,password",
            MappingOptions {
                keep: names("--keep", &["Password"]),
                ..none()
            },
            "--keep Password: passwords are never copied",
        ),
        (
            "username,Passwort",
            MappingOptions {
                keep: names("--keep", &["Passwort"]),
                password: Some(PasswordFrom::None),
                ..ignoring(&["Passwort"])
            },
            "--keep Passwort: passwords are never copied",
        ),
        (
            "username,secret",
            MappingOptions {
                columns: map(&[("secret", "password")]),
                join: join("name", &["username", "secret"]),
                ..none()
            },
            "--join name: secret: passwords are never copied",
        ),
        (
            "username,password",
            MappingOptions {
                values: values("password", &[("a", "b"), ("c", "d")]),
                ..none()
            },
            "--value password:a: passwords are never copied or changed",
        ),
    ]);
}

#[test]
fn a_column_and_the_username_have_one_meaning() {
    let none = MappingOptions::default;
    refused([
        (
            "username,password,x",
            MappingOptions {
                columns: map(&[("x", "email")]),
                ..ignoring(&["x"])
            },
            "--map x=email: the column is dropped as well",
        ),
        (
            "username,password,x",
            MappingOptions {
                columns: map(&[("x", "email"), ("X", "name")]),
                ..none()
            },
            "--map X=name: the column is already mapped",
        ),
        (
            "username,email,password",
            MappingOptions {
                username_from: from("email"),
                ..none()
            },
            "column 1, username: another column gives the username",
        ),
        (
            "login,email,password",
            MappingOptions {
                username_from: from("email"),
                columns: map(&[("login", "username")]),
                ..none()
            },
            "--username-from email: column 1, login, gives the username as well",
        ),
        (
            "username,password,mail,email",
            MappingOptions {
                columns: map(&[("mail", "email")]),
                ..none()
            },
            "columns 3 and 4 both mean email",
        ),
    ]);
}

#[test]
fn an_attribute_has_one_value_and_a_date_its_column() {
    let none = MappingOptions::default;
    refused([
        (
            "username,password,custom:source",
            MappingOptions {
                set: set("custom:source", "x"),
                ..none()
            },
            "--set custom:source: column 3, custom:source, gives custom:source as well",
        ),
        (
            "username,password,name,b",
            MappingOptions {
                join: join("name", &["username", "b"]),
                ..none()
            },
            "--join name: column 3, name, gives name as well",
        ),
        (
            "username,password",
            MappingOptions {
                set: [set("name", "x"), set("name", "y")].concat(),
                ..none()
            },
            "--set name: name already has a value",
        ),
        (
            "username,password",
            MappingOptions {
                set: set("name", &"x".repeat(2_049)),
                ..none()
            },
            "--set name: the value has 2049 characters",
        ),
        (
            "username,password",
            MappingOptions {
                dates: date("birthdate", "%F"),
                ..none()
            },
            "--date-format birthdate: no column gives birthdate",
        ),
        (
            "username,password,email",
            MappingOptions {
                dates: date("email", "%F"),
                ..none()
            },
            "--date-format email: email is not a date",
        ),
        (
            "username,password,name",
            MappingOptions {
                values: values("name", &[("a", "b"), ("a", "c")]),
                ..none()
            },
            "--value name:a: the value table already has this cell",
        ),
    ]);
}
