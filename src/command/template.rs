//! `template`: prints the header line of a list for a pool.

use std::ops::ControlFlow;

use super::document::Template;
use super::pool_rules::read_rules;
use super::preflight::query_error;
use super::{CommandError, CommandOutput, unless_stopped};
use crate::cli::Printer;
use crate::cli::settings::{PoolRulesSource, TemplateSettings};
use crate::preflight::queries::PoolQueries;
use crate::report::csv_line;
use crate::user::STANDARD_ATTRIBUTES;
use crate::user::pool_rules::{AttributeRule, PoolRules};

pub(super) fn template(
    settings: &TemplateSettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let TemplateSettings {
        rules: source,
        preflight_timeout,
        with_password,
    } = settings;
    let queries = PoolQueries {
        rules: true,
        client: source.has_client(),
        ..PoolQueries::default()
    };
    let work = read_rules(source, *preflight_timeout, &queries, printer);
    let (_, found) = match unless_stopped(work, printer)? {
        ControlFlow::Continue(found) => found,
        ControlFlow::Break(stopped) => return Ok(stopped),
    };
    if let (Some(failed), PoolRulesSource::Pool(connection)) = (found.failed_calls.first(), source)
    {
        return Err(query_error(&connection.user_pool_id, failed));
    }
    let rules = found.rules.unwrap_or_else(standard_rules);
    let columns = rules.columns(*with_password);
    let header = csv_line(&columns).map_err(CommandError::refused)?;
    CommandOutput::of_text(header).with(&Template { columns: &columns })
}

/// The attributes that every pool has.
fn standard_rules() -> PoolRules {
    let attribute = |name: &str| AttributeRule {
        name: name.to_owned(),
        ..AttributeRule::default()
    };
    PoolRules {
        schema: STANDARD_ATTRIBUTES.into_iter().map(attribute).collect(),
        ..PoolRules::default()
    }
}
