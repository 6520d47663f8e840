//! Undoing a run in S3 whose ledger may be older than its last requests.

use std::fs;

use crate::harness::{MotoBucket, Pool, ProgramCommand, TestDir, quick};
use crate::stored_imports::{import, kill_import};
use crate::stored_runs::{names, with_temporary};

/// A run whose process was killed after it had sent some rows, and whose ledger in S3 is that of
/// its beginning.
struct KilledRun {
    dir: TestDir,
    pool: Pool,
    bucket: MotoBucket,
}

impl KilledRun {
    fn new(bucket: &str) -> Option<Self> {
        let bucket = MotoBucket::create(bucket)?;
        let (dir, pool) = (TestDir::new(), Pool::start(quick()));
        kill_import(&dir, &pool, &bucket, ["--snapshot-every", "1h"]);
        Some(Self { dir, pool, bucket })
    }

    fn address(&self) -> String {
        self.bucket.address("runs/a/")
    }

    fn undo(&self) -> ProgramCommand {
        let undo = self.dir.undo_in(&self.pool, &self.address());
        let undo = undo.args(["--delete-rate", "1000"]);
        with_temporary(&self.dir, self.bucket.with_endpoint(undo))
    }

    fn dry_undo(&self) -> ProgramCommand {
        self.undo().without_flag("--yes-delete").arg("--dry-run")
    }

    /// Checks that the refusal names these data.
    fn assert_refused(&self, data: &[&str]) {
        let users = self.pool.users().len();
        for undo in [self.undo(), self.dry_undo()] {
            undo.run().exits(3).names(data);
        }
        assert_eq!(self.pool.users().len(), users);
        assert!(!names(&self.bucket, "runs/a/").contains(&"undo.db".to_owned()));
    }
}

#[test]
fn users_that_the_copy_of_the_ledger_may_lack_are_not_forgotten() {
    let Some(run) = KilledRun::new("incomplete") else {
        return;
    };
    assert!(run.pool.users().len() >= 20);
    let address = run.address();
    run.assert_refused(&[&address, "--known-only"]);
    let import = || import(&run.dir, &run.pool, &run.bucket);
    // Its rows after the fifth are still unknown.
    import().args(["--stop-after", "5"]).run().exits(4);
    let command = format!("--run-dir {address}");
    run.assert_refused(&[&command, "--known-only"]);
    import().run().exits(0);
    run.undo().run().exits(0);
    assert!(run.pool.users().is_empty());
}

#[test]
fn known_users_are_undone_on_request() {
    let Some(run) = KilledRun::new("known-only") else {
        return;
    };
    let dry_run = run.dry_undo().arg("--known-only").json().run().exits(1);
    let known_until = dry_run.document()["known_until"].clone();
    let known_until = known_until.as_str().unwrap();
    dry_run.names([known_until]);
    let report = run.dir.cli("report").arg(&run.address());
    let report = with_temporary(&run.dir, run.bucket.with_endpoint(report));
    report.run().exits(4).names([known_until]);
    import(&run.dir, &run.pool, &run.bucket)
        .args(["--stop-after", "5"])
        .run()
        .exits(4);
    let users = run.pool.users().len();
    run.undo().arg("--known-only").run().exits(1);
    let left = run.pool.users().len();
    assert!((1..users).contains(&left), "{left} of {users}");
    run.undo().run().exits(3).names(["--known-only"]);
    fs::remove_dir_all(run.dir.path("tmp")).unwrap();
    import(&run.dir, &run.pool, &run.bucket).run().exits(3);
}
