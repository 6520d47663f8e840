//! Lines above the header: a title, a date, a version. The line that was read as the header fits nothing then, and a later one does.

use super::suggest::may_be_name;
use crate::mapping::options::MappingOptions;

/// The number of the line that is likelier to be the header than the one that was read as it; none where that one is as likely.
#[must_use]
pub fn likelier_header<'l>(
    header: &[String],
    lines: impl Iterator<Item = (u64, &'l [String])>,
    options: &MappingOptions,
) -> Option<u64> {
    let fitting = |cells: &[String]| cells.iter().filter(|cell| fits(cell, options)).count();
    let as_likely = 2 * fitting(header);
    let mut best = (None, as_likely);
    for (number, cells) in lines {
        let found = fitting(cells);
        // Any line can contain one known word, unless the list has a single column.
        let may_be = found >= 2 || (found == 1 && cells.len() == 1);
        if may_be && found > best.1 {
            best = (Some(number), found);
        }
    }
    best.0
}

/// Whether this is a column's name, or one that the command line speaks of.
fn fits(name: &str, options: &MappingOptions) -> bool {
    let same = |other: &str| other.eq_ignore_ascii_case(name);
    let named = || {
        options
            .columns
            .iter()
            .any(|asked| same(&asked.value.column))
            || options.username_from.iter().any(|asked| same(&asked.value))
            || options.keep.iter().any(|asked| same(&asked.value))
            || options.ignore.iter().any(|asked| same(&asked.value))
    };
    !name.is_empty() && (may_be_name(name) || named())
}

#[cfg(test)]
mod tests {
    use super::likelier_header;
    use crate::mapping::{MappingOptions, Sourced};

    fn likelier(lines: &[&[&str]], options: &MappingOptions) -> Option<u64> {
        let lines: Vec<Vec<String>> = lines
            .iter()
            .map(|line| line.iter().map(|cell| (*cell).to_owned()).collect())
            .collect();
        let below = (2..).zip(lines.iter().skip(1).map(Vec::as_slice));
        likelier_header(&lines[0], below, options)
    }

    #[test]
    fn the_line_with_most_names_is_likelier_than_a_title() {
        let none = MappingOptions::default();
        let header = &["User Name", "E-Mail", "Password", "Department"][..];
        for (lines, expected) in [
            (
                &[&["Users of 2026"][..], &["version:1"], header][..],
                Some(3),
            ),
            (&[&["Users", ""], header, &["username", "email"]], Some(2)),
            (
                &[&["version:1.0"], &["email"], &["ann@example.com"]],
                Some(2),
            ),
            (&[&["ann", "x", "email"], &["bob", "y", "z"]], None),
            (&[&["title"], &["email", "of", "something"]], None),
            // A row that repeats names is not a header as long as the first line fits better.
            (&[header, &["name", "email"]], None),
            (&[header], None),
        ] {
            assert_eq!(likelier(lines, &none), expected, "{lines:?}");
        }
    }

    #[test]
    fn names_that_the_command_line_speaks_of_count() {
        let options = MappingOptions {
            username_from: vec![Sourced::new(
                "Kennung".to_owned(),
                "--username-from Kennung",
            )],
            ignore: vec![Sourced::new("Ort".to_owned(), "--ignore-column Ort")],
            ..MappingOptions::default()
        };
        let lines = [&["Liste"][..], &["kennung", "Ort"]];
        assert_eq!(likelier(&lines, &options), Some(2));
        assert_eq!(likelier(&lines, &MappingOptions::default()), None);
    }
}
