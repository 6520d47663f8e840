//! Parses the command line into [`Cli`]. Errors never repeat a secret, and quote untrusted text on
//! one line without control characters.

use std::error::Error as _;
use std::ffi::OsString;

use clap::FromArgMatches as _;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::args::Cli;
use super::help::command;
use crate::sanitize::one_line;

/// Flags whose values may be secrets.
const SECRET_FLAGS: [&str; 2] = ["--validation-data", "--client-metadata"];

/// Parses the command line of this process. Exits on an error or a request for help.
#[must_use]
pub fn parse() -> Cli {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    try_parse(&arguments).unwrap_or_else(|error| {
        let error = rewrite_error(error, &arguments);
        quote_on_one_line(error).exit()
    })
}

fn try_parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let matches = command().try_get_matches_from(arguments)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command()))
}

fn rewrite_error(error: clap::Error, arguments: &[OsString]) -> clap::Error {
    dry_run_error(&error, arguments).unwrap_or_else(|| without_secrets(error, arguments))
}

/// Flags of other programs that correspond to `check`.
const DRY_RUN_FLAGS: [&str; 3] = ["--dry-run", "--dryrun", "--dry_run"];

/// Returns an error that suggests `check` instead of a dry-run flag.
fn dry_run_error(error: &clap::Error, arguments: &[OsString]) -> Option<clap::Error> {
    let Some(ContextValue::String(unexpected)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    if error.kind() != ErrorKind::UnknownArgument || !DRY_RUN_FLAGS.contains(&unexpected.as_str()) {
        return None;
    }
    let instead = match subcommand_in(arguments)? {
        "import" => {
            "use `check`: it takes the same list and pool, reports what an import would do, and \
             creates no users; `rehearse` imports into a simulated pool on this machine"
        }
        "rehearse" => {
            "use `check`: it reports what an import would do; a rehearsal only writes to a \
             simulated pool on this machine"
        }
        "check" => "leave it out: `check` never writes",
        _ => return None,
    };
    let message = format!("unexpected argument '{unexpected}': {instead}");
    Some(command().error(ErrorKind::UnknownArgument, message))
}

/// Returns the first argument that is the name of a subcommand.
fn subcommand_in(arguments: &[OsString]) -> Option<&str> {
    let cli = command();
    arguments
        .iter()
        .skip(1)
        .filter_map(|argument| argument.to_str())
        .find(|argument| cli.find_subcommand(*argument).is_some())
}

/// Puts every quoted text on one line. Arguments can contain untrusted text, such as a file name,
/// which must not control the terminal or look like a line of our output.
fn quote_on_one_line(mut error: clap::Error) -> clap::Error {
    let changed: Vec<(ContextKind, ContextValue)> = error
        .context()
        .filter_map(|(kind, value)| {
            let value = match value {
                ContextValue::String(text) => ContextValue::String(one_line(text).into_owned()),
                ContextValue::Strings(texts) => {
                    let texts = texts.iter().map(|text| one_line(text).into_owned());
                    ContextValue::Strings(texts.collect())
                }
                // Suggestions quote an argument in color.
                ContextValue::StyledStrs(texts) => {
                    let plain = |text: &StyledStr| {
                        StyledStr::from(one_line(&text.to_string()).into_owned())
                    };
                    let is_plain =
                        |text: &StyledStr| one_line(&text.to_string()) == text.to_string();
                    if texts.iter().all(is_plain) {
                        return None;
                    }
                    ContextValue::StyledStrs(texts.iter().map(plain).collect())
                }
                // No untrusted text.
                ContextValue::None
                | ContextValue::Bool(_)
                | ContextValue::StyledStr(_)
                | ContextValue::Number(_)
                | _ => return None,
            };
            Some((kind, value))
        })
        .collect();
    for (kind, value) in changed {
        error.insert(kind, value);
    }
    cause_on_one_line(error)
}

/// Puts the message of our value parsers, which may quote the value again, on one line. Clap does
/// not expose that message for editing, so the error is built again.
fn cause_on_one_line(error: clap::Error) -> clap::Error {
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    let cause_line = one_line(&cause);
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    if cause_line == cause {
        return error;
    }
    let (arg, value) = (
        context(ContextKind::InvalidArg),
        context(ContextKind::InvalidValue),
    );
    let message = format!("invalid value '{value}' for '{arg}': {cause_line}");
    command().error(error.kind(), message)
}

/// Hides an unexpected argument after the value of a secret flag: it is most likely a part of the
/// value that was not quoted.
fn without_secrets(error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let Some(ContextValue::String(unexpected)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let arguments: Vec<String> = arguments
        .iter()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    // Of combined short flags such as -abc, clap names only the first unknown one.
    let is_unexpected =
        |argument: &String| !argument.starts_with("--") && argument.starts_with(unexpected);
    let secret_flag_before = |position: usize| {
        let mut before = arguments.iter().take(position).rev();
        let flag = before.find(|argument| argument.starts_with("--"))?;
        let name = flag.split('=').next().unwrap_or_default();
        SECRET_FLAGS.into_iter().find(|secret| *secret == name)
    };
    let mut positions = (0..)
        .zip(&arguments)
        .filter(|(_, argument)| is_unexpected(argument));
    match positions.find_map(|(position, _)| secret_flag_before(position)) {
        Some(flag) => command().error(
            ErrorKind::UnknownArgument,
            format!(
                "unexpected argument after the value of {flag} (not shown, because it may be part \
                 of the value); put KEY=VALUE in quotes"
            ),
        ),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::{quote_on_one_line, rewrite_error, try_parse};

    fn error(line: &str) -> String {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let error = try_parse(&arguments).unwrap_err();
        rewrite_error(error, &arguments).to_string()
    }

    #[test]
    fn suggests_check_for_a_dry_run() {
        for line in [
            "cognito-import import a.csv --dry-run",
            "cognito-import --output json import --dryrun a.csv --user-pool-id us-east-1_A --client-id b",
            "cognito-import rehearse a.csv --dry-run=true",
        ] {
            let error = error(line);
            assert!(error.contains("use `check`"), "{line}: {error}");
        }
        let of_check = error("cognito-import check a.csv --dry-run");
        assert!(of_check.contains("leave it out"), "{of_check}");
        let other = error("cognito-import report run --dry-run");
        assert!(!other.contains("check"), "{other}");
    }

    #[test]
    fn hides_arguments_after_a_secret() {
        for line in [
            "cognito-import rehearse a.csv --validation-data key = Hidden",
            "cognito-import rehearse a.csv --validation-data key=a Hidden",
            "cognito-import rehearse a.csv --client-metadata=key=a Hidden",
            "cognito-import rehearse a.csv --client-metadata key=a -Hidden",
        ] {
            let error = error(line);
            assert!(
                error.contains("in quotes") && !error.contains("Hidden"),
                "{error}"
            );
        }
    }

    #[test]
    fn arguments_cannot_control_the_terminal() {
        for line in [
            "cognito-import rehearse a.csv --x\nerror:\u{1b}[2J",
            "cognito-import \u{1b}[2J\nerror:",
            "cognito-import rehearse a.csv --rate=\u{1b}[2J\nerror:",
            "cognito-import rehearse a.csv --deadline \u{1b}[2J\nerror:",
            "cognito-import rehearse a.csv --lookup a\u{1b}[2J\nerror:",
            "cognito-import rehearse a.csv b\u{1b}[2J\nerror:",
            "cognito-import import a.csv --retry failed,\u{1b}[2J\nerror:",
            "cognito-import rehearsal-pool --listen \u{1b}[2J\nerror:",
            "cognito-import rehearse a.csv --phone-region \u{1b}[2J\nerror:",
        ] {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let error = try_parse(&arguments).unwrap_err();
            let message = quote_on_one_line(error).render().to_string();
            assert!(message.contains("[U+001B]"), "{message}");
            assert!(!message.contains('\u{1b}'), "{message}");
            assert!(
                !message
                    .lines()
                    .skip(1)
                    .any(|line| line.starts_with("error:")),
                "{message}"
            );
        }
    }

    #[test]
    fn shows_other_unexpected_arguments() {
        for line in [
            "cognito-import rehearse a.csv Shown",
            "cognito-import rehearse a.csv --validation-data key=a --Shown",
            "cognito-import rehearse a.csv --validation-data key=a --yes Shown",
        ] {
            let error = error(line);
            assert!(
                error.contains("Shown") || error.contains("--yes"),
                "{error}"
            );
        }
    }
}
