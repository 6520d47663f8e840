//! Connections that can close before or in the middle of a response.
//!
//! The HTTP library cannot break off a response, so this happens one level below, where its bytes
//! are written. That is also where a response is known to have been written completely.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// How long to wait if the process has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// The separator between the head and the body of a response.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// How much of the next response to write.
#[derive(Default)]
enum ResponsePlan {
    /// Everything.
    #[default]
    Whole,
    /// Nothing: the connection closes.
    Close,
    /// The head and this many bytes of the body; then the connection closes.
    CutBody(usize),
}

#[derive(Default)]
struct ConnectionState {
    plan: ResponsePlan,
    /// Called once the response is written.
    on_written: Option<Box<dyn FnOnce() + Send>>,
}

/// The handle with which a request handler controls how its connection responds.
#[derive(Clone, Default)]
pub(super) struct Connection(Arc<Mutex<ConnectionState>>);

impl Connection {
    fn state(&self) -> MutexGuard<'_, ConnectionState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connection instead of writing the response.
    pub(super) fn close(&self) {
        self.state().plan = ResponsePlan::Close;
    }

    /// Closes the connection after this many bytes of the response's body.
    pub(super) fn cut_body_after(&self, bytes: usize) {
        self.state().plan = ResponsePlan::CutBody(bytes);
    }

    /// Calls the function once the response is written completely.
    pub(super) fn on_written(&self, callback: impl FnOnce() + Send + 'static) {
        self.state().on_written = Some(Box::new(callback));
    }
}

impl Connected<IncomingStream<'_, FailingListener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, FailingListener>) -> Connection {
        stream.io().connection.clone()
    }
}

/// A listener whose connections can fail.
pub(super) struct FailingListener(pub(super) TcpListener);

impl Listener for FailingListener {
    type Io = FailingStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (FailingStream, SocketAddr) {
        loop {
            match self.0.accept().await {
                Ok((stream, address)) => {
                    // Otherwise the kernel may delay small responses. Fails only if the connection
                    // is already closed.
                    let _ = stream.set_nodelay(true);
                    let connection = Connection::default();
                    return (
                        FailingStream {
                            stream,
                            connection,
                            unflushed: false,
                        },
                        address,
                    );
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A stream that follows the plan of its [`Connection`].
pub(super) struct FailingStream {
    stream: TcpStream,
    connection: Connection,
    unflushed: bool,
}

fn closed() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "closed by an injected fault",
    )
}

impl AsyncRead for FailingStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for FailingStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let limit = match self.connection.state().plan {
            ResponsePlan::Whole => bytes.len(),
            ResponsePlan::Close => 0,
            ResponsePlan::CutBody(body_bytes) => {
                // A response of this size arrives in one piece, head and body.
                let head = bytes
                    .windows(HEAD_END.len())
                    .position(|window| window == HEAD_END)
                    .map_or(0, |position| position + HEAD_END.len());
                bytes.len().min(head + body_bytes)
            }
        };
        let is_cut = limit < bytes.len();
        if limit == 0 && is_cut {
            return Poll::Ready(Err(closed()));
        }
        let written = ready!(
            Pin::new(&mut self.stream).poll_write(context, bytes.get(..limit).unwrap_or(bytes))
        )?;
        if is_cut && written == limit {
            self.connection.close();
        }
        self.unflushed = true;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        if std::mem::take(&mut self.unflushed) {
            let callback = self.connection.state().on_written.take();
            if let Some(callback) = callback {
                callback();
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
