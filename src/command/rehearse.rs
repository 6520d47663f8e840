//! `rehearse`: the same import against a simulated pool on this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use super::run::run;
use super::{CommandError, CommandOutput, Display};
use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::cli::rehearsal::RehearsalSettings;
use crate::cli::settings::ImportSettings;
use crate::hints::Hint;
use crate::pool::EndpointChoice;
use crate::rehearsal::{ExistingUser, PoolSettings, RehearsalPool};
use crate::rows::{Dialect, Rows};
use crate::s3::S3Access;
use crate::source::Source;

pub(super) fn rehearse(
    mut settings: ImportSettings,
    rehearsal: RehearsalSettings,
    display: Display<'_>,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let pool = RehearsalPool::start(any_port, pool_with_users(rehearsal)?)
        .map_err(CommandError::refused)?;
    settings.connect.endpoint = EndpointChoice::Url(pool.endpoint_url());
    printer.prose(format_args!(
        "rehearsing against a simulated pool on this machine ({}): nothing leaves it, and no messages are sent",
        pool.endpoint_url()
    ));
    let result = run(&settings, display, printer);
    pool.stop();
    printer.info("this was a rehearsal: nothing left this machine");
    result
}

/// The simulated pool with its existing users.
pub(super) fn pool_with_users(rehearsal: RehearsalSettings) -> Result<PoolSettings, CommandError> {
    let RehearsalSettings { mut pool, existing } = rehearsal;
    if let Some(path) = existing {
        pool.existing.extend(existing_users(&path)?);
    }
    Ok(pool)
}

/// Reads users from a CSV file: a column `username`, a column `password` that is ignored, and
/// attributes.
fn existing_users(path: &Path) -> Result<Vec<ExistingUser>, CommandError> {
    let refused = |error: &dyn Hint| {
        CommandError::new(
            Exit::Refused,
            format_args!("--existing {error}"),
            error.hint(),
        )
    };
    let source = Source::named(path, &S3Access::default()).map_err(|error| refused(&error))?;
    let opened = source.open().map_err(|error| refused(&error))?;
    let mut rows =
        Rows::open(source.name(), opened, &Dialect::default()).map_err(|error| refused(&error))?;
    let names = rows.header().names().to_vec();
    let username = names
        .iter()
        .position(|name| {
            ["username", "cognito:username"].contains(&name.to_ascii_lowercase().as_str())
        })
        .ok_or_else(|| {
            CommandError::refusal(
                format_args!("--existing {}: no column username", source.name()),
                "add a column with each user's username",
            )
        })?;
    let mut users = Vec::new();
    while let Some(row) = rows.next_row().map_err(|error| refused(&error))? {
        let Some(name) = row
            .cell(username)
            .filter(|name| !name.is_empty() && row.unreadable.is_none())
        else {
            return Err(CommandError::refusal(
                format_args!(
                    "--existing {}: line {}: no username, or the line cannot be read",
                    source.name(),
                    row.line
                ),
                "correct the line",
            ));
        };
        let attributes = names
            .iter()
            .enumerate()
            .filter(|(place, column)| {
                *place != username && !column.eq_ignore_ascii_case("password")
            })
            .filter_map(|(place, column)| Some((column.clone(), row.cell(place)?.to_owned())))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        users.push(ExistingUser {
            username: name.to_owned(),
            attributes,
            ..ExistingUser::default()
        });
    }
    Ok(users)
}
