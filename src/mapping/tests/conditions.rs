//! Conditions on cells.

use super::options::{conditions, map, values};
use super::{assert_problem, invalid, mapping, names, rows_with};
use crate::mapping::{FollowUpOptions, MappingOptions};
use crate::user::{FollowUpStep, NotSent, Row};

fn skipping(skip_where: &[(&str, &str)]) -> MappingOptions {
    MappingOptions {
        skip_where: conditions("--skip-where", skip_where),
        ..MappingOptions::default()
    }
}

/// Returns the username, `skipped NAME`, or the code of the first finding.
fn outcome(row: &Row) -> String {
    match &row.user {
        Ok(user) => user.username.clone(),
        Err(NotSent::Skipped { username }) => {
            format!("skipped {}", username.as_deref().unwrap_or("-"))
        }
        Err(NotSent::Invalid(_)) => invalid(row).code().to_owned(),
    }
}

fn outcomes(list: &str, options: &MappingOptions) -> Vec<String> {
    rows_with(list, options).iter().map(outcome).collect()
}

#[test]
fn skips_rows_that_meet_any_condition_even_if_invalid() {
    let outcomes = outcomes(
        "username,password,Status,Kind\n\
         ann,Passw0rd!,active,user\n\
         bob,x y,  BLOCKED ,user\n\
         ,,gone,\n\
         cy,Passw0rd!,active,Robot\n\
         dan,,active,user\n",
        &skipping(&[("status", "blocked"), ("Status", "gone"), ("Kind", "robot")]),
    );
    assert_eq!(
        outcomes,
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
fn an_empty_value_matches_blank_cells_and_an_asterisk_the_others() {
    let list = "username,password,Note\nann,Passw0rd!,\nbob,Passw0rd!, \ncy,Passw0rd!,x\n\
                dan,Passw0rd!,*\n";
    assert_eq!(
        outcomes(list, &skipping(&[("Note", "")])),
        ["skipped ann", "skipped bob", "cy", "dan"]
    );
    assert_eq!(
        outcomes(list, &skipping(&[("Note", "*")])),
        ["ann", "bob", "skipped cy", "skipped dan"]
    );
    let with_null = |value: &str| MappingOptions {
        null: vec!["x".to_owned()],
        ..skipping(&[("Note", value)])
    };
    for (value, skipped) in [("", 3), ("*", 1), ("x", 1)] {
        let mut outcomes = outcomes(list, &with_null(value));
        outcomes.retain(|text| text.starts_with("skipped"));
        assert_eq!(
            outcomes.len(),
            skipped,
            "--null x --skip-where Note={value}"
        );
    }
}

#[test]
fn does_not_skip_rows_whose_cells_may_have_moved() {
    let outcomes = outcomes(
        "username,password,Status\nann,Passw0rd!,blocked,more,and more\nbob,Passw0rd!\n",
        &skipping(&[("Status", "blocked"), ("Status", "")]),
    );
    assert_eq!(outcomes, ["row.cell_count", "row.cell_count"]);
}

#[test]
fn conditions_test_the_original_cell() {
    let options = MappingOptions {
        columns: map(&[("Status", "custom:status")]),
        values: values("Status", &[("active", "true"), ("*", "false")]),
        follow_up: FollowUpOptions {
            confirm_where: conditions("--confirm-where", &[("Status", "active")]),
            disable_where: conditions("--disable-where", &[("Status", "blocked")]),
            ..FollowUpOptions::default()
        },
        ..skipping(&[("Status", "deleted"), ("Status", "true")])
    };
    let rows = rows_with(
        "username,password,Status\nann,Passw0rd!,active\nbob,Passw0rd!,Blocked\n\
         cy,Passw0rd!,deleted\ndan,Passw0rd!,other\n",
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
    assert_eq!(outcome(&rows[2]), "skipped cy");
}

#[test]
fn the_identity_contains_skip_conditions() {
    let header = "username,password,Status";
    let identity = |skip_where: &[(&str, &str)]| {
        let mapping = mapping(header, &skipping(skip_where)).unwrap();
        mapping.identity()
    };
    let plain = mapping(
        header,
        &MappingOptions {
            ignore: names("--ignore-column", &["Status"]),
            ..MappingOptions::default()
        },
    );
    let mut identities = vec![
        plain.unwrap().identity(),
        identity(&[("Status", "a")]),
        identity(&[("Status", "*")]),
        identity(&[("Status", "")]),
        identity(&[("Status", "a"), ("Status", "b")]),
    ];
    assert_eq!(identity(&[("status", " A ")]), identities[1]);
    identities.sort_unstable();
    identities.dedup();
    assert_eq!(identities.len(), 5, "{identities:?}");
}

#[test]
fn conditions_need_an_existing_column_without_passwords() {
    assert_problem(
        "username,password,Status",
        &MappingOptions {
            ignore_unknown: true,
            ..skipping(&[("Statsu", "x")])
        },
        "--skip-where Statsu=x: there is no such column (nearest: Status)",
    );
    assert_problem(
        "username,password",
        &skipping(&[("password", "x")]),
        "passwords are never",
    );
    assert!(mapping("username,password,Status", &skipping(&[("Status", "x")])).is_ok());
}
