//! Imports whose run directory is in S3. Nothing on the machine outlives the process.

use std::fs;

use crate::harness::{
    Document, MotoBucket, Pool, ProgramCommand, TestDir, quick, users, violations,
};
use crate::stored_runs::{
    content, copies, deny_later_puts, in_a_minute, names, wait, with_temporary,
};

/// An import into `runs/a/` of this bucket.
pub(super) fn import(dir: &TestDir, pool: &Pool, bucket: &MotoBucket) -> ProgramCommand {
    let list = dir.file("users.csv", users(80));
    let import = dir.import(pool, list);
    let import = import.args(["--run-dir", &bucket.address("runs/a/")]);
    with_temporary(dir, bucket.with_endpoint(import))
}

/// Kills an import that has sent some rows, and deletes its files on this machine.
pub(super) fn kill_import(dir: &TestDir, pool: &Pool, bucket: &MotoBucket, flags: [&str; 2]) {
    let running = import(dir, pool, bucket).args(["--rate", "60"]).args(flags);
    let running = running.start();
    pool.wait_for_requests("SignUp", 21);
    running.signal("KILL");
    running.wait();
    fs::remove_dir_all(dir.path("tmp")).unwrap();
}

#[test]
fn certificate_and_ledger_are_stored_before_the_first_sign_up_and_the_reports_at_the_end() {
    let Some(bucket) = MotoBucket::create("imported") else {
        return;
    };
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let running = import(&dir, &pool, &bucket)
        .args(["--rate", "60"])
        .json()
        .start();
    pool.wait_for_requests("SignUp", 1);
    assert_eq!(names(&bucket, "runs/a/"), ["ledger.db", "run.json"]);
    let certificate = serde_json::from_str(&content(&bucket, "run.json")).unwrap();
    assert_eq!(violations(Document::Certificate, &certificate), [""; 0]);
    let document = running.wait().exits(0).document();
    let url = bucket.address("runs/a/");
    assert_eq!(document["run_directory"], url);
    assert_eq!(
        document["files"]["results.csv"],
        format!("{url}results.csv")
    );
    assert_eq!(
        names(&bucket, "runs/a/"),
        [
            "ledger.db",
            "report.html",
            "results.csv",
            "results.jsonl",
            "run.json",
            "summary.json"
        ]
    );
    assert_eq!(
        content(&bucket, "results.csv").matches(",created,").count(),
        80
    );
    assert!(copies(&dir).is_empty());
    // A finished run is not repeated.
    let sent = pool.requests("SignUp");
    import(&dir, &pool, &bucket).run().exits(0);
    assert_eq!(pool.requests("SignUp"), sent);
}

#[test]
fn a_killed_import_resumes_on_another_machine() {
    for (name, every) in [("killed", "1h"), ("copied", "50ms")] {
        let Some(bucket) = MotoBucket::create(name) else {
            return;
        };
        let (dir, pool) = (TestDir::new(), Pool::start(quick()));
        kill_import(&dir, &pool, &bucket, ["--snapshot-every", every]);
        import(&dir, &pool, &bucket).run().exits(0);
        let results = content(&bucket, "results.csv");
        assert_eq!(results.matches(",created,").count(), 80, "{every}");
        let undo = dir.undo_in(&pool, &bucket.address("runs/a/"));
        let undo = bucket.with_endpoint(undo).args(["--delete-rate", "1000"]);
        undo.run().exits(0);
        assert!(pool.users().is_empty());
    }
}

#[test]
fn a_stopped_import_resumes_on_another_machine() {
    let Some(bucket) = MotoBucket::create("stopped") else {
        return;
    };
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let running = import(&dir, &pool, &bucket).args(["--rate", "60"]).start();
    pool.wait_for_requests("SignUp", 21);
    running.signal("TERM");
    running.wait().exits(143);
    assert!(copies(&dir).is_empty());
    let created = pool.users().len();
    let results = content(&bucket, "results.csv");
    assert_eq!(results.matches(",created,").count(), created);
    let lookups = pool.requests("AdminGetUser");
    import(&dir, &pool, &bucket).run().exits(0);
    let results = content(&bucket, "results.csv");
    assert_eq!(results.matches(",created,").count(), 80);
    // Only the permission was checked: the ledger knows all rows that were sent.
    assert!(pool.requests("AdminGetUser") - lookups <= 2);
}

#[test]
fn two_imports_at_once_report_no_user_of_the_run_as_existing() {
    let Some(bucket) = MotoBucket::create("twice") else {
        return;
    };
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let start = || import(&dir, &pool, &bucket).args(["--rate", "40"]).start();
    let running = [start(), start()];
    for process in running {
        let ended = process.wait();
        // 4: the other one has stored its ledger.
        assert!(matches!(ended.code, Some(0 | 4 | 5)), "{}", ended.stderr);
    }
    assert_eq!(pool.users().len(), 80);
    let results = content(&bucket, "results.csv");
    assert_eq!(results.matches(",existed,").count(), 0);
    assert_eq!(
        results.matches(",created,").count() + results.matches(",in_doubt,").count(),
        80
    );
}

