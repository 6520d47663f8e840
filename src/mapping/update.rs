//! The update of users that existed: which attributes, and the date of each row.

use std::ops::RangeInclusive;

use super::Mapping;
use super::dates::DateFormat;
use super::mapped_row::report;
use crate::rows::RawRow;
use crate::user::finding::{Finding, Rule};
use crate::user::pool_rules::{Contact, PoolRules};
use crate::user::rules::quoted;

/// The formats of a row's date, with or without a time. The default time is midnight, and the
/// default offset is UTC.
const DATE_FORMATS: [&str; 7] = [
    "%+",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y%m%d",
    "%s",
];

/// Plausible seconds since 1970: the years 2001 to 5138. Other numbers are milliseconds, or dates
/// in an unknown format.
const PLAUSIBLE_SECONDS: RangeInclusive<i64> = 1_000_000_000..=99_999_999_999;

/// The update of users that existed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UpdateFrom {
    /// The named attributes; empty: all that the list sets.
    pub(super) attributes: Vec<String>,
    /// The column of the rows' dates, and its formats.
    pub(super) dates: Option<(usize, Vec<DateFormat>)>,
}

/// The attributes of existing users that a run updates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributesToUpdate {
    pub updated: Vec<String>,
    /// Attributes that were named and that the pool does not allow to change.
    pub immutable: Vec<String>,
    /// Attributes that the list sets, that were not named, and that the pool does not allow to
    /// change.
    pub left_out: Vec<String>,
}

impl UpdateFrom {
    /// Returns the formats of dates.
    pub(super) fn date_formats() -> Vec<DateFormat> {
        let formats = DATE_FORMATS.into_iter();
        formats
            .filter_map(|pattern| DateFormat::parse(pattern).ok())
            .collect()
    }

    /// Returns a text that identifies it.
    pub(super) fn identity(&self) -> String {
        let mut text = "update existing".to_owned();
        if !self.attributes.is_empty() {
            text.push(' ');
            text.push_str(&self.attributes.join("+"));
        }
        if let Some((column, _)) = &self.dates {
            text.push_str(&format!(" not newer than column {}", column + 1));
        }
        text
    }
}

impl Mapping {
    /// Returns which attributes of existing users to update; `None` if the run updates none.
    /// `rules` are those of the pool, if they are known.
    #[must_use]
    pub fn attributes_to_update(&self, rules: Option<&PoolRules>) -> Option<AttributesToUpdate> {
        let update = self.follow_up.update.as_ref()?;
        let is_mutable = |name: &str| {
            let rule = rules.and_then(|rules| rules.attribute(name));
            rule.is_none_or(|rule| rule.mutable)
        };
        let mut found = AttributesToUpdate::default();
        let is_named = |name: &str| update.attributes.iter().any(|named| named == name);
        for name in self.attributes().map(str::to_owned) {
            if is_named(&name) && !is_mutable(&name) {
                found.immutable.push(name);
            } else if is_named(&name) || (update.attributes.is_empty() && is_mutable(&name)) {
                found.updated.push(name);
            } else if update.attributes.is_empty() {
                found.left_out.push(name);
            }
        }
        Some(found)
    }

    /// Returns the contacts that `--verify` names, and those of them that a column decides for each
    /// row.
    #[must_use]
    pub fn verified_contacts(&self) -> (Vec<Contact>, Vec<Contact>) {
        let verified = &self.follow_up.verify;
        let by_column = verified.iter().filter(|verified| verified.column.is_some());
        (
            verified.iter().map(|verified| verified.contact).collect(),
            by_column.map(|verified| verified.contact).collect(),
        )
    }

    /// Returns whether rows have dates that protect users who were modified later.
    #[must_use]
    pub fn updates_only_older(&self) -> bool {
        let update = self.follow_up.update.as_ref();
        update.is_some_and(|update| update.dates.is_some())
    }

    /// Returns the date of a row in milliseconds since the Unix epoch. Reports an invalid cell.
    pub(super) fn row_date(&self, raw: &RawRow<'_>, findings: &mut Vec<Finding>) -> Option<i64> {
        let (column, formats) = self.follow_up.update.as_ref()?.dates.as_ref()?;
        let mut invalid = false;
        let cell = self.cell(raw, *column, &mut invalid, findings).trim();
        if invalid || cell.is_empty() {
            return None;
        }
        let mut seconds = formats
            .iter()
            .filter_map(|format| format.epoch_seconds(cell));
        let is_number =
            cell.bytes().all(|byte| byte.is_ascii_digit()) && cell.len() != "YYYYMMDD".len();
        let date = seconds
            .next()
            .and_then(|text| text.parse::<i64>().ok())
            .filter(|seconds| !is_number || PLAUSIBLE_SECONDS.contains(seconds));
        if date.is_none() {
            let message = format!(
                "{} is not a date for --not-newer-than; write it like 2026-11-30, \
                 2026-11-30T08:15:00Z or in seconds since 1970, or leave the cell empty",
                quoted(cell)
            );
            report(
                findings,
                Finding::new(Rule::DateFormat, self.column_name(*column), message),
            );
        }
        date.map(|seconds| seconds.saturating_mul(1_000))
    }
}
