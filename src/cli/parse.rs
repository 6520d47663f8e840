//! From words to [`Cli`]: what is wrong with them is told, and no secret repeated.

use std::error::Error as _;
use std::ffi::OsString;

use clap::FromArgMatches as _;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::args::Cli;
use super::help::command;
use crate::sanitize::one_line;

/// Flags whose values may be secrets.
const SECRET: [&str; 2] = ["--validation-data", "--client-metadata"];

/// The command line of this process. Where it is wrong, or asks for help, the process ends.
#[must_use]
pub fn parse() -> Cli {
    let words: Vec<OsString> = std::env::args_os().collect();
    try_parse(&words).unwrap_or_else(|error| end(in_our_words(error, &words)))
}

fn try_parse(words: &[OsString]) -> Result<Cli, clap::Error> {
    let matches = command().try_get_matches_from(words)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command()))
}

fn in_our_words(error: clap::Error, words: &[OsString]) -> clap::Error {
    match dry_run(&error, words) {
        Some(answer) => answer,
        None => without_secrets(error, words),
    }
}

/// Spellings of the flag that other programs have for what `check` does.
const DRY_RUN: [&str; 3] = ["--dry-run", "--dryrun", "--dry_run"];

/// The answer to who asks a command for a dry run that has another command for it.
fn dry_run(error: &clap::Error, words: &[OsString]) -> Option<clap::Error> {
    let Some(ContextValue::String(unexpected)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    if error.kind() != ErrorKind::UnknownArgument || !DRY_RUN.contains(&unexpected.as_str()) {
        return None;
    }
    let instead = match command_in(words)? {
        "import" => {
            "use `check`: it takes the same list and pool, reports what an import would do, and creates no users; `rehearse` imports into \
             a simulated pool on this machine"
        }
        "rehearse" => {
            "use `check`: it reports what an import would do; a rehearsal itself only writes to a simulated pool on this machine"
        }
        "check" => "leave it out: `check` sends nothing that writes",
        _ => return None,
    };
    let message = format!("unexpected argument '{unexpected}': {instead}");
    Some(command().error(ErrorKind::UnknownArgument, message))
}

/// The command among these words: the first one that is the name of one.
fn command_in(words: &[OsString]) -> Option<&str> {
    let cli = command();
    words
        .iter()
        .skip(1)
        .filter_map(|word| word.to_str())
        .find(|word| cli.find_subcommand(*word).is_some())
}

/// Tells what is wrong, or the help that was asked for, and ends the process. Arguments can contain
/// untrusted text, such as a file name: it cannot repaint the terminal or look like a line of ours.
fn end(error: clap::Error) -> ! {
    on_one_line(error).exit()
}

/// The same error, with every text that it was given on one line.
fn on_one_line(mut error: clap::Error) -> clap::Error {
    let changed: Vec<(ContextKind, ContextValue)> = error
        .context()
        .filter_map(|(kind, value)| {
            let value = match value {
                ContextValue::String(text) => ContextValue::String(one_line(text).into_owned()),
                ContextValue::Strings(texts) => {
                    let texts = texts.iter().map(|text| one_line(text).into_owned());
                    ContextValue::Strings(texts.collect())
                }
                // Suggestions repeat a word in colour.
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
                // Clap's own words, a number, or nothing.
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
    with_cause_on_one_line(error)
}

/// What a parser of ours says of a value may quote the value once more. Clap keeps those words to itself, so the error is made again.
fn with_cause_on_one_line(error: clap::Error) -> clap::Error {
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    let shown = one_line(&cause);
    let of = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    if shown == cause {
        return error;
    }
    let (arg, value) = (of(ContextKind::InvalidArg), of(ContextKind::InvalidValue));
    let message = format!("invalid value '{value}' for '{arg}': {shown}");
    command().error(error.kind(), message)
}

/// A word that stands behind the value of such a flag is most likely a part of it that was not quoted.
fn without_secrets(error: clap::Error, words: &[OsString]) -> clap::Error {
    let Some(ContextValue::String(unexpected)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let words: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    // One of several letters, such as -abc, is told by the first that is not known.
    let is_it = |word: &String| !word.starts_with("--") && word.starts_with(unexpected);
    let flag_of = |place: usize| {
        let before = words.iter().take(place).rev();
        let flag = before.into_iter().find(|word| word.starts_with("--"))?;
        let name = flag.split('=').next().unwrap_or_default();
        SECRET.into_iter().find(|secret| *secret == name)
    };
    let mut places = (0..).zip(&words).filter(|(_, word)| is_it(word));
    match places.find_map(|(place, _)| flag_of(place)) {
        Some(flag) => command().error(
            ErrorKind::UnknownArgument,
            format!(
                "a word behind the value of {flag} is not expected (it is not shown: it may belong to the value); put the whole of \
                 KEY=VALUE in quotes"
            ),
        ),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::{in_our_words, on_one_line, try_parse};

    fn told(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let error = try_parse(&words).unwrap_err();
        in_our_words(error, &words).to_string()
    }

    #[test]
    fn who_asks_for_a_dry_run_is_told_of_check() {
        for line in [
            "cognito-import import a.csv --dry-run",
            "cognito-import --output json import --dryrun a.csv --user-pool-id us-east-1_A --client-id b",
            "cognito-import rehearse a.csv --dry-run=true",
        ] {
            let told = told(line);
            assert!(told.contains("use `check`"), "{line}: {told}");
        }
        let of_check = told("cognito-import check a.csv --dry-run");
        assert!(of_check.contains("leave it out"), "{of_check}");
        let other = told("cognito-import report run --dry-run");
        assert!(!other.contains("check"), "{other}");
    }

    #[test]
    fn what_stands_behind_a_secret_is_not_repeated() {
        for line in [
            "cognito-import rehearse a.csv --validation-data key = Hidden",
            "cognito-import rehearse a.csv --validation-data key=a Hidden",
            "cognito-import rehearse a.csv --client-metadata=key=a Hidden",
            "cognito-import rehearse a.csv --client-metadata key=a -Hidden",
        ] {
            let told = told(line);
            assert!(
                told.contains("in quotes") && !told.contains("Hidden"),
                "{told}"
            );
        }
    }

    #[test]
    fn no_word_of_the_command_line_looks_like_a_line_or_repaints_the_terminal() {
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
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let error = try_parse(&words).unwrap_err();
            let told = on_one_line(error).render().to_string();
            assert!(told.contains("[U+001B]"), "{told}");
            assert!(!told.contains('\u{1b}'), "{told}");
            assert!(
                !told.lines().skip(1).any(|line| line.starts_with("error:")),
                "{told}"
            );
        }
    }

    #[test]
    fn other_words_are() {
        for line in [
            "cognito-import rehearse a.csv Shown",
            "cognito-import rehearse a.csv --validation-data key=a --Shown",
            "cognito-import rehearse a.csv --validation-data key=a --yes Shown",
        ] {
            let told = told(line);
            assert!(told.contains("Shown") || told.contains("--yes"), "{told}");
        }
    }
}
