//! Extreme dates and numbers. For example, an emulator may send milliseconds where the service
//! sends seconds.

use std::fs;

use serde_json::{Value, json};

use super::{FirstRequests, import};
use crate::harness::{Pool, TestDir, TestEndpoint, TestReply, quick, users};

/// Extreme JSON numbers.
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
fn impossible_dates_break_neither_run_nor_report() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(EXTREMES.len()));
    let firsts = FirstRequests::default();
    let endpoint = TestEndpoint::start(&pool, move |request| {
        match request.operation.as_str() {
            // The user is created but the answer is lost, so it is looked up.
            "SignUp" if firsts.is_first(request) => {
                TestReply::ForwardThen(Box::new(TestReply::Bytes(Vec::new())))
            }
            "AdminGetUser" => {
                let index: Option<usize> =
                    request.username().trim_start_matches("user").parse().ok();
                let date = index.map(|index| number(EXTREMES[index - 1]));
                TestReply::ForwardEdited(Box::new(move |body| {
                    for field in ["UserCreateDate", "UserLastModifiedDate"] {
                        if body.get(field).is_some() {
                            body[field] = date.clone().unwrap_or(Value::Null);
                        }
                    }
                }))
            }
            _ => TestReply::Forward,
        }
    });
    let output = import(&dir, &pool, &endpoint, list).run();
    assert!(matches!(output.code, Some(1 | 5)), "{}", output.stderr);
    let results = dir.results();
    assert_eq!(results.rows.len(), EXTREMES.len());
    for (extreme, row) in EXTREMES.iter().zip(&results.rows) {
        // An impossible date proves nothing. An early one shows that the user already existed.
        assert!(
            ["in_doubt", "existed"].contains(&&*row["outcome"]),
            "{extreme}: {row:?}"
        );
    }
    let before = fs::read(dir.path("run/results.csv")).unwrap();
    dir.cli("report")
        .arg("run")
        .run()
        .exits(output.code.unwrap());
    assert_eq!(fs::read(dir.path("run/results.csv")).unwrap(), before);
    let json = ["run", "--output", "json"];
    let report = dir.cli("report").args(json).run();
    let document = report.document();
    assert_eq!(document["summary"]["rows"], EXTREMES.len());
}

#[test]
fn extreme_numbers_in_pool_settings_do_not_crash_the_program() {
    for extreme in [
        "-1",
        "0",
        "2147483647",
        "-2147483648",
        "1e18",
        "1.7976931348623157e308",
    ] {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", users(2));
        let endpoint = TestEndpoint::start(&pool, move |request| {
            let extreme = number(extreme);
            match request.operation.as_str() {
                "DescribeUserPool" => TestReply::ForwardEdited(Box::new(move |body| {
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
                "GetProvisionedLimit" => TestReply::json(
                    200,
                    &json!({ "Limit": { "ProvisionedLimitValue": extreme, "FreeLimitValue": extreme } }),
                ),
                _ => TestReply::Forward,
            }
        });
        let flags = [
            ["--rate", "auto"],
            ["--output", "json"],
            ["--prescan", "auto"],
            ["--preflight-timeout", "1s"],
        ];
        let output = import(&dir, &pool, &endpoint, list)
            .args(flags.concat())
            .run();
        assert!(
            matches!(output.code, Some(0..=5)),
            "{extreme}: {}",
            output.stderr
        );
        output.assert_no_panic();
        let document = output.document();
        assert_eq!(document["exit_code"], output.code.unwrap(), "{extreme}");
    }
}

#[test]
fn extreme_durations_and_numbers_in_flags_do_not_crash_the_program() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(2));
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
            let wrong = dir.rehearse(list).without_flag(flag).args([flag, time]);
            wrong.run().exits(2).names([flag]);
        }
    }
    let max = "4294967295";
    dir.rehearse(list)
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
            max,
            "--lookup-rate",
            max,
            "--update-rate",
            max,
            "--list-rate",
            max,
        ])
        .args([
            "--concurrency",
            max,
            "--max-failures",
            max,
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
