//! Transforms cells into values.
//!
//! Cells are trimmed and looked up in the value table of their column, then joined, then converted
//! to a form: lowercase, a date or a phone number. Unchanged values are not copied.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::dates::DateFormat;
use super::phone::Region;
use crate::user::finding::{Finding, Rule};
use crate::user::rules::quoted;

/// Matches every cell that is not in the value table.
pub(super) const ANY_OTHER: &str = "*";

/// An attribute that the list sets, and the source of its value.
#[derive(Debug, Clone)]
pub struct AttributeSource {
    /// The attribute's name, shared by all rows of the list.
    pub name: Arc<str>,
    /// The column's name in the list, for findings; joined columns are separated by `+`.
    pub label: String,
    pub(super) origin: ValueOrigin,
    pub(super) form: ValueForm,
}

/// The cells of a value, or a constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ValueOrigin {
    Column(usize),
    Joined(Vec<usize>),
    Constant(String),
}

impl AttributeSource {
    /// Returns the value, if all rows have the same.
    #[must_use]
    pub fn constant(&self) -> Option<&str> {
        match &self.origin {
            ValueOrigin::Constant(value) => Some(value),
            ValueOrigin::Column(_) | ValueOrigin::Joined(_) => None,
        }
    }
}

/// A value that cannot be transformed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TransformError {
    pub(super) rule: Rule,
    pub(super) message: String,
}

impl TransformError {
    /// Creates the finding about a column.
    pub(super) fn into_finding(self, column: &str) -> Finding {
        Finding::new(self.rule, column, self.message)
    }
}

/// The replacements of a column's cells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ValueTable(pub(super) BTreeMap<String, String>);

impl ValueTable {
    /// Returns the replacement of a cell. An empty cell stays empty unless the table has an entry
    /// for it.
    pub(super) fn replace<'a>(&'a self, cell: &'a str) -> Result<&'a str, TransformError> {
        if let Some(replacement) = self.0.get(cell).filter(|_| cell != ANY_OTHER) {
            return Ok(replacement);
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
                    "{} is not in the column's value table; add it with --value, or `*` for all \
                     others",
                    quoted(cell)
                ),
            })
    }
}

/// The form of an attribute's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ValueForm {
    Unchanged,
    Lowercase,
    Phone(Region),
    Date(DateFormat),
    EpochSeconds(DateFormat),
}

impl ValueForm {
    /// Converts a nonempty value to this form. Returns the value with the error.
    pub(super) fn apply<'a>(
        &self,
        value: Cow<'a, str>,
    ) -> Result<Cow<'a, str>, (Cow<'a, str>, TransformError)> {
        let converted = match self {
            Self::Unchanged => return Ok(value),
            Self::Lowercase => return Ok(lowercase(value)),
            Self::Phone(region) => region
                .e164(&value)
                .ok_or_else(|| not_a_phone_number(&value, region)),
            Self::Date(format) => format.day(&value).ok_or_else(|| not_a_date(&value, format)),
            Self::EpochSeconds(format) => format
                .epoch_seconds(&value)
                .ok_or_else(|| not_a_date(&value, format)),
        };
        match converted {
            Ok(converted) if converted == *value => Ok(value),
            Ok(converted) => Ok(Cow::Owned(converted)),
            Err(error) => Err((value, error)),
        }
    }
}

fn not_a_phone_number(value: &str, region: &Region) -> TransformError {
    TransformError {
        rule: Rule::PhoneNumber,
        message: format!(
            "{} is neither a valid number in {region} nor one with a country code; correct or \
             clear the cell",
            quoted(value)
        ),
    }
}

fn not_a_date(value: &str, format: &DateFormat) -> TransformError {
    TransformError {
        rule: Rule::DateFormat,
        message: format!(
            "{} is not a date in the format {}; correct the cell or --date-format",
            quoted(value),
            format.pattern()
        ),
    }
}

