//! A proxy in front of a pool. It gives bad replies to some calls of one operation and forwards
//! everything else.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;

use super::Pool;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BadReply {
    /// This status and body: HTML if it starts with `<`, otherwise JSON.
    Http(u16, String),
    /// A response cut off in the middle of its body.
    Truncated,
    /// Close the connection without a response.
    Dropped,
    /// Never respond.
    Hanging,
}

impl BadReply {
    /// A service error.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = serde_json::json!({ "__type": code, "message": message });
        Self::Http(status, body.to_string())
    }

    /// Every kind of failure, which may be transient or permanent.
    pub(crate) fn kinds() -> [Self; 6] {
        [
            Self::error(500, "InternalErrorException", "Internal error"),
            Self::Http(503, "<html><body>Service Unavailable</body></html>".into()),
            Self::Truncated,
            Self::Dropped,
            Self::Http(200, "{}".into()),
            Self::Hanging,
        ]
    }
}

/// A running proxy, stopped when dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<ProxyState>,
    accepting: Option<JoinHandle<()>>,
}

struct ProxyState {
    upstream: SocketAddr,
    operation: String,
    bad_reply: BadReply,
    /// The number of calls that get the bad reply, starting with the first.
    count: u32,
    calls: AtomicU32,
    stopped: AtomicBool,
}

impl Proxy {
    /// Gives the bad reply to every call of the operation.
    pub(crate) fn always(pool: &Pool, operation: &str, bad_reply: BadReply) -> Self {
        Self::first(u32::MAX, pool, operation, bad_reply)
    }

    /// Gives the bad reply to the first `count` calls of the operation.
    pub(crate) fn first(count: u32, pool: &Pool, operation: &str, bad_reply: BadReply) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let upstream = pool.url();
        let shared = Arc::new(ProxyState {
            upstream: upstream.strip_prefix("http://").unwrap().parse().unwrap(),
            operation: operation.to_owned(),
            bad_reply,
            count,
            calls: AtomicU32::new(0),
            stopped: AtomicBool::new(false),
        });
        let to = Arc::clone(&shared);
        let accepting = std::thread::spawn(move || {
            for client in listener.incoming() {
                if to.stopped.load(Ordering::SeqCst) {
                    break;
                }
                let to = Arc::clone(&to);
                // The thread ends when the client disconnects.
                std::thread::spawn(move || to.serve(client.unwrap()));
            }
        });
        Self {
            address,
            shared,
            accepting: Some(accepting),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Calls of the operation so far.
    pub(crate) fn calls(&self) -> u32 {
        self.shared.calls.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wake up the thread, which is blocked in `accept`.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

/// A request or response.
struct HttpMessage {
    head: Vec<String>,
    body: Vec<u8>,
}

impl HttpMessage {
    /// `None` at the end of the connection.
    fn read(from: &mut BufReader<TcpStream>) -> Option<Self> {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if from.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end() {
                "" => break,
                line => head.push(line.to_owned()),
            }
        }
        let mut message = Self {
            head,
            body: Vec::new(),
        };
        let length = message.header("content-length").unwrap_or("0");
        message.body = vec![0; length.parse().unwrap()];
        from.read_exact(&mut message.body).ok()?;
        Some(message)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find_map(|line| {
            let (other, value) = line.split_once(':')?;
            other.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    fn write(&self, to: &mut TcpStream) -> Option<()> {
        let mut bytes = (self.head.join("\r\n") + "\r\n\r\n").into_bytes();
        bytes.extend(&self.body);
        to.write_all(&bytes).ok()
    }
}

impl ProxyState {
    /// Returns at the end of the connection or at the first error.
    fn serve(&self, client: TcpStream) -> Option<()> {
        let mut answers = client.try_clone().ok()?;
        let mut requests = BufReader::new(client);
        let upstream = TcpStream::connect(self.upstream).ok()?;
        let mut forward = upstream.try_clone().ok()?;
        let mut answered = BufReader::new(upstream);
        while let Some(mut request) = HttpMessage::read(&mut requests) {
            if self.gets_bad_reply(&request) {
                self.send_bad_reply(&mut requests, &mut answers)?;
                continue;
            }
            for line in &mut request.head {
                if line.to_ascii_lowercase().starts_with("host:") {
                    *line = format!("host: {}", self.upstream);
                }
            }
            request.write(&mut forward)?;
            HttpMessage::read(&mut answered)?.write(&mut answers)?;
        }
        Some(())
    }

    fn gets_bad_reply(&self, request: &HttpMessage) -> bool {
        let target = request.header("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        operation == self.operation && self.calls.fetch_add(1, Ordering::SeqCst) < self.count
    }

    /// `None` if this closed the connection.
    fn send_bad_reply(
        &self,
        requests: &mut BufReader<TcpStream>,
        answers: &mut TcpStream,
    ) -> Option<()> {
        let head = |status: u16, kind: &str, length: usize| {
            vec![
                format!("HTTP/1.1 {status} Rehearsed"),
                format!("content-type: {kind}"),
                format!("content-length: {length}"),
            ]
        };
        match &self.bad_reply {
            BadReply::Http(status, text) => {
                let kind = if text.starts_with('<') {
                    "text/html"
                } else {
                    "application/x-amz-json-1.1"
                };
                let answer = HttpMessage {
                    head: head(*status, kind, text.len()),
                    body: text.clone().into_bytes(),
                };
                answer.write(answers)
            }
            BadReply::Truncated => {
                let answer = HttpMessage {
                    head: head(200, "application/x-amz-json-1.1", 2_000),
                    body: br#"{"UserPool": {"Id": "#.to_vec(),
                };
                answer.write(answers)?;
                let _ = answers.shutdown(Shutdown::Both);
                None
            }
            BadReply::Dropped => {
                let _ = answers.shutdown(Shutdown::Both);
                None
            }
            BadReply::Hanging => {
                // Wait until the client closes the connection.
                let _ = requests.read_to_end(&mut Vec::new());
                None
            }
        }
    }
}
