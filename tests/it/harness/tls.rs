//! TLS in front of a pool: as an endpoint, or as a proxy that intercepts encrypted connections.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::Pool;

pub(crate) struct CertificateAuthority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl CertificateAuthority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        Self {
            issuer: CertifiedIssuer::self_signed(params, key).unwrap(),
        }
    }

    /// The CA certificate.
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }
}

pub(crate) struct Tls {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Tls {
    /// Starts in front of a pool, with a certificate for these names.
    pub(crate) fn start(pool: &Pool, authority: &CertificateAuthority, names: &[&str]) -> Self {
        Self::start_until(pool, authority, names, 4096)
    }

    /// Like `start`, with a certificate that expires on January 1 of `year`.
    pub(crate) fn start_until(
        pool: &Pool,
        authority: &CertificateAuthority,
        names: &[&str],
        year: i32,
    ) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &authority.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let pool = pool.url().replace("http://", "");
        let seen = Arc::default();
        let front = Front {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            pool,
            seen: Arc::clone(&seen),
        };
        let (stop, stopped) = oneshot::channel();
        let (to, address) = std::sync::mpsc::sync_channel(1);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                to.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    () = front.serve(listener) => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            address: address.recv().unwrap(),
            seen,
            running: Some((stop, thread)),
        }
    }

    /// The URL as an endpoint.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// The URL as a proxy.
    pub(crate) fn proxy(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The `host:port` of every connection tunneled through the proxy.
    pub(crate) fn hosts(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

#[derive(Clone)]
struct Front {
    acceptor: TlsAcceptor,
    pool: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Front {
    async fn serve(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let front = self.clone();
            // A client that does not trust the certificate disconnects.
            connections.spawn(async move { front.connection(stream).await });
        }
    }

    async fn connection(self, mut client: TcpStream) -> std::io::Result<()> {
        let mut first = [0; 8];
        client.peek(&mut first).await?;
        let host = if first == *b"CONNECT " {
            Some(tunnel(&mut client).await?)
        } else {
            None
        };
        let encrypted = self.acceptor.accept(client).await?;
        if let Some(host) = host {
            self.seen.lock().unwrap().push(host);
        }
        let (mut from_pool, mut to_pool) = TcpStream::connect(&*self.pool).await?.into_split();
        let (mut from_client, mut to_client) = tokio::io::split(encrypted);
        tokio::select! {
            done = forward(&mut from_client, &mut to_pool, &self.pool) => done,
            done = tokio::io::copy(&mut from_pool, &mut to_client) => done.map(drop),
        }
    }
}

/// Forwards requests until the client disconnects. Rewrites the Host header, because a pool only
/// answers requests for its own host.
async fn forward(
    client: &mut (impl AsyncRead + Unpin),
    pool: &mut (impl AsyncWrite + Unpin),
    host: &str,
) -> std::io::Result<()> {
    loop {
        let head = head(client).await?;
        let mut length = 0;
        let mut forwarded = String::new();
        for line in head.lines() {
            match line.split_once(": ") {
                Some((name, _)) if name.eq_ignore_ascii_case("host") => {
                    forwarded += &format!("host: {host}\r\n");
                }
                other => {
                    if let Some((name, value)) = other
                        && name.eq_ignore_ascii_case("content-length")
                    {
                        length = value.parse().unwrap();
                    }
                    forwarded += &format!("{line}\r\n");
                }
            }
        }
        let mut body = vec![0; length];
        client.read_exact(&mut body).await?;
        pool.write_all(forwarded.as_bytes()).await?;
        pool.write_all(&body).await?;
    }
}

/// Reads the head of a request, including the blank line.
async fn head(client: &mut (impl AsyncRead + Unpin)) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Accepts a CONNECT request and returns its target.
async fn tunnel(client: &mut TcpStream) -> std::io::Result<String> {
    let request = head(client).await?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    Ok(request.split(' ').nth(1).unwrap_or_default().to_owned())
}
