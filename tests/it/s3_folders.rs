//! Objects in S3 that hold the files of run directories, tested against moto.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use cognito_import::aws::endpoint::Endpoint;
use cognito_import::s3::{Folder, KnownObject, PutOutcome, ReplaceOutcome, S3Config, S3Error};

use crate::harness::{MotoBucket, TestDir};

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// Longer than any call takes unless S3 hangs.
fn in_a_minute() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

#[test]
fn an_object_is_put_only_if_it_is_absent() {
    let Some(bucket) = MotoBucket::create("put-if-absent") else {
        return;
    };
    let folder = bucket.folder("runs/a/");
    runtime().block_on(async {
        let put = |content: &'static [u8]| folder.put_if_absent("lock", content, in_a_minute());
        assert_eq!(put(b"ours").await.unwrap(), PutOutcome::Written);
        assert_eq!(put(b"theirs").await.unwrap(), PutOutcome::AlreadyExists);
        // The same content is that of a put whose answer was lost.
        assert_eq!(put(b"ours").await.unwrap(), PutOutcome::Written);
        let stored = folder.read("lock", in_a_minute()).await.unwrap();
        assert_eq!(stored.as_deref(), Some(b"ours".as_slice()));
    });
}

#[test]
fn one_of_several_concurrent_writers_puts_the_object() {
    let Some(bucket) = MotoBucket::create("concurrent-puts") else {
        return;
    };
    let writers: Vec<_> = (0..8)
        .map(|number| {
            let folder = bucket.folder("runs/a/");
            std::thread::spawn(move || {
                let content = format!("writer {number}");
                let put = folder.put_if_absent("lock", content.as_bytes(), in_a_minute());
                (content.clone(), runtime().block_on(put).unwrap())
            })
        })
        .collect();
    let written: Vec<String> = writers
        .into_iter()
        .map(|writer| writer.join().unwrap())
        .filter(|(_, outcome)| *outcome == PutOutcome::Written)
        .map(|(content, _)| content)
        .collect();
    assert_eq!(written.len(), 1);
    let read = bucket.folder("runs/a/");
    let stored = runtime().block_on(read.read("lock", in_a_minute()));
    assert_eq!(stored.unwrap(), Some(written[0].clone().into_bytes()));
}

#[test]
fn an_object_of_another_writer_is_not_replaced() {
    let Some(bucket) = MotoBucket::create("replaced") else {
        return;
    };
    let dir = TestDir::new();
    let folder = bucket.folder("runs/a/");
    let up = dir.path("up");
    // In one request, and in parts.
    for length in [1_000, 9 * 1024 * 1024] {
        dir.file("up", bytes(length));
        let name = format!("{length}.db");
        runtime().block_on(async {
            let put = async |known: &mut KnownObject, writer| {
                let replaced = folder.replace(&name, &up, (known, writer), in_a_minute());
                replaced.await.unwrap()
            };
            let mut ours = KnownObject::Absent;
            assert_eq!(put(&mut ours, "one").await, ReplaceOutcome::Written);
            let absent = &mut KnownObject::Absent;
            assert_eq!(put(absent, "two").await, ReplaceOutcome::Changed);
            // A writer knows its own object even if the answer was lost.
            assert_eq!(put(absent, "one").await, ReplaceOutcome::Written);
            dir.file("up", bytes(length - 1));
            let mut theirs = absent.clone();
            assert_eq!(put(&mut theirs, "two").await, ReplaceOutcome::Written);
            assert_ne!(theirs, *absent);
            assert_eq!(put(absent, "one").await, ReplaceOutcome::Changed);
            dir.file("up", bytes(length));
            assert_eq!(put(&mut theirs, "two").await, ReplaceOutcome::Written);
        });
    }
}

