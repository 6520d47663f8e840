//! `describe`: a pool's rules, as the file that `--pool` takes.

use std::ops::ControlFlow;

use super::document::Described;
use super::preflight::{ask_pool, not_answered};
use super::{CommandError, CommandOutput, asked};
use crate::cli::args::DescribeArgs;
use crate::cli::{Say, settings};
use crate::pool::connect;
use crate::preflight::ask::Questions;
use crate::preflight::attempts::PreflightCalls;

pub(super) fn describe(args: &DescribeArgs, say: Say) -> Result<CommandOutput, CommandError> {
    let client_id = args.client_id.as_deref();
    let connection = settings::connect_to_ask(&args.user_pool_id, client_id, &args.connection);
    let questions = Questions {
        rules: true,
        client: client_id.is_some(),
        ..Questions::default()
    };
    let asking = async {
        let pool = connect(&connection).await.map_err(CommandError::refused)?;
        let preflight = PreflightCalls {
            pool: &pool,
            time: args.patience.preflight_timeout,
            notify: &|text| say.line(text),
        };
        ask_pool(preflight, &args.user_pool_id, &questions).await
    };
    let found = match asked(asking, say)? {
        ControlFlow::Continue(found) => found,
        ControlFlow::Break(stopped) => return Ok(stopped),
    };
    if let Some(unanswered) = found.unanswered.first() {
        return Err(not_answered(&args.user_pool_id, unanswered));
    }
    let rules = found.rules.unwrap_or_default();
    let text = settings::pool_rules_text(&rules).map_err(CommandError::refused)?;
    if rules.client.is_none() {
        say.line("note: without --client-id, the file does not say what the app client may write or whether it has a secret");
    }
    let file = format!("# The rules of a user pool, for `--pool` of cognito-import.\n{text}");
    CommandOutput::of_text(file).with(&Described { rules: &rules })
}
