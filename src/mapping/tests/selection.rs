//! The rows that `--where` selects.

use super::options::conditions;
use super::{assert_problem, codes, mapping, open_rows};
use crate::mapping::{Mapping, MappingOptions};
use crate::rows::{Dialect, RowFilter, Rows, RowsError};

/// Columns and values.
type Conditions<'a> = &'a [(&'a str, &'a str)];

fn only(only_where: Conditions<'_>) -> MappingOptions {
    MappingOptions {
        only_where: conditions("--where", only_where),
        ..MappingOptions::default()
    }
}

fn open(list: &[u8], options: &MappingOptions, dialect: &Dialect) -> (Rows, Mapping) {
    let rows = open_rows(list, dialect);
    let mapping = Mapping::from_header("list.csv", rows.header(), options).unwrap();
    let selection = mapping.selection().unwrap();
    (rows.selecting(Some(Box::new(selection))), mapping)
}

/// Returns the numbers of the selected rows, each with the code of its first finding.
fn selected(
    list: &[u8],
    options: &MappingOptions,
    dialect: &Dialect,
) -> Vec<(u64, Option<&'static str>)> {
    let (mut rows, mapping) = open(list, options, dialect);
    let mut selected = Vec::new();
    while let Some(raw) = rows.next_row().unwrap() {
        selected.push((raw.number, codes(&mapping.row(&raw)).first().copied()));
    }
    selected
}

fn numbers(list: &str, options: &MappingOptions) -> Vec<u64> {
    let rows = selected(list.as_bytes(), options, &Dialect::default());
    rows.into_iter().map(|(number, _)| number).collect()
}

