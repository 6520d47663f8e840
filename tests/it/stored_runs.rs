//! Run directories in S3: `report` and `undo` copy them, and store what they write.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use tokio::time::Instant;

use crate::harness::{MotoBucket, Pool, ProgramCommand, TestDir, quick, users};

/// Longer than any call takes unless S3 hangs.
pub(super) fn in_a_minute() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

pub(super) fn wait<T>(call: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(call)
}

/// Uploads the ledger of a local run to this prefix and returns the address.
pub(super) fn store(bucket: &MotoBucket, run: &Path, prefix: &str) -> String {
    let folder = bucket.folder(prefix);
    let ledger = run.join("ledger.db");
    wait(folder.upload("ledger.db", &ledger, in_a_minute())).unwrap();
    bucket.address(prefix)
}

pub(super) fn names(bucket: &MotoBucket, prefix: &str) -> Vec<String> {
    wait(bucket.folder(prefix).names(in_a_minute())).unwrap()
}

pub(super) fn content(bucket: &MotoBucket, object: &str) -> String {
    let folder = bucket.folder("runs/a/");
    let content = wait(folder.read(object, in_a_minute())).unwrap().unwrap();
    String::from_utf8(content).unwrap()
}

/// A command with a directory for temporary files, which must be empty afterwards.
pub(super) fn with_temporary(dir: &TestDir, cli: ProgramCommand) -> ProgramCommand {
    let temporary = dir.path("tmp");
    std::fs::create_dir_all(&temporary).unwrap();
    cli.env("TMPDIR", temporary.to_str().unwrap())
}

pub(super) fn copies(dir: &TestDir) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir.path("tmp")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// A run whose ledger is in S3.
pub(super) struct UploadedRun {
    pub(super) bucket: MotoBucket,
    pub(super) dir: TestDir,
    pub(super) pool: Pool,
    pub(super) url: String,
}

impl UploadedRun {
    /// Imports this many users. `None` if moto cannot be installed.
    pub(super) fn new(bucket: &str, count: usize) -> Option<Self> {
        let bucket = MotoBucket::create(bucket)?;
        let (dir, pool) = (TestDir::new(), Pool::start(quick()));
        let list = dir.file("users.csv", users(count));
        dir.import(&pool, list).run().exits(0);
        let url = store(&bucket, &dir.path("run"), "runs/a/");
        Some(Self {
            bucket,
            dir,
            pool,
            url,
        })
    }

    /// Lets a command read and write the run.
    fn access(&self, cli: ProgramCommand) -> ProgramCommand {
        with_temporary(&self.dir, self.bucket.with_endpoint(cli))
    }

    pub(super) fn verify(&self) -> ProgramCommand {
        self.access(self.dir.verify_in(&self.pool, &self.url))
    }

    pub(super) fn undo(&self) -> ProgramCommand {
        self.access(self.dir.undo_in(&self.pool, &self.url))
    }

    /// The files of the run.
    pub(super) fn names(&self) -> Vec<String> {
        names(&self.bucket, "runs/a/")
    }
}

#[test]
fn a_report_is_written_next_to_the_ledger() {
    let Some(bucket) = MotoBucket::create("reported") else {
        return;
    };
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(5));
    dir.rehearse(list).run().exits(0);
    let url = store(&bucket, &dir.path("run"), "runs/a/");
    let report = bucket.with_endpoint(dir.cli("report").arg(&url));
    let document = with_temporary(&dir, report)
        .json()
        .run()
        .exits(0)
        .document();
    assert_eq!(document["run_directory"], url);
    assert_eq!(
        document["files"]["results.csv"],
        format!("{url}results.csv")
    );
    assert_eq!(document["summary"]["outcomes"]["created"], 5);
    assert_eq!(
        names(&bucket, "runs/a/"),
        [
            "ledger.db",
            "report.html",
            "results.csv",
            "results.jsonl",
            "summary.json"
        ]
    );
    let local = std::fs::read_to_string(dir.path("run/results.csv")).unwrap();
    assert_eq!(content(&bucket, "results.csv"), local);
    assert!(copies(&dir).is_empty(), "{:?}", copies(&dir));
}

#[test]
fn runs_in_s3_are_compared() {
    let Some(bucket) = MotoBucket::create("compared") else {
        return;
    };
    let dir = TestDir::new();
    for (run, count) in [("one", 3), ("two", 5)] {
        let list = dir.file("users.csv", users(count));
        dir.rehearse(list).args(["--run-dir", run]).run().exits(0);
    }
    let one = store(&bucket, &dir.path("one"), "runs/one/");
    // The other run is local.
    let compare = dir.cli("report").args(["--compare", &one, "two"]);
    let compare = bucket.with_endpoint(compare);
    let compared = with_temporary(&dir, compare).run().exits(0);
    assert!(compared.stdout.contains(&one), "{}", compared.stdout);
    assert!(copies(&dir).is_empty());
}

#[test]
fn a_missing_run_is_refused() {
    let Some(bucket) = MotoBucket::create("without-runs") else {
        return;
    };
    let dir = TestDir::new();
    let url = bucket.address("runs/a/");
    for command in ["report", "undo", "verify"] {
        let cli = bucket.with_endpoint(dir.cli(command).arg(&url));
        with_temporary(&dir, cli).run().exits(3).names([&url]);
    }
    assert!(copies(&dir).is_empty());
    for invalid in ["s3://runs", "s3://runs/", "s3:///a", "s3://runs/a//b/"] {
        dir.cli("report")
            .arg(invalid)
            .run()
            .exits(3)
            .names([invalid]);
    }
}

