//! The steps that follow a row's sign-up, in the order confirm, verify, groups, disable.

use std::fmt::Write as _;
use std::sync::Arc;

use super::Mapping;
use super::condition::{self, Condition, trimmed_lowercase};
use super::mapped_row::{MappedAttribute, report};
use super::update::UpdateFrom;
use crate::rows::RawRow;
use crate::user::finding::{Finding, Rule};
use crate::user::pool_rules::Contact;
use crate::user::rules::quoted;
use crate::user::{Addresses, FollowUpStep, StepKind, group_name_error};

/// The rows that a step applies to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum StepCondition {
    #[default]
    Never,
    Always,
    /// Rows that meet any of these conditions.
    Where(Vec<Condition>),
}

/// A contact to mark as verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VerifiedContact {
    pub(super) contact: Contact,
    /// The index of its attribute, if the list sets it.
    pub(super) attribute: Option<usize>,
    /// The column that says for each row whether the contact is verified.
    pub(super) column: Option<usize>,
}

/// The steps that follow the sign-ups of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FollowUpFrom {
    pub(super) confirm: StepCondition,
    pub(super) verify: Vec<VerifiedContact>,
    /// Groups for all users.
    pub(super) groups: Vec<Arc<str>>,
    /// The column of a row's own groups, and their separator.
    pub(super) groups_column: Option<(usize, String)>,
    /// Create groups that are missing in the pool.
    pub(super) create_groups: bool,
    pub(super) disable: StepCondition,
    pub(super) update: Option<UpdateFrom>,
}

impl FollowUpFrom {
    fn kinds(&self) -> impl Iterator<Item = StepKind> {
        let is_requested = |kind: &StepKind| match kind {
            StepKind::Update => self.update.is_some(),
            StepKind::Confirm => self.confirm != StepCondition::Never,
            StepKind::Verify => !self.verify.is_empty(),
            StepKind::AddToGroup => !self.groups.is_empty() || self.groups_column.is_some(),
            StepKind::Disable => self.disable != StepCondition::Never,
        };
        StepKind::ALL.into_iter().filter(is_requested)
    }
}

impl Mapping {
    /// Returns the kinds of steps that may follow a sign-up.
    #[must_use]
    pub fn follow_up_kinds(&self) -> Vec<StepKind> {
        self.follow_up.kinds().collect()
    }

    /// Returns the groups that every user is added to.
    #[must_use]
    pub fn groups_for_all(&self) -> &[Arc<str>] {
        &self.follow_up.groups
    }

    /// Returns whether to create groups that are missing in the pool.
    #[must_use]
    pub fn creates_groups(&self) -> bool {
        self.follow_up.create_groups
    }

    /// Returns whether rows have their own groups.
    #[must_use]
    pub fn rows_name_groups(&self) -> bool {
        self.follow_up.groups_column.is_some()
    }

