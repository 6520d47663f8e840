//! Validates endpoints: https anywhere, plain http only on this machine.

use crate::hints::Hint;

/// An allowed endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: String,
    is_loopback: bool,
    is_localhost: bool,
    is_plain: bool,
}

/// The endpoint is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Passwords would be sent unencrypted.
    #[error("endpoint {0}: is not https, so passwords would be sent unencrypted")]
    Insecure(String),
    /// The text is not a valid endpoint URL.
    #[error("endpoint {0}: is not a valid endpoint URL")]
    NotAUrl(String),
}

impl Hint for EndpointError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Insecure(..) => {
                "use https; plain http is allowed only on this machine (127.0.0.1, [::1], \
                 localhost)"
                    .to_owned()
            }
            Self::NotAUrl(..) => "use a URL like https://host or http://127.0.0.1:9229".to_owned(),
        })
    }
}

impl Endpoint {
    /// Parses a URL.
    ///
    /// # Errors
    /// Fails if it has no host, or if it is plain http to another machine.
    pub fn parse(url: &str) -> Result<Self, EndpointError> {
        let invalid = || EndpointError::NotAUrl(url.to_owned());
        let (scheme, rest) = url.split_once("://").ok_or_else(invalid)?;
        let authority = authority(rest);
        // Credentials before an @ are not supported and would hide the host.
        if authority.contains('@') || url.contains(char::is_whitespace) {
            return Err(invalid());
        }
        let host = match authority.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        };
        if host.is_empty() {
            return Err(invalid());
        }
        let is_loopback = is_loopback(host);
        let is_plain = match scheme.to_ascii_lowercase().as_str() {
            "https" => false,
            "http" if is_loopback => true,
            "http" => return Err(EndpointError::Insecure(url.to_owned())),
            _ => return Err(invalid()),
        };
        Ok(Self {
            url: url.to_owned(),
            is_loopback,
            is_localhost: is_localhost(host),
            is_plain,
        })
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns whether it is on this machine. Such requests bypass proxies.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// Returns whether the host is the name `localhost`.
    #[must_use]
    pub fn is_localhost(&self) -> bool {
        self.is_localhost
    }

    /// Returns whether requests are unencrypted, which is only possible on this machine.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }
}

/// Returns the host and port of a URL.
#[must_use]
pub fn host_and_port(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let authority = authority(rest);
    let after_host = authority.rsplit(']').next().unwrap_or_default();
    if after_host.contains(':') {
        authority.to_owned()
    } else if scheme.eq_ignore_ascii_case("http") {
        format!("{authority}:80")
    } else {
        format!("{authority}:443")
    }
}

/// Returns the part before the path.
fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

fn is_localhost(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
}

fn is_loopback(host: &str) -> bool {
    is_localhost(host)
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, EndpointError, host_and_port};

    #[test]
    fn allows_plain_http_only_on_this_machine() {
        for (good, is_plain) in [
            ("https://cognito-idp.us-east-1.amazonaws.com", false),
            ("https://127.0.0.1:5102", false),
            ("http://127.0.0.1:5102", true),
            ("http://localhost:9229/path", true),
            ("http://[::1]:80", true),
            ("HTTP://127.9.9.9", true),
        ] {
            let endpoint = Endpoint::parse(good).unwrap();
            assert_eq!(endpoint.is_plain(), is_plain, "{good}");
        }
        for bad in [
            "http://example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com:80",
            "http://10.0.0.1",
            "http://0.0.0.0:80",
        ] {
            assert!(
                matches!(Endpoint::parse(bad), Err(EndpointError::Insecure(_))),
                "{bad}"
            );
        }
        for bad in [
            "localhost:9229",
            "ftp://127.0.0.1",
            "http://",
            "http://127.0.0.1@example.com",
            "https://a b",
        ] {
            assert!(
                matches!(Endpoint::parse(bad), Err(EndpointError::NotAUrl(_))),
                "{bad}"
            );
        }
    }

    #[test]
    fn port_defaults_to_that_of_the_scheme() {
        for (url, address) in [
            (
                "https://cognito-idp.us-east-1.amazonaws.com/",
                "cognito-idp.us-east-1.amazonaws.com:443",
            ),
            ("https://host:8443/path?query:1", "host:8443"),
            ("http://127.0.0.1:9329", "127.0.0.1:9329"),
            ("http://localhost", "localhost:80"),
            ("http://[::1]/", "[::1]:80"),
            ("https://[::1]:444", "[::1]:444"),
        ] {
            assert_eq!(host_and_port(url), address, "{url}");
        }
    }
}
