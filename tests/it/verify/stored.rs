//! A verification of a run in S3.

use crate::stored_runs::{UploadedRun, copies, hold_puts};

#[test]
fn a_signal_ends_the_upload_of_the_report() {
    let Some(run) = UploadedRun::new("verify-upload", 3) else {
        return;
    };
    let (endpoint, held) = hold_puts(run.bucket.url(), "verify.csv");
    let verify = run.verify().env("AWS_ENDPOINT_URL_S3", &endpoint);
    let running = verify.start();
    held.recv().unwrap();
    running.signal("INT");
    running.wait().exits(130);
    assert_eq!(run.names(), ["ledger.db", "verify.db"]);
    let read = run.pool.requests("ListUsers");
    run.verify().run().exits(0);
    assert_eq!(run.pool.requests("ListUsers"), read, "it resumed");
    assert_eq!(run.names(), ["ledger.db", "verify.csv", "verify.db"]);
    assert!(copies(&run.dir).is_empty());
}
