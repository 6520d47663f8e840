//! A command as it could be typed again.

use std::fmt;

use crate::sanitize::shell_word;

/// The words of a command, the program's name first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine(Vec<String>);

impl CommandLine {
    /// Of these words.
    #[must_use]
    pub fn new(words: Vec<String>) -> Self {
        Self(words)
    }

    /// Its words.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.0
    }

    /// Each word as it can be pasted into a shell.
    #[must_use]
    pub fn quoted_words(&self) -> Vec<String> {
        self.0.iter().map(|word| shell_word(word)).collect()
    }

    /// The same with more flags.
    #[must_use]
    pub fn with(&self, flags: &[&str]) -> Self {
        let mut words = self.0.clone();
        // Behind `--` a flag would be a file.
        let end = words
            .iter()
            .position(|word| word == "--")
            .unwrap_or(words.len());
        words.splice(end..end, flags.iter().map(|flag| (*flag).to_owned()));
        Self(words)
    }
}

/// As it can be pasted into a shell.
impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.quoted_words().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::CommandLine;

    #[test]
    fn it_can_be_pasted_into_a_shell_and_flags_stay_flags() {
        let words = [
            "cognito-import",
            "import",
            "--run-dir",
            "it's",
            "--",
            "my users.csv",
        ];
        let command = CommandLine::new(words.map(str::to_owned).to_vec());
        assert_eq!(
            command.with(&["--retry", "failed"]).to_string(),
            r"cognito-import import --run-dir 'it'\''s' --retry failed -- 'my users.csv'"
        );
        assert_eq!(command.with(&[]), command);
    }
}