    /// Returns a text that identifies the steps of all rows, or `None` without steps.
    #[must_use]
    pub fn follow_up_identity(&self) -> Option<String> {
        let from = &self.follow_up;
        let mut parts = Vec::new();
        parts.extend(step_identity("confirm", &from.confirm));
        for verified in &from.verify {
            let mut part = format!("verify {}", verified.contact.attribute());
            if let Some(column) = verified.column {
                let _ = write!(part, " by column {}", column + 1);
            }
            parts.push(part);
        }
        parts.extend(from.groups.iter().map(|name| format!("group {name}")));
        if let Some((column, separator)) = &from.groups_column {
            parts.push(format!("groups of column {} by {separator:?}", column + 1));
        }
        parts.extend(step_identity("disable", &from.disable));
        parts.extend(from.update.as_ref().map(UpdateFrom::identity));
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// Returns the steps that follow a row's sign-up. Reports invalid cells.
    pub(super) fn steps<'a>(
        &'a self,
        raw: &RawRow<'a>,
        username: &str,
        values: &[MappedAttribute<'a>],
        findings: &mut Vec<Finding>,
    ) -> Vec<FollowUpStep> {
        let from = &self.follow_up;
        if from.kinds().next().is_none() {
            return Vec::new();
        }
        let mut steps = Vec::new();
        if self.applies(&from.confirm, raw) {
            steps.push(FollowUpStep::Confirm);
        }
        let mut addresses = [None; 2];
        for (verified, address) in from.verify.iter().zip(&mut addresses) {
            let is_verified = self.says_yes(verified.column, raw, findings);
            let has_address = values
                .iter()
                .any(|value| Some(value.index) == verified.attribute)
                || self
                    .rules
                    .username_provides(verified.contact.attribute(), username);
            *address = (is_verified && has_address).then_some(verified.contact);
        }
        steps.extend(
            Addresses::from_contacts(addresses.into_iter().flatten()).map(FollowUpStep::Verify),
        );
        steps.extend(
            from.groups
                .iter()
                .map(Arc::clone)
                .map(FollowUpStep::AddToGroup),
        );
        self.add_row_groups(raw, &mut steps, findings);
        if self.applies(&from.disable, raw) {
            steps.push(FollowUpStep::Disable);
        }
        steps
    }

    fn applies(&self, condition: &StepCondition, raw: &RawRow<'_>) -> bool {
        match condition {
            StepCondition::Never => false,
            StepCondition::Always => true,
            StepCondition::Where(conditions) => self.meets_any(conditions, raw),
        }
    }

    /// Returns whether the cell of a yes-or-no column says yes. Without a column, all rows do.
    fn says_yes(
        &self,
        column: Option<usize>,
        raw: &RawRow<'_>,
        findings: &mut Vec<Finding>,
    ) -> bool {
        let Some(column) = column else {
            return true;
        };
        let mut invalid = false;
        let cell = self.cell(raw, column, &mut invalid, findings);
        match yes_or_no(cell) {
            Some(yes) => yes && !invalid,
            None if invalid => false,
            None => {
                let message = format!(
                    "{} is neither yes nor no; write true, false, 1, 0, yes or no, or leave the \
                     cell empty for no",
                    quoted(cell)
                );
                let name = self.column_name(column);
                report(findings, Finding::new(Rule::YesOrNo, name, message));
                false
            }
        }
    }

    /// Adds the groups in the row's cell.
    fn add_row_groups(
        &self,
        raw: &RawRow<'_>,
        steps: &mut Vec<FollowUpStep>,
        findings: &mut Vec<Finding>,
    ) {
        let Some((column, separator)) = &self.follow_up.groups_column else {
            return;
        };
        let mut invalid = false;
        let cell = self.cell(raw, *column, &mut invalid, findings);
        let names = cell.split(separator.as_str()).map(str::trim);
        for name in names.filter(|name| !name.is_empty() && !invalid) {
            if let Some(reason) = group_name_error(name) {
                let message = format!("{}: {reason}", quoted(name));
                let column = self.column_name(*column);
                report(findings, Finding::new(Rule::Group, column, message));
                continue;
            }
            let step = FollowUpStep::AddToGroup(name.into());
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
    }
}

fn step_identity(step: &str, condition: &StepCondition) -> Option<String> {
    match condition {
        StepCondition::Never => None,
        StepCondition::Always => Some(step.to_owned()),
        StepCondition::Where(conditions) => {
            Some(format!("{step} where {}", condition::identity(conditions)))
        }
    }
}

/// Parses a yes-or-no cell. An empty cell is a no.
fn yes_or_no(cell: &str) -> Option<bool> {
    match trimmed_lowercase(cell).as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" | "" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::yes_or_no;

    #[test]
    fn parses_yes_and_no() {
        for yes in ["true", "TRUE", " 1 ", "Yes"] {
            assert_eq!(yes_or_no(yes), Some(true), "{yes}");
        }
        for no in ["false", "False", "0", "no", "", "  "] {
            assert_eq!(yes_or_no(no), Some(false), "{no}");
        }
        for neither in ["t", "y", "ja", "2", "-1", "null"] {
            assert_eq!(yes_or_no(neither), None, "{neither}");
        }
    }
}
