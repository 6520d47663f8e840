//! Counts of rows and follow-up steps.

use serde::{Deserialize, Serialize, Serializer};

use super::row_tag::{BY_BOTH, BY_EMAIL, BY_PHONE_NUMBER, RowTag};
use crate::pace::Category;
use crate::pool::{category_of, operation_of};
use crate::user::password_column::PasswordCounts;
use crate::user::pool_rules::{Contact, PoolRules};
use crate::user::{FollowUpStep, StepKind};

/// Row counts by planned outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SurveyCounts {
    /// All rows that `--where` selects.
    pub rows: u64,
    /// Rows of the whole list that `--where` leaves out.
    pub left_out: u64,
    /// Rows that would be sent.
    pub to_send: u64,
    /// Rows that break a rule.
    pub invalid: u64,
    /// Rows excluded by `--skip-where`.
    pub skipped: u64,
    /// Rows whose username is in an earlier row.
    pub duplicates: u64,
    /// Rows to send with an email address and no phone number.
    pub with_email: u64,
    /// Rows to send with a phone number and no email address.
    pub with_phone_number: u64,
    /// Rows to send with both.
    pub with_both: u64,
    /// Rows, valid or not, whose email address starts with an apostrophe.
    pub with_apostrophe: u64,
    /// Invalid rows with a quote that swallowed other rows.
    pub swallowing: u64,
    /// Invalid rows with a quote inside a quoted cell that is neither doubled nor escaped.
    pub misquoted: u64,
    /// Counts of passwords in rows that are not skipped.
    #[serde(flatten)]
    pub passwords: PasswordCounts,
    /// Steps after the sign-ups of the rows to send, by operation.
    #[serde(
        serialize_with = "StepTotals::serialize_by_operation",
        skip_deserializing
    )]
    #[cfg_attr(test, schemars(!skip_deserializing, with = "std::collections::BTreeMap<String, u64>"))]
    pub steps: StepTotals,
}

/// The number of steps of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTotals([u64; StepKind::ALL.len()]);

impl StepTotals {
    pub const NONE: Self = Self([0; StepKind::ALL.len()]);

    /// Serializes as a map from operations to counts, without zeros.
    fn serialize_by_operation<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.by_operation(&StepKind::ALL))
    }

    /// Adds a step.
    pub fn add(&mut self, kind: StepKind) {
        if let Some(steps) = self.0.get_mut(kind as usize) {
            *steps += 1;
        }
    }

    pub(super) fn set(&mut self, kind: StepKind, number: u64) {
        if let Some(steps) = self.0.get_mut(kind as usize) {
            *steps = number;
        }
    }

    /// Returns the number of calls of each operation, without zeros. Kinds of steps can share one.
    pub(in crate::preflight) fn by_operation(
        &self,
        kinds: &[StepKind],
    ) -> Vec<(&'static str, u64)> {
        let mut calls: Vec<(&str, u64)> = Vec::new();
        for kind in kinds.iter().filter(|kind| self.of(**kind) > 0) {
            let operation = operation_of(*kind);
            match calls.iter_mut().find(|(name, _)| *name == operation) {
                Some((_, number)) => *number += self.of(*kind),
                None => calls.push((operation, self.of(*kind))),
            }
        }
        calls
    }

    /// Returns the number of all steps.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.0.iter().sum()
    }

    fn subtract(&mut self, kind: StepKind, number: u64) {
        if let Some(steps) = self.0.get_mut(kind as usize) {
            *steps = steps.saturating_sub(number);
        }
    }

    /// Returns the number of steps of this kind.
    #[must_use]
    pub fn of(&self, kind: StepKind) -> u64 {
        self.0.get(kind as usize).copied().unwrap_or(0)
    }

    /// Returns the number of steps that use this quota.
    #[must_use]
    pub fn of_category(&self, category: Category) -> u64 {
        let kinds = StepKind::ALL.into_iter();
        kinds
            .filter(|kind| category_of(*kind) == category)
            .map(|kind| self.of(kind))
            .sum()
    }
}

impl SurveyCounts {
    /// Returns the numbers of emails and SMS that the sign-ups would send. If a pool verifies both
    /// contacts, Cognito sends the code to the phone number (developer guide, "Verifying contact
    /// information at sign-up").
    #[must_use]
    pub fn messages(&self, rules: &PoolRules) -> (u64, u64) {
        let verifies = |contact| rules.auto_verified_attributes.contains(&contact);
        let (email, phone) = (verifies(Contact::Email), verifies(Contact::PhoneNumber));
        let sms = if phone {
            self.with_phone_number + self.with_both
        } else {
            0
        };
        let emails = match (email, phone) {
            (true, true) => self.with_email,
            (true, false) => self.with_email + self.with_both,
            (false, _) => 0,
        };
        (emails, sms)
    }

    /// Adds the contacts and the steps of a row that is sent.
    pub(super) fn add_sent(&mut self, contacts: u8, steps: &[FollowUpStep]) {
        if let Some(count) = self.with_contacts(contacts) {
            *count += 1;
        }
        self.add_steps(steps);
    }

    pub(super) fn add_steps(&mut self, steps: &[FollowUpStep]) {
        for step in steps {
            self.steps.add(step.kind());
        }
    }

    /// Counts a row as a duplicate instead of one that is sent.
    pub(super) fn make_duplicate(&mut self, tag: RowTag) {
        self.duplicates += 1;
        if let Some(count) = self.with_contacts(tag.contacts()) {
            *count -= 1;
        }
        for kind in StepKind::ALL {
            self.steps.subtract(kind, tag.steps(kind));
        }
    }

    /// Returns the count of users with these contacts, or `None` for users without contacts.
    fn with_contacts(&mut self, contacts: u8) -> Option<&mut u64> {
        match contacts {
            BY_EMAIL => Some(&mut self.with_email),
            BY_PHONE_NUMBER => Some(&mut self.with_phone_number),
            BY_BOTH => Some(&mut self.with_both),
            _ => None,
        }
    }
}