#[test]
fn results_that_cannot_be_stored_are_kept_on_this_machine() {
    let Some(bucket) = MotoBucket::create("unstored-import") else {
        return;
    };
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    // The certificate and the ledger are stored before the first sign-up.
    let endpoint = deny_later_puts(bucket.url(), 2);
    let denied = import(&dir, &pool, &bucket).env("AWS_ENDPOINT_URL_S3", &endpoint);
    let failed = denied.args(["--snapshot-every", "50ms"]).json();
    let failed = failed.run().exits(4);
    let kept = copies(&dir);
    assert_eq!(kept.len(), 1, "{kept:?}");
    let directory = kept[0].to_str().unwrap();
    let upload = format!(
        "--exclude ledger.lock {directory} {}",
        bucket.address("runs/a/")
    );
    let document = failed
        .names([directory, "s3:PutObject", &upload])
        .document();
    assert_eq!(document["summary"]["outcomes"]["created"], 80);
    assert_eq!(document["run_directory"], directory);
    assert_eq!(dir.results_in(directory).count("created"), 80);
    let files = fs::read_dir(directory).unwrap();
    let mut files: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(
        files,
        [
            "ledger.db",
            "ledger.lock",
            "report.html",
            "results.csv",
            "results.jsonl",
            "run.json",
            "summary.json"
        ]
    );
    assert_eq!(pool.users().len(), 80);
    // Without the kept files, the same command recovers the run.
    fs::remove_dir_all(&kept[0]).unwrap();
    import(&dir, &pool, &bucket).run().exits(0);
    let results = content(&bucket, "results.csv");
    assert_eq!(results.matches(",created,").count(), 80);
}

#[test]
fn the_ledger_of_another_process_is_not_replaced() {
    for (name, every, warned) in [("other-end", "1h", false), ("other-copy", "50ms", true)] {
        let Some(bucket) = MotoBucket::create(name) else {
            return;
        };
        let (dir, pool) = (TestDir::new(), Pool::start(quick()));
        let running = import(&dir, &pool, &bucket)
            .args(["--rate", "20", "--snapshot-every", every])
            .start();
        pool.wait_for_requests("SignUp", 1);
        let other = dir.path("other.db");
        fs::write(&other, "the ledger of another process").unwrap();
        let folder = bucket.folder("runs/a/");
        wait(folder.upload("ledger.db", &other, in_a_minute())).unwrap();
        let ended = running.wait().exits(4);
        let kept = copies(&dir);
        assert_eq!(kept.len(), 1, "{kept:?}");
        let kept = kept[0].to_str().unwrap();
        let ledger = bucket.address("runs/a/ledger.db");
        let ended = ended.names([kept, &ledger]);
        assert_eq!(ended.stderr.contains("warning"), warned, "{}", ended.stderr);
        let stored = content(&bucket, "ledger.db");
        assert_eq!(stored, "the ledger of another process");
        assert!(!names(&bucket, "runs/a/").contains(&"results.csv".to_owned()));
        // The kept ledger has every user.
        dir.cli("report").arg(kept).run().exits(0);
        assert_eq!(dir.results_in(kept).count("created"), 80);
    }
}

#[test]
fn nothing_is_sent_if_the_certificate_cannot_be_stored() {
    let Some(bucket) = MotoBucket::create("denied-import") else {
        return;
    };
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    for allowed in [0, 1] {
        let endpoint = deny_later_puts(bucket.url(), allowed);
        let denied = import(&dir, &pool, &bucket).env("AWS_ENDPOINT_URL_S3", &endpoint);
        denied.run().exits(3).names(["s3:PutObject"]);
    }
    assert_eq!(pool.requests("SignUp"), 0);
    assert!(copies(&dir).is_empty());
}

#[test]
fn restarts_and_rehearsals_need_a_local_directory() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let list = dir.file("users.csv", users(1));
    let address = ["--run-dir", "s3://bucket/run/"];
    let restart = dir.import(&pool, list);
    let restart = restart.args(address).arg("--restart");
    restart
        .run()
        .exits(3)
        .names(["--restart", "s3://bucket/run/"]);
    let rehearse = dir.rehearse(list);
    rehearse
        .args(address)
        .run()
        .exits(3)
        .names(["--run-dir", "s3://bucket/run/"]);
}

#[test]
fn rejects_of_an_earlier_session_are_emptied() {
    let Some(bucket) = MotoBucket::create("emptied") else {
        return;
    };
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let rejects = dir.path("rejects.csv");
    fs::write(&rejects, "username,password\nann,Secret#12\n").unwrap();
    let folder = bucket.folder("runs/a/");
    wait(folder.upload("rejects.csv", &rejects, in_a_minute())).unwrap();
    import(&dir, &pool, &bucket).run().exits(0);
    assert_eq!(content(&bucket, "rejects.csv"), "");
}
