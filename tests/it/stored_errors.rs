//! Errors about a run in S3 name its address, not the temporary copy, and their hints are valid
//! there.

use std::fs;

use crate::harness::{MotoBucket, Pool, ProcessOutput, ProgramCommand, TestDir, quick, users};
use crate::stored_runs::{content, copies, in_a_minute, wait, with_temporary};

/// A finished import, whose files are in `runs/a/` of a bucket.
struct StoredImport {
    dir: TestDir,
    pool: Pool,
    bucket: MotoBucket,
}

impl StoredImport {
    fn new(bucket: &str) -> Option<Self> {
        let bucket = MotoBucket::create(bucket)?;
        let (dir, pool) = (TestDir::new(), Pool::start(quick()));
        dir.file("users.csv", users(3));
        let run = Self { dir, pool, bucket };
        run.import().run().exits(0);
        Some(run)
    }

    fn address(&self) -> String {
        self.bucket.address("runs/a/")
    }

    fn in_s3(&self, cli: ProgramCommand) -> ProgramCommand {
        with_temporary(&self.dir, self.bucket.with_endpoint(cli))
    }

    fn import(&self) -> ProgramCommand {
        self.import_of("users.csv")
    }

    fn import_of(&self, list: &str) -> ProgramCommand {
        let import = self.dir.import(&self.pool, list);
        self.in_s3(import.args(["--run-dir", &self.address()]))
    }

    fn undo(&self) -> ProgramCommand {
        self.in_s3(self.dir.undo_in(&self.pool, &self.address()))
    }

    fn report(&self) -> ProgramCommand {
        self.in_s3(self.dir.cli("report").arg(&self.address()))
    }

    fn compare(&self) -> ProgramCommand {
        let runs = [&*self.address(), &*self.address()];
        self.in_s3(self.dir.cli("report").arg("--compare").args(runs))
    }

    fn put(&self, name: &str, content: &str) {
        let file = self.dir.path("content");
        fs::write(&file, content).unwrap();
        let folder = self.bucket.folder("runs/a/");
        wait(folder.upload(name, &file, in_a_minute())).unwrap();
    }

    /// Puts these files of the run into another prefix, which becomes that of this run.
    fn keep(&mut self, bucket: &str, names: &[&str]) {
        let other = MotoBucket::create(bucket).unwrap();
        for name in names {
            let file = self.dir.path("content");
            let from = self.bucket.folder("runs/a/");
            wait(from.download(name, &file, in_a_minute()))
                .unwrap()
                .unwrap();
            wait(other.folder("runs/a/").upload(name, &file, in_a_minute())).unwrap();
        }
        self.bucket = other;
    }

    /// Checks a refusal about this object.
    fn assert_refused(&self, command: ProgramCommand, object: &str) {
        let address = format!("{}{object}", self.address());
        let refused = command.run().exits(3).names([&address]);
        self.assert_valid_in_s3(&refused);
    }

    fn assert_valid_in_s3(&self, ended: &ProcessOutput) {
        let local = self.dir.path("tmp");
        let text = &ended.stderr;
        // `--restart` is refused for a run in S3.
        for invalid in [local.to_str().unwrap(), "--restart", "-wal"] {
            assert!(!text.contains(invalid), "{invalid}: {text}");
        }
        assert!(copies(&self.dir).is_empty());
    }
}

#[test]
fn an_undone_run_is_refused_at_its_address() {
    let Some(run) = StoredImport::new("errors-undone") else {
        return;
    };
    run.undo().run().exits(0);
    run.assert_refused(run.import(), "");
}

#[test]
fn another_list_needs_another_prefix() {
    let Some(mut run) = StoredImport::new("errors-other") else {
        return;
    };
    run.dir.file("other.csv", users(4));
    run.assert_refused(run.import_of("other.csv"), "ledger.db");
    run.keep("errors-other-certificate", &["run.json"]);
    run.assert_refused(run.import_of("other.csv"), "run.json");
}

