//! `import`: a list into a pool.

use super::run::run;
use super::{CommandError, CommandOutput, runtime};
use crate::cli::Say;
use crate::cli::import_settings::ImportSettings;
use crate::progress::Screen;

pub(super) fn import(
    (settings, warning): (ImportSettings, Option<String>),
    screen: &Screen,
    say: Say,
) -> Result<CommandOutput, CommandError> {
    if let Some(warning) = warning {
        say.warning(warning);
    }
    runtime()?.block_on(run(&settings, screen, say))
}
