//! The command that goes on with a run: this one, as it could be typed again.

use std::ffi::OsString;

/// What was typed, without `--restart`, which would begin anew, and `--retry`, which would take back what was just tried. No
/// argument holds a secret, so all of them can be shown.
pub(super) fn command_that_goes_on(arguments: impl Iterator<Item = OsString>) -> String {
    let mut words = Vec::new();
    let mut arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    while let Some(argument) = arguments.next() {
        if argument == "--retry" {
            let _what = arguments.next();
        } else if argument != "--restart" && !argument.starts_with("--retry=") {
            words.push(quoted(&argument));
        }
    }
    words.join(" ")
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::command_that_goes_on;

    #[test]
    fn it_can_be_pasted_into_a_shell_and_does_not_begin_anew() {
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
            command,
            r"cognito-import import 'my users.csv' --run-dir 'it'\''s'"
        );
    }
}
