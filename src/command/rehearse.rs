//! `rehearse`: the same import against a simulated pool on this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use super::job::{ImportJob, OnExistingRun};
use super::run::run;
use super::{CommandError, CommandOutput, runtime};
use crate::cli::args::RehearseArgs;
use crate::cli::exit::Exit;
use crate::cli::rehearsal::{RehearsalArgs, pool_settings};
use crate::cli::trigger_data::trigger_data;
use crate::cli::{Say, reports, settings, terminal};
use crate::hints::Hint;
use crate::pool::{ConnectSettings, EndpointChoice, Signing};
use crate::progress::Screen;
use crate::rehearsal::{ExistingUser, PoolSettings, RehearsalPool};
use crate::rows::{Dialect, Rows};
use crate::source::Source;
use crate::source::object::S3Access;

pub(super) fn rehearse(
    args: &RehearseArgs,
    screen: &Screen,
    say: Say,
) -> Result<CommandOutput, CommandError> {
    settings::refuse_sensitive_logs().map_err(CommandError::refused)?;
    let looks = settings::looks(&args.look).map_err(CommandError::refused)?;
    let reports = reports::asked(&args.reports).map_err(CommandError::refused)?;
    let rates = settings::rates(&args.pace.rates);
    let told = trigger_data(&args.triggers, &args.list).map_err(CommandError::refused)?;
    let settings = settings_with_users(&args.rehearsal)?;
    let mut connect = ConnectSettings {
        user_pool_id: settings.pool_id.clone(),
        client_id: settings.client_id.clone(),
        client_secret: settings.client_secret.clone().map(Into::into),
        trigger_data: told,
        region: Some(settings.region.clone()),
        profile: None,
        endpoint: EndpointChoice::Configured,
        signing: if looks.look_ups.any() {
            Signing::Rehearsal
        } else {
            Signing::Off
        },
        attempt_timeout: args.pace.attempt_timeout,
    };
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let pool = RehearsalPool::start(any_port, settings).map_err(CommandError::refused)?;
    connect.endpoint = EndpointChoice::Url(pool.endpoint_url());
    say.line(format_args!(
        "rehearsal: against a simulated pool on this machine ({}); nothing leaves it, and nobody gets a message",
        pool.endpoint_url()
    ));
    let done = runtime()?.block_on(run(
        ImportJob {
            list: &args.list,
            preflight: &args.preflight,
            pace: &args.pace,
            run: &args.run,
            looks,
            rates,
            connect,
            access: S3Access::default(),
            again: OnExistingRun::Replace,
            confirm: false,
            reports,
            progress: terminal::form(&args.output, &args.progress),
            screen,
            started: tokio::time::Instant::now(),
        },
        say,
    ));
    pool.stop();
    say.line("this was a rehearsal: nothing left this machine");
    done
}

/// The pool that is asked for, with the users that are in it beforehand.
pub(super) fn settings_with_users(args: &RehearsalArgs) -> Result<PoolSettings, CommandError> {
    let mut settings = pool_settings(args).map_err(CommandError::refused)?;
    if let Some(path) = &args.existing {
        settings.existing.extend(existing(path)?);
    }
    Ok(settings)
}

/// Users from a CSV file: `username` names them, `password` is passed over, every other column is an attribute.
fn existing(path: &Path) -> Result<Vec<ExistingUser>, CommandError> {
    let wrong = |why: &dyn Hint| {
        CommandError::new(Exit::Refused, format_args!("--existing {why}"), why.hint())
    };
    let source = Source::named(path, &S3Access::default()).map_err(|why| wrong(&why))?;
    let opened = source.open().map_err(|why| wrong(&why))?;
    let mut rows =
        Rows::open(source.name(), opened, &Dialect::default()).map_err(|why| wrong(&why))?;
    let names = rows.header().names().to_vec();
    let username = names
        .iter()
        .position(|name| {
            ["username", "cognito:username"].contains(&name.to_ascii_lowercase().as_str())
        })
        .ok_or_else(|| {
            CommandError::refusal(
                format_args!("--existing {}: there is no column username", source.name()),
                "it has to name each user",
            )
        })?;
    let mut users = Vec::new();
    while let Some(row) = rows.next_row().map_err(|why| wrong(&why))? {
        let Some(name) = row
            .cell(username)
            .filter(|name| !name.is_empty() && row.unreadable.is_none())
        else {
            return Err(CommandError::refusal(
                format_args!(
                    "--existing {}: line {}: has no username, or cannot be read",
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