/// Lowercases a text. Returns it without a copy if nothing changes.
pub(super) fn lowercase(text: Cow<'_, str>) -> Cow<'_, str> {
    if text
        .bytes()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    {
        return text;
    }
    let lower = text.to_lowercase();
    if lower == *text {
        text
    } else {
        Cow::Owned(lower)
    }
}

/// Joins the nonempty cells with spaces.
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

    fn table(entries: &[(&str, &str)]) -> ValueTable {
        let owned =
            |(cell, replacement): &(&str, &str)| ((*cell).to_owned(), (*replacement).to_owned());
        ValueTable(entries.iter().map(owned).collect())
    }

    #[test]
    fn rejects_cells_that_are_not_in_the_value_table() {
        let strict = table(&[("active", "true"), ("left", "")]);
        assert_eq!(strict.replace("active"), Ok("true"));
        assert_eq!(strict.replace("left"), Ok(""));
        assert_eq!(strict.replace(""), Ok(""));
        for other in ["Active", "gone", "*"] {
            let error = strict.replace(other).unwrap_err();
            assert_eq!(error.rule, Rule::ValueUnknown);
            assert!(error.message.contains(&format!("\"{other}\"")), "{error:?}");
        }
        let open = table(&[("active", "true"), ("*", "false"), ("", "unknown")]);
        for (cell, replacement) in [
            ("active", "true"),
            ("gone", "false"),
            ("*", "false"),
            ("", "unknown"),
        ] {
            assert_eq!(open.replace(cell), Ok(replacement));
        }
    }

    #[test]
    fn does_not_copy_values_that_already_have_their_form() {
        let forms = [
            (ValueForm::Unchanged, "Ann"),
            (ValueForm::Lowercase, "ann@example.com"),
            (
                ValueForm::Phone(Region::parse("DE").unwrap()),
                "+4930901820",
            ),
            (
                ValueForm::Date(DateFormat::parse("%F").unwrap()),
                "1999-12-31",
            ),
        ];
        for (form, value) in forms {
            let converted = form.apply(Cow::Borrowed(value)).unwrap();
            assert!(matches!(converted, Cow::Borrowed(_)), "{form:?}");
            assert_eq!(converted, value);
        }
    }

    #[test]
    fn errors_quote_and_escape_the_value() {
        let forms = [
            (
                ValueForm::Phone(Region::parse("DE").unwrap()),
                "12",
                Rule::PhoneNumber,
            ),
            (
                ValueForm::Date(DateFormat::parse("%d.%m.%Y").unwrap()),
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
            let (returned, error) = form.apply(Cow::Borrowed(value)).unwrap_err();
            assert_eq!((&*returned, error.rule), (value, rule));
            assert!(error.message.contains(&format!("\"{value}\"")), "{error:?}");
        }
        let error = ValueForm::Phone(Region::parse("DE").unwrap())
            .apply(Cow::Borrowed("a\u{1b}[2Jb"))
            .unwrap_err()
            .1;
        assert!(!error.message.contains('\u{1b}'), "{error:?}");
        let long = "9".repeat(500);
        let (_, error) = ValueForm::Phone(Region::parse("DE").unwrap())
            .apply(Cow::Borrowed(&long))
            .unwrap_err();
        assert!(error.message.len() < 300, "{error:?}");
    }

    #[test]
    fn joins_nonempty_cells_with_a_space() {
        for (cells, expected) in [
            (vec!["Ann", "Lee"], "Ann Lee"),
            (vec!["", "Lee"], "Lee"),
            (vec!["Ann", ""], "Ann"),
            (vec!["Ann", "", "Lee"], "Ann Lee"),
            (vec!["", ""], ""),
        ] {
            assert_eq!(joined(cells.into_iter()), expected);
        }
        assert!(matches!(joined(["Ann", ""].into_iter()), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn lowercases_like_the_standard_library(text in ".*") {
            prop_assert_eq!(lowercase(Cow::Borrowed(&text)), text.to_lowercase());
        }
    }
}
