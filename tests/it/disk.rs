//! A full disk: nothing is sent that the ledger cannot record, and the same command resumes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use cognito_import::rehearsal::{PoolSettings, QuotaSetting, RehearsalPool, SimulatedLatency};

/// The file size limit in 512-byte blocks. The ledger exceeds it after a few hundred rows.
const FULL: u32 = 300;

#[test]
fn a_full_disk_stops_the_run_before_it_sends_unrecorded_rows() {
    let _machine = crate::harness::TestDir::new();
    let folder = tempfile::tempdir().unwrap();
    let mut list = String::from("username,password,email\n");
    for row in 1..=3_000 {
        let _ = writeln!(list, "user{row},Str0ng#Enough{row},user{row}@example.com");
    }
    std::fs::write(folder.path().join("users.csv"), list).unwrap();
    let mut settings = PoolSettings {
        latency: SimulatedLatency {
            base_ms: 1,
            jitter_ms: 2,
        },
        ..PoolSettings::default()
    };
    settings.quotas.user_creation = QuotaSetting::per_second(100_000.0);
    let pool = RehearsalPool::start("127.0.0.1:0".parse().unwrap(), settings).unwrap();
    let import = |limit: &str| {
        Command::new("sh")
            .current_dir(folder.path())
            .env("AWS_ACCESS_KEY_ID", "AKIDTEST")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("URL", pool.endpoint_url())
            .env("PROGRAM", env!("CARGO_BIN_EXE_cognito-import"))
            .arg("-c")
            .arg(format!(
                "{limit} exec \"$PROGRAM\" import users.csv --user-pool-id us-east-1_Rehearsal --client-id \
                 rehearsalclient0000000000 --endpoint-url \"$URL\" --rate 1000 --run-dir run"
            ))
            .output()
            .unwrap()
    };
    // Ignore SIGXFSZ, so that a write beyond the limit fails as on a full disk.
    let full = import(&format!("ulimit -f {FULL};"));
    let stderr = String::from_utf8_lossy(&full.stderr).into_owned();
    assert_eq!(full.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("ledger.db"), "{stderr}");
    let made = pool.stats().created_by_sign_up;
    assert!(made > 0 && made < 3_000, "{made}");

    let rest = import("");
    let stderr = String::from_utf8_lossy(&rest.stderr).into_owned();
    assert_eq!(rest.status.code(), Some(0), "{stderr}");
    let results = csv::Reader::from_path(folder.path().join("run/results.csv")).unwrap();
    let outcomes: Vec<BTreeMap<String, String>> =
        results.into_deserialize().map(Result::unwrap).collect();
    assert_eq!(outcomes.len(), 3_000);
    assert!(outcomes.iter().all(|row| row["outcome"] == "created"));
    assert!(
        pool.stats_users()
            .iter()
            .all(|user| user.sign_ups_after_response == 0)
    );
}
