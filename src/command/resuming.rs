//! How a stopped run resumes: by the command that began it, as it could be typed again.

use std::ffi::OsString;

use crate::cli::settings::OnExistingRun;
use crate::report::CommandLine;

impl OnExistingRun {
    /// How a run that was stopped goes on, for people.
    pub(super) fn how_to_resume(&self) -> String {
        match self {
            Self::Resume(_) | Self::PutAside => {
                format!(
                    "the same command goes on from here:
  {}",
                    command_that_goes_on(std::env::args_os())
                )
            }
            Self::Replace => {
                "a rehearsal cannot be resumed, because its pool ends with it: the same command starts a new one".to_owned()
            }
        }
    }

    /// The same for a run that would be stopped again unless something is changed first.
    pub(super) fn how_to_resume_once_fixed(&self) -> String {
        match self {
            Self::Resume(_) | Self::PutAside => format!(
                "put that right first, and where a flag is wrong, the flag; then {}",
                self.how_to_resume()
            ),
            Self::Replace => format!("put that right first; {}", self.how_to_resume()),
        }
    }

    /// What people are told when a second signal ends the run.
    pub(super) fn stopped_at_once(&self) -> &'static str {
        match self {
            Self::Resume(_) | Self::PutAside => {
                "stopped; requests in flight will be checked on the next run"
            }
            Self::Replace => "stopped",
        }
    }
}

/// What was typed, without `--restart`, which would begin anew, and `--retry`, which would take back what was just tried. No
/// argument holds a secret, so all of them can be shown.
pub(super) fn command_that_goes_on(arguments: impl Iterator<Item = OsString>) -> CommandLine {
    let mut words = Vec::new();
    let mut arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    while let Some(argument) = arguments.next() {
        if argument == "--retry" {
            let _what = arguments.next();
        } else if argument != "--restart" && !argument.starts_with("--retry=") {
            words.push(argument);
        }
    }
    CommandLine::new(words)
}

/// Flags whose values are for the pool's triggers. They are told apart by them, so no file of a run holds them.
const FOR_TRIGGERS: [&str; 2] = ["--validation-data", "--client-metadata"];

/// The same, to be kept with the run: `key=...` takes the place of what triggers are told.
pub(super) fn command_to_keep(arguments: impl Iterator<Item = OsString>) -> CommandLine {
    let mut value_follows = false;
    let typed = command_that_goes_on(arguments);
    let words = typed.words().iter().map(|word| {
        let value_is_here = std::mem::take(&mut value_follows);
        value_follows = FOR_TRIGGERS.contains(&word.as_str());
        let flag = FOR_TRIGGERS.into_iter().find(|flag| {
            word.strip_prefix(flag)
                .is_some_and(|rest| rest.starts_with('='))
        });
        match flag {
            _ if value_is_here => key_alone(word),
            Some(flag) => {
                let pair = word.get(flag.len() + 1..).unwrap_or_default();
                format!("{flag}={}", key_alone(pair))
            }
            None => word.clone(),
        }
    });
    CommandLine::new(words.collect())
}

fn key_alone(pair: &str) -> String {
    let key = pair.split_once('=').map_or("KEY", |(key, _)| key);
    format!("{key}=...")
}

#[cfg(test)]
mod tests {
    use super::{command_that_goes_on, command_to_keep};

    #[test]
    fn what_triggers_are_told_is_not_kept() {
        let typed = [
            "cognito-import",
            "import",
            "users.csv",
            "--validation-data",
            "import-key=4711=a b",
            "--client-metadata=from=legacy",
            "--retry",
            "failed",
            "--set",
            "custom:a=b",
        ];
        let command = command_to_keep(typed.into_iter().map(Into::into));
        assert_eq!(
            command.to_string(),
            "cognito-import import users.csv --validation-data import-key=... --client-metadata=from=... --set custom:a=b"
        );
    }

    #[test]
    fn it_does_not_begin_anew_and_takes_nothing_back() {
        let typed = [
            "cognito-import",
            "import",
            "my users.csv",
            "--restart",
            "--retry",
            "failed",
            "--retry=invalid",
            "--run-dir",
            "it's",
        ];
        let command = command_that_goes_on(typed.into_iter().map(Into::into));
        assert_eq!(
            command.to_string(),
            r"cognito-import import 'my users.csv' --run-dir 'it'\''s'"
        );
    }
}
