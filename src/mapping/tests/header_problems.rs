//! Options that do not fit the header.

use super::options::{date, from, join, map, set, values};
use super::{assert_problem, ignoring, names};
use crate::mapping::{MappingOptions, PasswordFrom};

/// Asserts the only problem of each header with its options.
#[track_caller]
fn assert_problems<const N: usize>(cases: [(&str, MappingOptions, &str); N]) {
    for (header, options, expected) in cases {
        assert_problem(header, &options, expected);
    }
}

#[test]
fn columns_in_options_must_exist_once() {
    let none = MappingOptions::default;
    assert_problems([
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
    assert_problems([
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
            "--value password: passwords are never copied or changed",
        ),
    ]);
}

#[test]
fn columns_have_one_target_and_the_username_one_source() {
    let none = MappingOptions::default;
    assert_problems([
        (
            "username,password,x",
            MappingOptions {
                columns: map(&[("x", "email")]),
                ..ignoring(&["x"])
            },
            "--map x=email: the column is also dropped",
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
            "column 1, username: the username comes from another column",
        ),
        (
            "login,email,password",
            MappingOptions {
                username_from: from("email"),
                columns: map(&[("login", "username")]),
                ..none()
            },
            "--username-from email: column 1, login, is already mapped to the username",
        ),
        (
            "username,password,mail,email",
            MappingOptions {
                columns: map(&[("mail", "email")]),
                ..none()
            },
            "columns 3 and 4 are both mapped to email",
        ),
    ]);
}

#[test]
fn attributes_have_one_source_and_dates_need_a_column() {
    let none = MappingOptions::default;
    assert_problems([
        (
            "username,password,custom:source",
            MappingOptions {
                set: set("custom:source", "x"),
                ..none()
            },
            "--set custom:source: column 3, custom:source, is already mapped to custom:source",
        ),
        (
            "username,password,name,b",
            MappingOptions {
                join: join("name", &["username", "b"]),
                ..none()
            },
            "--join name: column 3, name, is already mapped to name",
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
            "--date-format birthdate: no column is mapped to birthdate",
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
            "--value name: the value table already has the cell \"a\"",
        ),
    ]);
}
