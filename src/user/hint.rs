//! Hints: what to do about a finding or a note. Flags that are already given are not suggested.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// The flags in effect, from the command line or the mapping file, by their names on the command
/// line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlagsGiven(BTreeSet<Cow<'static, str>>);

impl FlagsGiven {
    /// Returns whether this flag was given.
    #[must_use]
    pub fn has(&self, flag: &str) -> bool {
        self.0.contains(flag)
    }

    /// Returns the flags on a command line. Options of a mapping file are not included.
    #[must_use]
    pub fn of_command(words: &[String]) -> Self {
        let names = words
            .iter()
            .take_while(|word| *word != "--")
            .filter(|word| word.starts_with("--"))
            .map(|word| word.split_once('=').map_or(word.as_str(), |(name, _)| name));
        Self(names.map(|name| Cow::Owned(name.to_owned())).collect())
    }

    /// Adds other flags.
    pub(crate) fn add(&mut self, others: Self) {
        self.0.extend(others.0);
    }
}

impl FromIterator<&'static str> for FlagsGiven {
    fn from_iter<T: IntoIterator<Item = &'static str>>(flags: T) -> Self {
        Self(flags.into_iter().map(Cow::Borrowed).collect())
    }
}

/// One of the options in a hint.
#[derive(Debug, Clone, Copy)]
pub(super) enum HintOption {
    /// Always included.
    Always(&'static str),
    /// Suggests a flag. Included unless the flag is given.
    UnlessGiven(&'static str, &'static str),
    /// Included only if the flag is given.
    IfGiven(&'static str, &'static str),
}

/// Joins the options that apply: `a, b, or c`.
pub(super) fn join_options(options: &[HintOption], given: &FlagsGiven) -> String {
    let texts: Vec<&str> = options
        .iter()
        .filter_map(|option| match *option {
            HintOption::Always(text) => Some(text),
            HintOption::UnlessGiven(flag, text) => (!given.has(flag)).then_some(text),
            HintOption::IfGiven(flag, text) => given.has(flag).then_some(text),
        })
        .collect();
    match texts.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first, second] => format!("{first}, or {second}"),
        [first @ .., last] => format!("{}, or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{FlagsGiven, HintOption, join_options};

    #[test]
    fn finds_the_flags_of_a_command() {
        let words = ["import", "--trim", "--encoding=utf-8", "--", "--quote"];
        let given = FlagsGiven::of_command(&words.map(str::to_owned));
        assert!(given.has("--trim") && given.has("--encoding"));
        assert!(!given.has("--quote") && !given.has("import"));
    }

    #[test]
    fn does_not_suggest_given_flags() {
        let options = [
            HintOption::Always("correct it"),
            HintOption::UnlessGiven("--trim", "pass --trim"),
            HintOption::IfGiven("--encoding", "correct --encoding"),
        ];
        for (given, hint) in [
            (vec![], "correct it, or pass --trim"),
            (vec!["--trim"], "correct it"),
            (
                vec!["--encoding"],
                "correct it, pass --trim, or correct --encoding",
            ),
        ] {
            let given: FlagsGiven = given.into_iter().collect();
            assert_eq!(join_options(&options, &given), hint);
        }
    }
}
