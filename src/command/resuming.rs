//! How to resume a stopped run: the command that began it, ready to paste, and the rows that a
//! resumed run retries.

use std::ffi::OsString;

use crate::cli::settings::OnExistingRun;
use crate::ledger::RetryFilter;
use crate::outcome::Outcome;
use crate::part::Part;
use crate::plural::plural;
use crate::report::CommandLine;

/// Describes how many rows each filter of `--retry` has selected. `None` without the flag.
pub(super) fn retried_rows(retried: &[(RetryFilter, u64)]) -> Option<String> {
    let rows = retried.iter().map(|&(filter, rows)| {
        let noun = match filter {
            RetryFilter::Rows(Outcome::InDoubt) => {
                plural(rows, "row in doubt", "rows in doubt").to_owned()
            }
            RetryFilter::Rows(outcome) => {
                format!("{} {}", outcome.name(), plural(rows, "row", "rows"))
            }
            RetryFilter::FailedSteps => {
                plural(rows, "user with failed steps", "users with failed steps").to_owned()
            }
        };
        match rows {
            0 => format!("no {noun}"),
            _ => format!("{rows} {noun}"),
        }
    });
    let counts = rows.collect::<Vec<_>>().join(", ");
    match retried {
        [] => None,
        _ if retried.iter().all(|(_, rows)| *rows == 0) => {
            Some(format!("nothing to retry: {counts}"))
        }
        _ => Some(format!("retrying {counts}")),
    }
}

impl OnExistingRun {
    pub(super) fn how_to_resume(&self, part: Option<Part>) -> String {
        match self {
            Self::Resume(_) | Self::PutAside => format!(
                "the same command resumes this run:\n  {}",
                resuming_command(std::env::args_os(), part)
            ),
            Self::Replace => {
                "a rehearsal cannot be resumed, because its pool ends with it: the same command starts a new one".to_owned()
            }
        }
    }

    /// The same, for a run that would stop again unless its cause is fixed.
    pub(super) fn how_to_resume_once_fixed(&self, part: Option<Part>) -> String {
        match self {
            Self::Resume(_) | Self::PutAside => format!(
                "fix the cause, or the flag if one is wrong; then {}",
                self.how_to_resume(part)
            ),
            Self::Replace => format!("fix the cause; {}", self.how_to_resume(part)),
        }
    }

    /// The message after a second signal.
    pub(super) fn stopped_at_once(&self) -> &'static str {
        match self {
            Self::Resume(_) | Self::PutAside => {
                "stopped; requests in flight will be checked on the next run"
            }
            Self::Replace => "stopped",
        }
    }
}

/// Flags with values that must not be repeated: `--retry` would repeat what was just tried, and
/// `--stop-after` would stop again.
const NOT_REPEATED: [&str; 2] = ["--retry", "--stop-after"];

/// The arguments without [`NOT_REPEATED`] and without `--restart`, which would start over. They
/// name the part, because `--part env` means something only in its job. No argument contains a
/// secret.
fn resuming_command(arguments: impl Iterator<Item = OsString>, part: Option<Part>) -> CommandLine {
    let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    let mut words = without_flags(arguments, &NOT_REPEATED);
    words.retain(|word| word != "--restart");
    match part {
        Some(part) => CommandLine::new(without_part(words)).with(&["--part", &part.to_string()]),
        None => CommandLine::new(words),
    }
}

/// Returns whether this argument is the flag, with or without its value.
fn is_flag(argument: &str, flag: &str) -> bool {
    argument.split_once('=').map_or(argument, |(flag, _)| flag) == flag
}

/// Removes these flags and their values.
fn without_flags(mut arguments: impl Iterator<Item = String>, flags: &[&str]) -> Vec<String> {
    let mut words = Vec::new();
    while let Some(argument) = arguments.next() {
        if !flags.iter().any(|flag| is_flag(&argument, flag)) {
            words.push(argument);
        } else if !argument.contains('=') {
            let _value = arguments.next();
        }
    }
    words
}