#[test]
fn a_damaged_ledger_is_refused_at_its_address() {
    let Some(run) = StoredImport::new("errors-damaged") else {
        return;
    };
    for damaged in ["", "not a ledger"] {
        run.put("ledger.db", damaged);
        for command in [run.import(), run.undo(), run.report(), run.compare()] {
            run.assert_refused(command, "ledger.db");
        }
    }
}

#[test]
fn a_certificate_that_is_not_that_of_the_ledger_is_refused_at_its_address() {
    let Some(mut run) = StoredImport::new("errors-certificate") else {
        return;
    };
    let certificate = content(&run.bucket, "run.json");
    let edited = |field: &str, value: serde_json::Value| {
        let mut edited: serde_json::Value = serde_json::from_str(&certificate).unwrap();
        assert!(!edited[field].is_null(), "{field}");
        edited[field] = value;
        edited.to_string()
    };
    let invalid = [
        String::new(),
        "{".to_owned(),
        edited("format", 99.into()),
        edited("run_id", "0123456789abcdef".into()),
        edited("user_pool_id", "us-east-1_Other".into()),
    ];
    for certificate in &invalid {
        run.put("run.json", certificate);
        run.assert_refused(run.import(), "run.json");
    }
    run.put("run.json", &edited("parts", 2.into()));
    run.assert_refused(run.import(), "");
    // Without a ledger, only the identity can be compared.
    run.keep("errors-certificate-only", &["run.json"]);
    for certificate in invalid.iter().filter(|text| !text.contains("0123456789")) {
        run.put("run.json", certificate);
        run.assert_refused(run.import(), "run.json");
    }
}

#[test]
fn results_without_ledger_and_certificate_are_refused() {
    let Some(mut run) = StoredImport::new("errors-lost") else {
        return;
    };
    let sent = run.pool.requests("SignUp");
    run.keep("errors-lost-results", &["results.csv", "summary.json"]);
    for command in [run.import(), run.undo(), run.report(), run.compare()] {
        run.assert_refused(command, "ledger.db");
    }
    assert_eq!(run.pool.requests("SignUp"), sent);
    // The rejects may be the list to import.
    run.bucket = MotoBucket::create("errors-lost-rejects").unwrap();
    run.put("rejects.csv", "username,password\n");
    run.import().run().exits(0);
}

#[test]
fn the_results_of_an_undo_without_its_ledger_are_refused() {
    let Some(run) = StoredImport::new("errors-lost-undo") else {
        return;
    };
    run.put("undo-results.csv", "");
    for command in [run.import(), run.undo(), run.report()] {
        run.assert_refused(command, "undo.db");
    }
    assert_eq!(run.pool.users().len(), 3);
}

#[test]
fn a_damaged_ledger_of_an_undo_is_refused_at_its_address() {
    let Some(run) = StoredImport::new("errors-damaged-undo") else {
        return;
    };
    run.undo().run().exits(0);
    run.put("undo.db", "not a ledger");
    for command in [run.import(), run.undo(), run.report()] {
        run.assert_refused(command, "undo.db");
    }
}

#[test]
fn the_same_command_may_succeed_once_s3_can_be_reached() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let list = dir.file("users.csv", users(3));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let address = "s3://bucket/runs/a/";
    let import = || dir.import(&pool, list).args(["--run-dir", address]);
    let unreachable = |cli: ProgramCommand| {
        let cli = cli.env("AWS_ENDPOINT_URL_S3", &nowhere);
        let cli = cli.env("AWS_ACCESS_KEY_ID", "test");
        with_temporary(&dir, cli.env("AWS_SECRET_ACCESS_KEY", "test"))
    };
    for command in [
        import(),
        dir.undo_in(&pool, address),
        dir.cli("report").arg(address),
        dir.cli("verify").arg(address),
        dir.import(&pool, "s3://bucket/users.csv"),
    ] {
        let ended = unreachable(command).json().run().exits(4);
        assert_eq!(ended.document()["exit_name"], "unavailable");
    }
    // `check` never leaves anything to resume.
    let check = dir.check(&pool, "s3://bucket/users.csv");
    unreachable(check).run().exits(3);
    assert_eq!(pool.stats().operations.len(), 0);
    assert!(copies(&dir).is_empty());
}
