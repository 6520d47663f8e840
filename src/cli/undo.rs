//! What `undo` was told, as one small config for each stage.

use super::args::UndoArgs;
use super::settings::connect_to_ask;
use crate::pool::ConnectSettings;
use crate::preflight::ask::Found;
use crate::preflight::rates::{Rates, RatesAsked};

/// For `pool`. The run's ledger says which one it is.
#[must_use]
pub fn connect(args: &UndoArgs, user_pool_id: &str, client_id: &str) -> ConnectSettings {
    ConnectSettings {
        attempt_timeout: args.attempt_timeout,
        ..connect_to_ask(user_pool_id, Some(client_id), &args.connection)
    }
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