/// Flags with values for the pool's Lambda triggers, which may authenticate the import. No file of
/// a run contains them.
const TRIGGER_FLAGS: [&str; 2] = ["--validation-data", "--client-metadata"];

/// The same command with `...` in place of values for triggers.
pub(super) fn command_to_keep(
    arguments: impl Iterator<Item = OsString>,
    part: Option<Part>,
) -> CommandLine {
    let mut is_value = false;
    let command = resuming_command(arguments, part);
    let words = command.words().iter().map(|word| {
        if std::mem::replace(&mut is_value, TRIGGER_FLAGS.contains(&word.as_str())) {
            return key_only(word);
        }
        let flag = TRIGGER_FLAGS.into_iter().find(|flag| {
            word.strip_prefix(flag)
                .is_some_and(|rest| rest.starts_with('='))
        });
        match flag {
            Some(flag) => {
                let pair = word.get(flag.len() + 1..).unwrap_or_default();
                format!("{flag}={}", key_only(pair))
            }
            None => word.clone(),
        }
    });
    CommandLine::new(words.collect())
}

/// Returns the command of the whole run, given that of a part.
pub(super) fn without_part(words: Vec<String>) -> Vec<String> {
    without_flags(words.into_iter(), &["--part", "--parts"])
}

fn key_only(pair: &str) -> String {
    let key = pair.split_once('=').map_or("KEY", |(key, _)| key);
    format!("{key}=...")
}

#[cfg(test)]
mod tests {
    use super::{command_to_keep, resuming_command, retried_rows, without_part};
    use crate::ledger::RetryFilter;
    use crate::outcome::Outcome;
    use crate::part::Part;

    #[test]
    fn trigger_data_is_not_kept() {
        let arguments = [
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
        let command = command_to_keep(arguments.into_iter().map(Into::into), None);
        assert_eq!(
            command.to_string(),
            "cognito-import import users.csv --validation-data import-key=... --client-metadata=from=... --set custom:a=b"
        );
    }

    #[test]
    fn resuming_neither_starts_over_nor_retries() {
        let arguments = [
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
        let command = resuming_command(arguments.into_iter().map(Into::into), None);
        assert_eq!(
            command.to_string(),
            r"cognito-import import 'my users.csv' --run-dir 'it'\''s'"
        );
    }

    #[test]
    fn the_command_of_a_part_names_it() {
        let part = Part::parse("2/4").unwrap();
        for given in ["--part env --parts 4", "--parts=4 --part=env", "--part 2/4"] {
            let words = format!("import users.csv {given} --run-dir run");
            let command = resuming_command(words.split(' ').map(Into::into), Some(part));
            assert_eq!(
                command.to_string(),
                "import users.csv --run-dir run --part 2/4"
            );
        }
    }

    #[test]
    fn the_command_of_a_merged_run_names_no_part() {
        let words = "import users.csv --part env --parts 4 --run-dir run --part=0/4 --rate 9";
        let words = words.split(' ').map(str::to_owned).collect();
        let whole = without_part(words).join(" ");
        assert_eq!(whole, "import users.csv --run-dir run --rate 9");
    }

    #[test]
    fn retried_rows_are_counted_for_each_filter() {
        let filters = [
            RetryFilter::Rows(Outcome::InDoubt),
            RetryFilter::Rows(Outcome::Failed),
            RetryFilter::Rows(Outcome::Rejected),
            RetryFilter::Rows(Outcome::Invalid),
            RetryFilter::FailedSteps,
        ];
        let all = |counts: [u64; 5]| {
            let retried: Vec<_> = filters.into_iter().zip(counts).collect();
            retried_rows(&retried).unwrap()
        };
        let text = [[1; 5], [2; 5], [0, 3, 0, 0, 0], [0; 5]].map(all);
        assert_messages!("retried_rows", text.join("\n"));
        assert_eq!(retried_rows(&[]), None);
    }
}
