//! The `cognito-import` program: parse, run, exit code.

use std::process::ExitCode;

use cognito_import::cli::client_secret::{SECRET_VARIABLE, keep_secret_of_environment};
use cognito_import::cli::exit::Exit;
use cognito_import::cli::settings::ParsedCommand;
use cognito_import::{command, process};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[expect(
    clippy::disallowed_methods,
    reason = "the call below must not return: the variable would be set again"
)]
fn main() -> ExitCode {
    process::prepare();
    // The panic hook has printed where it happened, and nothing was sent.
    let Ok(parsed) = std::panic::catch_unwind(ParsedCommand::from_process) else {
        return Exit::Refused.into();
    };
    if !keep_secret_of_environment() {
        return command::run(&parsed).into();
    }
    // There is one thread yet. The process ends within the call, so the variable is never set
    // again.
    temp_env::with_var_unset(SECRET_VARIABLE, || {
        std::process::exit(i32::from(command::run(&parsed).number()))
    })
}
