//! An invalid header: its problems, and flags that may solve them.

use std::fmt;

use super::suggest::Suggestion;
use crate::sanitize::one_line;
use crate::user::pool_rules::PoolRules;

/// Everything that is wrong with a header.
#[derive(Debug, PartialEq, Eq)]
pub struct HeaderError {
    /// The name of the list.
    pub list: String,
    /// The line of the header.
    pub line: u64,
    /// The problems, one line each.
    pub problems: Vec<String>,
    /// A hint about a column of `--where` that does not exist.
    pub(super) column_hint: Option<String>,
    /// Flags that may help.
    pub(super) suggestion: Box<Suggestion>,
}

impl HeaderError {
    /// Returns the same error, with suggestions based on the pool's attributes.
    #[must_use]
    pub fn in_pool(mut self, rules: &PoolRules) -> Self {
        self.suggestion.add_pool(rules);
        self
    }

    /// Returns whether the pool's attributes and sign-in options would improve the suggestion.
    #[must_use]
    pub fn depends_on_pool(&self) -> bool {
        self.suggestion.depends_on_pool()
    }

    /// Returns the suggested flags as one line to paste, if there are any.
    #[must_use]
    pub fn flags(&self) -> Option<String> {
        self.suggestion.flags()
    }

    /// Returns what to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match (&self.column_hint, self.flags()) {
            (Some(hint), _) => hint.clone(),
            (None, Some(flags)) => format!("{}: {flags}", self.suggestion.intro()),
            (None, None) => "correct the header line, or map its columns with --map".to_owned(),
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
