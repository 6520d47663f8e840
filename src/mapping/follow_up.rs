//! Which steps follow a row's sign-up. The order: confirm, verify, groups, disable.

use std::fmt::Write as _;
use std::sync::Arc;

use super::Mapping;
use super::condition::{self, Condition, folded};
use super::mapped_row::DraftValue;
use super::transform::TransformError;
use crate::rows::RawRow;
use crate::user::finding::{Finding, Rule};
use crate::user::pool_rules::Contact;
use crate::user::rules::quoted;
use crate::user::{Addresses, FollowUpStep, StepKind, wrong_group_name};

/// Whom a step is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum StepCondition {
    #[default]
    Nobody,
    Everybody,
    /// Rows for which one of these holds.
    Where(Vec<Condition>),
}

/// An address that is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verified {
    pub(super) contact: Contact,
    /// Its place among the list's attributes.
    pub(super) place: Option<usize>,
    /// The column that decides for each row.
    pub(super) column: Option<usize>,
}

/// What follows the sign-ups of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FollowUpFrom {
    pub(super) confirm: StepCondition,
    pub(super) verify: Vec<Verified>,
    /// Groups of every user.
    pub(super) groups: Vec<Arc<str>>,
    /// The column with more groups, and what separates them.
    pub(super) groups_column: Option<(usize, String)>,
    /// Groups that the pool does not have are created.
    pub(super) create_groups: bool,
    pub(super) disable: StepCondition,
}

impl FollowUpFrom {
    pub(super) fn kinds(&self) -> Vec<StepKind> {
        let asked = |kind: &StepKind| match kind {
            StepKind::Confirm => self.confirm != StepCondition::Nobody,
            StepKind::Verify => !self.verify.is_empty(),
            StepKind::AddToGroup => !self.groups.is_empty() || self.groups_column.is_some(),
            StepKind::Disable => self.disable != StepCondition::Nobody,
        };
        StepKind::ALL.into_iter().filter(asked).collect()
    }

    fn is_nothing(&self) -> bool {
        self.kinds().is_empty()
    }
}

impl Mapping {
    /// The kinds of steps that may follow a sign-up; none where nothing does.
    #[must_use]
    pub fn follow_up_kinds(&self) -> Vec<StepKind> {
        self.follow_up.kinds()
    }

    /// The groups that every user is put into.
    #[must_use]
    pub fn groups_of_everybody(&self) -> &[Arc<str>] {
        &self.follow_up.groups
    }

    /// Whether groups that the pool does not have are created.
    #[must_use]
    pub fn creates_groups(&self) -> bool {
        self.follow_up.create_groups
    }

    /// Whether rows name groups of their own.
    #[must_use]
    pub fn rows_name_groups(&self) -> bool {
        self.follow_up.groups_column.is_some()
    }

    /// What follows the sign-ups, as a text: the same for the same steps of the same rows. None where nothing does.
    #[must_use]
    pub fn follow_up_identity(&self) -> Option<String> {
        let from = &self.follow_up;
        let mut parts = Vec::new();
        parts.extend(whom("confirm", &from.confirm));
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
        parts.extend(whom("disable", &from.disable));
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// The steps that follow a row's sign-up. What does not fit is found here.
    pub(super) fn steps<'a>(
        &'a self,
        raw: &RawRow<'a>,
        username: &str,
        values: &[DraftValue<'a>],
        findings: &mut Vec<Finding>,
    ) -> Vec<FollowUpStep> {
        let from = &self.follow_up;
        if from.is_nothing() {
            return Vec::new();
        }
        let mut steps = Vec::new();
        if self.is_for(&from.confirm, raw) {
            steps.push(FollowUpStep::Confirm);
        }
        let mut addresses = [None; 2];
        for (verified, address) in from.verify.iter().zip(&mut addresses) {
            let wanted = self.is_said(verified.column, raw, findings);
            let there = values
                .iter()
                .any(|value| Some(value.place) == verified.place)
                || self
                    .rules
                    .username_stands_for(verified.contact.attribute(), username);
            *address = (wanted && there).then_some(verified.contact);
        }
        steps.extend(Addresses::of(addresses.into_iter().flatten()).map(FollowUpStep::Verify));
        steps.extend(
            from.groups
                .iter()
                .map(Arc::clone)
                .map(FollowUpStep::AddToGroup),
        );
        self.own_groups(raw, &mut steps, findings);
        if self.is_for(&from.disable, raw) {
            steps.push(FollowUpStep::Disable);
        }
        steps
    }

    fn is_for(&self, whom: &StepCondition, raw: &RawRow<'_>) -> bool {
        match whom {
            StepCondition::Nobody => false,
            StepCondition::Everybody => true,
            StepCondition::Where(conditions) => self.meets(conditions, raw),
        }
    }

    /// What a column of yes and no says; yes where there is no column.
    fn is_said(
        &self,
        column: Option<usize>,
        raw: &RawRow<'_>,
        findings: &mut Vec<Finding>,
    ) -> bool {
        let Some(column) = column else {
            return true;
        };
        let mut faulty = false;
        let cell = self.cell(raw, column, &mut faulty, findings);
        match yes_or_no(cell) {
            Some(said) => said && !faulty,
            None if faulty => false,
            None => {
                self.misfits(
                    findings,
                    column,
                    TransformError {
                        rule: Rule::YesOrNo,
                        message: format!(
                            "{} is neither yes nor no; write true, false, 1, 0, yes or no, or leave the cell empty for no",
                            quoted(cell)
                        ),
                    },
                );
                false
            }
        }
    }

    /// The groups in the row's own cell.
    fn own_groups(
        &self,
        raw: &RawRow<'_>,
        steps: &mut Vec<FollowUpStep>,
        findings: &mut Vec<Finding>,
    ) {
        let Some((column, separator)) = &self.follow_up.groups_column else {
            return;
        };
        let mut faulty = false;
        let cell = self.cell(raw, *column, &mut faulty, findings);
        let names = cell.split(separator.as_str()).map(str::trim);
        for name in names.filter(|name| !name.is_empty() && !faulty) {
            if let Some(why) = wrong_group_name(name) {
                self.misfits(
                    findings,
                    *column,
                    TransformError {
                        rule: Rule::Group,
                        message: format!("{}: {why}", quoted(name)),
                    },
                );
                continue;
            }
            let is_there = |step: &FollowUpStep| matches!(step, FollowUpStep::AddToGroup(there) if **there == *name);
            if !steps.iter().any(is_there) {
                steps.push(FollowUpStep::AddToGroup(name.into()));
            }
        }
    }

    fn misfits(&self, findings: &mut Vec<Finding>, column: usize, misfit: TransformError) {
        super::mapped_row::found(findings, self.name_of(column), misfit);
    }
}

fn whom(step: &str, whom: &StepCondition) -> Option<String> {
    match whom {
        StepCondition::Nobody => None,
        StepCondition::Everybody => Some(step.to_owned()),
        StepCondition::Where(conditions) => {
            Some(format!("{step} where {}", condition::identity(conditions)))
        }
    }
}

/// What a cell says; an empty one says no.
fn yes_or_no(cell: &str) -> Option<bool> {
    match folded(cell).as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" | "" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::yes_or_no;

    #[test]
    fn a_cell_says_yes_or_no_or_nothing() {
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
