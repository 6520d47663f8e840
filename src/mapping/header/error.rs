//! A header that does not fit: everything that is wrong with it, and the flags that may help.

use std::fmt;

use super::suggest::Suggestion;
use crate::sanitize::one_line;
use crate::user::pool_rules::PoolRules;

/// Everything that is wrong with a header.
#[derive(Debug, PartialEq, Eq)]
pub struct HeaderError {
    /// The list's name.
    pub list: String,
    /// The line that the header is on.
    pub line: u64,
    /// One line each.
    pub problems: Vec<String>,
    /// What may help.
    pub(super) suggestion: Box<Suggestion>,
}

impl HeaderError {
    /// The same, with guesses that need the pool's own attributes.
    #[must_use]
    pub fn in_pool(mut self, rules: &PoolRules) -> Self {
        self.suggestion.learn(rules);
        self
    }

    /// Whether the pool's attributes and the way in which people sign in to it would help to guess.
    #[must_use]
    pub fn depends_on_pool(&self) -> bool {
        self.suggestion.depends_on_pool()
    }

    /// The flags that fit the header, as one line to paste; none where nothing can be suggested.
    #[must_use]
    pub fn flags(&self) -> Option<String> {
        self.suggestion.flags()
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self.flags() {
            Some(flags) => format!("{}: {flags}", self.suggestion.intro()),
            None => "correct the header line, or map its columns with --map".to_owned(),
        }
    }
}

impl std::error::Error for HeaderError {}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { list, line, .. } = self;
        write!(f, "{list}: line {line}: the header cannot be used:")?;
        for problem in &self.problems {
            write!(f, "\n  - {}", one_line(problem))?;
        }
        if let Some(flags) = self.flags() {
            write!(f, "\n  {}:\n    {flags}", self.suggestion.intro())?;
        }
        Ok(())
    }
}
