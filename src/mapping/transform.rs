//! What becomes of a cell on its way to a value.
//!
//! The order: white space is trimmed, then the column's value table is asked; cells are joined; then a date or a phone number
//! is brought into its form; last, what is to be small is written small. Where nothing applies, nothing is copied.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::dates::DateFormat;
use super::phone::Region;
use crate::user::finding::Rule;
use crate::user::rules::quoted;

/// The cell that stands for every other one in a value table.
pub(super) const ANY_OTHER: &str = "*";

/// Why a transformation does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TransformError {
    pub(super) rule: Rule,
    pub(super) message: String,
}

/// What a column's cells become.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ValueTable(pub(super) BTreeMap<String, String>);

impl ValueTable {
    /// What a cell becomes. An empty one stays empty, unless the table names it.
    pub(super) fn replaced<'a>(&'a self, cell: &'a str) -> Result<&'a str, TransformError> {
        if let Some(becomes) = self.0.get(cell).filter(|_| cell != ANY_OTHER) {
            return Ok(becomes);
        }
        if cell.is_empty() {
            return Ok(cell);
        }
        self.0
            .get(ANY_OTHER)
            .map(String::as_str)
            .ok_or_else(|| TransformError {
                rule: Rule::ValueUnknown,
                message: format!(
                    "{} is not in the column's value table; add it with --value, or `*` for all others",
                    quoted(cell)
                ),
            })
    }
}

/// What an attribute's value goes through at last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ValueForm {
    AsItIs,
    Lowercase,
    Phone(Region),
    Day(DateFormat),
    EpochSeconds(DateFormat),
}

impl ValueForm {
    /// Brings a value that is not empty into this form.
    pub(super) fn of<'a>(
        &self,
        value: Cow<'a, str>,
    ) -> Result<Cow<'a, str>, (Cow<'a, str>, TransformError)> {
        let (formed, rule) = match self {
            Self::AsItIs => return Ok(value),
            Self::Lowercase => return Ok(lowercase(value)),
            Self::Phone(region) => (region.e164(&value), Rule::PhoneNumber),
            Self::Day(format) => (format.day(&value), Rule::DateFormat),
            Self::EpochSeconds(format) => (format.epoch_seconds(&value), Rule::DateFormat),
        };
        match formed {
            Some(formed) if formed == *value => Ok(value),
            Some(formed) => Ok(Cow::Owned(formed)),
            None => {
                let message = self.misfit(&value);
                Err((value, TransformError { rule, message }))
            }
        }
    }

    fn misfit(&self, value: &str) -> String {
        let found = quoted(value);
        match self {
            Self::AsItIs | Self::Lowercase => String::new(),
            Self::Phone(region) => format!(
                "{found} is neither a phone number of {region} nor one with a country code; correct it or empty the cell"
            ),
            Self::Day(format) | Self::EpochSeconds(format) => format!(
                "{found} is not a date in the format {}; correct it or --date-format",
                format.words()
            ),
        }
    }
}

