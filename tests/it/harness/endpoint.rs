//! An endpoint between the program and a pool, or another server. The test decides for each request
//! whether it is forwarded, and what is answered, byte by byte.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use super::Pool;

/// Time between two bytes of a [`TestReply::Drip`].
const DRIP: Duration = Duration::from_millis(20);

pub(crate) struct ReceivedRequest {
    /// For example `SignUp`.
    pub(crate) operation: String,
    pub(crate) body: Value,
    head: Vec<(String, String)>,
    bytes: Vec<u8>,
}

impl ReceivedRequest {
    pub(crate) fn username(&self) -> &str {
        self.body["Username"].as_str().unwrap_or_default()
    }
}

/// The response to a request.
pub(crate) enum TestReply {
    /// Forward the request and return the pool's response.
    Forward,
    /// Forward the request, but return this response.
    ForwardThen(Box<TestReply>),
    /// Send these bytes and close the connection.
    Bytes(Vec<u8>),
    /// Send these bytes, then repeat the others forever.
    Endless(Vec<u8>, Vec<u8>),
    /// Send these bytes, then single bytes forever, slowly.
    Drip(Vec<u8>),
    /// Forward the request and replace these headers of the response.
    ForwardWithHeaders(Vec<(&'static str, String)>),
    /// Forward the request and edit the JSON body of the response.
    ForwardEdited(Box<dyn FnOnce(&mut Value) + Send>),
}

impl TestReply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string())
    }

    /// A service error.
    pub(crate) fn error(code: &str, message: &str) -> Self {
        Self::json(400, &json!({ "__type": code, "message": message }))
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        let mut bytes = head(status, &format!("content-length: {}", body.len()));
        bytes.extend_from_slice(body.as_bytes());
        Self::Bytes(bytes)
    }
}

/// The head of a response with an additional header.
pub(crate) fn head(status: u16, header: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close\r\n{header}\r\n\r\n"
    )
    .into_bytes()
}

type Answer = dyn Fn(&ReceivedRequest) -> TestReply + Send + Sync;

/// A running endpoint, stopped when dropped.
pub(crate) struct TestEndpoint {
    address: SocketAddr,
    operations: Arc<Mutex<Vec<String>>>,
    written: Arc<AtomicU64>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// State shared by the connections.
struct EndpointState {
    server: SocketAddr,
    answer: Box<Answer>,
    operations: Arc<Mutex<Vec<String>>>,
    written: Arc<AtomicU64>,
    stopped: Arc<AtomicBool>,
}

impl TestEndpoint {
    /// Starts an endpoint in front of this pool.
    pub(crate) fn start(
        pool: &Pool,
        answer: impl Fn(&ReceivedRequest) -> TestReply + Send + Sync + 'static,
    ) -> Self {
        Self::in_front_of(&pool.url(), answer)
    }

    /// Starts an endpoint in front of the server with this URL, such as `http://127.0.0.1:80`.
    pub(crate) fn in_front_of(
        url: &str,
        answer: impl Fn(&ReceivedRequest) -> TestReply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (operations, written) = <(Arc<Mutex<Vec<String>>>, Arc<AtomicU64>)>::default();
        let stopped = Arc::new(AtomicBool::new(false));
        let shared = Arc::new(EndpointState {
            server: url.trim_start_matches("http://").parse().unwrap(),
            answer: Box::new(answer),
            operations: Arc::clone(&operations),
            written: Arc::clone(&written),
            stopped: Arc::clone(&stopped),
        });
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.stopped.load(Ordering::Relaxed) {
                    break;
                }
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(&shared, stream.unwrap()));
            }
        });
        Self {
            address,
            operations,
            written,
            stopped,
            thread: Some(thread),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The number of requests for this operation.
    pub(crate) fn requests(&self, operation: &str) -> usize {
        let operations = self.operations.lock().unwrap();
        operations
            .iter()
            .filter(|other| *other == operation)
            .count()
    }

    /// Bytes written by the endpoint itself.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }
}

