//! The `cognito-import` program: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser as _;
use cognito_import::{cli, command};

fn main() -> ExitCode {
    command::run(cli::args::Cli::parse()).into()
}
