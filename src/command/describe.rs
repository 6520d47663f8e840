//! `describe`: prints a pool's rules in the format that `--pool` reads.

use std::ops::ControlFlow;

use super::document::Described;
use super::preflight::{query, query_error};
use super::{CommandError, CommandOutput, unless_stopped};
use crate::cli::Printer;
use crate::cli::settings::{DescribeSettings, pool_rules_text};
use crate::pool::connect;
use crate::preflight::attempts::PreflightCalls;
use crate::preflight::queries::PoolQueries;

pub(super) fn describe(
    settings: &DescribeSettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let user_pool_id = &settings.connect.user_pool_id;
    let queries = PoolQueries {
        rules: true,
        client: !settings.connect.client_id.is_empty(),
        ..PoolQueries::default()
    };
    let work = async {
        let pool = connect(&settings.connect)
            .await
            .map_err(CommandError::refused)?;
        let calls = PreflightCalls {
            pool: &pool,
            timeout: settings.preflight_timeout,
            notify: &|text| printer.info(text),
        };
        query(calls, user_pool_id, &queries).await
    };
    let found = match unless_stopped(work, printer)? {
        ControlFlow::Continue(found) => found,
        ControlFlow::Break(stopped) => return Ok(stopped),
    };
    if let Some(failed) = found.failed_calls.first() {
        return Err(query_error(user_pool_id, failed));
    }
    let rules = found.rules.unwrap_or_default();
    let text = pool_rules_text(&rules).map_err(CommandError::refused)?;
    if rules.client.is_none() {
        printer.note(
            "without --client-id, the file does not say what the app client may write or whether it has a secret",
        );
    }
    let file = format!("# The rules of a user pool, for `--pool` of cognito-import.\n{text}");
    CommandOutput::of_text(file).with(&Described { rules: &rules })
}