impl Drop for TestEndpoint {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Wake up the thread, which is blocked in `accept`.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(shared: &EndpointState, stream: TcpStream) {
    let Some(request) = read(&stream) else { return };
    let operation = request.operation.clone();
    shared.operations.lock().unwrap().push(operation);
    let reply = (shared.answer)(&request);
    // The program may have closed the connection, which some tests expect.
    let _ = send_reply(shared, &request, reply, stream);
}

fn send_reply(
    shared: &EndpointState,
    request: &ReceivedRequest,
    reply: TestReply,
    mut to: TcpStream,
) -> std::io::Result<()> {
    let mut write = |bytes: &[u8]| {
        shared
            .written
            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
        to.write_all(bytes)
    };
    match reply {
        TestReply::Forward => {
            let answer = forward(shared, request)?;
            write(&answer)
        }
        TestReply::ForwardThen(reply) => {
            forward(shared, request)?;
            send_reply(shared, request, *reply, to)
        }
        TestReply::Bytes(bytes) => write(&bytes),
        TestReply::Endless(first, more) => {
            write(&first)?;
            while !shared.stopped.load(Ordering::Relaxed) {
                write(&more)?;
            }
            Ok(())
        }
        TestReply::Drip(first) => {
            write(&first)?;
            while !shared.stopped.load(Ordering::Relaxed) {
                write(b" ")?;
                std::thread::park_timeout(DRIP);
            }
            Ok(())
        }
        TestReply::ForwardWithHeaders(headers) => {
            let answer = String::from_utf8(forward(shared, request)?).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let is_replaced = |line: &&str| {
                let name = line.split(':').next().unwrap_or_default();
                headers
                    .iter()
                    .any(|(other, _)| other.eq_ignore_ascii_case(name))
            };
            let kept = head.split("\r\n").filter(|line| !is_replaced(line));
            let mut lines: Vec<String> = kept.map(str::to_owned).collect();
            lines.extend(
                headers
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}")),
            );
            write(format!("{}\r\n\r\n{body}", lines.join("\r\n")).as_bytes())
        }
        TestReply::ForwardEdited(change) => {
            let answer = forward(shared, request)?;
            let answer = String::from_utf8(answer).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            let mut body = serde_json::from_str(body).unwrap();
            change(&mut body);
            send_reply(shared, request, TestReply::json(status, &body), to)
        }
    }
}

/// Sends the request to the server and returns the raw response.
fn forward(shared: &EndpointState, request: &ReceivedRequest) -> std::io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(shared.server)?;
    let mut head = String::from("POST / HTTP/1.1\r\n");
    for (name, value) in &request.head {
        if !["host", "connection", "content-length"].contains(&name.as_str()) {
            head += &format!("{name}: {value}\r\n");
        }
    }
    head += &format!(
        "host: {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        shared.server,
        request.bytes.len()
    );
    server.write_all(head.as_bytes())?;
    server.write_all(&request.bytes)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    Ok(answer)
}

/// `None` if the connection closes without a request.
fn read(stream: &TcpStream) -> Option<ReceivedRequest> {
    let mut from = BufReader::new(stream);
    let mut head = Vec::new();
    for line in from.by_ref().lines() {
        let line = line.ok()?;
        match line.split_once(": ") {
            Some((name, value)) => head.push((name.to_lowercase(), value.to_owned())),
            None if line.is_empty() => break,
            None => {}
        }
    }
    let of = |name: &str| {
        let mut all = head.iter();
        let (_, value) = all.find(|(other, _)| other == name)?;
        Some(value.clone())
    };
    let mut bytes = vec![0; of("content-length")?.parse().ok()?];
    from.read_exact(&mut bytes).ok()?;
    let target = of("x-amz-target")?;
    Some(ReceivedRequest {
        operation: target.split('.').next_back()?.to_owned(),
        body: serde_json::from_slice(&bytes).ok()?,
        head,
        bytes,
    })
}
