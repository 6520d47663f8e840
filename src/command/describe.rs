//! `describe`: prints a pool's rules in the format that `--pool` reads.

use std::ops::ControlFlow;

use super::document::Described;
use super::preflight::{ask_pool, not_answered};
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
    let questions = PoolQueries {
        rules: true,
        client: !settings.connect.client_id.is_empty(),
        ..PoolQueries::default()
    };
    let query = async {
        let pool = connect(&settings.connect)
            .await
            .map_err(CommandError::refused)?;
        let calls = PreflightCalls {
            pool: &pool,
            time: settings.preflight_timeout,
            notify: &|text| printer.info(text),
        };
        ask_pool(calls, user_pool_id, &questions).await
    };
    let found = match unless_stopped(query, printer)? {
        ControlFlow::Continue(found) => found,
        ControlFlow::Break(stopped) => return Ok(stopped),
    };
    if let Some(unanswered) = found.failed_calls.first() {
        return Err(not_answered(user_pool_id, unanswered));
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
