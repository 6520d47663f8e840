//! The HTTP server of the pool, on its own thread with its own runtime.
//!
//! Requests are handled one at a time, under a lock that is never held while waiting.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio::sync::oneshot;

use super::clock::http_date;
use super::connection::{Connection, FailingListener};
use super::dispatch::Request;
use super::reply::{Outgoing, Reply};
use super::settings::PoolSettings;
use super::state::PoolState;
use super::stats::{AuditedUser, Stats};
use super::web_guard::web_guard;

/// The media type of the protocol's JSON.
const AMZ_JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
/// The page that a misconfigured proxy would return.
const HTML: &str =
    "<!DOCTYPE html><html><head><title>Welcome</title></head><body><p>It works.</p></body></html>";

/// Why a rehearsal pool did not start.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The address is reachable from other hosts.
    #[error("the rehearsal pool cannot listen on {0}: it only accepts loopback addresses")]
    NotLoopback(SocketAddr),
    /// The settings are invalid.
    #[error("the rehearsal pool's settings are invalid: {0}")]
    Settings(String),
    /// The address cannot be listened on.
    #[error("the rehearsal pool cannot listen on {address}: {cause}")]
    Bind {
        /// The requested address.
        address: SocketAddr,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// The thread or the event loop cannot be created.
    #[error("the rehearsal pool cannot start its thread: {0}")]
    Thread(io::Error),
}

impl RehearsalError {
    /// Returns a hint about what to do.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotLoopback(_) => "use a loopback address, such as 127.0.0.1:9329",
            Self::Settings(_) => "correct it in --fault, --existing or --pool-settings",
            Self::Bind { .. } => "use another port, or 0 for any free one",
            Self::Thread(_) => "run the same command again",
        }
    }
}

/// A running rehearsal pool. It stops when dropped.
#[derive(Debug)]
pub struct RehearsalPool {
    address: SocketAddr,
    shared: SharedPool,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl RehearsalPool {
    /// Starts a pool on its own thread. It is reachable when this returns.
    ///
    /// # Errors
    /// Fails if `listen` is not a loopback address or is in use (port 0 picks a free port), or if
    /// the settings are invalid.
    pub fn start(
        listen: SocketAddr,
        settings: PoolSettings,
    ) -> Result<RehearsalPool, RehearsalError> {
        if !listen.ip().is_loopback() {
            return Err(RehearsalError::NotLoopback(listen));
        }
        let pool = PoolState::new(settings).map_err(RehearsalError::Settings)?;
        let shared = SharedPool(Arc::new(Mutex::new(pool)));
        let bind = |cause| RehearsalError::Bind {
            address: listen,
            cause,
        };
        let listener = std::net::TcpListener::bind(listen).map_err(bind)?;
        listener.set_nonblocking(true).map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(RehearsalError::Thread)?;
        let listener = {
            let _guard = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(bind)?
        };
        let (stop, stopped) = oneshot::channel();
        let guard = from_fn_with_state(address.port(), web_guard);
        let routes = router(shared.clone()).layer(guard);
        let service = routes.into_make_service_with_connect_info::<Connection>();
        let serve = move || {
            runtime.block_on(async move {
                tokio::select! {
                    _ = axum::serve(FailingListener(listener), service) => {}
                    // A dropped sender means stop, too.
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new()
            .name("rehearsal-pool".to_owned())
            .spawn(serve);
        let thread = thread.map_err(RehearsalError::Thread)?;
        Ok(RehearsalPool {
            address,
            shared,
            running: Some(Running { stop, thread }),
        })
    }

    /// Returns the address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address as an endpoint URL: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the counts so far, like `GET /stats`.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.pool().snapshot()
    }

    /// Returns the true state of every user, like `GET /stats/users`.
    #[must_use]
    pub fn stats_users(&self) -> Vec<AuditedUser> {
        self.shared.pool().audit()
    }

    /// Closes all connections, even those with pending requests, and waits for the thread.
    pub fn stop(mut self) {
        self.end();
    }

    /// Closes all connections and waits for the thread, then returns the final state of every user.
    #[must_use]
    pub fn stop_and_audit(mut self) -> Vec<AuditedUser> {
        self.end();
        self.stats_users()
    }

    fn end(&mut self) {
        if let Some(Running { stop, thread }) = self.running.take() {
            // Fails only if the thread has already ended.
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

impl Drop for RehearsalPool {
    fn drop(&mut self) {
        self.end();
    }
}

/// The pool, shared by the request handlers.
#[derive(Clone)]
struct SharedPool(Arc<Mutex<PoolState>>);

impl std::fmt::Debug for SharedPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pool")
    }
}

impl SharedPool {
    fn pool(&self) -> MutexGuard<'_, PoolState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn router(shared: SharedPool) -> Router {
    Router::new()
        .route("/", post(call))
        .route(
            "/stats",
            get(async |State(shared): State<SharedPool>| Json(shared.pool().snapshot())),
        )
        .route(
            "/stats/users",
            get(async |State(shared): State<SharedPool>| Json(shared.pool().audit())),
        )
        .with_state(shared)
}

/// `POST /`: one call of the service.
async fn call(
    State(shared): State<SharedPool>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header_text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let target = header_text(HeaderName::from_static("x-amz-target")).unwrap_or_default();
    let request = Request {
        target,
        authorization: header_text(header::AUTHORIZATION),
        signed_at: header_text(HeaderName::from_static("x-amz-date")),
        body: &body,
    };
    let (reply, form) = {
        let mut pool = shared.pool();
        (pool.handle(&request), pool.settings.error_wire_form)
    };
    drop(body);
    if !reply.delay.is_zero() && !matches!(reply.outgoing, Outgoing::Nothing) {
        tokio::time::sleep(reply.delay).await;
    }
    let Reply {
        outgoing,
        sign_up_of,
        request_id,
        date_ms,
        delay,
    } = reply;
    let (status, bytes, errortype, kind) = match outgoing {
        Outgoing::Success(body) => (200, body.to_string(), None, AMZ_JSON),
        Outgoing::Truncated(body) => {
            let text = body.to_string();
            connection.cut_body_after(text.len() / 2);
            (200, text, None, AMZ_JSON)
        }
        Outgoing::Html => (
            200,
            HTML.to_owned(),
            None,
            HeaderValue::from_static("text/html"),
        ),
        Outgoing::Error(error) => (
            error.status,
            error.body(form).to_string(),
            error.header(form),
            AMZ_JSON,
        ),
        Outgoing::Nothing => {
            connection.close();
            (200, String::new(), None, AMZ_JSON)
        }
    };
    if let Some(index) = sign_up_of {
        connection.on_written(move || shared.pool().record_delivery(index));
    }
    let date_ms = date_ms.saturating_add(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX));
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut set = |name: &'static str, value: Option<HeaderValue>| {
        if let Some(value) = value {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    };
    set("content-type", Some(kind));
    set("date", HeaderValue::from_str(&http_date(date_ms)).ok());
    set("x-amzn-requestid", HeaderValue::from_str(&request_id).ok());
    set(
        "x-amzn-errortype",
        errortype.and_then(|name| HeaderValue::from_str(&name).ok()),
    );
    response
}
