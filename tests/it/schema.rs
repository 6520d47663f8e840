//! What programs read: `results.jsonl` keeps to its published schema, and `summary.json` has what a dashboard needs.

use std::fs;

use serde_json::Value;

use cognito_import::rehearsal::PoolSettings;

use crate::harness::{Place, Pool, quick, users};

const SCHEMA: &str = include_str!("../../src/report/results.schema.json");

/// As much of JSON Schema as the schema uses; what else it may say one day is an error here.
fn assert_valid(value: &Value, schema: &Value, at: &str) {
    for keyword in schema.as_object().unwrap().keys() {
        let known = [
            "$schema",
            "title",
            "description",
            "type",
            "required",
            "additionalProperties",
            "properties",
            "enum",
            "items",
        ];
        assert!(known.contains(&keyword.as_str()), "{at}: {keyword}");
    }
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{at}: {value} of {words:?}");
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64(),
        Some("boolean") => value.is_boolean(),
        None => schema.get("enum").is_some(),
        Some(_) => false,
    };
    assert!(fits, "{at}: {value} is not {}", schema["type"]);
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(
            value.get(name.as_str().unwrap()).is_some(),
            "{at}: no {name}"
        );
    }
    for item in value.as_array().into_iter().flatten() {
        assert_valid(item, &schema["items"], at);
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(of) => assert_valid(member, of, &format!("{at}.{name}")),
            None => assert_ne!(
                schema["additionalProperties"], false,
                "{at}: {name} is not in the schema"
            ),
        }
    }
}

#[test]
fn every_line_of_results_jsonl_keeps_to_the_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let place = Place::new();
    let pool = Pool::start(PoolSettings {
        auto_verified_attributes: vec!["email".to_owned()],
        daily_messages: Some(3),
        existing: vec![cognito_import::rehearsal::ExistingUser {
            username: "user0001".to_owned(),
            ..Default::default()
        }],
        ..quick()
    });
    let list = place.file(
        "users.csv",
        users(8) + "odd,Passw0rd!,odd\nuser0002,Passw0rd!2,x@example.com\n",
    );
    place
        .import(&pool, list)
        .args(["--keep", "email", "--allow-messages"])
        .run()
        .exits(1);
    let lines = fs::read_to_string(place.path("run/results.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 10);
    let mut fields: Vec<String> = Vec::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_valid(&line, &schema, "line");
        fields.extend(line.as_object().unwrap().keys().cloned());
    }
    for field in [
        "delivery",
        "user_status",
        "error_code",
        "same_as_row",
        "kept",
        "created_at",
        "confirmed_at_sign_up",
    ] {
        assert!(
            fields.iter().any(|other| other == field),
            "{field} is tried here"
        );
    }
}

#[test]
fn the_summary_has_what_a_dashboard_needs() {
    let place = Place::new();
    let pool = Pool::start(PoolSettings {
        auto_verified_attributes: vec!["email".to_owned()],
        daily_messages: Some(3),
        ..quick()
    });
    let list = place.file("users.csv", users(8));
    place
        .import(&pool, list)
        .args(["--allow-messages"])
        .run()
        .exits(0);
    let summary = place.results().summary;
    assert_eq!(summary["schema_version"], 1);
    assert_eq!(
        (&summary["kind"], &summary["sessions"]),
        (&"import".into(), &1.into())
    );
    assert_eq!(
        (&summary["exit_code"], &summary["exit_meaning"]),
        (
            &0.into(),
            &"every row was created, existed or was skipped, and all steps succeeded".into()
        )
    );
    assert_eq!(summary["program_version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(summary["region"], "us-east-1");
    assert_eq!(
        summary["deliveries"],
        serde_json::json!({"sent": 3, "refused": 5})
    );
    assert_eq!(summary["created_users"]["unconfirmed"], 8);
    let latency = &summary["latency"];
    // The five whose message was refused were looked up.
    assert_eq!(latency["rows"], 3);
    assert!(
        latency["p50_ms"].as_u64() <= latency["p99_ms"].as_u64()
            && latency["p99_ms"].as_u64() <= latency["max_ms"].as_u64()
    );
    assert!(summary["elapsed_seconds"].as_f64() >= summary["active_seconds"].as_f64());
}
