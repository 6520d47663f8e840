//! `import`: a list into a pool.

use super::confirm::somebody_is_there;
use super::job::{ImportJob, OnExistingRun};
use super::run::run;
use super::{CommandError, CommandOutput, runtime};
use crate::cli::args::ImportArgs;
use crate::cli::trigger_data::trigger_data;
use crate::cli::{Say, reports, settings, terminal};
use crate::progress::Screen;

pub(super) fn import(
    args: &ImportArgs,
    screen: &Screen,
    say: Say,
) -> Result<CommandOutput, CommandError> {
    settings::refuse_sensitive_logs().map_err(CommandError::refused)?;
    let looks = settings::looks(&args.look).map_err(CommandError::refused)?;
    let reports = reports::asked(&args.reports).map_err(CommandError::refused)?;
    let told = trigger_data(&args.triggers, &args.list).map_err(CommandError::refused)?;
    let (connect, warning) =
        settings::connect(&args.pool, &args.pace, looks, told).map_err(CommandError::refused)?;
    if let Some(warning) = warning {
        say.warning(warning);
    }
    runtime()?.block_on(run(
        ImportJob {
            list: &args.list,
            preflight: &args.preflight,
            pace: &args.pace,
            run: &args.run,
            looks,
            rates: settings::rates(&args.pace.rates),
            connect,
            access: settings::s3_access(Some(&args.pool.user_pool_id), &args.pool.connection),
            again: if args.restart {
                OnExistingRun::PutAside
            } else {
                OnExistingRun::GoOn(settings::retried(&args.retry))
            },
            confirm: !args.yes && somebody_is_there(),
            reports,
            progress: terminal::form(&args.output, &args.progress),
            screen,
            started: tokio::time::Instant::now(),
        },
        say,
    ))
}
