//! Lists with planted errors: `check` finds all of them and nothing else, and the strict pool
//! agrees on every row.

mod list;

use std::collections::{BTreeMap, BTreeSet};

use cognito_import::rehearsal::{AttributeType, PasswordRules, PoolSettings, SchemaAttribute};

use crate::harness::{Pool, ProgramCommand, Results, TestDir, quick};
use list::{Planted, Stage};

const BROKEN: usize = 1_000;
const VALID: usize = 1_100;

const RULES: [&str; 20] = [
    "attribute.length",
    "attribute.range",
    "attribute.required",
    "attribute.value",
    "date.format",
    "email.format",
    "password.characters",
    "password.hash",
    "password.missing",
    "password.policy",
    "phone_number.format",
    "row.cell_count",
    "row.encoding",
    "row.open_quote",
    "row.too_long",
    "username.characters",
    "username.duplicate",
    "username.format",
    "username.missing",
    "value.unknown",
];

/// A pool with a rule of every kind.
fn strict_pool() -> PoolSettings {
    let attribute = |name: &str, data_type| SchemaAttribute {
        name: name.to_owned(),
        data_type,
        ..SchemaAttribute::default()
    };
    PoolSettings {
        password_policy: PasswordRules {
            minimum_length: 10,
            ..PasswordRules::default()
        },
        alias_attributes: vec!["email".to_owned()],
        schema: vec![
            SchemaAttribute {
                required: true,
                ..SchemaAttribute::string("name", 2_048)
            },
            SchemaAttribute {
                min_length: Some(3),
                ..SchemaAttribute::string("custom:legacy_id", 12)
            },
            SchemaAttribute {
                min_value: Some(-5),
                max_value: Some(9),
                ..attribute("custom:level", AttributeType::Number)
            },
            attribute("custom:active", AttributeType::Boolean),
            SchemaAttribute::string("custom:note", 2_048),
        ],
        ..quick()
    }
}

/// Adds the flags that map the list's columns.
fn with_mapping(cli: ProgramCommand, region: Option<&str>) -> ProgramCommand {
    let cli = cli
        .args(["--map", "Status=custom:active"])
        .args([
            "--value",
            "Status:active=true",
            "--value",
            "Status:gone=false",
        ])
        .args(["--date-format", "birthdate=%d.%m.%Y"]);
    match region {
        Some(region) => cli.args(["--phone-region", region]),
        None => cli,
    }
}

/// A list for each way to write phone numbers.
fn lists() -> [(Option<&'static str>, Planted); 2] {
    [(None, 4), (Some("DE"), 27)]
        .map(|(region, seed)| (region, Planted::new(seed, BROKEN, VALID, region.is_some())))
}

#[test]
fn check_finds_exactly_the_planted_errors() {
    for (region, planted) in lists() {
        let dir = TestDir::new();
        let pool = Pool::start(strict_pool());
        let list = dir.file("users.csv", &planted.text);
        // The last quote is never closed, so a run would leave users out.
        let check = with_mapping(dir.check(&pool, list), region).json();
        let document = check.run().exits(3).document();
        let found: BTreeSet<(usize, usize, String)> = dir
            .findings()
            .iter()
            .map(|line| {
                let number = |column: &str| line[column].parse().unwrap();
                (number("row"), number("line"), line["rule"].clone())
            })
            .collect();
        let expected = planted.faults();
        let difference: Vec<_> = expected.symmetric_difference(&found).take(10).collect();
        assert!(difference.is_empty(), "of {region:?}: {difference:?}");
        assert_eq!(
            dir.findings().len(),
            expected.len(),
            "each is reported once"
        );
        let rules: BTreeSet<&str> = expected.iter().map(|(_, _, rule)| rule.as_str()).collect();
        assert_eq!(rules, BTreeSet::from(RULES), "all rules were broken");

        let duplicates = planted.count(|row| row.is_duplicate());
        let valid = planted.count(|row| row.is_valid());
        let rows = planted.rows.len();
        let counts = ["rows", "to_send", "duplicates", "invalid"];
        assert_eq!(
            counts.map(|name| &document["rows"][name]),
            [rows, valid, duplicates, rows - valid - duplicates]
        );
        assert_eq!(pool.requests("SignUp"), 0, "nothing was written");
    }
}

#[test]
fn the_strict_pool_accepts_rows_that_pass_the_rules() {
    for (region, planted) in lists() {
        let dir = TestDir::new();
        let pool = Pool::start(strict_pool());
        let list = dir.file("users.csv", &planted.text);
        let import = || {
            with_mapping(dir.import(&pool, list), region).args([
                "--rate",
                "5000",
                "--durability",
                "process",
            ])
        };
        import().run().exits(3).names(["[rows_swallowed]"]);
        let open = planted.text.iter().rposition(|byte| *byte == b'"').unwrap();
        let before = &planted.text[..open];
        let rows_before = before.iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        dir.file("users.csv", &planted.text[..rows_before]);
        import().run().exits(1);
        let results = dir.results();
        for (row, result) in planted.rows.iter().zip(&results.rows) {
            let expected = if row.is_duplicate() {
                "duplicate"
            } else if row.is_valid() {
                "created"
            } else {
                "invalid"
            };
            assert_eq!(result["outcome"], expected, "{result:?}");
        }
        assert_eq!(results.rows.len(), planted.rows.len() - 1);
        assert_eq!(pool.users().len(), planted.count(|row| row.is_valid()));
    }
}

#[test]
fn the_strict_pool_rejects_rows_that_fail_its_rules() {
    for (region, planted) in lists() {
        let dir = TestDir::new();
        let pool = Pool::start(strict_pool());
        let list = dir.file("users.csv", &planted.text);
        with_mapping(dir.import(&pool, list), region)
            .args(["--no-preflight", "--max-failures", "0"])
            .args(["--max-failure-rate", "1", "--durability", "process"])
            .args(["--rate", "5000"])
            .run()
            .exits(1);
        let results = dir.results();
        assert_agreement(&planted, &results);
        let valid = planted.count(|row| row.is_valid());
        assert_eq!(pool.users().len(), valid, "of {region:?}");
    }
}

/// Asserts that rows violating rules of the list or the API were not sent, and that rows violating
/// only pool rules were sent and rejected.
#[track_caller]
fn assert_agreement(planted: &Planted, results: &Results) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (row, result) in planted.rows.iter().zip(&results.rows) {
        let expected = match row.stages().max() {
            _ if row.is_duplicate() => "duplicate",
            None => "created",
            Some(Stage::Pool) => "rejected",
            Some(Stage::List) => "invalid",
        };
        assert_eq!(result["outcome"], expected, "{result:?} {:?}", row.faults);
        *counts.entry(expected).or_default() += 1;
    }
    assert!(counts["rejected"] > 100, "{counts:?}");
}
