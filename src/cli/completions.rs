//! Shell completion scripts.

pub use clap_complete::Shell;

use super::help::command;

pub fn script(shell: Shell) -> Result<String, std::string::FromUtf8Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "cognito-import", &mut script);
    let script = String::from_utf8(script)?;
    if shell == Shell::Bash {
        // clap_complete 4.6 names the states of a program with a hyphen in two different ways, so
        // that subcommands complete nothing.
        return Ok(script.replace("cognito__subcmd__import__", "cognito__import__"));
    }
    Ok(script)
}
