//! Every message about a header, as users read it.

use super::options::{conditions, date, from, join, map, set, values};
use super::{ignoring, mapping, names};
use crate::mapping::{
    ColumnTarget, DateFormat, FollowUpOptions, MappingOptions, PasswordFrom, Region, Sourced,
    Target, attribute,
};
use crate::user::pool_rules::Contact;

#[test]
#[expect(clippy::too_many_lines, reason = "a list of cases")]
fn problems_of_a_header() {
    let none = MappingOptions::default;
    let target = ColumnTarget {
        column: "E-Mail".to_owned(),
        target: Target::Verified(Contact::Email),
    };
    let cases = [
        ("a,b,c", none()),
        ("=\"\"username\"\",password", none()),
        ("username,password,Username", none()),
        (
            "username,password,E-Mail,email",
            MappingOptions {
                columns: map(&[("E-Mail", "email")]),
                ..none()
            },
        ),
        ("E-Mail,Passwort", none()),
        (
            "email,password,Handy",
            MappingOptions {
                password: Some(PasswordFrom::None),
                ..none()
            },
        ),
        ("username,password,shoe", none()),
        ("username,password", ignoring(&["nope"])),
        (
            "username,password,ID,id",
            MappingOptions {
                keep: names("--keep", &["ID"]),
                ignore_unknown: true,
                ..none()
            },
        ),
        (
            "username,password",
            MappingOptions {
                keep: names("--keep", &["password"]),
                ..none()
            },
        ),
        (
            "username,password,x",
            MappingOptions {
                columns: map(&[("x", "name")]),
                ignore: names("--ignore-column", &["x"]),
                ..none()
            },
        ),
        (
            "username,password,x",
            MappingOptions {
                columns: map(&[("x", "name"), ("x", "email")]),
                ..none()
            },
        ),
        (
            "username,password,E-Mail",
            MappingOptions {
                columns: vec![Sourced::new(target, "--map E-Mail=email_verified")],
                ..none()
            },
        ),
        (
            "username,password,name",
            MappingOptions {
                values: values("name", &[("a", "b"), ("a", "c")]),
                ..none()
            },
        ),
        (
            "username,password,email",
            MappingOptions {
                username_from: from("email"),
                ..none()
            },
        ),
        (
            "username,password,name",
            MappingOptions {
                set: set("name", "x"),
                ..none()
            },
        ),
        (
            "username,password",
            MappingOptions {
                set: [set("name", "x"), set("name", "y")].concat(),
                ..none()
            },
        ),
        (
            "username,password",
            MappingOptions {
                set: set("name", &"x".repeat(2_049)),
                ..none()
            },
        ),
        (
            "username,password,a",
            MappingOptions {
                join: join("name", &["a", "b"]),
                ..none()
            },
        ),
        (
            "username,password",
            MappingOptions {
                dates: date("birthdate", "%F"),
                ..none()
            },
        ),
        (
            "username,password,email",
            MappingOptions {
                dates: date("email", "%F"),
                ..none()
            },
        ),
        (
            "username,password,birthdate",
            MappingOptions {
                dates: [date("birthdate", "%F"), date("birthdate", "%F")].concat(),
                ..none()
            },
        ),
        (
            "username,password",
            MappingOptions {
                skip_where: conditions("--skip-where", &[("status", "x")]),
                ..none()
            },
        ),
        (
            "username,password",
            MappingOptions {
                follow_up: FollowUpOptions {
                    group_separator: Some(Sourced::new(",".to_owned(), "--group-separator")),
                    ..FollowUpOptions::default()
                },
                ..none()
            },
        ),
    ];
    let mut text = String::new();
    for (header, options) in cases {
        let error = mapping(header, &options).unwrap_err();
        text += &format!("{error}\n  hint: {}\n", error.hint());
    }
    assert_messages!("headers", text);
}

#[test]
fn notices_about_a_header() {
    let generate = MappingOptions {
        password: Some(PasswordFrom::Generate),
        ..MappingOptions::default()
    };
    let passwordless = MappingOptions {
        password: Some(PasswordFrom::None),
        ..MappingOptions::default()
    };
    let mut text = String::new();
    for (header, options) in [
        (
            "username,password,email_verified,sub",
            &MappingOptions::default(),
        ),
        ("username,password,Enabled", &generate),
        ("username,password", &passwordless),
    ] {
        for notice in mapping(header, options).unwrap().notices() {
            text += &format!("{}: {}\n    {}\n", notice.code, notice.message, notice.hint);
        }
    }
    assert_messages!("header_notices", text);
}

#[test]
fn invalid_values_of_flags() {
    let mut text = String::new();
    let mut add = |error: String| text += &format!("{error}\n");
    for word in [
        "sub",
        "identities",
        "UserStatus",
        "UserCreateDate",
        "enabled",
        "mfaoptions",
        "nmae",
        "shoe size",
    ] {
        add(Target::parse(word).unwrap_err());
    }
    add(attribute("groups").unwrap_err());
    add(Region::parse("Germany").unwrap_err());
    for format in ["%d.%m.%y", "%H:%M", "%d.%m.%Y %", "%Q %F"] {
        add(DateFormat::parse(format).unwrap_err());
    }
    assert_messages!("mapping_values", text);
}
