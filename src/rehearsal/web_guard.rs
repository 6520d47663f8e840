//! Refuses requests that a web page could have made.
//!
//! A page can reach a loopback server in two ways: with a cross-origin request, which carries an
//! `Origin` header, and by DNS rebinding, where the page's own host name resolves to 127.0.0.1 and
//! the `Host` header still contains that name. The pool's users and their attributes are only for
//! programs on this machine, so both get status 403.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header, uri::Authority};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

/// Responds with 403 unless the request is addressed to a loopback name with this port and does not
/// come from a web page.
pub(super) async fn web_guard(State(port): State<u16>, request: Request, next: Next) -> Response {
    if is_allowed(request.headers(), request.uri(), port) {
        return next.run(request).await;
    }
    let message = format!(
        "the rehearsal pool is for programs on this machine: send requests without an Origin header to localhost:{port}, \
         127.0.0.1:{port} or [::1]:{port}, with that name in the Host header"
    );
    let body = json!({ "__type": "AccessDeniedException", "message": message });
    (StatusCode::FORBIDDEN, Json(body)).into_response()
}

fn is_allowed(headers: &HeaderMap, uri: &Uri, port: u16) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Authority::try_from(host.as_bytes()).ok(),
        _ => None,
    };
    !headers.contains_key(header::ORIGIN)
        && host.is_some_and(|host| is_own(&host, port))
        // A request in absolute form contains the host a second time.
        && uri.authority().is_none_or(|host| is_own(host, port))
}

fn is_own(authority: &Authority, port: u16) -> bool {
    let host = authority.host();
    let is_loopback = match host.strip_prefix('[').and_then(|v6| v6.strip_suffix(']')) {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback()),
        None => {
            host.eq_ignore_ascii_case("localhost")
                || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        }
    };
    // Clients omit the default port of HTTP.
    let authority_port = match authority.port() {
        Some(text) => text.as_str().parse().ok(),
        None => Some(80),
    };
    let has_user = authority.as_str().contains('@');
    is_loopback && !has_user && authority_port == Some(port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn accepts(host: &str, port: u16) -> bool {
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_str(host).unwrap())]);
        is_allowed(&headers, &Uri::from_static("/stats"), port)
    }

    #[test]
    fn accepts_loopback_names_with_the_own_port() {
        for host in [
            "localhost:9329",
            "LocalHost:9329",
            "127.0.0.1:9329",
            "127.9.8.7:9329",
            "[::1]:9329",
            "[0:0:0:0:0:0:0:1]:9329",
        ] {
            assert!(accepts(host, 9329), "{host}");
        }
        assert!(accepts("localhost", 80));
    }

    #[test]
    fn refuses_other_hosts() {
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
            assert!(!accepts(host, 9329), "{host}");
        }
    }

    #[test]
    fn refuses_a_second_host_or_an_origin() {
        let host = |value| (header::HOST, HeaderValue::from_static(value));
        let relative = Uri::from_static("/");
        let mut twice = HeaderMap::from_iter([host("localhost:80")]);
        assert!(is_allowed(&twice, &relative, 80));
        let elsewhere = Uri::from_static("http://evil.example/");
        assert!(!is_allowed(&twice, &elsewhere, 80));
        for origin in ["null", "", "http://localhost:80"] {
            let origin = (header::ORIGIN, HeaderValue::from_static(origin));
            let headers = HeaderMap::from_iter([host("localhost:80"), origin]);
            assert!(!is_allowed(&headers, &relative, 80));
        }
        twice.append(header::HOST, HeaderValue::from_static("localhost:80"));
        assert!(!is_allowed(&twice, &relative, 80));
        assert!(!is_allowed(&HeaderMap::new(), &relative, 80));
    }
}
