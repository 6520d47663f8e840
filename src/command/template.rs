//! `template`: the header line of a list for a pool.

use std::ops::ControlFlow;

use super::check::known;
use super::document::Template;
use super::preflight::not_answered;
use super::{CommandError, CommandOutput, asked};
use crate::cli::Say;
use crate::cli::args::{PasswordSource, TemplateArgs};
use crate::preflight::ask::Questions;
use crate::report::csv_line;
use crate::user::STANDARD_ATTRIBUTES;
use crate::user::pool_rules::{AttributeRule, PoolRules};

pub(super) fn template(args: &TemplateArgs, say: Say) -> Result<CommandOutput, CommandError> {
    let questions = Questions {
        rules: true,
        client: args.pool.client_id.is_some(),
        ..Questions::default()
    };
    let asking = known(&args.pool, args.patience, &questions, say);
    let (_, found) = match asked(asking, say)? {
        ControlFlow::Continue(known) => known,
        ControlFlow::Break(stopped) => return Ok(stopped),
    };
    if let Some(unanswered) = found.unanswered.first() {
        let user_pool_id = args.pool.user_pool_id.as_deref().unwrap_or_default();
        return Err(not_answered(user_pool_id, unanswered));
    }
    let rules = found.rules.unwrap_or_else(any_pool);
    let with_password = match args.password {
        PasswordSource::Column | PasswordSource::ColumnOrGenerate => true,
        PasswordSource::Generate | PasswordSource::None => false,
    };
    let columns = rules.columns(with_password);
    let header = csv_line(&columns).map_err(CommandError::refused)?;
    CommandOutput::of_text(header).with(&Template { columns: &columns })
}

/// What every pool has.
fn any_pool() -> PoolRules {
    let attribute = |name: &str| AttributeRule {
        name: name.to_owned(),
        ..AttributeRule::default()
    };
    PoolRules {
        schema: STANDARD_ATTRIBUTES.into_iter().map(attribute).collect(),
        ..PoolRules::default()
    }
}
