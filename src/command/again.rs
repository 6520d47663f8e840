//! The command that goes on with a run: this one, as it could be typed again.

use std::ffi::OsString;

use crate::report::CommandLine;

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

#[cfg(test)]
mod tests {
    use super::command_that_goes_on;

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