#[test]
fn values_of_a_column_are_alternatives_and_columns_must_all_match() {
    let list = "username,password,Tenant,Plan\n\
                a,Passw0rd!,acme,free\n\
                b,Passw0rd!, ACME ,paid\n\
                c,Passw0rd!,globex,paid\n\
                d,Passw0rd!,,paid\n\
                e,Passw0rd!,NULL,free\n";
    let cases: [(Conditions<'_>, &[u64]); 7] = [
        (&[("tenant", "acme"), ("Plan", "*")], &[1, 2]),
        (&[("Tenant", "Acme "), ("Plan", "paid")], &[2]),
        (
            &[("Tenant", "acme"), ("Plan", "paid"), ("TENANT", "globex")],
            &[2, 3],
        ),
        (&[("Tenant", ""), ("Plan", "*")], &[4]),
        (&[("Tenant", "*"), ("Plan", "*")], &[1, 2, 3, 5]),
        (&[("Tenant", "null"), ("Plan", "*")], &[5]),
        (
            &[("Plan", "free"), ("Plan", "paid"), ("Tenant", "globex")],
            &[3],
        ),
    ];
    for (conditions, expected) in cases {
        assert_eq!(numbers(list, &only(conditions)), expected, "{conditions:?}");
    }
    let with_null = MappingOptions {
        null: vec!["NULL".to_owned()],
        ..only(&[("Tenant", ""), ("Plan", "*")])
    };
    assert_eq!(numbers(list, &with_null), [4, 5]);
}

#[test]
fn rows_that_cannot_be_compared_are_selected_and_invalid() {
    let list = b"username,password,Tenant,Plan\n\
                 a,Passw0rd!,acme,free\n\
                 b,Passw0rd!,globex\n\
                 c,Passw0rd!,globex,paid,more\n\
                 d,Passw0rd!,\"globex\" inc,free\n\
                 e,Passw0rd!,gl\xf6bex,free\n\
                 \xf6,Passw0rd!,acme,free\n\
                 \xf6,Passw0rd!,globex,free\n\
                 f,Passw0rd!,\"=\"\"globex\"\"\",free\n\
                 g,Passw0rd!,gl\xf6bex,paid\n";
    let options = only(&[("Tenant", "acme"), ("Plan", "free")]);
    assert_eq!(
        selected(list, &options, &Dialect::default()),
        [
            (1, None),
            (2, Some("row.cell_count")),
            (3, Some("row.cell_count")),
            (4, Some("row.quotes")),
            (5, Some("row.encoding")),
            (6, Some("row.encoding")),
            (8, Some("value.formula")),
        ]
    );
}

#[test]
fn a_cell_that_could_not_be_decoded_is_selected() {
    let list = b"username,password,Tenant\n\
                 a,Passw0rd!,acme\n\
                 b,Passw0rd!,acm\xff\n\
                 c\xff,Passw0rd!,globex\n";
    let dialect = Dialect {
        encoding: Some("shift_jis".parse().unwrap()),
        ..Dialect::default()
    };
    let rows = selected(list, &only(&[("Tenant", "acme")]), &dialect);
    assert_eq!(rows, [(1, None), (2, Some("row.encoding"))]);
}

#[test]
fn the_identity_contains_the_selection_in_any_order() {
    let header = "username,password,Tenant,Plan";
    let identity = |only_where: &[(&str, &str)]| {
        let mapping = mapping(header, &only(only_where)).unwrap();
        mapping.identity()
    };
    assert_eq!(
        identity(&[("tenant", "Acme"), ("Plan", "b"), ("Plan", "*")]),
        "username=1 password=2 only where column 3 is \"acme\" and \
         column 4 has a value or column 4 is \"b\"",
    );
    assert_eq!(
        identity(&[("Plan", "b"), ("Tenant", "acme"), ("Plan", "a")]),
        identity(&[("Plan", "A"), ("Plan", "b"), ("Tenant", "acme")]),
    );
    assert_ne!(
        identity(&[("Plan", "a"), ("Tenant", "b")]),
        identity(&[("Plan", "a"), ("Tenant", "c")]),
    );
}

#[test]
fn a_selection_by_names_does_not_depend_on_the_order_of_columns() {
    let by_names = |header, only_where: &[(&str, &str)]| {
        let mapping = mapping(header, &only(only_where)).unwrap();
        mapping.selection().unwrap().by_names()
    };
    let acme = [("tenant", "Acme"), ("Plan", "b"), ("Plan", "*")];
    let text = by_names("username,password,Tenant,Plan", &acme);
    assert_eq!(
        text,
        "\"plan\" has a value or \"plan\" is \"b\" and \"tenant\" is \"acme\""
    );
    let acme = [("PLAN", "*"), ("Plan", "b"), ("Tenant", "acme")];
    assert_eq!(by_names("Plan,username,password,Tenant", &acme), text);
}

#[test]
fn a_list_without_a_matching_row_ends_with_an_error() {
    let broken = "username,password,Tenant\na,Passw0rd!,acme\nb,Passw0rd!\n";
    let (mut rows, _) = open(
        broken.as_bytes(),
        &only(&[("Tenant", "globex")]),
        &Dialect::default(),
    );
    assert_eq!(rows.next_row().unwrap().unwrap().number, 2, "it is broken");
    for _ in 0..2 {
        let error = rows.next_row().unwrap_err();
        assert!(matches!(error, RowsError::NothingSelected { .. }));
    }
    let (mut rows, mapping) = open(
        broken.as_bytes(),
        &only(&[("Tenant", "acme")]),
        &Dialect::default(),
    );
    rows.find_match().unwrap();
    assert_eq!(rows.next_row().unwrap().unwrap().number, 2);
    assert!(rows.next_row().unwrap().is_none());
    assert!(!mapping.selection().unwrap().has_match(), "a new selection");
}

#[test]
fn conditions_need_an_existing_column_without_passwords() {
    let header = "username,password,Tenant";
    let options = MappingOptions {
        ignore_unknown: true,
        ..only(&[("Tenat", "x")])
    };
    let expected = "--where Tenat=x: there is no such column (nearest: Tenant)";
    assert_problem(header, &options, expected);
    assert_problem(
        header,
        &only(&[("password", "x"), ("Tenant", "x")]),
        "passwords are never",
    );
    assert!(mapping(header, &only(&[("Tenant", "x")])).is_ok());
}
