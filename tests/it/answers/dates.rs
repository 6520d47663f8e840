//! Dates and numbers that nothing expects: an emulator may answer in milliseconds where the service answers in seconds.

use std::fs;

use serde_json::{Value, json};

use super::{Firsts, import};
use crate::harness::{Endpoint, Place, Pool, Reply, quick, users};

/// Numbers as they may stand in JSON.
const EXTREMES: [&str; 14] = [
    "0",
    "-0.0",
    "-1",
    "-62135596801",
    "253402300800",
    "1795658400000",
    "1795658400000000",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "1e18",
    "-1e300",
    "1e-300",
    "1.7976931348623157e308",
];

fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_date_beyond_all_calendars_ends_no_run_and_no_report() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let list = place.file("users.csv", users(EXTREMES.len()));
    let firsts = Firsts::default();
    let endpoint = Endpoint::start(&pool, move |request| {
        match request.operation.as_str() {
            // The user is made, and the answer is lost: so it is looked up.
            "SignUp" if firsts.is_first(request) => {
                Reply::Instead(Box::new(Reply::Bytes(Vec::new())))
            }
            "AdminGetUser" => {
                let place: Option<usize> =
                    request.username().trim_start_matches("user").parse().ok();
                let date = place.map(|place| number(EXTREMES[place - 1]));
                Reply::Changed(Box::new(move |body| {
                    for field in ["UserCreateDate", "UserLastModifiedDate"] {
                        if body.get(field).is_some() {
                            body[field] = date.clone().unwrap_or(Value::Null);
                        }
                    }
                }))
            }
            _ => Reply::Pass,
        }
    });
    let ran = import(&place, &pool, &endpoint, list).run();
    assert!(matches!(ran.code, Some(1 | 5)), "{}", ran.stderr);
    let results = place.results();
    assert_eq!(results.rows.len(), EXTREMES.len());
    for (extreme, row) in EXTREMES.iter().zip(&results.rows) {
        // A date that cannot be one proves nothing; an early one says that the user was there before.
        assert!(
            ["in_doubt", "existed"].contains(&&*row["outcome"]),
            "{extreme}: {row:?}"
        );
    }
    let before = fs::read(place.path("run/results.csv")).unwrap();
    place
        .cli("report")
        .arg("run")
        .run()
        .exits(ran.code.unwrap());
    assert_eq!(fs::read(place.path("run/results.csv")).unwrap(), before);
    let json = ["run", "--output", "json"];
    let report = place.cli("report").args(json).run();
    let document: Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(document["summary"]["rows"], EXTREMES.len());
}

#[test]
fn no_number_that_a_pool_says_of_itself_ends_the_program_unexpectedly() {
    for extreme in [
        "-1",
        "0",
        "2147483647",
        "-2147483648",
        "1e18",
        "1.7976931348623157e308",
    ] {
        let place = Place::new();
        let pool = Pool::start(quick());
        let list = place.file("users.csv", users(2));
        let endpoint = Endpoint::start(&pool, move |request| {
            let extreme = number(extreme);
            match request.operation.as_str() {
                "DescribeUserPool" => Reply::Changed(Box::new(move |body| {
                    let pool = &mut body["UserPool"];
                    pool["EstimatedNumberOfUsers"] = extreme.clone();
                    for date in ["CreationDate", "LastModifiedDate"] {
                        pool[date] = extreme.clone();
                    }
                    pool["Policies"]["PasswordPolicy"]["MinimumLength"] = extreme.clone();
                    let text = extreme.to_string();
                    for attribute in pool["SchemaAttributes"].as_array_mut().unwrap() {
                        attribute["StringAttributeConstraints"] =
                            json!({ "MinLength": text, "MaxLength": text });
                        attribute["NumberAttributeConstraints"] =
                            json!({ "MinValue": text, "MaxValue": text });
                    }
                })),
                "GetProvisionedLimit" => Reply::json(
                    200,
                    &json!({ "Limit": { "ProvisionedLimitValue": extreme, "FreeLimitValue": extreme } }),
                ),
                _ => Reply::Pass,
            }
        });
        let flags = ["--rate", "auto", "--output", "json", "--prescan", "auto"];
        let ran = import(&place, &pool, &endpoint, list).args(flags).run();
        assert!(matches!(ran.code, Some(0..=5)), "{extreme}: {}", ran.stderr);
        assert!(
            !ran.stderr.contains("panicked"),
            "{extreme}: {}",
            ran.stderr
        );
        let document: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(document["exit_code"], ran.code.unwrap(), "{extreme}");
    }
}

#[test]
fn no_time_or_number_of_the_command_line_is_too_large_for_a_clock() {
    let place = Place::new();
    let list = place.file("users.csv", users(2));
    for flag in [
        "--deadline",
        "--settle-time",
        "--attempt-timeout",
        "--latency",
    ] {
        for time in [
            "1000000000y",
            "2y",
            "18446744073709551615s",
            "584554530872y",
            "1e9y",
        ] {
            let wrong = place.rehearse(list).without_flag(flag).args([flag, time]);
            wrong.run().exits(2).says([flag]);
        }
    }
    let most = "4294967295";
    place
        .rehearse(list)
        .args([
            "--deadline",
            "1y",
            "--settle-time",
            "1y",
            "--attempt-timeout",
            "1y",
        ])
        .args([
            "--rate",
            most,
            "--lookup-rate",
            most,
            "--update-rate",
            most,
            "--list-rate",
            most,
        ])
        .args([
            "--concurrency",
            most,
            "--max-failures",
            most,
            "--seed",
            "18446744073709551615",
        ])
        .args([
            "--quota",
            "1e300",
            "--lookup-quota",
            "1e300",
            "--prescan",
            "always",
        ])
        .run()
        .exits(0);
}
