//! Documents for programs. The harness checks every document that a test produces against its
//! schema in `docs/schemas`. These tests check that the schemas reject other documents, and that
//! the documents have what dashboards need.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use cognito_import::rehearsal::PoolSettings;

use crate::harness::{Document, Pool, TestDir, existing_user, quick, users, violations};

#[test]
fn a_schema_rejects_what_the_program_does_not_write() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(1));
    let output = dir.rehearse(list).json().run().exits(0).document();
    let line = &dir.results().lines[0];
    for (kind, document) in [
        (Document::Summary, &output["summary"]),
        (Document::ResultLine, line),
        (Document::Output, &output),
    ] {
        assert_eq!(violations(kind, document), [""; 0]);
        for (field, value) in document.as_object().unwrap() {
            let mut changed = document.clone();
            changed[field] = json!(["not this"]);
            assert!(
                !violations(kind, &changed).is_empty(),
                "{kind:?}: {field} {value}"
            );
        }
        let mut more = document.clone();
        more["more"] = json!(1);
        assert!(!violations(kind, &more).is_empty(), "{kind:?}");
    }
    let mut without = output;
    without.as_object_mut().unwrap().remove("summary");
    assert!(!violations(Document::Output, &without).is_empty());
    without["error"] =
        json!({"message": "", "exit_code": 3, "name": "refused", "what_to_do": null});
    assert_eq!(violations(Document::Output, &without), [""; 0]);
}

#[test]
fn mapping_files_match_their_schema() {
    let mut found = 0;
    for sample in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")).unwrap() {
        let Ok(text) = fs::read_to_string(sample.unwrap().path().join("mapping.toml")) else {
            continue;
        };
        assert_eq!(violations(Document::Mapping, &parse_toml(&text)), [""; 0]);
        found += 1;
    }
    assert!(found >= 6, "{found} samples");
    for wrong in [
        "trim = \"yes\"",
        "trimm = true",
        "[follow_up]\nverify = [\"fax\"]",
    ] {
        assert!(
            !violations(Document::Mapping, &parse_toml(wrong)).is_empty(),
            "{wrong}"
        );
    }
}

fn parse_toml(text: &str) -> Value {
    let file: toml::Value = toml::from_str(text).unwrap();
    serde_json::to_value(file).unwrap()
}

#[test]
fn results_jsonl_has_every_kind_of_field() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        auto_verified_attributes: vec!["email".to_owned()],
        daily_messages: Some(3),
        existing: vec![existing_user("user0001")],
        ..quick()
    });
    let list = dir.file(
        "users.csv",
        users(8) + "odd,Passw0rd!,odd\nuser0002,Passw0rd!2,x@example.com\n",
    );
    dir.import(&pool, list)
        .args(["--keep", "email", "--allow-messages"])
        .run()
        .exits(1);
    let lines = dir.results().lines;
    assert_eq!(lines.len(), 10);
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
            lines.iter().any(|line| line.get(field).is_some()),
            "no line has {field}"
        );
    }
}

#[test]
fn the_summary_has_the_fields_a_dashboard_needs() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        auto_verified_attributes: vec!["email".to_owned()],
        daily_messages: Some(3),
        ..quick()
    });
    let list = dir.file("users.csv", users(8));
    dir.import(&pool, list)
        .args(["--allow-messages"])
        .run()
        .exits(0);
    let summary = dir.results().summary;
    assert_eq!(summary["schema_version"], 1);
    assert_eq!(
        (&summary["kind"], &summary["sessions"]),
        (&"import".into(), &1.into())
    );
    assert_eq!(summary["exit_code"], 0);
    assert!(summary["exit_meaning"].is_string());
    assert_eq!(summary["program_version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(summary["region"], "us-east-1");
    assert_eq!(summary["deliveries"], json!({"sent": 3, "refused": 5}));
    assert_eq!(summary["created_users"]["unconfirmed"], 8);
    let latency = &summary["latency"];
    // Five were looked up because their message was refused.
    assert_eq!(latency["rows"], 3);
    assert!(
        latency["p50_ms"].as_u64() <= latency["p99_ms"].as_u64()
            && latency["p99_ms"].as_u64() <= latency["max_ms"].as_u64()
    );
    assert!(summary["elapsed_seconds"].as_f64() >= summary["active_seconds"].as_f64());
}
