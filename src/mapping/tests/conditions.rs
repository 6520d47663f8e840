//! Rows that are chosen by a cell, as it appears in the list.

use super::asked::{map, values};
use super::{broken, mapping, problems, rows_with};
use crate::mapping::{ColumnIs, FollowUpOptions, MappingOptions, Sourced};
use crate::user::{FollowUpStep, NotSent, Row};

fn conditions(conditions: &[(&str, &str)]) -> Vec<Sourced<ColumnIs>> {
    let asked = |(column, value): &(&str, &str)| {
        let what = ColumnIs {
            column: (*column).to_owned(),
            value: (*value).to_owned(),
        };
        Sourced::new(what, format!("--skip-where {column}={value}"))
    };
    conditions.iter().map(asked).collect()
}

fn skipping(asked: &[(&str, &str)]) -> MappingOptions {
    MappingOptions {
        skip_where: conditions(asked),
        ..MappingOptions::default()
    }
}

/// `user`, `skipped NAME`, or the code of what is wrong.
fn said(row: &Row) -> String {
    match &row.user {
        Ok(user) => user.username.clone(),
        Err(NotSent::Skipped { username }) => {
            format!("skipped {}", username.as_deref().unwrap_or("-"))
        }
        Err(NotSent::Broken(_)) => broken(row).code().to_owned(),
    }
}

fn all(list: &str, options: &MappingOptions) -> Vec<String> {
    rows_with(list, options).iter().map(said).collect()
}

#[test]
fn a_row_is_skipped_by_one_of_several_conditions_and_need_not_be_sound() {
    let found = all(
        "username,password,Status,Kind\n\
         ann,Passw0rd!,active,user\n\
         bob,x y,  BLOCKED ,user\n\
         ,,gone,\n\
         cy,Passw0rd!,active,Robot\n\
         dan,,active,user\n",
        &skipping(&[("status", "blocked"), ("Status", "gone"), ("Kind", "robot")]),
    );
    assert_eq!(
        found,
        [
            "ann",
            "skipped bob",
            "skipped -",
            "skipped cy",
            "password.missing"
        ]
    );
}

#[test]
fn an_empty_value_matches_blank_cells_and_an_asterisk_all_others() {
    let list = "username,password,Note\nann,Passw0rd!,\nbob,Passw0rd!, \ncy,Passw0rd!,x\ndan,Passw0rd!,*\n";
    assert_eq!(
        all(list, &skipping(&[("Note", "")])),
        ["skipped ann", "skipped bob", "cy", "dan"]
    );
    assert_eq!(
        all(list, &skipping(&[("Note", "*")])),
        ["ann", "bob", "skipped cy", "skipped dan"]
    );
    let with_null = |value: &str| MappingOptions {
        null: vec!["x".to_owned()],
        ..skipping(&[("Note", value)])
    };
    for (value, skipped) in [("", 3), ("*", 1), ("x", 1)] {
        let found = all(list, &with_null(value));
        let found = found.iter().filter(|said| said.starts_with("skipped"));
        assert_eq!(found.count(), skipped, "--null x --skip-where Note={value}");
    }
}

#[test]
fn a_row_whose_cells_may_have_moved_is_invalid_and_not_skipped() {
    let found = all(
        "username,password,Status\nann,Passw0rd!,blocked,more,and more\nbob,Passw0rd!\n",
        &skipping(&[("Status", "blocked"), ("Status", "")]),
    );
    assert_eq!(found, ["row.cell_count", "row.cell_count"]);
}

#[test]
fn conditions_see_the_cell_and_not_what_becomes_of_it() {
    let options = MappingOptions {
        columns: map(&[("Status", "custom:status")]),
        values: values("Status", &[("active", "true"), ("*", "false")]),
        follow_up: FollowUpOptions {
            confirm_where: conditions(&[("Status", "active")]),
            disable_where: conditions(&[("Status", "blocked")]),
            ..FollowUpOptions::default()
        },
        ..skipping(&[("Status", "deleted"), ("Status", "true")])
    };
    let rows = rows_with(
        "username,password,Status\nann,Passw0rd!,active\nbob,Passw0rd!,Blocked\ncy,Passw0rd!,deleted\ndan,Passw0rd!,other\n",
        &options,
    );
    let steps: Vec<&[FollowUpStep]> = rows
        .iter()
        .filter_map(|row| Some(&*row.user.as_ref().ok()?.follow_up))
        .collect();
    assert_eq!(
        steps,
        [
            &[FollowUpStep::Confirm] as &[FollowUpStep],
            &[FollowUpStep::Disable],
            &[]
        ],
        "of ann, bob and dan"
    );
    assert_eq!(said(&rows[2]), "skipped cy");
}

#[test]
fn a_run_is_bound_to_what_is_skipped() {
    let header = "username,password,Status";
    let of = |asked: &[(&str, &str)]| mapping(header, &skipping(asked)).unwrap().identity();
    let plain = mapping(
        header,
        &MappingOptions {
            ignore: super::names("--ignore-column", &["Status"]),
            ..MappingOptions::default()
        },
    );
    let mut texts = vec![
        plain.unwrap().identity(),
        of(&[("Status", "a")]),
        of(&[("Status", "*")]),
        of(&[("Status", "")]),
        of(&[("Status", "a"), ("Status", "b")]),
    ];
    assert_eq!(of(&[("status", " A ")]), texts[1]);
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), 5, "{texts:?}");
}

#[test]
fn a_condition_is_on_a_column_that_exists_and_holds_no_passwords() {
    let found = problems("username,password,Status", &skipping(&[("Statsu", "x")]));
    assert!(
        found[0].contains("--skip-where Statsu=x") && found[0].contains("nearest: Status"),
        "{found:?}"
    );
    let found = problems("username,password", &skipping(&[("password", "x")]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(mapping("username,password,Status", &skipping(&[("Status", "x")])).is_ok());
}
