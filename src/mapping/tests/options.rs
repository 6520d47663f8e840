//! Options that change what columns mean.

use super::{ignoring, mapping, names, problems};
use crate::mapping::columns::attribute;
use crate::mapping::{
    AttributeDateFormat, ColumnEquals, ColumnTarget, Constant, DateFormat, Join, Lowercase,
    Mapping, MappingOptions, Region, Sourced, Target, ValueTableEntry,
};
use crate::rows::Header;

pub(super) fn map(columns: &[(&str, &str)]) -> Vec<Sourced<ColumnTarget>> {
    let option = |(column, target): &(&str, &str)| {
        let value = ColumnTarget {
            column: (*column).to_owned(),
            target: Target::parse(target).unwrap(),
        };
        Sourced::new(value, format!("--map {column}={target}"))
    };
    columns.iter().map(option).collect()
}

pub(super) fn set(name: &str, value: &str) -> Vec<Sourced<Constant>> {
    let constant = Constant {
        attribute: attribute(name).unwrap(),
        value: value.to_owned(),
    };
    vec![Sourced::new(constant, format!("--set {name}"))]
}

pub(super) fn join(name: &str, columns: &[&str]) -> Vec<Sourced<Join>> {
    let join = Join {
        attribute: attribute(name).unwrap(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
    };
    vec![Sourced::new(join, format!("--join {name}"))]
}

pub(super) fn date(name: &str, pattern: &str) -> Vec<Sourced<AttributeDateFormat>> {
    let format = AttributeDateFormat {
        attribute: attribute(name).unwrap(),
        format: DateFormat::parse(pattern).unwrap(),
    };
    vec![Sourced::new(format, format!("--date-format {name}"))]
}

pub(super) fn values(column: &str, entries: &[(&str, &str)]) -> Vec<Sourced<ValueTableEntry>> {
    let option = |(cell, replacement): &(&str, &str)| {
        let entry = ValueTableEntry {
            column: column.to_owned(),
            cell: (*cell).to_owned(),
            replacement: (*replacement).to_owned(),
        };
        Sourced::new(entry, format!("--value {column}"))
    };
    entries.iter().map(option).collect()
}

/// Returns the conditions `COLUMN=VALUE` of a flag.
pub(super) fn conditions(flag: &str, conditions: &[(&str, &str)]) -> Vec<Sourced<ColumnEquals>> {
    let option = |(column, value): &(&str, &str)| {
        let condition = ColumnEquals {
            column: (*column).to_owned(),
            value: (*value).to_owned(),
        };
        Sourced::new(condition, format!("{flag} {column}={value}"))
    };
    conditions.iter().map(option).collect()
}

pub(super) fn from(columns: &str) -> Vec<Sourced<String>> {
    names("--username-from", &[columns])
}

/// Asserts the identity of each header with its options.
#[track_caller]
fn assert_identities<const N: usize>(cases: [(&str, MappingOptions, &str); N]) {
    for (header, options, identity) in cases {
        let mapping = mapping(header, &options).unwrap_or_else(|error| panic!("{header}: {error}"));
        assert_eq!(mapping.identity(), identity, "{header}");
    }
}

#[test]
fn options_override_column_names() {
    let none = MappingOptions::default;
    assert_identities([
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
fn constants_and_joined_columns_set_attributes() {
    let none = MappingOptions::default;
    assert_identities([
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
        // A column that is joined into its own attribute does not also set it alone.
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
fn the_identity_contains_everything_that_changes_requests() {
    let none = MappingOptions::default;
    assert_identities([
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
            "username=1 password=2 phone_number=1:phone(DE) email=3:lowercase \
             birthdate=4:date(\"%d.%m.%Y\") updated_at=5:date(\"%F\") custom:state=6 \
             username:phone(DE) username:lowercase trim values(6)={\"a\": \"1\", \"b\": \"2\"}",
        ),
    ]);
}

#[test]
fn drops_unknown_columns_on_request() {
    let options = MappingOptions {
        ignore_unknown: true,
        ..MappingOptions::default()
    };
    let mapping = mapping("username,password,emial,shoe,", &options).unwrap();
    let dropped: Vec<_> = mapping.dropped().collect();
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
fn a_list_without_a_header_is_never_repeated_in_messages() {
    let options = MappingOptions {
        columns: map(&[("mail", "email")]),
        keep: names("--keep", &["ID"]),
        username_from: from("mail"),
        ignore_unknown: true,
        ..MappingOptions::default()
    };
    let problems = problems("ann,Secret#1,ann@example.com", &options);
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].contains("Is the header line missing?"),
        "{problems:?}"
    );
    assert!(!problems[0].contains("Secret"), "{problems:?}");
}

#[test]
fn a_mapping_knows_the_columns_of_its_values() {
    let options = MappingOptions {
        username_from: from("email"),
        set: set("custom:source", "legacy"),
        join: join("name", &["First", "Last"]),
        keep: names("--keep", &["last", "ID", "id"]),
        ..MappingOptions::default()
    };
    let header = "ID,email,password,First,Last".split(',').map(str::to_owned);
    let mapping =
        Mapping::from_header("list.csv", &Header::new(header.collect()), &options).unwrap();
    assert_eq!(mapping.username_column(), "email");
    assert!(mapping.sets_password());
    assert_eq!(mapping.kept(), ["ID", "Last"]);
    let from = |column: &str| Some(column.to_owned());
    assert_eq!(
        mapping.attributes_with_columns(),
        [
            ("email".to_owned(), from("email")),
            ("name".to_owned(), from("First+Last")),
            ("custom:source".to_owned(), None),
        ]
    );
    assert_eq!(
        mapping.attributes().collect::<Vec<_>>(),
        ["email", "name", "custom:source"]
    );
}
