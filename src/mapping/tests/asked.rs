//! What is asked for beside the names of the columns.

use super::{ignoring, mapping, names, problems};
use crate::mapping::columns::attribute;
use crate::mapping::{
    ColumnTarget, Constant, DateFormat, DateOf, Join, Lowercase, Mapping, MappingOptions, Region,
    Sourced, Target, ValueOf,
};
use crate::rows::Header;

pub(super) fn map(columns: &[(&str, &str)]) -> Vec<Sourced<ColumnTarget>> {
    let asked = |(column, target): &(&str, &str)| {
        let what = ColumnTarget {
            column: (*column).to_owned(),
            target: Target::parse(target).unwrap(),
        };
        Sourced::new(what, format!("--map {column}={target}"))
    };
    columns.iter().map(asked).collect()
}

pub(super) fn set(name: &str, value: &str) -> Vec<Sourced<Constant>> {
    let what = Constant {
        attribute: attribute(name).unwrap(),
        value: value.to_owned(),
    };
    vec![Sourced::new(what, format!("--set {name}"))]
}

pub(super) fn join(name: &str, columns: &[&str]) -> Vec<Sourced<Join>> {
    let what = Join {
        attribute: attribute(name).unwrap(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
    };
    vec![Sourced::new(what, format!("--join {name}"))]
}

pub(super) fn date(name: &str, words: &str) -> Vec<Sourced<DateOf>> {
    let what = DateOf {
        attribute: attribute(name).unwrap(),
        format: DateFormat::parse(words).unwrap(),
    };
    vec![Sourced::new(what, format!("--date-format {name}"))]
}

pub(super) fn values(column: &str, lines: &[(&str, &str)]) -> Vec<Sourced<ValueOf>> {
    let asked = |(cell, becomes): &(&str, &str)| {
        let what = ValueOf {
            column: column.to_owned(),
            cell: (*cell).to_owned(),
            becomes: (*becomes).to_owned(),
        };
        Sourced::new(what, format!("--value {column}:{cell}"))
    };
    lines.iter().map(asked).collect()
}

pub(super) fn from(columns: &str) -> Vec<Sourced<String>> {
    names("--username-from", &[columns])
}

/// Each header, what is asked for, and the identity that it gives.
#[track_caller]
fn identified<const N: usize>(cases: [(&str, MappingOptions, &str); N]) {
    for (header, options, identity) in cases {
        let found = mapping(header, &options).unwrap_or_else(|error| panic!("{header}: {error}"));
        assert_eq!(found.identity(), identity, "{header}");
    }
}

#[test]
fn what_is_asked_for_goes_over_the_names_of_the_columns() {
    let none = MappingOptions::default;
    identified([
        (
            "E-Mail Address,login,Kennwort",
            MappingOptions {
                columns: map(&[
                    ("e-mail address", "email"),
                    ("login", "username"),
                    ("Kennwort", "password"),
                ]),
                ..none()
            },
            "username=2 password=3 email=1",
        ),
        (
            "email,password",
            MappingOptions {
                username_from: from("Email"),
                ..none()
            },
            "username=1 password=2 email=1",
        ),
        (
            "email,password",
            MappingOptions {
                username_from: from("email"),
                ..ignoring(&["email"])
            },
            "username=1 password=2",
        ),
        (
            "username,email,password",
            MappingOptions {
                username_from: from("username"),
                ..none()
            },
            "username=1 password=3 email=2",
        ),
        (
            "username,email,password",
            MappingOptions {
                username_from: from("email"),
                keep: names("--keep", &["username"]),
                ..none()
            },
            "username=2 password=3 email=2",
        ),
        (
            "username,email,password",
            MappingOptions {
                username_from: from("email"),
                columns: map(&[("username", "custom:old")]),
                ..none()
            },
            "username=2 password=3 custom:old=1 email=2",
        ),
    ]);
}

#[test]
fn constants_and_joined_columns_give_attributes_too() {
    let none = MappingOptions::default;
    identified([
        (
            "username,password,email",
            MappingOptions {
                set: set("custom:source", "le\"gacy"),
                ..none()
            },
            r#"username=1 password=2 email=3 custom:source="le\"gacy""#,
        ),
        (
            "username,password,First Name,Last Name",
            MappingOptions {
                join: join("name", &["First Name", "Last Name"]),
                ..none()
            },
            "username=1 password=2 name=3+4",
        ),
        // A part of what its name means, and no second one of it.
        (
            "username,password,name,surname",
            MappingOptions {
                join: join("name", &["name", "surname"]),
                ..none()
            },
            "username=1 password=2 name=3+4",
        ),
        (
            "username,password,given_name,family_name",
            MappingOptions {
                join: join("name", &["given_name", "family_name"]),
                ..none()
            },
            "username=1 password=2 given_name=3 family_name=4 name=3+4",
        ),
    ]);
}

#[test]
fn everything_that_changes_what_is_sent_is_in_the_identity() {
    let none = MappingOptions::default;
    identified([
        (
            "username,password,sub,shoe,",
            MappingOptions {
                keep: names("--keep", &["sub"]),
                ignore_unknown: true,
                ..none()
            },
            "username=1 password=2",
        ),
        (
            "phone_number,password,email,birthdate,updated_at,state",
            MappingOptions {
                username_from: from("phone_number"),
                phone_region: Some(Region::parse("de").unwrap()),
                lowercase: vec![Lowercase::Username, Lowercase::Email],
                trim: true,
                dates: [date("birthdate", "%d.%m.%Y"), date("updated_at", "%F")].concat(),
                columns: map(&[("state", "custom:state")]),
                values: values("state", &[("b", "2"), ("a", "1")]),
                ..none()
            },
            "username=1 password=2 phone_number=1:phone(DE) email=3:lowercase birthdate=4:date(\"%d.%m.%Y\") \
             updated_at=5:date(\"%F\") custom:state=6 username:phone(DE) username:lowercase trim \
             values(6)={\"a\": \"1\", \"b\": \"2\"}",
        ),
    ]);
}

#[test]
fn columns_that_mean_nothing_are_dropped_where_that_is_asked_for() {
    let options = MappingOptions {
        ignore_unknown: true,
        ..MappingOptions::default()
    };
    let found = mapping("username,password,emial,shoe,", &options).unwrap();
    let dropped: Vec<_> = found.dropped().collect();
    assert_eq!(
        dropped,
        [
            (3, "emial", Some("email")),
            (4, "shoe", None),
            (5, "", None)
        ]
    );
}

#[test]
fn a_list_without_a_header_is_not_repeated_whatever_was_asked_for() {
    let options = MappingOptions {
        columns: map(&[("mail", "email")]),
        keep: names("--keep", &["ID"]),
        username_from: from("mail"),
        ignore_unknown: true,
        ..MappingOptions::default()
    };
    let found = problems("ann,Secret#1,ann@example.com", &options);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].contains("Is the header line missing?"),
        "{found:?}"
    );
    assert!(!found[0].contains("Secret"), "{found:?}");
}

#[test]
fn a_mapping_tells_where_everything_comes_from() {
    let options = MappingOptions {
        username_from: from("email"),
        set: set("custom:source", "legacy"),
        join: join("name", &["First", "Last"]),
        keep: names("--keep", &["last", "ID", "id"]),
        ..MappingOptions::default()
    };
    let header = "ID,email,password,First,Last".split(',').map(str::to_owned);
    let found = Mapping::from_header("list.csv", &Header::new(header.collect()), &options).unwrap();
    assert_eq!(found.username_column(), "email");
    assert!(found.gives_password());
    assert_eq!(found.kept(), ["ID", "Last"]);
    let from = |column: &str| Some(column.to_owned());
    assert_eq!(
        found.attributes_from(),
        [
            ("email".to_owned(), from("email")),
            ("name".to_owned(), from("First+Last")),
            ("custom:source".to_owned(), None),
        ]
    );
    assert_eq!(
        found.attributes().collect::<Vec<_>>(),
        ["email", "name", "custom:source"]
    );
}
