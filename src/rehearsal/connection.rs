//! Connections that can be told to fail: to close before the answer, or in the middle of it.
//!
//! HTTP's library would not let an answer break off, so the failing is done beneath it, where its
//! bytes are written. Here, too, is seen whether an answer was written out whole.

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

/// How long to wait when the host has no more file descriptors for connections.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// What stands between the head and the body of an answer.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// What is to be done with the bytes of the answer to come.
#[derive(Default)]
enum ResponsePlan {
    /// Write them.
    #[default]
    Whole,
    /// Write none, and close.
    Close,
    /// Write the head and so many bytes of the body, and close.
    CutBody(usize),
}

#[derive(Default)]
struct ConnectionState {
    plan: ResponsePlan,
    /// What to call once the answer is written out.
    when_written: Option<Box<dyn FnOnce() + Send>>,
}

/// The handle by which a request's handler tells its connection how to answer.
#[derive(Clone, Default)]
pub(super) struct Connection(Arc<Mutex<ConnectionState>>);

impl Connection {
    fn state(&self) -> MutexGuard<'_, ConnectionState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes instead of writing the answer.
    pub(super) fn close(&self) {
        self.state().plan = ResponsePlan::Close;
    }

    /// Closes after so many bytes of the answer's body.
    pub(super) fn cut_body_after(&self, bytes: usize) {
        self.state().plan = ResponsePlan::CutBody(bytes);
    }

    /// Calls the function once the answer is written out whole; never, if it cannot be.
    pub(super) fn when_written(&self, call: impl FnOnce() + Send + 'static) {
        self.state().when_written = Some(Box::new(call));
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
                    // Without it the kernel may hold small answers back; a connection that died
                    // already does not care.
                    let _ = stream.set_nodelay(true);
                    let connection = Connection::default();
                    return (
                        FailingStream {
                            stream,
                            connection,
                            wrote: false,
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

/// A connection that does as its [`Connection`] was told.
pub(super) struct FailingStream {
    stream: TcpStream,
    connection: Connection,
    wrote: bool,
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "closed as rehearsed")
}

impl AsyncRead for FailingStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for FailingStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let upto = match self.connection.state().plan {
            ResponsePlan::Whole => bytes.len(),
            ResponsePlan::Close => 0,
            ResponsePlan::CutBody(body_bytes) => {
                // An answer of this size is handed down in one piece, head and body.
                let head = bytes
                    .windows(HEAD_END.len())
                    .position(|at| at == HEAD_END)
                    .map_or(0, |at| at + HEAD_END.len());
                bytes.len().min(head + body_bytes)
            }
        };
        let cut = upto < bytes.len();
        if upto == 0 && cut {
            return Poll::Ready(Err(closed()));
        }
        let written = ready!(
            Pin::new(&mut self.stream).poll_write(context, bytes.get(..upto).unwrap_or(bytes))
        )?;
        if cut && written == upto {
            self.connection.close();
        }
        self.wrote = true;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        if std::mem::take(&mut self.wrote) {
            let call = self.connection.state().when_written.take();
            if let Some(call) = call {
                call();
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