#[test]
fn files_are_uploaded_and_downloaded_unchanged() {
    let Some(bucket) = MotoBucket::create("files") else {
        return;
    };
    let dir = TestDir::new();
    let folder = bucket.folder("runs/a/");
    let runtime = runtime();
    // Empty, in one request, and in three parts and ranges.
    for length in [0, 1_000, 20 * 1024 * 1024] {
        let content = bytes(length);
        dir.file("up", &content);
        let (up, down) = (dir.path("up"), dir.path("down"));
        let upload = folder.upload("ledger.db", &up, in_a_minute());
        runtime.block_on(upload).unwrap();
        let download = folder.download("ledger.db", &down, in_a_minute());
        assert!(runtime.block_on(download).unwrap().is_some());
        assert!(std::fs::read(&down).unwrap() == content, "{length} bytes");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = down.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}

#[test]
fn a_missing_object_is_not_an_error() {
    let Some(bucket) = MotoBucket::create("missing") else {
        return;
    };
    let dir = TestDir::new();
    let folder = bucket.folder("runs/a/");
    let down = dir.path("down");
    runtime().block_on(async {
        let download = folder.download("no.db", &down, in_a_minute());
        assert_eq!(download.await.unwrap(), None);
        assert_eq!(folder.read("no.db", in_a_minute()).await.unwrap(), None);
        assert!(folder.names(in_a_minute()).await.unwrap().is_empty());
    });
    assert!(!down.exists());
    assert_eq!(std::fs::read_dir(dir.path(".")).unwrap().count(), 0);
}

#[test]
fn a_missing_bucket_is_an_error() {
    let Some(bucket) = MotoBucket::create("existing-bucket") else {
        return;
    };
    let folder = bucket.folder_of("no-such-bucket", "runs/a/");
    runtime().block_on(async {
        let put = folder.put_if_absent("lock", b"ours", in_a_minute()).await;
        assert!(matches!(put, Err(S3Error::NoBucket)), "{put:?}");
        let read = folder.read("lock", in_a_minute()).await;
        assert!(matches!(read, Err(S3Error::NoBucket)), "{read:?}");
        let names = folder.names(in_a_minute()).await;
        assert!(matches!(names, Err(S3Error::NoBucket)), "{names:?}");
    });
}

#[test]
fn names_are_those_of_the_folder_itself() {
    let Some(bucket) = MotoBucket::create("names") else {
        return;
    };
    let (one, two) = (bucket.folder("runs/a/"), bucket.folder("runs/ab/"));
    runtime().block_on(async {
        for name in ["ledger.db", "locks/1", "a b"] {
            one.put_if_absent(name, b"1", in_a_minute()).await.unwrap();
        }
        two.put_if_absent("other", b"2", in_a_minute())
            .await
            .unwrap();
        let names = one.names(in_a_minute()).await.unwrap();
        assert_eq!(names, ["a b", "ledger.db"]);
        assert_eq!(two.names(in_a_minute()).await.unwrap(), ["other"]);
        assert_eq!(one.folders(in_a_minute()).await.unwrap(), ["locks"]);
        let above = bucket.folder("runs/");
        let folders = above.folders(in_a_minute()).await.unwrap();
        assert_eq!(folders, ["a", "ab"]);
    });
}

#[test]
fn a_large_object_is_not_read_into_memory() {
    let Some(bucket) = MotoBucket::create("large") else {
        return;
    };
    let folder = bucket.folder("runs/a/");
    runtime().block_on(async {
        let content = bytes(1024 * 1024 + 1);
        let put = folder.put_if_absent("run.json", &content, in_a_minute());
        assert_eq!(put.await.unwrap(), PutOutcome::Written);
        let read = folder.read("run.json", in_a_minute()).await;
        assert!(matches!(read, Err(S3Error::TooLarge)), "{read:?}");
    });
}

/// A folder on a server of this test.
fn folder_at(server: &TcpListener) -> Folder {
    let url = format!("http://{}", server.local_addr().unwrap());
    let credentials = Credentials::new("key", "secret", None, None, "test");
    let credentials = SharedCredentialsProvider::new(credentials);
    let config = S3Config::of_endpoint(Endpoint::parse(&url).unwrap(), credentials);
    Folder::new(config, "runs", "a/").unwrap()
}

#[test]
fn calls_end_at_their_deadline_if_s3_does_not_respond() {
    // It never accepts connections.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = folder_at(&silent);
    let dir = TestDir::new();
    dir.file("up", "1");
    let (up, down) = (dir.path("up"), dir.path("down"));
    let soon = || Instant::now() + Duration::from_millis(20);
    let began = Instant::now();
    runtime().block_on(async {
        let timed_out = [
            folder.put_if_absent("a", b"1", soon()).await.map(drop),
            folder.upload("a", &up, soon()).await,
            folder.download("a", &down, soon()).await.map(drop),
            folder.read("a", soon()).await.map(drop),
            folder.names(soon()).await.map(drop),
        ];
        for result in timed_out {
            assert!(matches!(result, Err(S3Error::TimedOut)), "{result:?}");
        }
    });
    // The response timeout of a single attempt is longer.
    assert!(began.elapsed() < Duration::from_secs(25));
    assert!(!down.exists());
}

/// Accepts a connection, reads a request with this body, and sends a response.
fn answer(server: &TcpListener, body: &[u8], response: &[u8]) -> String {
    let (mut client, _) = server.accept().unwrap();
    let mut request = Vec::new();
    let mut byte = [0];
    while !(request.ends_with(body) && request.windows(4).any(|end| end == b"\r\n\r\n")) {
        client.read_exact(&mut byte).unwrap();
        request.push(byte[0]);
    }
    client.write_all(response).unwrap();
    String::from_utf8_lossy(&request).to_lowercase()
}

#[test]
fn a_put_whose_answer_is_lost_is_recognized_by_its_content() {
    let found = |content: &str| {
        format!(
            "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{content}",
            content.len()
        )
    };
    for (stored, outcome) in [
        ("ours", PutOutcome::Written),
        ("theirs", PutOutcome::AlreadyExists),
    ] {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let folder = folder_at(&server);
        let response = found(stored);
        let answering = std::thread::spawn(move || {
            // The connection is closed without an answer.
            let put = answer(&server, b"ours", b"");
            let get = answer(&server, b"\r\n\r\n", response.as_bytes());
            (put, get)
        });
        let put = folder.put_if_absent("lock", b"ours", in_a_minute());
        assert_eq!(runtime().block_on(put).unwrap(), outcome);
        let (put, get) = answering.join().unwrap();
        assert!(put.starts_with("put /runs/a/lock "), "{put}");
        assert!(put.contains("\r\nif-none-match: *\r\n"), "{put}");
        assert!(get.starts_with("get /runs/a/lock "), "{get}");
    }
}
