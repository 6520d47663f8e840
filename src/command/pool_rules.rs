//! The rules of a pool: from a file, from the pool, or unknown.

use std::time::Duration;

use tokio::time::timeout;

use super::CommandError;
use super::preflight::query;
use crate::cli::Printer;
use crate::cli::settings::{ImportSettings, PoolRulesSource, pool_rules};
use crate::ledger::RunKind;
use crate::pool::{Cognito, ConnectSettings, connect};
use crate::preflight::attempts::PreflightCalls;
use crate::preflight::queries::{PoolAnswers, PoolQueries};
use crate::user::pool_rules::PoolRules;

/// How long to wait for rules that only improve an error message.
const SUGGESTION_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the rules of the pool to import into come from.
pub(super) fn rules_source(settings: &ImportSettings) -> PoolRulesSource {
    match &settings.preflight.rules_file {
        Some(path) => PoolRulesSource::File(path.clone()),
        None if settings.preflight.skipped => PoolRulesSource::Unknown,
        None => PoolRulesSource::Pool(Box::new(settings.connect.clone())),
    }
}

/// The pool's rules, to suggest meanings of unknown columns. `None` if they are not available
/// quickly; an error is reported later, by the preflight.
pub(super) async fn rules_for_suggestions(source: &PoolRulesSource) -> Option<PoolRules> {
    match source {
        PoolRulesSource::File(path) => pool_rules(path).ok(),
        PoolRulesSource::Pool(connection) => timeout(SUGGESTION_TIMEOUT, describe(connection))
            .await
            .ok()?,
        PoolRulesSource::Unknown => None,
    }
}

async fn describe(connection: &ConnectSettings) -> Option<PoolRules> {
    let pool = connect(connection).await.ok()?;
    let rules = pool.describe().await.ok()??;
    let client = match connection.client_id.as_str() {
        "" => None,
        _ => pool.describe_client().await.ok().flatten(),
    };
    Some(PoolRules { client, ..rules })
}

/// Reads the rules and runs the other queries. The first value is the pool, if there is one
/// to call.
pub(super) async fn read_rules(
    source: &PoolRulesSource,
    preflight_timeout: Duration,
    queries: &PoolQueries,
    printer: Printer,
) -> Result<(Option<Cognito>, PoolAnswers), CommandError> {
    let connection = match source {
        PoolRulesSource::File(path) => {
            let found = PoolAnswers {
                rules: Some(pool_rules(path).map_err(CommandError::refused)?),
                ..PoolAnswers::default()
            };
            return Ok((None, found));
        }
        PoolRulesSource::Unknown => return Ok((None, PoolAnswers::default())),
        PoolRulesSource::Pool(connection) => connection,
    };
    let pool = connect(connection).await.map_err(CommandError::refused)?;
    let calls = PreflightCalls {
        pool: &pool,
        timeout: preflight_timeout,
        notify: &|text| printer.info(text),
    };
    let found = query(calls, &connection.user_pool_id, queries).await?;
    Ok((Some(pool), found))
}

/// The rules file of an import. It must describe the pool to import into.
pub(super) fn rules_from_file(
    settings: &ImportSettings,
) -> Result<Option<PoolRules>, CommandError> {
    let Some(path) = &settings.preflight.rules_file else {
        return Ok(None);
    };
    let rules = pool_rules(path).map_err(CommandError::refused)?;
    // A simulated pool may use the rules of any pool.
    if settings.on_existing_run.kind() == RunKind::Rehearsal {
        return Ok(Some(rules));
    }
    let client = rules.client.as_ref();
    let ids = [
        (&settings.connect.user_pool_id, rules.user_pool_id.as_ref()),
        (
            &settings.connect.client_id,
            client.and_then(|client| client.client_id.as_ref()),
        ),
    ];
    for (expected, found) in ids {
        if let Some(found) = found
            && found != expected
        {
            return Err(CommandError::refusal(
                format_args!(
                    "--pool {}: contains the rules of {found}, and this run is for {expected}",
                    path.display()
                ),
                "describe the right one, or remove its ID from the file",
            ));
        }
    }
    Ok(Some(rules))
}
