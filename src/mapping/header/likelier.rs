//! Finds the header if the list begins with other lines, such as a title, a date or a version.

use super::suggest::may_be_name;
use crate::mapping::options::MappingOptions;

/// Returns the number of the line that is likelier to be the header than the current one, if any.
#[must_use]
pub fn likelier_header<'l>(
    header: &[String],
    lines: impl Iterator<Item = (u64, &'l [String])>,
    options: &MappingOptions,
) -> Option<u64> {
    let count_names = |cells: &[String]| {
        let names = cells.iter().filter(|cell| is_column_name(cell, options));
        names.count()
    };
    // Another line must contain more than twice as many names.
    let mut best = (None, 2 * count_names(header));
    for (number, cells) in lines {
        let names = count_names(cells);
        // Any line can contain one known word, so one name counts only in a list of one column.
        let may_be_header = names >= 2 || (names == 1 && cells.len() == 1);
        if may_be_header && names > best.1 {
            best = (Some(number), names);
        }
    }
    best.0
}

/// Returns whether this may be the name of a column, or an option names it.
fn is_column_name(name: &str, options: &MappingOptions) -> bool {
    let in_options = || {
        let mapped = options.columns.iter().map(|option| &option.value.column);
        let others = options
            .username_from
            .iter()
            .chain(&options.keep)
            .chain(&options.ignore);
        mapped
            .chain(others.map(|option| &option.value))
            .any(|other| other.eq_ignore_ascii_case(name))
    };
    !name.is_empty() && (may_be_name(name) || in_options())
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
    fn prefers_the_line_with_the_most_names_to_a_title() {
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
            // A row that repeats names is not the header if the first line has more of them.
            (&[header, &["name", "email"]], None),
            (&[header], None),
        ] {
            assert_eq!(likelier(lines, &none), expected, "{lines:?}");
        }
    }

    #[test]
    fn counts_names_from_the_options() {
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
