//! The parts of a run that cannot be merged yet.

use std::fmt;

use crate::part::Part;

/// The maximum number of parts in a list.
const MAX_NAMED: usize = 20;

/// Parts without a ledger, and parts that are not finished.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncompleteParts {
    pub(super) missing: Vec<Part>,
    pub(super) unfinished: Vec<Part>,
}

impl IncompleteParts {
    pub(super) fn hint(&self) -> String {
        match [self.missing.as_slice(), &self.unfinished]
            .concat()
            .as_slice()
        {
            [part] => {
                format!("run the import with --part {part} until it finishes, then merge again")
            }
            _ => "run the import with --part for each of them until it finishes, then merge again"
                .to_owned(),
        }
    }
}

impl fmt::Display for IncompleteParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut texts = Vec::new();
        if !self.missing.is_empty() {
            let parts = part_list(&self.missing);
            texts.push(match self.missing.len() {
                1 => format!("{parts} was not started, or its directory is lost"),
                _ => format!("{parts} were not started, or their directories are lost"),
            });
        }
        if !self.unfinished.is_empty() {
            let parts = part_list(&self.unfinished);
            texts.push(match self.unfinished.len() {
                1 => format!("{parts} is not finished"),
                _ => format!("{parts} are not finished"),
            });
        }
        f.write_str(&texts.join("; "))
    }
}

/// Formats parts like `parts 1/8, 2/8 and 5/8`.
#[must_use]
pub fn part_list(parts: &[Part]) -> String {
    let mut names: Vec<String> = parts.iter().take(MAX_NAMED).map(Part::to_string).collect();
    if let more @ 1.. = parts.len().saturating_sub(MAX_NAMED) {
        names.push(format!("{more} more"));
    }
    match names.as_slice() {
        [] => String::new(),
        [part] => format!("part {part}"),
        [first @ .., last] => format!("parts {} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::IncompleteParts;
    use crate::part::Part;

    fn parts(numbers: impl IntoIterator<Item = u32>) -> Vec<Part> {
        let parts = numbers.into_iter();
        parts
            .map(|number| Part::parse(&format!("{number}/40")).unwrap())
            .collect()
    }

    #[test]
    fn all_parts_are_named() {
        let incomplete = |missing, unfinished| IncompleteParts {
            missing,
            unfinished,
        };
        let one = incomplete(Vec::new(), parts([3]));
        assert_eq!(one.to_string(), "part 3/40 is not finished");
        assert!(one.hint().contains("--part 3/40 "));
        let several = incomplete(parts([2, 5, 7]), parts([0, 1]));
        assert_eq!(
            several.to_string(),
            "parts 2/40, 5/40 and 7/40 were not started, or their directories are lost; \
             parts 0/40 and 1/40 are not finished"
        );
        let many = incomplete(parts(0..40), Vec::new()).to_string();
        assert!(many.contains("19/40 and 20 more were"), "{many}");
    }
}