#[test]
fn a_verification_is_stored_next_to_the_ledger_and_resumes_from_there() {
    let Some(run) = UploadedRun::new("verified", 600) else {
        return;
    };
    let running = run.verify().args(["--list-rate", "2"]).start();
    run.pool.wait_for_requests("ListUsers", 5);
    running.signal("INT");
    running.wait().exits(130);
    assert_eq!(run.names(), ["ledger.db", "verify.db"]);
    let read = run.pool.requests("ListUsers");
    run.verify().run().exits(0).names([&run.url]);
    let again = run.pool.requests("ListUsers") - read;
    assert!(again < 10, "{read} pages, then {again}");
    assert_eq!(run.names(), ["ledger.db", "verify.csv", "verify.db"]);
    assert_eq!(content(&run.bucket, "verify.db"), "");
    assert_eq!(content(&run.bucket, "verify.csv").lines().count(), 1);
    assert!(copies(&run.dir).is_empty());
}

#[test]
fn an_undo_is_stored_next_to_the_ledger_and_resumes_from_there() {
    let Some(run) = UploadedRun::new("undone", 5) else {
        return;
    };
    run.undo().run().exits(0).names([&run.url]);
    assert!(run.pool.users().is_empty());
    assert_eq!(run.names(), ["ledger.db", "undo-results.csv", "undo.db"]);
    let results = content(&run.bucket, "undo-results.csv");
    assert_eq!(results.matches(",deleted,").count(), 5);
    // All users are settled.
    let deletions = run.pool.requests("AdminDeleteUser");
    run.undo().run().exits(0);
    assert_eq!(run.pool.requests("AdminDeleteUser"), deletions);
    assert!(copies(&run.dir).is_empty());
}

#[test]
fn a_dry_run_stores_only_its_results() {
    let Some(run) = UploadedRun::new("dry-run", 2) else {
        return;
    };
    let undo = run.undo().without_flag("--yes-delete");
    undo.arg("--dry-run").run().exits(0);
    assert_eq!(run.pool.users().len(), 2);
    assert_eq!(run.names(), ["ledger.db", "undo-dry-run.csv"]);
}

/// Forwards requests to a server, but denies every PUT after the first ones. Returns its URL.
pub(super) fn deny_later_puts(upstream: String, allowed: u32) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let puts = Arc::new(AtomicU32::new(0));
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, puts, upstream) = (client.unwrap(), puts.clone(), upstream.clone());
            std::thread::spawn(move || forward(client, &puts, &upstream, allowed));
        }
    });
    url
}

/// Forwards requests to a server, but never answers a PUT of this object. Returns its URL and
/// receives a message for each such PUT.
pub(super) fn hold_puts(upstream: String, object: &'static str) -> (String, Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (held, puts) = mpsc::sync_channel(9);
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, held, upstream) = (client.unwrap(), held.clone(), upstream.clone());
            std::thread::spawn(move || {
                let Some((head, body)) = receive(&client) else {
                    return;
                };
                let first = head.lines().next().unwrap_or_default();
                if first.starts_with("PUT") && first.contains(object) {
                    held.send(()).unwrap();
                    // Until the client gives up.
                    let _ = client.read(&mut [0]);
                    return;
                }
                pass_on(&mut client, &upstream, &head, &body);
            });
        }
    });
    (url, puts)
}

/// Forwards one request.
fn forward(mut client: TcpStream, puts: &AtomicU32, upstream: &str, allowed: u32) {
    let Some((request, body)) = receive(&client) else {
        return;
    };
    if request.starts_with("PUT") && puts.fetch_add(1, Ordering::SeqCst) >= allowed {
        let error = "<Error><Code>AccessDenied</Code><Message>No.</Message></Error>";
        let length = error.len();
        let head = format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {length}\r\n");
        let _ = write!(client, "{head}connection: close\r\n\r\n{error}");
        return;
    }
    pass_on(&mut client, upstream, &request, &body);
}

/// Reads the head and the body of a request. The head asks for the end of the connection.
fn receive(client: &TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let (mut request, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            request.push_str("connection: close\r\n\r\n");
            break;
        }
        request.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Some((request, body))
}

fn pass_on(client: &mut TcpStream, upstream: &str, head: &str, body: &[u8]) {
    let mut server = TcpStream::connect(upstream.strip_prefix("http://").unwrap()).unwrap();
    server.write_all(head.as_bytes()).unwrap();
    server.write_all(body).unwrap();
    let _ = std::io::copy(&mut server, client);
}

#[test]
fn an_undo_that_cannot_be_stored_is_kept_on_this_machine() {
    let Some(run) = UploadedRun::new("unstored", 3) else {
        return;
    };
    // The undo's ledger is stored before the first deletion, and again after the last.
    let endpoint = deny_later_puts(run.bucket.url(), 1);
    let undo = run.undo().env("AWS_ENDPOINT_URL_S3", &endpoint);
    let failed = undo.run().exits(4);
    assert!(run.pool.users().is_empty());
    let kept = copies(&run.dir);
    assert_eq!(kept.len(), 1, "{kept:?}");
    let failed = failed.names([kept[0].to_str().unwrap(), "s3:PutObject"]);
    // To continue with the copy would be another way.
    assert!(
        !failed.stderr.contains("cognito-import undo"),
        "{}",
        failed.stderr
    );
    for name in ["undo.db", "undo-results.csv"] {
        assert!(kept[0].join(name).exists(), "{name}");
    }
}
