//! A verification of a run in S3.

use crate::harness::{MotoBucket, Pool, TestDir, quick, users};
use crate::stored_runs::{copies, hold_puts, names, store, with_temporary};

#[test]
fn a_signal_ends_the_upload_of_the_report() {
    let Some(bucket) = MotoBucket::create("verify-upload") else {
        return;
    };
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list).run().exits(0);
    let url = store(&bucket, &dir.path("run"), "runs/a/");
    let verify = || {
        let verify = dir.cli("verify").arg(&url);
        let verify = bucket.with_endpoint(verify.args(["--endpoint-url", &pool.url()]));
        with_temporary(&dir, verify)
    };
    let (endpoint, held) = hold_puts(bucket.url(), "verify.csv");
    let running = verify().env("AWS_ENDPOINT_URL_S3", &endpoint).start();
    held.recv().unwrap();
    running.signal("INT");
    running.wait().exits(130);
    assert_eq!(names(&bucket, "runs/a/"), ["ledger.db", "verify.db"]);
    let read = pool.requests("ListUsers");
    verify().run().exits(0);
    assert_eq!(pool.requests("ListUsers"), read, "it resumed");
    let stored = ["ledger.db", "verify.csv", "verify.db"];
    assert_eq!(names(&bucket, "runs/a/"), stored);
    assert!(copies(&dir).is_empty());
}