/// Small letters; the same text where it has no others.
pub(super) fn lowercase(text: Cow<'_, str>) -> Cow<'_, str> {
    if text
        .bytes()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    {
        return text;
    }
    let small = text.to_lowercase();
    if small == *text {
        text
    } else {
        Cow::Owned(small)
    }
}

/// The cells that are not empty, with a space between them.
pub(super) fn joined<'a>(cells: impl Iterator<Item = &'a str>) -> Cow<'a, str> {
    let mut cells = cells.filter(|cell| !cell.is_empty());
    let mut text = Cow::Borrowed(cells.next().unwrap_or_default());
    for cell in cells {
        let text = text.to_mut();
        text.push(' ');
        text.push_str(cell);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::{ValueForm, ValueTable, joined, lowercase};
    use crate::mapping::dates::DateFormat;
    use crate::mapping::phone::Region;
    use crate::user::finding::Rule;

    fn table(lines: &[(&str, &str)]) -> ValueTable {
        let owned = |(cell, becomes): &(&str, &str)| ((*cell).to_owned(), (*becomes).to_owned());
        ValueTable(lines.iter().map(owned).collect())
    }

    #[test]
    fn a_table_takes_only_cells_that_are_in_it() {
        let strict = table(&[("active", "true"), ("left", "")]);
        assert_eq!(strict.replaced("active"), Ok("true"));
        assert_eq!(strict.replaced("left"), Ok(""));
        assert_eq!(strict.replaced(""), Ok(""));
        for other in ["Active", "gone", "*"] {
            let misfit = strict.replaced(other).unwrap_err();
            assert_eq!(misfit.rule, Rule::ValueUnknown);
            assert!(
                misfit.message.contains(&format!("\"{other}\"")),
                "{misfit:?}"
            );
        }
        let open = table(&[("active", "true"), ("*", "false"), ("", "unknown")]);
        for (cell, becomes) in [
            ("active", "true"),
            ("gone", "false"),
            ("*", "false"),
            ("", "unknown"),
        ] {
            assert_eq!(open.replaced(cell), Ok(becomes));
        }
    }

    #[test]
    fn what_already_has_its_form_is_not_copied() {
        let forms = [
            (ValueForm::AsItIs, "Ann"),
            (ValueForm::Lowercase, "ann@example.com"),
            (
                ValueForm::Phone(Region::parse("DE").unwrap()),
                "+4930901820",
            ),
            (
                ValueForm::Day(DateFormat::parse("%F").unwrap()),
                "1999-12-31",
            ),
        ];
        for (form, value) in forms {
            let formed = form.of(Cow::Borrowed(value)).unwrap();
            assert!(matches!(formed, Cow::Borrowed(_)), "{form:?}");
            assert_eq!(formed, value);
        }
    }

    #[test]
    fn what_does_not_fit_is_said_with_what_was_found() {
        let forms = [
            (
                ValueForm::Phone(Region::parse("DE").unwrap()),
                "12",
                Rule::PhoneNumber,
            ),
            (
                ValueForm::Day(DateFormat::parse("%d.%m.%Y").unwrap()),
                "12/31/1999",
                Rule::DateFormat,
            ),
            (
                ValueForm::EpochSeconds(DateFormat::parse("%F").unwrap()),
                "now",
                Rule::DateFormat,
            ),
        ];
        for (form, value, rule) in forms {
            let (back, misfit) = form.of(Cow::Borrowed(value)).unwrap_err();
            assert_eq!((&*back, misfit.rule), (value, rule));
            assert!(
                misfit.message.contains(&format!("\"{value}\"")),
                "{misfit:?}"
            );
        }
        let misfit = ValueForm::Phone(Region::parse("DE").unwrap())
            .of(Cow::Borrowed("a\u{1b}[2Jb"))
            .unwrap_err()
            .1;
        assert!(!misfit.message.contains('\u{1b}'), "{misfit:?}");
        let long = "9".repeat(500);
        let (_, misfit) = ValueForm::Phone(Region::parse("DE").unwrap())
            .of(Cow::Borrowed(&long))
            .unwrap_err();
        assert!(misfit.message.len() < 300, "{misfit:?}");
    }

    #[test]
    fn cells_that_are_not_empty_are_joined_by_a_space() {
        for (cells, whole) in [
            (vec!["Ann", "Lee"], "Ann Lee"),
            (vec!["", "Lee"], "Lee"),
            (vec!["Ann", ""], "Ann"),
            (vec!["Ann", "", "Lee"], "Ann Lee"),
            (vec!["", ""], ""),
        ] {
            assert_eq!(joined(cells.into_iter()), whole);
        }
        assert!(matches!(joined(["Ann", ""].into_iter()), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn small_letters_are_those_of_the_standard_library(text in ".*") {
            prop_assert_eq!(lowercase(Cow::Borrowed(&text)), text.to_lowercase());
        }
    }
}
