//! What `undo` was told, as one small config for each stage.

use super::args::UndoArgs;
use super::settings::{connect_to_ask, environment};
use crate::pool::{ConnectSettings, EndpointChoice};
use crate::preflight::ask::Found;
use crate::preflight::rates::{Rates, RatesAsked};

/// For `pool`. The run's ledger says which one it is, and where.
#[must_use]
pub fn connect(
    args: &UndoArgs,
    user_pool_id: &str,
    client_id: &str,
    endpoint: EndpointChoice,
) -> ConnectSettings {
    ConnectSettings {
        endpoint,
        attempt_timeout: args.attempt_timeout,
        ..connect_to_ask(user_pool_id, Some(client_id), &args.connection)
    }
}

/// The endpoint that the environment names, which an undo does not follow: its variable and its URL.
#[must_use]
pub fn endpoint_in_environment() -> Option<(&'static str, String)> {
    [
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
        "AWS_ENDPOINT_URL",
    ]
    .into_iter()
    .find_map(|name| Some((name, environment(name)?)))
}

/// For `pace`. What the account is granted is not asked for: the quota of deletions
/// cannot be raised, and look-ups need no more than it.
#[must_use]
pub fn rates(args: &UndoArgs) -> Rates {
    let asked = RatesAsked {
        creation: None,
        read: args.lookup_rate.named(),
        update: args.delete_rate.named(),
        list: None,
        share: args.share,
    };
    Rates::new(&asked, &Found::default())
}
