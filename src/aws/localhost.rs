//! Resolves `localhost` without a lookup.
//!
//! RFC 6761 reserves the name for this machine. A container without `/etc/hosts` cannot look it up,
//! and an answer from the network could be another machine, to which passwords would be sent
//! unencrypted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns};

/// Resolves every name to this machine. For endpoints whose host is `localhost`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Localhost;

impl ResolveDns for Localhost {
    fn resolve_dns<'a>(&'a self, _name: &'a str) -> DnsFuture<'a> {
        // The error is that of the last address. Without IPv6, the first one fails at once.
        let addresses = [Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()];
        DnsFuture::ready(Ok(Vec::<IpAddr>::from(addresses)))
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::dns::ResolveDns as _;

    use super::Localhost;

    #[tokio::test]
    async fn localhost_is_this_machine() {
        let addresses = Localhost.resolve_dns("localhost").await.unwrap();
        assert!(!addresses.is_empty());
        assert!(addresses.iter().all(std::net::IpAddr::is_loopback));
    }
}
