//! Where the pool's own attributes are known from while the header is read: they help to guess what columns mean.

use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;

use crate::cli::args::KnownPoolArgs;
use crate::cli::import_settings::ImportSettings;
use crate::cli::settings;
use crate::pool::{ConnectSettings, connect};
use crate::user::pool_rules::PoolRules;

/// A guess is not worth waiting longer: the header does not fit in any case.
const PATIENCE: Duration = Duration::from_secs(5);

/// How to learn the pool's attributes.
pub(super) enum SchemaSource<'a> {
    File(&'a Path),
    Pool(Box<ConnectSettings>),
    Unknown,
}

impl<'a> SchemaSource<'a> {
    pub(super) fn of_import(settings: &'a ImportSettings) -> Self {
        match &settings.preflight.rules_file {
            Some(path) => Self::File(path),
            None if settings.preflight.skipped => Self::Unknown,
            None => Self::Pool(Box::new(settings.connect.clone())),
        }
    }

    pub(super) fn of_known(args: &'a KnownPoolArgs) -> Self {
        match (&args.pool, &args.user_pool_id) {
            (Some(path), _) => Self::File(path),
            (None, Some(pool)) => Self::Pool(Box::new(settings::connect_to_ask(
                pool,
                args.client_id.as_deref(),
                &args.connection,
            ))),
            (None, None) => Self::Unknown,
        }
    }

    /// The pool's rules, where they can be had at once. What keeps them away is told once it matters.
    pub(super) async fn rules(&self) -> Option<PoolRules> {
        match self {
            Self::File(path) => settings::pool_rules(path).ok(),
            Self::Pool(connection) => timeout(PATIENCE, ask(connection)).await.ok()?,
            Self::Unknown => None,
        }
    }
}

async fn ask(connection: &ConnectSettings) -> Option<PoolRules> {
    let pool = connect(connection).await.ok()?;
    let rules = pool.describe().await.ok()??;
    let client = match connection.client_id.as_str() {
        "" => None,
        _ => pool.describe_client().await.ok().flatten(),
    };
    Some(PoolRules { client, ..rules })
}
