//! What `undo` was told, as one small config for each stage.

use super::args::UndoArgs;
use super::settings::{SettingsError, connect_to_ask};
use crate::pool::ConnectSettings;
use crate::preflight::ask::Found;
use crate::preflight::rates::{Rates, RatesAsked};

/// For `pool`. Which one it is, the run's ledger says.
///
/// # Errors
/// The secret's file cannot be read.
pub fn connect(
    args: &UndoArgs,
    user_pool_id: &str,
    client_id: &str,
) -> Result<ConnectSettings, SettingsError> {
    let settings = connect_to_ask(user_pool_id, Some(client_id), &args.connection)?;
    Ok(ConnectSettings {
        attempt_timeout: args.attempt_timeout,
        ..settings
    })
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
