//! `completions`: prints a shell completion script.

use super::{CommandError, CommandOutput};
use crate::cli::completions::{Shell, script};

#[derive(serde::Serialize)]
struct Completions<'a> {
    shell: String,
    script: &'a str,
}

pub(super) fn completions(shell: Shell) -> Result<CommandOutput, CommandError> {
    let script = script(shell).map_err(CommandError::refused)?;
    CommandOutput::of_text(script.as_str()).with(&Completions {
        shell: shell.to_string(),
        script: &script,
    })
}
