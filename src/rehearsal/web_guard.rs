//! Refuses requests that a web page could have made.
//!
//! A page can reach a loopback server in two ways: by a request to another origin, which carries an
//! `Origin` header, and by DNS rebinding, where the page's own host name resolves to 127.0.0.1 and
//! the `Host` header still has that name. The pool's users and their attributes are for this
//! machine's programs alone, so both are answered by 403.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header, uri::Authority};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

/// Answers 403 unless the request is addressed to a loopback name with this port, and no web page
/// sent it.
pub(super) async fn web_guard(State(port): State<u16>, request: Request, next: Next) -> Response {
    if may_pass(request.headers(), request.uri(), port) {
        return next.run(request).await;
    }
    let message = format!(
        "the rehearsal pool is for programs on this machine: send requests without an Origin header to localhost:{port}, \
         127.0.0.1:{port} or [::1]:{port}, with that name in the Host header"
    );
    let body = json!({ "__type": "AccessDeniedException", "message": message });
    (StatusCode::FORBIDDEN, Json(body)).into_response()
}

fn may_pass(headers: &HeaderMap, uri: &Uri, port: u16) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let named = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Authority::try_from(host.as_bytes()).ok(),
        _ => None,
    };
    !headers.contains_key(header::ORIGIN)
        && named.is_some_and(|host| is_own(&host, port))
        // A request in absolute form names its host a second time.
        && uri.authority().is_none_or(|host| is_own(host, port))
}

fn is_own(named: &Authority, port: u16) -> bool {
    let host = named.host();
    let is_loopback = match host.strip_prefix('[').and_then(|v6| v6.strip_suffix(']')) {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback()),
        None => {
            host.eq_ignore_ascii_case("localhost")
                || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        }
    };
    // Clients leave out the port that http has by default.
    let port_named = match named.port() {
        Some(text) => text.as_str().parse().ok(),
        None => Some(80),
    };
    let has_user = named.as_str().contains('@');
    is_loopback && !has_user && port_named == Some(port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn passes(host: &str, port: u16) -> bool {
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_str(host).unwrap())]);
        may_pass(&headers, &Uri::from_static("/stats"), port)
    }

    #[test]
    fn a_loopback_name_with_the_own_port_passes() {
        for host in [
            "localhost:9329",
            "LocalHost:9329",
            "127.0.0.1:9329",
            "127.9.8.7:9329",
            "[::1]:9329",
            "[0:0:0:0:0:0:0:1]:9329",
        ] {
            assert!(passes(host, 9329), "{host}");
        }
        assert!(passes("localhost", 80));
    }

    #[test]
    fn every_other_host_is_refused() {
        for host in [
            "",
            ":9329",
            "localhost",
            "localhost:",
            "localhost:9330",
            "localhost:99999",
            "evil.example:9329",
            "localhost.evil.example:9329",
            "127.0.0.1.evil.example:9329",
            "127.1:9329",
            "0.0.0.0:9329",
            "10.0.0.1:9329",
            "[::]:9329",
            "[::ffff:127.0.0.1]:9329",
            "localhost:9329@evil.example",
            "evil@localhost:9329",
            "localhost:9329, evil.example",
            "localhost:9329/evil",
        ] {
            assert!(!passes(host, 9329), "{host}");
        }
    }

    #[test]
    fn what_names_two_hosts_or_an_origin_is_refused() {
        let host = |value| (header::HOST, HeaderValue::from_static(value));
        let relative = Uri::from_static("/");
        let mut twice = HeaderMap::from_iter([host("localhost:80")]);
        assert!(may_pass(&twice, &relative, 80));
        let elsewhere = Uri::from_static("http://evil.example/");
        assert!(!may_pass(&twice, &elsewhere, 80));
        for origin in ["null", "", "http://localhost:80"] {
            let origin = (header::ORIGIN, HeaderValue::from_static(origin));
            let headers = HeaderMap::from_iter([host("localhost:80"), origin]);
            assert!(!may_pass(&headers, &relative, 80));
        }
        twice.append(header::HOST, HeaderValue::from_static("localhost:80"));
        assert!(!may_pass(&twice, &relative, 80));
        assert!(!may_pass(&HeaderMap::new(), &relative, 80));
    }
}
