//! The `cognito-import` program: parse, run, exit code.

use std::process::ExitCode;

use cognito_import::cli::client_secret::{SECRET_VARIABLE, keep_secret_of_environment};
use cognito_import::cli::exit::Exit;
use cognito_import::{cli, command, process};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[expect(
    clippy::disallowed_methods,
    reason = "the call below must not return: the variable would be set again"
)]
fn main() -> ExitCode {
    process::prepare();
    // Its place was told, and nothing was sent.
    let Ok(cli) = std::panic::catch_unwind(cli::parse::parse) else {
        return Exit::Refused.into();
    };
    if !keep_secret_of_environment() {
        return command::run(cli).into();
    }
    // There is one thread yet. The process ends within the call, so the variable is never set again.
    temp_env::with_var_unset(SECRET_VARIABLE, || {
        std::process::exit(i32::from(command::run(cli).number()))
    })
}
