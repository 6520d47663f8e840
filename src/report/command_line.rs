//! A command line that can be pasted into a shell.

use std::fmt;

use crate::sanitize::shell_word;

/// The words of a command, starting with the name of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine(Vec<String>);

impl CommandLine {
    #[must_use]
    pub fn new(words: Vec<String>) -> Self {
        Self(words)
    }

    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.0
    }

    /// Returns each word, quoted for a shell.
    #[must_use]
    pub fn quoted_words(&self) -> Vec<String> {
        self.0.iter().map(|word| shell_word(word)).collect()
    }

    /// Returns the command with additional flags.
    #[must_use]
    pub fn with(&self, flags: &[&str]) -> Self {
        let mut words = self.0.clone();
        // After `--`, a flag would be taken for a file.
        let end = words
            .iter()
            .position(|word| word == "--")
            .unwrap_or(words.len());
        words.splice(end..end, flags.iter().map(|flag| (*flag).to_owned()));
        Self(words)
    }
}

/// Writes the command, quoted for a shell.
impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.quoted_words().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::CommandLine;

    #[test]
    fn quotes_words_and_adds_flags_before_the_double_dash() {
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
