//! The `cognito-import` program: parse, run, exit code.

use std::process::ExitCode;

use cognito_import::{cli, command};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    command::run(cli::parse::parse()).into()
}
