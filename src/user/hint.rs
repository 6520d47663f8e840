//! Hints: what to do about a finding or a note, without suggesting a flag that was given already.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// Flags in effect, from the command line or the mapping file, by the names they have on the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlagsGiven(BTreeSet<Cow<'static, str>>);

impl FlagsGiven {
    /// Whether this flag was given.
    #[must_use]
    pub fn has(&self, flag: &str) -> bool {
        self.0.contains(flag)
    }

    /// Those of a command, by its words. What a mapping file says is not among them.
    #[must_use]
    pub fn of_command(words: &[String]) -> Self {
        let flags = words.iter().take_while(|word| *word != "--");
        let names = flags
            .filter(|word| word.starts_with("--"))
            .map(|word| word.split_once('=').map_or(word.as_str(), |(name, _)| name));
        Self(names.map(|name| Cow::Owned(name.to_owned())).collect())
    }

    /// Adds those of another set.
    pub(crate) fn add(&mut self, others: Self) {
        self.0.extend(others.0);
    }
}

impl FromIterator<&'static str> for FlagsGiven {
    fn from_iter<T: IntoIterator<Item = &'static str>>(flags: T) -> Self {
        Self(flags.into_iter().map(Cow::Borrowed).collect())
    }
}

/// One of several things to do.
#[derive(Debug, Clone, Copy)]
pub(super) enum HintOption {
    /// Always possible.
    Always(&'static str),
    /// Suggests a flag: left out where the flag was given.
    Unless(&'static str, &'static str),
    /// Makes sense only where the flag was given.
    Given(&'static str, &'static str),
}

/// The ways that remain, as `a, b, or c`.
pub(super) fn joined(ways: &[HintOption], given: &FlagsGiven) -> String {
    let ways: Vec<&str> = ways
        .iter()
        .filter_map(|way| match *way {
            HintOption::Always(text) => Some(text),
            HintOption::Unless(flag, text) => (!given.has(flag)).then_some(text),
            HintOption::Given(flag, text) => given.has(flag).then_some(text),
        })
        .collect();
    match ways.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first, second] => format!("{first}, or {second}"),
        [first @ .., last] => format!("{}, or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{FlagsGiven, HintOption, joined};

    #[test]
    fn the_flags_of_a_command_are_known_by_their_names() {
        let words = ["import", "--trim", "--encoding=utf-8", "--", "--quote"];
        let given = FlagsGiven::of_command(&words.map(str::to_owned));
        assert!(given.has("--trim") && given.has("--encoding"));
        assert!(!given.has("--quote") && !given.has("import"));
    }

    #[test]
    fn a_flag_that_was_given_is_not_suggested() {
        let ways = [
            HintOption::Always("correct it"),
            HintOption::Unless("--trim", "pass --trim"),
            HintOption::Given("--encoding", "correct --encoding"),
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
            assert_eq!(joined(&ways, &given), hint);
        }
    }
}
