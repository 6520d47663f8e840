//! `import`: a list into a pool.

use super::run::run;
use super::{CommandError, CommandOutput, runtime};
use crate::cli::Printer;
use crate::cli::settings::ImportSettings;
use crate::progress::Screen;

pub(super) fn import(
    settings: &ImportSettings,
    screen: &Screen,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    if let Some(warning) = &settings.secret_warning {
        printer.warn(warning);
    }
    runtime()?.block_on(run(settings, screen, printer))
}
