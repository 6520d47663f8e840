//! Parts of a run whose directory is in S3.

use std::fs;

use crate::harness::{MotoBucket, Pool, ProgramCommand, TestDir, quick, users};
use crate::stored_runs::{content, names, with_temporary};

fn part(dir: &TestDir, pool: &Pool, bucket: &MotoBucket, index: u32) -> ProgramCommand {
    let import = dir.import(pool, "users.csv");
    let import = import.args(["--run-dir", &bucket.address("runs/a/")]);
    let import = import.args(["--part", &format!("{index}/3")]);
    with_temporary(dir, bucket.with_endpoint(import))
}

#[test]
fn parts_in_s3_are_merged_and_undone() {
    let Some(bucket) = MotoBucket::create("parts") else {
        return;
    };
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    // The last row is invalid.
    dir.file("users.csv", users(60) + "x y,Str0ng#Enough,x@example.com\n");
    let killed = part(&dir, &pool, &bucket, 0).args(["--rate", "60"]).start();
    pool.wait_for_requests("SignUp", 10);
    killed.signal("KILL");
    killed.wait();
    fs::remove_dir_all(dir.path("tmp")).unwrap();
    let running = [0, 1, 2].map(|index| part(&dir, &pool, &bucket, index).start());
    let codes = running.map(|part| part.wait().code);
    assert_eq!(codes.iter().filter(|code| **code == Some(1)).count(), 1);
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 2);
    assert_eq!(names(&bucket, "runs/a/"), ["run.json"]);
    let url = bucket.address("runs/a/");
    let merge = bucket.with_endpoint(dir.cli("report").args(["--merge", &url]));
    let document = with_temporary(&dir, merge).json().run().exits(1).document();
    assert_eq!(document["summary"]["outcomes"]["created"], 60);
    assert_eq!(document["run_directory"], url);
    let results = content(&bucket, "results.csv");
    assert_eq!(results.matches(",created,").count(), 60);
    assert!(content(&bucket, "rejects.csv").contains("x y"));
    let undo = dir.undo_in(&pool, &url);
    with_temporary(&dir, bucket.with_endpoint(undo))
        .run()
        .exits(0);
    assert_eq!(pool.users().len(), 0);
    part(&dir, &pool, &bucket, 1).run().exits(3);
}
