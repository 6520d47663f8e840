//! `completions`: a shell completion script.

use super::{CommandError, CommandOutput};
use crate::cli::args::CompletionsArgs;
use crate::cli::completions::script;

#[derive(serde::Serialize)]
struct Completions<'a> {
    shell: String,
    script: &'a str,
}

pub(super) fn completions(args: &CompletionsArgs) -> Result<CommandOutput, CommandError> {
    let script = script(args.shell).map_err(CommandError::refused)?;
    CommandOutput::of_text(script.as_str()).with(&Completions {
        shell: args.shell.to_string(),
        script: &script,
    })
}
